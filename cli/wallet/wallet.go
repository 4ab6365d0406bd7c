package wallet

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

func walletCommand(f *cli.Face) *cobra.Command {
	return f.Group("wallet", "people", "Your keys, and everything that is done with them",
		walletNew(f), walletJoin(f), walletClaim(f), walletReseal(f), walletShow(f), walletCard(f), walletCheck(f), walletRestored(f), walletContacts(f), walletCollect(f),
		walletGrant(f), walletGrants(f), walletRevoke(f), walletRestrict(f), walletEmergency(f), walletMerge(f),
		walletOpen(f), walletTimeline(f), walletSummary(f), walletRecord(f), walletLog(f), walletWatch(f), walletRequests(f), walletAnswer(f), walletNotices(f), walletExport(f))
}

// cardTerm is how long a practitioner's card is good for.
const cardTerm = 365 * 24 * time.Hour

// birth is what a new wallet is made of.
type birth struct {
	name, person string
	practitioner bool
	organisation bool // that is no member
	role, at     string
}

func walletNew(f *cli.Face) *cobra.Command {
	var b birth
	c := &cobra.Command{
		Annotations: cli.About(cli.None, cli.Leaves("where the wallet was made already, go on with: stele wallet join --as NAME")),
		Use:         "new NAME", Short: "Make a wallet with fresh keys and join the network", Args: cli.Exactly("the wallet's name"),
		Long: "Makes the keys on this machine, seals them with your passphrase, and puts the\n" +
			"public ones on the ledger. A practitioner also gets a card that says who they are,\n" +
			"signed with the wallet of the organisation that --at names. An organisation that is no\n" +
			"member may be a licensing board; a member's wallet is made by stele member init.",
		Example: "  stele wallet new elena --name \"Elena Marchetti\"\n  stele wallet new okafor --name \"Dr Amara Okafor\" --practitioner \\\n      --role doctor --at hospital-b",
		RunE: func(cmd *cobra.Command, args []string) error {
			b.name = args[0]
			if b.organisation && (b.practitioner || b.at != "") {
				return cli.Usage("an organisation is no practitioner, and acts for itself", "stele wallet new board --organisation --name \"Medical Board\"")
			}
			if b.practitioner != (b.at != "") || !b.practitioner && cmd.Flags().Changed("role") {
				return cli.Usage("a practitioner's wallet takes --practitioner and --at ORGANISATION", "stele wallet new okafor --practitioner --role doctor --at hospital-b")
			}
			return makeWallet(cmd.Context(), f, b)
		},
	}
	c.Flags().StringVar(&b.person, "name", "", "the owner's name, for cards and consents (default NAME)")
	c.Flags().BoolVar(&b.practitioner, "practitioner", false, "for somebody who treats patients")
	c.Flags().BoolVar(&b.organisation, "organisation", false, "for a licensing board, an accreditor or another that is no member")
	c.Flags().StringVar(&b.role, "role", "doctor", "of a practitioner: doctor, nurse, pharmacist, …")
	c.Flags().StringVar(&b.at, "at", "", "the organisation that a practitioner acts for; its wallet must be here")
	return c
}

