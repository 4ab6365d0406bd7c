package ips

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/telling"
	"github.com/stele-health/stele/timeline"
)

// The screen of Text.
const (
	screenWidth = 80
	Rows        = 24
)

// first are the sections of the first screen, in its order, by LOINC code; late is the
// place in which each is told in fewer words where the screen is too small.
var first = []struct {
	label, code string
	kind        stele.Category
	late        int
}{
	{"Allergies", "48765-2", stele.Allergies, 7}, {"Alerts", "104605-1", stele.Problems, 5}, {"Medicines", "10160-0", stele.Medications, 1}, {"Problems", "11450-4", stele.Problems, 0},
	{"Pregnancy", "10162-6", stele.Pregnancy, 4}, {"Devices", "46264-8", stele.Devices, 3}, {"Directives", "42348-3", stele.AdvanceDirectives, 6}, {"Results", "30954-2", stele.Results, 2},
}

// Text is the first screen of a summary, of at most Rows lines of 80 columns: whose it is,
// allergies, what warns, medicines, problems, devices, directives, results to look at; how
// old each source is at a time; which chart it has nothing of; that it may be incomplete. Where it is too small for all it
// tells names alone, and then how many more there are, of allergies last. Of some kinds alone it is
// empty where it tells none of these. It reads summaries of anybody, by the texts of their sections. The error is of KindInvalid, for
// what is no such document.
func Text(doc []byte, at time.Time, only ...stele.Category) (string, error) {
	r, composition, err := read(doc)
	if err != nil {
		return "", err
	}
	head, foot := around(r, composition, at)
	s, ours := screen{rows: Rows - len(head) - len(foot)}, telling.Read(doc).MadeHere()
	for _, f := range first {
		if len(only) > 0 && !slices.Contains(only, f.kind) {
			continue
		}
		s.blocks = append(s.blocks, &block{label: f.label, late: f.late})
		for section := range composition.At("section") {
			if coded := section.At("code.coding"); hasCode(coded, f.code) {
				s.blocks[len(s.blocks)-1].read(section, ours)
			}
		}
		if b := s.blocks[len(s.blocks)-1]; len(only) > 0 {
			b.items = slices.DeleteFunc(b.items, func(p paragraph) bool { return telling.ListsNothing(p.text) })
		}
	}
	lines := s.set()
	if len(only) > 0 && len(lines) == 0 {
		return "", nil
	}
	return strings.Join(append(append(head, lines...), foot...), "\n") + "\n", nil
}

// FirstScreen are the kinds of which Text tells.
func FirstScreen() (kinds []stele.Category) {
	for _, f := range first {
		if !slices.Contains(kinds, f.kind) {
			kinds = append(kinds, f.kind)
		}
	}
	return kinds
}

// Charts are the other charts that a summary says it was made of, beside the one that it lies in: none, where it
// says nothing of any. The error is Text's.
func Charts(doc []byte) (charts []stele.Subject, err error) {
	_, composition, err := read(doc)
	if err != nil {
		return nil, err
	}
	for _, b := range blocksOf(composition.Member("text").Member("div").Text()) {
		did, of := strings.CutPrefix(b.text, madeOf)
		if chart, err := stele.ParseSubject(did); of && err == nil {
			charts = append(charts, chart)
		}
	}
	return charts, nil
}

// read reads a document and finds its Composition.
func read(doc []byte) (*fhir.Resource, fhir.Value, error) {
	r, err := fhir.Parse(doc)
	if err != nil {
		return nil, fhir.Value{}, err
	}
	for e := range r.Root().At("entry.resource") {
		if r.Type() == "Bundle" && e.Member("resourceType").Text() == "Composition" {
			return r, e, nil
		}
	}
	return nil, fhir.Value{}, stele.E("tell summary", stele.KindInvalid, "this is no summary: it has no Composition", nil)
}

func hasCode(codings func(func(fhir.Value) bool), code string) bool {
	for c := range codings {
		if c.Member("system").Text() == loinc && c.Member("code").Text() == code {
			return true
		}
	}
	return false
}

// mostSources is how many sources are named.
const mostSources = 4

