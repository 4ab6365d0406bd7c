package member

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/breakglass"
	"github.com/stele-health/stele/chain"
	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/directory"
	"github.com/stele-health/stele/notify"
	"github.com/stele-health/stele/probe"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/store"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/trustee"
	"github.com/stele-health/stele/vault"
	"github.com/stele-health/stele/wire"
)

// Config is what a member needs to run.
type Config struct {
	Folder   string // holds member.json; everything the member keeps goes here
	Identity Identity
	Network  *wire.Network // genesis and addresses of all members
	Peers    []string      // the other nodes, "id@host:port"; see Peers
	Profile  chain.Profile // how consensus is timed; the same at all members
	TLS      *tls.Config   // of the services; nil: plain http, which no other machine may reach
	Admin    string        // host:port of probes and metrics, on loopback; empty: none
	Keep     int64         // blocks below the newest that are kept, see chain.DefaultKeep; 0: all
	Notices  Notices       // how people are told outside; zero: not at all
	Log      *slog.Logger

	// Openings in an emergency in a day, by one practitioner and by all, beyond which the
	// desk warns; 0: never.
	AlarmUser, AlarmFacility int
}

// Notices says how a member tells people, outside the network, that something happened.
type Notices struct {
	Webhooks bool
	Relay    notify.Relay
}

// Peers returns where a network file says that the other members' nodes are. It
// fails with KindInvalid when it does not say so for each.
func Peers(network *wire.Network, own stele.Subject) (peers []string, err error) {
	mine := false
	for _, a := range network.Members {
		switch {
		case string(a.Subject) == string(own[:]):
			mine = true
		case a.Peer == "":
			return nil, stele.E("read network", stele.KindInvalid, "the network file does not say where the node of "+a.Name+" is", nil)
		default:
			peers = append(peers, a.Peer)
		}
	}
	if !mine {
		return nil, stele.E("read network", stele.KindInvalid, "this member is not of the network in its network file", nil).
			WithHint("was the network founded with this member's card?")
	}
	return peers, nil
}

// TokenFile is where, in a member's folder, its operator finds the token of the
// operator's service.
const TokenFile = "admin.token"

// Member is a running member.
type Member struct {
	config Config
	store  *store.Store
	ledger *state.Ledger
	chain  *chain.Node
	node   *api.Node
	vault  *vault.Vault
	dir    *directory.Directory
	desk   *breakglass.Desk
	tells  *notify.Desk
	others *others

	mu      sync.RWMutex     // read-held while the trustee works
	trustee *trustee.Trustee // nil while stopped

	calls  calls
	status lastStatus

	served chan error     // what the listener ended with
	failed chan error     // why the member cannot go on
	stops  []func() error // in the order of starting
}

