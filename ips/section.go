package ips

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
	"github.com/stele-health/stele/timeline"
)

// part is a section of a summary in the making.
type part struct {
	*section
	title   string
	lines   []line // what is so, with what is said to be none
	past    []line // what happened
	may     []line // what may be so
	more    int    // how many more are in the chart
	kind    string // what nothing is known of, where nothing is
	entries []*record
}

// line is one line of a section's text.
type line struct {
	text, name string     // name begins the text, and is bold; "" for none
	said       string     // after the name: a dose, reactions; without what is noted in brackets
	of         []stele.ID // records that say so, one of each source
	whole      bool       // the line says all that they say
	entry      bool       // they are entries, where the section takes their type
}

// layout is the order in which a summary tells: what kills first. words are those under
// which timeline tells it.
var layout = []struct {
	name, title, kind string
	words             []string
}{
	{"sectionAllergies", "Allergies and intolerances", "allergies", []string{"allergy"}},
	{"sectionAlerts", "Alerts", "alerts", []string{"alert", "not to do"}},
	{"sectionMedications", "Medicines", "medicines", []string{"medicine"}},
	{"sectionProblems", "Problems", "problems", []string{"problem"}},
	{"sectionPregnancyHx", "Pregnancy", "a pregnancy", []string{"pregnancy"}},
	{"sectionMedicalDevices", "Devices and implants", "devices", []string{"device"}},
	{"sectionAdvanceDirectives", "Advance directives", "advance directives", []string{"directive"}},
	{"sectionResults", "Results", "results", []string{"result"}},
	{"sectionProceduresHx", "Procedures", "procedures", []string{"procedure"}},
	{"sectionImmunizations", "Immunizations", "immunizations", []string{"vaccine"}},
}

// sections puts all that is told into its sections; those of the guide that must be there
// are, if with nothing in them.
func (m *maker) sections() (out []*part) {
	now, may, none := m.lines()
	for _, l := range layout {
		p := &part{section: table().section(l.name), title: l.title, kind: l.kind}
		for _, from := range now {
			if slices.Contains(l.words, wordOf(from)) {
				p.lines = append(p.lines, m.line(from, true))
			}
		}
		for _, from := range may {
			if slices.Contains(l.words, wordOf(from)) {
				p.may = append(p.may, m.line(from, false))
			}
		}
		known := len(p.lines)+len(p.may) > 0
		for _, from := range none { // no entry beside what contradicts it
			if slices.Contains(l.words, from.Under) {
				p.lines = append(p.lines, m.line(from, !known))
			}
		}
		switch l.name {
		case "sectionResults":
			p.happened(m, m.results(), mostResults)
		case "sectionProceduresHx":
			p.happened(m, m.procedures(), mostProcedures)
		case "sectionImmunizations":
			p.happened(m, m.vaccines(), mostVaccines)
		}
		if p.min > 0 || !p.empty() {
			out = append(out, p)
		}
	}
	return out
}

// wordOf is the word under which a line is told; what has no section of its own is an alert.
func wordOf(l timeline.Line) string {
	for _, s := range layout {
		if slices.Contains(s.words, l.Under) {
			return l.Under
		}
	}
	return "alert"
}

// line is a line of timeline's.
func (m *maker) line(l timeline.Line, entry bool) line {
	text, name := l.Text, l.Entry.Name
	if wordOf(l) != l.Under {
		text = l.Under + ": " + text
	}
	if at := strings.Index(text, name); at < 0 {
		name = ""
	} else {
		name = text[:at+len(name)]
	}
	said := ""
	if value := ": " + l.Entry.Value; l.Entry.Value != "" && strings.HasPrefix(text[len(name):], value) {
		said = value
	}
	return line{text: text, name: name, said: said, of: m.oneOfEach(l.Entry), whole: !l.Entry.More, entry: entry}
}

// happened adds lines of what happened, each on its day, but for those that are told.
func (p *part) happened(m *maker, list []timeline.Entry, most int) {
	told := map[stele.ID]bool{}
	for _, l := range p.lines {
		for _, id := range l.of {
			told[id] = true
		}
	}
	list = slices.DeleteFunc(list, func(e timeline.Entry) bool { return in(e, told) })
	for _, e := range list[:min(most, len(list))] {
		day := cmp.Or(telling.Day(e.When.Day), "no date")
		text := day + ": " + e.Sentence()
		if e.More {
			text += " " + telling.MoreMark
		}
		if len(m.story.Sources) > 1 {
			text += " [" + e.Numbers() + "]"
		}
		p.past = append(p.past, line{text: telling.Visible(text), name: day, of: m.oneOfEach(e), whole: !e.More, entry: true})
	}
	p.more = len(list) - min(most, len(list))
}

// oneOfEach is one record of each source and type that vouches for an entry: of what was
// written again and again the newest.
func (m *maker) oneOfEach(e timeline.Entry) (out []stele.ID) {
	type kind struct {
		source int
		typ    string
	}
	best := map[kind]int{} // its place in out
	days := []string{}
	for _, v := range e.Vouched {
		r := m.records[v.Handle]
		if r == nil || m.past[v.Handle] {
			continue
		}
		day := telling.Read(r.item.Record).Tell(telling.Reading{Kind: r.item.Label.Category}).When.Day
		of := kind{v.Source, r.res.Type()}
		n, ok := best[of]
		switch {
		case !ok:
			best[of] = len(out)
			out, days = append(out, v.Handle), append(days, day)
		case day > days[n]:
			out[n], days[n] = v.Handle, day
		}
	}
	return out
}

func (p *part) empty() bool { return len(p.lines)+len(p.past)+len(p.may) == 0 }

// all are all lines of a section.
func (p *part) all() []line { return slices.Concat(p.lines, p.past, p.may) }
