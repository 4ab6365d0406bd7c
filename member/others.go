package member

import (
	"maps"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/directory"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/vault"
	"github.com/stele-health/stele/wire"
)

// others is who runs the network with this member and where they are, by the ledger's row
// at the newest block: who moves, has another TLS key, comes or leaves is taken up without
// a restart. The network file is where that begins. It is safe for concurrent use.
type others struct {
	file   *wire.Network
	own    stele.Subject
	ledger func() (*wire.Consortium, error)

	mu     sync.Mutex
	run    *wire.Consortium
	at     []*wire.MemberAddress // the own one too
	names  map[stele.Subject]string
	vaults map[stele.Subject]dialled
}

// dialled is another member's vault with the address that it was dialled at.
type dialled struct {
	at     *wire.MemberAddress
	client *api.Client
}

func newOthers(file *wire.Network, own stele.Subject, ledger func() (*wire.Consortium, error)) *others {
	return &others{file: file, own: own, ledger: ledger, vaults: map[stele.Subject]dialled{}}
}

// look takes up what the newest block says. Before the first the founders run it.
func (o *others) look() {
	run, err := o.ledger()
	if err != nil || run == nil {
		run = founders(o.file)
	}
	same := run == o.run || o.run != nil && proto.Equal(run, o.run)
	if o.run = run; same {
		return
	}
	o.at, o.names = netfile.Addresses(o.file, run), map[stele.Subject]string{}
	for _, a := range o.at {
		o.names[stele.Subject(a.Subject)] = a.Name
	}
}

// addresses returns where all members are.
func (o *others) addresses() []*wire.MemberAddress {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.look()
	return o.at
}

// called returns the members' names.
func (o *others) called() map[stele.Subject]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.look()
	return o.names
}

// peers returns the other members' vaults.
func (o *others) peers() (peers []vault.Peer) {
	o.each(func(subject stele.Subject, c *api.Client) { peers = append(peers, peer{c.Vault, subject}) })
	return peers
}

// directories returns the other members' directories.
func (o *others) directories() (peers []directory.Peer) {
	o.each(func(subject stele.Subject, c *api.Client) { peers = append(peers, bookcase{c.Directory, subject}) })
	return peers
}

// bookcase is another member's directory.
type bookcase struct {
	api.Directory
	subject stele.Subject
}

func (b bookcase) Subject() stele.Subject { return b.subject }

// each visits the other members, each dialled where it is now.
func (o *others) each(visit func(stele.Subject, *api.Client)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.look()
	next := map[stele.Subject]dialled{}
	for _, a := range o.at {
		subject := stele.Subject(a.Subject)
		known := o.vaults[subject]
		if !proto.Equal(known.at, a) {
			client, err := api.DialMember(a)
			if err != nil {
				continue // for no address that the ledger or the file has let pass
			}
			known = dialled{a, client}
		}
		if next[subject] = known; subject != o.own {
			visit(subject, known.client)
		}
	}
	o.leave(next)
}

// leave gives up the connections that no call uses, to all who are not where they were.
func (o *others) leave(next map[stele.Subject]dialled) {
	for subject, was := range o.vaults {
		if next[subject].client != was.client {
			was.client.Close()
		}
	}
	o.vaults = next
}

func (o *others) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.leave(map[stele.Subject]dialled{})
	return nil
}

// nodes returns where the other members' nodes are: as was configured, but for who is
// elsewhere now than the file says, has come or has left.
func (o *others) nodes(configured []string) []string {
	filed, now := map[stele.Subject]string{}, map[stele.Subject]string{}
	for _, a := range o.file.Members {
		filed[stele.Subject(a.Subject)] = a.Peer
	}
	for _, a := range o.addresses() {
		now[stele.Subject(a.Subject)] = a.Peer
	}
	out := slices.DeleteFunc(slices.Clone(configured), func(p string) bool {
		for subject, was := range filed {
			if was == p && now[subject] != p {
				return true
			}
		}
		return false
	})
	for _, subject := range slices.SortedFunc(maps.Keys(now), func(a, b stele.Subject) int { return slices.Compare(a[:], b[:]) }) {
		if p := now[subject]; subject != o.own && p != "" && p != filed[subject] {
			out = append(out, p)
		}
	}
	return out
}
