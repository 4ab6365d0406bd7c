package breakglass

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// The rows of a desk's database. Numbers are 8 bytes, big-endian; n counts entries from 1.
//
//	e n           bytes of a wire.ListActivationsResponse: one entry, sealed to each key of the organisation's
//	a activation  SHA-256 of the wire.BreakGlass that was signed under that id
//	d day who     what was signed for one practitioner on a day (since 1970; 8 bytes), 24 bytes each: its activation,
//	              and until when it can come onto the ledger (Unix ms; 8 bytes). who is 16 bytes of
//	              HMAC-SHA-256(k, day ‖ subject), of one chart's HMAC-SHA-256(k, day ‖ subject ‖ patient); without
//	              who, of all together
//	k             32 random bytes
const (
	rowEntry      = 'e'
	rowActivation = 'a'
	rowDay        = 'd'
	rowKey        = 'k'
)

// signedBytes is how long each is of what was signed on a day.
const signedBytes = len(stele.ID{}) + 8

// pageBytes is how much of the register one answer holds.
const pageBytes = 2 << 20

// begin reads or makes the key of the counts, and finds the newest entry.
func (d *Desk) begin() error {
	key, err := database.Get(d.db, []byte{rowKey})
	if err != nil {
		return err
	}
	if len(key) != sha256.Size {
		key = make([]byte, sha256.Size)
		rand.Read(key)
		if err := d.db.Set([]byte{rowKey}, key, pebble.Sync); err != nil {
			return err
		}
	}
	d.key = key
	it, err := d.db.NewIter(&pebble.IterOptions{LowerBound: []byte{rowEntry}, UpperBound: []byte{rowEntry + 1}})
	if err != nil {
		return err
	}
	if it.Last() {
		d.last = binary.BigEndian.Uint64(it.Key()[1:])
	}
	return it.Close()
}

// register writes an activation down, once, and counts it. It is durable when it returns.
func (d *Desk) register(a *asked) error {
	const op = "register activation"
	d.mu.Lock()
	defer d.mu.Unlock()
	place := append([]byte{rowActivation}, a.glass.Activation...)
	hash := sha256.Sum256(wire.Marshal(a.glass))
	before, err := database.Get(d.db, place)
	switch {
	case err != nil:
		return d.fault(op, err)
	case string(before) == string(hash[:]):
		return nil
	case before != nil: // another reason, or another key, under an id that is taken
		return refused()
	}
	b := d.db.NewBatch()
	defer b.Close()
	entry, err := d.count(b, a)
	if stele.KindOf(err) == stele.KindDenied {
		return err
	}
	if err != nil {
		return d.fault(op, err)
	}
	sealed, err := d.seal(entry)
	if err != nil {
		return d.fault(op, err)
	}
	if err := errors.Join(b.Set(place, hash[:], nil), b.Set(numbered(d.last+1), wire.Marshal(sealed), nil), b.Commit(pebble.Sync)); err != nil {
		return d.fault(op, err)
	}
	d.last++
	d.signed.Add(1)
	d.warn(entry)
	return nil
}

// count adds an activation to the counts of its day, forgets those of days before, and makes
// the entry that says whether it is many. It fails with KindDenied for one too many of one practitioner, or of
// theirs of one chart. What the ledger does not take counts for nobody, nor does one of who is known to have died.
func (d *Desk) count(b *pebble.Batch, a *asked) (*wire.Activated, error) {
	entry := &wire.Activated{
		Member: d.cfg.Member[:], TimeMs: a.now.UnixMilli(), Activation: a.glass.Activation, Subject: a.glass.Subject, Grantee: a.glass.Grantee,
		Detail: a.Detail, DetailSalt: a.DetailSalt, Role: a.chain.Role.Role,
	}
	for _, kind := range a.chain.Stale {
		entry.Stale = append(entry.Stale, string(kind))
	}
	if patient, err := d.cfg.Ledger.Subject(stele.Subject(a.glass.Subject)); err == nil && patient.Died != 0 {
		return entry, nil
	}
	today := binary.BigEndian.AppendUint64([]byte{rowDay}, uint64(a.now.Unix()/int64((24*time.Hour).Seconds())))
	if err := b.DeleteRange([]byte{rowDay}, today, nil); err != nil {
		return nil, err
	}
	holder := a.card.Subject()
	user, err := d.signedBefore(b, append(today[:len(today):len(today)], d.who(today, holder)...), a)
	if err != nil {
		return nil, err
	}
	if user >= cardDay {
		return nil, stele.E(op, stele.KindDenied, fmt.Sprintf("you have opened %d charts in an emergency today", cardDay), nil).
			WithHint("a day begins at 00:00 UTC; until then a colleague can, or a grant opens it: stele request")
	}
	chart, err := d.signedBefore(b, append(today[:len(today):len(today)], d.who(today, holder, stele.Subject(a.glass.Subject))...), a)
	if err != nil {
		return nil, err
	}
	if chart >= chartDay {
		return nil, stele.E(op, stele.KindDenied, fmt.Sprintf("you have opened this chart %d times in an emergency today, and each was ended", chartDay), nil).
			WithHint("a colleague can open it; you can from 00:00 UTC on; or the patient, or who acts for them, grants it: stele request")
	}
	a.last = chart == chartDay-1
	all, err := d.signedBefore(b, today, a)
	if err != nil {
		return nil, err
	}
	entry.ManyOfUser = d.cfg.AlarmUser > 0 && user >= d.cfg.AlarmUser
	entry.ManyOfFacility = d.cfg.AlarmFacility > 0 && all >= d.cfg.AlarmFacility
	return entry, nil
}

