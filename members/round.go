package members

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/stele-health/stele"
)

// This file decides whom to ask, and for whom not to wait: one member that says
// nothing must cost nobody more than a moment.

const (
	// Silence is how long a member may take for an answer that is still of use.
	Silence = 3 * time.Second
	// Patience is how long the next member is not asked although the one
	// before has said nothing yet: far above what an answer takes, so that
	// questions are not doubled, and short for a person who waits.
	Patience = 300 * time.Millisecond
	// SubmitPatience is the same for a transaction, which waits for its block.
	SubmitPatience = time.Second
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

// NoteSilent notes that a member said nothing: for a minute it is asked last.
func (n *Network) NoteSilent(m Member) { n.silents.note(m) }

// WasSilent reports whether a member said nothing lately.
func (n *Network) WasSilent(m Member) bool { return n.silents.has(m) }

// InTurn lists the members in the order in which to ask them: the own one first,
// those that said nothing lately last.
func (n *Network) InTurn() []Member {
	members := slices.Clone(n.All())
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

// Reply is a member's answer.
type Reply[T any] struct {
	Member Member
	Answer T
	Err    error
}

// Round puts one question to members one by one and collects what they say.
type Round[T any] struct {
	network  *Network
	ctx      context.Context
	question func(context.Context, Member) (T, error)
	Limit    time.Duration // for one answer
	Left     []Member      // not asked yet
	Waiting  []Member      // asked, nothing heard yet
	Replies  chan Reply[T]
}

// NewRound makes a round in which nobody is asked yet.
func NewRound[T any](ctx context.Context, n *Network, members []Member, question func(context.Context, Member) (T, error)) *Round[T] {
	return &Round[T]{network: n, ctx: ctx, question: question, Limit: Silence, Left: members, Replies: make(chan Reply[T], len(members))}
}

// Next asks so many more members, as far as there are some.
func (a *Round[T]) Next(n int) {
	for range min(max(n, 0), len(a.Left)) {
		m := a.Left[0]
		a.Left, a.Waiting = a.Left[1:], append(a.Waiting, m)
		go func() {
			attempt, cancel := context.WithTimeout(a.ctx, a.Limit)
			defer cancel()
			answer, err := a.question(attempt, m)
			a.Replies <- Reply[T]{m, answer, err}
		}()
	}
}

// Heard takes note of who has answered.
func (a *Round[T]) Heard(r Reply[T]) Reply[T] {
	i := slices.IndexFunc(a.Waiting, func(m Member) bool { return m.Subject == r.Member.Subject })
	a.Waiting = slices.Delete(a.Waiting, i, i+1)
	if r.Err == nil {
		a.network.silents.forget(r.Member)
	}
	return r
}

// NoteWaiting notes who has said nothing until now.
func (a *Round[T]) NoteWaiting() {
	for _, m := range a.Waiting {
		a.network.silents.note(m)
	}
}

// hopeful counts those who were asked and may still answer soon.
func (a *Round[T]) hopeful() (n int) {
	for _, m := range a.Waiting {
		if !a.network.silents.has(m) {
			n++
		}
	}
	return n
}

// All asks all members at once and yields what each says, as it comes. Whoever breaks off
// waits for nobody more.
func All[T any](ctx context.Context, n *Network, question func(context.Context, Member) (T, error)) iter.Seq[Reply[T]] {
	return func(yield func(Reply[T]) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		a := NewRound(ctx, n, n.All(), question)
		a.Next(len(a.Left))
		for len(a.Waiting) > 0 && yield(a.Heard(<-a.Replies)) {
		}
	}
}

// Ask puts one question to the members in turn until one answers. One that fails
// makes room for the next; one that says nothing for a while is not waited for:
// the next is asked besides, and whoever answers first has answered.
func Ask[T any](ctx context.Context, n *Network, op string, wait time.Duration, question func(context.Context, Member) (T, error)) (T, error) {
	return NewRound(ctx, n, n.InTurn(), question).Agree(op, wait, 1, func(T) string { return "" })
}

// Agree asks one by one, as Ask does, until so many have given the same answer; says tells
// what an answer means, and failures are the same by their kind. It fails with KindUnreachable when too few have.
func (a *Round[T]) Agree(op string, wait time.Duration, voices int, says func(T) string) (answer T, err error) {
	var cancel context.CancelFunc
	a.ctx, cancel = context.WithCancel(a.ctx)
	defer cancel()
	a.Limit = 10 * wait
	a.Next(1)
	tick := time.NewTicker(wait)
	defer tick.Stop()
	given := map[string]int{}
	var last error
	for len(a.Waiting) > 0 {
		select {
		case r := <-a.Replies:
			a.Heard(r)
			if r.Err != nil {
				last = r.Err
			}
			more := 1
			if r.Err == nil || !Transient(r.Err) {
				what := stele.KindOf(r.Err).String()
				if r.Err == nil {
					what = says(r.Answer)
				}
				if given[what]++; given[what] >= voices {
					return r.Answer, r.Err
				}
				more = voices - given[what] - a.hopeful()
			}
			a.Next(more)
			tick.Reset(wait)
		case <-tick.C:
			a.NoteWaiting()
			a.Next(1)
		}
	}
	if len(given) > 0 {
		return answer, stele.E(op, stele.KindUnreachable, "too few members say the same", last).
			WithHint("it may have happened: look before you try again")
	}
	return answer, stele.E(op, stele.KindUnreachable, "no member answered", last).
		WithHint("check that the network is running: stele ledger status")
}

// Transient reports whether another member may do better.
func Transient(err error) bool {
	k := stele.KindOf(err)
	return k == stele.KindUnreachable || k == stele.KindBusy || k == stele.KindOther || k == stele.KindUnknown || errors.Is(err, context.DeadlineExceeded)
}
