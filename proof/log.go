package proof

import (
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

// Log is a checked stretch of a subject's log: all its events from First on.
type Log struct {
	Header Header // that proves it
	Head   Head
	First  uint64
	Events []Event
	Kept   Kept // to keep for the next step
}

// CheckHead checks a head against the header of the next height, in which its
// state's app hash stands. It fails with KindProof.
func CheckHead(h Header, p *wire.HeadProof) (Head, error) {
	const op = "check head"
	if p.GetHeight() != h.Height-1 {
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

// CheckLog checks that p holds all events of the subject's log from kept.Size
// on, as of the newest state it proves, and that the log continues the one that
// the wallet kept. It fails with KindProof.
func CheckLog(t Trusted, subject stele.Subject, kept Kept, p *wire.LogProof) (Log, error) {
	h, err := t.Check(p.GetLight())
	if err != nil {
		return Log{}, err
	}
	return checkLog(h, subject, kept, p)
}

func checkLog(h Header, subject stele.Subject, kept Kept, p *wire.LogProof) (Log, error) {
	const op = "check log"
	head, err := CheckHead(h, p.GetHead())
	if err != nil {
		return Log{}, err
	}
	switch {
	case head.Subject != subject:
		return Log{}, stele.E(op, stele.KindProof, "the log is another subject's", nil)
	case p.First != kept.Size:
		return Log{}, stele.E(op, stele.KindProof, "the log does not go on where the wallet stopped", nil)
	case head.Size < kept.Size:
		return Log{}, stele.E(op, stele.KindProof, "the log has become shorter", nil)
	case uint64(len(p.Events)) != head.Size-kept.Size:
		return Log{}, stele.E(op, stele.KindProof, "events are missing or too many", nil)
	}
	log := Log{Header: h, Head: head, First: p.First, Kept: kept}
	if kept.Size == head.Size {
		if kept.Root != head.Root {
			return Log{}, stele.E(op, stele.KindProof, "the log was changed", nil)
		}
		return log, nil
	}
	frontier, err := continueFrom(kept, head, p)
	if err != nil {
		return Log{}, err
	}
	for i, raw := range p.Events {
		frontier.Append(merkle.LeafHash(raw))
		log.Events = append(log.Events, Event{Seq: p.First + uint64(i), Raw: raw})
	}
	if frontier.Size != head.Size || frontier.Root() != head.Root {
		return Log{}, stele.E(op, stele.KindProof, "the events are not those of the log", nil)
	}
	log.Kept = Kept{Size: frontier.Size, Root: head.Root, Peaks: frontier.Peaks}
	return log, readEvents(head, log.Events)
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
	if err := readEvents(head, events); err != nil {
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
