package delivery

import (
	"cmp"
	"context"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

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

// Seal makes folios of records, as [Desk.Deliver] does, and gives them to nobody: as
// many at once as there are processors. The devices are the patient's. It fails with
// KindInvalid when to none of them anything can be sealed.
func (d *Desk) Seal(ctx context.Context, subject stele.Subject, devices []*wire.Device, records []Incoming) ([]*wire.Folio, error) {
	if err := d.w.Current(ctx); err != nil {
		return nil, err
	}
	to, err := recipients(devices)
	if err != nil {
		return nil, err
	}
	groups := group(records)
	folios := make([]*wire.Folio, len(groups))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, records := range groups {
		work.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			folios[i], err = d.sealFolio(subject, records, to)
			return err
		})
	}
	return folios, work.Wait()
}

// sealFolio makes one folio: a fresh key, its records sealed under it, its
// capsule, and an envelope for each of the patient's devices.
func (d *Desk) sealFolio(subject stele.Subject, records []Incoming, to []*seal.Recipient) (*wire.Folio, error) {
	key, id, salt := seal.NewKey(), stele.NewID(), seal.NewSalt()
	defer key.Erase()
	me := d.w.Subject()
	folio := &wire.Folio{Label: &wire.LabelOpening{Label: asking.LabelForm(records[0].label(me)), Salt: salt[:]}}
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
	committee := d.w.Consortium().Committee.Key
	label := wire.CapsuleLabelBytes(d.w.Consortium().Chain, committee, subject, head, wire.FolioDigest(folio.Head))
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

// label is a record's, as a source delivers it.
func (r Incoming) label(source stele.Subject) stele.Label {
	return stele.Label{Category: r.Category, Sensitivity: slices.Sorted(slices.Values(r.Sensitivity)), Year: r.Year, Source: source}
}
