package api

import (
	"context"
	"sync"
	"time"

	"github.com/stele-health/stele"
)

const (
	// watchEvery is how often a watcher is told that a log has not grown: who has gone away is
	// found out then.
	watchEvery = 10 * time.Second
	// lookAtLog is how often a log is looked at for a watcher: its length is one look into a map
	// or a cache, where a block for each would be read.
	lookAtLog = time.Second

	maxWatchersOf = 8    // streams of one subject: of each of its devices, and of what breaks off
	maxWatchers   = 4096 // of all; some 50 KB each
)

// watchers counts the streams that are open.
type watchers struct {
	mu  sync.Mutex
	all int
	of  map[stele.Subject]int
}

// enter takes a place, or fails with KindBusy.
func (w *watchers) enter(s stele.Subject) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of[s] >= maxWatchersOf || w.all >= maxWatchers {
		return stele.E("watch log", stele.KindBusy, "too many watch here", nil).WithHint("another member tells the same")
	}
	if w.of == nil {
		w.of = map[stele.Subject]int{}
	}
	w.all, w.of[s] = w.all+1, w.of[s]+1
	return nil
}

func (w *watchers) leave(s stele.Subject) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all--
	if w.of[s]--; w.of[s] == 0 {
		delete(w.of, s)
	}
}

// WatchLog tells a subject that its log has grown. It fails with KindDenied for whoever is not
// the subject, and with KindBusy where too many watch.
func (n *Node) WatchLog(ctx context.Context, in *WatchLogRequest, each func(*LogGrown) error) error {
	ask, err := n.door.Check(n.Clock(), in.GetRequest())
	if err != nil {
		return err
	}
	if err := n.watching.enter(ask.Subject); err != nil {
		return err
	}
	defer n.watching.leave(ask.Subject)
	look := time.NewTicker(lookAtLog)
	defer look.Stop()
	size, told := uint64(0), time.Time{}
	for {
		if now := n.Prover.LogSize(ask.Subject); now > size || time.Since(told) >= watchEvery {
			size, told = max(size, now), time.Now()
			if err := each(&LogGrown{Size: size}); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
	}
}
