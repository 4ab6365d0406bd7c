package wallet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/telling"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/timeline"
)

func walletRecord(f *cli.Face) *cobra.Command {
	var o opening
	patient := ""
	c := &cobra.Command{
		Annotations: cli.About(cli.Together, cli.Leaves("nothing was changed")),
		Use:         "record WHAT", Short: "Show a record whole, with its source, anchor and versions", Args: cli.Exactly("what to show"),
		Long: "Shows everything that a record says, nothing left out; a line of the timeline that\n" +
			"ends with \"… more in the record\" says less than its record. WHAT is words of\n" +
			"that line, the record's type and id (MedicationRequest/17), or enough of its\n" +
			"handle. With --patient the chart is opened under a grant, as stele wallet open does.",
		Example: "  stele wallet record warfarin --as elena\n  stele wallet record Observation/hba1c --as elena\n  stele wallet record penicillin --patient marchetti --as okafor",
		RunE: func(cmd *cobra.Command, args []string) error {
			about := cli.Together
			if patient != "" {
				about = cli.None
			}
			return f.AsAbout(cmd.Context(), about, func(s *client.Session) error { return record(cmd.Context(), f, s, args[0], patient, o) })
		},
	}
	c.Flags().StringVar(&patient, "patient", "", "whose chart, opened under a grant; the opening is on the patient's log")
	c.Flags().StringVar(&o.purpose, "purpose", string(stele.Treatment), "with --patient, what for (stele words purposes)")
	c.Flags().StringVar(&o.grant, "grant", "", "with --patient, "+grantFlag)
	c.Flags().StringVar(&o.reason, "reason", "", "with --patient, in your words, for the patient")
	return c
}

// found is a chart with what is known of where its records stand.
type found struct {
	chart   *reading.Chart
	anchors map[stele.ID]anchor
	sources map[stele.Subject]string
	state   map[stele.ID]timeline.Version // by handle
	own     bool
}

// record finds what is meant among a chart's records, by name or handle first and by a line's words
// after that, and shows each of them.
func record(ctx context.Context, f *cli.Face, s *client.Session, what, patient string, o opening) error {
	in, err := chartOf(ctx, f, s, patient, o)
	if err != nil {
		return err
	}
	var others error
	var closed unopened
	if in.own {
		closed.note(ctx, f, s, in.chart.Records)
		others = in.join(ctx, f, s, func(other *client.Session, more *found) error {
			closed.note(ctx, f, other, more.chart.Records)
			return nil
		})
	}
	defer faults(f, s, in.chart)
	command := "stele wallet record WORDS" + f.Mine()
	if !in.own {
		command = recordUnder(f, patient)
	}
	records, err := in.showMeant(f, what, command)
	if err != nil {
		return err
	}
	closed.say(f, records)
	if len(records) > 0 {
		lookedAt(f, s.Charts.TellViewed(ctx, in.chart, records...))
	}
	return others
}

// recordUnder is the command that shows a record of a patient's whole, under a grant.
func recordUnder(f *cli.Face, patient string) string {
	return "stele wallet record WORDS --patient " + terminal.Quoted(patient) + " --reason WHY" + f.Mine()
}

