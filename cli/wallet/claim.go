package wallet

import (
	"cmp"
	"context"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/keyring"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

// claiming is what somebody with a slip says.
type claiming struct {
	name   string // of the owner
	out    cli.Target
	submit string // the file that a member signed
}

func walletClaim(f *cli.Face) *cobra.Command {
	var c claiming
	command := &cobra.Command{
		Annotations: cli.About(cli.Together, cli.Leaves("give the same again: what is done stays done")),
		Use:         "claim [CODE]", Short: "Take over a chart that was made for you, by your slip's code", Args: cli.AtMost(1),
		Long: "With the code that stands on your slip: makes the wallet's keys on this machine (--as\n" +
			"names a new wallet) and writes a claim. A member of the network other than the one that\n" +
			"printed the slip looks at you and the slip, and signs it within " + wallet.RoundWords + ": stele\n" +
			"patient vouch FILE. Then --submit FILE makes the chart yours, and seals what was\n" +
			"delivered before to your key. Leave CODE out to be asked for it: what is typed on the\n" +
			"command line others may see.",
		Example: "  stele wallet claim --as pia --name \"Pia Paper\" --out pia.claim\n  stele patient vouch pia.claim --as hospital-b\n  stele wallet claim --as pia --submit pia.claim",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case (c.submit == "") == (c.out.Path == ""):
				return cli.Usage("first --out FILE, then, once a member has signed it, --submit FILE", "stele wallet claim --as pia --out pia.claim")
			case c.submit != "" && len(args) > 0:
				return cli.Usage("the code is needed once, and the claim is made", "leave the code out with --submit")
			case c.submit != "":
				return f.As(cmd.Context(), func(s *client.Session) error { return submitClaim(cmd.Context(), f, s, c.submit) })
			}
			return c.make(cmd.Context(), f, args)
		},
	}
	command.Flags().StringVar(&c.out.Path, "out", "", "the claim to write, for a member to sign")
	command.Flags().BoolVar(&c.out.Force, "force", false, cli.ForceFlag)
	command.Flags().StringVar(&c.submit, "submit", "", "the claim that a member has signed")
	command.Flags().StringVar(&c.name, "name", "", "the owner's name, for consents (default: the wallet's)")
	return command
}

// code reads the code of a slip, typed or asked for.
func code(ctx context.Context, args []string) (spell.Code, error) {
	if len(args) > 0 {
		return spell.ParseCode(args[0])
	}
	answers, err := terminal.Secrets(ctx, "The code on your slip: ")
	switch {
	case errors.Is(err, terminal.ErrNobody):
		return spell.Code{}, cli.Usage("the code of the slip is needed, and there is no terminal to ask", "stele wallet claim CODE --out FILE")
	case err != nil:
		return spell.Code{}, err
	}
	return spell.ParseCode(answers[0])
}

// make makes the wallet, where there is none, and the claim.
func (c claiming) make(ctx context.Context, f *cli.Face, args []string) error {
	typed, err := code(ctx, args)
	if err != nil {
		return err
	}
	if err := c.out.Free(); err != nil {
		return err
	}
	slip := keyring.SlipOf(typed.Bytes())
	s, err := c.session(ctx, f, slip)
	if err != nil {
		return err
	}
	defer s.Close()
	raw, err := s.Claim(ctx, slip)
	if err != nil {
		return err
	}
	if err := c.out.Write(cli.Content(raw)); err != nil {
		return err
	}
	signing, _ := fingerprints(s.Wallet)
	if f.JSON {
		return f.Emit(map[string]any{"file": c.out.Path, "did": s.Subject(), "signing_key": signing})
	}
	f.Print("%s", c.out.Path)
	f.Say("the claim is of this device: %s", cli.DeviceNumber(s.Keyring().Device()))
	f.Say("a member that did not print the slip signs it within %s: stele patient vouch %s", wallet.RoundWords, terminal.Quoted(c.out.Path))
	f.Say("then: stele wallet claim --submit %s%s", terminal.Quoted(c.out.Path), f.Mine())
	return nil
}

// session opens the wallet that claims, or makes it once it is known that a chart waits.
func (c claiming) session(ctx context.Context, f *cli.Face, slip keyring.Slip) (*client.Session, error) {
	name, err := f.Who()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(f.WalletPath(name)); err == nil {
		return f.OpenSession(ctx, name)
	}
	if !cli.FitName.MatchString(name) && !strings.HasSuffix(name, wallet.Suffix) {
		return nil, cli.Usage("a wallet's name is letters, digits, dots and dashes", "the owner's full name goes into --name")
	}
	network, err := f.Network()
	if err != nil {
		return nil, err
	}
	begin, err := f.Begin()
	if err != nil {
		return nil, err
	}
	o := wallet.Options{Kind: wallet.Patient, Name: c.name, Claims: &slip}
	if o.Name == "" {
		o.Name = name
	}
	secret, devnets, err := f.NewPassphrase(ctx, name, o.Name)
	if err != nil {
		return nil, err
	}
	if devnets {
		o.WorkFactor = devnet.WorkFactor // its passphrase lies beside it
	}
	w, err := wallet.Create(f.WalletPath(name), secret, pebblestore.Folders{}, o)
	if err != nil {
		return nil, err
	}
	s, err := cli.Connect(w, network)
	if err == nil {
		s.Session.Begin = begin
		if err = s.Unclaimed(ctx, slip); err == nil {
			return s, nil
		}
	}
	_ = w.Discard() // keys of nobody
	return nil, err
}

