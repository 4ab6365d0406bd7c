package wallet

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wire"
)

// R13: a patient is told of an access within a minute of its commit. All members are asked to
// tell when her log grows: one that is silent hides nothing then. What they say is a hint and
// no more: what has happened, the log says, with its proof.

const (
	// askAgain is how long a member is left alone that stopped telling, at first; twice as long
	// each time, up to the last.
	askAgain     = time.Second
	askAgainLast = 30 * time.Second

	// readAfter is how long after a hint the log is read, and how long after a reading the next
	// one begins: what belongs together comes together, and trustees have told by then.
	readAfter = 2 * time.Second

	// vainLast is how long a member waits at most whose hints were in vain: two seconds after
	// the first one, twice as long after each that follows.
	vainLast = time.Minute
)

// Watcher watches a wallet's log without holding the wallet: of its keys it has the one that
// signs the requests. It is made by [Session.Watcher] and used by one goroutine.
type Watcher struct {
	network *members.Network
	request func(audience stele.Subject) *wire.Signed

	hearing map[stele.Subject]bool // who is listened to, or was
	hints   map[stele.Subject]*hint
	heard   chan grown
}

// grown is what a member says of the owner's log.
type grown struct {
	by   stele.Subject
	size uint64
}

// hint is the newest of what a member said, and when it is worth a reading.
type hint struct {
	size uint64
	due  time.Time
	wait time.Duration // since it was in vain; 0: it was not
}

// Watcher returns what watches the owner's log when the session and its wallet are closed.
func (s *Session) Watcher() *Watcher {
	chain, subject, signer, clock := s.Consortium().Chain, s.Subject(), s.Keyring().Signer(), s.Clock
	return &Watcher{
		network: s.Network, hearing: map[stele.Subject]bool{}, hints: map[stele.Subject]*hint{}, heard: make(chan grown),
		request: func(audience stele.Subject) *wire.Signed {
			return ownRequest(chain, subject, audience, clock(), 0, 0, signer)
		},
	}
}

// Follow takes up who runs the network now, as the wallet knows when it has read.
func (w *Watcher) Follow(now *wire.Consortium) error { return w.network.Follow(now) }

// Watch calls read whenever some member says that the log has grown beyond known, which is what
// the wallet has read already, until ctx ends. read returns how long the log is that it read. A
// member that says so in vain is believed less and less often. It fails with what read fails
// with, but for what passes by itself: then it is read again.
func (w *Watcher) Watch(ctx context.Context, known uint64, read func(context.Context) (size uint64, err error)) error {
	ctx, cancel := context.WithCancel(ctx)
	var hearing sync.WaitGroup
	defer hearing.Wait()
	defer cancel()
	for {
		w.listen(ctx, &hearing)
		timer := time.NewTimer(w.due(known))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case g := <-w.heard:
			timer.Stop()
			w.note(g)
			continue
		case <-timer.C:
		}
		size, err := read(ctx)
		if err != nil && !passes(err) {
			return err
		}
		known = max(known, size)
		w.weigh(known, err == nil)
	}
}

// passes reports whether what a reading failed with may be gone the next time: another process
// has the wallet, or nobody answers.
func passes(err error) bool {
	return members.Transient(err) || stele.KindOf(err) == stele.KindBusy
}

// listen begins to listen to the members that it does not listen to yet.
func (w *Watcher) listen(ctx context.Context, hearing *sync.WaitGroup) {
	for _, m := range w.network.All() {
		if !w.hearing[m.Subject] {
			w.hearing[m.Subject] = true
			hearing.Go(func() { w.hear(ctx, m.Subject) })
		}
	}
}

// due is how long until the log is worth a reading; an hour for not yet.
func (w *Watcher) due(known uint64) time.Duration {
	wait := time.Hour
	for _, h := range w.hints {
		if h.size > known {
			wait = min(wait, max(0, time.Until(h.due)))
		}
	}
	return wait
}

// note keeps what a member said. What it goes on saying does not put off the reading.
func (w *Watcher) note(g grown) {
	h := w.hints[g.by]
	if h == nil {
		h = &hint{}
		w.hints[g.by] = h
	}
	h.size = max(h.size, g.size)
	if now := time.Now(); h.wait == 0 && h.due.Before(now) {
		h.due = now.Add(readAfter)
	}
}

// weigh holds what members said against what was read.
func (w *Watcher) weigh(known uint64, read bool) {
	now := time.Now()
	for _, h := range w.hints {
		switch {
		case h.size <= known:
			h.wait = 0
		case !h.due.After(now):
			if h.wait = min(2*max(h.wait, readAfter/2), vainLast); !read {
				h.wait = min(h.wait, 4*readAfter) // it is not the member's fault
			}
		}
		h.due = now.Add(max(h.wait, readAfter))
	}
}

// hear passes on what a member says, and asks it again whenever it stops, where it is then; it
// ends when the member has left the network.
func (w *Watcher) hear(ctx context.Context, member stele.Subject) {
	wait := askAgain
	for ctx.Err() == nil {
		all := w.network.All()
		at := slices.IndexFunc(all, func(m members.Member) bool { return m.Subject == member })
		if at < 0 {
			return
		}
		_ = all[at].Ledger.WatchLog(ctx, w.request(member), func(size uint64) error {
			wait = askAgain
			select {
			case w.heard <- grown{member, size}:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}) // it ends by itself now and then
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, askAgainLast)
	}
}
