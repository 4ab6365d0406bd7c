package govern

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/sdjwt"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

func credentialShow(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Tell which credentials this wallet holds", Args: cli.AtMost(0),
		Long: "Tells what was issued to this wallet's owner and collected, and of each whether its\n" +
			"issuer says by now that it was revoked or suspended, where members can be asked. To\n" +
			"open a chart under a grant for a role, licence, role and the facility's accreditation\n" +
			"are shown by themselves, and no name with them.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.Alone(cmd.Context(), func(w *wallet.Wallet) error {
				held, err := w.Credentials()
				if err != nil {
					return err
				}
				now, why, name := lookedUp(cmd.Context(), f, w, held)
				t := f.Table(terminal.Column{Title: "KIND"}, terminal.Column{Title: "SAYS"}, terminal.Column{Title: "OF", Flex: true},
					terminal.Column{Title: terminal.Zoned("UNTIL")}, terminal.Column{Title: "NOW"})
				for i, h := range held {
					p, err := h.Paper()
					if err != nil {
						return err
					}
					of := p.Name
					if h.Kind == credential.Role { // the owner's own name tells nothing
						of = name(h.Issuer)
					}
					if f.JSON {
						if err := f.Emit(map[string]any{
							"kind": h.Kind, "issuer": h.Issuer, "holder": h.Holder, "says": h.Says, "until": h.Until, "name": p.Name, "number": p.Number, "of": of, "now": now[i], "why": why[i], "credential": h.Token,
						}); err != nil {
							return err
						}
						continue
					}
					t.Row(string(h.Kind), h.Says, of, terminal.ShortUntil(h.Until), now[i])
				}
				if f.JSON {
					return nil
				}
				t.Flush("none: stele wallet collect fetches what was issued")
				for i, h := range held {
					if why[i] != "" {
						f.SayWrapped(h.Says + " does not count, and opens no chart: " + why[i])
					}
				}
				return nil
			})
		},
	}
}

// noList is where a credential stands whose issuer has posted no list that counts.
const noList = "no list found"

// lookedUp says of each credential how it stands now, and of what does not count why, and names organisations: by what
// the network's file and its members tell, as far as they can be reached.
func lookedUp(ctx context.Context, f *cli.Face, w *wallet.Wallet, held []wallet.HeldCredential) (now, why []string, name func(stele.Subject) string) {
	names := map[stele.Subject]string{w.Subject(): w.Name()}
	says, none, counts := make([]*sdjwt.Status, len(held)), "not looked up", make([]error, len(held))
	if s := reached(ctx, f, w); s != nil && len(held) > 0 {
		defer s.Close()
		for _, m := range s.Network.All() {
			names[m.Subject] = m.Name
		}
		says, none = s.StandingOf(ctx, held), noList
		counts = s.Counts(held)
	}
	why = make([]string, len(held))
	for i, h := range held {
		switch {
		case !h.Until.After(time.Now()):
			now = append(now, "expired")
		case says[i] != nil && *says[i] != sdjwt.Valid:
			now = append(now, says[i].String())
		case counts[i] != nil:
			now, why[i] = append(now, "does not count"), stele.TextOf(counts[i])
		case says[i] == nil:
			if now = append(now, none); none == noList {
				why[i] = "its issuer has posted no status list that counts, which they do with stele credential post"
			}
		default:
			now = append(now, "runs")
		}
	}
	return now, why, func(who stele.Subject) string {
		if n, known := names[who]; known {
			return n
		}
		return terminal.ShortDID(who)
	}
}

// reached puts a wallet to work on the home's network as it is now; nil where there is none, or
// nobody of it answers.
func reached(ctx context.Context, f *cli.Face, w *wallet.Wallet) *client.Session {
	network, err := f.Network()
	if err != nil {
		return nil
	}
	s, err := cli.Connect(w, network)
	if err != nil {
		return nil
	}
	if s.Session.Begin, err = f.Begin(); err != nil || s.FollowNow(ctx) != nil {
		s.Close()
		return nil
	}
	return s
}

