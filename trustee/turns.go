package trustee

import (
	"sync"

	"github.com/stele-health/stele"
)

// turns share out the processors among those who ask for releases. A place that
// becomes free goes to the asker with the fewest at work: one who asks for a
// thousand capsules again and again waits for themselves, and nobody for them.
type turns struct {
	mu      sync.Mutex
	free    int
	busy    map[stele.Subject]int // places of each asker
	waiting []*waiter             // in order of arrival
}

type waiter struct {
	asker stele.Subject
	come  chan struct{}
}

// take waits for a place. It reports false when the asker went away.
func (t *turns) take(gone <-chan struct{}, asker stele.Subject) bool {
	t.mu.Lock()
	if t.free > 0 && len(t.waiting) == 0 {
		t.free--
		t.busy[asker]++
		t.mu.Unlock()
		return true
	}
	w := &waiter{asker, make(chan struct{})}
	t.waiting = append(t.waiting, w)
	t.mu.Unlock()
	select {
	case <-w.come:
		return true
	case <-gone:
	}
	t.mu.Lock()
	for i, other := range t.waiting {
		if other == w {
			t.waiting = append(t.waiting[:i], t.waiting[i+1:]...)
			t.mu.Unlock()
			return false
		}
	}
	t.mu.Unlock()
	t.leave(asker) // it came a moment before
	return false
}

// leave gives a place to who comes next.
func (t *turns) leave(asker stele.Subject) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy[asker]--; t.busy[asker] == 0 {
		delete(t.busy, asker)
	}
	next := -1
	for i, w := range t.waiting {
		if next < 0 || t.busy[w.asker] < t.busy[t.waiting[next].asker] {
			next = i
		}
	}
	if next < 0 {
		t.free++
		return
	}
	w := t.waiting[next]
	t.waiting = append(t.waiting[:next], t.waiting[next+1:]...)
	t.busy[w.asker]++
	close(w.come)
}
