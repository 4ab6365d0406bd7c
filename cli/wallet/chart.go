package wallet

import (
	"cmp"
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
	"github.com/stele-health/stele/wire"
)

// opening is what a doctor asks, as flags say it.
type opening struct {
	purpose, reason, grant string
	categories             []string
	past, browse           bool
	out                    cli.Target
}

func walletOpen(f *cli.Face) *cobra.Command {
	var o opening
	c := &cobra.Command{
		Annotations: cli.About(cli.None, cli.Leaves("the opening may be on the patient's log all the same")),
		Use:         "open PATIENT", Short: "Open a patient's chart under a grant; it is on the ledger first", Args: cli.Exactly("the patient's DID, or enough of it"),
		Long: "Opens what a grant allows. The opening is put on the patient's log first; then the\n" +
			"trustees release the keys. PATIENT is a DID, or enough of the DID or name of a\n" +
			"patient who has given a grant. Without a grant the answer is no, and the patient\n" +
			"sees that you asked.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error { return openChart(cmd.Context(), f, s, args[0], o) })
		},
	}
	c.Flags().StringVar(&o.purpose, "purpose", string(stele.Treatment), "what for (stele words purposes lists them)")
	c.Flags().StringSliceVar(&o.categories, "categories", nil, "only these parts of what the grant allows (stele words categories)")
	c.Flags().StringVar(&o.reason, "reason", "", "in your words, for the patient")
	c.Flags().StringVar(&o.grant, "grant", "", grantFlag)
	c.Flags().BoolVar(&o.past, "versions", false, "tell earlier versions and what was withdrawn, too")
	c.Flags().BoolVar(&o.browse, "browse", false, "keep the chart open for up to 15 minutes and show the parts that you ask for, one by one")
	c.Flags().StringVar(&o.out.Path, "out", "", "write the resources to a file (NDJSON) or into a folder (one file each)")
	c.Flags().BoolVar(&o.out.Force, "force", false, cli.ForceFlag)
	return c
}

// openChart asks for a chart and shows it. All that can fail without the ledger comes first: an
// opening stands on the patient's log for good.
func openChart(ctx context.Context, f *cli.Face, s *client.Session, patient string, o opening) error {
	q, err := o.question()
	if err != nil {
		return err
	}
	if o.browse && (f.JSON || o.out.Path != "") {
		return cli.Usage("--browse shows a chart to somebody who reads it", "leave --json and --out away, or --browse")
	}
	if err := o.out.Early(); err != nil { // before the ledger has it
		return err
	}
	// The grant may lie in the post yet.
	if _, err := s.Collect(ctx); err != nil {
		return err
	}
	subject, err := patientFrom(s, patient)
	if err != nil {
		return err
	}
	if err := askWhoLives(ctx, s, subject); err != nil {
		return err
	}
	if q.Grant, err = heldGrant(s, subject, o.grant); err != nil {
		return err
	}
	if o.browse {
		return browse(ctx, f, s, subject, q)
	}
	start, end := time.Now(), f.Patiently("opening the chart")
	chart, err := s.Charts.OpenChart(ctx, subject, q)
	end()
	if err != nil {
		return notActing(s, subject, err)
	}
	others, unknown := chart.OtherCharts()
	as := shown{out: o.out, past: o.past, person: append(others, subject), whom: granterOf(s, subject), under: grantOf(s, chart, q), asked: askedOf(s, chart, q), with: chart.Access.Disclosure,
		other: append(deadUnder(ctx, s, subject, chart), elsewhere(others, unknown)...), again: "stele wallet open " + terminal.Quoted(patient) + " --reason WHY" + f.Mine(), record: recordUnder(f, patient)}
	if err := showChart(ctx, f, s, chart, nil, timeline.Options{Kinds: stele.Categories(), At: time.Now()}, as); err != nil {
		return err
	}
	by := ""
	if len(chart.Access.Trustees) > 0 {
		by = "; keys released by " + strings.Join(chart.Access.Trustees, ", ")
	}
	f.SayWrapped(fmt.Sprintf("%s opened in %s, on the patient's log in block %s%s", stele.Count(len(chart.Records), "record", "records"),
		terminal.Took(time.Since(start)), stele.Number(chart.Access.Outcome.Height), by))
	if f.JSON || o.out.Path != "" { // the screen says so by itself
		f.Say("the chart may be incomplete")
		f.SayWrapped(as.under)
	}
	besides(ctx, f, s, chart, q)
	faults(f, s, chart)
	lookedAt(f, s.Charts.TellViewed(ctx, chart))
	return nil
}

// lookedAt says where the patient will not learn what was looked at.
func lookedAt(f *cli.Face, err error) {
	if err != nil {
		f.SayWrapped("what you looked at could not be told to the trustees, and the patient will not see it: " + stele.TextOf(err))
	}
}