// submitClaim puts the claim on the ledger, and makes the chart the owner's own to read.
func submitClaim(ctx context.Context, f *cli.Face, s *client.Session, path string) error {
	raw, err := regular.Read(path, stele.MaxTransaction)
	if err != nil {
		return regular.Unread("read claim", "the claim", path, err).WithHint("stele wallet claim CODE --out FILE writes one")
	}
	if err := s.SubmitClaim(ctx, raw); err != nil {
		return err
	}
	if !f.JSON {
		f.Print("%s", s.Subject())
		f.Say("the chart is yours: from now on you decide who reads it. Destroy the slip: it is of no more use")
	}
	if err := s.SettleIn(ctx); err != nil {
		return cli.WithHint(err, "the chart is yours; say what opens in an emergency with: stele wallet emergency set")
	}
	return f.Each(ctx, s, func(s *client.Session) error { return cmp.Or(reseal(ctx, f, s), goesOn(ctx, f, s)) })
}

// goesOn says which grants members gave before a chart was the owner's: she decides on them now.
func goesOn(ctx context.Context, f *cli.Face, s *client.Session) error {
	ids := statusesOf(ctx, f, s).goesOn()
	whole, short := []string{}, []string{}
	for _, id := range ids {
		whole, short = append(whole, id.String()), append(short, id.Short())
	}
	if f.JSON {
		return f.Emit(map[string]any{"event": "grants of others", "did": s.Subject(), "grants": whole})
	}
	if len(ids) > 0 {
		f.SayWrapped(stele.Count(len(ids), "grant that others gave goes on: ", "grants that others gave go on: ") + strings.Join(short, ", ") +
			"; take back what you do not want with: stele wallet revoke ID" + f.Mine() + " (stele wallet grants --long tells of each)")
	}
	return nil
}

func walletReseal(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.About(cli.Each, cli.Leaves("give the same again: what is done stays done")),
		Use:         "reseal", Short: "Have your own key open what was delivered before you had it", Args: cli.AtMost(0),
		Long: "Folios that were sealed before your key was yours (before you claimed your chart, rotated\n" +
			"a key or added a device) open through the trustees alone. This opens them so, under a\n" +
			"grant that you give yourself and that stands in your log, seals their keys to each of\n" +
			"your devices and brings them to the vaults.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error { return reseal(cmd.Context(), f, s) })
		},
	}
}

// reseal seals one chart anew, and says what was not done.
func reseal(ctx context.Context, f *cli.Face, s *client.Session) error {
	bar := f.Progress("sealing to your key")
	out, err := s.Charts.Reseal(ctx, func(done, all int) { bar.Set(uint64(done), uint64(all), "folios") })
	bar.End()
	if err != nil {
		return cli.WithHint(err, "what is sealed stays so; go on with: stele wallet reseal"+f.Mine())
	}
	if f.JSON {
		return f.Emit(resealedJSON(s, out))
	}
	f.Say("%s of your chart: %d opened by your key before, %d now", stele.Count(out.Folios, "folio", "folios"), out.Before, out.Before+out.Sealed)
	for _, fault := range out.Faults {
		f.SayWrapped(fault.Member + " " + fault.What)
	}
	if out.Unopened > 0 {
		f.SayWrapped(stele.Count(out.Unopened, "folio", "folios") + " did not open: the trustees released no key that fits. They stay as they are; try again with: stele wallet reseal" + f.Mine())
	}
	for _, m := range s.Network.All() {
		if missed := out.Missing[m.Name]; missed.Envelopes > 0 {
			f.SayWrapped(m.Name + " did not take " + stele.Count(missed.Envelopes, "envelope", "envelopes") + whyMissed(missed) + "; the chart opens by what others have. Bring it there later: stele wallet reseal" + f.Mine())
		}
	}
	return nil
}

// whyMissed is what a member said when it took no more, and what it advises.
func whyMissed(m reading.Missed) string {
	if m.Why == nil {
		return ""
	}
	why := ": " + cli.Sentence(m.Why)
	if hint := stele.HintOf(m.Why); hint != "" {
		why += " (" + hint + ")"
	}
	return why
}

func resealedJSON(s *client.Session, out reading.Resealed) map[string]any {
	missing := map[string]any{}
	for name, m := range out.Missing {
		missing[name] = map[string]any{"envelopes": m.Envelopes, "why": strings.TrimPrefix(whyMissed(m), ": ")}
	}
	return map[string]any{
		"did": s.Subject(), "folios": out.Folios, "before": out.Before, "sealed": out.Sealed, "unopened": out.Unopened, "missing": missing,
	}
}
