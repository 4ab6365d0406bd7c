package wallet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/telling"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/timeline"
)

// toldAnew is what would be told to others once restrictions have changed, is not now, and is not so in the whole chart.
type toldAnew struct {
	over []string         // lines that say so what is over by a record that is kept back
	none []timeline.Entry // what is said to be none of what is kept back
	then bool             // of none, some in an emergency
	kept []stele.ID       // what is kept back, and a summary tells that is not
}

// toldAnew judges what restrictions say now, and what they would say. Under a grant and in an emergency
// other ones hold, and so both readings are judged; says is what the owner says of emergencies.
func (in *found) toldAnew(says slot.Slot, before, after []slot.Restriction) (anew toldAnew) {
	whole := in.story(func(reading.Record) bool { return true })
	so, states, named := toldSo(whole), statesOf(whole), namesIn(whole)
	for _, emergency := range []bool{false, true} {
		kept := func(all []slot.Restriction) func(reading.Record) bool {
			then := says
			then.Restrictions = all
			return func(record reading.Record) bool {
				return then.RestrictsRecord(emergency, placeOf(record), claimed(record))
			}
		}
		open := func(all []slot.Restriction) func(reading.Record) bool {
			then := says
			then.Restrictions = all
			return opensOf(then, emergency)
		}
		told := in.summariesTell(in.chart.Records, named, open(before), kept(before))
		for _, handle := range in.summariesTell(in.chart.Records, named, open(after), kept(after)) {
			if !slices.Contains(told, handle) && !slices.Contains(anew.kept, handle) {
				anew.kept = append(anew.kept, handle)
			}
		}
		earlier, is, when := in.story(open(before)), in.story(open(after)), "again"
		if emergency {
			when = "in an emergency"
		}
		// A line that there is none is asked about where it was not read before, and where it was, of what was read beside it.
		was, read, hides := toldSo(earlier), handlesIn(earlier.Absent), handlesIn(is.Unfounded(earlier))
		for _, e := range is.Unfounded(whole) {
			if (!vouchedBy(e, read) || vouchedBy(e, hides)) && !vouchedBy(e, handlesIn(anew.none)) {
				anew.none = append(anew.none, e)
			}
			anew.then = anew.then || emergency
		}
		for _, e := range slices.Concat(is.Now, is.Absent) {
			if vouchedBy(e, was) || vouchedBy(e, so) {
				continue
			}
			state := cmp.Or(states[e.Vouched[0].Handle], "not as so")
			anew.over = append(anew.over, "Danger: what is told as "+state+" now would be told as so "+when+": "+terminal.Clean(e.Line()))
		}
	}
	return anew
}

// opensOf reports of a record whether others may open it by a slot, in an emergency or under a grant.
func opensOf(says slot.Slot, emergency bool) func(reading.Record) bool {
	return func(record reading.Record) bool {
		return !says.RestrictsRecord(emergency, placeOf(record), claimed(record)) && (!emergency || says.Covers(claimed(record)) == slot.Permitted)
	}
}

// summariesTell are those of records that are kept back and of which a summary of the chart tells that is open; named is
// what is so, or may be, by handle.
func (in *found) summariesTell(records []reading.Record, named map[stele.ID]string, open, kept func(reading.Record) bool) (tells []stele.ID) {
	for _, summary := range in.chart.Records {
		if summary.Label.Category != stele.Summary || !open(summary) {
			continue
		}
		told := toldBy(summary)
		for _, record := range records {
			if kept(record) && told(record.Handle, named[record.Handle]) {
				tells = append(tells, record.Handle)
			}
		}
	}
	return tells
}

// toldBy reports of a record whether a summary was made of it, or has the name of what it tells.
func toldBy(summary reading.Record) func(handle stele.ID, name string) bool {
	r := telling.Read(summary.JSON)
	from, text := r.MadeFrom(), stele.Fold(strings.Join(r.Sections(), "\n"))
	return func(handle stele.ID, name string) bool {
		_, made := from[handle]
		return made || name != "" && strings.Contains(text, stele.Fold(name))
	}
}

