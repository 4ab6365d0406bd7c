package chain

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// A verdict comes from a final block, a retry gets the first answer, and both
// survive a restart of the node in the same process.
func TestSingleValidatorSubmitsAndRestarts(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	m := net.members[0]
	net.start()
	tx := net.tx("ok")
	first := m.must(tx)
	if first.Height < 1 {
		t.Fatalf("outcome %+v", first)
	}
	if again := m.must(tx); again.Height != first.Height {
		t.Fatalf("retry gave %+v, first was %+v", again, first)
	}
	if _, err := m.submit(net.tx("no")); stele.KindOf(err) != stele.KindDenied {
		t.Fatalf("refused at ingress with %v", err)
	}
	if _, err := m.submit(net.tx("late no")); stele.KindOf(err) != stele.KindDenied {
		t.Fatalf("refused in the block with %v", err)
	}
	before := m.node.Newest()
	m.stop()
	m.start()
	if got := m.node.Newest(); got.Height < before.Height {
		t.Fatalf("newest %+v after restart, %+v before", got, before)
	}
	if again := m.must(tx); again.Height != first.Height {
		t.Fatalf("retry after restart gave %+v", again)
	}
	if o := m.must(net.tx("ok")); o.Seq != 1 {
		t.Fatalf("second counted as %d", o.Seq)
	}
}

// walLeak is what CometBFT v0.40.0 leaves behind at each stop: two sleeping
// goroutines of its write-ahead log's file (libs/autofile), which nothing
// outside it can reach.
const walLeak = 2

// Stop leaves nothing else behind, started and stopped many times.
func TestStopReleasesGoroutines(t *testing.T) {
	net := newNetwork(t, 1)
	m := net.members[0]
	round := func() {
		m.start()
		m.must(net.tx("ok"))
		m.stop()
	}
	round()
	time.Sleep(300 * time.Millisecond)
	before := runtime.NumGoroutine()
	for range 3 {
		round()
		before += walLeak
	}
	var after int
	for range 50 {
		if after = runtime.NumGoroutine(); after <= before {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Fatalf("%d goroutines, %d before\n%s", after, before, stacks[:runtime.Stack(stacks, true)])
}

// A member that other machines reach listens on every address: ":7301".
func TestListensOnEveryAddress(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 2)
	for _, m := range net.members {
		_, port, _ := strings.Cut(m.config.Listen, ":")
		m.config.Listen = ":" + port
	}
	net.start()
	net.members[1].must(net.tx("ok"))
}

// A node whose newest block is old may know no grant that was given since: it refuses
// nothing by itself, but for what is malformed. The block decides.
func TestLaw8ANodeThatIsBehindRefusesNothing(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	net.start()
	m := net.members[0]
	m.must(net.tx("ok"))
	blocks := func(tx []byte, kind stele.Kind) int64 {
		before := m.node.Newest().Height
		if _, err := m.submit(tx); stele.KindOf(err) != kind {
			t.Errorf("%v, want %s", err, kind)
		}
		return m.node.Newest().Height - before
	}
	if n := blocks(net.tx("no"), stele.KindDenied); n != 0 {
		t.Errorf("a node that knows cost %d blocks", n)
	}
	behind := func() {
		m.node.feed.mu.Lock()
		m.node.feed.newest.Time = time.Now().Add(-stele.StaleAfter - time.Second)
		m.node.feed.mu.Unlock()
	}
	behind()
	if n := blocks(net.tx("no"), stele.KindDenied); n == 0 {
		t.Error("a node that is behind refused by itself")
	}
	behind()
	if n := blocks(net.tx("bad"), stele.KindInvalid); n != 0 {
		t.Errorf("what is malformed cost %d blocks", n)
	}
}
