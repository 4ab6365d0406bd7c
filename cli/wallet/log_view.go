package wallet

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wire"
)

// A log may be of any length: whoever holds a grant can open a chart again and again.
// A screen shows how often who asked, and the newest lines; all of it is read and
// checked all the same. Programs are given every line, as it is read.

// logView is which lines of an account are shown. Lines come one by one, oldest first.
type logView struct {
	accesses, all, summary bool
	last                   int
	since                  string

	f      *cli.Face
	s      *client.Session
	begin  func() // called before the first line is printed
	from   time.Time
	read   int        // lines that were asked for
	held   []heldLine // the last of them, in a ring
	by     map[whoAsks]*askings
	others askings // by more than can be told apart

	emergencies map[stele.ID]bool // openings in an emergency, of which lines have told
	returned    map[stele.ID]bool // grants that their holders gave back, of which lines have told

	mine  stele.Subject // whose keys the wallet has
	other bool          // the log is of another chart, which is merged into theirs
	spoke stele.Subject // whose keys spoke for the chart at the last line: another's, with which it was merged; zero: its own
}

// heldLine is a line in the words that it has in its place.
type heldLine struct {
	account.Line
	told told
}

// whoAsks is who asks for a chart, as the lines name them.
type whoAsks struct{ who, at string }

// askings is how often, and when last.
type askings struct {
	opened, refused, other int
	last                   time.Time
}

const (
	// lastLines is how many lines are shown unless more are asked for.
	lastLines = 50
	// maxAskers is how many are counted one by one: whoever holds a key can invent any
	// number of names.
	maxAskers = 1000
	// shownAskers is how many of them a screen lists.
	shownAskers = 20
)

// check reads what the flags say.
func (v *logView) check() error {
	date, err := parseDate(v.since)
	switch {
	case err != nil:
		return err
	case v.last < 0 || v.last == 0 && !v.all && !v.summary:
		return cli.Usage("--last is a number of lines, from 1", "")
	}
	if v.since != "" {
		v.from = time.Date(date.Year, time.Month(max(date.Month, 1)), max(date.Day, 1), 0, 0, 0, 0, time.Local)
	}
	return nil
}

// add takes a line.
func (v *logView) add(line account.Line) error {
	told := v.tell(line)
	if v.accesses && !told.access || line.Time.Before(v.from) {
		return nil
	}
	v.read++
	if told.access {
		v.count(told, line.Time)
	}
	switch {
	case v.summary:
	case v.last == 0:
		return v.show(heldLine{line, told})
	case len(v.held) < v.last:
		v.held = append(v.held, heldLine{line, told})
	default:
		v.held[(v.read-1)%v.last] = heldLine{line, told}
	}
	return nil
}

// tell is tell with what earlier lines have told. Each line is told once, in its turn. On the ledger
// openings in an emergency stand among the grants, and are taken back as these are.
func (v *logView) tell(line account.Line) told {
	t, about := tell(v.s, line), line.Event.About()
	v.named(&t, about, line.Untold)
	id, err := stele.IDFrom(about.Grant)
	switch {
	case about.GivenBack():
		if v.returned == nil {
			v.returned = map[stele.ID]bool{}
		}
		v.returned[id] = true
	case v.returned[id] && about.Place == wire.PlaceRefusal:
		t.what = "asked under a grant that they had given back"
	}
	switch {
	case err != nil || line.Grant != nil:
	case about.Place == wire.PlaceEmergency:
		if about.Status == stele.GrantActive {
			if v.emergencies == nil {
				v.emergencies = map[stele.ID]bool{}
			}
			v.emergencies[id] = true
			t.opening = "opening " + id.Short()
			if now := time.Now(); time.UnixMilli(about.Due).After(now) {
				t.opening += ": stele breakglass end " + id.Short() + v.f.Mine() + " ends it, stele breakglass review " + id.Short() + v.f.Mine() + " judges it afterwards"
			}
		}
	case !v.emergencies[id]:
		t.under = id.Short()
	case about.Makes(stele.GrantRevoked):
		t.what = "ended an opening in an emergency"
	case about.Status == stele.GrantRevoked:
		t.what = "asked again after you had ended the opening in an emergency"
	case about.Place == wire.PlaceRefusal:
		t.what = "asked again after the opening in an emergency had ended"
	}
	return t
}

