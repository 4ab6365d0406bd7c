package wallet

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

func delegateCommand(f *cli.Face) *cobra.Command {
	return f.Group("delegate", "people", "Who acts for you, and for whom you act", delegateAdd(f), delegateList(f), delegateEnd(f), delegateDeath(f))
}

// delegating is a grant to delegate, as flags say it.
type delegating struct {
	granting
	cli.Delegation
}

func delegateAdd(f *cli.Face) *cobra.Command {
	d := delegating{Delegation: cli.Delegation{Acts: []string{string(consent.ActRead), string(consent.ActGive)}}}
	c := &cobra.Command{
		Annotations: cli.About(cli.One, cli.Leaves("it may be on the ledger all the same: stele delegate list shows it, stele delegate end takes it back")),
		Use:         "add --to WHO --kind KIND", Short: "Let somebody act for you; says it in a sentence first", Args: cli.AtMost(0),
		Long: "Lets a parent, a carer, who holds your power of attorney or your executor act for you,\n" +
			"with their own key: open your chart, give others access and take it back.\n" +
			"They need a card to be found by: stele wallet join --at ORGANISATION, by their wallet.\n" +
			"With --acting-for you let somebody act for a patient for whom you act, within what you may.\n\n" +
			"A parent's ends on the day that --of-age names. On the ledger it ends at a random time in\n" +
			"the sixty days after, so that nobody reads a birthday from it.",
		Example: "  stele delegate add --to \"Maria Marchetti\" --kind parent --of-age 2039-08-14 --all\n" +
			"  stele delegate add --to Lind --kind carer --acts read --categories medications,allergies --for 26w",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := d.check(); err != nil {
				return err
			}
			return f.AsAbout(cmd.Context(), d.about(), func(s *client.Session) error { return delegate(cmd.Context(), f, s, d) })
		},
	}
	flags := c.Flags()
	flags.StringVar(&d.to, "to", "", "who: a name, or a DID (stele wallet contacts lists them)")
	d.AddTo(flags, "", "you come")
	flags.StringSliceVar(&d.categories, "categories", nil, "parts of the chart, such as allergies,medications (stele words categories)")
	flags.BoolVar(&d.all, "all", false, "the whole chart, but nothing marked as sensitive or not classified")
	flags.StringSliceVar(&d.sensitive, "sensitive", nil, "also what is marked so: PSY, HIV, … (stele words sensitivities)")
	flags.StringSliceVar(&d.purposes, "purpose", []string{string(stele.Treatment), string(stele.PatientRequest)}, "what for (stele words purposes lists them)")
	flags.StringVar(&d.lasts, "for", "", "how long: 7d, 26w, 1y (not of a parent)")
	flags.StringVar(&d.until, "until", "", "until when: 2027-01-31, or 2027-01-31T18:00, in local time (not of a parent)")
	flags.StringVar(&d.patient, "acting-for", "", "the patient for whom you act, whose delegation lets you let others act (stele delegate list)")
	flags.BoolVarP(&d.yes, "yes", "y", false, "do not ask")
	return c
}

// check fails with KindUsage for flags that contradict each other.
func (d delegating) check() error {
	if err := d.Check("--kind parent"); err != nil {
		return err
	}
	switch parent := d.Parent(); {
	case parent && (d.lasts != "" || d.until != ""):
		return cli.Usage("a parent's delegation ends with the day of --of-age", "leave out --for and --until; stele delegate end ends it before")
	case parent && slices.ContainsFunc(d.sensitive, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), string(stele.Adolescent)) }):
		return cli.Usage("what is confidential to an adolescent is not for parents", "leave "+string(stele.Adolescent)+" out of --sensitive")
	case !parent && d.lasts == "" && d.until == "":
		return cli.Usage("for how long?", "say --for 1y or --until 2027-01-31")
	}
	return d.granting.check()
}

func delegate(ctx context.Context, f *cli.Face, s *client.Session, d delegating) error {
	t, err := terms(ctx, s, d.granting)
	if err != nil {
		return err
	}
	if err := d.Into(&t, s.Clock()); err != nil {
		return err
	}
	if d.patient == "" {
		if err := lives(ctx, f, s); err != nil {
			return err
		}
	}
	under, err := actingFor(ctx, s, d.patient, t)
	if err != nil {
		return err
	}
	return giveTo(ctx, f, s, d.granting, t, under)
}

