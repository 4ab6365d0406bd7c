package wallet

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
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
func (s *Session) Deliver(ctx context.Context, held Held, records []Incoming) (Delivered, error) {
	seen, err := s.delivered()
	if err != nil {
		return Delivered{}, err
	}
	return s.deliverKept(ctx, seen, held, records, &pending{}, nil)
}

// deliverNoted calls note right before the anchor is sent: from then on the outcome
// may be unknown.
func (s *Session) deliverNoted(ctx context.Context, held Held, records []Incoming, note func(*wire.MakeAnchor) error) (Delivered, error) {
	if len(records) == 0 {
		return Delivered{}, stele.E("deliver", stele.KindUsage, "no records", nil)
	}
	devices, err := s.keys(ctx, held.Subject)
	if err != nil {
		return Delivered{}, err
	}
	recipients, err := recipients(devices)
	if err != nil {
		return Delivered{}, err
	}
	folios, err := s.sealFolios(ctx, held.Subject, group(records), recipients)
	if err != nil {
		return Delivered{}, err
	}
	heads := make([][]byte, len(folios))
	for i, f := range folios {
		heads[i] = f.Head
	}
	sourceSalt, countSalt, root := seal.NewSalt(), seal.NewSalt(), proof.SubmissionRoot(heads)
	me := s.Subject()
	d := Delivered{Submission: stele.NewIDOf(held.Grant[:]), Records: len(records), Folios: len(folios)}
	content := proof.SubmissionContent(folios)
	source := seal.Commit(sourceSalt, seal.TagSource, me[:])
	many := seal.Commit(countSalt, seal.TagCount, binary.BigEndian.AppendUint32(nil, uint32(len(records))))
	head := &wire.SubmissionHead{
		Chain: s.Consortium().Chain, Submission: d.Submission[:], Subject: held.Subject[:], Grant: held.Grant[:], Root: root[:],
		Source: me[:], SourceSalt: sourceSalt[:], CountCommitment: many[:], MadeMs: s.Clock().UnixMilli(), Content: content[:],
	}
	anchorKey := s.OneTime(held.KeyIndex)
	if err := s.store(ctx, &d, head, &wire.Submission{Folios: folios, CountSalt: countSalt[:]}, anchorKey); err != nil {
		return Delivered{}, err
	}
	anchor := &wire.MakeAnchor{
		Submission: d.Submission[:], Grant: held.Grant[:], Root: root[:], SourceCommitment: source[:], CountCommitment: many[:],
	}
	if err := note(anchor); err != nil {
		return Delivered{}, err
	}
	d.Outcome, err = s.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_MakeAnchor{MakeAnchor: anchor}}, anchorKey)
	return d, err
}

// store puts a submission into the own member's vault, or into another one's
// while that is down. One that says nothing is asked last for a while, so that of
// many deliveries one waits.
func (s *Session) store(ctx context.Context, d *Delivered, head *wire.SubmissionHead, sub *wire.Submission, key wire.Signer) error {
	var last error
	denials := 0
	for _, m := range s.Network.inTurn() {
		head.Home = m.Subject[:]
		asked := time.Now()
		attempt, cancel := context.WithTimeout(ctx, time.Minute)
		sub.Head = wire.Sign(wire.TagSubmission, head, key, s.Signer())
		response, err := m.Vault.PutSubmission(attempt, &wire.PutSubmissionRequest{Submission: sub})
		cancel()
		if err == nil {
			d.Home, d.Copies = m.Name, len(response.Copies)
			return nil
		}
		switch denied := stele.KindOf(err) == stele.KindDenied; {
		case denied:
			// One member alone may be behind, or lie, and a grant that is said to be
			// over is not delivered under again.
			if denials++; denials >= s.voices() {
				return err
			}
		case !transient(err):
			return err
		}
		if last = err; stele.KindOf(err) == stele.KindUnreachable && time.Since(asked) > silence && ctx.Err() == nil {
			s.Network.silents.note(m)
		}
	}
	if stele.KindOf(last) == stele.KindBusy { // it says why, and when to come again
		return stele.E("deliver", stele.KindBusy, "no vault took the records: "+stele.TextOf(last), last)
	}
	return stele.E("deliver", stele.KindUnreachable, "no vault took the records", last).WithHint("nothing was delivered; try again")
}