// makeWallet makes a wallet and joins with it. Where joining fails the wallet stays: its keys are
// good, and stele wallet join goes on.
func makeWallet(ctx context.Context, f *cli.Face, b birth) error {
	if !cli.FitName.MatchString(b.name) && !strings.HasSuffix(b.name, wallet.Suffix) {
		return cli.Usage("a wallet's name is letters, digits, dots and dashes", "the owner's full name goes into --name")
	}
	network, err := f.Network()
	if err != nil {
		return err
	}
	begin, err := f.Begin()
	if err != nil {
		return err
	}
	var issuer *client.Session
	if b.practitioner { // first: without it nothing is made
		if issuer, err = openIssuer(ctx, f, b.at); err != nil {
			return err
		}
		defer issuer.Close()
		if issuer.Kind() != wallet.Organisation {
			return cli.Usage(b.at+" is not an organisation's wallet", "--at takes the wallet of the hospital, clinic or pharmacy")
		}
	}
	secret, devnets, err := f.NewPassphrase(ctx, b.name, b.person)
	if err != nil {
		return err
	}
	o := wallet.Options{Kind: wallet.Patient, Name: cmp.Or(b.person, b.name)}
	switch {
	case b.practitioner:
		o.Kind = wallet.Practitioner
	case b.organisation:
		o.Kind = wallet.Organisation
	}
	if devnets {
		o.WorkFactor = devnet.WorkFactor // its passphrase lies beside it
	}
	w, err := wallet.Create(f.WalletPath(b.name), secret, pebblestore.Folders{}, o)
	if err != nil {
		return err
	}
	defer w.Close()
	s, err := cli.Connect(w, network)
	if err != nil {
		return err
	}
	s.Session.Begin = begin
	end := f.Patiently("joining the network")
	defer end()
	if w := f.WalletPath(b.name); w == b.name {
		f.Say("its keys are in %s: name it so, --as %s", terminal.Clean(w), terminal.Quoted(w))
	}
	if err := enter(ctx, s, issuer, b.role); err != nil {
		return cli.WithHint(err, "the wallet is made; join later with: stele wallet join --as "+b.name)
	}
	return showThere(f, s, "joined")
}

// openIssuer opens the wallet of the organisation that signs a practitioner's card.
func openIssuer(ctx context.Context, f *cli.Face, at string) (*client.Session, error) {
	if _, err := os.Stat(f.WalletPath(at)); errors.Is(err, os.ErrNotExist) {
		return nil, stele.E("open wallet", stele.KindNotFound, "the wallet of "+at+" is not here: "+f.WalletPath(at), nil).
			WithHint(cli.DidYouMean(at, f.Wallets(), "a practitioner's card is signed by their organisation: run this where its wallet is (--home), or give the wallet's path to --at"))
	}
	return f.OpenSession(ctx, at)
}

// enter puts the wallet's subject on the ledger and publishes a card: a
// practitioner's, or an organisation's own.
func enter(ctx context.Context, s, issuer *client.Session, role string) error {
	if _, err := s.Join(ctx); err != nil {
		return err
	}
	if s.Kind() == wallet.Organisation && s.Member(s.Subject()) != nil {
		return client.EnlistMember(ctx, s)
	}
	if issuer == nil {
		return nil
	}
	if s.Kind() == wallet.Patient { // a card to be found by, which says of its holder no more than the name
		return s.Enlist(ctx, issuer.Session, wallet.Profile{Until: s.Clock().Add(cardTerm)})
	}
	p := wallet.Profile{Role: role, Organisation: issuer.Subject(), Until: s.Clock().Add(cardTerm)}
	for _, m := range s.Network.All() {
		if m.Subject == issuer.Subject() {
			p.Facility = m.Kind
		}
	}
	return s.Enlist(ctx, issuer.Session, p)
}

func showThere(f *cli.Face, s *client.Session, how string) error {
	if f.JSON {
		return emitWallet(f, s.Wallet)
	}
	f.Print("%s", s.Subject())
	f.Say("%s %s %s: only this DID and public keys stand on the ledger", s.Name(), how, s.Consortium().Chain)
	return nil
}

func walletJoin(f *cli.Face) *cobra.Command {
	var at, role string
	c := &cobra.Command{
		Annotations: cli.About(cli.None, cli.Leaves("run the same again: joining twice does no harm")),
		Use:         "join", Short: "Join with a wallet made while the network was down; renew a card", Args: cli.AtMost(0),
		Long: "Puts the wallet's subject on the ledger where it is not there yet, and publishes a\n" +
			"new card: a practitioner's at the organisation that --at names, an organisation's\n" +
			"own once its network has been founded. Who acts for a patient takes one, too, with\n" +
			"--at: it shows the name to everybody, and no more.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) (err error) {
				var issuer *client.Session
				if at != "" {
					if issuer, err = openIssuer(cmd.Context(), f, at); err != nil {
						return err
					}
					defer issuer.Close()
				} else if s.Kind() == wallet.Practitioner {
					return cli.Usage("a practitioner joins at an organisation", "name it with --at")
				}
				if err := enter(cmd.Context(), s, issuer, role); err != nil {
					return err
				}
				return showThere(f, s, "is on") // once more, perhaps
			})
		},
	}
	c.Flags().StringVar(&at, "at", "", "the organisation that a practitioner acts for, or that vouches for who you are")
	c.Flags().StringVar(&role, "role", "doctor", "of a practitioner")
	return c
}

