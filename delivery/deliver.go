package delivery

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Incoming is a record on its way in: a valid resource with what it is labelled
// as.
type Incoming struct {
	JSON        []byte // compact, as it will come back
	Type        string
	When        string // clinical date; may be partial or empty
	Category    stele.Category
	Sensitivity []stele.Sensitivity
	Year        int

	Handle  stele.ID // of the record; drawn when it is zero
	ID      string   // of the resource; this and the next are for the memory of what was delivered
	Version string
}

// Delivered says where a delivery stands.
type Delivered struct {
	Submission stele.ID
	Records    int
	Folios     int
	Outcome    stele.Outcome // of the anchor
	Home       string        // member whose vault is home
	Copies     int           // at other members
}

// Limits of a folio and of a submission: a reader fetches a folio whole.
const (
	maxFolioRecords = 256
	maxFolioBytes   = 4 << 20
)

// Deliver seals records for a subject under a write grant, has them stored and
// copied, and anchors them. When it returns without error, all of them are
// durable in at least two vaults (where there are two) and their anchor is
// final; otherwise none is visible to anybody, but with KindUnknown they may be.
func (d *Desk) Deliver(ctx context.Context, held wallet.Held, records []Incoming) (Delivered, error) {
	seen, err := d.delivered()
	if err != nil {
		return Delivered{}, err
	}
	return d.deliverKept(ctx, seen, held, records, &pending{}, nil)
}

// deliverNoted calls note right before the anchor is sent: from then on the outcome
// may be unknown.
func (d *Desk) deliverNoted(ctx context.Context, held wallet.Held, records []Incoming, note func(*wire.MakeAnchor) error) (Delivered, error) {
	if len(records) == 0 {
		return Delivered{}, stele.E("deliver", stele.KindUsage, "no records", nil)
	}
	devices, err := d.w.Keys(ctx, held.Subject)
	if err != nil {
		return Delivered{}, err
	}
	folios, err := d.Seal(ctx, held.Subject, devices, records)
	if err != nil {
		return Delivered{}, err
	}
	heads := make([][]byte, len(folios))
	for i, f := range folios {
		heads[i] = f.Head
	}
	sourceSalt, countSalt, root := seal.NewSalt(), seal.NewSalt(), proof.SubmissionRoot(heads)
	me := d.w.Subject()
	done := Delivered{Submission: stele.NewIDOf(held.Grant[:]), Records: len(records), Folios: len(folios)}
	content := proof.SubmissionContent(folios)
	source := seal.Commit(sourceSalt, seal.TagSource, me[:])
	many := seal.Commit(countSalt, seal.TagCount, binary.BigEndian.AppendUint32(nil, uint32(len(records))))
	head := &wire.SubmissionHead{
		Chain: d.w.Consortium().Chain, Submission: done.Submission[:], Subject: held.Subject[:], Grant: held.Grant[:], Root: root[:],
		Source: me[:], SourceSalt: sourceSalt[:], CountCommitment: many[:], MadeMs: d.w.Clock().UnixMilli(), Content: content[:],
	}
	anchorKey := d.w.Keyring().OneTime(held.KeyIndex)
	if err := d.store(ctx, &done, head, &wire.Submission{Folios: folios, CountSalt: countSalt[:]}, held, anchorKey); err != nil {
		return Delivered{}, err
	}
	anchor := &wire.MakeAnchor{
		Submission: done.Submission[:], Grant: held.Grant[:], Root: root[:], SourceCommitment: source[:], CountCommitment: many[:],
	}
	if err := note(anchor); err != nil {
		return Delivered{}, err
	}
	done.Outcome, err = d.w.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_MakeAnchor{MakeAnchor: anchor}}, anchorKey)
	return done, err
}

// store puts a submission into the own member's vault, or into another one's
// while that is down. One that says nothing is asked last for a while, so that of
// many deliveries one waits.
func (d *Desk) store(ctx context.Context, done *Delivered, head *wire.SubmissionHead, sub *wire.Submission, held wallet.Held, key wire.Signer) error {
	var last error
	denials := 0
	for _, m := range d.w.Network.InTurn() {
		head.Home = m.Subject[:]
		asked := time.Now()
		attempt, cancel := context.WithTimeout(ctx, time.Minute)
		sub.Head = wire.Sign(wire.TagSubmission, head, key, d.w.Keyring().Signer())
		response, err := m.Vault.PutSubmission(attempt, &wire.PutSubmissionRequest{Submission: sub, Consent: held.Shown()})
		cancel()
		if err == nil {
			done.Home, done.Copies = m.Name, len(response.Copies)
			return nil
		}
		switch denied := stele.KindOf(err) == stele.KindDenied; {
		case denied:
			// One member alone may be behind, or lie, and a grant that is said to be
			// over is not delivered under again.
			if denials++; denials >= d.w.Quorum() {
				return err
			}
		case !members.Transient(err):
			return err
		}
		if last = err; stele.KindOf(err) == stele.KindUnreachable && time.Since(asked) > members.Silence && ctx.Err() == nil {
			d.w.Network.NoteSilent(m)
		}
	}
	if stele.KindOf(last) == stele.KindBusy { // it says why, and when to come again
		return stele.E("deliver", stele.KindBusy, "no vault took the records: "+stele.TextOf(last), last)
	}
	return stele.E("deliver", stele.KindUnreachable, "no vault took the records", last).WithHint("nothing was delivered; try again")
}

// thisPatientOnly reports whether a delivery failed for what concerns its patient
// alone: no grant that holds, keys that are none, too many deliveries for now. It never
// keeps another patient's records from arriving.
func thisPatientOnly(err error) bool {
	if err == nil {
		return false
	}
	switch stele.KindOf(err) {
	case stele.KindDenied, stele.KindInvalid, stele.KindLimit, stele.KindNotFound:
		return true
	}
	return false
}
