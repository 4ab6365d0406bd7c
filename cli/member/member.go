package member

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/config"
	"github.com/stele-health/stele/founding"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

func memberCommand(f *cli.Face) *cobra.Command {
	c := f.Group("member", "check", "Be a member: found a network with others, run its process",
		memberInit(f), memberDeal(f), memberFound(f), memberStart(f), memberRestore(f), memberUpgrade(f), memberDeath(f))
	c.Long = "A member's folder is the home (--home). Each organisation runs init and sends its card " +
		"to the others; each runs deal with all cards and sends its dealing to the others; each runs " +
		"found with all of both, compares the fingerprint with the others by voice, and runs start.\n\n" +
		"Cards and dealings are no secrets. Nobody sees two shares of the committee key.\n\n" +
		"A network of one member, to try things: init, found, start."
	return c
}

// newMember is what a member is made of.
type newMember struct {
	short, name, kind, network string
	services, peers            string // public addresses
	admin, tls                 string
	certificate, key           string
}

func memberInit(f *cli.Face) *cobra.Command {
	var n newMember
	c := &cobra.Command{
		Use: "init NAME", Short: "Make a member's secrets, its wallet, its configuration and its card", Args: cli.Exactly("a short name for the member"),
		Long: "Writes into the home: member.json (the node's secrets), member.toml (the " +
			"configuration), wallets/NAME.wallet (the organisation's keys, under your passphrase) and " +
			"NAME.card, which goes to the other founders.",
		Example: "  stele member init northside --network rhine --name \"Northside Hospital\" \\\n" +
			"      --kind hospital --services stele.northside.example:7300 \\\n      --peers stele.northside.example:7301",
		RunE: func(cmd *cobra.Command, args []string) error {
			n.short = args[0]
			n.name, n.network = cmp.Or(n.name, n.short), cmp.Or(n.network, n.short)
			return makeMember(cmd.Context(), f, n)
		},
	}
	flags := c.Flags()
	flags.StringVar(&n.name, "name", "", "the organisation's name (default NAME)")
	flags.StringVar(&n.kind, "kind", "hospital", strings.Join(stele.MemberKinds(), ", "))
	flags.StringVar(&n.network, "network", "", "the network's name; the same for all founders (default NAME)")
	flags.StringVar(&n.services, "services", "127.0.0.1:7300", "host:port where wallets and vaults reach this member")
	flags.StringVar(&n.peers, "peers", "127.0.0.1:7301", "host:port where the other members' nodes reach this one")
	flags.StringVar(&n.admin, "admin", "127.0.0.1:7302", "host:port on loopback for probes and metrics")
	flags.StringVar(&n.tls, "tls", "", "own, files or none (default own; none on loopback)")
	flags.StringVar(&n.certificate, "certificate", "", "with --tls files: path of the certificate chain, PEM")
	flags.StringVar(&n.key, "key", "", "with --tls files: path of its key, PEM")
	return c
}

