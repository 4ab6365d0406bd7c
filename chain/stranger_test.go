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