// giveTo shows what will be given, asks, and gives it: for the owner, or by a delegation for
// somebody else.
func giveTo(ctx context.Context, f *cli.Face, s *client.Session, g granting, t wallet.Terms, under *wallet.Held) error {
	who, err := spell.DID(g.to)
	if err != nil {
		return err
	}
	to, err := s.Find(ctx, who)
	if err != nil {
		return err
	}
	var d wallet.Draft
	if under == nil {
		d, err = s.Draft(ctx, to, t)
	} else {
		d, err = s.DraftFor(ctx, *under, to, t)
	}
	if err != nil {
		return err
	}
	sayDraft(f, d)
	sayKept(ctx, f, s, t, under)
	if !g.yes {
		if err := f.Confirm(ctx, "Give this grant?", "nothing was given"); err != nil {
			return err
		}
	}
	given, outcome, err := s.GiveDraft(ctx, d)
	if err != nil {
		return err
	}
	if f.JSON {
		out := givenJSON(given, "active")
		out["height"] = outcome.Height
		return f.Emit(out)
	}
	f.Print("%s", given.Grant)
	f.Say("on the ledger in block %s", stele.Number(outcome.Height))
	f.Say("take it back with: stele wallet revoke %s%s", given.Grant.Short(), f.Mine())
	return nil
}

// sayDraft says what will be signed, in the words that the document keeps; with --yes, too: nothing is signed that was
// not on the screen.
func sayDraft(f *cli.Face, d wallet.Draft) {
	if d.Under != nil {
		f.SayWrapped("You act for " + patientOf(d.Under.Document) + ", to whom this is said:")
	}
	f.SayWrapped(d.Says())
}

// sayKept says of a grant what its sentence does not: that what is restricted stays closed under it, and
// that who writes by a delegate's word brings what is sensitive, too.
func sayKept(ctx context.Context, f *cli.Face, s *client.Session, t wallet.Terms, under *wallet.Held) {
	switch {
	case under != nil && t.Action == stele.ActionWrite:
		f.SayWrapped(sensitiveToo)
	case under == nil && t.Action == stele.ActionRead && len(t.Records) == 0:
		if all, err := s.Restrictions(ctx); err == nil && len(all) > 0 {
			f.SayWrapped("What you have restricted stays closed under it, as if it were not there: " + stele.Count(len(all), "restriction", "restrictions") +
				" (stele wallet restrict list).")
		}
	}
}

// sensitiveToo is said of a grant to write that a delegate gave.
const sensitiveToo = "Of what comes in under it, you who act for the patient can't read what is marked as sensitive."

// actingFor finds the delegation by which the owner gives a grant of some terms for a patient; nil
// where nobody is named.
func actingFor(ctx context.Context, s *client.Session, patient string, t wallet.Terms) (*wallet.Held, error) {
	if patient == "" {
		return nil, nil
	}
	subject, err := patientFrom(s, patient)
	if err != nil {
		return nil, err
	}
	if err := askWhoLives(ctx, s, subject); err != nil {
		return nil, err
	}
	held, err := s.DelegationToGive(subject, t)
	return &held, err
}

// askWhoLives finds out whether somebody lives for whom the owner acts, and still acts for, before
// anything is done by it.
func askWhoLives(ctx context.Context, s *client.Session, subject stele.Subject) error {
	held, err := s.HeldFor(subject, stele.ActionDelegate)
	if err != nil {
		return err
	}
	return s.AskWhoLives(ctx, held)
}

func delegateList(f *cli.Face) *cobra.Command {
	long := false
	c := &cobra.Command{
		Annotations: cli.About(cli.Each),
		Use:         "list", Short: "List who acts for you, and for whom you act", Args: cli.AtMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error { return delegates(cmd.Context(), f, s, long) })
		},
	}
	c.Flags().BoolVarP(&long, "long", "l", false, "with the sentence of each")
	return c
}

// delegation is a line of the list.
type delegation struct {
	grant    stele.ID
	who      string
	document []byte
	end      time.Time
	status   string
	says     string
	out      map[string]any
}