// around is what stands above and below the sections.
func around(r *fhir.Resource, composition fhir.Value, at time.Time) (head, foot []string) {
	person, number, without := "", 0, []string(nil)
	for _, b := range blocksOf(composition.Member("text").Member("div").Text()) {
		name, when, told := strings.Cut(b.text, heard)
		chart, lacks := strings.CutPrefix(b.text, apart)
		switch {
		case b.item && told:
			if number++; number <= mostSources {
				foot = append(foot, short(fmt.Sprintf("[%d] %s, last heard %s", number, name, ago(when, at)), 1)...)
			}
		case person == "" && !b.item:
			person = b.text
		case lacks && !b.item:
			chart, _, _ = strings.Cut(chart, ".")
			without = append(without, chart)
		}
	}
	if number > mostSources {
		foot = append(foot, "and "+stele.Count(number-mostSources, "more source", "more sources"))
	}
	if number == 0 { // another's, of which the first words may be anything
		person = whose(r)
	}
	made, _, _ := strings.Cut(composition.Member("date").Text(), "T")
	head = append(short(person, 2), short("Summary made "+ago(made, at), 1)...)
	if n := len(without); n > 0 {
		more := ""
		if n > 1 {
			more = fmt.Sprintf(" and %d more", n-1)
		}
		foot = append(foot, short(apart+without[0]+more, 2)...)
	}
	return head, append(foot, timeline.Wrap(incomplete, screenWidth)...)
}

// whose is what the Patient of a document says of the person.
func whose(r *fhir.Resource) string {
	for e := range r.Root().At("entry.resource") {
		if e.Member("resourceType").Text() == "Patient" {
			if s := timeline.Tell([]timeline.Item{{Record: e.JSON()}}, timeline.Options{}); s.Person != "" {
				return s.Person
			}
		}
	}
	return "Whose it is it does not say"
}

// ago says a day, YYYY-MM-DD, and how long that was before.
func ago(when string, at time.Time) string {
	t, err := time.Parse(time.DateOnly, when)
	if err != nil {
		return telling.Clean(when)
	}
	said := telling.Day(when)
	at = at.UTC()
	today := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	switch days := int(today.Sub(t).Hours() / 24); {
	case days < 0:
		return said
	case days == 0:
		return said + ", today"
	default:
		return said + ", " + stele.Count(days, "day", "days") + " ago"
	}
}

// short sets a text on so many lines at most. What does not fit is cut at a word, and that
// is said: nothing is read off its last number.
func short(text string, most int) []string {
	lines := timeline.Wrap(text, screenWidth)
	if len(lines) <= most {
		return lines
	}
	lines = timeline.Wrap(text, screenWidth-len(" …"))[:most]
	lines[most-1] += " …"
	return lines
}

// paragraph is a block of a narrative: an item of a list, or a paragraph or another block.
type paragraph struct {
	text string
	name string // its bold words, where it begins with them; "" where nobody says
	said string // up to the end of what our own summaries mark as said of it
	item bool
}

// blocksOf reads the blocks of a narrative; of one with others than paragraphs and lists,
// or with text outside of them, each line is an item.
func blocksOf(div string) []paragraph {
	d := xml.NewDecoder(strings.NewReader(div))
	d.Strict, d.Entity, d.AutoClose = false, xml.HTMLEntity, xml.HTMLAutoClose
	var out []paragraph
	var text strings.Builder
	var now paragraph
	divs := 0
	for {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch x := token.(type) {
		case xml.CharData:
			text.Write(x)
		case xml.StartElement:
			switch x.Name.Local {
			case "p", "li":
				if strings.TrimSpace(text.String()) != "" {
					return prose(div)
				}
				now = paragraph{item: x.Name.Local == "li"}
			case "br":
				text.WriteString(" // ")
			case "div":
				if divs++; divs > 1 {
					return prose(div)
				}
			case "ul", "ol", "b", "span":
			default: // as a table
				return prose(div)
			}
		case xml.EndElement:
			switch so := telling.Clean(text.String()); x.Name.Local {
			case "b":
				if now.name == "" && !strings.HasSuffix(so, ":") {
					now.name = so
				}
			case "span":
				if now.said == "" && now.name != "" {
					now.said = so
				}
			case "p", "li":
				if now.text = so; so != "" {
					out = append(out, now)
				}
				text.Reset()
			}
		}
	}
	if len(out) == 0 || strings.TrimSpace(text.String()) != "" {
		return prose(div)
	}
	return out
}

func prose(div string) (out []paragraph) {
	lines, _ := telling.Prose(div)
	for _, l := range lines {
		out = append(out, paragraph{text: l, item: true})
	}
	return out
}
