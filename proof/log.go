package proof

import (
	"errors"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

// Head is a log's head that stands under a believed header.
type Head struct {
	Subject stele.Subject
	Leaf    uint64 // of the log, in the tree of heads
	Size    uint64 // events
	Root    stele.Digest
	Height  int64 // of the state; the header is of Height+1
}

// Kept is what a wallet keeps of a log that it has checked, to ask for the step
// from there. The zero value is a log of which nothing is known.
type Kept struct {
	Size  uint64
	Root  stele.Digest
	Peaks []stele.Digest // of the tree, largest first; with them a step needs no consistency proof
}

// Event is a checked event of a log.
type Event struct {
	Seq   uint64 // position in the log
	Raw   []byte // as hashed into the log
	Event *wire.Event
}

// Log is a checked page of a subject's log: its events from First on. The log at
// the head begins with all that is in it and all that was before.
type Log struct {
	Header Header // that proves it
	Head   Head
	First  uint64
	Events []Event
	Kept   Kept // to keep for the next step

	last *wire.Event // the newest so far; nil before the first
}

// Whole reports whether nothing follows up to the head.
func (l Log) Whole() bool { return l.Kept.Size == l.Head.Size }

// ErrRewritten is what a signed head proves that contradicts the one that was kept:
// no member made it up, the validators signed two histories.
var ErrRewritten = errors.New("two thirds of the validators signed another history")

// CheckHead checks a head against the header of the next height, in which its
// state's app hash stands. It fails with KindProof.
func CheckHead(h Header, p *wire.HeadProof) (Head, error) {
	const op = "check head"
	if p == nil || p.Height != h.Height-1 { // none is not one of height 0
		return Head{}, stele.E(op, stele.KindProof, "the header is not the one after the head's state", nil)
	}
	subject, err := stele.SubjectFrom(p.Subject)
	if err != nil {
		return Head{}, stele.E(op, stele.KindProof, "the head is malformed", err)
	}
	digests, err := split(op, append([][]byte{p.Root}, p.Path...))
	if err != nil {
		return Head{}, err
	}
	head := wire.HeadHash(subject, p.Size, digests[0])
	root, err := merkle.RootFromInclusion(merkle.LeafHash(head[:]), p.Leaf, p.Leaves, digests[1:])
	if err != nil {
		return Head{}, err
	}
	if wire.AppHash(p.Leaves, root) != h.AppHash {
		return Head{}, stele.E(op, stele.KindProof, "the head does not stand under the header", nil)
	}
	return Head{Subject: subject, Leaf: p.Leaf, Size: p.Size, Root: digests[0], Height: p.Height}, nil
}

// CheckLog checks the first page of a log from kept.Size on: that these are the
// events there, that the log at the newest state which p proves goes on from
// them, and that it continues the one that the wallet kept. Where [Log.Whole]
// says no, [Log.Continue] checks the pages that follow. It fails with KindProof.
func CheckLog(t Trusted, subject stele.Subject, kept Kept, p *wire.LogProof) (Log, error) {
	h, err := t.Check(p.GetLight())
	if err != nil {
		return Log{}, err
	}
	return CheckLogUnder(h, subject, kept, p)
}

// CheckLogUnder is CheckLog under a header that the caller believes; p's own is not looked at.
func CheckLogUnder(h Header, subject stele.Subject, kept Kept, p *wire.LogProof) (Log, error) {
	const op = "check log"
	head, err := CheckHead(h, p.GetHead())
	if err != nil {
		return Log{}, err
	}
	switch {
	case head.Subject != subject:
		return Log{}, stele.E(op, stele.KindProof, "the log is another subject's", nil)
	case head.Size < kept.Size:
		return Log{}, stele.E(op, stele.KindProof, "the log is shorter than it was: entries have been removed", ErrRewritten)
	case p.First != kept.Size:
		return Log{}, stele.E(op, stele.KindProof, "the log does not go on where the wallet stopped", nil)
	}
	log := Log{Header: h, Head: head, First: p.First, Kept: kept}
	switch {
	case kept.Size != head.Size:
	case kept.Root != head.Root:
		return Log{}, stele.E(op, stele.KindProof, "the log has been changed since it was last checked", ErrRewritten)
	case len(p.Events) != 0:
		return Log{}, stele.E(op, stele.KindProof, "there are more events than the log has", nil)
	default:
		return log, nil
	}
	frontier, err := continueFrom(kept, head, p)
	if err != nil {
		return Log{}, err
	}
	return log.page(frontier, p)
}

// Continue checks the next page under the same head, for a log that is not whole.
// It fails with KindProof.
func (l Log) Continue(p *wire.LogProof) (Log, error) {
	const op = "check log"
	if p.GetFirst() != l.Kept.Size {
		return Log{}, stele.E(op, stele.KindProof, "the log does not go on where the wallet stopped", nil)
	}
	frontier, err := merkle.NewFrontier(l.Kept.Size, l.Kept.Peaks)
	if err != nil {
		return Log{}, err
	}
	return l.page(frontier, p)
}

// page appends a page's events to the tree of those before and checks that the
// log at the head begins with the result.
func (l Log) page(frontier merkle.Frontier, p *wire.LogProof) (Log, error) {
	const op = "check log"
	if len(p.Events) == 0 {
		return Log{}, stele.E(op, stele.KindProof, "events are missing", nil)
	}
	next := Log{Header: l.Header, Head: l.Head, First: p.First, Events: make([]Event, len(p.Events))}
	for i, raw := range p.Events {
		frontier.Append(merkle.LeafHash(raw))
		next.Events[i] = Event{Seq: p.First + uint64(i), Raw: raw}
	}
	ahead, err := split(op, p.Ahead)
	if err != nil {
		return Log{}, err
	}
	if err := merkle.VerifyConsistency(frontier.Size, l.Head.Size, frontier.Root(), l.Head.Root, ahead); err != nil {
		return Log{}, stele.E(op, stele.KindProof, "the events are not those of the log", err)
	}
	next.Kept = Kept{Size: frontier.Size, Root: frontier.Root(), Peaks: frontier.Peaks}
	if err := readEvents(l.Head, l.last, next.Events); err != nil {
		return Log{}, err
	}
	next.last = next.Events[len(next.Events)-1].Event
	return next, nil
}

// continueFrom returns the tree of the events before p.First. Its root is the
// one the wallet kept; that the log still begins with it shows when the events
// are appended.
func continueFrom(kept Kept, head Head, p *wire.LogProof) (merkle.Frontier, error) {
	const op = "check log"
	switch {
	case kept.Size == 0:
		return merkle.Frontier{}, nil
	case len(kept.Peaks) > 0:
		f, err := merkle.NewFrontier(kept.Size, kept.Peaks)
		if err == nil && f.Root() != kept.Root {
			err = stele.E(op, stele.KindProof, "what the wallet kept does not fit together", nil)
		}
		return f, err
	}
	proof, err := split(op, p.Consistency)
	if err != nil {
		return merkle.Frontier{}, err
	}
	return merkle.FrontierFrom(kept.Size, head.Size, kept.Root, proof)
}

// Entry is one checked event with its place.
type Entry struct {
	Event
	Head   Head
	Header Header
}

// CheckEntry checks that an event stands in a subject's log. It fails with
// KindProof.
func CheckEntry(t Trusted, p *wire.EntryProof) (Entry, error) {
	h, err := t.Check(p.GetLight())
	if err != nil {
		return Entry{}, err
	}
	return checkEntry(h, p)
}

func checkEntry(h Header, p *wire.EntryProof) (Entry, error) {
	head, err := CheckHead(h, p.GetHead())
	if err != nil {
		return Entry{}, err
	}
	path, err := split("check entry", p.Path)
	if err != nil {
		return Entry{}, err
	}
	if err := merkle.VerifyInclusion(merkle.LeafHash(p.Event), p.Seq, head.Size, path, head.Root); err != nil {
		return Entry{}, err
	}
	events := []Event{{Seq: p.Seq, Raw: p.Event}}
	if err := readEvents(head, nil, events); err != nil {
		return Entry{}, err
	}
	return Entry{Event: events[0], Head: head, Header: h}, nil
}

// split reads 32-byte digests; KindProof when one is not.
func split(op string, raw [][]byte) ([]stele.Digest, error) {
	out := make([]stele.Digest, len(raw))
	for i, r := range raw {
		d, err := stele.DigestFrom(r)
		if err != nil {
			return nil, stele.E(op, stele.KindProof, "the proof is malformed", err)
		}
		out[i] = d
	}
	return out, nil
}
