package wallet

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/timeline"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Here because whoever has keys types it: the practitioner, the organisation, the patient.

func breakglassCommand(f *cli.Face) *cobra.Command {
	return f.Group("breakglass", "people", "Open a chart in an emergency, end that, look at it afterwards",
		breakglassOpen(f), breakglassEnd(f), breakglassReview(f), breakglassList(f))
}

// urgent is what a practitioner asks in an emergency, as flags say it.
type urgent struct {
	reason, role, record string
	categories           []string
	past                 bool
	out                  cli.Target
}

func breakglassOpen(f *cli.Face) *cobra.Command {
	var u urgent
	c := &cobra.Command{
		Annotations: cli.About(cli.None, cli.Leaves("the opening may be on the patient's log all the same: stele breakglass list")),
		Use:         "open PATIENT", Short: "Open a chart in an emergency, without a grant; the patient sees it", Args: cli.Exactly("the patient's DID, the code of her card, or your number for her"),
		Long: "For a practitioner with licence, role and accreditation. What opens is what the patient\n" +
			"allows in an emergency: allergies, medicines, problems, devices, directives and the\n" +
			"summary, unless she said otherwise. What is marked as sensitive (mental health, HIV,\n" +
			"substance use, …) opens only where she has named it for emergencies: that it is not\n" +
			"shown says nothing. The opening is on her log before anything opens, your\n" +
			"member signs with you, it ends by itself, and somebody else reviews it.\n" +
			"While it runs, the same command opens again; --record shows one record whole.",
		Example: "  stele breakglass open did:stele:… --reason \"unconscious, brought in by ambulance\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error { return openUrgently(cmd.Context(), f, s, args[0], u) })
		},
	}
	c.Flags().StringVar(&u.reason, "reason", "", "why, in your words: the patient and the reviewer read it")
	c.Flags().StringVar(&u.role, "role", "", "by which of your roles (default: the newest)")
	c.Flags().StringSliceVar(&u.categories, "categories", nil, "only these parts (stele words categories)")
	c.Flags().StringVar(&u.record, "record", "", "show one record whole: words of its line, its type and id, or its handle")
	c.Flags().BoolVar(&u.past, "versions", false, "tell earlier versions and what was withdrawn, too")
	c.Flags().StringVar(&u.out.Path, "out", "", "write the resources to a file (NDJSON) or into a folder (one file each)")
	c.Flags().BoolVar(&u.out.Force, "force", false, cli.ForceFlag)
	return c
}

// openUrgently opens and shows. All that can fail without the ledger comes first.
func openUrgently(ctx context.Context, f *cli.Face, s *client.Session, patient string, u urgent) error {
	categories, err := cli.Categories(u.categories)
	if err != nil {
		return err
	}
	if strings.TrimSpace(u.reason) == "" {
		return cli.Usage("why? --reason is missing: the patient and the reviewer read it", "--reason \"unconscious, brought in by ambulance\"")
	}
	if u.record != "" && (u.past || u.out.Path != "") {
		return cli.Usage("--record shows one record on the screen", "leave --versions and --out away, or --record")
	}
	if err := u.out.Early(); err != nil {
		return err
	}
	subject, err := cli.Patient(s, patient)
	if err != nil {
		return err
	}
	start, end := time.Now(), f.Patiently("opening the chart")
	ask := reading.Emergency{Reason: u.reason, Categories: categories, Role: u.role}
	b, err := s.Charts.OpenEmergency(ctx, subject, ask, nil)
	if stele.KindOf(err) == stele.KindDenied && b.Activation.ID.IsZero() && stele.KindOf(s.CheckShown(ctx, u.role, "")) == stele.KindDenied { // the papers may lie in the post yet
		if _, failed := s.Collect(ctx); failed == nil {
			b, err = s.Charts.OpenEmergency(ctx, subject, ask, nil)
		}
	}
	end()
	if err != nil {
		if b.New && !b.Activation.Until.IsZero() {
			f.SayWrapped("it is on the patient's log that you tried, and a review is due by " + terminal.Until(b.Activation.ReviewBy) + "; " + endHint(f, b.Activation.ID))
		}
		return err
	}
	defer b.Close()
	again := "stele breakglass open " + terminal.Quoted(patient) + " --reason …" + f.Mine()
	others, unknown := b.OtherCharts()
	as := shown{out: u.out, past: u.past, person: append(others, subject), whom: terminal.ShortDID(subject), card: spell.Subject(subject), again: again, record: again + " --record WORDS", under: "opened in an emergency: what the patient allows then, and no more; the chart may be incomplete", with: b.Access.Disclosure,
		asked: stele.Categories(), urgent: true, other: elsewhere(others, unknown)}
	looked, err := showUrgent(ctx, f, s, b.Chart, u.record, as)
	if err != nil && u.record == "" {
		return err
	}
	tellUrgent(f, b, time.Since(start))
	faults(f, s, b.Chart)
	if u.record == "" || len(looked) > 0 {
		lookedAt(f, s.Charts.TellViewed(ctx, b.Chart, looked...))
	}
	return err
}

