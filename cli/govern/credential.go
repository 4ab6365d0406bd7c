package govern

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/issued"
	"github.com/stele-health/stele/issuing"
	"github.com/stele-health/stele/sdjwt"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

func credentialCommand(f *cli.Face) *cobra.Command {
	return f.Group("credential", "people", "Licences, roles and accreditations: issue, take back, show, verify",
		credentialIssue(f), credentialList(f), credentialMark(f, "revoke", sdjwt.Revoked, "Take a credential back, for good"),
		credentialMark(f, "suspend", sdjwt.Suspended, "Let a credential count for nothing, until it is reinstated"),
		credentialMark(f, "reinstate", sdjwt.Valid, "End a suspension"), credentialPost(f), credentialCertificate(f),
		credentialShow(f), credentialPresent(f), credentialVerify(f))
}

// order is a credential as flags say it.
type order struct {
	to, profession, role, facility, in, number, lasts string
}

// says returns what each kind says.
func (o order) says(kind credential.Kind) string {
	return map[credential.Kind]string{credential.Licence: o.profession, credential.Role: o.role, credential.Accreditation: o.facility}[kind]
}

func credentialIssue(f *cli.Face) *cobra.Command {
	var o order
	c := &cobra.Command{
		Annotations: cli.Leaves("it may be issued all the same: stele credential list shows it"),
		Use:         "issue KIND --to WHO", Short: "Issue a licence, a role or an accreditation", Args: cli.Exactly("the kind: licence, role or accreditation"),
		Long: "Signs a credential with the key of this wallet's organisation and leaves it, sealed,\n" +
			"in its holder's box. A licence lives for 90 days at most, an accreditation for a year, a\n" +
			"role for 24 hours. It counts when the members have admitted the issuer (stele issuer), or,\n" +
			"for a role, when the organisation is accredited.",
		Example: "  stele credential issue licence --to Okafor --profession doctor --in GB --as board\n" +
			"  stele credential issue accreditation --to Lakeview --facility emergency-department --in GB --as accreditor\n" +
			"  stele credential issue role --to Okafor --role emergency-doctor --as hospital-b",
		RunE: func(cmd *cobra.Command, args []string) error {
			kind := credential.Kind(args[0])
			if err := o.check(kind); err != nil {
				return err
			}
			return f.As(cmd.Context(), func(s *client.Session) error { return issue(cmd.Context(), f, s, kind, o) })
		},
	}
	flags := c.Flags()
	flags.StringVar(&o.to, "to", "", "who: a name, or a DID (stele wallet contacts lists them)")
	flags.StringVar(&o.profession, "profession", "", "of a licence: doctor, nurse, pharmacist, …")
	flags.StringVar(&o.role, "role", "", "of a role: emergency-doctor, ward-nurse, …")
	flags.StringVar(&o.facility, "facility", "", "of an accreditation, the kind of facility: hospital, emergency-department, …")
	flags.StringVar(&o.in, "in", "", "where it holds (ISO 3166): GB, DE, US-CA")
	flags.StringVar(&o.number, "number", "", "the licence's number, which its holder may show")
	flags.StringVar(&o.lasts, "for", "", "how long, if not as long as its kind may: 8h, 30d")
	return c
}

// check fails with KindUsage for flags that do not make a credential of the kind.
func (o order) check(kind credential.Kind) error {
	if !slices.Contains(credential.Kinds, kind) {
		return cli.Usage("there is no credential of the kind "+strconv.Quote(string(kind)), "licence, role or accreditation")
	}
	if o.to == "" {
		return cli.Usage("to whom?", "name them with --to; stele wallet contacts lists everybody")
	}
	for _, other := range credential.Kinds {
		if (other == kind) != (o.says(other) != "") {
			return cli.Usage("what is to stand in it?", "a licence says --profession, a role --role, an accreditation --facility, and nothing else")
		}
	}
	if (kind != credential.Role) != (o.in != "") {
		return cli.Usage("a licence or an accreditation holds somewhere, a role where its facility is", "name it with --in GB; leave it out for a role")
	}
	return nil
}

