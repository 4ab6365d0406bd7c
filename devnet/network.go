package devnet

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/chain"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/config"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/notify"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Config is what a devnet needs.
type Config struct {
	Home    string       // the state's folder
	Members int          // of a network founded now; 0: four
	Port    int          // where the ports of a network founded now begin; 0: anywhere
	Fresh   bool         // forget the state and start over
	Terms   *wire.Terms  // waiting times of a network founded now; nil: those that hold everywhere
	Relay   notify.Relay // by which members send e-mail; zero: they send none
	Log     *slog.Logger
}

// Network is a running devnet.
type Network struct {
	Home    string
	Network *wire.Network

	relay   notify.Relay
	log     *slog.Logger
	mu      sync.Mutex // one start or stop at a time
	members []*slot
	stop    context.CancelFunc
	served  chan error
	failed  chan error    // a member that cannot go on
	closing chan struct{} // closed by Stop
}

// slot is a member's place, whether it runs or not.
type slot struct {
	identity member.Identity
	address  *wire.MemberAddress
	running  *member.Member
}

// Start founds a network in an empty folder or goes on with the one that is
// there, runs all its members, and returns when blocks are made and the
// organisations' cards can be found.
func Start(ctx context.Context, c Config) (_ *Network, err error) {
	if c.Members == 0 {
		c.Members = 4
	}
	if c.Members < 1 || c.Members > MaxMembers {
		return nil, stele.E("start devnet", stele.KindUsage, "a devnet has 1 to 7 members", nil)
	}
	if c.Fresh {
		if err := clean(c.Home); err != nil {
			return nil, err
		}
	}
	var began time.Time // a network founded now makes its first block at once
	if _, err := os.Stat(filepath.Join(c.Home, netfile.Name)); err != nil {
		if err := foundWhole(c.Home, c.Members, c.Port, c.Terms); err != nil {
			return nil, err
		}
	} else {
		began = time.Now()
		if n, err := netfile.Read(filepath.Join(c.Home, netfile.Name)); err == nil && len(n.Members) == 1 {
			began = began.Add(-pause)
		}
	}
	n := &Network{Home: c.Home, relay: c.Relay, log: c.Log, failed: make(chan error, MaxMembers), closing: make(chan struct{})}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	defer func() {
		if err != nil {
			_ = n.Stop()
		}
	}()
	if err := n.load(); err != nil {
		return nil, err
	}
	if err := n.startAll(ctx); err != nil {
		return nil, err
	}
	if err := n.ready(ctx, began); err != nil {
		return nil, err
	}
	if err := n.publishCards(ctx); err != nil {
		return nil, err
	}
	if err := n.serve(); err != nil {
		return nil, err
	}
	return n, nil
}

// clean removes a devnet's folder, and nothing that is not one.
func clean(home string) error {
	if _, err := os.Stat(home); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	const op = "start devnet afresh"
	if _, err := os.Stat(filepath.Join(home, netfile.Name)); err != nil {
		return stele.E(op, stele.KindUsage, home+" is not a devnet's folder", nil).
			WithHint("nothing was removed; name another folder with --home")
	}
	if _, err := os.Stat(filepath.Join(home, controlFile)); err == nil && answers(home) {
		return stele.E(op, stele.KindUsage, "a devnet is running in "+home, nil).WithHint("end it first")
	}
	entries, err := os.ReadDir(home)
	if err != nil {
		return stele.E(op, stele.KindOther, "", err)
	}
	for _, e := range entries {
		switch e.Name() {
		case netfile.Name, controlFile, "passphrase", "wallets", "members", "charts":
		default:
			return stele.E(op, stele.KindUsage, home+" holds "+e.Name()+", which is no part of a devnet", nil).
				WithHint("nothing was removed; name another folder with --home")
		}
	}
	return os.RemoveAll(home)
}