// showUrgent shows a chart that was opened in an emergency, or of it what words mean, and returns the
// records that those are.
func showUrgent(ctx context.Context, f *cli.Face, s *client.Session, chart *reading.Chart, words string, as shown) ([]reading.Record, error) {
	if words != "" {
		return (&found{chart: chart}).known(ctx, s).showMeant(f, words, as.record)
	}
	if f.JSON || as.out.Path != "" {
		f.SayWrapped(incomplete)
	}
	return nil, showChart(ctx, f, s, chart, nil, timeline.Options{Kinds: stele.Categories(), At: time.Now()}, as)
}

func endHint(f *cli.Face, id stele.ID) string {
	return "stele breakglass end " + id.Short() + f.Mine() + " ends it before"
}

// tellUrgent says what came of it: until when, who sees it, what is due.
func tellUrgent(f *cli.Face, b reading.EmergencyChart, took time.Duration) {
	f.SayWrapped(fmt.Sprintf("%s opened in %s, on the patient's log in block %s: she sees who opened, when and why",
		stele.Count(len(b.Records), "record", "records"), terminal.Took(took), stele.Number(b.Access.Outcome.Height)))
	under := "it ends by itself at " + terminal.Until(b.Activation.Until)
	if !b.New {
		under = "under what was opened at " + terminal.Until(b.Activation.Made) + ", which ends by itself at " + terminal.Until(b.Activation.Until)
	}
	ends := endHint(f, b.Activation.ID)
	if lastToday(b.Activation, time.Now()) {
		ends = "do not end it while you may need it: of this chart it is the last that your member signs for you today, and " + afterLast
	}
	f.SayWrapped(under + "; " + ends + "; somebody else's review is due by " + terminal.Until(b.Activation.ReviewBy))
}

// lastToday reports whether an opening is the last of its chart that the owner's member signs for them on this day.
func lastToday(a wallet.Activation, now time.Time) bool {
	return a.Last && a.Made.UTC().Truncate(24*time.Hour).Equal(now.UTC().Truncate(24*time.Hour))
}

const afterLast = "after it a colleague opens it, or a grant, or you from 00:00 UTC on"

func breakglassEnd(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.About(cli.Together, cli.Leaves("it may be on the ledger all the same: stele breakglass list shows it")),
		Use:         "end [ACTIVATION]", Short: "End an opening in an emergency before its time", Args: cli.AtMost(1),
		Long: "By who opened, by the patient, or with the wallet of the organisation. ACTIVATION is its id, or enough of\nit; without it the one that is open.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				o, err := openOne(cmd.Context(), f, s, args)
				if err != nil {
					return err
				}
				return o.on(cmd.Context(), f, s, func(s *client.Session) error { return endOpening(cmd.Context(), f, s, o) })
			})
		},
	}
}

// on runs something with the wallet, at work on the chart of an opening where that one is the owner's, too.
func (o urgentOpening) on(ctx context.Context, f *cli.Face, s *client.Session, run func(*client.Session) error) error {
	if o.beside {
		return f.WithChart(ctx, s, o.subject, run)
	}
	return run(s)
}

func endOpening(ctx context.Context, f *cli.Face, s *client.Session, o urgentOpening) error {
	end := s.EndActivation
	if o.mine { // she takes it back, as she would a grant
		end = s.Revoke
	}
	outcome, err := end(ctx, o.id)
	if err := settled(f, o.id, "ended", outcome, err); err != nil || f.JSON {
		return err
	}
	if !o.mine {
		return tellLast(f, s, o.id)
	}
	f.SayWrapped("they may open it again in another emergency; to let somebody never: stele wallet emergency set --not WHO" + f.Mine())
	return nil
}