func delegates(ctx context.Context, f *cli.Face, s *client.Session, long bool) error {
	settle(ctx, f, s)
	if _, err := s.Collect(ctx); err != nil { // or it would say that there is nothing where the post was not fetched
		f.Say("what was sent to you could not be fetched (%s): who lets you act since is not shown", cli.Sentence(err))
	}
	list, err := delegationsOf(ctx, f, s)
	if err != nil {
		return err
	}
	if f.JSON {
		for _, d := range list {
			if err := f.Emit(d.out); err != nil {
				return err
			}
		}
		return nil
	}
	t := f.Table(terminal.Column{Title: "GRANT"}, terminal.Column{Title: "WHO", Flex: true}, terminal.Column{Title: "AS"}, terminal.Column{Title: "MAY", Flex: true},
		terminal.Column{Title: terminal.Zoned("UNTIL")}, terminal.Column{Title: "STATUS"})
	for _, d := range list {
		as, acts, until := "not told here", "not told here", terminal.ShortUntil(d.end)
		if g, err := consent.Parse(d.document); err == nil {
			as, acts = string(g.Delegation.Kind), cli.JoinWords(g.Delegation.Acts)
			until = untilOf(d.document, d.end)
		}
		t.Row(d.grant.Short(), d.who, as, acts, until, statusCell(d.status))
	}
	if !long {
		t.Flush("nobody acts for you, and you act for nobody")
	} else {
		for i, r := range t.Rows() {
			whole(f, list[i].says, "%s  %s  %s", r[0].Text, f.OutStyle.Paint(r[5].Style, r[5].Text), terminal.Clean(r[1].Text))
		}
	}
	return nil
}

// untilOf says until when a grant of a document counts: a parent's until the day on which the child comes of age, and not
// until its end on the ledger, which is later.
func untilOf(document []byte, end time.Time) string {
	if day := ofAge(document); day != "" {
		return day
	}
	return terminal.ShortUntil(end)
}

// ofAge is the day on which who gave a parent's delegation comes of age; "" for any other grant.
func ofAge(document []byte) string {
	g, err := consent.Parse(document)
	if err != nil {
		return ""
	}
	return g.Delegation.OfAge.String()
}

// delegationsOf lists those that were given, then those that are held.
func delegationsOf(ctx context.Context, f *cli.Face, s *client.Session) (list []delegation, err error) {
	status := statusesOf(ctx, f, s)
	given, err := status.givenBy(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, g := range given {
		if g.Action == stele.ActionDelegate {
			is := givenStatus(status, g)
			list = append(list, delegation{g.Grant, granteeOf(g) + givenFor(g), g.Document, g.End, is, saysNow(g.Says, is), givenJSON(g, is)})
		}
	}
	for _, id := range status.delegations(given) {
		is, end := status.of(id, status.end[id]), status.end[id]
		who, sentence := status.stranger(id)
		list = append(list, delegation{id, who, nil, end, is, sentence, map[string]any{
			"grant": id, "direction": "given", "action": stele.ActionDelegate.String(), "status": is, "end": end, "known": false, "given_by": cli.NonNil(status.by[id])}})
	}
	if err := askActing(ctx, s); err != nil {
		return nil, err
	}
	held, err := s.Delegations()
	for _, h := range held {
		is := heldStatus(s, h)
		list = append(list, delegation{h.Grant, "for " + cmp.Or(patientOf(h.Document), terminal.ShortDID(h.Subject)), h.Document, h.End, is, saysNow(h.Says, is), heldJSON(s, h)})
	}
	return list, err
}

// actedFor names who acted for the owner, as a line of the account says it: whom the owner let
// act, or somebody whom they let act in turn.
func actedFor(line account.Line) string {
	d := line.Delegate
	switch {
	case d == nil:
		return "somebody who acts for you"
	case string(line.Event.About().Delegation) != string(d.Grant[:]):
		return "somebody (by the word of " + granteeOf(*d) + ", who acts for you)"
	}
	return granteeOf(*d) + " (acting for you)"
}

// letIn names who asked for the chart, and who acted for the owner by it.
func letIn(who string, line account.Line) string {
	d := line.Delegate
	switch {
	case d == nil:
		return who
	case string(line.Event.About().Grant) == string(d.Grant[:]):
		return who + " (acting for you)"
	}
	return who + " (let in by " + granteeOf(*d) + ", who acts for you)"
}
