package processes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/loopback"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Build builds the command into a folder and returns its path. It must run in
// the module.
func Build(ctx context.Context, folder string) (binary string, err error) {
	binary = filepath.Join(folder, "stele")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/stele-health/stele/cmd/stele").CombinedOutput()
	if err != nil {
		return "", stele.E("build", stele.KindOther, strings.TrimSpace(string(out)), err)
	}
	return binary, nil
}

// Config is what a network of processes is made of.
type Config struct {
	Binary  string   // the command, see Build
	Folder  string   // empty; each member has its folder in it
	Members int      // 1 to 7; 0: four
	TLS     bool     // serve under each member's own key although it is loopback
	Log     string   // level; empty: info
	Env     []string // of the processes, besides this process's own

	// Place says where the i-th member runs; nil: on loopback.
	Place func(i int) Place
}

// Place is where a member runs.
type Place struct {
	Namespace string // its network namespace, see ip-netns(8)
	Host      string // its address there, for the others
}

// Passphrase of all wallets of a network of processes.
const Passphrase = "a network of processes"

// names are the members' short names, full names and kinds.
var names = [][3]string{
	{"hospital-a", "Northside Hospital", "hospital"}, {"hospital-b", "Lakeview Hospital", "hospital"},
	{"clinic", "Elm Street Clinic", "clinic"}, {"patients", "Patients' Association", "patients"},
	{"laboratory", "Meridian Laboratory", "laboratory"}, {"pharmacy", "Harbour Pharmacy", "pharmacy"},
	{"hospital-c", "Saint Brigid Hospital", "hospital"},
}

// Network is a network of processes.
type Network struct {
	Config  Config
	Members []*Member
	File    *wire.Network // as the founding left it
}

// Found founds a network by the ceremony of its members, each step a process of
// its own. Nothing runs yet; see Start.
func Found(ctx context.Context, c Config) (*Network, error) {
	if c.Members == 0 {
		c.Members = 4
	}
	if c.Members < 1 || c.Members > len(names) {
		return nil, stele.E("found network", stele.KindUsage, "a network of processes has 1 to 7 members", nil)
	}
	ports, err := loopback.Ports(3*c.Members, 0)
	if err != nil {
		return nil, err
	}
	n := &Network{Config: c}
	for i := range c.Members {
		place := Place{Host: "127.0.0.1"}
		if c.Place != nil {
			place = c.Place(i)
		}
		at := func(k int) string { return fmt.Sprintf("%s:%d", place.Host, ports[3*i+k]) }
		n.Members = append(n.Members, &Member{
			Short: names[i][0], Name: names[i][1], Folder: filepath.Join(c.Folder, names[i][0]),
			Services: at(0), Peers: at(1), Admin: fmt.Sprintf("127.0.0.1:%d", ports[3*i+2]), place: place, network: n,
		})
	}
	if err := n.ceremony(ctx); err != nil {
		return nil, err
	}
	n.File, err = netfile.Read(filepath.Join(n.Members[0].Folder, netfile.Name))
	return n, err
}

// ceremony runs each step at all members at once: passphrases are slow.
func (n *Network) ceremony(ctx context.Context) error {
	tls := "none"
	if n.Config.TLS {
		tls = "own"
	}
	var cards, all []string
	for _, m := range n.Members {
		cards = append(cards, filepath.Join(m.Folder, m.Short+".card"))
		all = append(all, filepath.Join(m.Folder, m.Short+".card"), filepath.Join(m.Folder, m.Short+".dealing"))
	}
	if err := n.each(func(i int, m *Member) error {
		return m.Run(ctx, "member", "init", m.Short, "--network", "processes", "--name", m.Name, "--kind", names[i][2],
			"--services", m.Services, "--peers", m.Peers, "--admin", m.Admin, "--tls", tls)
	}); err != nil {
		return err
	}
	if err := n.each(func(_ int, m *Member) error { return m.Run(ctx, append([]string{"member", "deal"}, cards...)...) }); err != nil {
		return err
	}
	return n.each(func(_ int, m *Member) error { return m.Run(ctx, append([]string{"member", "found"}, all...)...) })
}

func (n *Network) each(f func(int, *Member) error) error {
	errs := make([]error, len(n.Members))
	var wg sync.WaitGroup
	for i, m := range n.Members {
		wg.Go(func() { errs[i] = f(i, m) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Start starts the members named by index, or all, and returns when they are
// ready.
func (n *Network) Start(ctx context.Context, members ...int) error {
	if len(members) == 0 {
		for i := range n.Members {
			members = append(members, i)
		}
	}
	for _, i := range members {
		if err := n.Members[i].Start(); err != nil {
			return err
		}
	}
	for _, i := range members {
		if err := n.Members[i].Ready(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends all processes, gently where they let themselves, and removes
// nothing.
func (n *Network) Stop() error {
	return n.each(func(_ int, m *Member) error { return m.Stop() })
}

// Enlist publishes the organisations' cards, once after the first Start, so that
// they can be given grants.
func (n *Network) Enlist(ctx context.Context) error {
	return n.each(func(_ int, m *Member) error { return m.Run(ctx, "wallet", "join", "--as", m.Short) })
}

// Session opens a wallet file and puts it to work on the network; members that
// are named first are asked first. Close it.
func (n *Network) Session(path string, first ...stele.Subject) (*client.Session, error) {
	w, err := wallet.Open(path, Passphrase, pebblestore.Folders{})
	if err != nil {
		return nil, err
	}
	return n.join(w, first...)
}

// NewWallet makes a wallet in the network's folder and puts it to work. It is not
// on the ledger yet.
func (n *Network) NewWallet(short string, o wallet.Options) (*client.Session, error) {
	o.WorkFactor = 10 // its passphrase is no secret
	w, err := wallet.Create(filepath.Join(n.Config.Folder, short+wallet.Suffix), Passphrase, pebblestore.Folders{}, o)
	if err != nil {
		return nil, err
	}
	return n.join(w)
}

func (n *Network) join(w *wallet.Wallet, first ...stele.Subject) (*client.Session, error) {
	members, err := client.Dial(n.File, append(first, w.Subject())...)
	if err != nil {
		w.Close()
		return nil, err
	}
	s, err := client.Open(w, members)
	if err != nil {
		w.Close()
	}
	return s, err
}

// environment is what the command line of a member runs with.
func (n *Network) environment(m *Member) []string {
	return append(append(os.Environ(), "STELE_HOME="+m.Folder, "STELE_PASSPHRASE="+Passphrase, "STELE_AS="), n.Config.Env...)
}
