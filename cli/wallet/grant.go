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
	"github.com/stele-health/stele/wallet"
)

// granting is what a patient decides on, as flags say it.
type granting struct {
	to                                       string
	categories, sensitive, purposes, sources []string
	all, write, yes                          bool
	unclassified                             []string
	lasts, until, from, through              string
	patient                                  string // for whom the owner acts; empty: for themselves
	uses                                     uint32
	records                                  []string // single ones
}

// Terms that a grant has unless others are named.
const (
	readTerm  = "24h"
	writeTerm = "5y"
)

func walletGrant(f *cli.Face) *cobra.Command {
	var g granting
	c := &cobra.Command{
		Annotations: cli.About(cli.One, cli.Leaves("it may be on the ledger all the same: stele wallet log shows it, stele wallet revoke takes it back")),
		Use:         "grant --to WHO", Short: "Allow somebody to read or to write; says it in a sentence first", Args: cli.AtMost(0),
		Example: "  stele wallet grant --to Okafor --categories allergies,medications --for 24h\n" +
			"  stele wallet grant --to Okafor --all --sensitive PSY --until 2027-01-31\n" +
			"  stele wallet grant --to Okafor --record Observation/hba1c --for 7d\n" +
			"  stele wallet grant --to \"Northside Hospital\" --write",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("uses") && g.uses == 0 {
				return cli.Usage("--uses 0 would be a grant that opens nothing", "leave --uses out for as often as needed until the end")
			}
			if err := g.check(); err != nil {
				return err
			}
			return f.AsAbout(cmd.Context(), g.about(), func(s *client.Session) error { return grant(cmd.Context(), f, s, g) })
		},
	}
	flags := c.Flags()
	flags.StringVar(&g.to, "to", "", "who: a name, or a DID (stele wallet contacts lists them)")
	flags.StringSliceVar(&g.categories, "categories", nil, "parts of the chart, such as allergies,medications (stele words categories)")
	flags.BoolVar(&g.all, "all", false, "the whole chart, but nothing marked as sensitive or not classified")
	flags.StringSliceVar(&g.sensitive, "sensitive", nil, "also what is marked so: PSY, HIV, … (stele words sensitivities)")
	flags.StringArrayVar(&g.records, "record", nil, "a single record, by words of its line, its type and id, or its handle; may be given several times")
	flags.StringSliceVar(&g.purposes, "purpose", []string{string(stele.Treatment)}, "what for (stele words purposes lists them)")
	flags.StringVar(&g.lasts, "for", "", "how long: 90m, 24h, 7d, 2w, 1y (default 24h; 5y with --write)")
	flags.StringVar(&g.until, "until", "", "until when: 2027-01-31, or 2027-01-31T18:00, in local time")
	flags.Uint32Var(&g.uses, "uses", 0, "how many openings at most")
	flags.StringSliceVar(&g.sources, "sources", nil, "only what came from these organisations")
	flags.StringVar(&g.from, "from", "", "only what is dated this year (or YYYY-MM-DD) or later")
	flags.StringVar(&g.through, "through", "", "only what is dated this year (or YYYY-MM-DD) or earlier")
	flags.BoolVar(&g.write, "write", false, "to add to the chart instead of reading it")
	flags.StringArrayVar(&g.unclassified, "unclassified", nil,
		"with --write: what records that the source can't classify count as: PSY,SUD, or documents:PSY for a part (default: PDS, not classified)")
	flags.StringVar(&g.patient, "acting-for", "", "the patient for whom you act and give it (stele delegate list)")
	flags.BoolVarP(&g.yes, "yes", "y", false, "do not ask")
	return c
}

// about is which charts of the owner's a grant is about: it is of one, and single records lie in whichever.
func (g granting) about() cli.Charts {
	switch {
	case g.patient != "":
		return cli.None
	case len(g.records) > 0:
		return cli.Whichever
	}
	return cli.One
}

func grant(ctx context.Context, f *cli.Face, s *client.Session, g granting) error {
	t, err := terms(ctx, s, g)
	if err != nil {
		return err
	}
	if g.patient == "" {
		if err := lives(ctx, f, s); err != nil {
			return err
		}
	}
	if len(g.records) > 0 {
		if err := singles(ctx, f, s, g.records, &t); err != nil {
			return err
		}
	}
	under, err := actingFor(ctx, s, g.patient, t)
	if err == nil && under != nil && g.write {
		t, err = under.Narrow(t)
	}
	if err != nil {
		return err
	}
	return giveTo(ctx, f, s, g, t, under)
}

