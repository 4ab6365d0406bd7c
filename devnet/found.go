package devnet

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/founding"
	"github.com/stele-health/stele/loopback"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// MaxMembers is how many members a devnet may have.
const MaxMembers = 7

// role is a member's part in a devnet.
type role struct{ slug, name, kind string }

// roles are the members, in the order in which a network of n has the first n.
var roles = [MaxMembers]role{
	{"hospital-a", "Northside Hospital", "hospital"},
	{"hospital-b", "Lakeview Hospital", "hospital"},
	{"clinic", "Elm Street Clinic", "clinic"},
	{"patients", "Patients' Association", "patients"},
	{"laboratory", "Meridian Laboratory", "laboratory"},
	{"pharmacy", "Harbour Pharmacy", "pharmacy"},
	{"hospital-c", "Saint Brigid Hospital", "hospital"},
}

// Port is where the ports of a devnet for people begin.
const Port = 7300

// WorkFactor of the passphrases of a devnet's wallets: low, since the
// passphrase lies beside them.
const WorkFactor = 10

// foundWhole founds a network in a folder that does not exist yet or is empty.
// It is made beside and put there in one step, so that an interrupted founding
// leaves nothing half-made.
func foundWhole(home string, members, port int, terms *wire.Terms) error {
	const op = "found devnet"
	home = filepath.Clean(home)
	entries, err := os.ReadDir(home)
	if err == nil && len(entries) > 0 {
		return stele.E(op, stele.KindUsage, home+" holds something that is not a devnet", nil).
			WithHint("name another folder with --home; a devnet is founded in an empty one")
	}
	making := home + ".founding"
	if err := os.RemoveAll(making); err != nil {
		return unfounded(making, err)
	}
	if err := found(making, members, port, terms); err != nil {
		return err
	}
	_ = os.Remove(home) // where it exists it is empty
	if err := os.Rename(making, home); err != nil {
		return unfounded(home, err)
	}
	return nil
}

// unfounded is told where the folder does not take a network.
func unfounded(folder string, err error) error {
	return stele.E("found devnet", stele.KindOther, "no network can be founded in "+folder, err).
		WithHint("it takes a folder that this user may write to, on a disk with room: name one with --home")
}

// found makes a network's founding files in an empty folder.
func found(home string, members, port int, terms *wire.Terms) error {
	if terms == nil {
		terms = new(wire.Terms)
	}
	passphrase := newPassphrase()
	err := os.MkdirAll(filepath.Join(home, "wallets"), 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(home, "passphrase"), []byte(passphrase+"\n"), 0o600)
	}
	if err != nil {
		return unfounded(home, err)
	}
	ports, err := loopback.Ports(2*members, port)
	if err != nil {
		return err
	}
	chainID := "stele-devnet-" + strings.ToLower(randomWord(5))
	identities, g := make([]member.Identity, members), &wire.Genesis{Chain: chainID, TimeMs: time.Now().UnixMilli(), Terms: terms, Devnet: true}
	for i, r := range roles[:members] {
		w, err := wallet.Create(filepath.Join(home, "wallets", r.slug+wallet.Suffix), passphrase, pebblestore.Folders{},
			wallet.Options{Kind: wallet.Organisation, Name: r.name, WorkFactor: WorkFactor})
		if err != nil {
			return err
		}
		identities[i] = member.NewIdentity(r.slug, r.kind, w.Keyring().KeyDocument())
		identities[i].Listen, identities[i].Peer = loopback.Address(ports[2*i]), loopback.Address(ports[2*i+1])
		g.Issuers = append(g.Issuers, w.Keyring().Signer().Public())
		if err := w.Close(); err != nil {
			return err
		}
	}
	if err := deal(chainID, g, identities); err != nil {
		return err
	}
	return save(home, g, identities)
}

// deal holds the committee's ceremony: every member deals, the shares are
// summed, a bad one aborts.
func deal(chainID string, g *wire.Genesis, identities []member.Identity) error {
	n := len(identities)
	ceremony := threshold.Ceremony{Chain: chainID, Epoch: 1, Threshold: threshold.ThresholdFor(n), Members: n}
	committee, shares, err := ceremony.Rehearse()
	if err != nil {
		return err
	}
	g.Committee = founding.Committee(committee)
	for i := range identities {
		identities[i].Shares = [][]byte{shares[i].Bytes()}
		m := identities[i].Genesis(uint32(i + 1))
		m.Address = &wire.Address{Name: roles[i].name, Url: "http://" + identities[i].Listen, Peer: identities[i].PeerAddress()}
		g.Members = append(g.Members, m)
	}
	return nil
}

// save writes the members' folders and, last, the network file: where that
// stands, the founding is complete.
func save(home string, g *wire.Genesis, identities []member.Identity) error {
	genesis, err := founding.Genesis(g)
	if err != nil {
		return err
	}
	network := &wire.Network{Chain: g.Chain, Genesis: genesis}
	for i, id := range identities {
		if err := id.Save(memberFolder(home, id.Name)); err != nil {
			return err
		}
		network.Members = append(network.Members, &wire.MemberAddress{
			Subject: id.Subject[:], Name: roles[i].name, Kind: id.Kind, Url: "http://" + id.Listen, Peer: id.PeerAddress(),
		})
	}
	return netfile.Write(filepath.Join(home, netfile.Name), network)
}

func memberFolder(home, slug string) string { return filepath.Join(home, "members", slug) }

// newPassphrase draws 80 bits, written so that a person can type them.
func newPassphrase() string {
	return strings.Join([]string{randomWord(4), randomWord(4), randomWord(4), randomWord(4)}, "-")
}

func randomWord(letters int) string {
	raw := make([]byte, letters)
	rand.Read(raw)
	return strings.ToLower(base32.StdEncoding.EncodeToString(raw))[:letters]
}

// control is where a running devnet listens for its operator.
type control struct {
	URL string `json:"url"`
}

func (c control) save(home string) error {
	raw, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(home, controlFile), raw, 0o600)
}

const controlFile = "control.json"

// Control returns where the devnet of a folder listens. It fails with
// KindNotFound.
func Control(home string) (url string, err error) {
	raw, err := os.ReadFile(filepath.Join(home, controlFile))
	var c control
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil {
		return "", stele.E("find devnet", stele.KindNotFound, "no devnet runs in "+home, err).WithHint("start one with: stele devnet")
	}
	return c.URL, nil
}
