package wallet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/timeline"
)

// toldAnew says which lines would be told to others as so once restrictions have changed, are not now, and
// are not in the whole chart: what is over by a record that is kept back. Under a grant and in an emergency
// other restrictions hold, and so both readings are judged; says is what the owner says of emergencies.
func (in *found) toldAnew(says slot.Slot, before, after []slot.Restriction) (lines []string) {
	whole := in.story(func(reading.Record) bool { return true })
	so, states := toldSo(whole), statesOf(whole)
	for _, emergency := range []bool{false, true} {
		open := func(all []slot.Restriction) timeline.Story {
			then := says
			then.Restrictions = all
			return in.story(func(record reading.Record) bool {
				label := claimed(record)
				return !then.RestrictsRecord(emergency, placeOf(record), label) && (!emergency || then.Covers(label) == slot.Permitted)
			})
		}
		was, is, when := toldSo(open(before)), open(after), "again"
		if emergency {
			when = "in an emergency"
		}
		for _, e := range slices.Concat(is.Now, is.Absent) {
			if slices.ContainsFunc(e.Vouched, func(v timeline.Vouch) bool { return was[v.Handle] || so[v.Handle] }) {
				continue
			}
			state := cmp.Or(states[e.Vouched[0].Handle], "not as so")
			lines = append(lines, "Danger: what is told as "+state+" now would be told as so "+when+": "+terminal.Clean(e.Line()))
		}
	}
	return lines
}

// story tells a part of the chart.
func (in *found) story(of func(reading.Record) bool) timeline.Story {
	records := slices.DeleteFunc(slices.Clone(in.chart.Records), func(record reading.Record) bool { return !of(record) })
	return timeline.Tell(itemsOf(in.sources, records, in.anchors), timeline.Options{Kinds: stele.Categories(), At: time.Now()})
}

// toldSo are the records of what a story tells as so.
func toldSo(story timeline.Story) map[stele.ID]bool {
	so := map[stele.ID]bool{}
	for _, e := range slices.Concat(story.Now, story.Absent) {
		for _, v := range e.Vouched {
			so[v.Handle] = true
		}
	}
	return so
}

// statesOf says how what a record tells is told now, by handle, where that is in a word.
func statesOf(story timeline.Story) map[stele.ID]string {
	states := map[stele.ID]string{}
	for _, e := range story.Past {
		for _, v := range e.Vouched {
			states[v.Handle] = string(e.Gone)
		}
	}
	for _, c := range story.Chapters {
		for _, e := range c.Entries {
			for _, v := range slices.Concat(e.Vouched, e.Earlier) {
				states[v.Handle] = cmp.Or(terminal.Clean(e.Status), states[v.Handle])
			}
		}
	}
	return states
}

const olderFlag = "yes, what is over may be told to others as so, where the warning says that it would be"

// sayAnew shows what would be told anew, and asks of that by itself: who said yes to a restriction, or to
// lifting one, has not said yes to that.
func (o restricting) sayAnew(ctx context.Context, f *cli.Face, says []string) error {
	for _, line := range says {
		f.SayWrapped(line)
	}
	switch {
	case len(says) == 0 || o.older:
		return nil
	case o.yes:
		return cli.Usage("what is over would be told to others as so, and nothing was changed", "restrict, or lift, what it lies with, too, or say --older-counts where you want that")
	}
	return f.Confirm(ctx, fmt.Sprintf("Shall %s be told to others as so though it is not?", stele.Count(len(says), "line", "lines")), "nothing was changed")
}