func makeMember(ctx context.Context, f *cli.Face, n newMember) error {
	if !cli.FitName.MatchString(n.short) {
		return cli.Usage("a member's short name is letters, digits, dots and dashes", "the organisation's full name goes into --name")
	}
	if err := stele.CheckMemberKind(n.kind); err != nil {
		return cli.Usage(cli.Sentence(err), stele.HintOf(err))
	}
	if err := founding.CheckNetwork(n.network); err != nil {
		return err
	}
	if _, err := member.LoadIdentity(f.Home); stele.KindOf(err) != stele.KindNotFound {
		return stele.E("make member", stele.KindExists, "there is a member in "+f.Home+" already", nil).
			WithHint("name another folder with --home; a member is never overwritten")
	}
	if _, err := os.Stat(filepath.Join(f.Home, netfile.Name)); err == nil {
		return stele.E("make member", stele.KindExists, f.Home+" is the home of a network already", nil).
			WithHint("name an empty folder with --home: it becomes the member's")
	}
	for _, path := range []*string{&n.certificate, &n.key} { // typed here, read from the home
		if *path != "" {
			if abs, err := filepath.Abs(*path); err == nil {
				*path = abs
			}
		}
	}
	c, err := n.config()
	if err != nil {
		return cli.Usage(cli.Sentence(err), stele.HintOf(err))
	}
	if c.Services.TLS == config.TLSFiles {
		if _, err := member.FilesTLS(n.certificate, n.key, f.Log()); err != nil {
			return err
		}
	}
	url := "https://" + n.services
	if c.Services.TLS == config.TLSNone {
		url = "http://" + n.services
	}
	if err := netfile.CheckAddress(&wire.MemberAddress{Name: n.name, Kind: n.kind, Url: url, Peer: strings.Repeat("0", 40) + "@" + n.peers}); err != nil {
		return cli.Usage(cli.Sentence(err), cmp.Or(stele.HintOf(err), "--services and --peers are the addresses that others use: stele.northside.example:7300"))
	}
	if everywhere(n.services) || everywhere(n.peers) {
		return cli.Usage("nobody reaches a member at every address of a machine", "--services and --peers are the addresses that others use: stele.northside.example:7300")
	}
	// After all that may be refused: here a passphrase is asked for, and the first file is made.
	w, err := organisation(ctx, f, n)
	if err != nil {
		return err
	}
	defer w.Close()
	id := member.NewIdentity(n.short, n.kind, w.Keyring().KeyDocument())
	id.Listen, id.Peer = c.Services.Listen, c.Peers.Listen
	card := id.Card(n.network, id.Address(n.name, url, n.peers, c.Services.TLS == config.TLSOwn), w.Keyring().Signer())
	if _, err := founding.ReadCard(card); err != nil {
		return err
	}
	if err := writeMember(f, id, c, card); err != nil {
		return err
	}
	return tellCard(f, n, id)
}

// organisation makes the organisation's wallet, or opens the one that is there.
func organisation(ctx context.Context, f *cli.Face, n newMember) (*wallet.Wallet, error) {
	path := f.WalletPath(n.short)
	if _, err := os.Stat(path); err == nil {
		w, err := f.OpenWallet(ctx, n.short)
		if err == nil && w.Kind() != wallet.Organisation {
			w.Close()
			return nil, cli.Usage(path+" is not an organisation's wallet", "give the member another short name")
		}
		return w, err
	}
	secret, _, err := f.NewPassphrase(ctx, n.short, n.name)
	if err != nil {
		return nil, err
	}
	return wallet.Create(path, secret, pebblestore.Folders{}, wallet.Options{Kind: wallet.Organisation, Name: n.name})
}

// config is the configuration that init writes.
func (n newMember) config() (config.Config, error) {
	c := config.Default()
	listen := func(address string) string {
		if _, port, err := net.SplitHostPort(address); err == nil && !config.Loopback(address) {
			return ":" + port
		}
		return address
	}
	c.Services = config.Services{Listen: listen(n.services), TLS: n.tls, Certificate: n.certificate, Key: n.key}
	if c.Services.TLS == "" {
		if c.Services.TLS = config.TLSOwn; config.Loopback(n.services) {
			c.Services.TLS = config.TLSNone
		}
	}
	c.Peers.Listen, c.Admin.Listen = listen(n.peers), n.admin
	return c, c.Check()
}

// everywhere reports whether an address is every address of a machine: something to
// listen at, and nothing that leads here.
func everywhere(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && net.ParseIP(host).IsUnspecified()
}

// writeMember writes the member's files, the secrets last: where they stand, the
// member is complete.
func writeMember(f *cli.Face, id member.Identity, c config.Config, card *wire.Signed) error {
	text, err := c.Text()
	if err != nil {
		return err
	}
	for name, raw := range map[string][]byte{config.File: []byte(text), id.Name + cardSuffix: founding.EncodeCard(card)} {
		if err := (cli.Target{Path: filepath.Join(f.Home, name), Force: true}).Write(cli.Content(raw)); err != nil {
			return err
		}
	}
	return id.Save(f.Home)
}

