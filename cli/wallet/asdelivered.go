package wallet

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/telling"
	"github.com/stele-health/stele/timeline"
)

// asDelivered is what is said of a record's version under a grant for single records: a newer one, or
// its source's word that it was an error, lies elsewhere.
const asDelivered timeline.Version = "as delivered"

// forSingles reports whether a chart was opened under a grant for single records.
func forSingles(s *client.Session, chart *reading.Chart) bool {
	h, err := s.Charts.GrantOf(chart)
	return err == nil && h != nil && len(h.Records) > 0
}

// undecided says of versions that nobody knows whether they still count.
func undecided(versions map[stele.ID]timeline.Version) map[stele.ID]timeline.Version {
	for handle, v := range versions {
		if v == timeline.Current {
			versions[handle] = asDelivered
		}
	}
	return versions
}

// withoutNow takes what is so now out of the story of single records, and says of when they are.
func withoutNow(story *timeline.Story, records []reading.Record) (says string) {
	story.Now, story.Unclear, story.Absent = nil, nil, nil
	var days []string
	for _, r := range records {
		if !r.Made.IsZero() {
			days = append(days, r.Made.UTC().Format("2006-01-02"))
		}
	}
	slices.Sort(days)
	days = slices.Compact(days)
	for i, day := range days {
		days[i] = telling.Day(day)
	}
	on := ""
	if len(days) > 0 {
		on = " on " + strings.Join(days, ", ")
	}
	return "as delivered" + on + "; whether it was changed or taken back since is not shown"
}
