package chain

import (
	"context"
	"sync"

	"github.com/stele-health/stele"
)

// Event tells of a new final block.
type Event struct {
	Block    stele.Block
	Executed stele.Executed
}

// feed hands the newest block to whoever waits for it.
type feed struct {
	mu      sync.Mutex
	newest  stele.Block
	moved   chan struct{} // closed and replaced at each block
	readers map[chan Event]struct{}
	closed  bool
}

const backlog = 64 // events kept for a slow reader

func newFeed() *feed {
	return &feed{moved: make(chan struct{}), readers: map[chan Event]struct{}{}}
}

// start sets the position without telling anybody.
func (f *feed) start(b stele.Block) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.newest = b
}

// publish tells of a block. It never blocks: a reader that is slow loses the
// oldest events, never the newest.
func (f *feed) publish(e Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.newest = e.Block
	close(f.moved)
	f.moved = make(chan struct{})
	for r := range f.readers {
		for sent := false; !sent; {
			select {
			case r <- e:
				sent = true
			default:
				select {
				case <-r:
				default:
				}
			}
		}
	}
}

// look returns the newest block and a channel that is closed at the next one.
func (f *feed) look() (stele.Block, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.newest, f.moved
}

// subscribe returns a channel of blocks from now on, closed when ctx or the
// feed ends.
func (f *feed) subscribe(ctx context.Context) <-chan Event {
	r := make(chan Event, backlog)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		close(r)
		return r
	}
	f.readers[r] = struct{}{}
	context.AfterFunc(ctx, func() { f.leave(r) })
	return r
}

func (f *feed) leave(r chan Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.readers[r]; ok {
		delete(f.readers, r)
		close(r)
	}
}

func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for r := range f.readers {
		delete(f.readers, r)
		close(r)
	}
}