// Start runs a member until Stop. What had been started when something fails is
// stopped again.
func Start(ctx context.Context, config Config) (_ *Member, err error) {
	m := &Member{config: config}
	defer func() {
		if err != nil {
			_ = m.Stop()
		}
	}()
	id, log := config.Identity, config.Log.With("member", config.Identity.Name)
	listener, err := net.Listen("tcp", id.Listen)
	if err != nil {
		return nil, probe.CannotListen("start member", "services", id.Listen, err)
	}
	m.stops = append(m.stops, func() error { listener.Close(); return nil })
	if at, ok := listener.Addr().(*net.TCPAddr); config.TLS == nil && (!ok || !at.IP.IsLoopback()) {
		return nil, stele.E("start member", stele.KindInvalid, "without TLS the services may listen on loopback only, not on "+id.Listen, nil).
			WithHint("set services.tls to \"own\" or \"files\"")
	}

	var admin net.Listener
	if config.Admin != "" { // before the chain starts: the others would see a node come and go
		if admin, err = probe.Listen(config.Admin); err != nil {
			return nil, err
		}
		m.stops = append(m.stops, func() error { admin.Close(); return nil })
	}

	if err = prepare(ctx, config, log); err != nil {
		return nil, err
	}
	if m.store, err = store.Open(m.folder("ledger"), vfs.Default, log); err != nil {
		return nil, err
	}
	m.stops = append(m.stops, m.store.Close)
	verifier := chain.NewVerifier(1 << 18)
	if m.ledger, err = contract.Open(m.store, verifier.Check); err != nil {
		return nil, err
	}
	m.stops = append(m.stops, func() error { m.ledger.Close(); return nil })
	founded, err := foundedWith(m.ledger)
	if err == nil {
		_, err = ownGenesis(config.Network.Genesis, founded)
	}
	if err != nil {
		return nil, err
	}
	m.others = newOthers(config.Network, id.Subject, m.ledger.ConsortiumRow)
	m.stops = append(m.stops, m.others.close)
	if m.chain, err = chain.Start(ctx, chain.Config{
		Folder: m.folder("chain"), Mark: m.folder(markFile), Genesis: config.Network.Genesis, Validator: id.Validator(), Identity: id.Network(),
		Listen: id.Peer, Peers: m.others.nodes(config.Peers), Keep: config.Keep, Member: id.Subject, Signer: id.Node(), App: m.ledger, Verifier: verifier, Log: log,
		Profile: config.Profile,
	}); err != nil {
		return nil, err
	}
	m.stops = append(m.stops, m.chain.Stop)
	m.node = m.newNode()
	if err = m.startNotices(log); err != nil {
		return nil, err
	}
	if m.dir, err = directory.Open(directory.Config{
		Folder: m.folder("directory"), Ledger: m.ledger, Chain: m.chain.Chain(), Member: id.Subject, Names: m.others.called, Asked: m.tells.Asked, Log: log,
		Others: directory.Others{Peers: m.others.directories, Signer: id.Node(), Opens: m.box().Opens},
	}); err != nil {
		return nil, err
	}
	m.stops = append(m.stops, m.dir.Close)
	if m.vault, err = m.openVault(ctx, log); err != nil {
		return nil, err
	}
	m.stops = append(m.stops, m.vault.Close)
	if m.desk, err = breakglass.Open(breakglass.Config{
		Folder: m.folder("emergencies"), Ledger: m.ledger, Chain: m.chain.Chain(), Member: id.Subject, Signer: id.Node(),
		AlarmUser: config.AlarmUser, AlarmFacility: config.AlarmFacility, Log: log,
	}); err != nil {
		return nil, err
	}
	m.stops = append(m.stops, m.desk.Close)
	if err = m.StartTrustee(); err != nil {
		return nil, err
	}
	m.stops = append(m.stops, m.StopTrustee)
	if err = m.serve(listener, log); err != nil {
		return nil, err
	}
	if admin != nil {
		m.serveProbes(admin)
	}
	return m, nil
}

// openVault opens the vault with the other members' vaults as its peers.
func (m *Member) openVault(ctx context.Context, log *slog.Logger) (*vault.Vault, error) {
	return vault.Open(ctx, vault.Config{
		Folder: m.folder("vault"), Ledger: m.ledger, Member: m.config.Identity.Subject, Chain: m.chain.Chain(),
		Peers: m.others.peers, Copies: Copies,
		Clock: time.Now, Log: log, Signer: m.config.Identity.Node(), Slots: m.slots(),
		Fits: func(capsule, committee, label []byte) bool { return threshold.Check(capsule, committee, label) == nil },
	})
}

// slots opens what patients say of emergencies, for vault and trustee: it lies with the
// directory, sealed to the member.
func (m *Member) slots() *directory.Opened {
	box := m.box()
	box.Envelope, box.Beside = m.dir.Slot, m.dir.Beside
	return &directory.Opened{Box: box}
}

func (m *Member) box() slot.Box {
	id := m.config.Identity
	return slot.Box{Key: id.SealKey(), Member: id.Subject}
}

// Copies is how many other members' vaults must hold a submission before it is
// acknowledged: as many as there may be faulty members, and one at least where
// there is another member at all.
func Copies(members int) int {
	if members <= 1 {
		return 0
	}
	return max(1, stele.Faulty(members))
}

// peer is another member's vault.
type peer struct {
	api.Vault
	subject stele.Subject
}

func (p peer) Subject() stele.Subject { return p.subject }

// serve opens the door, last.
func (m *Member) serve(listener net.Listener, log *slog.Logger) error {
	token, err := m.token()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	m.served = make(chan error, 1)
	handler := api.Handler(api.Rooms{
		Ledger: m.node, Directory: api.DirectoryOf(m.dir, func() *wire.Network { return m.config.Network }), Vault: m.vault, Trustee: gate{m}, Emergency: m.desk, Admin: operator{m.vault},
		Notices: m.tells, AdminToken: token, Log: log, Observe: m.calls.observe,
	})
	m.failed = make(chan error, 4) // one for each that may fail
	go m.watch(ctx)
	go func() {
		err := m.listen(ctx, listener, handler)
		if err != nil {
			m.failed <- stele.E("serve", stele.KindOther, "the member's listener has failed", err)
		}
		m.served <- err
	}()
	go func() {
		select {
		case <-m.chain.Halted():
			m.failed <- stele.E("run", stele.KindOther, "consensus has failed on this node: "+m.chain.Failed(), nil).
				WithHint("see that its disk has room, and restart the member; if it fails again its state is damaged")
		case <-ctx.Done():
		}
	}()
	m.stops = append(m.stops, func() error {
		cancel()
		return <-m.served
	})
	return nil
}

