package directory

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// A subject's slots are taken as often as the ledger takes commitments, and each as often again
// by a wallet that does not know that it has come. What comes while it is merged into another is counted apart: what its
// owner may bring is there once it is parted.
const (
	slotBurst  = 40
	slotEvery  = 30 * time.Minute
	slotPlaces = 1 << 14

	// One address, of whatever people: it may make up as many as it likes. The largest slot is 225 KB, one without
	// capsules in a network of four 21 KB. Post has rates of its own, so that neither keeps the other away.
	callerSlots     = 32 << 20
	callerSlotEvery = time.Millisecond // 86 MB a day

	// Whoever has a slot here since a day or longer brings one a day that is not counted: strangers behind the same
	// address, as a ward's or a telephone network's, keep nobody from saying what opens and what is restricted. Its room was counted with
	// the first of the subject, so that made-up people take no more of an address's share than it has.
	freeEvery    = 24 * time.Hour
	freeCapsules = 16 << 10 // bytes: capsules of some 60 records
	freeRows     = 2        // that may be kept besides the first
)

// PutSlot keeps what a patient says of emergencies, sealed to this member, for its own vault and
// trustee: what the ledger has a commitment to, and the two that came last; while the
// subject is merged, what counted before, too. Nobody gets it
// back but the members to whom some of it is sealed (GetSlot). For a person whom nobody has claimed yet the member that enrolled them brings what the
// ledger has, and nothing else. It fails with KindDenied for what a current key of the subject
// did not sign, just now and for this member, with KindInvalid for what is no such envelope, with KindExists when a newer one has come, and with
// KindBusy for too many of a subject, or too much from one address.
func (d *Directory) PutSlot(ctx context.Context, in *wire.PutSlotRequest) (*wire.PutSlotResponse, error) {
	const op = "put emergency slot"
	m, patient, byOwner, err := d.checkSlot(in.GetSlot())
	if err != nil {
		return nil, err
	}
	if len(m.Commitment) != len(stele.Digest{}) || len(m.Envelope) != slot.EnvelopeLen || len(m.Capsules) > slot.MaxCapsulesLen {
		return nil, stele.E(op, stele.KindInvalid, "a commitment and an envelope of the one length are needed, and no more capsules than go with one", nil)
	}
	others, err := d.checkOthers(m.Others)
	if err != nil {
		return nil, err
	}
	value := slices.Concat(binary.BigEndian.AppendUint64(nil, uint64(m.AtMs)), m.Envelope, m.Capsules)
	d.mu.Lock()
	defer d.mu.Unlock()
	kept, err := d.keptSlots(patient.Subject)
	if err != nil {
		return nil, d.fault(op, err)
	}
	counts, err := d.counts(kept, (1+len(others))*slot.EnvelopeLen+len(m.Capsules))
	if err != nil {
		return nil, d.fault(op, err)
	}
	// The address first: people are shared out over the places of slots, and who is at the end of what an address
	// may bring must not use up another's.
	now, caller := d.cfg.Clock(), stele.CallerOf(ctx)
	if caller != (stele.Caller{}) && byOwner && !d.brings.Allow(now, counts, caller[:]) || !d.slots.Allow(now, 1, m.Subject, patient.Into[:]) {
		return nil, stele.E(op, stele.KindBusy, "too many were brought", nil).WithHint("try again in an hour")
	}
	b := d.db.NewBatch()
	defer b.Close()
	// It counts again once the subject is parted, and who speaks for it meanwhile does not know it.
	before := func(c stele.Digest) bool { return !patient.Into.IsZero() && c == patient.Before }
	if before(stele.Digest(m.Commitment)) && patient.Enrolled.IsZero() {
		return nil, stele.E(op, stele.KindExists, "what counted before the chart was merged stays as it is", nil)
	}
	newest := 0 // others that stay for being new
	for _, k := range kept {
		switch {
		case k.commitment == stele.Digest(m.Commitment):
		case k.atMS > m.AtMs && patient.Emergency != stele.Digest(m.Commitment): // or an old one, sent once more, would take its place
			return nil, stele.E(op, stele.KindExists, "a newer one has come", nil)
		case before(k.commitment):
		case k.commitment != patient.Emergency && newest > 0:
			b.Delete(slotRow(patient.Subject, k.commitment), nil)
			if err := d.dropOthers(b, patient.Subject, k.commitment); err != nil {
				return nil, d.fault(op, err)
			}
		default:
			newest++
		}
	}
	b.Set(slotRow(patient.Subject, stele.Digest(m.Commitment)), value, nil)
	for member, envelope := range others {
		b.Set(otherRow(patient.Subject, stele.Digest(m.Commitment), member), envelope, nil)
	}
	if err := b.Commit(pebble.Sync); err != nil {
		return nil, d.fault(op, err)
	}
	return &wire.PutSlotResponse{}, nil
}

