package wallet

import (
	"fmt"
	"slices"

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
	keeps := false
	for _, record := range in.chart.Records {
		switch {
		case record.Label.Category != stele.Summary:
			keeps = keeps || restricts(r, record)
		case in.ownSummary(record) && !slices.ContainsFunc(append(slices.Clone(before), r), func(of slot.Restriction) bool {
			return restricts(of, record) && (of.InEmergencies || !r.InEmergencies)
		}):
			with.Records = append(with.Records, placeOf(record))
		}
	}
	all := []slot.Restriction{r, with}
	says.Restrictions = slices.Concat(before, all)
	if _, err := says.Document(); err != nil || !keeps || len(with.Records) == 0 {
		return all[:1]
	}
	return all
}

// ownSummary reports whether a record is a summary that the chart's owner made.
func (in *found) ownSummary(record reading.Record) bool {
	return record.Label.Category == stele.Summary && record.Label.Source == in.chart.Subject
}

// saySummaries says which summaries go along, and of a chart that is merged into the owner's where one may
// be that tells of it.
func saySummaries(f *cli.Face, s *client.Session, all []slot.Restriction) {
	if len(all) > 1 {
		none := "who reads under a grant sees none"
		if all[1].InEmergencies {
			none = "nobody else sees one"
		}
		f.SayWrapped("Your emergency summary may say it, and so may its earlier versions: " + stele.Count(len(all[1].Records), "version is", "versions are") +
			" kept back, too. Until you make it anew " + none + fmt.Sprintf(": stele wallet summary --keep%s", f.Mine()))
	}
	if s.Keyring().Speaks() != s.Subject() {
		f.SayWrapped("The emergency summary in your own chart may say it, too, and so may its earlier versions: restrict them there with --categories summary.")
	}
}