func (m *Member) listen(ctx context.Context, l net.Listener, h http.Handler) error {
	if m.config.TLS == nil {
		return api.Serve(ctx, l, h)
	}
	return api.ServeTLS(ctx, l, h, m.config.TLS)
}

// Failed tells when the member cannot go on and should be stopped: its listener
// or its consensus has failed.
func (m *Member) Failed() <-chan error { return m.failed }

// token reads or makes the operator's token.
func (m *Member) token() (string, error) {
	path := m.folder(TokenFile)
	raw, err := os.ReadFile(path)
	if err == nil && len(raw) > 0 {
		return string(raw), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", stele.E("start member", stele.KindOther, "the operator's token cannot be read", err)
	}
	secret := make([]byte, 32)
	rand.Read(secret)
	token := hex.EncodeToString(secret)
	if err := os.WriteFile(path, []byte(token), 0o600); err != nil {
		return "", stele.E("start member", stele.KindOther, "", err)
	}
	return token, nil
}

// Stop ends the member's parts in reverse order and gives back its ports and
// files. Stopping twice does nothing.
func (m *Member) Stop() error {
	var errs []error
	for i := len(m.stops) - 1; i >= 0; i-- {
		errs = append(errs, m.stops[i]())
	}
	m.stops = nil
	return errors.Join(errs...)
}

// StopTrustee stops the trustee alone; the rest of the member goes on.
func (m *Member) StopTrustee() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.trustee == nil {
		return nil
	}
	t := m.trustee
	m.trustee = nil
	return t.Close()
}

// StartTrustee starts the trustee if it is not running.
func (m *Member) StartTrustee() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.trustee != nil {
		return nil
	}
	id := m.config.Identity
	shares, err := id.shares()
	if err != nil {
		return err
	}
	m.trustee, err = trustee.Open(trustee.Config{
		Folder: m.folder("trustee"), Ledger: m.ledger, Submitter: m.chain, Chain: m.chain.Chain(), Member: id.Subject,
		Share: shares.Of, Signer: id.Trustee(), Log: m.config.Log.With("member", id.Name), Posting: m.node.Posting, Slots: m.slots(), SealKey: id.SealKey(),
	})
	return err
}

// Trustee reports whether the trustee runs.
func (m *Member) Trustee() bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.trustee != nil
}

// Ledger returns the member's own view of the ledger.
func (m *Member) Ledger() *state.Ledger { return m.ledger }

func (m *Member) folder(part string) string { return filepath.Join(m.config.Folder, part) }

// gate is the trustee's door, which answers while the trustee is stopped as a
// machine that is down does. The trustee is not closed under a request.
type gate struct{ m *Member }

func stopped() error {
	return stele.E("ask trustee", stele.KindUnreachable, "the trustee is stopped", nil)
}

func (g gate) Release(ctx context.Context, in *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	g.m.mu.RLock()
	defer g.m.mu.RUnlock()
	if g.m.trustee == nil {
		return nil, stopped()
	}
	return g.m.trustee.Release(ctx, in)
}

func (g gate) Details(ctx context.Context, in *wire.DetailsRequest) (*wire.DetailsResponse, error) {
	g.m.mu.RLock()
	defer g.m.mu.RUnlock()
	if g.m.trustee == nil {
		return nil, stopped()
	}
	return g.m.trustee.Details(ctx, in)
}

func (g gate) View(ctx context.Context, in *wire.ViewRequest) (*wire.ViewResponse, error) {
	g.m.mu.RLock()
	defer g.m.mu.RUnlock()
	if g.m.trustee == nil {
		return nil, stopped()
	}
	return g.m.trustee.View(ctx, in)
}

// operator is the service of the member's own operator.
type operator struct{ vault *vault.Vault }

func (o operator) VaultStatus(ctx context.Context, _ *api.VaultStatusRequest) (*wire.VaultStatus, error) {
	return o.vault.Status(ctx)
}

func (o operator) Fsck(ctx context.Context, in *api.FsckRequest, each func(*wire.FsckProgress) error) error {
	return o.vault.Fsck(ctx, in.Repair, each)
}
