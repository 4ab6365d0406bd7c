package wallet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

func walletRequests(f *cli.Face) *cobra.Command {
	past := false
	c := &cobra.Command{
		Annotations: cli.About(cli.Each),
		Use:         "requests", Short: "List who asks you for access: who, why, what, for how long", Args: cli.AtMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error { return requests(cmd.Context(), f, s, past) })
		},
	}
	c.Flags().BoolVar(&past, "past", false, "also what was answered, or is too old")
	return c
}

func requests(ctx context.Context, f *cli.Face, s *client.Session, past bool) error {
	all, silent, err := s.Requests(ctx)
	if err != nil {
		return err
	}
	asked := map[stele.Subject]bool{{}: true}
	for _, r := range all {
		if !asked[r.For] && r.Waits(s.Clock()) {
			asked[r.For] = true
			if err := askWhoLives(ctx, s, r.For); err != nil {
				return err
			}
		}
	}
	shown, answers := 0, false
	for _, r := range all {
		if !past && !r.Waits(s.Clock()) {
			continue
		}
		shown++
		if f.JSON {
			if err := f.Emit(requestJSON(s, r)); err != nil {
				return err
			}
			continue
		}
		whole(f, requested(s, r), "%s  %s  %s", r.ID.Short(), terminal.Stamp(r.Made), requestStatus(s, r))
		switch {
		case !r.Waits(s.Clock()):
		case mayFor(s, r.For, consent.ActAnswer, consent.ActGive):
			answers = true
		case mayFor(s, r.For, consent.ActGive):
			f.SayWrapped("You may not answer for them, but you may give it: " + giveCommand(r) + f.Mine())
		default:
			f.SayWrapped(fmt.Sprintf("You may not answer for them, and give nothing for them; who may let others act can let you. What you may do tells: stele delegate list --long%s", f.Mine()))
		}
	}
	switch of := cli.YoursToo(s); {
	case f.JSON || shown > 0:
	case of != "":
		f.SayWrapped("nobody waits for an answer of whom this wallet can know: what was asked before the chart was merged with yours only a wallet reads that it had then")
	default:
		f.Say("nobody waits for an answer")
	}
	if !f.JSON && answers && !past {
		f.SayWrapped("answer one with: stele wallet answer REQUEST" + f.Mine() + ", and --all, --categories for a part, or --no. Who asks is not told of a no.")
	}
	for _, m := range silent {
		f.Say("%s did not answer: it may have more", m)
	}
	return nil
}

// requested says a request in a sentence.
func requested(s *client.Session, r wallet.Request) string {
	what, whose := cli.JoinWords(r.Terms.Categories), whoseChart(s, r.For)
	switch whole := slices.Contains(r.Terms.Categories, consent.AllCategories); {
	case whole && whose == "":
		what = "your whole chart"
	case whole:
		what = "the whole chart of " + whose
	case whose != "":
		what += " of " + whose
	}
	if len(r.Terms.Sensitivity) > 0 {
		what += ", also what is marked as " + cli.JoinWords(r.Terms.Sensitivity)
	} else {
		what += ", but nothing that is marked as sensitive"
	}
	return fmt.Sprintf("%s asks to read %s, for %s, for %s from your answer on: “%s”", r.Who, what, purposeWords(string(r.Terms.Purpose)), lastsWords(r.Terms.For), r.Terms.Reason)
}

// mayFor reports whether the owner may do some acts for a patient by a delegation that holds; for themselves they may.
func mayFor(s *client.Session, patient stele.Subject, acts ...consent.Act) bool {
	if patient.IsZero() {
		return true
	}
	held, _ := s.HeldFor(patient, stele.ActionDelegate) // where they can't be read, none is known
	return slices.ContainsFunc(held, func(h wallet.Held) bool {
		return heldStatus(s, h) == "held" && !slices.ContainsFunc(acts, func(a consent.Act) bool { return h.Acts(a, s.Clock()) != nil })
	})
}