// signedBefore adds an activation to a row of what was signed on its day, and returns how many are there before it: those
// that are on the ledger, or can come there yet.
func (d *Desk) signedBefore(b *pebble.Batch, key []byte, a *asked) (int, error) {
	raw, err := database.Get(d.db, key)
	if err != nil {
		return 0, err
	}
	if len(raw)%signedBytes != 0 { // a number, as was counted once: this day begins anew
		raw = nil
	}
	var kept []byte
	for signed := range slices.Chunk(raw, signedBytes) {
		_, err := d.cfg.Ledger.Grant(stele.ID(signed[:len(stele.ID{})]))
		if stele.KindOf(err) != stele.KindNotFound || int64(binary.BigEndian.Uint64(signed[len(stele.ID{}):])) > a.now.UnixMilli() {
			kept = append(kept, signed...)
		}
	}
	before := len(kept) / signedBytes
	kept = append(kept, a.glass.Activation...)
	return before, b.Set(key, binary.BigEndian.AppendUint64(kept, uint64(a.tx.ExpiresMs)), nil)
}

// who stands for a practitioner on one day, or for one with a chart: nobody without the key tells whose count it is,
// and nobody at all that two days' are one person's.
func (d *Desk) who(day []byte, of ...stele.Subject) []byte {
	mac := hmac.New(sha256.New, d.key)
	mac.Write(day)
	for _, subject := range of {
		mac.Write(subject[:])
	}
	return mac.Sum(nil)[:16]
}

// warn says that there are many, and nothing of whose.
func (d *Desk) warn(entry *wire.Activated) {
	if entry.ManyOfUser {
		d.users.Add(1)
		d.cfg.Log.Warn("one practitioner opens many charts in an emergency today", "more_than", d.cfg.AlarmUser)
	}
	if entry.ManyOfFacility {
		d.facilities.Add(1)
		d.cfg.Log.Warn("many charts are opened in an emergency here today", "more_than", d.cfg.AlarmFacility)
	}
}

// seal seals an entry to each of the organisation's keys.
func (d *Desk) seal(entry *wire.Activated) (*wire.ListActivationsResponse, error) {
	keys, err := d.cfg.Ledger.Subject(d.cfg.Member)
	if err == nil && len(keys.Seal) == 0 {
		err = stele.E("register activation", stele.KindOther, "the organisation has no key to seal to", nil)
	}
	if err != nil {
		return nil, err
	}
	row, id, plain := &wire.ListActivationsResponse{}, stele.NewID(), wire.Marshal(entry)
	for _, key := range keys.Seal {
		envelope, err := seal.SealTo(key, seal.TagActivated, wire.DetailContext(d.cfg.Member, id), plain)
		if err != nil {
			return nil, err
		}
		keyID := seal.RecipientID(key)
		row.Entries = append(row.Entries, &wire.SealedDetail{Id: id[:], KeyId: keyID[:], Sealed: envelope})
	}
	return row, nil
}

// ListActivations returns the register from OwnRequest.Since on, oldest first; when Next is not 0, more
// follows from there. The request is signed by a current key of the organisation's subject. It
// fails with KindDenied.
func (d *Desk) ListActivations(_ context.Context, in *wire.ListActivationsRequest) (*wire.ListActivationsResponse, error) {
	const op = "list activations"
	ask, err := d.door.Check(d.cfg.Clock(), in.GetRequest())
	if err != nil {
		return nil, err
	}
	if ask.Subject != d.cfg.Member {
		return nil, stele.E(op, stele.KindDenied, "the register is the member's own", nil)
	}
	it, err := d.db.NewIter(&pebble.IterOptions{LowerBound: numbered(ask.Since), UpperBound: []byte{rowEntry + 1}})
	if err != nil {
		return nil, d.fault(op, err)
	}
	out, size := &wire.ListActivationsResponse{}, 0
	for ok := it.First(); ok; ok = it.Next() {
		if size += len(it.Value()); size > pageBytes && len(out.Entries) > 0 {
			out.Next = binary.BigEndian.Uint64(it.Key()[1:])
			break
		}
		row := &wire.ListActivationsResponse{}
		if err := wire.Decode(append([]byte(nil), it.Value()...), row); err != nil {
			return nil, d.fault(op, err, it.Close())
		}
		out.Entries = append(out.Entries, row.Entries...)
	}
	if err := it.Close(); err != nil {
		return nil, d.fault(op, err)
	}
	return out, nil
}

func numbered(n uint64) []byte { return binary.BigEndian.AppendUint64([]byte{rowEntry}, n) }

// fault is a failure of the desk's own.
func (d *Desk) fault(op string, errs ...error) error {
	d.cfg.Log.Error("the register of emergencies failed", "op", op)
	return stele.E(op, stele.KindOther, "the member's register of emergencies can't be used", errors.Join(errs...))
}
