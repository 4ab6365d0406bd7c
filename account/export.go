package account

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"maps"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Exported says what an export holds.
type Exported struct {
	Records int
	Entries int
	Grants  int
	Height  int64
	Faults  []reading.Fault
	Missing int // see reading.Chart
}

// Export writes everything that is the owner's into one file that verifies
// offline (R15): log, records, grants, what the trustees kept, receipts, and the
// headers that prove them. The file is in the clear: it is hers to keep safe.
func (t *Teller) Export(ctx context.Context, w io.Writer) (Exported, error) {
	report, told, err := t.report(ctx, nil)
	if err != nil {
		return Exported{}, err
	}
	defer told.close()
	chart, err := t.r.OpenOwnFrom(ctx, report.OwnLog)
	if err != nil {
		return Exported{}, err
	}
	e, err := proof.NewExport(w, t.w.Subject(), t.w.Network.Genesis, t.w.Clock())
	if err != nil {
		return Exported{}, err
	}
	if err := t.exportLogs(ctx, e, report, told); err != nil {
		return Exported{}, err
	}
	given, err := givenOn(report.OwnLog)
	if err != nil {
		return Exported{}, err
	}
	grants, err := t.w.GivenGrants()
	if err != nil {
		return Exported{}, err
	}
	grants = slices.DeleteFunc(grants, func(g wallet.Given) bool { return !given[g.Grant] })
	for _, g := range grants {
		if err := e.Grant(g.Grant, g.Document, g.Salt); err != nil {
			return Exported{}, err
		}
	}
	if err := exportFolios(e, chart); err != nil {
		return Exported{}, err
	}
	if err := exportTold(e, told); err != nil {
		return Exported{}, err
	}
	return Exported{len(chart.Records), int(report.Size), len(grants), report.Height, chart.Faults, chart.Missing}, e.Close()
}

// givenOn are the grants that stand on the log. What the wallet gave beyond them has
// not got there yet, or never did.
func givenOn(a *wallet.OwnLog) (map[stele.ID]bool, error) {
	ids := map[stele.ID]bool{}
	for e, err := range a.Events() {
		if err != nil {
			return nil, err
		}
		if about := e.Event.About(); about.Makes(stele.GrantActive) {
			id, _ := stele.IDFrom(about.Grant)
			ids[id] = true
		}
	}
	return ids, nil
}

// exportLogs adds the headers, the consortium's log, by which all else is judged, and
// the owner's.
func (t *Teller) exportLogs(ctx context.Context, e *proof.Export, report *Report, told *told) error {
	consortium, events, err := t.w.ConsortiumLog(ctx, report.Height)
	if err != nil {
		return err
	}
	if err := exportLights(e, told, report.Proof, consortium); err != nil {
		return err
	}
	err = e.Log(consortium.Head, func(yield func(proof.Event, error) bool) {
		for i := 0; i < len(events) && yield(events[i], nil); i++ {
		}
	})
	if err != nil {
		return err
	}
	return e.Log(report.Proof.Head, report.Events())
}

// exportLights adds every header that something in the file refers to: these logs and
// the postings of receipts.
func exportLights(e *proof.Export, told *told, logs ...*wire.LogProof) error {
	lights := map[int64]*wire.LightBlock{}
	for _, p := range logs {
		lights[p.Head.GetHeight()+1] = p.Light
	}
	for _, row := range told.rows {
		if !row.receipt || !row.proved {
			continue
		}
		p, _, err := told.receiptOf(row)
		if err != nil {
			return err
		}
		if p.Entry != nil {
			lights[p.Entry.Head.GetHeight()+1] = p.Entry.Light
		}
	}
	for _, height := range slices.Sorted(maps.Keys(lights)) {
		if err := e.Light(lights[height]); err != nil {
			return err
		}
	}
	return nil
}

// exportTold adds what the trustees told, as they told it: whoever checks the file
// comes to the same gaps. A receipt whose posting is not proved is there without what
// is to prove it: that may be anything.
func exportTold(e *proof.Export, told *told) error {
	rows := told.asCame()
	for _, row := range rows {
		if row.receipt {
			continue
		}
		d, err := told.detail(row)
		if err != nil {
			return err
		}
		if err := e.Detail(d); err != nil {
			return err
		}
	}
	for _, row := range rows {
		if !row.receipt {
			continue
		}
		p, _, err := told.receiptOf(row)
		if err != nil {
			return err
		}
		if !row.proved {
			p = &wire.ReceiptProof{Receipt: p.GetReceipt()}
		}
		if err := e.Receipt(plainReceipt(p)); err != nil {
			return err
		}
	}
	return nil
}

// plainReceipt is a receipt, plain as it was taken in, with the proof of its posting,
// without what no check reads: a file in which somebody put more does not verify.
func plainReceipt(p *wire.ReceiptProof) *wire.ReceiptProof {
	out := &wire.ReceiptProof{Receipt: p.GetReceipt(), Batch: p.GetBatch(), Index: p.GetIndex(), Count: p.GetCount(), Path: p.GetPath()}
	if entry := p.GetEntry(); entry != nil {
		head := entry.GetHead()
		out.Entry = &wire.EntryProof{Event: entry.Event, Seq: entry.Seq, Path: entry.Path, Head: &wire.HeadProof{
			Subject: head.GetSubject(), Leaf: head.GetLeaf(), Leaves: head.GetLeaves(), Size: head.GetSize(),
			Root: head.GetRoot(), Path: head.GetPath(), Height: head.GetHeight(),
		}}
	}
	return out
}

// exportFolios adds what sources signed and the folios with their records, in an
// order that does not depend on who answered first.
func exportFolios(e *proof.Export, chart *reading.Chart) error {
	for _, d := range chart.Deliveries {
		d = &wire.SubmissionItem{Head: wire.Plain(d.GetHead()), CountSalt: d.GetCountSalt()}
		if err := e.Submission(d); err != nil {
			return err
		}
	}
	records := map[*reading.Folio][]reading.Record{}
	var folios []*reading.Folio
	for _, r := range chart.Records {
		if records[r.Folio] == nil {
			folios = append(folios, r.Folio)
		}
		records[r.Folio] = append(records[r.Folio], r)
	}
	slices.SortFunc(folios, func(a, b *reading.Folio) int { return bytes.Compare(a.Digest[:], b.Digest[:]) })
	for _, f := range folios {
		slices.SortFunc(records[f], func(a, b reading.Record) int { return cmp.Compare(a.Index, b.Index) })
		var opened []proof.OpenedRecord
		for _, r := range records[f] {
			opened = append(opened, proof.OpenedRecord{Sealed: r.Sealed, Salt: r.Salt, Resource: r.JSON})
		}
		if err := e.Folio(f.Item, opened); err != nil {
			return err
		}
	}
	return nil
}
