package cli

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/light"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Face is what the commands of one run share.
type Face struct {
	*terminal.Terminal
	Env         func(name string) string
	Args        []string // as typed
	Home        string   // folder of network.json and wallets
	Fingerprint string   // that the network file must have; empty: any
	Block       string   // HEIGHT:HASH of the newest block, as the person was told it; empty: none
	JSON        bool     // one object a line, and no words on Out

	root                                        *cobra.Command
	homeFlag, asFlag, chartFlag, passphraseFile string
	verbose                                     bool
	about                                       Charts            // which charts of the owner's the command is about
	saidLost                                    bool              // that a wallet has forgotten
	owner                                       *client.Session   // while a command is about another chart of the owner's
	keptPassphrase                              map[string]string // by wallet; nil: none is kept
}

func newFace(m *Main) *Face {
	f := &Face{Terminal: terminal.Open(m.In, m.Out, m.Err, m.Env), Env: m.Env, Args: m.Args}
	f.Name = cmp.Or(m.Name, "stele")
	return f
}

// DefaultHome is the home folder where none is named.
const DefaultHome = ".stele"

// Log is where rooms log to: stderr when asked for, else nowhere.
func (f *Face) Log() *slog.Logger {
	if !f.verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(f.Err, nil))
}

// Emit writes one JSON object on a line of its own. While a command is about another chart of the owner's, the object
// names it: "chart".
func (f *Face) Emit(v any) error {
	if out, ok := v.(map[string]any); ok && f.owner != nil {
		out["chart"] = f.chartFlag
	}
	return f.Out.JSON(v)
}

// Here is the flag of the home as it was typed, for commands that are to be typed next.
func (f *Face) Here() string {
	if f.homeFlag == "" {
		return ""
	}
	return " --home " + terminal.Quoted(f.homeFlag)
}

// Mine is here with the wallet's flag.
func (f *Face) Mine() string {
	chart := ""
	if f.chartFlag != "" {
		chart = " --chart " + terminal.Quoted(f.chartFlag)
	}
	if f.asFlag == "" {
		return chart + f.Here()
	}
	return " --as " + terminal.Quoted(f.asFlag) + chart + f.Here()
}

// Network reads the home's network file.
func (f *Face) Network() (*wire.Network, error) {
	n, err := f.NetworkAt(filepath.Join(f.Home, netfile.Name))
	if stele.KindOf(err) == stele.KindNotFound {
		if _, e := os.Stat(filepath.Join(f.Home, member.IdentityFile)); e == nil {
			return nil, WithHint(err, "the member of this home founds its network first: stele member found"+f.Here())
		}
	}
	return n, err
}

// NetworkAt reads a network file and holds it against --fingerprint: whoever was
// told it by a voice or on paper need not believe where the file came from.
func (f *Face) NetworkAt(path string) (*wire.Network, error) {
	n, err := netfile.Read(path)
	if err != nil || f.Fingerprint == "" {
		return n, err
	}
	told, err := f.Told()
	if err != nil {
		return nil, err
	}
	if is := stele.Digest(sha256.Sum256(n.Genesis)); is != told {
		return nil, stele.E("read network file", stele.KindProof, "the network file is of the network with fingerprint "+is.String()+", not of the one that you were told", nil).
			WithHint("do not use it: " + path + " did not come from whom you think")
	}
	return n, nil
}

// Told reads --fingerprint.
func (f *Face) Told() (told stele.Digest, err error) {
	if f.Fingerprint != "" && told.UnmarshalText([]byte(strings.ToLower(f.Fingerprint))) != nil {
		return told, Usage("--fingerprint is 64 hexadecimal digits", "stele ledger status prints a network's; be told it by another way than the file")
	}
	return told, nil
}

// Begin reads --block.
func (f *Face) Begin() (start light.Start, err error) {
	height, hash, _ := strings.Cut(f.Block, ":")
	if f.Block == "" {
		return start, nil
	}
	start.Height, err = strconv.ParseInt(height, 10, 64)
	if err != nil || start.Height < 1 || start.Hash.UnmarshalText([]byte(strings.ToLower(hash))) != nil {
		return start, Usage("--block is a height, a colon and 64 hexadecimal digits", "stele ledger status prints both, as header and hash: be told them by somebody whom you trust")
	}
	return start, nil
}