func tellCard(f *cli.Face, n newMember, id member.Identity) error {
	path := filepath.Join(f.Home, n.short+cardSuffix)
	if f.JSON {
		return f.Emit(map[string]any{"member": n.short, "did": id.Subject, "network": n.network, "card": path, "config": filepath.Join(f.Home, config.File)})
	}
	f.Print("%s", path)
	f.Say("send this card to the other founders; with all cards: stele member deal%s CARD...", f.Here())
	f.Say("to be a network of one: stele member found%[1]s, then stele member start%[1]s", f.Here())
	return nil
}

// Endings of the files that founders exchange.
const (
	cardSuffix    = ".card"
	dealingSuffix = ".dealing"
)

// founders reads founding files, adds this member's own of these endings where it was
// not named, and puts the cards together.
func founders(f *cli.Face, id member.Identity, paths []string, own ...string) (founding.Founders, []*wire.Signed, error) {
	for _, suffix := range own {
		own := filepath.Join(f.Home, id.Name+suffix)
		named := slices.ContainsFunc(paths, func(p string) bool { return sameFile(p, own) })
		if _, err := os.Stat(own); err == nil && !named {
			paths = append(slices.Clone(paths), own)
		}
	}
	cards, dealings, err := founding.ReadFiles(paths)
	if err != nil {
		return founding.Founders{}, nil, err
	}
	all, err := founding.Gather(cards)
	return all, dealings, err
}

// sameFile keeps a card that is named in another way from counting twice.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

func memberDeal(f *cli.Face) *cobra.Command {
	again := false
	c := &cobra.Command{
		Use: "deal CARD...", Short: "Deal to all founders: a part of the committee key for each, sealed",
		Long: "Takes the cards of all founders (this member's own need not be named) and writes " +
			"NAME.dealing, which goes to all of them. It holds no secret in the open.",
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := member.LoadIdentity(f.Home)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return cli.Usage("with whom does "+id.Name+" found a network?", "name the other founders' cards: stele member deal CARD...; to found alone: stele member found")
			}
			if err := unfounded(f, "deal", id); err != nil {
				return err
			}
			path := filepath.Join(f.Home, id.Name+dealingSuffix)
			if _, err := os.Stat(path); err == nil && !again {
				return stele.E("deal", stele.KindExists, "this member has dealt: "+path, nil).
					WithHint("all founders must use the same dealing; if the cards have changed, deal --again and send the new one to all")
			}
			all, _, err := founders(f, id, args, cardSuffix)
			if err != nil {
				return err
			}
			if err := deal(all, id, path); err != nil {
				return err
			}
			if f.JSON {
				return f.Emit(map[string]any{"member": id.Name, "chain": all.Chain, "founders": len(all.Cards), "dealing": path})
			}
			f.Print("%s", path)
			f.Say("dealt to %s for %s; send this to all of them", stele.Count(len(all.Cards), "founder", "founders"), all.Chain)
			return nil
		},
	}
	c.Flags().BoolVar(&again, "again", false, "deal afresh and forget the earlier dealing")
	return c
}

// deal writes this founder's dealing. Each is drawn afresh, and all founders have to use one.
func deal(all founding.Founders, id member.Identity, path string) error {
	dealing, err := all.Deal(id.Subject, id.Node(), time.Now())
	if err != nil {
		return err
	}
	return cli.Target{Path: path, Force: true}.Write(cli.Content(founding.EncodeDealing(dealing)))
}