// showMeant shows the records that words mean, and returns them; where they mean several lines, those,
// and how each is shown.
func (in *found) showMeant(f *cli.Face, what, command string) ([]reading.Record, error) {
	records, many, err := in.means(what)
	if err != nil {
		return nil, err
	}
	if len(many) > 1 {
		return nil, listEntries(f, many, command)
	}
	for i, r := range records {
		if i > 0 && !f.JSON {
			f.Print("")
		}
		if err := showRecord(f, in, r); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// means finds what words mean among a chart's records: those of one line, or several lines. It fails
// with KindNotFound where they mean nothing.
func (in *found) means(what string) (records []reading.Record, many []timeline.Entry, err error) {
	records = meant(in.chart.Records, what)
	if len(records) > 0 {
		return records, nil, nil
	}
	story := timeline.Tell(itemsOf(in.sources, in.chart.Records, in.anchors), timeline.Options{Kinds: stele.Categories()})
	entries := story.Find(what)
	if len(entries) > 1 {
		return nil, entries, nil
	}
	for _, e := range entries {
		for _, v := range e.Vouched {
			records = append(records, meant(in.chart.Records, v.Handle.String())...)
		}
	}
	if len(records) == 0 {
		return nil, nil, stele.E("show record", stele.KindNotFound, "no record of this chart is meant by "+what, nil).
			WithHint("give words of a line of the timeline, a type and id like Observation/17, or a handle")
	}
	return records, nil, nil
}

// lines are the lines of the timeline that records stand in, each once, with who delivered it and of which day it is;
// of what has none its handle.
func (in *found) lines(handles ...stele.ID) (lines []string) {
	story := timeline.Tell(itemsOf(in.sources, in.chart.Records, in.anchors), timeline.Options{Kinds: stele.Categories()})
	for _, handle := range handles {
		line := "a record that is not in your chart now, " + handle.String()
		if e, found := story.EntryOf(handle); found {
			line = terminal.Clean(e.Line() + " (" + in.whence(e) + ")")
		}
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// whence is who delivered an entry's records, and its day: "Northside Hospital, 3 Feb 2021".
func (in *found) whence(e timeline.Entry) string {
	var words []string
	for _, v := range e.Vouched {
		for _, record := range in.chart.Records {
			if source := in.sources[record.Label.Source]; record.Handle == v.Handle && !slices.Contains(words, source) {
				words = append(words, source)
			}
		}
	}
	if day := e.Day(); day != "" {
		words = append(words, day)
	}
	return strings.Join(words, ", ")
}

// chartOf opens the wallet's own chart, or another's under a grant.
func chartOf(ctx context.Context, f *cli.Face, s *client.Session, patient string, o opening) (*found, error) {
	in := &found{own: patient == ""}
	err := func() (err error) {
		if in.own {
			defer f.Patiently("opening your chart")()
			if in.chart, err = s.Charts.OpenOwn(ctx); err == nil {
				in.anchors, err = anchorsOf(ctx, s)
			}
			return err
		}
		q, err := o.question()
		if err != nil {
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
		if q.Grant, err = heldGrant(s, subject, o.grant); err != nil {
			return err
		}
		defer f.Patiently("opening the chart")()
		if in.chart, err = s.Charts.OpenChart(ctx, subject, q); err == nil {
			f.SayWrapped(grantOf(s, in.chart, q))
			besides(ctx, f, s, in.chart, q)
		}
		return err
	}()
	if err != nil {
		return nil, err
	}
	return in.known(ctx, s), nil
}

// known fills in what is known of where a chart's records stand.
func (in *found) known(ctx context.Context, s *client.Session) *found {
	in.sources = sourcesOf(ctx, s, in.chart)
	in.state = versionsOf(itemsOf(in.sources, in.chart.Records, in.anchors))
	if forSingles(s, in.chart) {
		in.state = undecided(in.state)
	}
	return in
}

// shortestHandle is how much of a handle names a record. Less of it may be a word of a line.
const shortestHandle = 6

// meant are the records that a type and id or a handle's beginning names.
func meant(records []reading.Record, what string) []reading.Record {
	var out []reading.Record
	for _, r := range records {
		handle := strings.HasPrefix(r.Handle.String(), strings.ToLower(what)) && len(what) >= shortestHandle
		if handle || strings.Contains(what, "/") && strings.EqualFold(nameOf(r), what) {
			out = append(out, r)
		}
	}
	return out
}

// nameOf is a record's type and id.
func nameOf(r reading.Record) string {
	if p, err := fhir.Parse(r.JSON); err == nil {
		return p.Name()
	}
	return r.Type
}

func listEntries(f *cli.Face, entries []timeline.Entry, command string) error {
	for _, e := range entries {
		v := e.Vouched[0]
		if f.JSON {
			if err := f.Emit(map[string]any{"handle": v.Handle, "type": e.Type, "when": e.When.Day, "line": e.Line()}); err != nil {
				return err
			}
			continue
		}
		f.Hang(fmt.Sprintf("%s  %-11s  ", v.Handle.String()[:12], e.Day()), e.Line())
	}
	f.SayWrapped(fmt.Sprintf("%d lines hold these words; show one by its handle: %s", len(entries), strings.Replace(command, "WORDS", entries[0].Vouched[0].Handle.String()[:12], 1)))
	return nil
}

// showRecord writes one record whole, and what is known of it.
func showRecord(f *cli.Face, in *found, r reading.Record) error {
	sheet, ok := telling.Full(r.JSON)
	if f.JSON {
		out := accompanied(recordJSON(in.sources, r, in.anchors, in.state[r.Handle]), r, in.chart.Access.Disclosure)
		out["version"], out["lines"] = in.state[r.Handle], sheet.Lines
		out["versions"] = []map[string]any{}
		for _, o := range in.others(r) {
			out["versions"] = append(out["versions"].([]map[string]any), map[string]any{"handle": o.Handle, "version": in.state[o.Handle]})
		}
		return f.Emit(out)
	}
	if consent.IsPart2(r.Label.Sensitivity) {
		warned(f, in.chart.Access.Disclosure)
	}
	if ok {
		f.Out.Page(timeline.Page{Width: f.Width}.Sheet(sheet))
	} else {
		f.Print("this is no FHIR resource that can be read: %d bytes", len(r.JSON))
	}
	f.Print("")
	f.Print("from      %s", in.sources[r.Label.Source])
	f.Print("state     %s", in.state[r.Handle])
	f.Print("label     %s", labelWords(r.Label))
	f.Print("handle    %s", r.Handle)
	if a, ok := in.anchors[r.Submission]; ok {
		f.Print("anchored  %s, in block %s", a.at.Format("2 Jan 2006 15:04 MST"), stele.Number(a.height))
	}
	f.Print("proof     checked against the anchor of submission %s", r.Submission)
	for _, o := range in.others(r) {
		f.Print("version   %s: %s", o.Handle, in.state[o.Handle])
	}
	return nil
}

// labelWords says what consent is decided on.
func labelWords(l stele.Label) string {
	words := string(l.Category)
	for _, s := range l.Sensitivity {
		words += ", " + string(s)
	}
	if l.Year > 0 {
		words += fmt.Sprintf(", %d", l.Year)
	}
	return words
}

// others are the other versions of a record: of its source, type and id.
func (in *found) others(r reading.Record) []reading.Record {
	name := nameOf(r)
	return slices.DeleteFunc(slices.Clone(in.chart.Records), func(o reading.Record) bool {
		return o.Handle == r.Handle || o.Label.Source != r.Label.Source || o.Type != r.Type || !strings.Contains(name, "/") || nameOf(o) != name
	})
}
