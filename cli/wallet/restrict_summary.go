package wallet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
)

// A summary that the owner made tells what was in the chart then, and so does each before it, which whoever
// may read summaries gets, too: to make it anew takes nothing back. So they are restricted with what they
// may tell, all that there are; the one that is made next leaves it out.

// withSummaries is a restriction, and behind it one of the emergency summaries that may tell what it is of; without that
// where it keeps nothing back now, where none is open, and where there is no room for all. says and before are what counts now.
func (in *found) withSummaries(says slot.Slot, before []slot.Restriction, r slot.Restriction) []slot.Restriction {
	with := slot.Restriction{InEmergencies: r.InEmergencies, Warning: r.Warning, Language: r.Language, At: r.At}
	with.Records = in.openSummaries(append(slices.Clone(before), r), r.InEmergencies)
	keeps := slices.ContainsFunc(in.chart.Records, func(record reading.Record) bool {
		return record.Label.Category != stele.Summary && restricts(r, record)
	})
	all := []slot.Restriction{r, with}
	says.Restrictions = slices.Concat(before, all)
	if _, err := says.Document(); err != nil || !keeps || len(with.Records) == 0 {
		return all[:1]
	}
	return all
}

// openSummaries are the summaries that the chart's owner made and that others may read under what is restricted: in an
// emergency, too, or under a grant.
func (in *found) openSummaries(all []slot.Restriction, emergency bool) (open []slot.Record) {
	for _, record := range in.chart.Records {
		if in.ownSummary(record) && !slices.ContainsFunc(all, func(of slot.Restriction) bool {
			return restricts(of, record) && (of.InEmergencies || !emergency)
		}) {
			open = append(open, placeOf(record))
		}
	}
	return open
}

// ownSummary reports whether a record is a summary that the chart's owner made.
func (in *found) ownSummary(record reading.Record) bool {
	return record.Label.Category == stele.Summary && record.Label.Source == in.chart.Subject
}

// saySummaries says which summaries go along.
func saySummaries(f *cli.Face, all []slot.Restriction) {
	if len(all) < 2 {
		return
	}
	none := "who reads under a grant sees none"
	if all[1].InEmergencies {
		none = "nobody else sees one"
	}
	f.SayWrapped("Your emergency summary may say it, and so may its earlier versions: " + stele.Count(len(all[1].Records), "version is", "versions are") +
		" kept back, too. Until you make it anew " + none + fmt.Sprintf(": stele wallet summary --keep%s", f.Mine()))
}

// sayOwnSummaries says, of what is restricted of a chart that is merged into the owner's, with which command the summaries
// of both in the owner's chart are kept back, too: those that there are, and none that is made later.
func sayOwnSummaries(ctx context.Context, f *cli.Face, emergency bool) {
	failed := f.WithOwn(func(own *client.Session) error {
		before, _ := own.Restrictions(ctx) // where they are not known, all counts as open
		in, err := chartOf(ctx, f, own, "", opening{})
		if err != nil {
			return err
		}
		open := in.openSummaries(before, emergency)
		if len(open) == 0 {
			return nil
		}
		f.SayWrapped("The emergency summary in your own chart may say it, too, and so may its earlier versions: " + stele.Count(len(open), "version is", "versions are") +
			" open to others still. Keep those back, too: " + in.restrictCommand(open, emergency) + f.Mine() + fmt.Sprintf(", and then make it anew: stele wallet summary --keep%s", f.Mine()))
		return nil
	})
	if failed != nil {
		f.SayWrapped("Whether an emergency summary in your own chart says it, too, cannot be said now: " + cli.Sentence(failed))
	}
}

// restrictCommand is the command that restricts records, each with its versions.
func (in *found) restrictCommand(places []slot.Record, emergency bool) string {
	command, covered := "stele wallet restrict", []slot.Record(nil)
	for _, p := range slices.Backward(places) {
		if !slices.Contains(covered, p) {
			command += " --record " + p.Handle.String()[:12]
			covered = in.withVersions(append(covered, p), false)
		}
	}
	if emergency {
		command += " --also-in-emergencies"
	}
	return command
}

// mayTell reports whether a summary may say what is restricted: one that the owner made says it where it was made of it or
// names it, and anybody else's may.
func (in *found) mayTell(summary reading.Record, r slot.Restriction) bool {
	if !in.ownSummary(summary) {
		return true
	}
	told, named := toldBy(summary), namesIn(in.story(func(reading.Record) bool { return true }))
	return slices.ContainsFunc(in.chart.Records, func(record reading.Record) bool {
		return restricts(r, record) && told(record.Handle, named[record.Handle])
	})
}

// summariesTellOf are the lines of what is restricted in another chart of the owner's and a summary in this one tells,
// that others may read by after, and not by before. says is what the owner says of emergencies here, and theirs there.
func (in *found) summariesTellOf(other *found, theirs, says slot.Slot, before, after []slot.Restriction) []string {
	named, all := namesIn(other.story(func(reading.Record) bool { return true })), []stele.ID(nil)
	for _, emergency := range []bool{false, true} {
		kept := func(record reading.Record) bool {
			return theirs.RestrictsRecord(emergency, placeOf(record), claimed(record))
		}
		told := func(restrictions []slot.Restriction) []stele.ID {
			then := says
			then.Restrictions = restrictions
			return in.summariesTell(other.chart.Records, named, opensOf(then, emergency), kept)
		}
		was := told(before)
		for _, handle := range told(after) {
			if !slices.Contains(was, handle) {
				all = append(all, handle)
			}
		}
	}
	return other.lines(all...)
}

// saySummariesOpened says what summaries of the owner's chart tell, once what keeps them back is lifted, of what is
// restricted in others that are merged into it.
func (in *found) saySummariesOpened(ctx context.Context, f *cli.Face, s *client.Session, says slot.Slot, before, after []slot.Restriction) {
	_ = f.Others(ctx, s, func(chart *client.Session) error { // which says what fails
		theirs, err := chart.Says(ctx)
		if err != nil {
			return err
		}
		other, err := chartOf(ctx, f, chart, "", opening{})
		if err != nil {
			return err
		}
		if lines := in.summariesTellOf(other, theirs, says, before, after); len(lines) > 0 {
			f.SayWrapped(summaryTells + strings.Join(lines, "; ") + ", in " + cli.YoursToo(chart))
		}
		return nil
	})
}

const summaryTells = "An emergency summary that others may read then tells what you restrict: "