// Named is the wallet that was named, "" for none.
func (f *Face) Named() string { return cmp.Or(f.asFlag, f.Env("STELE_AS")) }

// Who returns whose wallet is meant. It fails with KindUsage where none was named.
func (f *Face) Who() (string, error) {
	if as := f.Named(); as != "" {
		return as, nil
	}
	hint := "name one with --as NAME or STELE_AS; stele wallet new NAME makes one"
	if names := f.Wallets(); len(names) > 0 {
		hint = "name one with --as NAME or STELE_AS; here are " + strings.Join(names, ", ")
	}
	return "", Usage("whose wallet?", hint)
}

// Wallets lists the wallets of the home.
func (f *Face) Wallets() []string {
	paths, _ := filepath.Glob(filepath.Join(f.Home, "wallets", "*"+wallet.Suffix)) // fails for bad patterns only
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = strings.TrimSuffix(filepath.Base(p), wallet.Suffix)
	}
	return names
}

// WalletPath is where the wallet of a name is: a path is taken as it is.
func (f *Face) WalletPath(name string) string {
	if strings.HasSuffix(name, wallet.Suffix) || strings.ContainsRune(name, filepath.Separator) {
		return name
	}
	return filepath.Join(f.Home, "wallets", name+wallet.Suffix)
}

// lockPatience is how long a wallet may be open in another process before
// the command gives up.
const lockPatience = 15 * time.Second

// OpenWallet opens a wallet by name. Another process that has it open is waited for.
func (f *Face) OpenWallet(ctx context.Context, name string) (*wallet.Wallet, error) {
	return f.OpenBy(ctx, name, wallet.Open)
}

// OpenBy is OpenWallet by another way than wallet.Open.
func (f *Face) OpenBy(ctx context.Context, name string, open func(path, passphrase string, stores book.Stores) (*wallet.Wallet, error)) (*wallet.Wallet, error) {
	path := f.WalletPath(name)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) { // before the passphrase is asked for
		hint := "make one with: stele wallet new " + name
		if names := f.Wallets(); len(names) > 0 {
			hint = DidYouMean(name, names, "here are "+strings.Join(names, ", ")+"; stele wallet new makes another")
		}
		return nil, stele.E("open wallet", stele.KindNotFound, "there is no wallet at "+path, nil).WithHint(hint)
	}
	secret, _, err := f.passphrase(ctx, filepath.Base(name), false)
	if err != nil {
		return nil, err
	}
	var w *wallet.Wallet
	err = patiently(ctx, func() (err error) {
		w, err = open(path, typed(secret), pebblestore.Folders{})
		if stele.KindOf(err) == stele.KindDenied && secret != typed(secret) {
			w, err = open(path, secret, pebblestore.Folders{}) // of before it was made with what is typed
		}
		if err == nil && w.Forgot() {
			f.Lost(w)
		}
		if stele.KindOf(err) == stele.KindDenied {
			err = WithHint(err, f.wrongPassphrase())
		}
		return err
	})
	return w, err
}

