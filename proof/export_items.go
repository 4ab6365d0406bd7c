package proof

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

func (v *verifier) grant(l *grantLine) {
	name := fmt.Sprintf("grant %v", l.Grant)
	given := v.grants[l.Grant].About() // nothing of an event that is not there
	switch {
	case given.Grant == nil:
		v.report.fail(name, fmt.Errorf("the subject's log does not hold this grant"))
	case !committed(given.Commitment, l.Salt, tagGrant, []byte(l.Document)):
		v.report.fail(name, fmt.Errorf("the document is not what the ledger's grant commits to"))
	default:
		v.report.Grants++
		v.report.ok(name, "has the document that the ledger's grant commits to")
	}
}

func (v *verifier) submission(l *fromLine) {
	signed := new(wire.Signed)
	err := decodeExactly(l.Signed, signed)
	var s Submission
	if err == nil {
		s, err = CheckSubmission(v.report.Chain, v.report.Subject, signed)
	}
	name := fmt.Sprintf("submission %v", s.ID)
	if anchor := v.anchors[s.ID]; err == nil && anchor == nil {
		err = fmt.Errorf("the subject's log does not anchor it")
	} else if err == nil {
		grant, _ := stele.IDFrom(anchor.About().Grant)
		err = s.CheckAnchored(anchor, v.grants[grant])
	}
	if _, twice := v.from[s.ID]; err == nil && twice {
		err = fmt.Errorf("it stands in the file twice")
	}
	if err != nil {
		v.report.fail(name, err)
		return
	}
	d := &delivery{Submission: s, salt: l.CountSalt, confirmed: s.SignedBy(v.history.signing(s.Source, v.anchors[s.ID].GetHeight())...)}
	v.from[s.ID] = d
	if d.confirmed {
		v.report.ok(name, "signed by %v, a %s of the network, under a write grant of the subject's", s.Source, v.standing(s.Source))
	} else {
		v.report.ok(name, "signed under a write grant of the subject's, in the name of %v", s.Source)
	}
}

// sourceOf returns who delivered a folio: who signed for it, whatever its label
// says, which is noted where it says something else. In files of version 1 there is
// only the label; in others what nobody signed for is nobody's.
func (v *verifier) sourceOf(l *folioLine, label *wire.Label) stele.Subject {
	said, _ := stele.SubjectFrom(label.Source) // zero when it names nobody
	d := v.from[l.Submission]
	switch {
	case d == nil && v.version == 1:
		return said
	case d == nil:
		return stele.Subject{}
	case said != d.Source:
		v.report.note("folio %d of submission %v is labelled as %v's, but delivered by %v: believe the second", l.Index, l.Submission, said, d.Source)
	}
	return d.Source
}

func (v *verifier) checkFolio(l *folioLine) {
	name := fmt.Sprintf("folio %d of submission %v", l.Index, l.Submission)
	v.folio = nil
	anchor, known := v.anchors[l.Submission]
	if !known {
		v.report.fail(name, fmt.Errorf("the subject's log does not anchor this submission"))
		return
	}
	root, err := CheckAnchor(anchor, l.Submission)
	if err != nil {
		v.report.fail(name, err)
		return
	}
	head, err := CheckFolio(root, l.Head, l.Index, l.Folios, joined(l.Path))
	if err != nil {
		v.report.fail(name, err)
		return
	}
	label, err := CheckLabel(head, &wire.LabelOpening{Label: l.Label, Salt: l.LabelSalt})
	if err != nil {
		v.report.fail(name, err)
		return
	}
	p := v.folios[l.Submission]
	if p == nil {
		p = &presence{seen: map[stele.Digest]bool{}, places: map[uint32]uint32{}}
		v.folios[l.Submission] = p
	}
	if p.seen[FolioLeaf(l.Head)] {
		v.report.fail(name, fmt.Errorf("it stands in the file twice"))
		return
	}
	p.seen[FolioLeaf(l.Head)] = true
	p.places[l.Folios]++
	p.records += head.Records
	v.folio, v.next = head, 0
	v.proved = Proved{Submission: l.Submission, Height: anchor.Height, Anchored: time.UnixMilli(anchor.TimeMs).UTC()}
	v.proved.Source = v.sourceOf(l, label)
	v.report.ok(name, "anchored in block %d", anchor.Height)
}

func (v *verifier) record(l *recordLine) {
	v.records++
	name := fmt.Sprintf("record %d", v.records)
	if v.folio == nil {
		v.report.fail(name, fmt.Errorf("its folio did not check"))
		return
	}
	if l.Index < v.next {
		v.report.fail(name, fmt.Errorf("the folio's records are out of order"))
		return
	}
	m := RecordMaterial{
		Suite: l.Suite, Cover: l.Cover, CiphertextHash: l.CiphertextHash,
		PlaintextCommitment: l.PlaintextCommitment, Provenance: l.Provenance,
	}
	if err := CheckRecord(v.folio, m, l.Index, joined(l.Path)); err != nil {
		v.report.fail(name, err)
		return
	}
	if err := CheckResource(m, l.Salt, []byte(l.Resource)); err != nil {
		v.report.fail(name, err)
		return
	}
	v.next = l.Index + 1
	v.report.Records++
	v.report.ok(name, "matches its leaf")
	if v.expect.Each != nil {
		v.expect.Each(v.provedRecord(l))
	}
}

func (v *verifier) provedRecord(l *recordLine) Proved {
	p := v.proved
	cover := &wire.Cover{}
	if wire.Decode(l.Cover, cover) == nil {
		p.Handle, _ = stele.IDFrom(cover.Handle)
	}
	p.Number, p.Resource = v.records, []byte(l.Resource)
	return p
}