// recipients are a patient's devices that read. One with a key that is none, which
// the ledger takes from nobody, does not keep the others from their records.
func recipients(devices []*wire.Device) (to []*seal.Recipient, unusable error) {
	for _, d := range devices {
		if len(d.SealKey) == 0 {
			continue
		}
		r, err := seal.NewRecipient(d.SealKey)
		if err != nil {
			unusable = err
			continue
		}
		to = append(to, r)
	}
	if len(to) == 0 && unusable != nil {
		return nil, stele.E("deliver", stele.KindInvalid, "none of the patient's devices has a key to which anything can be sealed", unusable).
			WithHint("the patient needs a new wallet; other patients' records are not held up")
	}
	return to, nil
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

// group sorts records into folios-to-be: equal labels together, none too large.
func group(records []Incoming) [][]Incoming {
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b Incoming) int {
		return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(a.Year, b.Year), slices.Compare(a.Sensitivity, b.Sensitivity))
	})
	var groups [][]Incoming
	size := 0
	for i, r := range records {
		same := i > 0 && r.Category == records[i-1].Category && r.Year == records[i-1].Year && slices.Equal(r.Sensitivity, records[i-1].Sensitivity)
		if !same || len(groups[len(groups)-1]) >= maxFolioRecords || size+len(r.JSON) > maxFolioBytes {
			groups, size = append(groups, nil), 0
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], r)
		size += len(r.JSON)
	}
	return groups
}

// sealFolios seals groups of records, as many at once as there are processors.
func (s *Session) sealFolios(ctx context.Context, subject stele.Subject, groups [][]Incoming, to []*seal.Recipient) ([]*wire.Folio, error) {
	folios := make([]*wire.Folio, len(groups))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, records := range groups {
		work.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			folios[i], err = s.sealFolio(subject, records, to)
			return err
		})
	}
	return folios, work.Wait()
}

// sealFolio makes one folio: a fresh key, its records sealed under it, its
// capsule, and an envelope for each of the patient's devices.
func (s *Session) sealFolio(subject stele.Subject, records []Incoming, to []*seal.Recipient) (*wire.Folio, error) {
	key, id, salt := seal.NewKey(), stele.NewID(), seal.NewSalt()
	defer key.Erase()
	me := s.Subject()
	folio := &wire.Folio{Label: &wire.LabelOpening{Label: wire.Marshal(labelOf(records[0], me)), Salt: salt[:]}}
	provenance := wire.Marshal(&wire.Provenance{Attester: me[:]})
	for _, r := range records {
		handle := r.Handle
		if handle.IsZero() {
			handle = stele.NewID()
		}
		cover := wire.Marshal(&wire.Cover{Handle: handle[:], Type: r.Type, When: r.When, Size: uint32(len(r.JSON))})
		ciphertext, commitment := seal.SealRecord(&key, handle, cover, r.JSON)
		folio.Records = append(folio.Records, &wire.SealedRecord{
			Suite: wire.SuiteSeal, Cover: cover, Ciphertext: ciphertext, PlaintextCommitment: commitment[:], Provenance: provenance,
		})
	}
	labelCommitment, keyCommitment, root := seal.Commit(salt, seal.TagLabel, folio.Label.Label), key.Commitment(), proof.RecordsRoot(folio.Records)
	head := &wire.FolioHead{
		Suite: wire.SuiteSeal, Folio: id[:], LabelCommitment: labelCommitment[:], KeyCommitment: keyCommitment[:],
		RecordsRoot: root[:], Records: uint32(len(records)),
	}
	folio.Head = wire.Marshal(head)
	committee := s.Consortium().Committee.Key
	label := wire.CapsuleLabelBytes(s.Consortium().Chain, committee, subject, head, wire.FolioDigest(folio.Head))
	var err error
	if folio.Capsule, err = threshold.Encrypt(committee, label, (*[32]byte)(&key)); err != nil {
		return nil, err
	}
	for _, r := range to {
		sealed, err := r.Seal(seal.TagFolioKey, wire.FolioKeyContext(subject, id[:]), key[:])
		if err != nil {
			return nil, err
		}
		keyID := r.ID()
		folio.Envelopes = append(folio.Envelopes, &wire.Envelope{KeyId: keyID[:], Sealed: sealed})
	}
	return folio, nil
}

func labelOf(r Incoming, source stele.Subject) *wire.Label {
	label := &wire.Label{Category: string(r.Category), Year: int32(r.Year), Source: source[:]}
	for _, sensitivity := range r.Sensitivity {
		label.Sensitivity = append(label.Sensitivity, string(sensitivity))
	}
	slices.Sort(label.Sensitivity)
	return label
}

// WriteGrant returns the newest write grant that this wallet holds on a subject
// and that has not ended. It fails with KindDenied.
func (s *Session) WriteGrant(subject stele.Subject) (Held, error) {
	held, err := s.HeldFor(subject, stele.ActionWrite)
	if err != nil {
		return Held{}, err
	}
	for i := len(held) - 1; i >= 0; i-- {
		if !held[i].Over && held[i].End.After(s.Clock()) {
			return held[i], nil
		}
	}
	return Held{}, stele.E("deliver", stele.KindDenied, fmt.Sprintf("%s has given no write grant to %s", subject, s.Name()), nil).
		WithHint("the patient runs: stele wallet grant --write --to \"" + s.Name() + "\"")
}
