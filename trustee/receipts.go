package trustee

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

const (
	maxBatch  = 4096            // receipts under one root
	validity  = 5 * time.Minute // of a posting
	patience  = 30 * time.Second
	slowestAt = time.Minute // between tries while the ledger takes nothing
)

// keepPosting posts receipts until the trustee closes. While the ledger takes
// nothing it tries less and less often.
func (t *Trustee) keepPosting(ctx context.Context) {
	wait, day := t.cfg.Batch, int64(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = t.cfg.Batch
		if err := t.Post(ctx); err != nil && ctx.Err() == nil {
			t.cfg.Log.Warn("trustee cannot post its receipts yet", "kind", stele.KindOf(err).String())
			wait = min(2*max(wait, time.Second), max(slowestAt, t.cfg.Batch))
		}
		if now := t.cfg.Clock(); now.Unix()/86400 != day {
			day = now.Unix() / 86400
			if err := t.shelf.forgetQuotas(now); err != nil {
				t.cfg.Log.Error("trustee cannot tidy up", "kind", stele.KindOf(err).String())
			}
		}
	}
}

// Post puts all receipts that are not on the ledger yet into batches and posts
// those, without waiting for the next turn. It fails with the ledger's error
// for the first batch that it did not take; nothing is lost, the next turn
// tries again.
func (t *Trustee) Post(ctx context.Context) error {
	t.posting.Lock()
	defer t.posting.Unlock()
	for {
		more, err := t.makeBatch()
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	var open []stele.ID
	if err := t.shelf.scan([]byte{rowOpen}, true, func(key, _ []byte) bool {
		open = append(open, stele.ID(key[1:]))
		return true
	}); err != nil {
		return err
	}
	var first error
	for _, batch := range open {
		err := t.postBatch(ctx, batch)
		if first == nil {
			first = err
		}
		if kind := stele.KindOf(err); err != nil && (kind == stele.KindUnreachable || kind == stele.KindBusy) {
			break // the others would fare no better
		}
	}
	return first
}

// makeBatch moves pending receipts into a new batch, in one durable step. It
// reports whether there were any.
func (t *Trustee) makeBatch() (bool, error) {
	var numbers []uint64
	var leaves []stele.Digest
	if err := t.shelf.scan([]byte{rowPending}, true, func(key, value []byte) bool {
		numbers = append(numbers, binary.BigEndian.Uint64(key[1:]))
		leaves = append(leaves, stele.Digest(value))
		return len(numbers) < maxBatch
	}); err != nil || len(numbers) == 0 {
		return false, err
	}
	batch := stele.NewIDOf(t.cfg.Member[:])
	b := t.shelf.db.NewBatch()
	defer b.Close()
	var all []byte
	for i, n := range numbers {
		all = append(all, leaves[i][:]...)
		place := binary.BigEndian.AppendUint32(batchKey(0, batch)[1:], uint32(i))
		if err := errors.Join(b.Delete(numbered(rowPending, n), nil), b.Set(numbered(rowMember, n), place, nil)); err != nil {
			return false, err
		}
	}
	err := errors.Join(
		b.Set(batchKey(rowBatch, batch), all, nil),
		b.Set(batchKey(rowOpen, batch), t.transaction(batch, leaves), nil),
		b.Commit(pebble.Sync),
	)
	return err == nil, err
}

// transaction returns the signed transaction that posts a batch.
func (t *Trustee) transaction(batch stele.ID, leaves []stele.Digest) []byte {
	root, nonce := merkle.Root(leaves), stele.NewID()
	body := &wire.Transaction{
		Chain: t.cfg.Chain, Nonce: nonce[:],
		ExpiresMs: t.now().Add(validity).UnixMilli(),
		Message: &wire.Transaction_PostReceipts{PostReceipts: &wire.PostReceipts{
			Batch: batch[:], Root: root[:], Count: uint32(len(leaves)),
		}},
	}
	return wire.Marshal(wire.Sign(wire.TagTransaction, body, t.cfg.Signer))
}

// postBatch submits a batch's transaction. The bytes stay the same until they
// have expired, so that a retry gets the first answer; after that a new
// transaction posts the same batch, of which the ledger takes only one.
func (t *Trustee) postBatch(ctx context.Context, batch stele.ID) error {
	tx, err := database.Get(t.shelf.db, batchKey(rowOpen, batch))
	if err != nil || tx == nil {
		return err
	}
	if t.expired(tx) {
		leaves, err := t.batchLeaves(batch)
		if err != nil {
			return err
		}
		tx = t.transaction(batch, leaves)
		if err := t.shelf.db.Set(batchKey(rowOpen, batch), tx, pebble.Sync); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err = t.cfg.Submitter.Submit(ctx, tx)
	if stele.KindOf(err) == stele.KindInvalid && batch != batch.Of(t.cfg.Member[:]) && t.cfg.Posting != nil {
		return t.settleEarlier(ctx, batch)
	}
	if err != nil && stele.KindOf(err) != stele.KindExists {
		return err
	}
	return t.shelf.db.Delete(batchKey(rowOpen, batch), pebble.Sync)
}

// settleEarlier sees to a batch that the last release made and of which it did not hear
// any more whether it was posted. Its id is none that the ledger takes now: where it is
// not on the ledger, its receipts go into another batch.
func (t *Trustee) settleEarlier(ctx context.Context, batch stele.ID) error {
	_, err := t.cfg.Posting(ctx, batch)
	if err == nil {
		return t.shelf.db.Delete(batchKey(rowOpen, batch), pebble.Sync)
	}
	if stele.KindOf(err) != stele.KindNotFound {
		return err
	}
	leaves, err := t.batchLeaves(batch)
	if err != nil {
		return err
	}
	b := t.shelf.db.NewBatch()
	defer b.Close()
	if err := t.shelf.scan([]byte{rowMember}, true, func(key, place []byte) bool {
		if n := binary.BigEndian.Uint64(key[1:]); len(place) == 20 && stele.ID(place[:16]) == batch {
			if i := binary.BigEndian.Uint32(place[16:]); int(i) < len(leaves) {
				b.Delete(numbered(rowMember, n), nil)
				b.Set(numbered(rowPending, n), leaves[i][:], nil)
			}
		}
		return true
	}); err != nil {
		return err
	}
	return errors.Join(b.Delete(batchKey(rowOpen, batch), nil), b.Delete(batchKey(rowBatch, batch), nil), b.Commit(pebble.Sync))
}

func (t *Trustee) expired(tx []byte) bool {
	var signed wire.Signed
	var body wire.Transaction
	if wire.Decode(tx, &signed) != nil || wire.Decode(signed.Body, &body) != nil {
		return true
	}
	return !time.UnixMilli(body.ExpiresMs).After(t.now())
}

func (t *Trustee) batchLeaves(batch stele.ID) ([]stele.Digest, error) {
	raw, err := database.Get(t.shelf.db, batchKey(rowBatch, batch))
	if err != nil {
		return nil, err
	}
	leaves := make([]stele.Digest, 0, len(raw)/32)
	for leaf := range slices.Chunk(raw, 32) {
		leaves = append(leaves, stele.Digest(leaf))
	}
	return leaves, nil
}

// now is the later of the newest block's time and the own clock.
func (t *Trustee) now() time.Time {
	now := t.cfg.Clock()
	if block := t.cfg.Ledger.Newest().Time; block.After(now) {
		return block
	}
	return now
}