func (v *verifier) detail(l *detailLine) {
	v.details++
	name := fmt.Sprintf("detail %d", v.details)
	d := &wire.Detail{}
	if err := decodeExactly(l.Detail, d); err != nil {
		v.report.failTold(name, d.Member, err)
		return
	}
	told, err := v.account.Detail(d)
	if err == nil && told != AsLogged {
		_, err = v.account.Asker(d.Detail, v.account.AskedMS(d))
	}
	switch {
	case errors.Is(err, ErrAhead):
		v.ahead(name, err)
	case err != nil:
		v.report.failTold(name, d.Member, err)
	case told == Attempt:
		v.report.ok(name, "an attempt that never reached the ledger: the word of the member that kept it, not proved")
	case told == OtherWords:
		v.report.ok(name, "refused, with other words than the ledger's access commits to: the word of the member that kept it, not proved")
	default:
		v.report.ok(name, "says who, why and what as access %v on the ledger commits to", stele.ID(d.Request))
	}
}

// ahead tells of what a trustee says of a block that the file does not reach.
func (v *verifier) ahead(name string, err error) { v.report.note("%s: %v", name, err) }

func (v *verifier) receipt(l *receiptLine) {
	v.receipts++
	name := fmt.Sprintf("receipt %d", v.receipts)
	p := &wire.ReceiptProof{}
	if err := decodeExactly(l.Proof, p); err != nil {
		v.report.failTold(name, nil, err)
		return
	}
	r, err := v.account.Receipt(p.Receipt)
	if errors.Is(err, ErrAhead) {
		v.ahead(name, err)
		return
	}
	if err != nil {
		claim := new(wire.Receipt)
		_ = wire.Decode(p.Receipt.GetBody(), claim) // one that can't be read is nobody's
		v.report.failTold(name, claim.Member, err)
		return
	}
	if len(p.Batch) == 0 {
		v.report.Receipts++
		v.report.ok(name, "signed by its trustee; not posted to the ledger when the file was written")
		return
	}
	h, known := v.headers[p.GetEntry().GetHead().GetHeight()+1]
	if !known {
		v.report.fail(name, fmt.Errorf("the header that proves its posting is missing or did not check"))
		return
	}
	entry, err := checkEntry(h, p.Entry)
	if err == nil {
		err = CheckPosted(entry, r, p)
	}
	if err != nil {
		v.report.failTold(name, r.Member[:], err)
		return
	}
	v.report.Receipts++
	v.report.ok(name, "signed by its trustee and posted in block %d", entry.Event.Event.Height)
}

// whole checks what only shows at the end, and notes what is not in the file.
func (v *verifier) whole() {
	const name = "subject's log"
	height, known := v.logs[v.report.Subject]
	if !known {
		v.report.fail(name, fmt.Errorf("the file does not hold the log of %v", v.report.Subject))
		return
	}
	v.report.ok(name, "every grant, anchor and access until block %d is accounted for", height)
	v.followedTo(height)
	without := 0
	for _, o := range v.account.openings {
		if o.Told {
			v.report.Accesses++
		} else if o.Permitted {
			without++
		}
	}
	if without > 0 {
		v.report.note("of %s on the ledger the file holds no detail of who and why", stele.Count(without, "access", "accesses"))
	}
	if n := len(v.account.Unfinished()); n > 0 {
		v.report.note("%s could not be completed: fewer trustees released than are needed", stele.Count(n, "opening", "openings"))
	}
	v.sources()
	for _, id := range slices.SortedFunc(maps.Keys(v.anchors), compareIDs) {
		p := v.folios[id]
		if p == nil {
			v.report.note("submission %v is anchored and none of its folios is in the file", id)
		} else if of, whole := p.whole(); !whole {
			v.report.note("submission %v: %d of %d folios are in the file", id, len(p.seen), of)
		}
	}
}

// sources holds what was delivered against what was signed for, and notes of whom
// only a member's word says that records are theirs.
func (v *verifier) sources() {
	unsigned, unconfirmed := 0, map[stele.Subject]bool{}
	for _, id := range slices.SortedFunc(maps.Keys(v.folios), compareIDs) {
		d, p := v.from[id], v.folios[id]
		if d == nil {
			unsigned++
			continue
		}
		if !d.confirmed {
			unconfirmed[d.Source] = true
		}
		if _, whole := p.whole(); len(d.salt) > 0 && whole {
			if err := d.CheckCount(d.salt, p.records); err != nil {
				v.report.fail(fmt.Sprintf("submission %v", id), err)
			}
		}
	}
	if unsigned > 0 {
		v.report.note("for %s the file holds nobody's signature: from whom the records are rests on their labels", stele.Count(unsigned, "submission", "submissions"))
	}
	for _, s := range slices.SortedFunc(maps.Keys(unconfirmed), func(a, b stele.Subject) int { return bytes.Compare(a[:], b[:]) }) {
		v.report.note("that %v is who delivered in its name is not proved by the file: its key is not one of the network's members'", s)
	}
}

func compareIDs(a, b stele.ID) int { return bytes.Compare(a[:], b[:]) }

// decodeExactly decodes a message and refuses bytes that say the same in another
// way, or say more.
func decodeExactly(raw []byte, m proto.Message) error {
	if err := wire.DecodeKnown(raw, m); err != nil {
		return err
	}
	if !bytes.Equal(wire.Marshal(m), raw) {
		return fmt.Errorf("it is not in the form that stele writes")
	}
	return nil
}
