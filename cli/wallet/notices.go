package wallet

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/notify"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

func walletNotices(f *cli.Face) *cobra.Command {
	c := &cobra.Command{
		Use: "notices VERB", Short: "Be told outside the network that something happened", Args: cobra.ArbitraryArgs, RunE: cli.Noun,
		SuggestionsMinimumDistance: 2,
		Long: "A member tells you, by a webhook or an e-mail, that something happened in your record:\n" +
			"always the same few words, whatever it was. Who reads them learns no more than that you\n" +
			"have a record. What it was, stele wallet log says.",
	}
	c.AddCommand(noticesSet(f), noticesShow(f), noticesNone(f))
	return c
}

func noticesSet(f *cli.Face) *cobra.Command {
	var target wire.NoticeTarget
	var kinds []string
	at := ""
	c := &cobra.Command{
		Annotations: cli.About(cli.Together),
		Use:         "set", Short: "Say where, and of what", Args: cli.AtMost(0),
		Long: "Emergencies are always told, whatever the kinds say. The member learns the address that\n" +
			"you give it, and keeps it until you take it away: stele wallet notices none.",
		Example: "  stele wallet notices set --email ana@example.org --at \"Northside Hospital\"\n" +
			"  stele wallet notices set --webhook https://example.org/hook --kinds opened,refused",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (target.Webhook == "") == (target.Email == "") {
				return cli.Usage("where to?", "give --webhook URL or --email ADDRESS, one of them")
			}
			for _, k := range kinds {
				if !slices.Contains(notify.Kinds(), k) {
					return cli.Usage("there is no kind "+terminal.Quoted(k), cli.DidYouMean(k, notify.Kinds(), "the kinds are "+strings.Join(notify.Kinds(), ", ")))
				}
			}
			return f.As(cmd.Context(), func(s *client.Session) error { return setNotices(cmd.Context(), f, s, at, &target, kinds) })
		},
	}
	c.Flags().StringVar(&target.Webhook, "webhook", "", "https address that is posted to, signed as Standard Webhooks has it")
	c.Flags().StringVar(&target.Email, "email", "", "address that is written to")
	c.Flags().StringSliceVar(&kinds, "kinds", []string{notify.Opened, notify.Refused, notify.Granted, notify.Delegates, notify.Keys}, "of what: "+strings.Join(notify.Kinds(), ", "))
	c.Flags().StringVar(&at, "at", "", "the member that tells you (default: the first of the network file)")
	return c
}

func setNotices(ctx context.Context, f *cli.Face, s *client.Session, at string, target *wire.NoticeTarget, kinds []string) error {
	m, err := memberAt(s, at)
	if err != nil {
		return err
	}
	if err := s.SetNotices(ctx, m, target, kinds); err != nil {
		return err
	}
	secret := ""
	if target.Webhook != "" {
		secret = notify.Secret(target.Secret)
	}
	if f.JSON {
		return f.Emit(map[string]any{"member": m.Name, "target": cmp.Or(target.Webhook, target.Email), "kinds": kinds, "secret": secret})
	}
	if secret != "" {
		f.Print("%s", secret)
		f.SayWrapped("with this secret the hook checks that a notice is from " + m.Name + ": keep it, it is not shown again")
	}
	f.SayWrapped(m.Name + " tells you at " + cmp.Or(target.Webhook, target.Email) + " of " + strings.Join(append(slices.Clone(kinds), "emergencies"), ", ") + ": “" + notify.Text + "”")
	charts, err := f.OtherCharts(ctx, s)
	for _, chart := range charts {
		f.SayWrapped("You are told there, too, of what happens in the chart " + terminal.ShortDID(chart) + ", which is yours.")
	}
	return err
}