// check fails with KindUsage for flags that contradict each other, before anybody is
// asked anything.
func (g granting) check() error {
	switch {
	case g.to == "":
		return cli.Usage("to whom?", "name them with --to; stele wallet contacts lists everybody")
	case len(g.records) > 0 && (g.write || g.all || g.patient != "" || len(g.categories) > 0 || len(g.sensitive) > 0 || g.from+g.through != "" || len(g.sources) > 0):
		return cli.Usage("a single record is granted as it is", "leave out what widens or narrows it, or leave out --record")
	case len(g.records) > 0:
	case g.write && (g.all || len(g.categories) > 0 || len(g.sensitive) > 0 || g.from != "" || g.through != "" || len(g.sources) > 0):
		return cli.Usage("a write grant covers every kind of record", "leave out what narrows it, or leave out --write")
	case g.write && slices.ContainsFunc(g.purposes, func(p string) bool { return !strings.EqualFold(strings.TrimSpace(p), string(stele.Treatment)) }):
		return cli.Usage("a write grant is for treatment", "leave out --purpose, or leave out --write")
	case g.write:
	case g.all && len(g.categories) > 0:
		return cli.Usage("--all and --categories say different things", "--categories for these parts only; --all for the whole chart")
	case !g.all && len(g.categories) == 0:
		return cli.Usage("which part of the chart?", "say --categories allergies,medications or --all; stele words categories lists them")
	}
	return nil
}

// terms reads the flags.
func terms(ctx context.Context, s *client.Session, g granting) (t wallet.Terms, err error) {
	if t.End, err = g.end(s.Clock()); err != nil {
		return t, err
	}
	if g.write {
		t = wallet.DirectCareWrite(t.End)
		t.MaxUses = g.uses
		t.Unclassified, err = worstCases(g.unclassified)
		return t, err
	}
	if len(g.unclassified) > 0 {
		return t, cli.Usage("what can't be classified is said to whoever writes", "--unclassified goes with --write")
	}
	t.Action, t.MaxUses = stele.ActionRead, g.uses
	switch {
	case len(g.records) > 0: // they say it
	case g.all:
		t.Categories = []stele.Category{consent.AllCategories}
	default:
		if t.Categories, err = cli.Categories(g.categories); err != nil {
			return t, err
		}
	}
	if t.Sensitivity, err = cli.Sensitivities(g.sensitive); err != nil {
		return t, err
	}
	if t.Purposes, err = cli.Purposes(g.purposes); err != nil {
		return t, err
	}
	if t.From, err = parseDate(g.from); err != nil {
		return t, err
	}
	if t.To, err = parseDate(g.through); err != nil {
		return t, err
	}
	if later(t.From, t.To) {
		return t, cli.Usage("--from "+g.from+" is after --through "+g.through+", which would be a grant that opens nothing", "turn them round, or leave one out")
	}
	for _, name := range g.sources {
		source, err := s.Find(ctx, name)
		if err != nil {
			return t, err
		}
		t.Sources = append(t.Sources, consent.Party{Subject: source.Subject(), Name: source.Card.Name})
	}
	return t, nil
}

// worstCases reads what cannot be classified counts as: "PSY,SUD" for all of it,
// "documents:PSY" for a part of the chart.
func worstCases(texts []string) (list []consent.WorstCase, err error) {
	seen := map[stele.Category]bool{}
	for _, text := range texts {
		var w consent.WorstCase
		part, codes, ok := strings.Cut(text, ":")
		if !ok {
			part, codes = "", text
		} else {
			c, err := cli.Categories([]string{part})
			if err != nil {
				return nil, err
			}
			w.Category = c[0]
		}
		if w.Sensitivity, err = cli.Sensitivities(strings.Split(codes, ",")); err != nil {
			return nil, err
		}
		if seen[w.Category] {
			return nil, cli.Usage("--unclassified says twice what one part counts as", "put all of it in one list: --unclassified PSY,SUD")
		}
		seen[w.Category] = true
		list = append(list, w)
	}
	return list, nil
}

func parseDate(text string) (consent.Date, error) {
	date, ok := consent.ParseDate(text)
	if text != "" && !ok {
		return date, cli.Usage(fmt.Sprintf("%q is no date", text), "a date is YYYY, YYYY-MM or YYYY-MM-DD")
	}
	return date, nil
}

// later reports whether all of one date is after all of another; a date that is not said
// is neither before nor after.
func later(a, b consent.Date) bool {
	one, other := a.String(), b.String()
	n := min(len(one), len(other))
	return one[:n] > other[:n]
}

// end is when the grant ends, to the second, so that its sentence reads well.
func (g granting) end(now time.Time) (time.Time, error) {
	if g.until != "" {
		if g.lasts != "" {
			return time.Time{}, cli.Usage("--for and --until say the same thing", "give one of them")
		}
		for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
			if at, err := time.ParseInLocation(layout, g.until, time.Local); err == nil {
				if !at.After(now) {
					return at, cli.Usage("that end has passed already", "name a later one, or a length of time: --for 24h")
				}
				if at.After(now.AddDate(100, 0, 0)) {
					return at, cli.Usage("that end is more than a hundred years away", "name an earlier one")
				}
				return at, nil
			}
		}
		return time.Time{}, cli.Usage(fmt.Sprintf("%q is no time", g.until), "such as 2027-01-31 or 2027-01-31T18:00, in local time")
	}
	lasts := readTerm
	if g.write {
		lasts = writeTerm
	}
	term, err := cli.TermFrom(now, cmp.Or(g.lasts, lasts))
	if err != nil {
		return time.Time{}, err
	}
	unit := time.Second
	if term >= time.Hour {
		unit = time.Minute
	}
	// Up, not down: it holds for as long as was said, at least.
	return now.Add(term + unit - 1).Truncate(unit), nil
}
