package timeline

import (
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele/telling"
)

// A result is of its day, and most are found there. Two kinds are told beside what is so, as
// results to look at: what its source called critical, for some days, unless it has judged a
// later one of the same code otherwise; and antibodies against red cells, of whatever day,
// as they are found no more after years, and are there.
const (
	lookDays   = 30
	mostLooked = 5
)

// toLookAt returns the results to look at, and of critical ones beyond the newest few a line
// that says how many more there are.
func toLookAt(entries []Entry, o Options, today string) []Entry {
	list := observed(entries, o)
	since := daysBefore(today, lookDays)
	same := alikeIn(list, func(e *Entry) bool { return e.Found > 0 || e.criticalSince(since) })
	var critical []Entry
	var antibodies standing
	for _, e := range list {
		e.Under = "result"
		switch later := laterThan(e, same(&e)); {
		case e.Found > 0 && !(titre(e.Value) && e.outdone(later, func(o *Entry) bool { return o.Found > 0 })):
			e.opposeNewest(later, func(o *Entry) bool { return o.Found < 0 })
			antibodies.add(e)
		case e.criticalSince(since) && !e.outdone(later, func(o *Entry) bool { return (o.Critical || o.Judged) && o.follows(&e) }):
			e.opposeNewest(later, func(o *Entry) bool { return !o.Critical })
			critical = append(critical, e)
		}
	}
	slices.SortStableFunc(critical, func(a, b Entry) int { return compareMoments(a.When, b.When, false) })
	if more := len(critical) - mostLooked; more > 0 {
		critical = append(critical[:mostLooked:mostLooked], theRest(critical[mostLooked:]))
	}
	return slices.Concat(critical, antibodies.list)
}

// observed are the findings that happened, those within reports, lists and letters with them.
func observed(entries []Entry, o Options) (out []Entry) {
	for _, e := range withInner(entries) {
		if len(o.Kinds) > 0 && !o.tells(e) || e.Stands == telling.Denied || e.Stands == telling.Ahead {
			continue
		}
		for _, p := range e.Parts {
			if p.Type == "Observation" && p.Stands == telling.Happened && p.Status != "entered in error" {
				p.whose = e.whose
				out = append(out, p)
			}
		}
		if e.Type == "Observation" {
			out = append(out, e)
		}
	}
	return out
}

// criticalSince reports whether a result is called critical, and is not older than a day. One
// without a day may be of any.
func (e *Entry) criticalSince(day string) bool {
	return e.Critical && day != "" && (e.When.Day == "" || e.When.Day >= day[:min(len(day), len(e.When.Day))])
}

// daysBefore is the day so many days before another, "" where that is not known.
func daysBefore(day string, days int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, -days).Format(time.DateOnly)
}

// alikeIn returns what finds the results of one code with another, or of one name, among
// those that matter.
func alikeIn(list []Entry, matter func(*Entry) bool) func(*Entry) []*Entry {
	keys := func(e *Entry) []string {
		var at string // a sample of a wound is not one of the other
		if site := e.record.Root().Member("bodySite"); site.Exists() {
			at = strings.Join(saidIn(site), "|")
		}
		whose := ""
		if e.Another { // nor that of a child its mother's
			whose = "of another"
			for _, f := range itemsOf(e.record.Root(), "focus") {
				whose = joined("|", whose, textOf(f, "display"), textOf(f, "reference"))
			}
		}
		at += "|" + whose
		out := []string{"name|" + e.concept() + "|" + whose}
		for _, code := range e.record.Codes() {
			out = append(out, code+"|"+at)
		}
		return out
	}
	by := map[string][]*Entry{}
	for i := range list {
		if matter(&list[i]) {
			for _, k := range keys(&list[i]) {
				by[k] = nil
			}
		}
	}
	for i := range list {
		for _, k := range keys(&list[i]) {
			if _, ok := by[k]; ok {
				by[k] = append(by[k], &list[i])
			}
		}
	}
	return func(e *Entry) (out []*Entry) {
		if !matter(e) {
			return nil
		}
		for _, k := range keys(e) {
			for _, o := range by[k] {
				if !slices.Contains(out, o) {
					out = append(out, o)
				}
			}
		}
		return out
	}
}

// laterThan are those that surely came later and tell a value, the newest first.
func laterThan(e Entry, list []*Entry) (out []*Entry) {
	for _, o := range list {
		if e.When.Day != "" && before(e.When, o.When) && o.Answers() {
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b *Entry) int { return compareMoments(a.When, b.When, false) })
	return out
}

// outdone reports whether each of its sources tells a later one that counts instead: nobody
// takes another's result out of view.
func (e *Entry) outdone(later []*Entry, counts func(*Entry) bool) bool {
	return e.whose != nobody && !slices.ContainsFunc(e.Vouched, func(v Vouch) bool {
		return !slices.ContainsFunc(later, func(o *Entry) bool {
			return o.whose != nobody && counts(o) && slices.ContainsFunc(o.Vouched, func(w Vouch) bool { return w.Source == v.Source })
		})
	})
}

// follows reports whether a later result may take the place of a critical one: of a number
// each does, of what was found without one, as a germ, only that of the same sample, one of
// a later day, or one that says the same. Of two blood cultures taken together often one grows.
func (e *Entry) follows(critical *Entry) bool {
	if critical.Measured || e.Critical && e.Value == critical.Value {
		return true
	}
	sample, of := critical.record.Root().Member("specimen"), e.record.Root().Member("specimen")
	for _, key := range []string{"reference", "display"} {
		if s := textOf(sample, key); s != "" && s == textOf(of, key) {
			return true
		}
	}
	if critical.When.Timed && e.When.Timed {
		return e.When.At-critical.When.At >= 24*time.Hour.Milliseconds()
	}
	return e.When.Day > critical.When.Day
}

// opposeNewest adds to a result the newest later one of each source that tells it otherwise.
func (e *Entry) opposeNewest(later []*Entry, otherwise func(*Entry) bool) {
	heard := map[int]bool{}
	for _, o := range later {
		if source := o.Vouched[0].Source; otherwise(o) && !heard[source] {
			heard[source] = true
			e.oppose(*o)
		}
	}
}

// titre reports whether an answer is a number, as 1:32, of which the last counts. Names of
// antibodies all do.
func titre(value string) bool {
	return value != "" && !slices.ContainsFunc(tokens(value), func(w string) bool { return w[0] < '0' || w[0] > '9' })
}

// theRest is one line for results that stand on their days alone.
func theRest(list []Entry) Entry {
	out := list[0]
	out.Told = telling.Told{Type: out.Type, Kind: out.Kind, Name: count(len(list), "more critical result") + ": see their days", Danger: -1}
	out.Against, out.Parts, out.Vouched = nil, nil, nil
	for _, e := range list {
		out.Vouched = append(out.Vouched, e.Vouched...)
	}
	bySourceAndHandle(out.Vouched)
	return out
}
