package wallet

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

func walletContacts(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.About(cli.None, cli.Leaves("nothing was changed")),
		Use:         "contacts [QUERY]", Short: "List who can be given a grant: everybody with a checked card", Args: cli.AtMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				query, err := spell.DID(strings.Join(args, " "))
				if err != nil {
					return err
				}
				found, silent, err := s.Lookup(cmd.Context(), query)
				if err != nil {
					return err
				}
				t := f.Table(terminal.Column{Title: "NAME", Flex: true}, terminal.Column{Title: "WHAT"}, terminal.Column{Title: "AT", Flex: true}, terminal.Column{Title: "DID"})
				for _, c := range found {
					if f.JSON {
						if err := f.Emit(cardJSON(c.Card)); err != nil {
							return err
						}
						continue
					}
					t.Row(c.Card.Name, cmp.Or(c.Card.Role, c.Card.Facility, c.Card.Kind), memberName(s, c.Card.Organisation), terminal.ShortDID(c.Subject()))
				}
				if len(found) == 0 && query != "" {
					_, err := s.Find(cmd.Context(), query) // says who may have been meant
					return err
				}
				if !f.JSON {
					t.Flush("nobody has a card here yet")
				}
				return saySilent(f, silent)
			})
		},
	}
}

// saySilent says whose people may be missing from a list.
func saySilent(f *cli.Face, members []string) error {
	if len(members) == 0 {
		return nil
	}
	if f.JSON {
		return f.Emit(map[string]any{"silent": members})
	}
	f.Say("%s", f.ErrStyle.Paint(terminal.Amber, strings.Join(members, ", ")+" did not answer: their people are missing here"))
	return nil
}

// memberName is the name of the member that a subject is, or its short DID.
func memberName(s *client.Session, raw []byte) string {
	subject, err := stele.SubjectFrom(raw)
	if err != nil {
		return ""
	}
	for _, m := range s.Network.All() {
		if m.Subject == subject {
			return m.Name
		}
	}
	return terminal.ShortDID(subject)
}

func walletCollect(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.About(cli.None, cli.Leaves("grants that were fetched are kept; run the same again")),
		Use:         "collect", Short: "Fetch the grants that patients have given, and credentials", Args: cli.AtMost(0),
		Long: "Fetches what was given and issued to this wallet's owner since. It also tells who acts for\n" +
			"somebody which delegations have ended; an organisation, which may hold a great many\n" +
			"grants, asks for that alone: stele delegate list.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				settle(cmd.Context(), f, s)
				before, err := s.Credentials()
				if err != nil {
					return err
				}
				fresh, err := s.Collect(cmd.Context())
				if err != nil {
					return err
				}
				over, err := endedSince(cmd.Context(), s)
				if err != nil {
					return err
				}
				papers, waiting, err := newCredentials(s, before)
				if err != nil {
					return err
				}
				for _, h := range fresh {
					if f.JSON {
						if err := f.Emit(heldJSON(s, h)); err != nil {
							return err
						}
						continue
					}
					is := heldStatus(s, h) // it may have been taken back on the way
					cell := statusCell(is)
					whole(f, saysNow(h.Says, is), "%s  %s  %s", h.Grant.Short(), f.OutStyle.Paint(cell.Style, cell.Text), terminal.Clean(fromWhom(h)))
				}
				for _, h := range over {
					f.SayWrapped("you act no more for " + cmp.Or(patientOf(h.Document), terminal.ShortDID(h.Subject)) + " by " + h.Grant.Short() + ": it was taken back, or is over (stele delegate list)")
				}
				if f.JSON {
					return f.Emit(map[string]any{"event": "collected", "new": len(fresh), "credentials": papers, "waiting": waiting})
				}
				said := stele.Count(len(fresh), "new grant", "new grants")
				if papers > 0 {
					said += ", " + stele.Count(papers, "new credential", "new credentials")
				}
				f.Say("%s", said)
				if waiting > 0 {
					f.SayWrapped(stele.Count(waiting, "delivery", "deliveries") + " of credentials will count once the members have admitted the issuer: collect again then")
				}
				return nil
			})
		},
	}
}

// endedSince asks where the delegations stand by which somebody acts for others, and returns those that were said to
// hold and are over. An organisation, which may hold very many grants, asks as it lists or uses them.
func endedSince(ctx context.Context, s *client.Session) (over []wallet.Held, err error) {
	if s.Kind() == wallet.Organisation {
		return nil, nil
	}
	before, err := s.Delegations()
	if err == nil {
		err = s.AskWhoLives(ctx, before)
	}
	if err != nil {
		return nil, err
	}
	now, err := s.Delegations()
	for _, h := range now {
		if h.Over && slices.ContainsFunc(before, func(b wallet.Held) bool { return b.Grant == h.Grant && !b.Over }) {
			over = append(over, h)
		}
	}
	return over, err
}

// newCredentials counts the credentials that the wallet holds and did not before, and the deliveries
// that wait for their issuer to be admitted.
func newCredentials(s *client.Session, before []wallet.HeldCredential) (n, waiting int, err error) {
	had := map[string]bool{}
	for _, h := range before {
		had[h.Token] = true
	}
	now, err := s.Credentials()
	for _, h := range now {
		if !had[h.Token] {
			n++
		}
	}
	if err == nil {
		waiting, err = s.WaitingCredentials()
	}
	return n, waiting, err
}
