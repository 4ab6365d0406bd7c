package wallet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/ips"
	"github.com/stele-health/stele/timeline"
	"github.com/stele-health/stele/wire"
)

// A summary that was made while two charts were one person's tells of both. Once they are parted it may tell of
// somebody else, until it is made anew; it names the charts that it was made of.

// strangers are the charts that a summary says it was made of and that are not among those of its person.
func strangers(doc []byte, person []stele.Subject) []stele.Subject {
	charts, _ := ips.Charts(doc) // of what is no summary nothing is told
	return slices.DeleteFunc(charts, func(c stele.Subject) bool { return slices.Contains(person, c) })
}

// ofStrangers is what who reads somebody's chart has to know of such a summary; "" where there is nothing.
func ofStrangers(doc []byte, person []stele.Subject) string {
	others := strangers(doc, person)
	if len(others) == 0 {
		return ""
	}
	return "this summary was made of another chart, too, " + listed(others) + ", which is not known to be this person's now: it may tell of somebody else's allergies, medicines and illnesses. Ask"
}

// tellsOfStrangers says so to the owner, of the newest summary of theirs in the chart.
func (in *found) tellsOfStrangers(ctx context.Context, f *cli.Face, s *client.Session) (lines []string) {
	summaries, _ := summariesOf(itemsOf(in.sources, in.chart.Records, in.anchors), s.Clock())
	i := slices.IndexFunc(summaries, func(it timeline.Item) bool { return it.Source == in.chart.Subject })
	if i < 0 {
		return nil
	}
	person, err := s.Merged(ctx)
	others := strangers(summaries[i].Record, append(person, s.Subject()))
	if err != nil || len(others) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("The emergency summary in your chart was made of another chart, too, %s, which was parted from yours since: it tells of somebody else, and others read it so. Make it anew: stele wallet summary --keep%s", listed(others), f.Mine())}
}

// everParted reports whether a chart was the owner's, by their log, and is not any more.
func everParted(ctx context.Context, s *client.Session) (bool, error) {
	log, err := s.Log(ctx)
	if err != nil {
		return false, err
	}
	was := map[string]bool{}
	for e, err := range log.Events() {
		if err != nil {
			return false, err
		}
		if about := e.Event.About(); about.Place == wire.PlaceMerge && len(about.Commitment) == 0 {
			was[string(about.Other)] = true
		}
	}
	are, err := s.Merged(ctx)
	return len(was) > len(are), err
}

func listed(charts []stele.Subject) string {
	var dids []string
	for _, c := range charts {
		dids = append(dids, c.String())
	}
	return strings.Join(dids, " and ")
}