// namesIn are the names of what is so, of what may be, and of what is said to be none, by handle.
func namesIn(story timeline.Story) map[stele.ID]string {
	named := map[stele.ID]string{}
	for _, e := range slices.Concat(story.Now, story.Unclear, story.Absent) {
		for _, v := range e.Vouched {
			named[v.Handle] = e.Name
		}
	}
	return named
}

// story tells a part of the chart.
func (in *found) story(of func(reading.Record) bool) timeline.Story {
	records := slices.DeleteFunc(slices.Clone(in.chart.Records), func(record reading.Record) bool { return !of(record) })
	return timeline.Tell(itemsOf(in.sources, records, in.anchors), timeline.Options{Kinds: stele.Categories(), At: time.Now()})
}

// toldSo are the records of what a story tells as so.
func toldSo(story timeline.Story) map[stele.ID]bool {
	return handlesIn(slices.Concat(story.Now, story.Absent))
}

func handlesIn(entries []timeline.Entry) map[stele.ID]bool {
	handles := map[stele.ID]bool{}
	for _, e := range entries {
		for _, v := range e.Vouched {
			handles[v.Handle] = true
		}
	}
	return handles
}

// vouchedBy reports whether any of those records says what an entry does.
func vouchedBy(e timeline.Entry, those map[stele.ID]bool) bool {
	return slices.ContainsFunc(e.Vouched, func(v timeline.Vouch) bool { return those[v.Handle] })
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

const (
	olderFlag = "yes, what is over may be told to others as so, where warned of"
	noneFlag  = "yes, others may read that there is none, where warned of"
)

// mayTell are the answers to what would be told anew, each to one kind alone.
type mayTell struct{ over, none bool }

func (m *mayTell) flags(flags *pflag.FlagSet) {
	flags.BoolVar(&m.over, "older-counts", false, olderFlag)
	flags.BoolVar(&m.none, "none-counts", false, noneFlag)
}

// sayAnew shows what would be told anew, and asks of each kind by itself: who said yes to a restriction, or to
// lifting one, has not said yes to that.
func (in *found) sayAnew(ctx context.Context, f *cli.Face, o restricting, anew toldAnew) error {
	for _, line := range anew.over {
		f.SayWrapped(line)
	}
	for _, e := range anew.none {
		f.SayWrapped("Danger: what says otherwise is kept back, and others will read: " + in.denial(e))
	}
	if len(anew.kept) > 0 {
		f.SayWrapped(fmt.Sprintf(summaryTells+"%s. One that you make now leaves it out, and takes no earlier version back: stele wallet summary --keep%s",
			strings.Join(in.lines(anew.kept...), "; "), f.Mine()))
	}
	switch {
	case len(anew.over) == 0 || o.may.over:
	case o.yes:
		return cli.Usage("what is over would be told to others as so, and nothing was changed", "restrict, or lift, what it lies with, too, or say --older-counts where you want that")
	default:
		if err := f.Confirm(ctx, fmt.Sprintf("Shall %s be told to others as so though it is not?", stele.Count(len(anew.over), "line", "lines")), "nothing was changed"); err != nil {
			return err
		}
	}
	along := o.along(f, anew)
	switch {
	case len(anew.none) == 0 || o.may.none:
		return nil
	case o.yes:
		return cli.Usage("others would read that there is none of what is kept back, and nothing was changed", "restrict that, too: "+along+"; or say --none-counts where you want that")
	}
	f.SayWrapped("To keep that back, too: " + along)
	return f.Confirm(ctx, fmt.Sprintf("Shall others read %s all the same?", stele.Count(len(anew.none), "such line", "such lines")), "nothing was changed")
}

// denial is a line that says that there is none: what, whose word and of which day.
func (in *found) denial(e timeline.Entry) string {
	return terminal.Clean(e.Name + ", " + in.whence(e))
}

// along is the command that restricts what says that there is none: with the records that were named, where
// records were.
func (o restricting) along(f *cli.Face, anew toldAnew) string {
	command := "stele wallet restrict"
	for _, words := range o.records {
		command += " --record " + terminal.Quoted(words)
	}
	for _, e := range anew.none {
		for _, v := range e.Vouched {
			command += " --record " + v.Handle.String()[:12]
		}
	}
	if o.emergencies || anew.then {
		command += " --also-in-emergencies"
	}
	return command + f.Mine()
}
