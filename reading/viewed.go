package reading

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// This file says what was looked at. The ledger knows that a chart was opened, and trustees
// which keys they released; what of it somebody then looked at, the reader alone knows, and signs.

// viewer is who can say what was looked at of an open chart.
type viewer struct {
	subject stele.Subject
	access  Opening
	by      wire.Signer // the grantee key
	detail  []byte
	salt    seal.Salt
}

func (o *open) viewer() *viewer {
	return &viewer{o.subject, o.opening, o.signer, o.detail, o.salt}
}

// TellViewed tells the trustees, for the patient, which records of a chart that was opened were
// looked at: those that are named, all where none are. The owner's own chart is told to nobody. It fails with KindUnreachable when so few took it that all of them may lie, and with
// KindDenied where they refuse.
func (r *Reader) TellViewed(ctx context.Context, chart *Chart, records ...Record) error {
	switch {
	case chart.viewer == nil || len(chart.Records) == 0:
		return nil
	case len(records) == 0:
		return r.tell(ctx, chart.viewer, nil, len(chart.Records))
	}
	seen := looked{}
	for _, r := range records {
		seen.add(r.Folio, r.Index)
	}
	return r.tellAll(ctx, chart.viewer, seen)
}

// tell signs a statement of folios, of all that was released where none are named, and has the
// trustees keep it.
func (r *Reader) tell(ctx context.Context, v *viewer, folios []*wire.ViewedFolio, records int) error {
	at := r.w.Clock()
	if at.After(v.access.Until) {
		at = v.access.Until
	}
	says := &wire.Viewed{
		Chain: r.w.Consortium().Chain, Subject: v.subject[:], Request: v.access.Request[:], AtMs: at.UnixMilli(),
		Records: uint32(records), Folios: folios,
	}
	in := &wire.ViewRequest{Viewed: wire.Sign(wire.TagViewed, says, v.by, r.w.Keyring().Signer()), Detail: v.detail, DetailSalt: v.salt[:]}
	took, last := 0, error(nil)
	for reply := range members.All(ctx, r.w.Network, func(ctx context.Context, m members.Member) (*wire.ViewResponse, error) {
		return members.Patiently(ctx, members.Lag, func(ctx context.Context) (*wire.ViewResponse, error) { return m.Trustee.View(ctx, in) })
	}) {
		if last = cmp.Or(reply.Err, last); reply.Err == nil {
			took++
		}
	}
	if took > r.faulty() {
		return nil
	}
	kind := stele.KindUnreachable
	if stele.KindOf(last) == stele.KindDenied {
		kind = stele.KindDenied
	}
	return stele.E("tell what was looked at", kind, "the patient's account will say that the chart was opened, and not what of it was looked at", last)
}

// looked is what was looked at of a chart and has not been told yet.
type looked map[*Folio]map[uint32]bool

func (l looked) add(f *Folio, place uint32) {
	if l[f] == nil {
		l[f] = map[uint32]bool{}
	}
	l[f][place] = true
}

// statements are what was looked at, in their form, with half as many folios in each as one may
// name; records are how many records each is of.
func (l looked) statements() (all [][]*wire.ViewedFolio, records []int) {
	folios := slices.SortedFunc(maps.Keys(l), func(a, b *Folio) int { return bytes.Compare(a.name(), b.name()) })
	for part := range slices.Chunk(folios, asking.MaxViewedFolios/2) {
		var says []*wire.ViewedFolio
		n := 0
		for _, f := range part {
			one := &wire.ViewedFolio{Submission: f.Item.Submission, Folio: f.Head.Folio}
			if len(l[f]) < int(f.Head.Records) {
				one.Places = slices.Sorted(maps.Keys(l[f]))
			}
			says, n = append(says, one), n+len(l[f])
		}
		all, records = append(all, says), append(records, n)
	}
	return all, records
}

// tellAll tells what was looked at, in as many statements as it takes.
func (r *Reader) tellAll(ctx context.Context, v *viewer, seen looked) (failed error) {
	folios, records := seen.statements()
	for i, part := range folios {
		failed = errors.Join(failed, r.tell(ctx, v, part, records[i]))
	}
	return failed
}

// noteLooked notes that records of the chart were looked at. Those that Record reads are noted
// by themselves.
func (h *HeldChart) noteLooked(records ...Record) {
	h.told.Lock()
	defer h.told.Unlock()
	for _, r := range records {
		h.looked.add(r.Folio, r.Index)
	}
}

// TellLooked tells the trustees, for the patient, what was looked at since it was last told. It
// fails as Reader.TellViewed does; what was not taken is told the next time. A chart that is closed
// can still be told of.
func (h *HeldChart) TellLooked(ctx context.Context) error {
	h.told.Lock()
	defer h.told.Unlock()
	err := h.o.tellAll(ctx, h.viewer, h.looked)
	if err == nil {
		clear(h.looked)
	}
	return err
}