// repost is how old the posted list may be when something new is issued.
const repost = time.Hour

func issue(ctx context.Context, f *cli.Face, s *client.Session, kind credential.Kind, o order) error {
	lasts := time.Duration(0)
	if o.lasts != "" {
		var err error
		if lasts, err = cli.ParseTerm(o.lasts); err != nil {
			return err
		}
	}
	to, err := s.Find(ctx, o.to)
	if err != nil {
		return err
	}
	e, err := s.Issuing.Issue(ctx, issuing.Order{Kind: kind, To: to, Says: o.says(kind), Jurisdiction: o.in, Number: o.number, For: lasts})
	if err != nil {
		return err
	}
	posted, err := s.Register().Posted()
	if err == nil && (!posted.Final || s.Clock().Sub(posted.At) > repost) {
		if _, err = s.Issuing.Post(ctx); err != nil {
			err = cli.WithHint(err, "the credential is issued; until the list is posted it counts for nothing: stele credential post"+f.Mine())
		}
	}
	if err != nil {
		return err
	}
	if f.JSON {
		return f.Emit(entryJSON(e))
	}
	f.Print("%d", e.Place)
	f.Say("%s is %s by %s, which ends by itself %s", terminal.Clean(e.Name), e.Says, map[credential.Kind]string{
		credential.Licence: "a licence", credential.Role: "a role", credential.Accreditation: "an accreditation",
	}[e.Kind], terminal.Until(e.Until))
	if kind != credential.Role && unadmitted(ctx, s, kind, o.in) {
		f.SayWrapped("the members have not admitted this organisation as an issuer of it: it counts for nothing until they do (stele issuer propose, by a member), and you post your status list after that: stele credential post" + f.Mine())
	}
	f.Say("it waits in their box: stele wallet collect fetches it")
	f.Say("take it back with: stele credential revoke %d%s", e.Place, f.Mine())
	return nil
}

// unadmitted reports whether the members have not admitted the owner as an issuer, as far as the
// consortium's log could be followed.
func unadmitted(ctx context.Context, s *client.Session, kind credential.Kind, in string) bool {
	may := func(i stele.CredentialIssuer) bool { return i.Subject == s.Subject() && i.May(kind, in) }
	admitted := func() bool { return slices.ContainsFunc(s.Consortium().Issuing(), may) }
	return !admitted() && s.FollowNow(ctx) == nil && !admitted()
}

func entryJSON(e issued.Entry) map[string]any {
	return map[string]any{
		"number": e.Place, "kind": e.Kind, "holder": e.Holder, "name": e.Name, "says": e.Says, "from": e.From, "until": e.Until, "status": e.Status.String(),
	}
}

func credentialList(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List what this organisation has issued", Args: cli.AtMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.Alone(cmd.Context(), func(w *wallet.Wallet) error {
				all, err := w.Register().All()
				if err != nil {
					return err
				}
				now := time.Now()
				t := f.Table(terminal.Column{Title: "NUMBER"}, terminal.Column{Title: "KIND"}, terminal.Column{Title: "WHO", Flex: true}, terminal.Column{Title: "IS"},
					terminal.Column{Title: terminal.Zoned("UNTIL")}, terminal.Column{Title: "STATUS"})
				for _, e := range all {
					if f.JSON {
						if err := f.Emit(entryJSON(e)); err != nil {
							return err
						}
						continue
					}
					status := e.Status.String()
					if !e.Lives(now) {
						status = "expired"
					}
					t.Row(strconv.Itoa(e.Place), string(e.Kind), e.Name, e.Says, terminal.ShortUntil(e.Until), terminal.Cell{Text: status})
				}
				if !f.JSON {
					t.Flush("nothing was issued")
				}
				return nil
			})
		},
	}
}

