package wallet

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/stele-health/stele"
)

// This file decides whom to ask, and for whom not to wait: one member that says
// nothing must cost nobody more than a moment.

const (
	// silence is how long a member may take for an answer that is still of use.
	silence = 3 * time.Second
	// patience is how long the next member is not asked although the one
	// before has said nothing yet: far above what an answer takes, so that
	// questions are not doubled, and short for a person who waits.
	patience = 300 * time.Millisecond
	// submitPatience is the same for a transaction, which waits for its block.
	submitPatience = time.Second
	// remembered is how long a member that said nothing is asked last.
	remembered = time.Minute
)

// silents are the members that said nothing lately. The zero value is ready.
type silents struct {
	mu    sync.Mutex
	until map[stele.Subject]time.Time
}

func (s *silents) note(m Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until == nil {
		s.until = map[stele.Subject]time.Time{}
	}
	s.until[m.Subject] = time.Now().Add(remembered)
}

func (s *silents) forget(m Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.until, m.Subject)
}

func (s *silents) has(m Member) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.until[m.Subject])
}

// noteSilent notes that a member said nothing: for a minute it is asked last.
func (n *Network) noteSilent(m Member) { n.silents.note(m) }

// silent reports whether a member said nothing lately.
func (n *Network) silent(m Member) bool { return n.silents.has(m) }

// inTurn lists the members in the order in which to ask them: the own one first,
// those that said nothing lately last.
func (n *Network) inTurn() []Member {
	members := slices.Clone(n.Members)
	slices.SortStableFunc(members, func(a, b Member) int {
		switch late := n.silents.has(a); {
		case late == n.silents.has(b):
			return 0
		case late:
			return 1
		}
		return -1
	})
	return members
}

// reply is a member's answer.
type reply[T any] struct {
	member Member
	answer T
	err    error
}

// round puts one question to members one by one and collects what they say.
type round[T any] struct {
	network  *Network
	ctx      context.Context
	question func(context.Context, Member) (T, error)
	limit    time.Duration // for one answer
	left     []Member      // not asked yet
	waiting  []Member      // asked, nothing heard yet
	replies  chan reply[T]
}

func newRound[T any](ctx context.Context, n *Network, members []Member, question func(context.Context, Member) (T, error)) *round[T] {
	return &round[T]{network: n, ctx: ctx, question: question, limit: silence, left: members, replies: make(chan reply[T], len(members))}
}

// next asks so many more members, as far as there are some.
func (a *round[T]) next(n int) {
	for range min(max(n, 0), len(a.left)) {
		m := a.left[0]
		a.left, a.waiting = a.left[1:], append(a.waiting, m)
		go func() {
			attempt, cancel := context.WithTimeout(a.ctx, a.limit)
			defer cancel()
			answer, err := a.question(attempt, m)
			a.replies <- reply[T]{m, answer, err}
		}()
	}
}

// heard takes note of who has answered.
func (a *round[T]) heard(r reply[T]) reply[T] {
	i := slices.IndexFunc(a.waiting, func(m Member) bool { return m.Subject == r.member.Subject })
	a.waiting = slices.Delete(a.waiting, i, i+1)
	if r.err == nil {
		a.network.silents.forget(r.member)
	}
	return r
}

// over notes who has said nothing until now.
func (a *round[T]) over() {
	for _, m := range a.waiting {
		a.network.silents.note(m)
	}
}

// hopeful counts those who were asked and may still answer soon.
func (a *round[T]) hopeful() (n int) {
	for _, m := range a.waiting {
		if !a.network.silents.has(m) {
			n++
		}
	}
	return n
}

// ask puts one question to the members in turn until one answers. One that fails
// makes room for the next; one that says nothing for a while is not waited for:
// the next is asked besides, and whoever answers first has answered.
func ask[T any](ctx context.Context, n *Network, op string, wait time.Duration, question func(context.Context, Member) (T, error)) (T, error) {
	return agree(ctx, n, n.inTurn(), 1, op, wait, question, func(T, error) string { return "" })
}

// agree is ask until so many of the members have given the same answer; says tells
// what an answer means.
func agree[T any](
	ctx context.Context, n *Network, members []Member, voices int, op string, wait time.Duration,
	question func(context.Context, Member) (T, error), says func(T, error) string,
) (answer T, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := newRound(ctx, n, members, question)
	a.limit = 10 * wait
	a.next(1)
	tick := time.NewTicker(wait)
	defer tick.Stop()
	given := map[string]int{}
	var last error
	for len(a.waiting) > 0 {
		select {
		case r := <-a.replies:
			a.heard(r)
			if r.err != nil {
				last = r.err
			}
			more := 1
			if r.err == nil || !transient(r.err) {
				what := says(r.answer, r.err)
				if given[what]++; given[what] >= voices {
					return r.answer, r.err
				}
				more = voices - given[what] - a.hopeful()
			}
			a.next(more)
			tick.Reset(wait)
		case <-tick.C:
			a.over()
			a.next(1)
		}
	}
	if len(given) > 0 {
		return answer, stele.E(op, stele.KindUnreachable, "too few members say the same", last).
			WithHint("it may have happened: look before you try again")
	}
	return answer, stele.E(op, stele.KindUnreachable, "no member answered", last).
		WithHint("check that the network is running: stele ledger status")
}

// transient reports whether another member may do better.
func transient(err error) bool {
	k := stele.KindOf(err)
	return k == stele.KindUnreachable || k == stele.KindBusy || k == stele.KindOther || k == stele.KindUnknown || errors.Is(err, context.DeadlineExceeded)
}
