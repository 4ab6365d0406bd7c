package proof

import (
	"bytes"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// readEvents decodes events that stand in the head's log and checks what the
// ledger promises of them: their subject, a version that this program
// understands, an order in time, also after last, and a log's first event.
func readEvents(head Head, last *wire.Event, events []Event) error {
	for i := range events {
		e := &wire.Event{}
		if err := wire.Decode(events[i].Raw, e); err != nil {
			return stele.E("read event", stele.KindProof, "an event of the log is malformed", err)
		}
		if err := checkEvent(head, events[i].Seq, last, e); err != nil {
			return err
		}
		events[i].Event, last = e, e
	}
	return nil
}

func checkEvent(head Head, seq uint64, last, e *wire.Event) error {
	const op = "read event"
	switch {
	case e.Version != wire.EventVersion:
		// A wrong guess at what an event means is worse than none.
		return stele.E(op, stele.KindProof, "an event has a version that this program does not know", nil).
			WithHint("use a newer version of stele")
	case !bytes.Equal(e.Subject, head.Subject[:]):
		return stele.E(op, stele.KindProof, "an event in the log is another subject's", nil)
	case e.Height > head.Height || e.Height < 0:
		return stele.E(op, stele.KindProof, "an event is newer than the state that holds it", nil)
	case last != nil && (e.Height < last.Height || e.Height == last.Height && e.Index <= last.Index || e.TimeMs < last.TimeMs):
		return stele.E(op, stele.KindProof, "the events are out of order", nil)
	case seq == 0 && !begins(head, e):
		return stele.E(op, stele.KindProof, "the log does not begin with its subject's creation", nil)
	}
	return nil
}

// begins reports whether e is the event that made the head's log: it names the
// log's leaf, so that no subject has two logs to choose from.
func begins(head Head, e *wire.Event) bool {
	about := e.About()
	if about.Leaf == nil { // the consortium's: its subject is the hash of the genesis as it was carried
		return about.Begins && head.Leaf == 0
	}
	return *about.Leaf == head.Leaf && stele.SubjectOf(about.Origin) == head.Subject
}