func credentialMark(f *cli.Face, verb string, status sdjwt.Status, short string) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.Leaves("whether it counts already is not known: run stele credential post"),
		Use:         verb + " NUMBER", Short: short, Args: cli.Exactly("the credential's number (stele credential list)"),
		Long: "Changes this organisation's status list and posts it: its hash goes onto the ledger, the\n" +
			"list to every member. From that block on no member judges by an older one.",
		RunE: func(cmd *cobra.Command, args []string) error {
			place, err := strconv.Atoi(args[0])
			if err != nil {
				return cli.Usage(strconv.Quote(args[0])+" is no number of a credential", "stele credential list shows them")
			}
			return f.As(cmd.Context(), func(s *client.Session) error {
				e, err := s.Issuing.Mark(place, status)
				if err != nil {
					return err
				}
				posted, err := s.Issuing.Post(cmd.Context())
				if err != nil {
					return cli.WithHint(err, "it counts once the list is posted: stele credential post"+f.Mine())
				}
				if f.JSON {
					out := entryJSON(e)
					out["height"] = posted.Outcome.Height
					return f.Emit(out)
				}
				f.Print("%s: %s %s is %s from block %s on", terminal.Clean(e.Name), e.Kind, e.Says, e.Status, stele.Number(posted.Outcome.Height))
				saySilent(f, posted)
				return nil
			})
		},
	}
}

func saySilent(f *cli.Face, posted issuing.Posted) {
	for _, name := range posted.Silent {
		f.Note("%s does not have the list yet; whoever shows a credential brings it", terminal.Clean(name))
	}
}

func credentialPost(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.Leaves("run the same again: posting twice does no harm"),
		Use:         "post", Short: "Post the status list; every day, or credentials count for nothing", Args: cli.AtMost(0),
		Long: "A status list that is older than 24 hours counts for nothing: nobody can say of a\n" +
			"credential then that it was not taken back. Have a timer run this twice a day.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				posted, err := s.Issuing.Post(cmd.Context())
				if err != nil {
					return err
				}
				if f.JSON {
					return f.Emit(map[string]any{"epoch": posted.Epoch, "height": posted.Outcome.Height, "without_it": posted.Silent})
				}
				f.Print("list %d is posted, in block %s", posted.Epoch, stele.Number(posted.Outcome.Height))
				saySilent(f, posted)
				return nil
			})
		},
	}
}

func credentialCertificate(f *cli.Face) *cobra.Command {
	only, renew := false, false
	c := &cobra.Command{
		Use: "certificate", Short: "Print what the members admit this organisation by", Args: cli.AtMost(0),
		Long: "Makes the organisation's certificate the first time. The members pin its hash; tell them\n" +
			"DID and hash in a way that nobody else can speak in, such as a call.\n\n" +
			"It is good for ten years. --renew makes the next, of the same key: the members admit it beside\n" +
			"the old one, and from then on it is used; what was issued before counts until they dismiss that.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				der, err := certificateOf(cmd.Context(), s, renew)
				if err != nil {
					return err
				}
				hash := sha256.Sum256(der)
				if f.JSON {
					return f.Emit(map[string]any{"subject": s.Subject(), "certificate": hex.EncodeToString(hash[:]), "der": der})
				}
				if only {
					f.Print("%x", hash)
					return nil
				}
				f.Print("%s", s.Subject())
				f.Print("%x", hash)
				f.Say("a member proposes it with: stele issuer propose FILE --subject DID --certificate HASH --kind licence --in GB (or --kind accreditation)")
				return nil
			})
		},
	}
	c.Flags().BoolVar(&only, "hash", false, "print its hash and nothing else")
	c.Flags().BoolVar(&renew, "renew", false, "make the next one, before this one ends")
	return c
}

// certificateOf returns what the organisation issues with, or is to issue with next.
func certificateOf(ctx context.Context, s *client.Session, renew bool) ([]byte, error) {
	if err := s.FollowNow(ctx); err != nil {
		return nil, err
	}
	if renew {
		return s.Issuing.Renew()
	}
	by, err := s.Issuing.Issuer()
	return by.Certificate, err
}
