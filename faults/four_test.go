package faults

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/processes"
)

// agree waits until all running members are where the foremost is now, compares
// the app hashes of their newest common blocks, and returns how long it took.
func agree(t testing.TB, n *processes.Network, limit time.Duration) time.Duration {
	t.Helper()
	began, ctx := time.Now(), t.Context()
	foremost := int64(0)
	for _, m := range n.Members {
		if s, err := m.Status(ctx); err == nil {
			foremost = max(foremost, s.Height)
		}
	}
	for _, m := range n.Members {
		for m.Running() {
			s, err := m.Status(ctx)
			if err == nil && s.Height >= foremost {
				break
			}
			if time.Since(began) > limit {
				t.Fatalf("%s is not at block %d after %v: %v, %v", m.Short, foremost, limit, s, err)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	took := time.Since(began)
	hashes := map[int64]string{}
	for _, m := range n.Members {
		if !m.Running() {
			continue
		}
		c, err := m.Dial()
		must(t, err)
		r, err := c.Ledger.Blocks(ctx, &api.BlocksRequest{Before: foremost + 1, Limit: 50})
		c.Close()
		must(t, err)
		for _, b := range r.Blocks {
			told := fmt.Sprintf("%x %x", b.Hash, b.AppHash)
			if before := hashes[b.Height]; before != "" && before != told {
				t.Errorf("%s has another block %d", m.Short, b.Height)
			}
			hashes[b.Height] = told
		}
	}
	if len(hashes) == 0 {
		t.Error("no blocks were compared")
	}
	return took
}

// progress waits for the next acknowledgement of the load.
func (l *load) progress(limit time.Duration) time.Duration {
	l.t.Helper()
	began, before := time.Now(), l.acknowledged()
	for l.acknowledged() == before {
		if time.Since(began) > limit {
			l.t.Fatalf("nothing was acknowledged for %v", limit)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(began)
}

func (l *load) acknowledged() int {
	return len(l.imported.list()) + len(l.granted.list()) + len(l.accessed.list()) + len(l.revoked.list())
}

func ms(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

// TestLaw8OneOfFourKilledPausedEmptied breaks one of four processes in every way
// while people work: the others go on, it comes back and has what they have.
func TestLaw8OneOfFourKilledPausedEmptied(t *testing.T) {
	rounds, each, pause := 1, 1, 4*time.Second
	if long {
		rounds, each, pause = 4, 4, time.Minute
	}
	n := found(t, processes.Config{})
	l := newLoad(t, n)
	ctx, stop := context.WithCancel(t.Context())
	wait := l.run(ctx)
	for round := range rounds {
		for _, m := range n.Members[:each] {
			must(t, m.Kill())
			stood := l.progress(15 * time.Second)
			time.Sleep(time.Second)
			down := time.Now()
			must(t, m.Start())
			must(t, m.Ready(t.Context()))
			ready := time.Since(down)
			t.Logf("round %d, %s killed: the next acknowledgement after %v, ready again after %v, at the others' block %v later",
				round+1, m.Short, ms(stood), ms(ready), ms(agree(t, n, 30*time.Second)))
		}
	}

	paused := n.Members[2]
	must(t, paused.Signal(syscall.SIGSTOP))
	before := l.acknowledged()
	time.Sleep(pause)
	during := l.acknowledged() - before
	must(t, paused.Signal(syscall.SIGCONT))
	t.Logf("%s paused for %v: %d acknowledged meanwhile; at the others' block again after %v", paused.Short, pause, during, ms(agree(t, n, time.Minute)))
	if during == 0 {
		t.Error("nothing was acknowledged while one of four was paused")
	}

	emptied := n.Members[3]
	must(t, emptied.Kill())
	for _, folder := range []string{"chain", "ledger"} {
		must(t, os.RemoveAll(filepath.Join(emptied.Folder, folder)))
	}
	began := time.Now()
	must(t, emptied.Start())
	must(t, emptied.Ready(t.Context()))
	t.Logf("%s without chain and ledger: ready after %v, at the others' block %v later", emptied.Short, ms(time.Since(began)), ms(agree(t, n, time.Minute)))
	l.progress(15 * time.Second)
	stop()
	wait()
	l.check(t.Context(), true)
	agree(t, n, 30*time.Second)
	tried = append(tried, fmt.Sprintf("one of four killed %d times, paused for %v, emptied", rounds*each, pause))
	t.Logf("lost 0, doubled 0: %s; the slowest answer took %v", l.said(), ms(time.Duration(l.slow.Load())))
}

// TestLaw8TwoOfFourDownStandStillAndRecover kills two of four: nothing is
// acknowledged, and when they are back it goes on by itself.
func TestLaw8TwoOfFourDownStandStillAndRecover(t *testing.T) {
	onlyLong(t)
	n := found(t, processes.Config{})
	l := newLoad(t, n)
	const rounds = 3
	for round := range rounds {
		ctx, stop := context.WithCancel(t.Context())
		wait := l.run(ctx)
		time.Sleep(2 * time.Second)
		a, b := n.Members[(round+1)%4], n.Members[(round+3)%4]
		must(t, a.Kill())
		must(t, b.Kill())
		time.Sleep(time.Second) // what was on its way has its answer
		before := l.acknowledged()
		time.Sleep(6 * time.Second)
		if after := l.acknowledged(); after != before {
			t.Errorf("%d were acknowledged by two of four", after-before)
		}
		began := time.Now()
		must(t, a.Start())
		must(t, b.Start())
		l.progress(60 * time.Second)
		t.Logf("%s and %s down: nothing acknowledged; %v after their start it went on", a.Short, b.Short, ms(time.Since(began)))
		must(t, a.Ready(t.Context()))
		must(t, b.Ready(t.Context()))
		stop()
		wait()
		agree(t, n, 30*time.Second)
		l.check(t.Context(), round == rounds-1)
	}
	tried = append(tried, fmt.Sprintf("two of four killed %d times", rounds))
	t.Logf("lost 0, doubled 0: %s", l.said())
}

// yard is a bridge with a namespace for each of four members, made by the test.
type yard struct {
	t    testing.TB
	name string
}

func newYard(t testing.TB, members int) *yard {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("network namespaces need iproute2")
	}
	y := &yard{t: t, name: fmt.Sprintf("st%05d", os.Getpid()%100_000)}
	if out, err := exec.Command("ip", "link", "add", y.name, "type", "bridge").CombinedOutput(); err != nil {
		t.Skipf("no bridge can be made here: %s", out)
	}
	t.Cleanup(func() {
		for i := range members {
			_ = exec.Command("ip", "netns", "del", y.space(i)).Run()
		}
		_ = exec.Command("ip", "link", "del", y.name).Run()
		_ = exec.Command("ip", "link", "del", y.name+"x").Run()
	})
	y.ip("addr add 10.213.77.1/24 dev", y.name)
	y.ip("link set up dev", y.name)
	y.ip("link add", y.name+"x", "type bridge")
	y.ip("link set up dev", y.name+"x")
	for i := range members {
		y.ip("netns add", y.space(i))
		y.ip("link add", y.port(i), "type veth peer name eth0 netns", y.space(i))
		y.ip("link set up master", y.name, "dev", y.port(i))
		y.ip("-n", y.space(i), "addr add", y.host(i)+"/24 dev eth0")
		y.ip("-n", y.space(i), "link set up dev eth0")
		y.ip("-n", y.space(i), "link set up dev lo")
	}
	return y
}

func (y *yard) space(i int) string { return fmt.Sprintf("%s-%d", y.name, i) }
func (y *yard) port(i int) string  { return fmt.Sprintf("%sv%d", y.name, i) }
func (y *yard) host(i int) string  { return fmt.Sprintf("10.213.77.%d", 10+i) }

func (y *yard) ip(words ...string) {
	y.t.Helper()
	if out, err := exec.Command("ip", strings.Fields(strings.Join(words, " "))...).CombinedOutput(); err != nil {
		y.t.Fatalf("ip %s: %s", strings.Join(words, " "), out)
	}
}

// cut moves members behind another bridge, where they have each other only;
// heal moves them back.
func (y *yard) cut(members ...int) {
	for _, i := range members {
		y.ip("link set master", y.name+"x", "dev", y.port(i))
	}
}

func (y *yard) heal(members ...int) {
	for _, i := range members {
		y.ip("link set master", y.name, "dev", y.port(i))
	}
}

// TestLaw8PartitionHeals cuts a network of four in two by network namespaces,
// three against one and two against two, and heals it.
func TestLaw8PartitionHeals(t *testing.T) {
	onlyLong(t)
	y := newYard(t, 4)
	n := found(t, processes.Config{TLS: true, Place: func(i int) processes.Place { return processes.Place{Namespace: y.space(i), Host: y.host(i)} }})
	l := newLoad(t, n)
	const length = 35 * time.Second // beyond the 30 s after which a trustee without blocks refuses everything
	ctx, stop := context.WithCancel(t.Context())
	wait := l.run(ctx)
	l.progress(10 * time.Second)

	y.cut(3)
	before := l.acknowledged()
	time.Sleep(length)
	during := l.acknowledged() - before
	y.heal(3)
	caught := agree(t, n, time.Minute)
	t.Logf("three against one for %v: %d acknowledged by the three; the one was at their block %v after the healing", length, during, ms(caught))
	if during == 0 {
		t.Error("three of four did not go on")
	}

	y.cut(2, 3)
	time.Sleep(2 * time.Second)
	before = l.acknowledged()
	time.Sleep(length)
	if during := l.acknowledged() - before; during != 0 {
		t.Errorf("%d acknowledged by two of four", during)
	}
	y.heal(2, 3)
	began := time.Now()
	l.progress(90 * time.Second)
	t.Logf("two against two for %v: nothing acknowledged; it went on %v after the healing", length, ms(time.Since(began)))
	agree(t, n, time.Minute)
	l.progress(30 * time.Second)
	stop()
	wait()
	agree(t, n, time.Minute)
	l.check(t.Context(), true)
	tried = append(tried, fmt.Sprintf("cut 3|1 and 2|2 for %v each", length))
	t.Logf("lost 0, doubled 0: %s", l.said())
}
