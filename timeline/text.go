package timeline

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
	"github.com/stele-health/stele/terminal/columns"
)

// Page says how Text sets a story.
type Page struct {
	Width int  // columns; 0 is 80, fewer than 40 are 40
	Color bool // ANSI colours, for a terminal
	Past  bool // also earlier versions and what was withdrawn

	Versions string // the command that shows those; empty: --versions of the same
	Record   string // the command that shows a record whole; empty: the owner's

	Marks []Mark // what else the reader has to know of lines, besides what their records say
}

// A Mark ends the lines of some entries, and is explained below where one bears it.
type Mark struct {
	Sign  string
	Of    func(Entry) bool
	Means []string // each a paragraph
}

// The columns of a line: date, kind, text.
const (
	dateColumn = 7
	kindColumn = 11
	indent     = dateColumn + kindColumn
)

const (
	bold  = "\x1b[1m"
	red   = "\x1b[31m"
	faint = "\x1b[2m"
	reset = "\x1b[0m"
)

type setter struct {
	strings.Builder
	page    Page
	sources int
	zones   zones
	more    bool            // a line bore the mark that its record says more
	bore    map[string]bool // the signs of the page's marks that lines bore
}

func newSetter(p Page) *setter {
	if p.Width == 0 {
		p.Width = 80
	}
	p.Width = max(p.Width, 40)
	return &setter{page: p, bore: map[string]bool{}}
}

// Sheet sets a record told whole as plain text, no line wider than the page.
func (p Page) Sheet(s telling.Sheet) string {
	t := newSetter(p)
	t.line(bold, s.Title())
	for _, l := range s.Lines {
		label := strings.Repeat("  ", min(l.Depth, 12)+1)
		switch {
		case l.Label == "":
			t.block("", label+"  ", l.Text)
		case l.Text == "":
			t.block("", label, l.Label)
		default:
			t.block("", label, l.Label+": "+l.Text)
		}
	}
	return t.String()
}

// Text sets a story as plain text, no line wider than the page.
func (s Story) Text(p Page) string {
	t := newSetter(p)
	t.sources, t.zones = len(s.Sources), zonesOf(s)
	t.head(s)
	year := ""
	for _, c := range s.Chapters {
		y, _, _ := strings.Cut(c.When.Day, "-")
		if y == "" {
			y = "no date"
		}
		if y != year {
			t.WriteByte('\n')
			t.line(bold, y)
			year = y
		}
		t.chapter(c)
	}
	if p.Past {
		t.past(s.Past)
	}
	t.foot(s)
	return t.String()
}

// past sets what no longer counts, each with why.
func (t *setter) past(list []Entry) {
	if len(list) == 0 {
		return
	}
	t.WriteByte('\n')
	t.line(bold, "No longer so: earlier versions and what was withdrawn")
	for _, e := range list {
		label := columns.Pad("  "+string(e.Gone), indent)
		t.block("", label, joined(", ", telling.Day(e.When.Day), kindWord(e.Kind))+" "+sentence(e)+t.marked(e)+why(e)+t.tag(e, nil))
	}
}

// longestWhy is how much of a reason is told, in letters.
const longestWhy = 200

// why says why an entry was withdrawn.
func why(e Entry) string {
	switch words := []rune(e.GoneFor); {
	case len(words) == 0:
		return ""
	case len(words) > longestWhy:
		return " · “" + string(words[:longestWhy]) + "…”"
	default:
		return " · “" + e.GoneFor + "”"
	}
}

// line writes one line, in a style where the page has colours. Nothing else writes
// to the page but line ends: what is told can neither begin a line nor set a style,
// wherever it came from.
func (t *setter) line(style, s string) {
	s = strings.TrimRight(telling.Visible(s), " ")
	switch {
	case !t.page.Color || s == "":
	case style == "":
		s = colourMarks(s)
	default:
		s = style + s + reset
	}
	t.WriteString(s)
	t.WriteByte('\n')
}

// block writes text wrapped under a label, which stands in the first line only.
func (t *setter) block(style, label, s string) {
	for i, l := range wrap(s, t.page.Width-columns.Of(label)) {
		if i == 1 {
			label = strings.Repeat(" ", columns.Of(label))
		}
		t.line(style, label+l)
	}
}

func colourMarks(l string) string {
	for _, m := range []string{"↑", "↓"} {
		l = strings.ReplaceAll(l, m, red+m+reset)
	}
	return l
}

func (t *setter) head(s Story) {
	if s.Person != "" {
		t.block(bold, "", s.Person)
	}
	heading := "Now"
	if s.Died {
		heading = "Last known"
	}
	t.standing(heading, t.lines(s.Now, s.Absent, s.Unclear))
	t.standing("May be so: "+seeRecord, t.lines(s.Unclear, nil, nil))
}

func (t *setter) chapter(c Chapter) {
	day := strings.TrimSuffix(telling.Day(c.When.Day), " "+strings.SplitN(c.When.Day, "-", 2)[0])
	if len(c.When.Day) == 4 {
		day = ""
	}
	day = columns.Pad("  "+day, dateColumn+2)
	if c.Visit != nil {
		text := c.Visit.Name
		if c.Visit.Value != "" {
			text += " · " + c.Visit.Value
		}
		if c.When.End != "" {
			text += " · until " + telling.Day(c.When.End)
		}
		if note := joined(", ", c.Visit.Status, c.Visit.Note); note != "" {
			text += " (" + note + ")"
		}
		t.block(bold, day, text+t.marked(*c.Visit)+t.tag(*c.Visit, nil))
		day = strings.Repeat(" ", columns.Of(day))
	}
	for i := 0; i < len(c.Entries); {
		n := i + 1
		for n < len(c.Entries) && kindOfEntry(c.Entries[n]) == kindOfEntry(c.Entries[i]) {
			n++
		}
		t.group(day, c.Entries[i:n], c)
		day = strings.Repeat(" ", columns.Of(day))
		i = n
	}
}

