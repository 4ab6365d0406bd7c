package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/founding"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// face is what the commands of one run share.
type face struct {
	*terminal.Terminal
	env  func(string) string
	args []string // as typed
	root *cobra.Command

	homeFlag, asFlag, passphraseFile string
	fingerprint                      string // that the network file must have; empty: any
	json, verbose                    bool
	saidLost                         bool // that a wallet has forgotten

	home string
}

func newFace(m *Main) *face {
	f := &face{Terminal: terminal.Open(m.In, m.Out, m.Err, m.Env), env: m.Env, args: m.Args}
	f.Name, f.Commands = cmp.Or(m.Name, "stele"), ownCommand
	return f
}

// defaultHome is the home folder where none is named.
const defaultHome = ".stele"

// prepare finishes what the flags decide.
func (f *face) prepare() error {
	f.home = cmp.Or(f.homeFlag, f.env("STELE_HOME"), defaultHome)
	return nil
}

// log is where rooms log to: stderr when asked for, else nowhere.
func (f *face) log() *slog.Logger {
	if !f.verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(f.Err, nil))
}

// emit writes one JSON object on a line of its own.
func (f *face) emit(v any) error {
	return f.Out.JSON(v)
}

// ownCommand is a command of this program within a sentence of its own.
var ownCommand = regexp.MustCompile(`\bstele (wallet|patient|import|withdraw|ledger|vault|member|config|verify|bench|devnet|demo|sample|words|label|version)\b`)

// here is the flag of the home as it was typed, for commands that are to be typed next.
func (f *face) here() string {
	if f.homeFlag == "" {
		return ""
	}
	return " --home " + terminal.Quoted(f.homeFlag)
}

// mine is here with the wallet's flag.
func (f *face) mine() string {
	if f.asFlag == "" {
		return f.here()
	}
	return " --as " + terminal.Quoted(f.asFlag) + f.here()
}

// network reads the home's network file.
func (f *face) network() (*wire.Network, error) {
	n, err := f.networkAt(filepath.Join(f.home, founding.NetworkFile))
	if stele.KindOf(err) == stele.KindNotFound {
		if _, e := os.Stat(filepath.Join(f.home, member.IdentityFile)); e == nil {
			return nil, again(err, "the member of this home founds its network first: stele member found"+f.here())
		}
	}
	return n, err
}

// networkAt reads a network file and holds it against --fingerprint: whoever was
// told it by a voice or on paper need not believe where the file came from.
func (f *face) networkAt(path string) (*wire.Network, error) {
	n, err := founding.ReadNetwork(path)
	if err != nil || f.fingerprint == "" {
		return n, err
	}
	told, err := f.told()
	if err != nil {
		return nil, err
	}
	if is := stele.Digest(sha256.Sum256(n.Genesis)); is != told {
		return nil, stele.E("read network file", stele.KindProof, "the network file is of the network with fingerprint "+is.String()+", not of the one that you were told", nil).
			WithHint("do not use it: " + path + " did not come from whom you think")
	}
	return n, nil
}

// told reads --fingerprint.
func (f *face) told() (told stele.Digest, err error) {
	if f.fingerprint != "" && told.UnmarshalText([]byte(strings.ToLower(f.fingerprint))) != nil {
		return told, usage("--fingerprint is 64 hexadecimal digits", "stele ledger status prints a network's; be told it by another way than the file")
	}
	return told, nil
}

// who returns whose wallet is meant.
func (f *face) who() (string, error) {
	if as := cmp.Or(f.asFlag, f.env("STELE_AS")); as != "" {
		return as, nil
	}
	hint := "name one with --as NAME or STELE_AS; stele wallet new NAME makes one"
	if names := f.wallets(); len(names) > 0 {
		hint = "name one with --as NAME or STELE_AS; here are " + strings.Join(names, ", ")
	}
	return "", usage("whose wallet?", hint)
}

// wallets lists the wallets of the home.
func (f *face) wallets() []string {
	paths, _ := filepath.Glob(filepath.Join(f.home, "wallets", "*"+wallet.Suffix)) // fails for bad patterns only
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = strings.TrimSuffix(filepath.Base(p), wallet.Suffix)
	}
	return names
}

// walletPath is where the wallet of a name is: a path is taken as it is.
func (f *face) walletPath(name string) string {
	if strings.HasSuffix(name, wallet.Suffix) || strings.ContainsRune(name, filepath.Separator) {
		return name
	}
	return filepath.Join(f.home, "wallets", name+wallet.Suffix)
}

// lockPatience is how long a wallet may be open in another process before
// the command gives up.
const lockPatience = 15 * time.Second

// open opens a wallet by name. Another process that has it open is waited for.
func (f *face) open(ctx context.Context, name string) (*wallet.Wallet, error) {
	return f.openBy(ctx, name, wallet.Open)
}

func (f *face) openBy(ctx context.Context, name string, open func(path, passphrase string) (*wallet.Wallet, error)) (*wallet.Wallet, error) {
	path := f.walletPath(name)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) { // before the passphrase is asked for
		hint := "make one with: stele wallet new " + name
		if names := f.wallets(); len(names) > 0 {
			hint = didYouMean(name, names, "here are "+strings.Join(names, ", ")+"; stele wallet new makes another")
		}
		return nil, stele.E("open wallet", stele.KindNotFound, "there is no wallet at "+path, nil).WithHint(hint)
	}
	secret, _, err := f.passphrase(ctx, filepath.Base(name), false)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(lockPatience); ; {
		w, err := open(path, secret)
		if err == nil && w.Forgot() {
			f.lost(w)
		}
		if stele.KindOf(err) == stele.KindDenied {
			err = again(err, f.wrongPassphrase())
		}
		if stele.KindOf(err) != stele.KindBusy || time.Now().After(deadline) {
			return w, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// session opens a wallet by name and puts it to work on the home's network. The
// caller closes it.
func (f *face) session(ctx context.Context, name string) (*wallet.Session, error) {
	network, err := f.network()
	if err != nil {
		return nil, err
	}
	w, err := f.open(ctx, name)
	if err != nil {
		return nil, err
	}
	s, err := join(w, network)
	if err == nil {
		// Where nobody answers, what the wallet knew before holds.
		if err = s.Follow(ctx); stele.KindOf(err) == stele.KindUnreachable || stele.KindOf(err) == stele.KindBusy {
			err = nil
		}
	}
	if err != nil {
		w.Close()
		return nil, err
	}
	return s, nil
}

// join puts a wallet to work. The own member is asked first: an organisation's
// own, or that of the organisation which a card names.
func join(w *wallet.Wallet, network *wire.Network) (*wallet.Session, error) {
	own := w.Subject()
	if card := cardOf(w); card != nil {
		if organisation, err := stele.SubjectFrom(card.Organisation); err == nil {
			own = organisation
		}
	}
	members, err := member.Dial(network, own)
	if err != nil {
		return nil, err
	}
	return member.Session(w, members)
}

// cardOf reads the wallet's own card, or nil.
func cardOf(w *wallet.Wallet) *wire.Card {
	signed, card := new(wire.Signed), new(wire.Card)
	if mine := w.State().Card; len(mine) == 0 || wire.Decode(mine, signed) != nil || wire.Decode(signed.Body, card) != nil {
		return nil
	}
	return card
}

// as runs a command with the session of the wallet that --as names.
func (f *face) as(ctx context.Context, run func(*wallet.Session) error) error {
	name, err := f.who()
	if err != nil {
		return err
	}
	s, err := f.session(ctx, name)
	if err != nil {
		return err
	}
	defer s.Close()
	return run(s)
}
