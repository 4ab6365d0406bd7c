package govern

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

func issuerCommand(f *cli.Face) *cobra.Command {
	return f.Group("issuer", "check", "Whose licences and accreditations count, as the members decide",
		issuerList(f), issuerPropose(f), issuerSign(f), issuerSubmit(f))
}

func issuerList(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the issuers that the members have admitted", Args: cli.AtMost(0),
		Long: "Lists whose credentials count, by the consortium's own log, checked from the network file's\n" +
			"genesis on. The list is public, and no wallet is needed.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			run, err := f.Consortium(cmd.Context())
			if err != nil {
				return err
			}
			t := f.Table(terminal.Column{Title: "ISSUER"}, terminal.Column{Title: "MAY ISSUE"}, terminal.Column{Title: "IN", Flex: true}, terminal.Column{Title: "BY CERTIFICATE"})
			for _, i := range run.Issuing() {
				if f.JSON {
					if err := f.Emit(map[string]any{
						"subject": i.Subject, "certificate": hex.EncodeToString(i.Certificate[:]), "kinds": i.Kinds, "in": i.Jurisdictions,
					}); err != nil {
						return err
					}
					continue
				}
				t.Row(terminal.ShortDID(i.Subject), joined(i.Kinds), strings.Join(i.Jurisdictions, " "), hex.EncodeToString(i.Certificate[:8]))
			}
			if !f.JSON {
				t.Flush("none: nobody's licences count yet")
			}
			return nil
		},
	}
}

func joined(kinds []stele.CredentialKind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return strings.Join(words, ", ")
}

// proposing is an admission or a dismissal as flags say it.
type proposing struct {
	subject, certificate string
	kinds, in            []string
	dismiss              bool
}

func issuerPropose(f *cli.Face) *cobra.Command {
	var p proposing
	force := false
	c := &cobra.Command{
		Use: "propose FILE", Short: "Propose to admit an issuer, or to dismiss one, and sign it", Args: cli.Exactly("the file to write"),
		Long: "Writes a proposal for the other members to sign (stele issuer sign FILE). It takes the\n" +
			"signatures of more than two thirds of them, and is good for " + wallet.RoundWords + ": agree first, then\n" +
			"hand the file round. DID and hash come from the issuer (stele credential certificate), in a way\n" +
			"that nobody else can speak in.",
		Example: "  stele issuer propose board.proposal --subject did:stele:… --certificate 9f86… --kind licence --in GB --as hospital-a",
		RunE: func(cmd *cobra.Command, args []string) error {
			message, err := p.message()
			if err != nil {
				return err
			}
			to := cli.Target{Path: args[0], Force: force}
			if err := to.Free(); err != nil {
				return err
			}
			return f.As(cmd.Context(), func(s *client.Session) error {
				raw := s.SignTransactionFor(message, wallet.RoundLives, s.Keyring().Signer())
				if err := to.Write(func(w *bufio.Writer) error { _, err := w.Write(raw); return err }); err != nil {
					return err
				}
				return tell(f, s, args[0], raw)
			})
		},
	}
	flags := c.Flags()
	flags.StringVar(&p.subject, "subject", "", "the issuer's DID")
	flags.StringVar(&p.certificate, "certificate", "", "the hash of its certificate, 64 hexadecimal digits")
	flags.StringSliceVar(&p.kinds, "kind", nil, "what it may issue: licence, accreditation")
	flags.StringSliceVar(&p.in, "in", nil, "where (ISO 3166): GB, DE, US-CA")
	flags.BoolVar(&p.dismiss, "dismiss", false, "dismiss it instead: what it issued counts for nothing from then on")
	flags.BoolVar(&force, "force", false, cli.ForceFlag)
	return c
}

// message makes the transaction of a proposal.
func (p proposing) message() (*wire.Transaction, error) {
	subject, err := stele.ParseSubject(p.subject)
	if err != nil {
		return nil, cli.Usage("--subject takes the issuer's DID", "they see it with: stele credential certificate")
	}
	hash, err := stele.ParseDigest(p.certificate)
	if err != nil {
		return nil, cli.Usage("--certificate takes 64 hexadecimal digits", "the issuer sees them with: stele credential certificate")
	}
	if p.dismiss {
		if len(p.kinds) > 0 || len(p.in) > 0 {
			return nil, cli.Usage("a dismissal is whole", "leave out --kind and --in; to narrow what an issuer may do, propose it anew without --dismiss")
		}
		return &wire.Transaction{Message: &wire.Transaction_DismissIssuer{DismissIssuer: &wire.DismissIssuer{Subject: subject[:], Certificate: hash[:]}}}, nil
	}
	kinds := make([]stele.CredentialKind, len(p.kinds))
	for i, k := range p.kinds {
		kinds[i] = stele.CredentialKind(k)
		if kinds[i] != stele.LicenceCredential && kinds[i] != stele.AccreditationCredential {
			return nil, cli.Usage(fmt.Sprintf("nobody is admitted for %q", k), "--kind licence, --kind accreditation; roles are their employer's to issue")
		}
	}
	if len(kinds) == 0 || len(p.in) == 0 {
		return nil, cli.Usage("what may it issue, and where?", "--kind licence --in GB")
	}
	in := slices.Compact(slices.Sorted(slices.Values(p.in)))
	return &wire.Transaction{Message: &wire.Transaction_AdmitIssuer{AdmitIssuer: &wire.AdmitIssuer{Issuer: &wire.CredentialIssuer{
		Subject: subject[:], Certificate: hash[:], Kinds: wire.CredentialKindBits(kinds...), Jurisdictions: in,
	}}}}, nil
}