// patientFrom finds a patient: by DID or the code of her card, or by enough of the DID or
// name of one who has given a grant.
func patientFrom(s *client.Session, text string) (stele.Subject, error) {
	text, err := spell.DID(text)
	if err != nil {
		return stele.Subject{}, err
	}
	if subject, err := stele.ParseSubject(text); err == nil {
		return subject, nil
	}
	names := map[stele.Subject]string{}
	known, holds := map[string]bool{}, map[stele.Subject]bool{} // holds: under a grant that is not over
	want := stele.Fold(text)
	all, err := s.HeldGrants()
	if err != nil {
		return stele.Subject{}, err
	}
	for _, h := range all {
		id, name := h.Subject.String(), patientOf(h.Document)
		known[name] = true
		if strings.HasPrefix(id, want) || strings.HasPrefix(strings.TrimPrefix(id, "did:stele:"), want) || strings.Contains(stele.Fold(name), want) {
			names[h.Subject] = name
			if heldOf(s.Clock(), h) == "held" {
				holds[h.Subject] = true
			}
		}
	}
	if len(holds) == 1 { // of the others every grant is over
		for subject := range holds {
			return subject, nil
		}
	}
	switch len(names) {
	case 1:
		for subject := range names {
			return subject, nil
		}
	case 0:
		hint := "give the whole DID, or see who has given grants: stele wallet grants"
		if near := stele.Near(text, slices.Sorted(maps.Keys(known))); len(near) > 0 {
			hint = "did you mean " + strings.Join(near, " or ") + "?"
		}
		return stele.Subject{}, stele.E("find patient", stele.KindNotFound, "this wallet holds no grant of such a patient", nil).WithHint(hint)
	}
	var choices []string
	for subject, name := range names {
		choices = append(choices, name+" ("+subject.String()+")")
	}
	slices.Sort(choices)
	return stele.Subject{}, stele.E("find patient", stele.KindUsage, "that could be "+strings.Join(choices[:min(len(choices), 6)], " or "), nil).
		WithHint("give more of the name, or the DID")
}

// granterOf says who a patient is by the newest grant that the wallet holds of them.
func granterOf(s *client.Session, subject stele.Subject) string {
	held, _ := s.HeldToRead(subject) // where they can't be read, her DID does
	for _, h := range slices.Backward(held) {
		if name := patientOf(h.Document); name != "" {
			return name + ", as named in the grant"
		}
	}
	return terminal.ShortDID(subject)
}

func walletTimeline(f *cli.Face) *cobra.Command {
	var kinds []string
	var o timeline.Options
	var t shown
	all := false
	c := &cobra.Command{
		Annotations: cli.About(cli.Together, cli.Leaves("nothing was changed")),
		Use:         "timeline", Short: "Tell your own chart, everything, opened with your own key", Args: cli.AtMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.Kinds, err = cli.Categories(kinds); err != nil {
				return err
			}
			if all && len(kinds) > 0 {
				return cli.Usage("--all and --kind say different things", "--kind "+strings.Join(kinds, ",")+" for these only; --all for everything")
			}
			if all {
				o.Kinds = stele.Categories()
			}
			if err := t.out.Early(); err != nil {
				return err
			}
			for _, day := range []string{o.From, o.To} {
				if _, err := parseDate(day); err != nil {
					return err
				}
			}
			return f.As(cmd.Context(), func(s *client.Session) error { return tellChart(cmd.Context(), f, s, o, t) })
		},
	}
	c.Flags().StringSliceVar(&kinds, "kind", nil, "only these categories (stele words categories)")
	c.Flags().StringVar(&o.From, "since", "", "from this day, month or year")
	c.Flags().StringVar(&o.To, "until", "", "to this day, month or year")
	c.Flags().BoolVar(&o.OldestFirst, "oldest-first", false, "turn it round")
	c.Flags().BoolVar(&all, "all", false, "also claims, care providers and what nobody could sort")
	c.Flags().BoolVar(&t.past, "versions", false, "tell earlier versions and what was withdrawn, too")
	c.Flags().StringVar(&t.out.Path, "out", "", "write the resources to a file (NDJSON) or into a folder (one file each)")
	c.Flags().BoolVar(&t.out.Force, "force", false, cli.ForceFlag)
	return c
}