func credentialPresent(f *cli.Face) *cobra.Command {
	var to, nonce string
	var disclose []string
	c := &cobra.Command{
		Use: "present KIND --to WHO --nonce WORD", Short: "Show a credential to somebody, with as much of it as you choose", Args: cli.Exactly("the kind: licence, role or accreditation"),
		Long: "Writes an SD-JWT with a key binding (RFC 9901) to stdout: it is good for the one who\n" +
			"is named, for ten minutes, and for the nonce that they gave you. Whoever it is\n" +
			"checks it with stele credential verify. Nothing is disclosed that is not named.",
		Example: "  stele credential present licence --to \"Lakeview Hospital\" --nonce 3f9a… --disclose name,licence_number --as okafor > shown",
		RunE: func(cmd *cobra.Command, args []string) error {
			kind := credential.Kind(args[0])
			if !slices.Contains(credential.Kinds, kind) {
				return cli.Usage("there is no credential of the kind "+strconv.Quote(args[0]), "licence, role or accreditation")
			}
			if to == "" || nonce == "" {
				return cli.Usage("to whom, and for which nonce?", "they get one with: stele credential verify --new")
			}
			return f.As(cmd.Context(), func(s *client.Session) error {
				contact, err := s.Find(cmd.Context(), to)
				if err != nil {
					return err
				}
				lines, err := s.Present(kind, sdjwt.Binding{Audience: contact.Subject().String(), Nonce: nonce}, disclose...)
				if stele.KindOf(err) == stele.KindInvalid {
					return cli.WithHint(err, "--disclose takes what stands in it: profession or role, name, licence_number")
				}
				if err != nil {
					return err
				}
				if f.JSON {
					return f.Emit(map[string]any{"to": contact.Subject(), "credentials": lines})
				}
				f.Print("%s", strings.Join(lines, "\n"))
				return nil
			})
		},
	}
	c.Flags().StringVar(&to, "to", "", "who is to check it: a name, or a DID")
	c.Flags().StringVar(&nonce, "nonce", "", "the word that they gave you for this")
	c.Flags().StringSliceVar(&disclose, "disclose", nil, "what to disclose: profession, role, name, licence_number")
	return c
}

// longestShown bounds a file of credentials that are shown.
const longestShown = 4 * stele.MaxCredential

func credentialVerify(f *cli.Face) *cobra.Command {
	var nonce string
	fresh := false
	c := &cobra.Command{
		Use: "verify [FILE --nonce WORD]", Short: "Check a credential that somebody shows to you", Args: cli.AtMost(1),
		Long: "Checks what stele credential present wrote for this wallet's owner: signatures, who\n" +
			"issued it and whether the members admitted them, its end, and whether it was taken\n" +
			"back. Nothing that it names is fetched. --new makes the nonce to ask for it with.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if fresh {
				raw := make([]byte, 16)
				rand.Read(raw)
				if f.JSON {
					return f.Emit(map[string]any{"nonce": hex.EncodeToString(raw)})
				}
				f.Print("%x", raw)
				return nil
			}
			if len(args) == 0 || nonce == "" {
				return cli.Usage("which file, and for which nonce?", "stele credential verify FILE --nonce WORD; --new makes a nonce")
			}
			raw, err := regular.Read(args[0], longestShown)
			if err != nil {
				return regular.Unread("verify credential", "the file", args[0], err).WithHint("stele credential present writes one")
			}
			return f.As(cmd.Context(), func(s *client.Session) error {
				papers, err := s.VerifyShown(cmd.Context(), strings.Fields(string(raw)), nonce)
				if err != nil {
					return cli.WithHint(err, "believe nothing of it; they may show it anew, to you and for a nonce of yours: stele credential verify --new")
				}
				for _, p := range papers {
					not := ""
					if p.Kind == credential.Licence {
						not = stele.TextOf(s.CountsHere(p.Jurisdiction))
					}
					if f.JSON {
						if err := f.Emit(map[string]any{
							"kind": p.Kind, "issuer": p.Issuer, "holder": p.Holder, "says": p.Says(), "name": p.Name, "number": p.Number, "in": p.Jurisdiction, "until": p.Until, "not_here": not,
						}); err != nil {
							return err
						}
						continue
					}
					f.Good(sentence(p))
					if not != "" {
						f.SayWrapped("It does not count here, and opens no chart: " + not + ".")
					}
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&nonce, "nonce", "", "the word that you gave them")
	c.Flags().BoolVar(&fresh, "new", false, "make a nonce")
	return c
}

// sentence says what a credential proves.
func sentence(p credential.Paper) string {
	said := string(p.Kind)
	if says := p.Says(); says != "" {
		said += " as " + says
	}
	if p.Jurisdiction != "" {
		said += " in " + p.Jurisdiction
	}
	if p.Name != "" {
		said += ", of " + p.Name
	}
	if p.Number != "" {
		said += ", number " + p.Number
	}
	return terminal.Clean(said + ": holds until " + terminal.Until(p.Until))
}