// counts are how many of the bytes that are brought count as what an address brings: of a subject's first the room of
// what it may bring uncounted, too; none of one a day. What another member handed over was counted nowhere, and is none.
func (d *Directory) counts(kept []keptSlot, brought int) (int, error) {
	run, err := d.cfg.Ledger.Consortium()
	if err != nil {
		return 0, err
	}
	free := min(len(run.Members), slot.MaxOthers+1)*slot.EnvelopeLen + freeCapsules
	switch {
	case len(kept) == 0 || kept[0].atMS == 0:
		return brought + freeRows*free, nil
	case brought <= free && d.cfg.Clock().Sub(time.UnixMilli(kept[0].atMS)) >= freeEvery:
		return 0, nil
	}
	return brought, nil
}

// checkSlot finds out whose it is, and whether a key of theirs signed it, or the member that enrolled them. Every
// failure is the same, so that nobody learns which subjects there are.
func (d *Directory) checkSlot(signed *wire.Signed) (m *wire.SealedSlot, patient stele.Keys, byOwner bool, err error) {
	m = new(wire.SealedSlot)
	patient, by, ok := d.door.Opens(d.cfg.Clock(), wire.TagSlot, signed, m)
	if byOwner = slices.Contains(patient.Signing, by); !ok || !byOwner && !d.enrolled(patient, m, by) {
		return nil, stele.Keys{}, false, stele.E("put emergency slot", stele.KindDenied, "it is not the patient's, not for this member, or stale", nil).
			WithHint("check this device's clock and that its key was not rotated out")
	}
	return m, patient, byOwner, nil
}

// enrolled reports whether it is what the member says of whom it enrolled, and nobody has claimed.
func (d *Directory) enrolled(patient stele.Keys, m *wire.SealedSlot, signer stele.PublicKey) bool {
	if patient.Enrolled.IsZero() || string(m.Commitment) != string(patient.Emergency[:]) {
		return false
	}
	member, err := d.cfg.Ledger.Subject(patient.Enrolled)
	return err == nil && slices.Contains(member.Signing, signer)
}

// keptSlot is what is kept of a subject.
type keptSlot struct {
	commitment stele.Digest
	atMS       int64
}

// keptSlots lists what is kept of a subject, the newest first.
func (d *Directory) keptSlots(subject stele.Subject) (kept []keptSlot, err error) {
	prefix := rowOf(rowSlot, subject)
	err = d.scan(prefix, func(key, value []byte) bool {
		kept = append(kept, keptSlot{stele.Digest(key[len(prefix):]), int64(binary.BigEndian.Uint64(value))})
		return true
	})
	slices.SortFunc(kept, func(a, b keptSlot) int { return int(b.atMS - a.atMS) })
	return kept, err
}

func slotRow(subject stele.Subject, commitment stele.Digest) []byte {
	return append(rowOf(rowSlot, subject), commitment[:]...)
}

// Slot returns what a subject has sealed to this member of a commitment, for the member's own
// vault and trustee. What did not come is asked of the other members. It fails with KindNotFound.
func (d *Directory) Slot(subject stele.Subject, commitment stele.Digest) ([]byte, error) {
	envelope, _, err := d.slot(subject, commitment)
	if stele.KindOf(err) == stele.KindNotFound && d.fetchSlot(subject, commitment) {
		envelope, _, err = d.slot(subject, commitment)
	}
	return envelope, err
}

// Beside returns the encoded capsules that were brought with it. It fails as Slot does.
func (d *Directory) Beside(subject stele.Subject, commitment stele.Digest) ([]byte, error) {
	_, capsules, err := d.slot(subject, commitment)
	return capsules, err
}

func (d *Directory) slot(subject stele.Subject, commitment stele.Digest) (envelope, capsules []byte, err error) {
	const op = "read emergency slot"
	value, err := database.Get(d.db, slotRow(subject, commitment))
	switch {
	case err != nil:
		return nil, nil, d.fault(op, err)
	case len(value) < 8+slot.EnvelopeLen:
		return nil, nil, stele.E(op, stele.KindNotFound, "it has not come to this member", nil)
	}
	return value[8 : 8+slot.EnvelopeLen], value[8+slot.EnvelopeLen:], nil
}
