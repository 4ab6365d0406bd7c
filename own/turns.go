package own

import "sync"

// Turns share out places at work, such as processors, among those who ask. A place
// that becomes free goes to the asker with the fewest at work: one who asks for a
// thousand things again and again waits for themselves, and nobody for them. It is
// safe for concurrent use.
type Turns[K comparable] struct {
	mu      sync.Mutex
	free    int
	busy    map[K]int    // places of each asker
	waiting []*waiter[K] // in order of arrival
}

type waiter[K comparable] struct {
	asker K
	come  chan struct{}
}

// NewTurns returns so many places.
func NewTurns[K comparable](places int) *Turns[K] {
	return &Turns[K]{free: places, busy: map[K]int{}}
}

// Take waits for a place. It reports false when the asker went away.
func (t *Turns[K]) Take(gone <-chan struct{}, asker K) bool {
	t.mu.Lock()
	if t.free > 0 { // then nobody waits, see Leave
		t.free--
		t.busy[asker]++
		t.mu.Unlock()
		return true
	}
	w := &waiter[K]{asker, make(chan struct{})}
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
	t.Leave(asker) // it came a moment before
	return false
}

// Leave gives a place to who comes next.
func (t *Turns[K]) Leave(asker K) {
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
