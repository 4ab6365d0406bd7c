package ledger

import (
	"bytes"
	"fmt"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Head is what a snapshot must come to: taken from headers that validators
// signed, not from whoever serves it.
type Head struct {
	Height  int64
	TimeMS  int64        // of that block
	AppHash stele.Digest // of the state after it: it stands in the next header
}

const (
	restoreBatch = 2_000    // events that are committed at once
	largestEvent = 64 << 10 // bytes of any but the first, which holds the genesis
)

const opRestore = "restore snapshot"

// Restore folds a snapshot into an empty store, event by event, through the same
// contracts and the same trees as blocks do, and compares what comes out with
// the head. Signatures are not checked again: the app hash covers every byte of
// every event.
//
// stream calls its argument with each event, log by log, and gives up with its
// error; progress, which may be nil, is told now and then how many have been
// folded. Restore fails with KindProof when the events are not those of the head,
// with what the store failed with, and with the stream's error. What it leaves in
// the store then is worth nothing and must be thrown away; so must what a crash
// leaves.
func Restore(store Store, contracts []Contract, head Head, stream func(each func(event []byte) error) error, progress func(events uint64)) (err error) {
	defer guard(&err)
	l, err := New(store, contracts, wire.Check)
	if err != nil {
		return err
	}
	defer l.Close()
	r := &restoring{ledger: l, head: head, progress: progress}
	r.begin()
	if r.block.at != (position{}) {
		return stele.E(opRestore, stele.KindExists, "the store is not empty", nil)
	}
	if err := stream(r.add); err != nil {
		return err
	}
	return r.end()
}

// restoring is a restore that is going on.
type restoring struct {
	ledger   *Ledger
	head     Head
	progress func(uint64)
	block    *block      // stands for all blocks of a batch
	events   int         // in the batch
	last     *wire.Event // nil before the first
}

func (r *restoring) begin() {
	r.block, r.events = r.ledger.begin(Moment{Height: r.head.Height, TimeMS: r.head.TimeMS}), 0
}

// add folds the next event.
func (r *restoring) add(raw []byte) error {
	if r.last != nil && len(raw) > largestEvent {
		return lied("an event that no transaction could make")
	}
	e := new(wire.Event)
	if err := wire.DecodeKnown(raw, e); err != nil {
		return stele.E(opRestore, stele.KindProof, "an event that this version can't read", err).WithHint("is this member's software older than the others'?")
	}
	same := r.last != nil && bytes.Equal(e.Subject, r.last.Subject)
	if err := r.follows(e, same); err != nil {
		return err
	}
	if err := r.fold(e, raw, same); err != nil {
		return err
	}
	r.last = e
	if r.events++; r.events == restoreBatch {
		return r.commit()
	}
	return nil
}

// follows checks what an event's own bytes tell: that it is of this version, not
// from after the snapshot, and later than the one before it, if that is of the
// same log.
func (r *restoring) follows(e *wire.Event, sameLog bool) error {
	leaf := e.About().Leaf
	switch {
	case e.Version != wire.EventVersion:
		return lied("an event of another version")
	case e.Height < 0 || e.Height > r.head.Height || e.TimeMs > r.head.TimeMS:
		return lied("an event from after the snapshot")
	case leaf != nil && *leaf != r.block.at.leaves:
		return lied("a subject is created in another's place")
	case !sameLog:
		return nil
	case e.Height < r.last.Height || e.Height == r.last.Height && e.Index <= r.last.Index || e.TimeMs < r.last.TimeMs:
		return lied("an event is missing, doubled or out of order")
	}
	return nil
}

// fold folds an event, the next one of the newest log or the first of a new one.
// Contracts believe what they are given; that it happened is shown only by the app
// hash in the end, so an event that makes no sense to them is a lie.
func (r *restoring) fold(e *wire.Event, raw []byte, sameLog bool) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case failure:
			if err = p.err; stele.KindOf(err) == stele.KindInvalid {
				err = lied(fmt.Sprintf("the event at height %d, index %d has no place in a log", e.Height, e.Index))
			}
		default:
			err = lied(fmt.Sprintf("the event at height %d, index %d does not follow from those before", e.Height, e.Index))
		}
	}()
	before := r.block.at.leaves
	r.block.fold(e, raw)
	if (r.block.at.leaves == before) != sameLog {
		return lied("an event is missing, doubled or out of order")
	}
	return nil
}

// commit makes a batch durable and starts the next.
func (r *restoring) commit() error {
	r.block.seal()
	if err := r.write(); err != nil {
		return err
	}
	r.begin()
	return nil
}

// end makes the rest durable, if what came out is what the head says.
func (r *restoring) end() error {
	r.block.seal()
	if r.block.at.appHash != r.head.AppHash {
		return lied("the events are not those that the validators signed for")
	}
	return r.write()
}

func (r *restoring) write() error {
	if err := r.ledger.commit(r.block); err != nil {
		return stele.E(opRestore, stele.KindOther, "the store did not take the events", err)
	}
	if r.progress != nil {
		r.progress(r.block.at.events)
	}
	return nil
}

func lied(text string) error {
	return stele.E(opRestore, stele.KindProof, text, nil).WithHint("take the snapshot from another member")
}
