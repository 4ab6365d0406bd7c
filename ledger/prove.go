package ledger

import (
	"fmt"
	"math/bits"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

// read runs f on the newest committed state.
func (l *Ledger) read(f func(Reader, position) error) error {
	return l.use(func(newest *frozen) error { return f(newest.state, newest.at) })
}

// readProvable runs f on the newest state that can be proved; see useProvable.
func (l *Ledger) readProvable(f func(Reader, position) error) error {
	return l.useProvable(func(then *frozen) error { return f(then.state, then.at) })
}

// ProveLog returns a page of a subject's log: its events from position first on,
// as many as a page holds, and the proof that they are those of the log as it
// stands at a head.
//
// With until 0 that is the newest provable head, which comes with the page; the
// caller adds the header of Head.Height+1. A log that ends before first gives its
// head and no events. Otherwise until is the size of a head that the asker has:
// since a log only grows, any state that is as long proves it. It fails with
// KindNotFound, with KindInvalid when first is not below until, and with KindBusy
// when this node's log is not that long yet.
func (l *Ledger) ProveLog(subject stele.Subject, first, until uint64) (proof *wire.LogProof, err error) {
	if until != 0 {
		err = l.read(func(s Reader, _ position) error {
			row := heads.Get(s, subject[:])
			switch {
			case row == nil:
				return notFound("subject")
			case first >= until:
				return stele.E("prove log", stele.KindInvalid, "the log does not begin or end there", nil)
			case row.Size < until:
				return stele.E("prove log", stele.KindBusy, "this node's log is not that long yet", nil).WithHint("ask again, or another member")
			}
			proof, err = page(s, row.Leaf, first, until)
			return err
		})
		return proof, err
	}
	err = l.readProvable(func(s Reader, at position) error {
		head, err := proveHead(s, at, subject)
		if err != nil {
			return err
		}
		if proof = (&wire.LogProof{First: first}); first < head.Size {
			if proof, err = page(s, head.Leaf, first, head.Size); err != nil {
				return err
			}
			path, err := merkle.Consistency(logNodes{s, head.Leaf}, first, head.Size)
			if err != nil {
				return err
			}
			proof.Consistency = join(path)
		}
		proof.Head = head
		return nil
	})
	return proof, err
}

// page is the events from first on, below end, and how the log goes on to end.
func page(s Reader, leaf, first, end uint64) (*wire.LogProof, error) {
	p := &wire.LogProof{First: first}
	next, size := first, 0
	for ; next < end && len(p.Events) < stele.MaxPageEvents && size < stele.MaxPageBytes; next++ {
		raw := eventBytes(s, leaf, next)
		p.Events = append(p.Events, raw)
		size += len(raw)
	}
	path, err := merkle.Consistency(logNodes{s, leaf}, next, end)
	p.Ahead = join(path)
	return p, err
}

// LogSize returns how many events a subject's log holds at the newest block: at
// times more than can be proved yet. A subject that is not there has none.
func (l *Ledger) LogSize(subject stele.Subject) (size uint64) {
	_ = l.read(func(s Reader, _ position) error {
		size = heads.Get(s, subject[:]).GetSize()
		return nil
	})
	return size
}

// ProveEntry returns the event of a transaction with its proof; the caller adds
// the header of Head.Height+1. It fails with KindNotFound, and with KindBusy
// while the event is newer than the newest provable state.
func (l *Ledger) ProveEntry(tx stele.Digest) (proof *wire.EntryProof, err error) {
	var ref *EventRef
	if err := l.read(func(s Reader, at position) error {
		if ref = answer(s, at.timeMS, tx); ref == nil {
			return stele.E("prove entry", stele.KindNotFound, "no event of that transaction", nil).
				WithHint("transactions are looked up by id until they expire; afterwards use the log")
		}
		return nil
	}); err != nil {
		return nil, err
	}
	err = l.readProvable(func(s Reader, at position) error {
		proof, err = proveEntry(s, at, ref)
		return err
	})
	return proof, err
}

// ProvePlace returns the event to which a row of a contract points, with its proof;
// otherwise as ProveEntry. find returns nil for KindNotFound.
func (l *Ledger) ProvePlace(find func(Reader) *Place) (proof *wire.EntryProof, err error) {
	err = l.readProvable(func(s Reader, at position) error {
		place := find(s)
		if place == nil {
			return notFound("event")
		}
		proof, err = proveEntry(s, at, refAt(s, place))
		return err
	})
	return proof, err
}

func proveEntry(s Reader, at position, ref *EventRef) (*wire.EntryProof, error) {
	if s.Get(numbers(prefixEvent, ref.Leaf, ref.Seq)) == nil {
		return nil, stele.E("prove entry", stele.KindBusy, "the block that proves it is still to come", nil).WithHint("ask again")
	}
	raw, e := eventAt(s, ref)
	head, err := proveHead(s, at, stele.Subject(e.Subject))
	if err != nil {
		return nil, err
	}
	path, err := merkle.Inclusion(logNodes{s, ref.Leaf}, ref.Seq, head.Size)
	return &wire.EntryProof{
		Event: raw, Seq: ref.Seq, Path: join(path), Head: head,
	}, err
}

func proveHead(s Reader, at position, subject stele.Subject) (*wire.HeadProof, error) {
	row := heads.Get(s, subject[:])
	if row == nil {
		return nil, notFound("subject")
	}
	log := frontier(row)
	root := log.Root()
	path, err := merkle.Inclusion(headTree{s}, row.Leaf, at.leaves)
	return &wire.HeadProof{
		Subject: subject[:], Leaf: row.Leaf, Leaves: at.leaves, Size: log.Size, Root: root[:],
		Path: join(path), Height: at.height,
	}, err
}

// An event's row holds its bytes and behind them, lowest first, the hashes of
// the perfect subtrees of its log that it completes: one for each one-bit at the
// end of its position.
func eventBytes(s Reader, leaf, seq uint64) []byte {
	return eventIn(s.Get(numbers(prefixEvent, leaf, seq)), seq)
}

func eventIn(row []byte, seq uint64) []byte {
	end := len(row) - completes(seq)*len(stele.Digest{})
	if end < 0 {
		Fail(fmt.Errorf("ledger: an event, the %d. of its log, is missing or damaged", seq))
	}
	return row[:end:end]
}

func completes(seq uint64) int { return bits.TrailingZeros64(^seq) }

// logNodes reads the tree of one log. Leaf hashes are computed from the events.
type logNodes struct {
	s    Reader
	leaf uint64
}

func (n logNodes) Node(level uint, index uint64) (stele.Digest, error) {
	if level == 0 {
		return merkle.LeafHash(eventBytes(n.s, n.leaf, index)), nil
	}
	last := (index+1)<<level - 1 // the event that completes the subtree
	row := n.s.Get(numbers(prefixEvent, n.leaf, last))
	at := len(row) - (completes(last)-int(level)+1)*len(stele.Digest{})
	if at < 0 {
		return stele.Digest{}, fmt.Errorf("ledger: the event %d of log %d is missing or damaged", last, n.leaf)
	}
	return stele.DigestFrom(row[at : at+len(stele.Digest{})])
}

// refAt returns the log and position of the event at a place.
func refAt(s Reader, at *Place) *EventRef {
	ref := new(EventRef)
	if err := wire.DecodeInPlace(s.Get(numbers(prefixBlock, uint64(at.Height), uint64(at.Index))), ref); err != nil {
		Fail(err)
	}
	return ref
}

// eventAt reads an event, as it was hashed into its log and decoded.
func eventAt(s Reader, ref *EventRef) (raw []byte, e *wire.Event) {
	raw, e = eventBytes(s, ref.Leaf, ref.Seq), new(wire.Event)
	if err := wire.DecodeInPlace(raw, e); err != nil {
		Fail(err)
	}
	return raw, e
}

func outcomeAt(s Reader, ref *EventRef) stele.Outcome {
	raw, e := eventAt(s, ref)
	return stele.Outcome{
		Subject: stele.Subject(e.Subject), Height: e.Height, Seq: ref.Seq, Time: time.UnixMilli(e.TimeMs).UTC(), Event: raw,
	}
}

func join(digests []stele.Digest) [][]byte {
	out := make([][]byte, len(digests))
	for i := range digests {
		out[i] = digests[i][:]
	}
	return out
}

func notFound(what string) error {
	return stele.E("read the ledger", stele.KindNotFound, "no such "+what, nil)
}