// proposal reads a proposal's file, with what it says.
func proposal(path string) (*wire.Signed, *wire.Transaction, error) {
	raw, err := regular.Read(path, stele.MaxTransaction)
	if err != nil {
		return nil, nil, regular.Unread("read proposal", "the proposal", path, err).WithHint("stele issuer propose writes one")
	}
	signed, message, err := wire.ReadProposal(raw)
	if err != nil {
		return nil, nil, stele.E("read proposal", stele.KindInvalid, path+" is no proposal about an issuer", err).WithHint("stele issuer propose writes one")
	}
	return signed, message, nil
}

// tell says where a proposal stands.
func tell(f *cli.Face, s *client.Session, path string, raw []byte) error {
	signed, message, err := wire.ReadProposal(raw)
	if err != nil {
		return err
	}
	all := len(s.Consortium().Members)
	left := time.UnixMilli(message.ExpiresMs).Sub(s.Clock()).Truncate(time.Second)
	if f.JSON {
		return f.Emit(map[string]any{"file": path, "says": message.Asks().Decides, "signatures": len(signed.Signatures), "needed": 2*all/3 + 1, "expires": time.UnixMilli(message.ExpiresMs).UTC()})
	}
	f.Print("%s", path)
	f.SayWrapped(message.Asks().Decides)
	f.Say("%d of %d signatures; good for %s", len(signed.Signatures), 2*all/3+1, left)
	if len(signed.Signatures) > 2*all/3 {
		f.Say("hand it in with: stele issuer submit %s%s", terminal.Quoted(path), f.Mine())
	} else {
		f.Say("the next member signs with: stele issuer sign %s", terminal.Quoted(path))
	}
	return nil
}

func issuerSign(f *cli.Face) *cobra.Command {
	yes := false
	c := &cobra.Command{
		Use: "sign FILE", Short: "Sign a proposal for this wallet's organisation", Args: cli.Exactly("the proposal's file"),
		Long: "Says what the proposal would do, and asks. Compare DID and hash with what the issuer told\n" +
			"you itself, not with what the file's sender told you.",
		RunE: func(cmd *cobra.Command, args []string) error {
			signed, message, err := proposal(args[0])
			if err != nil {
				return err
			}
			return f.As(cmd.Context(), func(s *client.Session) error {
				if err := signable(s, signed, message); err != nil {
					return err
				}
				f.SayWrapped(message.Asks().Decides)
				if !yes {
					if err := f.Confirm(cmd.Context(), "Sign it for "+s.Name()+"?", "nothing was signed"); err != nil {
						return err
					}
				}
				mine := wire.SignBytes(wire.TagTransaction, signed.Body, s.Keyring().Signer())
				signed.Signatures = append(signed.Signatures, mine.Signatures...)
				raw := wire.Marshal(signed)
				if err := regular.Replace(args[0], raw); err != nil {
					return regular.Unwritten("sign proposal", args[0], err)
				}
				return tell(f, s, args[0], raw)
			})
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

// signable fails where a signature would be worth nothing.
func signable(s *client.Session, signed *wire.Signed, message *wire.Transaction) error {
	const op = "sign proposal"
	keys, err := wire.Check(wire.TagTransaction, signed)
	switch {
	case err != nil:
		return stele.E(op, stele.KindInvalid, "a signature on the proposal does not hold", err).WithHint("have it made anew")
	case s.Consortium().Member(s.Subject()) == nil:
		return stele.E(op, stele.KindDenied, s.Name()+" is no member of the network, and has no say in it", nil).
			WithHint("a member's wallet signs, with --as")
	case message.Chain != s.Consortium().Chain:
		return stele.E(op, stele.KindInvalid, "the proposal is for another network", nil).WithHint("have it made on this one")
	case !time.UnixMilli(message.ExpiresMs).After(s.Clock()):
		return stele.E(op, stele.KindInvalid, "the proposal has expired", nil).WithHint("have it made anew: it is good for " + wallet.RoundWords)
	case slices.Contains(keys, wire.Key(s.Keyring().Signer().Public())):
		return stele.E(op, stele.KindExists, s.Name()+" has signed it already", nil).WithHint("the next member signs, or hands it in: stele issuer submit")
	}
	return nil
}

func issuerSubmit(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.Leaves("run the same again: it happens once; stele issuer list shows what came of it"),
		Use:         "submit FILE", Short: "Put a proposal with enough signatures onto the ledger", Args: cli.Exactly("the proposal's file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			signed, message, err := proposal(args[0])
			if err != nil {
				return err
			}
			return f.As(cmd.Context(), func(s *client.Session) error { return submit(cmd.Context(), f, s, signed, message) })
		},
	}
}

func submit(ctx context.Context, f *cli.Face, s *client.Session, signed *wire.Signed, message *wire.Transaction) error {
	outcome, err := s.SubmitSigned(ctx, wire.Marshal(signed))
	if err != nil {
		return cli.WithHint(err, "more than two thirds of the members sign: stele issuer sign FILE; stele issuer list shows what is decided already")
	}
	if f.JSON {
		return f.Emit(map[string]any{"says": message.Asks().Decides, "height": outcome.Height})
	}
	f.Print("decided, from block %s on", stele.Number(outcome.Height))
	f.SayWrapped(message.Asks().Decides)
	return nil
}
