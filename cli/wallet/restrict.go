package wallet

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

// restricting is what a patient decides to keep back, as flags say it.
type restricting struct {
	categories, sensitive, sources, records []string
	from, through                           string
	emergencies, yes                        bool
	may                                     mayTell
}

func walletRestrict(f *cli.Face) *cobra.Command {
	var o restricting
	c := &cobra.Command{
		Annotations: cli.About(cli.One, cli.Leaves("it may count all the same: stele wallet restrict list tells")),
		Use:         "restrict", Short: "Keep a part of your chart from everybody else; warns first", Args: cli.AtMost(0),
		Long: "What is restricted is for everybody but you as if it were not there, from the next block\n" +
			"on: under every grant, for whoever acts for you, and with --also-in-emergencies then, too.\n" +
			"Several flags narrow: the medicines from one clinic. A record is restricted with its earlier\n" +
			"and later versions; the warning says what that is. Years are whole, and what has no date\n" +
			"is in every period.",
		Example: "  stele wallet restrict --sensitive PSY\n" +
			"  stele wallet restrict --categories medications --sources \"Elm Street Clinic\" --from 2024\n" +
			"  stele wallet restrict --record sertraline --also-in-emergencies\n" +
			"  stele wallet restrict list\n  stele wallet restrict lift 1",
		RunE: func(cmd *cobra.Command, _ []string) error {
			about := cli.One
			if len(o.records) > 0 {
				about = cli.Whichever
			}
			return f.AsAbout(cmd.Context(), about, func(s *client.Session) error { return restrict(cmd.Context(), f, s, o) })
		},
	}
	flags := c.Flags()
	flags.StringSliceVar(&o.categories, "categories", nil, "parts of the chart (stele words categories)")
	flags.StringSliceVar(&o.sensitive, "sensitive", nil, "what is marked as any of these: PSY, HIV, … (stele words sensitivities)")
	flags.StringSliceVar(&o.sources, "sources", nil, "what came from these organisations: names, or DIDs")
	flags.StringArrayVar(&o.records, "record", nil, "a single record, by words of its line, its type and id, or its handle; may be given several times")
	flags.StringVar(&o.from, "from", "", "what is dated this year or later, YYYY")
	flags.StringVar(&o.through, "through", "", "what is dated this year or earlier, YYYY")
	flags.BoolVar(&o.emergencies, "also-in-emergencies", false, "in an emergency, too")
	o.may.flags(flags)
	flags.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	c.AddCommand(restrictList(f), restrictLift(f), restrictFollow(f))
	return c
}

// restrict shows what nobody will see any more, asks, and says it to the network.
func restrict(ctx context.Context, f *cli.Face, s *client.Session, o restricting) error {
	r, names, err := o.read(ctx, s)
	if err != nil {
		return err
	}
	if err := lives(ctx, f, s); err != nil {
		return err
	}
	settle(ctx, f, s)
	in, err := chartOf(ctx, f, s, "", opening{})
	if err != nil {
		return err
	}
	defer faults(f, s, in.chart)
	named, siblings := 0, []wallet.Single(nil)
	if len(o.records) > 0 {
		records, err := in.each(f, o.records)
		if err != nil {
			return cli.NotHere(err)
		}
		f.FoundIn(s)
		for _, record := range records {
			r.Records = append(r.Records, placeOf(record))
		}
		named = len(r.Records)
	}
	says, err := s.Says(ctx) // or it could not be said anew, whatever somebody answers to the warning
	if err != nil {
		return err
	}
	before := says.Restrictions
	if len(o.records) > 0 {
		r, siblings = in.restrictsRecords(ctx, s, r)
		f.SayWrapped("the record: " + strings.Join(in.lines(handlesOf(r)...), "; "))
	}
	r = r.Warned(s.Clock())
	name := func(subject stele.Subject) string { return terminal.Clean(calledOf(s, subject, names)) }
	all := in.withSummaries(says, before, r)
	for _, line := range append(r.Warn(in.touched(f, r, slices.Concat(before, all), named)), says.SayRestriction(r, name)) {
		f.SayWrapped(line)
	}
	saySummaries(f, all)
	sayOwnSummaries(ctx, f, r.InEmergencies)
	if in.chart.Missing > 0 {
		f.Say("deliveries are missing from your chart now: what lies in them is not counted")
	}
	if err := in.sayAnew(ctx, f, o, in.toldAnew(says, before, slices.Concat(before, all))); err != nil {
		return err
	}
	if !o.yes {
		if err := f.Confirm(ctx, "Restrict it all the same?", "nothing was changed"); err != nil {
			return err
		}
	}
	outcome, err := s.RestrictAll(ctx, all, names, siblings...)
	if err != nil {
		return err
	}
	return saidRestricted(f, s, says.SayRestriction(r, name), outcome)
}

