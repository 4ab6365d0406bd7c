package vault

import (
	"context"
	"sync"

	"github.com/stele-health/stele"
)

// A list is made whole before it goes out, and lies here until its caller has taken
// it: a question of two hundred bytes may hold a hundred megabytes. What answers hold
// together is bounded; of it nobody, by address and by who asks, holds more than a
// quarter. What is counted are bytes as they are stored; decoded, and encoded again to go
// out, they take two to three times that.
const maxAnswers = 1 << 30 // bytes

// answers counts the bytes of submissions that answers on their way hold.
type answers struct {
	most int64

	mu  sync.Mutex
	all int64
	of  map[string]int64 // of those who hold any
}

// held is what one answer holds.
type held struct {
	a       *answers
	parties [2]string // the caller's address, where it is one; and who asks
	n       int64
}

// begin starts an answer to who asks.
func (a *answers) begin(ctx context.Context, who []byte) *held {
	h := &held{a: a}
	if c := stele.CallerOf(ctx); c != (stele.Caller{}) {
		h.parties[0] = "c" + string(c[:])
	}
	h.parties[1] = "s" + string(who)
	return h
}

// take adds n bytes to what the answer holds, or fails with KindBusy. An answer that
// is alone has what it needs.
func (h *held) take(n int64) error {
	h.a.mu.Lock()
	defer h.a.mu.Unlock()
	full := func(now, most int64) bool { return now > h.n && now+n > most }
	over := full(h.a.all, h.a.most)
	for _, p := range h.parties {
		over = over || p != "" && full(h.a.of[p], h.a.most/4)
	}
	if over {
		return stele.E("read chart", stele.KindBusy, "the vault is sending as much as it can", nil).
			WithHint("try again in a minute")
	}
	h.add(n)
	return nil
}

// give takes n bytes back.
func (h *held) give(n int64) {
	h.a.mu.Lock()
	defer h.a.mu.Unlock()
	h.add(-n)
}

func (h *held) add(n int64) {
	if h.a.of == nil {
		h.a.of = map[string]int64{}
	}
	h.n, h.a.all = h.n+n, h.a.all+n
	for _, p := range h.parties {
		if p == "" {
			continue
		}
		if h.a.of[p] += n; h.a.of[p] == 0 {
			delete(h.a.of, p)
		}
	}
}

// end takes everything back.
func (h *held) end() {
	h.a.mu.Lock()
	defer h.a.mu.Unlock()
	h.add(-h.n)
}

// sent has everything taken back when the answer has gone out; right away where
// nobody waits for that.
func (h *held) sent(ctx context.Context) {
	if !stele.AfterCall(ctx, h.end) {
		h.end()
	}
}