func walletShow(f *cli.Face) *cobra.Command {
	did := false
	c := &cobra.Command{
		Annotations: cli.About(cli.None),
		Use:         "show", Short: "Say whose wallet it is, by which keys it is known, what it holds", Args: cli.AtMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.Alone(cmd.Context(), func(w *wallet.Wallet) error {
				switch {
				case f.JSON:
					return emitWallet(f, w)
				case did:
					f.Print("%s", w.Subject())
					return nil
				}
				f.Lost(w)
				f.Print("name     %s", w.Name())
				f.Print("kind     %s", w.Kind())
				f.Print("DID      %s", w.Subject())
				signing, sealing := fingerprints(w)
				f.Print("signing  %s", signing)
				f.Print("sealing  %s", sealing)
				if card := cli.CardOf(w); card != nil {
					f.Print("card     %s until %s", strings.TrimSpace(card.Kind+" "+card.Role), terminal.Until(time.UnixMilli(card.ExpiresMs)))
				}
				has, err := w.Tally()
				if err != nil {
					return err
				}
				f.Print("grants   %d given, %d held", has.Given, has.Held)
				if n := has.Links; n > 0 {
					f.Print("linked   %s", stele.Count(n, "patient number", "patient numbers"))
				}
				if h := w.State().Head; h.Height > 0 {
					f.Print("log      %s when last checked, at block %s", stele.Count(h.Size, "entry", "entries"), stele.Number(h.Height))
				}
				sayBooksBeside(f, w)
				return nil
			})
		},
	}
	c.Flags().BoolVar(&did, "did", false, "print the DID alone")
	return c
}

func walletRestored(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.About(cli.None),
		Use:         "restored", Short: "Go on with an older copy of a wallet that you have put back", Args: cli.AtMost(0),
		Long: "Say here that you have put a backup of a wallet's book back. What it learned since is\n" +
			"gone, and one-time keys that it published since are not published again. Where the\n" +
			"mark beside the book is newer, the wallet does not open until it is said. A book and\n" +
			"a mark of one moment open at once, and nothing but this tells that they are old.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			name, err := f.Who()
			if err != nil {
				return err
			}
			w, err := f.OpenBy(cmd.Context(), name, wallet.OpenRestored)
			if err != nil {
				return err
			}
			defer w.Close()
			if f.JSON {
				return emitWallet(f, w)
			}
			f.Say("the wallet goes on with the copy; what it learned since is gone")
			return nil
		},
	}
}

// fingerprints are the SHA-256 of a wallet's public keys, for people to compare.
func fingerprints(w *wallet.Wallet) (signing, sealing string) {
	s, e := sha256.Sum256(w.Keyring().Signer().Public().Key), sha256.Sum256(w.Keyring().SealKey().Public())
	return hex.EncodeToString(s[:]), hex.EncodeToString(e[:])
}

func emitWallet(f *cli.Face, w *wallet.Wallet) error {
	has, err := w.Tally()
	if err != nil {
		return err
	}
	signing, sealing := fingerprints(w)
	out := map[string]any{
		"name": w.Name(), "kind": w.Kind(), "did": w.Subject(), "signing_key": signing, "seal_key": sealing,
		"given": has.Given, "held": has.Held,
	}
	if card := cli.CardOf(w); card != nil {
		out["card"] = cardJSON(card)
	}
	return f.Emit(out)
}

func cardJSON(card *wire.Card) map[string]any {
	out := map[string]any{
		"did": subjectText(card.Subject), "name": card.Name, "kind": card.Kind, "role": card.Role, "facility": card.Facility,
		"expires": time.UnixMilli(card.ExpiresMs).UTC(),
	}
	if o := subjectText(card.Organisation); o != "" {
		out["organisation"] = o
	}
	return out
}

// subjectText is a subject's DID, "" for what is none.
func subjectText(raw []byte) string {
	s, err := stele.SubjectFrom(raw)
	if err != nil {
		return ""
	}
	return s.String()
}
