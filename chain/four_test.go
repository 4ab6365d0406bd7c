package chain

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// Four validators agree; the time from Submit to the verdict is printed.
func TestFourValidatorsLatency(t *testing.T) {
	net := newNetwork(t, 4)
	net.start()
	for _, m := range net.members {
		m.must(net.tx("ok"))
	}
	const n = 60
	var mu sync.Mutex
	var took []time.Duration
	var wait sync.WaitGroup
	for i := range n {
		time.Sleep(rand.N(100 * time.Millisecond)) // irregular, so as not to fall into step with the blocks
		tx := net.tx("ok")
		wait.Go(func() {
			start := time.Now()
			if _, err := net.members[i%4].submit(tx); err != nil {
				t.Error(err)
			}
			mu.Lock()
			took = append(took, time.Since(start))
			mu.Unlock()
		})
	}
	wait.Wait()
	slices.Sort(took)
	median, worst := took[n/2], took[n*99/100]
	t.Logf("20/s over four members: median %s, 99th %s", median.Round(time.Millisecond), worst.Round(time.Millisecond))
	if median > 500*time.Millisecond {
		t.Errorf("median latency %s", median)
	}
	net.agree(net.members[0].node.Newest().Height)
}

// agree waits until all running members are at a height and compares state.
func (n *network) agree(height int64) {
	n.t.Helper()
	var first *tallyState
	for _, m := range n.members {
		if m.node == nil {
			continue
		}
		m.wait(height)
	}
	time.Sleep(100 * time.Millisecond)
	for i, m := range n.members {
		if m.node == nil {
			continue
		}
		s := m.app.now()
		if first == nil {
			first = &s
			continue
		}
		k := min(len(s.Order), len(first.Order))
		if !slices.Equal(s.Order[:k], first.Order[:k]) {
			n.t.Errorf("member %d saw another order", i)
		}
		if s.Height == first.Height && s.Hash != first.Hash {
			n.t.Errorf("member %d has another hash at height %d", i, s.Height)
		}
	}
}

// One member of four may be away: the others go on, and it catches up.
func TestLaw8OneOfFourStopsAndCatchesUp(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 4)
	net.start()
	net.members[0].must(net.tx("ok"))
	net.members[3].stop()
	for range 8 {
		net.members[1].must(net.tx("ok"))
	}
	height := net.members[1].node.Newest().Height
	net.members[3].start()
	net.members[3].wait(height)
	if o := net.members[3].must(net.tx("ok")); o.Height <= height {
		t.Errorf("came back into block %d", o.Height)
	}
	net.agree(height)
}

// Two of four away: nothing is decided, nobody is told otherwise; when one
// comes back, what waited is decided.
func TestTwoOfFourStopTheNetwork(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 4)
	net.start()
	net.members[0].must(net.tx("ok"))
	net.members[2].stop()
	net.members[3].stop()
	tx := net.tx("ok")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_, err := net.members[0].node.Submit(ctx, tx)
	if stele.KindOf(err) != stele.KindUnreachable || stele.HintOf(err) == "" {
		t.Fatalf("without a quorum: %v", err)
	}
	net.members[2].start()
	o := net.members[0].must(tx)
	if again := net.members[2].must(tx); again.Height != o.Height || again.Seq != o.Seq {
		t.Errorf("through another member %+v, first %+v", again, o)
	}
	net.members[3].start()
	net.members[3].wait(o.Height)
	net.agree(o.Height)
}