// patiently tries what needs a wallet that another process may have open.
func patiently(ctx context.Context, try func() error) error {
	for deadline := time.Now().Add(lockPatience); ; {
		err := try()
		if stele.KindOf(err) != stele.KindBusy || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Again runs something with a session whose wallet was let go: it is taken for that time. Another
// process that has it open is waited for.
func Again(ctx context.Context, s *client.Session, run func() error) error {
	if err := patiently(ctx, s.TakeAgain); err != nil {
		return err
	}
	return cmp.Or(run(), s.LetGo())
}

// Aside waits for somebody with the wallet let go, and takes it again. Where the waiting fails it stays
// let go: the command has ended.
func Aside(ctx context.Context, s *client.Session, wait func() error) error {
	if err := cmp.Or(s.LetGo(), wait()); err != nil {
		return err
	}
	return patiently(ctx, s.TakeAgain)
}

// OpenSession opens a wallet by name and puts it to work on the home's network. The
// caller closes it.
func (f *Face) OpenSession(ctx context.Context, name string) (*client.Session, error) {
	network, err := f.Network()
	if err != nil {
		return nil, err
	}
	begin, err := f.Begin()
	if err != nil {
		return nil, err
	}
	// Last of the three: a passphrase is asked for when nothing that is typed is wrong.
	w, err := f.OpenWallet(ctx, name)
	if err != nil {
		return nil, err
	}
	s, err := Connect(w, network)
	if err == nil {
		s.Session.Begin = begin
		err = s.Current(ctx)
	}
	if err != nil {
		w.Close()
		return nil, err
	}
	return s, nil
}

// Connect puts a wallet to work. The own member is asked first: an organisation's
// own, or that of the organisation which a card names.
func Connect(w *wallet.Wallet, network *wire.Network) (*client.Session, error) {
	own := w.Subject()
	if card := CardOf(w); card != nil {
		if organisation, err := stele.SubjectFrom(card.Organisation); err == nil {
			own = organisation
		}
	}
	members, err := client.Dial(network, own)
	if err != nil {
		return nil, err
	}
	return client.Open(w, members)
}

// CardOf reads the wallet's own card, or nil.
func CardOf(w *wallet.Wallet) *wire.Card {
	_, card, err := w.Card()
	if err != nil {
		return nil
	}
	return card
}

// chartNamed reads --chart.
func (f *Face) chartNamed() (stele.Subject, error) {
	did, err := spell.DID(f.chartFlag)
	if err != nil {
		return stele.Subject{}, err
	}
	subject, err := stele.ParseSubject(did)
	if err != nil {
		return subject, Usage("--chart takes the DID of a chart", "stele wallet merge list lists those that are yours")
	}
	return subject, nil
}

// OneChart reports whether a command is about one chart that --chart names.
func (f *Face) OneChart() bool { return f.chartFlag != "" }

// Owner returns the session of whose keys speak for a chart: of the owner's own, also while a command is about another
// one of theirs.
func (f *Face) Owner(s *client.Session) *client.Session {
	if f.owner != nil {
		return f.owner
	}
	return s
}

// WithChart runs something with another chart of the owner's, one that is merged into theirs. What is said
// meanwhile to type, and the hint of what fails, is of that chart.
func (f *Face) WithChart(ctx context.Context, s *client.Session, subject stele.Subject, run func(*client.Session) error) error {
	chart, err := s.Chart(ctx, subject)
	if err != nil {
		return err
	}
	defer chart.Wallet.Close()
	defer func(flag string, owner *client.Session) { f.chartFlag, f.owner = flag, owner }(f.chartFlag, f.owner)
	f.chartFlag, f.owner = subject.String(), s
	err = run(client.Of(chart))
	if hint := stele.HintOf(err); hint != "" {
		return WithHint(err, f.Hint(hint))
	}
	return err
}

// WithOwn runs something with the owner's own chart, where a command is about another that is merged into it
// (WithChart); else it does nothing.
func (f *Face) WithOwn(run func(*client.Session) error) error {
	if f.owner == nil {
		return nil
	}
	defer func(flag string, owner *client.Session) { f.chartFlag, f.owner = flag, owner }(f.chartFlag, f.owner)
	own := f.owner
	f.chartFlag, f.owner = "", nil
	return run(own)
}

// Alone runs a command with the wallet that --as names, on no network.
func (f *Face) Alone(ctx context.Context, run func(*wallet.Wallet) error) error {
	name, err := f.Who()
	if err != nil {
		return err
	}
	w, err := f.OpenWallet(ctx, name)
	if err != nil {
		return err
	}
	defer w.Close()
	return run(w)
}

// Lost says that a wallet has forgotten, for as long as it has.
func (f *Face) Lost(w *wallet.Wallet) {
	if w.State().Lost.IsZero() || f.saidLost {
		return
	}
	f.saidLost = true
	f.SayWrapped("this wallet's second file (.book) was missing on " + terminal.Until(w.State().Lost) + ": the grants, patient numbers and card that it knew before are " +
		"forgotten. Its keys still open the owner's records. Put a backup of the file back, or go on: stele wallet join, stele wallet collect; " +
		"grants that still hold are listed by stele wallet grants.")
}

// WhatIs says, where a person watches, where words of this screen are explained.
func (f *Face) WhatIs(words ...string) {
	if f.OutStyle.Terminal && f.ErrStyle.Terminal && !f.JSON {
		f.Say("%s", f.ErrStyle.Paint(terminal.Faint, "what "+strings.Join(words, ", ")+" mean: "+f.Typed("stele words "+words[0])))
	}
}

// NonNil is a list that JSON writes as one, however empty.
func NonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
