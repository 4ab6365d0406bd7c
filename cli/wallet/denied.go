package wallet

import (
	"fmt"
	"slices"

	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/timeline"
)

// Who restricts is asked whether others may read meanwhile that there is none of it (sayAnew). What a source says so later
// nobody is asked about: the owner's wallet says it wherever it meets it, as it does of newer versions.

// denied is a line by which others read that there is none of what a restriction keeps back.
type denied struct {
	entry  timeline.Entry
	number int  // of the restriction, from 1
	since  bool // it was delivered after what is restricted was
	then   bool // in an emergency
}

// denied finds them: under a grant, and those that are read in an emergency.
func (in *found) denied(says slot.Slot) (all []denied) {
	whole := in.story(func(reading.Record) bool { return true })
	for _, emergency := range []bool{false, true} {
		unfounded := func(restrictions []slot.Restriction) []timeline.Entry {
			then := says
			then.Restrictions = restrictions
			return in.story(opensOf(then, emergency)).Unfounded(whole)
		}
		for _, e := range unfounded(says.Restrictions) {
			known := slices.IndexFunc(all, func(d denied) bool { return vouchedBy(e, handlesIn([]timeline.Entry{d.entry})) })
			if known >= 0 {
				all[known].then = all[known].then || emergency
				continue
			}
			for i, r := range slices.Backward(says.Restrictions) { // the newest of which it would be founded without
				less := unfounded(slices.Delete(slices.Clone(says.Restrictions), i, i+1))
				if i > 0 && slices.ContainsFunc(less, func(o timeline.Entry) bool { return vouchedBy(o, handlesIn([]timeline.Entry{e})) }) {
					continue
				}
				all = append(all, denied{e, i + 1, in.deliveredAfter(e, r), emergency})
				break
			}
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

// says tells of one, with the command that keeps it back, too.
func (in *found) saysDenied(f *cli.Face, d denied, r slot.Restriction) string {
	command := "stele wallet restrict"
	for _, v := range d.entry.Vouched {
		command += " --record " + v.Handle.String()[:12]
	}
	if d.then && r.InEmergencies {
		command += " --also-in-emergencies"
	}
	return fmt.Sprintf("Others read that there is none of what you keep back (restriction %d): %s. To keep that back, too: %s%s", d.number, in.denial(d.entry), command, f.Mine())
}

// sayDenied tells of those that were delivered since.
func (in *found) sayDenied(f *cli.Face, says slot.Slot) {
	for _, d := range in.denied(says) {
		if d.since {
			f.SayWrapped("Danger: " + in.saysDenied(f, d, says.Restrictions[d.number-1]))
		}
	}
}

// deniedLines are all of them, by the number of the restriction.
func (in *found) deniedLines(f *cli.Face, says slot.Slot) map[int][]string {
	lines := map[int][]string{}
	for _, d := range in.denied(says) {
		lines[d.number] = append(lines[d.number], in.saysDenied(f, d, says.Restrictions[d.number-1]))
	}
	return lines
}