func saidRestricted(f *cli.Face, s *client.Session, says string, outcome stele.Outcome) error {
	missing := s.MissingSlot()
	if f.JSON {
		return f.Emit(map[string]any{"says": says, "height": outcome.Height, "missing": orEmpty(missing)})
	}
	f.Say("it counts from block %s on", stele.Number(outcome.Height))
	sayMissing(f, s, missing)
	return nil
}

// read reads the flags but for the record, which is looked for in the chart.
func (o restricting) read(ctx context.Context, s *client.Session) (r slot.Restriction, names map[stele.Subject]string, err error) {
	labels := len(o.categories)+len(o.sensitive)+len(o.sources) > 0 || o.from+o.through != ""
	switch {
	case labels && len(o.records) > 0:
		return r, nil, cli.Usage("a single record is restricted as it is", "leave out what narrows it, or leave out --record")
	case !labels && len(o.records) == 0:
		return r, nil, cli.Usage("restrict what?", "say --categories, --sensitive, --sources, --from or --through, or --record; to restrict everything take the grants back: stele wallet revoke")
	}
	r.InEmergencies = o.emergencies
	if r.Categories, err = cli.Categories(o.categories); err != nil {
		return r, nil, err
	}
	if r.Sensitivity, err = cli.Sensitivities(o.sensitive); err != nil {
		return r, nil, err
	}
	if r.From, err = year(o.from); err != nil {
		return r, nil, err
	}
	if r.To, err = year(o.through); err != nil {
		return r, nil, err
	}
	if r.To != 0 && r.From > r.To {
		return r, nil, cli.Usage("--from "+o.from+" is after --through "+o.through+", which would restrict nothing", "turn them round, or leave one out")
	}
	r.Sources, names, err = lookUp(ctx, s, o.sources)
	return r, names, err
}

func year(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if text != "" && (err != nil || len(text) != 4 || n < 1) {
		return 0, cli.Usage(fmt.Sprintf("%q is no year", text), "whole years are restricted: --from 2024 --through 2025")
	}
	return n, nil
}

// one finds the records of the one line that words mean. It fails with KindUsage where they mean
// several, which are listed then.
func (in *found) one(f *cli.Face, what string) ([]reading.Record, error) {
	records, many, err := in.means(what)
	if err != nil || len(many) <= 1 {
		return records, err
	}
	if err := listEntries(f, many, "stele wallet record WORDS"+f.Mine()); err != nil {
		return nil, err
	}
	return nil, cli.Usage("more than one line is meant, and nothing was changed", "name one by its handle, which stands before its line: --record "+many[0].Vouched[0].Handle.String()[:12])
}

// each finds the records of several words, each of one line, each record once.
func (in *found) each(f *cli.Face, all []string) (records []reading.Record, err error) {
	for _, words := range all {
		more, err := in.one(f, words)
		if err != nil {
			return nil, err
		}
		for _, r := range more {
			if !slices.ContainsFunc(records, func(had reading.Record) bool { return had.Handle == r.Handle }) {
				records = append(records, r)
			}
		}
	}
	return records, nil
}

// touched is what a restriction keeps back of a chart, of whose records the first ones were named, and others go
// along; all is what is restricted then.
func (in *found) touched(f *cli.Face, r slot.Restriction, all []slot.Restriction, named int) slot.Touched {
	t := slot.Touched{Records: map[stele.Category]int{}, Siblings: map[stele.Category]int{}}
	var tell []slot.Record // summaries that may
	for _, record := range in.chart.Records {
		if !restricts(r, record) {
			if record.Label.Category == stele.Summary && !keptBack(all, r, record) && in.mayTell(record, r) {
				tell = append(tell, placeOf(record))
			}
			continue
		}
		t.Records[record.Label.Category]++
		if len(r.Records) > 0 && !slices.Contains(r.Records[:named], placeOf(record)) {
			t.Siblings[record.Label.Category]++
		}
	}
	if len(tell) > 0 {
		t.Summary = in.restrictCommand(tell, r.InEmergencies) + f.Mine()
	}
	return t
}

