package wallet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/ips"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/terminal/columns"
	"github.com/stele-health/stele/timeline"
)

// lacking are those of allergies and medicines that were asked for and of which no record tells anything that may hold,
// nor that there is none: what was refuted or stopped, what its source took back, or nobody can read, is not the same as
// none. What a summary says is of its day.
func lacking(tale timeline.Story, asked []stele.Category) (lacks []string) {
	for _, of := range []struct {
		kind stele.Category
		word string
	}{{stele.Allergies, "allergy"}, {stele.Medications, "medicine"}} {
		if slices.Contains(asked, of.kind) && !slices.ContainsFunc(slices.Concat(tale.Now, tale.Unclear, tale.Absent), func(e timeline.Entry) bool {
			return e.Under == of.word && e.Type != "Bundle"
		}) {
			lacks = append(lacks, consent.CategoryWords(of.kind))
		}
	}
	return lacks
}

// unheard are the kinds of a summary's first screen that were asked for and of which no record came, not
// even one that does not count: there is none that a summary's word could contradict.
func unheard(items []timeline.Item, asked []stele.Category) []stele.Category {
	return slices.DeleteFunc(ips.FirstScreen(), func(c stele.Category) bool {
		return !slices.Contains(asked, c) || slices.ContainsFunc(items, func(it timeline.Item) bool { return it.Label.Category == c })
	})
}

// summaryScreen is the first screen of the newest summary that can be read, of some kinds or of all, and who
// delivered it, above it who delivered a newer one that cannot; nothing where there is none. alone reports that nothing else
// is in the chart: beside records it tells what was so when it was made. person are the charts of whom it is shown, where
// somebody else reads them: a summary that was made of any other as well stands below a word of that.
func summaryScreen(sources map[stele.Subject]string, items []timeline.Item, at time.Time, person []stele.Subject, only ...stele.Category) (screen string, alone bool) {
	summaries, alone := summariesOf(items, at)
	unread := ""
	for _, it := range summaries {
		text, err := ips.Text(it.Record, at, only...)
		if err != nil {
			unread += "a newer summary, delivered by " + sources[it.Source] + ", cannot be read: ask what it says\n"
			continue
		}
		if text == "" {
			return "", alone
		}
		if says := ofStrangers(it.Record, person); says != "" && len(person) > 0 {
			unread += strings.Join(columns.Wrap(says, 80), "\n") + "\n"
		}
		made := "when it was made is not known"
		if when := madeAt(it, at); !when.IsZero() {
			made = "it was made on " + terminal.Until(when)
		}
		return unread + text + "this summary was delivered by " + sources[it.Source] + "\n" + made + "; what came later is not in it\n", alone
	}
	return "", false
}

// summariesOf are the summaries that count, the newest first, and whether there is nothing else.
func summariesOf(items []timeline.Item, at time.Time) (summaries []timeline.Item, alone bool) {
	versions := versionsOf(items)
	alone = true
	for _, it := range items {
		if it.Label.Category != stele.Summary {
			alone = false
		} else if versions[it.Handle] == timeline.Current {
			summaries = append(summaries, it)
		}
	}
	slices.SortStableFunc(summaries, func(a, b timeline.Item) int {
		return cmp.Or(madeAt(b, at).Compare(madeAt(a, at)), b.Made.Compare(a.Made))
	})
	return summaries, alone
}

// madeAt is when a summary was made, as far as that is believed: its source says it, but not that it
// was after the block which has it, nor after it is read. Of that nobody knows when it was, and any other
// is newer.
func madeAt(it timeline.Item, at time.Time) time.Time {
	switch {
	case !it.Anchored.IsZero() && it.Made.After(it.Anchored):
		return it.Anchored
	case it.Made.After(at.Add(stele.Fresh)):
		return time.Time{}
	}
	return it.Made
}

// sayOutgrown tells the owner that records came after the summary that is kept: who opens the chart in an
// emergency reads what was so before them.
func sayOutgrown(f *cli.Face, s *client.Session, chart *reading.Chart, anchors map[stele.ID]anchor) {
	kept, err := s.KeptSummary()
	if err != nil || kept.Delivered.IsZero() {
		return
	}
	in, stands := anchors[kept.Delivered]
	if !stands {
		return
	}
	later := 0
	for _, r := range chart.Records {
		if r.Label.Category != stele.Summary && anchors[r.Submission].height > in.height {
			later++
		}
	}
	if later > 0 {
		f.SayWrapped(fmt.Sprintf("%s came after the emergency summary that you keep, of %s, and may not be in it. Make it anew: stele wallet summary --keep%s",
			stele.Count(later, "record", "records"), terminal.Until(kept.Made), f.Mine()))
	}
}
