package wallet

import (
	"bufio"
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/terminal/columns"
	"github.com/stele-health/stele/timeline"
	"github.com/stele-health/stele/wire"
)

// shown is how a chart is shown.
type shown struct {
	out   cli.Target       // a file or folder; without a path the screen
	past  bool             // also what no longer counts
	whom  string           // the patient, where no record of the chart says who it is
	card  string           // in an emergency: what the patient's card says
	under string           // the grant, and what it allows; empty for the owner's own
	with  *wire.Disclosure // what must go with the records wherever they go; nil: nothing
	other []string         // that there are other charts of the patient, which are not shown

	// closed is what of the owner's own chart could not be classified or is restricted, which opens to nobody else.
	closed unopened

	// person are the charts of the patient that are known, this and those; none where the owner reads.
	person []stele.Subject

	// asked are the categories that might have come. Where nothing of allergies or medicines did that are
	// of these, the screen says that this is not the same as none.
	asked []stele.Category

	// urgent: who opens in an emergency reads the top of the screen. What a summary says of what no record came of, as
	// of results, stands below what did; where one came, it counts, and not what a summary said when it was made.
	urgent bool

	// again is the command that opened somebody else's chart, to which --versions can be added, and record
	// the one that shows one of its records whole; empty for the owner's own.
	again, record string
}

// incomplete is what who opens a chart in an emergency has to bear in mind, of whoever it is: it says
// nothing of whether this patient has anything that is marked as sensitive.
const incomplete = "this may be incomplete: ask about allergies and medicines. What is marked as sensitive " +
	"(mental health, HIV, substance use, …), or could not be classified, opens only where the patient has named it for emergencies"

// showChart writes a chart: told on the screen, as lines for programs, or into
// files.
func showChart(ctx context.Context, f *cli.Face, s *client.Session, chart *reading.Chart, anchors map[stele.ID]anchor, o timeline.Options, t shown) error {
	sources, single := sourcesOf(ctx, s, chart), forSingles(s, chart)
	items := itemsOf(sources, chart.Records, anchors)
	if t.out.Path == "" && !f.JSON {
		t.tell(f, chart, sources, items, single, o)
		return nil
	}
	for _, line := range append(t.other, t.strange(items, o.At)...) {
		f.Note("%s", line)
	}
	versions := versionsOf(items)
	if single {
		versions = undecided(versions)
	}
	records := chosen(chart.Records, o)
	if t.out.Path != "" {
		return t.save(f, records, versions)
	}
	for _, r := range records {
		if err := f.Emit(accompanied(recordJSON(sources, r, anchors, versions[r.Handle]), r, t.with)); err != nil {
			return err
		}
	}
	return nil
}

// save writes records into a file or folder, and says with what they go and where they are.
func (t shown) save(f *cli.Face, records []reading.Record, versions map[stele.ID]timeline.Version) error {
	if !t.past {
		kept, left := counted(records, versions)
		if records = kept; len(left) > 0 {
			f.Say("%s left out: --versions writes them, too", cli.LeftOut(left))
		}
	}
	if err := saveChart(records, t.out); err != nil {
		return err
	}
	if t.with != nil {
		f.SayWrapped(t.with.Notice + " " + t.with.Scope)
	}
	return saved(f, len(records), t.out)
}

