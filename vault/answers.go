package vault

import (
	"context"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// A list is made whole before it goes out, and lies here until its caller has taken
// it: a question of two hundred bytes may hold a hundred megabytes. What answers hold
// together is bounded; of it nobody, by address and by who asks, holds more than a
// quarter, or one answer that is larger: never the last quarter. What is counted is
// memory: what was read, what it is decoded, and what it is encoded to go out.
const maxAnswers = 1 << 30 // bytes

// Memory that a message takes beside its bytes.
const (
	element = 128 // of each message in it, and of each item of a list of bytes
	inText  = 32  // of each, encoded: JSON names what it writes
)

// decoded is the memory of a decoded message of n bytes with so many elements: what is
// long is handed out in steps of an eighth.
func decoded(n int64, elements int) int64 { return n + n/8 + int64(elements)*element }

// encoded is the memory of the same encoded, in JSON at worst, which writes bytes in
// base64.
func encoded(n int64, elements int) int64 { return n + n/2 + int64(elements)*inText }

// answers counts the memory that answers on their way hold.
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

// take adds n bytes to what the answer holds, or fails with KindBusy.
func (h *held) take(n int64) error {
	h.a.mu.Lock()
	defer h.a.mu.Unlock()
	over := h.a.all+n > h.a.most || h.n+n > h.a.most/4*3
	for _, p := range h.parties {
		alone := h.a.of[p] == h.n
		over = over || p != "" && !alone && h.a.of[p]+n > h.a.most/4
	}
	if over {
		return stele.E("read chart", stele.KindBusy, "the vault is sending as much as it can", nil).
			WithHint("try again in a minute")
	}
	h.add(n)
	return nil
}

// keep takes what one submission adds to a list: decoded, and encoded to go out.
func (h *held) keep(items []*wire.FolioItem, whose *wire.SubmissionItem) error {
	n, parts := int64(proto.Size(whose)), 8
	for _, i := range items {
		n, parts = n+int64(proto.Size(i)), parts+3+len(i.Path)+len(i.Envelopes)+3*len(i.Records)
	}
	return h.take(decoded(n, parts) + encoded(n, parts))
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