// giveCommand gives what a request asks for, for somebody for whom the owner acts.
func giveCommand(r wallet.Request) string {
	what := " --categories " + strings.ReplaceAll(cli.JoinWords(r.Terms.Categories), ", ", ",")
	if slices.Contains(r.Terms.Categories, consent.AllCategories) {
		what = " --all"
	}
	for _, sensitive := range r.Terms.Sensitivity {
		what += " --sensitive " + string(sensitive)
	}
	return fmt.Sprintf("stele wallet grant --acting-for %s --to %s --purpose %s --for %dm", r.For, r.From, r.Terms.Purpose, int64(r.Terms.For/time.Minute)) + what
}

// whoseChart names a patient for whom the owner acts; nobody where the chart is the owner's.
func whoseChart(s *client.Session, patient stele.Subject) string {
	if patient.IsZero() {
		return ""
	}
	held, _ := s.HeldFor(patient, stele.ActionDelegate) // where they can't be read, the DID does
	name := ""
	for _, h := range slices.Backward(held) {
		if name = cmp.Or(patientOf(h.Document), terminal.ShortDID(patient)); heldStatus(s, h) == "held" {
			return name + ", for whom you act"
		}
	}
	if name != "" {
		return name + ", for whom you do not act now (stele delegate list)"
	}
	return "somebody for whom you do not act (" + terminal.ShortDID(patient) + ")"
}

// lastsWords is a length of time in words, in its largest whole unit.
func lastsWords(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d%day == 0:
		return stele.Count(int(d/day), "day", "days")
	case d%time.Hour == 0:
		return stele.Count(int(d/time.Hour), "hour", "hours")
	}
	return stele.Count(int(d/time.Minute), "minute", "minutes")
}

// requestStatus is where a request stands, in a word or two.
func requestStatus(s *client.Session, r wallet.Request) string {
	switch {
	case r.Waits(s.Clock()):
		return "waits"
	case r.Answered.IsZero():
		return "too old"
	case r.Grant == stele.ID{}:
		return "refused"
	case givenInPart(s, r):
		return "a part given"
	}
	return "given"
}

// givenInPart reports whether the answer to a request gave less than was asked for: parts, what is sensitive, or time.
func givenInPart(s *client.Session, r wallet.Request) bool {
	given, known, err := s.GivenGrant(r.Grant[:])
	if err != nil || !known {
		return false
	}
	g, err := consent.Parse(given.Document)
	return err == nil && gaveLess(g, given.End.Sub(given.Made), r.Terms)
}

// gaveLess reports whether a grant that lasts so long is for less than was asked.
func gaveLess(g consent.Grant, lasts time.Duration, asked wallet.AskTerms) bool {
	whole := slices.Contains(g.Categories, consent.AllCategories)
	return !whole && !holdsAll(g.Categories, asked.Categories) || !holdsAll(g.Sensitivity, asked.Sensitivity) || lasts+time.Hour < asked.For
}

func holdsAll[T comparable](list, of []T) bool {
	return !slices.ContainsFunc(of, func(one T) bool { return !slices.Contains(list, one) })
}

func requestJSON(s *client.Session, r wallet.Request) map[string]any {
	out := map[string]any{
		"request": r.ID, "from": r.From, "who": r.Who, "categories": r.Terms.Categories, "sensitivity": append([]stele.Sensitivity{}, r.Terms.Sensitivity...),
		"purpose": r.Terms.Purpose, "for_s": int64(r.Terms.For / time.Second), "reason": r.Terms.Reason, "made": r.Made, "status": requestStatus(s, r),
	}
	if !r.For.IsZero() {
		out["for"] = r.For
	}
	return out
}

// answering is an answer, as flags say it.
type answering struct {
	all, no, yes          bool
	categories, sensitive []string
	lasts                 string
}