// tellChart opens the owner's own chart: no trustee is asked, and the log does not grow.
func tellChart(ctx context.Context, f *cli.Face, s *client.Session, o timeline.Options, t shown) error {
	o.At = time.Now()
	start, end := time.Now(), f.Patiently("opening your chart")
	chart, err := s.Charts.OpenOwn(ctx)
	var anchors map[stele.ID]anchor
	if err == nil {
		anchors, err = anchorsOf(ctx, s)
	}
	var dead []string
	if err == nil {
		dead, err = deadOnLog(ctx, f.Owner(s))
	}
	var others error
	if err == nil {
		in := &found{own: true, chart: chart, anchors: anchors}
		t.other = append(t.other, in.tellsOfStrangers(ctx, f, s)...)
		in.sayNewer(ctx, f, s)
		t.closed.note(ctx, f, s, chart.Records)
		others = f.Others(ctx, s, func(other *client.Session) error {
			also, err := deadOnLog(ctx, other) // a death on one is the person's
			if len(dead) == 0 {
				dead = also
			}
			return cmp.Or(err, joinChart(ctx, other, chart, anchors, func(_ *client.Session, in *found) error {
				t.other = append(t.other, in.tellsOfStrangers(ctx, f, other)...)
				in.sayNewer(ctx, f, other)
				t.closed.note(ctx, f, other, in.chart.Records)
				return nil
			}))
		})
	}
	end()
	if err != nil {
		return notHandedIn(ctx, f, s, err)
	}
	t.other = append(dead, t.other...)
	if err := showChart(ctx, f, s, chart, anchors, o, t); err != nil {
		return err
	}
	f.SayWrapped(fmt.Sprintf("%s in %s, each checked against its anchor on your log", stele.Count(len(chart.Records), "record", "records"), terminal.Took(time.Since(start))))
	sayOutgrown(f, s, chart, anchors)
	faults(f, s, chart)
	// After the chart: what is there is shown, and the exit code says that it is not all.
	return cmp.Or(missing("timeline", chart.Missing), others)
}

// notHandedIn is why the own chart does not open, where that is that nobody has claimed it yet.
func notHandedIn(ctx context.Context, f *cli.Face, s *client.Session, err error) error {
	if devices, wrong := s.Keys(ctx, s.Subject()); wrong != nil || len(devices) > 0 {
		return err
	}
	return stele.E("open chart", stele.KindDenied, "the claim has not been handed in: the chart is not yours to open yet", err).
		WithHint("once a member has signed it: stele wallet claim --submit FILE")
}

// looking sees what one chart of the owner's holds, with the session for it.
type looking func(*client.Session, *found) error

// joinChart opens another chart of the owner's, and puts what it holds to theirs, once look has seen it: they
// are one person's.
func joinChart(ctx context.Context, other *client.Session, chart *reading.Chart, anchors map[stele.ID]anchor, look looking) error {
	more, err := other.Charts.OpenOwn(ctx)
	if err != nil {
		return err
	}
	stand, err := anchorsOf(ctx, other)
	if err == nil && look != nil {
		err = look(other, &found{own: true, chart: more, anchors: stand})
	}
	if err != nil {
		return err
	}
	chart.Records = append(chart.Records, more.Records...)
	chart.Faults = append(chart.Faults, more.Faults...)
	chart.Deliveries = append(chart.Deliveries, more.Deliveries...)
	chart.Missing += more.Missing
	chart.Locked += more.Locked
	maps.Copy(anchors, stand)
	return nil
}

// missing fails where deliveries that stand on the patient's log were not to be had: what
// was written is good, and a program must not take it for all.
func missing(op string, deliveries int) error {
	if deliveries == 0 {
		return nil
	}
	return stele.E(op, stele.KindUnreachable, stele.Count(deliveries, "delivery that stands on your log is missing", "deliveries that stand on your log are missing"), nil).
		WithHint("do it again when all members are up: stele ledger status")
}

// anchor is where a submission stands on the ledger.
type anchor struct {
	height int64
	at     time.Time
}

func anchorsOf(ctx context.Context, s *client.Session) (map[stele.ID]anchor, error) {
	account, err := s.Log(ctx)
	if err != nil {
		return nil, err
	}
	anchors := map[stele.ID]anchor{}
	for e, err := range account.Events() {
		if err != nil {
			return nil, err
		}
		if about := e.Event.About(); about.Place == wire.PlaceDelivery {
			anchors[stele.ID(about.Submission)] = anchor{e.Event.Height, time.UnixMilli(e.Event.TimeMs).UTC()}
		}
	}
	return anchors, nil
}

func faults(f *cli.Face, s *client.Session, chart *reading.Chart) {
	silent := false
	for _, fault := range chart.Faults {
		silent = silent || strings.HasPrefix(fault.What, "did not ")
		f.Note("%s %s", fault.Member, fault.What)
		if fault.Evidence != nil {
			f.Say("      it signed that answer: what convicts it lies in %s", s.Charts.EvidenceFolder())
		}
	}
	if chart.Locked > 0 {
		f.SayWrapped("Not all of your chart is here: " + stele.Count(chart.Locked, "part does", "parts do") +
			" not open with your key yet, and what lies there is missing above. Have it opened with: stele wallet reseal" + f.Mine())
	}
	if silent && !chart.Access.Grant.IsZero() { // of the own chart the log says whether something is missing
		f.SayWrapped("what nobody else holds of it is missing here: records, and what corrects or withdraws one that is shown. Open again when they answer: stele ledger status tells who is up")
	}
}
