package directory

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/wire"
)

// Deliver puts a sealed package into the box of a registered holder; it is
// durable when Deliver returns. A full box makes room by dropping what was
// collected already. It fails with KindInvalid for a package over 64 KiB, with
// KindNotFound when nobody of that name is registered, and with KindBusy when
// the box is full of what nobody collected, or this caller has left an eighth of
// a box in it, or two boxes' worth in all.
func (d *Directory) Deliver(ctx context.Context, in *wire.DeliverRequest) (*wire.DeliverResponse, error) {
	const op = "deliver"
	to, err := stele.SubjectFrom(in.To)
	if err != nil {
		return nil, err
	}
	if len(in.Sealed) == 0 || len(in.Sealed) > stele.MaxPackage {
		return nil, stele.E(op, stele.KindInvalid, "a package holds 1 byte to 64 KiB", nil)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.cards[to]; !ok {
		return nil, stele.E(op, stele.KindNotFound, "nobody of that name is registered here", nil)
	}
	if caller, now := stele.CallerOf(ctx), d.cfg.Clock(); caller != (stele.Caller{}) &&
		(!d.posts.Allow(now, 1, caller[:], to[:]) || !d.bytes.Allow(now, len(in.Sealed), caller[:], to[:]) ||
			!d.all.Allow(now, len(in.Sealed), caller[:])) {
		return nil, stele.E(op, stele.KindBusy, "too much was left for this holder from this address", nil).WithHint("try again in an hour")
	}
	b := d.db.NewBatch()
	defer b.Close()
	last, full, err := d.makeRoom(b, to, len(in.Sealed))
	if err != nil {
		return nil, d.fault(op, err)
	}
	if full {
		return nil, stele.E(op, stele.KindBusy, "the box is full", nil).WithHint("ask the holder to collect their post")
	}
	b.Set(numbered(rowDelivery, to, last+1), in.Sealed, nil)
	if err := b.Commit(pebble.Sync); err != nil {
		return nil, d.fault(op, err)
	}
	return &wire.DeliverResponse{}, nil
}

// makeRoom drops the oldest collected packages until one more fits. last is the
// newest number ever given in this box that is still to be seen, so that
// numbers only rise.
func (d *Directory) makeRoom(b *pebble.Batch, to stele.Subject, size int) (last uint64, full bool, err error) {
	collected, err := d.collected(to)
	if err != nil {
		return 0, false, err
	}
	type held struct {
		n    uint64
		size int
	}
	var box []held
	total := size
	if err := d.scan(rowOf(rowDelivery, to), func(key, value []byte) bool {
		box = append(box, held{number(key), len(value)})
		total += len(value)
		return true
	}); err != nil {
		return 0, false, err
	}
	last = collected
	if len(box) > 0 {
		last = max(last, box[len(box)-1].n)
	}
	for len(box) >= MaxBox || total > maxBoxBytes {
		if len(box) == 0 || box[0].n > collected {
			return last, true, nil
		}
		b.Delete(numbered(rowDelivery, to, box[0].n), nil)
		total -= box[0].size
		box = box[1:]
	}
	return last, false, nil
}

// Collect returns the packages after OwnRequest.Since, oldest first, as many as
// fit an answer; asking with Since says that everything up to there arrived. What was
// never given cannot have: then everything is returned.
// The request is signed by a current key of the box's owner. It fails with
// KindDenied.
func (d *Directory) Collect(_ context.Context, in *wire.CollectRequest) (*wire.CollectResponse, error) {
	const op = "collect"
	ask, err := d.door.Check(d.cfg.Clock(), in.GetRequest())
	if err != nil {
		return nil, err
	}
	out := &wire.CollectResponse{}
	d.mu.Lock()
	defer d.mu.Unlock()
	newest, err := d.newest(ask.Subject)
	if err != nil {
		return nil, d.fault(op, err)
	}
	since := ask.Since
	if since > newest {
		since = 0 // this folder was put back from a backup: numbers go on from before
	}
	size := 0
	if err := d.scan(rowOf(rowDelivery, ask.Subject), func(key, value []byte) bool {
		n := number(key)
		if n > since && (size == 0 || size+len(value) <= maxPage) {
			size += len(value)
			out.Deliveries = append(out.Deliveries, &wire.Delivery{Number: n, Sealed: slices.Clone(value)})
		} else if n > since {
			size = maxPage // no gaps: a smaller one behind waits too
		}
		return true
	}); err != nil {
		return nil, d.fault(op, err)
	}
	if err := d.arrived(ask.Subject, since); err != nil {
		return nil, d.fault(op, err)
	}
	return out, nil
}

// newest is the greatest number that a box is known to have given.
func (d *Directory) newest(s stele.Subject) (uint64, error) {
	newest, err := d.collected(s)
	if err != nil {
		return 0, err
	}
	return newest, d.scan(rowOf(rowDelivery, s), func(key, _ []byte) bool {
		newest = max(newest, number(key))
		return true
	})
}

func (d *Directory) collected(s stele.Subject) (uint64, error) {
	raw, err := database.Get(d.db, rowOf(rowCollected, s))
	if err != nil || len(raw) != 8 {
		return 0, err
	}
	return binary.BigEndian.Uint64(raw), nil
}

func (d *Directory) arrived(s stele.Subject, n uint64) error {
	before, err := d.collected(s)
	if err != nil || n <= before {
		return err
	}
	return d.db.Set(rowOf(rowCollected, s), binary.BigEndian.AppendUint64(nil, n), pebble.Sync)
}