// tell tells a chart on the screen: what must be known first, whose it is, the story or the summary, and what
// must not be concluded from it. single says that it was opened for single records.
func (t shown) tell(f *cli.Face, chart *reading.Chart, sources map[stele.Subject]string, items []timeline.Item, single bool, o timeline.Options) {
	warned(f, t.with)
	alerted(f, t.other)
	tale := timeline.Tell(items, o)
	screen, alone := summaryScreen(sources, items, o.At, t.person)
	lacks := lacking(tale, t.asked)
	ofItsDay := ""
	if of := unheard(items, t.asked); t.urgent && !alone && len(of) > 0 {
		ofItsDay, _ = summaryScreen(sources, items, o.At, t.person, of...)
	}
	tale.Person = headed(f, t, tale.Person, alone || ofItsDay != "")
	nothingCame(f, chart, t)
	if single {
		if says := withoutNow(&tale, chart.Records); len(chart.Records) > 0 {
			f.Print("%s", says)
		}
	}
	if alone && !t.past {
		f.Out.Page(screen)
	} else {
		t.story(f, tale)
	}
	if ofItsDay != "" {
		for _, line := range columns.Wrap("Of some of what a summary tells no record was opened. It says of that, as it was when it was made:", f.Width) {
			f.Print("%s", line)
		}
		f.Out.Page(ofItsDay)
	}
	for _, line := range columns.Wrap(terminal.Clean(t.under), f.Width) {
		f.Print("%s", f.OutStyle.Paint(terminal.Faint, line))
	}
	if len(chart.Records) == 0 {
		return
	}
	if len(chosen(chart.Records, o)) == 0 { // what holds now stands there all the same
		f.Print("no record of these days and kinds")
	}
	if !alone && len(lacks) > 0 {
		for _, line := range columns.Wrap("no record of "+strings.Join(lacks, " and ")+" that may hold was opened: that is not the same as none, ask", f.Width) {
			f.Print("%s", line)
		}
	}
}

// strange is what must be known of the newest summary where it goes to a program or into a file.
func (t shown) strange(items []timeline.Item, at time.Time) []string {
	summaries, _ := summariesOf(items, at)
	if len(t.person) == 0 || len(summaries) == 0 {
		return nil
	}
	if says := ofStrangers(summaries[0].Record, t.person); says != "" {
		return []string{says}
	}
	return nil
}

// story prints a story, in colours where the screen has them.
func (t shown) story(f *cli.Face, tale timeline.Story) {
	text := tale.Text(timeline.Page{Width: f.Width, Color: f.OutStyle.Colour, Past: t.past, Versions: t.versions(), Record: t.record, Marks: t.closed.marks()})
	if f.OutStyle.Colour {
		f.Out.Story(text, "0", terminal.Bold, terminal.Faint, terminal.Red, terminal.Green, terminal.Amber)
	} else {
		f.Out.Page(text)
	}
}

// headed prints whose chart it is where the story does not say so, as a chart is never without its
// patient; in an emergency always, with what to bear in mind before what holds now is read. named
// says that a summary on the screen may name the patient. It returns who is left to the story to name.
func headed(f *cli.Face, t shown, person string, named bool) string {
	if t.urgent && person != "" {
		f.Print("%s", f.OutStyle.Paint(terminal.Bold, person))
	} else if t.whom != "" && person == "" {
		f.Print("%s", f.OutStyle.Paint(terminal.Bold, t.whom))
	}
	if !t.urgent {
		return person
	}
	if person == "" {
		what := "no name or birth date is shown"
		if named {
			what = "whose it is, a summary says below, if anything does"
		}
		for _, line := range columns.Wrap(what+": compare the wristband, or the card, which says", f.Width) {
			f.Print("%s", line)
		}
		f.Print("%s", f.OutStyle.Paint(terminal.Bold, t.card))
	}
	for _, line := range columns.Wrap(incomplete, f.Width) {
		f.Print("%s", line)
	}
	return ""
}

// versions is the command that shows also what counts no more.
func (t shown) versions() string {
	if t.again == "" {
		return ""
	}
	return t.again + " --versions"
}

// nothingCame says so of a chart without records; to who reads another's not why, which nobody knows.
func nothingCame(f *cli.Face, chart *reading.Chart, t shown) {
	switch {
	case len(chart.Records) > 0:
		return
	case len(chart.Faults) > 0:
		f.Print("no record was got from the vaults that answered: the notes say what is missing")
		return
	case t.whom == "":
		f.Print("no records: nothing was delivered")
	default:
		f.Print("no records: nothing was shown")
	}
	f.Print("whether there are allergies, medicines or illnesses is not known from this")
}