func memberFound(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Use: "found [CARD... DEALING...]", Short: "Check all cards and dealings, take the own share, write the network file",
		Long: "Takes the cards and dealings of all founders (this member's own need not be named). " +
			"Every founder gets the same network.json. Compare the fingerprint with the others by " +
			"voice before you start. Without arguments this member founds a network alone.",
		RunE: func(cmd *cobra.Command, args []string) error { return foundNetwork(f, args) },
	}
}

// unfounded fails where this member has its share already: what it deals afterwards would
// be for a network in which it can't take part.
func unfounded(f *cli.Face, op string, id member.Identity) error {
	if _, err := os.Stat(filepath.Join(f.Home, netfile.Name)); err == nil && len(id.Shares) > 0 {
		return stele.E(op, stele.KindExists, "this member has founded its network already", nil).
			WithHint("stele member start runs it; a founding that the others do not share is begun anew in another folder")
	}
	return nil
}

func foundNetwork(f *cli.Face, paths []string) error {
	id, err := member.LoadIdentity(f.Home)
	if err != nil {
		return err
	}
	if err := unfounded(f, "found network", id); err != nil {
		return err
	}
	file := filepath.Join(f.Home, netfile.Name)
	all, dealings, err := founders(f, id, paths, cardSuffix, dealingSuffix)
	if err != nil {
		return err
	}
	if len(all.Cards) == 1 && len(dealings) == 0 {
		own := filepath.Join(f.Home, id.Name+dealingSuffix)
		if err := deal(all, id, own); err != nil {
			return err
		}
		if _, dealings, err = founding.ReadFiles([]string{own}); err != nil {
			return err
		}
	}
	founded, err := all.Found(id.Subject, id.SealKey(), dealings, time.Now())
	if err != nil {
		return err
	}
	// The share is saved last: network file and share together are what unfounded takes for
	// founded. Cut short in between, the same command goes on.
	if err := netfile.Write(file, founded.Network); err != nil {
		return err
	}
	id.Shares = [][]byte{founded.Share.Bytes()}
	if err := id.Save(f.Home); err != nil {
		return err
	}
	return tellFounded(f, founded.Network, file)
}

func tellFounded(f *cli.Face, n *wire.Network, file string) error {
	sum := sha256.Sum256(n.Genesis)
	fingerprint := hex.EncodeToString(sum[:])
	votes, all, err := votes(n)
	if err != nil {
		return err
	}
	if f.JSON {
		names := make([]string, len(n.Members))
		powers := make([]int64, len(n.Members))
		for i, m := range n.Members {
			names[i], powers[i] = m.Name, votes[string(m.Subject)]
		}
		return f.Emit(map[string]any{"chain": n.Chain, "fingerprint": fingerprint, "members": names, "votes": powers, "network": file})
	}
	f.Print("network      %s", n.Chain)
	for _, m := range n.Members {
		f.Print("member       %s, %s, %s, %d of %d votes", m.Name, m.Kind, m.Url, votes[string(m.Subject)], all)
	}
	f.Print("fingerprint  %s", strings.Join(groups(fingerprint, 8), " "))
	f.Print("file         %s", file)
	if len(n.Members) == 1 {
		f.Say("one member alone can read everything: only for trying")
	} else {
		f.Say("read the fingerprint to the other founders, and start only when all have the same")
	}
	f.Say("next: stele member start%s", f.Here())
	return nil
}

// votes are the members' votes, by subject, and all of them: as the genesis has them,
// which is what the fingerprint is of.
func votes(n *wire.Network) (by map[string]int64, all int64, err error) {
	g, err := proof.ReadGenesis(n.Genesis)
	by = map[string]int64{}
	for _, m := range g.Founding.GetMembers() {
		subject := stele.SubjectOf(m.KeyDocument)
		by[string(subject[:])] = m.Power
		all += m.Power
	}
	return by, all, err
}

// groups cuts a text into pieces that can be read aloud.
func groups(text string, n int) (out []string) {
	for part := range slices.Chunk([]byte(text), n) {
		out = append(out, string(part))
	}
	return out
}
