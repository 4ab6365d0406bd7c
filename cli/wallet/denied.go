package wallet

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/timeline"
)

// Who restricts is asked whether others may read meanwhile that there is none of it (sayAnew). What a source says so later
// nobody is asked about: the owner's wallet says it wherever it meets it, as it does of newer versions.

// denied is a line by which others read that there is none of what restrictions keep back.
type denied struct {
	entry   timeline.Entry
	numbers []int // of the restrictions, from 1
	since   bool  // it was delivered after what one of them keeps back was restricted
	then    bool  // in an emergency
}

// denied finds them: under a grant, and those that are read in an emergency. What does not open by its label alone is kept
// back by no restriction.
func (in *found) denied(says slot.Slot) (all []denied) {
	for _, emergency := range []bool{false, true} {
		story := func(restrictions ...slot.Restriction) timeline.Story {
			then := says
			then.Restrictions = restrictions
			return in.story(opensOf(then, emergency))
		}
		open := story()
		denies := func(e timeline.Entry, part timeline.Story) bool {
			return slices.ContainsFunc(part.Unfounded(open), func(o timeline.Entry) bool { return vouchedBy(o, handlesIn([]timeline.Entry{e})) })
		}
		for _, e := range story(says.Restrictions...).Unfounded(open) {
			known := slices.IndexFunc(all, func(d denied) bool { return vouchedBy(e, handlesIn([]timeline.Entry{d.entry})) })
			if known >= 0 {
				all[known].then = all[known].then || emergency
				continue
			}
			d := denied{entry: e, then: emergency}
			for i, r := range says.Restrictions {
				if denies(e, story(r)) {
					d.numbers, d.since = append(d.numbers, i+1), d.since || in.deliveredAfter(e, r)
				}
			}
			if len(d.numbers) == 0 { // what two records tell is kept back by two together
				for i, r := range says.Restrictions {
					d.numbers, d.since = append(d.numbers, i+1), d.since || in.deliveredAfter(e, r)
				}
			}
			all = append(all, d)
		}
	}
	return all
}

// deliveredAfter reports whether a record that says what an entry does was delivered after something was restricted.
func (in *found) deliveredAfter(e timeline.Entry, r slot.Restriction) bool {
	says := handlesIn([]timeline.Entry{e})
	return slices.ContainsFunc(in.chart.Records, func(record reading.Record) bool {
		return says[record.Handle] && in.anchors[record.Submission].at.After(r.At)
	})
}

// saysDenied tells of one, with the command that keeps it back, too.
func (in *found) saysDenied(f *cli.Face, d denied) string {
	command := "stele wallet restrict"
	for _, v := range d.entry.Vouched {
		command += " --record " + v.Handle.String()[:12]
	}
	if d.then {
		command += " --also-in-emergencies"
	}
	numbers := "restriction "
	for i, n := range d.numbers {
		numbers += []string{"", ", "}[min(i, 1)] + strconv.Itoa(n)
	}
	return fmt.Sprintf("Others read that there is none of what you keep back (%s): %s. To keep that back, too: %s%s", numbers, in.denial(d.entry), command, f.Mine())
}

// sayDenied tells of those that were delivered since.
func (in *found) sayDenied(f *cli.Face, says slot.Slot) {
	for _, d := range in.denied(says) {
		if d.since {
			f.SayWrapped("Danger: " + in.saysDenied(f, d))
		}
	}
}

// deniedLines are all of them, by the number of each restriction.
func (in *found) deniedLines(f *cli.Face, says slot.Slot) map[int][]string {
	lines := map[int][]string{}
	for _, d := range in.denied(says) {
		for _, n := range d.numbers {
			lines[n] = append(lines[n], in.saysDenied(f, d))
		}
	}
	return lines
}