// sourcesOf names who wrote the records: members by their names, others by the card
// that they show, with where they work; who has none by the DID. The owner is who they were in
// each of their charts.
func sourcesOf(ctx context.Context, s *client.Session, chart *reading.Chart) map[stele.Subject]string {
	names := map[stele.Subject]string{chart.Subject: "the patient"}
	if chart.Subject == s.Subject() {
		others, _ := s.Merged(ctx) // where the log cannot be read now, by their DIDs
		for _, other := range others {
			names[other] = "the patient"
		}
	}
	for _, r := range chart.Records {
		source := r.Label.Source
		if names[source] != "" {
			continue
		}
		if source.IsZero() {
			names[source] = "source not proved"
			continue
		}
		if names[source] = memberName(s, source[:]); names[source] != terminal.ShortDID(source) {
			continue
		}
		if c, err := s.Find(ctx, source.String()); err == nil {
			names[source] = s.Describe(c)
		}
	}
	return names
}

// chosen are the records of the kinds and dates that a story would tell; without
// any all of them.
func chosen(records []reading.Record, o timeline.Options) []reading.Record {
	var kept []reading.Record
	for _, r := range records {
		day := r.When
		if len(o.Kinds) > 0 && !slices.Contains(o.Kinds, r.Label.Category) ||
			o.From != "" && day < o.From || o.To != "" && (day == "" || day[:min(len(day), len(o.To))] > o.To) {
			continue
		}
		kept = append(kept, r)
	}
	return kept
}

func recordJSON(sources map[stele.Subject]string, r reading.Record, anchors map[stele.ID]anchor, version timeline.Version) map[string]any {
	sensitivity := r.Label.Sensitivity
	if sensitivity == nil {
		sensitivity = []stele.Sensitivity{}
	}
	out := map[string]any{
		"handle": r.Handle, "submission": r.Submission, "type": r.Type, "when": r.When, "category": r.Label.Category,
		"sensitivity": sensitivity, "year": r.Label.Year, "source": r.Label.Source, "source_name": sources[r.Label.Source],
		"version": version, "resource": json.RawMessage(r.JSON),
	}
	if a, ok := anchors[r.Submission]; ok {
		out["anchored"], out["height"] = a.at, a.height
	}
	return out
}

// saveChart writes the resources byte for byte as they were delivered.
func saveChart(records []reading.Record, out cli.Target) error {
	if !out.IsFolder() {
		return out.Write(func(w *bufio.Writer) error {
			for _, r := range records {
				_, _ = w.Write(r.JSON)
				_ = w.WriteByte('\n') // Flush tells
			}
			return nil
		})
	}
	names := make([]string, len(records))
	for i, r := range records {
		// The type is its source's word: as a path it could lead out of the folder.
		names[i] = filepath.Base(r.Type) + "-" + r.Handle.String() + ".json"
	}
	if err := out.Folder(names); err != nil {
		return err
	}
	for i, r := range records {
		if err := out.In(names[i]).Write(cli.Content(r.JSON, []byte("\n"))); err != nil {
			return err
		}
	}
	return nil
}

// saved tells what was written where.
func saved(f *cli.Face, records int, out cli.Target) error {
	if f.JSON {
		return f.Emit(map[string]any{"out": out.Path, "records": records})
	}
	f.Say("%s in %s", stele.Count(records, "resource", "resources"), out.Path)
	return nil
}

// warned says what must go with records of substance use wherever they go (42 CFR 2.32),
// where there are any.
func warned(f *cli.Face, with *wire.Disclosure) {
	if with == nil {
		return
	}
	alerted(f, []string{with.Notice + " " + with.Scope})
}

// alerted says above a chart what who reads it must know first.
func alerted(f *cli.Face, lines []string) {
	for _, text := range lines {
		for _, line := range columns.Wrap(terminal.Clean(text), f.Width) {
			f.Print("%s", f.OutStyle.Paint(terminal.Amber, line))
		}
	}
}

// accompanied adds it to a record for programs, where the record is of substance use.
func accompanied(out map[string]any, r reading.Record, with *wire.Disclosure) map[string]any {
	if with != nil && consent.IsPart2(r.Label.Sensitivity) {
		out["notice"], out["consent"] = with.Notice, with.Scope
	}
	return out
}