// tellLast says of what was ended that it was the last of its day.
func tellLast(f *cli.Face, s *client.Session, id stele.ID) error {
	all, err := s.Activations()
	for _, a := range all {
		if a.ID == id && lastToday(a, time.Now()) {
			f.SayWrapped("it was the last of this chart that your member signs for you today: " + strings.TrimPrefix(afterLast, "after it "))
		}
	}
	return err
}

// openOne is the opening that is named, or the only one that is open.
func openOne(ctx context.Context, f *cli.Face, s *client.Session, args []string) (o urgentOpening, err error) {
	if len(args) == 1 {
		return pickOpening(ctx, f, s, args[0])
	}
	all, err := openings(ctx, f, s)
	if err != nil {
		return o, err
	}
	all = slices.DeleteFunc(all, func(o urgentOpening) bool { return !o.open })
	switch len(all) {
	case 1:
		return all[0], nil
	case 0:
		return o, stele.E("find opening", stele.KindNotFound, "nothing is open in an emergency", nil).WithHint("stele breakglass list lists what was")
	}
	return o, stele.E("find opening", stele.KindUsage, stele.Count(len(all), "chart is open", "charts are open")+" in an emergency", nil).WithHint("say which: stele breakglass list lists them")
}

// settled tells that the ledger has it.
func settled(f *cli.Face, id stele.ID, what string, outcome stele.Outcome, err error) error {
	switch {
	case stele.KindOf(err) == stele.KindDenied:
		return cli.WithHint(err, "who opened ends it, the patient, or the organisation; the patient or the organisation reviews it, and not who opened")
	case stele.KindOf(err) == stele.KindExists:
		return cli.WithHint(err, "stele breakglass list shows what became of it")
	case err != nil:
		return err
	}
	if f.JSON {
		return f.Emit(map[string]any{"activation": id, "status": what, "height": outcome.Height, "time": outcome.Time.UTC(), "seq": outcome.Seq})
	}
	f.Print("%s", id)
	f.Say("%s in block %s", what, stele.Number(outcome.Height))
	return nil
}

// outcomes are what a review may say, as they are typed.
var outcomes = map[string]wire.Review{
	"justified": wire.Review_REVIEW_JUSTIFIED, "not-justified": wire.Review_REVIEW_NOT_JUSTIFIED,
	"too-much": wire.Review_REVIEW_TOO_MUCH, "error": wire.Review_REVIEW_ERROR,
}

func breakglassReview(f *cli.Face) *cobra.Command {
	var outcome, note string
	c := &cobra.Command{
		Annotations: cli.About(cli.Together, cli.Leaves("it may be on the ledger all the same: stele breakglass list shows it")),
		Use:         "review ACTIVATION", Short: "Say once what is to be thought of an opening in an emergency", Args: cli.Exactly("its id, or enough of it"),
		Long: "By the patient, or with the wallet of the organisation whose people opened; not by\n" +
			"who opened. The outcome is on the patient's log: justified; not-justified (there was\n" +
			"no emergency); too-much (more was opened than was needed); error (another patient was\n" +
			"meant). The note stays in this wallet,\n" +
			"where stele breakglass list shows it; the ledger commits to it.",
		RunE: func(cmd *cobra.Command, args []string) error {
			code, ok := outcomes[outcome]
			if !ok {
				return cli.Usage("what came out of it? --outcome is missing, or none that there is", strings.Join(slices.Sorted(maps.Keys(outcomes)), ", "))
			}
			return f.As(cmd.Context(), func(s *client.Session) error {
				o, err := pickOpening(cmd.Context(), f, s, args[0])
				if err != nil {
					return err
				}
				if again := o.again(); again != "" && !f.JSON {
					f.SayWrapped(o.whom + again)
				}
				return o.on(cmd.Context(), f, s, func(s *client.Session) error {
					out, err := s.ReviewActivation(cmd.Context(), o.id, code, note)
					if stele.KindOf(err) == stele.KindInvalid {
						err = cli.WithHint(err, "end it first: stele breakglass end "+o.id.Short()+f.Mine())
					}
					return settled(f, o.id, "reviewed", out, err)
				})
			})
		},
	}
	c.Flags().StringVar(&outcome, "outcome", "", "justified, not-justified, too-much or error")
	c.Flags().StringVar(&note, "note", "", "in your words; it stays in this wallet")
	return c
}
