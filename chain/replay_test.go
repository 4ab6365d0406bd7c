package chain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// halted waits until a member's consensus has failed and says why.
func (m *member) halted() string {
	m.net.t.Helper()
	select {
	case <-m.node.Halted():
	case <-time.After(10 * time.Second):
		m.net.t.Fatal("consensus did not fail")
	}
	return m.node.Failed()
}

// The process dies after the application's commit and before the engine's own
// note of it: the block is not executed a second time, and nothing is lost.
func TestLaw8CrashAfterCommit(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	m := net.members[0]
	net.start()
	m.must(net.tx("ok"))
	tx := net.tx("ok")
	m.app.lose = func() bool { return len(m.app.state.Order) == 2 }
	if _, err := m.submit(tx); stele.KindOf(err) != stele.KindUnreachable {
		t.Errorf("answered %v by a node that died", err)
	}
	if reason := m.halted(); !strings.Contains(reason, "dies here") {
		t.Errorf("halted: %s", reason)
	}
	if _, err := m.submit(net.tx("ok")); stele.KindOf(err) != stele.KindUnreachable {
		t.Errorf("a halted node took a transaction: %v", err)
	}
	m.stop()
	m.app.lose = nil
	m.start()
	if o := m.must(tx); o.Seq != 1 {
		t.Errorf("the last transaction counts as %d", o.Seq)
	}
	if o := m.must(net.tx("ok")); o.Seq != 2 {
		t.Errorf("the next transaction counts as %d", o.Seq)
	}
}

// A block that can't be executed halts the node, loudly; the same happens at
// the restart, which fails with an error rather than a panic.
func TestBlockThatCannotBeExecutedHaltsTheNode(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	m := net.members[0]
	net.start()
	m.must(net.tx("ok"))
	before := m.node.Newest()
	go m.submit(net.tx("boom"))
	if reason := m.halted(); !strings.Contains(reason, "could not be executed") {
		t.Errorf("halted: %s", reason)
	}
	if _, err := m.node.Light(before.Height); err != nil {
		t.Errorf("a halted node does not answer readers: %v", err)
	}
	m.stop()
	if err := m.tryStart(); err == nil {
		t.Error("started over a block that can't be executed")
		m.stop()
	}
	if err := m.tryStart(); err == nil || strings.Contains(err.Error(), "lock") {
		t.Errorf("a failed start kept the folder: %v", err)
	}
}

// An application that lost its newest blocks, or everything, is brought forward
// from the engine's blocks to the same hash.
func TestReplayFromAnOlderState(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	m := net.members[0]
	net.start()
	file := filepath.Join(m.folder, "tally")
	m.must(net.tx("ok"))
	m.stop()
	older, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m.start()
	for range 5 {
		m.must(net.tx("ok"))
	}
	m.stop()
	want := m.app.now()
	for name, lose := range map[string]func() error{
		"older":   func() error { return os.WriteFile(file, older, 0o600) },
		"nothing": func() error { return os.Remove(file) },
	} {
		if err := lose(); err != nil {
			t.Fatal(err)
		}
		m.start()
		got := m.app.now()
		if got.Height < want.Height || len(got.Order) != len(want.Order) || got.Hash != want.Hash {
			t.Errorf("%s: at height %d hash %s, want %d %s", name, got.Height, got.Hash, want.Height, want.Hash)
		}
		m.stop()
		want = m.app.now()
	}
}

// An application with another history is refused at the start.
func TestReplayRefusesAnotherHash(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	m := net.members[0]
	net.start()
	m.must(net.tx("ok"))
	m.must(net.tx("ok"))
	m.stop()
	m.app.state.Hash[0] ^= 1
	if err := m.app.save(); err != nil {
		t.Fatal(err)
	}
	if err := m.tryStart(); err == nil || !strings.Contains(stele.HintOf(err), "stele member restore") {
		t.Fatalf("started with another app hash: %v, hint %q", err, stele.HintOf(err))
	}
}

// The folder of one network can't be used for another.
func TestFolderBelongsToOneNetwork(t *testing.T) {
	t.Parallel()
	net, other := newNetwork(t, 1), newNetwork(t, 1)
	m := net.members[0]
	net.start()
	m.stop()
	m.config.Genesis = other.genesis
	if err := m.tryStart(); stele.KindOf(err) != stele.KindInvalid {
		t.Fatalf("started: %v", err)
	}
}

// A member that lost its folder joins again from nothing, fetches all blocks,
// and votes again; see signer.
func TestWipedMemberJoinsAgain(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 4)
	net.start()
	for range 5 {
		net.members[0].must(net.tx("ok"))
	}
	wiped := net.members[3]
	wiped.stop()
	if err := os.RemoveAll(wiped.folder); err != nil {
		t.Fatal(err)
	}
	wiped.start()
	wiped.wait(net.members[0].node.Newest().Height)
	for end := time.Now().Add(silence + 30*time.Second); ; {
		height := net.members[0].must(net.tx("ok")).Height
		if commit := signed(t, net.members[0].node, height); commit == 4 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the wiped member does not vote")
		}
	}
	net.agree(net.members[0].node.Newest().Height)
}