func walletAnswer(f *cli.Face) *cobra.Command {
	var a answering
	c := &cobra.Command{
		Use: "answer REQUEST", Short: "Give what somebody asks for: all, a part, or nothing", Args: cli.Exactly("the request (stele wallet requests lists them)"),
		Annotations: cli.About(cli.Whichever, cli.Leaves("it may be on the ledger all the same: stele wallet log shows it, stele wallet revoke takes it back")),
		Example: "  stele wallet answer k3f7 --all\n" +
			"  stele wallet answer k3f7 --categories allergies --for 24h\n" +
			"  stele wallet answer k3f7 --no",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.check(); err != nil {
				return err
			}
			return f.As(cmd.Context(), func(s *client.Session) error { return a.answer(cmd.Context(), f, s, args[0]) })
		},
	}
	flags := c.Flags()
	flags.BoolVar(&a.all, "all", false, "all that is asked for, what is sensitive too")
	flags.StringSliceVar(&a.categories, "categories", nil, "these parts only")
	flags.StringSliceVar(&a.sensitive, "sensitive", nil, "with --categories: also what is marked so, of what is asked for")
	flags.StringVar(&a.lasts, "for", "", "for less long than is asked: 90m, 24h, 7d")
	flags.BoolVar(&a.no, "no", false, "nothing; who asks is not told")
	flags.BoolVarP(&a.yes, "yes", "y", false, "do not ask")
	return c
}

func (a answering) check() error {
	said := 0
	for _, is := range []bool{a.all, a.no, len(a.categories) > 0} {
		if is {
			said++
		}
	}
	switch {
	case said != 1:
		return cli.Usage("all of it, a part, or nothing?", "say one of --all, --categories allergies,… and --no")
	case len(a.sensitive) > 0 && len(a.categories) == 0, a.no && a.lasts != "":
		return cli.Usage("--sensitive goes with --categories, and --for with what is given", "leave out --sensitive, or --for")
	}
	return nil
}

func (a answering) answer(ctx context.Context, f *cli.Face, s *client.Session, id string) error {
	if _, _, err := s.Requests(ctx); err != nil && stele.KindOf(err) != stele.KindUnreachable {
		return err
	}
	r, err := s.FindRequest(strings.ToLower(id), s.Clock())
	if err != nil {
		return cli.NotHere(err)
	}
	f.FoundIn(s)
	if a.no {
		if err := s.Refuse(r); err != nil {
			return err
		}
		if f.JSON {
			return f.Emit(map[string]any{"request": r.ID, "status": "refused"})
		}
		f.SayWrapped("nothing was given, and nobody is told; the same is not asked again for a week")
		return nil
	}
	t, err := a.terms(s, r)
	if err != nil {
		return err
	}
	if r.For.IsZero() {
		err = lives(ctx, f, s)
	} else {
		err = askWhoLives(ctx, s, r.For)
	}
	if err != nil {
		return err
	}
	d, err := s.DraftAnswer(ctx, r, t)
	if err != nil {
		return err
	}
	sayDraft(f, d)
	if !a.yes {
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
		out["height"], out["request"] = outcome.Height, r.ID
		return f.Emit(out)
	}
	f.Print("%s", given.Grant)
	f.Say("on the ledger in block %s", stele.Number(outcome.Height))
	f.Say("take it back with: stele wallet revoke %s%s", given.Grant.Short(), f.Mine())
	return nil
}

// terms are what the flags leave of a request.
func (a answering) terms(s *client.Session, r wallet.Request) (t wallet.Terms, err error) {
	t = wallet.Terms{Action: stele.ActionRead, Purposes: []stele.Purpose{r.Terms.Purpose}}
	if t.Categories, t.Sensitivity = r.Terms.Categories, r.Terms.Sensitivity; !a.all {
		if t.Categories, err = cli.Categories(a.categories); err != nil {
			return t, err
		}
		if t.Sensitivity, err = cli.Sensitivities(a.sensitive); err != nil {
			return t, err
		}
	}
	lasts := r.Terms.For
	if a.lasts != "" {
		if lasts, err = cli.ParseTerm(a.lasts); err != nil {
			return t, err
		}
	}
	if lasts > r.Terms.For {
		return t, cli.Usage("that is longer than was asked for", "leave --for out, or give with: stele wallet grant")
	}
	unit := time.Second
	if lasts >= time.Hour {
		unit = time.Minute
	}
	t.End = s.Clock().Add(lasts + unit - 1).Truncate(unit)
	return t, nil
}