// keptBack reports whether a record is restricted wherever r is.
func keptBack(all []slot.Restriction, r slot.Restriction, record reading.Record) bool {
	return slices.ContainsFunc(all, func(of slot.Restriction) bool {
		return restricts(of, record) && (of.InEmergencies || !r.InEmergencies)
	})
}

// restricts reports whether a record is in a restriction, which goes by what its label claims.
func restricts(r slot.Restriction, record reading.Record) bool {
	return r.Restricts(placeOf(record), claimed(record))
}

func restricted(all []slot.Restriction, record reading.Record) bool {
	return slices.ContainsFunc(all, func(r slot.Restriction) bool { return restricts(r, record) })
}

// claimed is a record's label as vaults and trustees see it.
func claimed(record reading.Record) stele.Label {
	label := record.Label
	label.Source = record.Claimed
	return label
}

func handlesOf(r slot.Restriction) (handles []stele.ID) {
	for _, of := range r.Records {
		handles = append(handles, of.Handle)
	}
	return handles
}

// recordLines are the lines of the single records of restrictions, one list for each, and those by which others read that
// there is none of what is kept back; nothing where the own chart cannot be opened.
func recordLines(ctx context.Context, f *cli.Face, s *client.Session, all []slot.Restriction) (lines [][]string, denied map[int][]string) {
	lines = make([][]string, len(all))
	if len(all) == 0 {
		return lines, nil
	}
	in, err := chartOf(ctx, f, s, "", opening{})
	if err != nil {
		f.SayWrapped("which single records they are, and whether others read that there is none, cannot be said now: " + cli.Sentence(err))
		return lines, nil
	}
	in.known(ctx, s)
	for i, r := range all {
		lines[i] = in.lines(handlesOf(r)...)
	}
	says, err := s.Emergency()
	if err != nil {
		return lines, nil
	}
	return lines, in.deniedLines(f, says)
}

func restrictList(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.About(cli.Each),
		Use:         "list", Short: "Say what you have restricted", Args: cli.AtMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error { return listRestrictions(cmd.Context(), f, s) })
		},
	}
}

func listRestrictions(ctx context.Context, f *cli.Face, s *client.Session) error {
	settle(ctx, f, s)
	all, err := s.Restrictions(ctx)
	if err != nil {
		return err
	}
	type line struct {
		Number  int       `json:"number"`
		Says    string    `json:"says"`
		Records []string  `json:"records"` // the lines of single records
		Denied  []string  `json:"denied"`  // by which others read that there is none of it
		Since   time.Time `json:"since"`
		Warning string    `json:"warning"` // the version of the text that was shown
	}
	in, _ := s.Emergency() // it is known, or nothing is restricted
	lines := []line{}
	of, denied := recordLines(ctx, f, s, all)
	for i, r := range all {
		says := in.SayRestriction(r, func(subject stele.Subject) string {
			return terminal.Clean(calledOf(s, subject, s.State().Emergency.Names))
		})
		lines = append(lines, line{i + 1, says, orEmpty(of[i]), orEmpty(denied[i+1]), r.At, r.Warning})
	}
	if err := s.BringSlot(ctx); err != nil {
		return err
	}
	missing := s.MissingSlot()
	if f.JSON {
		return f.Emit(map[string]any{"restrictions": lines, "missing": orEmpty(missing)})
	}
	if len(lines) == 0 {
		f.Print("You have restricted nothing.")
	}
	for _, l := range lines {
		f.Hang(fmt.Sprintf("%d. ", l.Number), l.Says+" Since "+l.Since.Local().Format(time.DateOnly)+".")
		for _, record := range l.Records {
			f.Hang("   the record: ", record)
		}
		for _, says := range l.Denied {
			f.Hang("   ", says)
		}
	}
	if len(lines) > 0 && cli.YoursToo(s) != "" {
		f.Say("take one of these back with: stele wallet restrict lift NUMBER%s", f.Mine())
	}
	sayMissing(f, s, missing)
	return nil
}