// named names who spoke for the chart while it was merged into another: not who it is of. Who parted
// the two holds a key of either. What was opened before, trustees told to the keys of then alone; where silent of
// them do not answer, that is not known.
func (v *logView) named(t *told, about wire.About, silent int) {
	other, err := stele.SubjectFrom(about.Other)
	turns := about.Place == wire.PlaceMerge && err == nil && len(about.Commitment) > 0 // in the log of the one that is merged
	if t.who == untold && silent == 0 && v.other && v.spoke != v.mine {
		t.who = "somebody (told only to whoever held the keys then)"
	}
	if !v.spoke.IsZero() && v.spoke != v.mine {
		who := "who holds the chart " + terminal.ShortDID(v.spoke) + ", then merged with this one,"
		if turns {
			who = "you, or who holds the chart " + terminal.ShortDID(v.spoke) + ","
		}
		switch before, both := strings.CutSuffix(t.who, " and you"); {
		case t.who == "you" || t.who == nameless:
			t.who = who
		case both:
			t.who = before + " and " + who
		}
	}
	if turns {
		if v.spoke = other; !about.Merged {
			v.spoke = stele.Subject{}
		}
	}
}

// count counts an asking. Beyond maxAskers names the others count as one: what somebody invents
// takes no memory.
func (v *logView) count(t told, at time.Time) {
	who := whoAsks{t.who, t.at}
	n := v.by[who]
	if n == nil {
		if n = new(askings); len(v.by) < maxAskers {
			v.by[who] = n
		} else {
			n = &v.others
		}
	}
	switch {
	case t.refused:
		n.refused++
	case t.result == "opened":
		n.opened++
	default:
		n.other++
	}
	n.last = at
}

// show prints a line; the first one ends the words of waiting.
func (v *logView) show(line heldLine) error {
	v.begin()
	if v.f.JSON {
		return v.f.Emit(line.told.json(line.Line))
	}
	accountLine(v.f, line.Line, line.told)
	return nil
}

// flush shows what was held back, after the summary where there is more than that.
func (v *logView) flush() error {
	v.begin()
	left := v.read - len(v.held)
	if v.summary || left > 0 && v.last > 0 && !v.f.JSON {
		if err := v.tally(left); err != nil {
			return err
		}
	}
	for i := range v.held {
		// A ring that went round begins behind its newest line.
		at := i
		if v.read > len(v.held) {
			at = (v.read + i) % len(v.held)
		}
		if err := v.show(v.held[at]); err != nil {
			return err
		}
	}
	return nil
}

// tally says how often who asked.
func (v *logView) tally(left int) error {
	who := slices.SortedFunc(maps.Keys(v.by), func(a, b whoAsks) int {
		return cmp.Or(v.by[b].sum()-v.by[a].sum(), strings.Compare(a.who+a.at, b.who+b.at))
	})
	if v.f.JSON {
		for _, w := range who {
			if err := v.f.Emit(v.by[w].json(w.who, w.at)); err != nil {
				return err
			}
		}
		if v.others.sum() > 0 {
			return v.f.Emit(v.others.json("others", ""))
		}
		return nil
	}
	t := v.f.Table(terminal.Column{Title: "WHO ASKED", Flex: true}, terminal.Column{Title: "OPENED", Right: true}, terminal.Column{Title: "REFUSED", Right: true}, terminal.Column{Title: "OTHER", Right: true}, terminal.Column{Title: terminal.Zoned("LAST")})
	rest := v.others
	for i, w := range who {
		if i >= shownAskers {
			rest.take(*v.by[w])
			continue
		}
		name := w.who
		if w.at != "" {
			name += " at " + w.at
		}
		t.Row(v.by[w].cells(name)...)
	}
	if rest.sum() > 0 {
		t.Row(rest.cells("others")...)
	}
	t.Flush("nobody asked for your chart")
	v.f.Print("")
	if !v.summary {
		v.f.Print("%s", v.f.OutStyle.Paint(terminal.Faint, fmt.Sprintf("  … %s before these; --all shows them, --since DAY and --last N more of them", stele.Count(left, "line", "lines"))))
	}
	return nil
}

func (n *askings) cells(who string) []any {
	return []any{who, stele.Number(n.opened), stele.Number(n.refused), stele.Number(n.other), terminal.ShortStamp(n.last)}
}

func (n *askings) sum() int { return n.opened + n.refused + n.other }

func (n *askings) take(m askings) {
	n.opened, n.refused, n.other = n.opened+m.opened, n.refused+m.refused, n.other+m.other
	if m.last.After(n.last) {
		n.last = m.last
	}
}

func (n *askings) json(who, at string) map[string]any {
	return map[string]any{"event": "asked", "who": who, "organisation": at, "opened": n.opened, "refused": n.refused, "other": n.other, "last": n.last.UTC()}
}

// stood says that the log ends early because nobody showed anything newer.
func stood(old time.Duration) error {
	if old == 0 {
		return nil
	}
	return stele.E("check log", stele.KindUnreachable, fmt.Sprintf("no member showed a block of the last %v: entries since then are missing here", old.Round(time.Second)), nil).
		WithHint("stele ledger status shows who is up")
}
