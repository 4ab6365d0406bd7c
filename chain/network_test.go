package chain

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/loopback"
	"github.com/stele-health/stele/wire"
)

// network is validators in one process, over real sockets.
type network struct {
	t       testing.TB
	chain   string
	genesis []byte
	members []*member
}

type member struct {
	net     *network
	folder  string
	config  Config
	app     *tally
	node    *Node
	signer  wire.Ed25519
	subject stele.Subject
}

func seedOf(s string, i int) (seed Seed) {
	copy(seed[:], fmt.Sprintf("%s of member %d", s, i))
	return seed
}

func freePort(t testing.TB) string {
	t.Helper()
	ports, err := loopback.Ports(1, 0)
	if err != nil {
		t.Fatal(err)
	}
	return loopback.Address(ports[0])
}

// newNetwork prepares n members; nothing runs yet.
func newNetwork(t testing.TB, n int) *network {
	t.Helper()
	net := &network{t: t, chain: "test-" + stele.NewID().Short()}
	g := &wire.Genesis{Chain: net.chain, TimeMs: time.Now().UnixMilli()}
	var validators []Validator
	var peers []string
	for i := range n {
		m := &member{net: net, folder: filepath.Join(t.TempDir(), fmt.Sprint(i)), signer: wire.NewEd25519()}
		document := wire.Marshal(&wire.KeyDocument{Salt: fmt.Appendf(nil, "member %d of the test", i)})
		m.subject = stele.SubjectOf(document)
		m.config = Config{
			Folder: m.folder, Validator: seedOf("validator", i), Identity: seedOf("identity", i),
			Listen: freePort(t), Member: m.subject, Signer: m.signer,
		}
		g.Members = append(g.Members, &wire.Member{KeyDocument: document, Node: m.signer.Public()})
		validators = append(validators, Validator{Name: fmt.Sprint(i), Key: ValidatorKey(m.config.Validator), Power: 10})
		peers = append(peers, Peer(m.config.Identity, m.config.Listen))
		net.members = append(net.members, m)
	}
	var err error
	if net.genesis, err = Genesis(net.chain, time.Now(), validators, wire.Marshal(g)); err != nil {
		t.Fatal(err)
	}
	for i, m := range net.members {
		m.config.Genesis = net.genesis
		m.config.Peers = append(append([]string(nil), peers[:i]...), peers[i+1:]...)
	}
	t.Cleanup(func() {
		for _, m := range net.members {
			m.stop()
		}
	})
	return net
}

func (n *network) start() {
	n.t.Helper()
	for _, m := range n.members {
		m.start()
	}
	for _, m := range n.members {
		m.wait(1)
	}
}

func (m *member) start() {
	m.net.t.Helper()
	if err := m.tryStart(); err != nil {
		m.net.t.Fatal(err)
	}
}

func (m *member) tryStart() (err error) {
	m.net.t.Helper()
	if err := os.MkdirAll(m.folder, 0o700); err != nil {
		return err
	}
	v := NewVerifier(10_000)
	lose := (func() bool)(nil)
	if m.app != nil {
		lose = m.app.lose
	}
	m.app = openTally(m.net.t, m.folder, v.Check)
	m.app.lose = lose
	m.config.App, m.config.Verifier = m.app, v
	m.logs()
	m.node, err = Start(m.net.t.Context(), m.config)
	return err
}

func (m *member) logs() {
	if testing.Verbose() && os.Getenv("STELE_LOG") != "" {
		m.config.Log = slog.New(slog.NewTextHandler(os.Stderr, nil)).With("member", filepath.Base(m.folder))
	}
}

func (m *member) stop() {
	m.net.t.Helper()
	if m.node != nil {
		if err := m.node.Stop(); err != nil {
			m.net.t.Error(err)
		}
		m.node = nil
	}
}

func (m *member) wait(height int64) stele.Block {
	m.net.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	b, err := m.node.Wait(ctx, height)
	if err != nil {
		m.net.t.Fatal(err)
	}
	return b
}

func (m *member) submit(tx []byte) (stele.Outcome, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	return m.node.Submit(ctx, tx)
}

func (m *member) must(tx []byte) stele.Outcome {
	m.net.t.Helper()
	o, err := m.submit(tx)
	if err != nil {
		m.net.t.Fatal(err)
	}
	return o
}

var client = wire.Ed25519FromSeed([32]byte{7})

// body is a transaction that tells the tally what to do.
func (n *network) body(what string) *wire.Transaction {
	tx := &wire.Transaction{
		Chain: n.chain, Nonce: make([]byte, 16), ExpiresMs: time.Now().Add(5 * time.Minute).UnixMilli(),
		Message: &wire.Transaction_RevokeGrant{RevokeGrant: &wire.RevokeGrant{Grant: []byte(what)}},
	}
	rand.Read(tx.Nonce)
	return tx
}

func (n *network) tx(what string) []byte {
	return wire.Marshal(wire.Sign(wire.TagTransaction, n.body(what), client))
}