// answers reports whether the devnet of a folder is running.
func answers(home string) bool {
	url, err := Control(home)
	if err != nil {
		return false
	}
	client, err := api.Dial(url)
	if err != nil {
		return false
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err = client.Devnet.Members(ctx, &api.DevnetMembersRequest{})
	return err == nil
}

// load reads the members' identities.
func (n *Network) load() (err error) {
	if n.Network, err = netfile.Read(filepath.Join(n.Home, netfile.Name)); err != nil {
		return err
	}
	for i, a := range n.Network.Members {
		id, err := member.LoadIdentity(memberFolder(n.Home, roles[i].slug))
		if err != nil {
			return err
		}
		n.members = append(n.members, &slot{identity: id, address: a})
	}
	return nil
}

// startAll starts all members at once: each waits for the others' votes.
func (n *Network) startAll(ctx context.Context) error {
	errs := make([]error, len(n.members))
	var wg sync.WaitGroup
	for i, s := range n.members {
		wg.Go(func() { errs[i] = n.start(ctx, s) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (n *Network) start(ctx context.Context, s *slot) (err error) {
	var peers []string
	for _, other := range n.members {
		if other != s {
			peers = append(peers, other.identity.PeerAddress())
		}
	}
	alarms := config.Default().Emergency
	s.running, err = member.Start(ctx, member.Config{
		Folder: memberFolder(n.Home, s.identity.Name), Identity: s.identity, Network: n.Network, Peers: peers, Keep: chain.DefaultKeep, Log: n.log,
		AlarmUser: alarms.AlarmUser, AlarmFacility: alarms.AlarmFacility,
		Notices: member.Notices{Webhooks: true, Relay: n.relay},
	})
	if err != nil {
		return err
	}
	go func(m *member.Member) {
		select {
		case err := <-m.Failed():
			n.failed <- stele.E("run "+s.address.Name, stele.KindOther, "a member cannot go on", err)
		case <-n.closing:
		}
	}(s.running)
	return nil
}

// Failed tells of a member that cannot go on: its listener or its consensus has
// failed.
func (n *Network) Failed() <-chan error { return n.failed }

// pause is how old the newest block may be for a network of one member, which
// waits for nobody, to go on with it: the next heartbeat comes before trustees
// call it stale (30 s).
const pause = 15 * time.Second

// ready waits on every member for its first block, and for one that is not old.
func (n *Network) ready(ctx context.Context, began time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for _, s := range n.members {
		// A block's time is when the block before was voted on, so the first
		// one after a pause carries an old time, which trustees refuse. A new
		// network's carries the time of its founding; waiting for the second
		// would be waiting for a heartbeat.
		for newest := s.running.Ledger().Newest(); newest.Height < 1 || newest.Time.Before(began) || !s.proves(); newest = s.running.Ledger().Newest() {
			select {
			case <-ctx.Done():
				return stele.E("start devnet", stele.KindUnreachable, "the members made no block within 30 s", ctx.Err())
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	return nil
}

// proves reports whether a member's ledger can prove what it holds. One that has
// just been opened can't before its next block.
func (s *slot) proves() bool {
	_, err := s.running.Ledger().ProveLog(s.identity.Subject, 0, 0)
	return err == nil || stele.KindOf(err) != stele.KindBusy
}

// publishCards puts the organisations' cards and one-time keys into their
// members' directories.
func (n *Network) publishCards(ctx context.Context) error {
	for _, s := range n.members {
		err := n.With(s.identity.Name, func(session *client.Session) error {
			if len(session.State().Card) > 0 {
				return session.Replenish(ctx) // published in an earlier run
			}
			return client.EnlistMember(ctx, session)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// With opens a wallet of the devnet by name, runs f, and closes it.
func (n *Network) With(name string, f func(*client.Session) error) error {
	passphrase, err := Passphrase(n.Home)
	if err != nil {
		return err
	}
	w, err := wallet.Open(filepath.Join(n.Home, "wallets", name+wallet.Suffix), passphrase, pebblestore.Folders{})
	if err != nil {
		return err
	}
	defer w.Close()
	members, err := client.Dial(n.Network, w.Subject())
	if err != nil {
		return err
	}
	session, err := client.Open(w, members)
	if err != nil {
		return err
	}
	return f(session)
}

// Passphrase reads the passphrase that a devnet made for its wallets.
func Passphrase(home string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(home, "passphrase"))
	if err != nil {
		return "", stele.E("read passphrase", stele.KindNotFound, "no passphrase in "+home, err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// serve opens the devnet's control.
func (n *Network) serve() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return stele.E("start devnet", stele.KindOther, "", err)
	}
	if err := (control{URL: "http://" + l.Addr().String()}).save(n.Home); err != nil {
		l.Close()
		return stele.E("start devnet", stele.KindOther, "", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.stop, n.served = cancel, make(chan error, 1)
	go func() { n.served <- api.Serve(ctx, l, api.Handler(api.Rooms{Devnet: n, Log: n.log})) }()
	return nil
}

// Stop stops all members. The state stays.
func (n *Network) Stop() error {
	if n.stop != nil {
		n.stop()
		<-n.served
		n.stop = nil
		_ = os.Remove(filepath.Join(n.Home, controlFile))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case <-n.closing:
	default:
		close(n.closing)
	}
	var wg sync.WaitGroup
	errs := make([]error, len(n.members))
	for i, s := range n.members {
		if s.running != nil {
			wg.Go(func() { errs[i] = s.running.Stop() })
		}
	}
	wg.Wait()
	for _, s := range n.members {
		s.running = nil
	}
	return errors.Join(errs...)
}

// Members lists the members and whether they run.
func (n *Network) Members(context.Context, *api.DevnetMembersRequest) (*api.DevnetMembersResponse, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := &api.DevnetMembersResponse{}
	for _, s := range n.members {
		out.Members = append(out.Members, &api.DevnetMember{
			Address: s.address, Running: s.running != nil, Trustee: s.running != nil && s.running.Trustee(),
			Folder: memberFolder(n.Home, s.identity.Name),
		})
	}
	return out, nil
}

// Switch stops or starts a member, or its trustee alone.
func (n *Network) Switch(_ context.Context, in *api.DevnetSwitchRequest) (*api.DevnetSwitchResponse, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s, err := n.find(in.Member)
	if err != nil {
		return nil, err
	}
	switch in.Part {
	case "":
		err = n.switchMember(s, in.Run)
	case "trustee":
		err = switchTrustee(s, in.Run)
	default:
		err = stele.E("switch", stele.KindUsage, "a part is nothing (the whole member) or trustee", nil)
	}
	return &api.DevnetSwitchResponse{}, err
}

// find finds a member by its short or full name.
func (n *Network) find(name string) (*slot, error) {
	for _, s := range n.members {
		if s.identity.Name == name || strings.EqualFold(s.address.Name, name) {
			return s, nil
		}
	}
	return nil, stele.E("switch", stele.KindNotFound, "there is no member "+name, nil).WithHint("stele devnet status lists them")
}

func (n *Network) switchMember(s *slot, run bool) error {
	switch {
	case run && s.running == nil:
		return n.start(context.Background(), s)
	case !run && s.running != nil:
		m := s.running
		s.running = nil
		return m.Stop()
	}
	return nil
}

func switchTrustee(s *slot, run bool) error {
	switch {
	case s.running == nil:
		return stele.E("switch", stele.KindUsage, "the member is stopped", nil)
	case run:
		return s.running.StartTrustee()
	}
	return s.running.StopTrustee()
}

// Names returns the members' short names.
func (n *Network) Names() []string {
	names := make([]string, len(n.members))
	for i, s := range n.members {
		names[i] = s.identity.Name
	}
	return names
}

// Name returns the full name of a member, and URL where it answers; both are
// empty for a short name that no member has.
func (n *Network) Name(short string) string { return n.address(short).GetName() }

// URL returns where a member answers.
func (n *Network) URL(short string) string { return n.address(short).GetUrl() }

func (n *Network) address(short string) *wire.MemberAddress {
	for _, s := range n.members {
		if s.identity.Name == short {
			return s.address
		}
	}
	return nil
}

// Folder returns a member's folder.
func (n *Network) Folder(name string) string { return memberFolder(n.Home, name) }
