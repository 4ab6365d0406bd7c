package directory

import (
	"sync"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/slot"
)

// Opened opens the slots that were brought as a slot.Box does, and holds what it has opened: an envelope takes longer to
// open than a record. What a commitment is to never changes. It is safe for concurrent use.
type Opened struct {
	slot.Box

	mu   sync.Mutex
	held map[opened]slot.Slot
}

type opened struct {
	subject    stele.Subject
	commitment stele.Digest
}

// maxOpened is how many slots are held: beyond that all are opened anew. Each is a few KB.
const maxOpened = 1024

// Slot opens what a subject has committed to, and fails as Box.Slot does.
func (o *Opened) Slot(subject stele.Subject, commitment stele.Digest) (slot.Slot, error) {
	of := opened{subject, commitment}
	o.mu.Lock()
	s, ok := o.held[of]
	o.mu.Unlock()
	if ok {
		return s, nil
	}
	s, err := o.Box.Slot(subject, commitment)
	if err != nil {
		return slot.Slot{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.held == nil || len(o.held) >= maxOpened {
		o.held = map[opened]slot.Slot{}
	}
	o.held[of] = s
	return s, nil
}

// Capsules returns the capsules that go with what a subject has committed to. It fails as Slot does, and
// as Box.CapsulesOf.
func (o *Opened) Capsules(subject stele.Subject, commitment stele.Digest) (slot.Capsules, error) {
	s, err := o.Slot(subject, commitment)
	if err != nil {
		return nil, err
	}
	return o.CapsulesOf(s, subject, commitment)
}