// memberAt is the member of a name, or the first.
func memberAt(s *client.Session, name string) (members.Member, error) {
	all := s.Network.All()
	if name == "" {
		return all[0], nil
	}
	i := slices.IndexFunc(all, func(m members.Member) bool { return stele.Fold(m.Name) == stele.Fold(name) })
	if i < 0 {
		return members.Member{}, cli.Usage("there is no member "+terminal.Quoted(name), "stele ledger status lists them")
	}
	return all[i], nil
}

func noticesShow(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.About(cli.Each),
		Use:         "show", Short: "Show where you are told, and of what", Args: cli.AtMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error { return showNotices(f, s.Notices(cmd.Context())) })
		},
	}
}

func showNotices(f *cli.Face, all []wallet.NoticesAt) error {
	t := f.Table(terminal.Column{Title: "MEMBER", Flex: true}, terminal.Column{Title: "TELLS YOU AT", Flex: true}, terminal.Column{Title: "OF", Flex: true}, terminal.Column{Title: terminal.Zoned("LAST")})
	for _, n := range all {
		target := cmp.Or(n.Says.GetTarget().GetWebhook(), n.Says.GetTarget().GetEmail())
		if f.JSON {
			out := map[string]any{"member": n.Member.Name, "target": target, "kinds": cli.NonNil(n.Says.GetKinds()), "waits": n.Says.GetWaits(), "answered": n.Err == nil}
			if ms := n.Says.GetToldMs(); ms > 0 {
				out["told"] = time.UnixMilli(ms).UTC()
			}
			if err := f.Emit(out); err != nil {
				return err
			}
			continue
		}
		switch {
		case n.Err != nil:
			f.Say("%s: %s", n.Member.Name, stele.TextOf(n.Err))
		case target != "":
			last := "never"
			if n.Says.ToldMs > 0 {
				last = terminal.ShortStamp(time.UnixMilli(n.Says.ToldMs))
			}
			t.Row(n.Member.Name, target, strings.Join(append(slices.Clone(n.Says.Kinds), "emergencies"), ", "), last)
		}
	}
	if !f.JSON {
		t.Flush("no member tells you anything; stele wallet notices set has one do so")
	}
	return nil
}

func noticesNone(f *cli.Face) *cobra.Command {
	at := ""
	c := &cobra.Command{
		Annotations: cli.About(cli.Each),
		Use:         "none", Short: "Be told nothing any more, also of emergencies", Args: cli.AtMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error { return noNotices(cmd.Context(), f, s, at) })
		},
	}
	c.Flags().StringVar(&at, "at", "", "by this member alone (default: by all)")
	return c
}

// noNotices has a member tell nothing any more, or all of them where none is named.
func noNotices(ctx context.Context, f *cli.Face, s *client.Session, at string) error {
	var by members.Member
	if at != "" {
		var err error
		if by, err = memberAt(s, at); err != nil {
			return err
		}
	}
	var left []string
	for _, n := range s.Notices(ctx) {
		if at != "" && n.Member.Subject != by.Subject {
			continue
		}
		err := n.Err
		if err == nil && n.Says.GetTarget() != nil {
			err = s.SetNotices(ctx, n.Member, nil, nil)
		} else if stele.KindOf(err) == stele.KindNotFound || stele.KindOf(err) == stele.KindInvalid {
			err = nil // it tells nobody
		}
		if err != nil {
			left = append(left, n.Member.Name+" ("+stele.TextOf(err)+")")
		}
	}
	if len(left) > 0 {
		return stele.E("take notices away", stele.KindUnreachable, "not known of "+strings.Join(left, ", "), nil).WithHint("try again when they are up: stele wallet notices none" + f.Mine())
	}
	if f.JSON {
		out := map[string]any{"notices": "none"}
		if at != "" {
			out["member"] = by.Name
		}
		return f.Emit(out)
	}
	if at != "" {
		f.SayWrapped(by.Name + " tells you nothing any more, outside the network")
		return nil
	}
	f.Say("you are told nothing any more, outside the network")
	return nil
}