// group sets the entries of one kind: short measurements and vaccines side by
// side, everything else one below the other.
func (t *setter) group(day string, entries []Entry, c Chapter) {
	var heading []Vouch
	stay := "" // the first day of a visit of several days
	if c.Visit != nil {
		heading = c.Visit.Vouched
		if c.When.End != "" {
			stay = c.When.Day
		}
	}
	label := day + columns.Pad(kindOfEntry(entries[0]), kindColumn)
	if kind := entries[0].Kind; kind == stele.Vitals || kind == stele.Immunizations {
		for _, row := range t.rows(entries, stay) {
			var parts []string
			for _, e := range row.entries {
				parts = append(parts, sentence(e)+t.marked(e)+t.tag(e, heading))
			}
			t.block("", label, row.when+strings.Join(parts, " · "))
			label = strings.Repeat(" ", columns.Of(label))
		}
		return
	}
	for _, e := range entries {
		t.block("", label, onDay(e.When.Day, stay)+t.zones.clock(e)+sentence(e)+t.marked(e)+t.tag(e, heading))
		label = strings.Repeat(" ", columns.Of(label))
		for _, p := range e.Parts {
			t.block("", label+"  ", t.zones.apart(p, e)+sentence(p)+t.marked(p)+t.tag(p, e.Vouched))
		}
	}
}

// row is what stands side by side: short measurements of one moment.
type row struct {
	when    string
	entries []Entry
}

// rows puts side by side what is of one moment. What has more to say than its value has
// a row of its own, so that no word of it can be read with its neighbour.
func (t *setter) rows(entries []Entry, stay string) (out []row) {
	alone := true
	for _, e := range entries {
		when := onDay(e.When.Day, stay) + t.zones.clock(e)
		if !alone && out[len(out)-1].when == when && !strings.Contains(sentence(e), " · ") {
			out[len(out)-1].entries = append(out[len(out)-1].entries, e)
			continue
		}
		out = append(out, row{when, []Entry{e}})
		alone = strings.Contains(sentence(e), " · ")
	}
	return out
}

// marked are the marks of an entry: that its record says more than its line, and the page's own.
func (t *setter) marked(e Entry) (marks string) {
	if e.More {
		t.more = true
		marks = " " + telling.MoreMark
	}
	for _, m := range t.page.Marks {
		if m.Of(e) {
			t.bore[m.Sign] = true
			marks += " " + m.Sign
		}
	}
	return marks
}

// sentence is an entry in one line.
func sentence(e Entry) string {
	text := e.Sentence()
	if n := len(e.Earlier); n > 0 {
		text += " · " + count(n, "earlier version")
	}
	return text
}

// tag names the sources of an entry, where there are several and its heading
// has not named the same ones.
func (t *setter) tag(e Entry, heading []Vouch) string {
	if t.sources < 2 {
		return ""
	}
	numbers := sourceNumbers(e.Vouched)
	if len(heading) > 0 && numbers == sourceNumbers(heading) {
		return ""
	}
	return " [" + numbers + "]"
}

func sourceNumbers(vouched []Vouch) string {
	var out []string
	last := 0
	for _, v := range vouched {
		if v.Source != last {
			out = append(out, strconv.Itoa(v.Source))
			last = v.Source
		}
	}
	return strings.Join(out, ",")
}

func (t *setter) foot(s Story) {
	t.WriteByte('\n')
	for i, source := range s.Sources {
		name := source.Name
		if name == "" {
			name = source.Subject.Short()
		}
		label := ""
		if len(s.Sources) > 1 {
			label = fmt.Sprintf("[%d] ", i+1)
		}
		t.block(faint, label, fmt.Sprintf("%s, %s", name, count(source.Records, "record")))
	}
	where := ", not shown (" + cmp.Or(t.page.Versions, "--versions") + " shows them)"
	if t.page.Past {
		where = ", told last"
	}
	if s.Errors > 0 {
		t.block(faint, "", count(s.Errors, "record")+" withdrawn by "+its(s.Errors, "source")+where)
	}
	if s.Earlier > 0 {
		t.block(faint, "", count(s.Earlier, "earlier version")+where)
	}
	if s.Unread > 0 {
		t.block(faint, "", count(s.Unread, "record")+" could not be read as FHIR")
	}
	if t.more {
		t.block(faint, "", telling.MoreMark+": "+cmp.Or(t.page.Record, "stele wallet record, with words of the line"))
	}
	for _, m := range t.page.Marks {
		for i, line := range m.Means {
			if t.bore[m.Sign] && i == 0 {
				line = m.Sign + ": " + line
			}
			if t.bore[m.Sign] {
				t.block("", "", line)
			}
		}
	}
	t.block(faint, "", "This may not be everything: a chart holds what was delivered and opened.")
}

// its names what belongs to one or to many.
func its(n int, word string) string {
	if n == 1 {
		return "its " + word
	}
	return "their " + word + "s"
}

func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}
