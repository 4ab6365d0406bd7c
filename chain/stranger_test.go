package chain

import (
	"path/filepath"
	"testing"
	"time"
)

// TestLaw4StrangersGetNoBlocks: a node that knows the genesis and an address but
// is no member's does not become a peer: it would read every log, and could fill
// blocks with old parcels.
func TestLaw4StrangersGetNoBlocks(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	net.start()
	m := net.members[0]
	stranger := &member{net: net, folder: filepath.Join(t.TempDir(), "stranger"), signer: m.signer, subject: m.subject, config: m.config}
	stranger.config.Folder, stranger.config.Listen = stranger.folder, freePort(t)
	stranger.config.Validator, stranger.config.Identity = seedOf("validator", 9), seedOf("identity", 9)
	stranger.config.Peers = []string{Peer(m.config.Identity, m.config.Listen)}
	stranger.start()
	defer stranger.stop()
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if n, h := m.node.Peers(), stranger.node.Newest().Height; n != 0 || h != 0 {
			t.Fatalf("the member has %d peers, the stranger %d blocks", n, h)
		}
	}
}

// TestLaw4WhoCameIsMetAndWhoLeftNoMore: the engine takes up without a restart who the other
// members' nodes are and where: one that came gets blocks, one that left no more.
func TestLaw4WhoCameIsMetAndWhoLeftNoMore(t *testing.T) {
	t.Parallel()
	net := newNetwork(t, 1)
	net.start()
	m := net.members[0]
	newcomer := &member{net: net, folder: filepath.Join(t.TempDir(), "newcomer"), signer: m.signer, subject: m.subject, config: m.config}
	newcomer.config.Folder, newcomer.config.Listen = newcomer.folder, freePort(t)
	newcomer.config.Validator, newcomer.config.Identity = seedOf("validator", 9), seedOf("identity", 9)
	newcomer.config.Peers = nil // it learns where the member is
	newcomer.start()
	defer newcomer.stop()
	peers := func(want int) bool {
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if m.node.Peers() == want && newcomer.node.Peers() == want {
				return true
			}
		}
		return false
	}
	at := func(c Config) []string { return []string{Peer(c.Identity, c.Listen)} }
	for _, step := range []struct {
		member, newcomer []string
		peers            int
	}{{at(newcomer.config), at(m.config), 1}, {nil, nil, 0}, {at(newcomer.config), at(m.config), 1}} {
		m.node.Meet(step.member)
		newcomer.node.Meet(step.newcomer)
		if !peers(step.peers) {
			t.Fatalf("the member has %d peers, the newcomer %d, and %d were met", m.node.Peers(), newcomer.node.Peers(), step.peers)
		}
	}
}
