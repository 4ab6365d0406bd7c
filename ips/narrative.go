package ips

import (
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
)

// incomplete is what every summary says of itself. It is the same whether something was
// withheld or not, so that nobody learns which.
const incomplete = "This may not be everything: records can be missing, not delivered yet, or kept back by the patient's choice."

// apart begins what a summary says of a chart that it has nothing of, before the chart's DID.
const apart = "Nothing is in it of another chart of the same person, "

// madeOf begins what a summary says of another chart that it was made of, too, before the chart's DID.
const madeOf = "Made of another chart of the same person, too: "

// xhtml is a text in the making. Nothing of a record gets into it but by text.
type xhtml struct{ strings.Builder }

func newXHTML() *xhtml {
	x := &xhtml{}
	x.WriteString(`<div xmlns="http://www.w3.org/1999/xhtml">`)
	return x
}

func (x *xhtml) done() string { return x.String() + "</div>" }

// text writes a text escaped, without what XML has no character for (XML 1.0 § 2.2).
func (x *xhtml) text(s string) {
	x.WriteString(html.EscapeString(strings.Map(func(r rune) rune {
		if r == 0xFFFE || r == 0xFFFF || r == 0xFFFD || r < 0x20 && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, telling.Visible(s))))
}

func (x *xhtml) in(element, s string) {
	x.WriteString("<" + element + ">")
	x.text(s)
	x.WriteString("</" + element + ">")
}

func (x *xhtml) list(lines []line) {
	if len(lines) == 0 {
		return
	}
	x.WriteString("<ul>")
	for _, l := range lines {
		x.WriteString("<li>")
		if l.name != "" {
			x.in("b", l.name)
		}
		if l.said != "" {
			x.in("span", l.said)
		}
		x.text(strings.TrimPrefix(l.text, l.name+l.said))
		x.WriteString("</li>")
	}
	x.WriteString("</ul>")
}

// told is the text of a section: what is so, what may be so, and what its lines leave
// unsaid in full (R40).
func (m *maker) told(p *part) string {
	x := newXHTML()
	if p.empty() {
		x.in("p", telling.NothingListed(p.kind))
		return x.done()
	}
	if len(p.lines) > 0 && p.name == "sectionResults" {
		x.in("p", telling.LookHeading)
	}
	x.list(p.lines)
	if len(p.past) > 0 {
		x.in("p", telling.PastHeading)
		x.list(p.past)
	}
	if p.more > 0 {
		x.in("p", fmt.Sprintf("and %d more in the chart", p.more))
	}
	if len(p.may) > 0 {
		x.in("p", telling.MayHeading)
		x.list(p.may)
	}
	m.full(x, p)
	return x.done()
}

// mostLines is how much of a record is told in full, in lines.
const mostLines = 200

// full tells the records whole of which a line says that they say more.
func (m *maker) full(x *xhtml, p *part) {
	headed, told := false, map[stele.ID]bool{}
	for _, l := range p.all() {
		for _, id := range l.of {
			r := m.records[id]
			if l.whole || r == nil || told[id] {
				continue
			}
			sheet, ok := telling.Full(r.item.Record)
			if !ok {
				continue
			}
			told[id] = true
			if !headed {
				x.in("p", telling.FullHeading)
				headed = true
			}
			x.sheet(sheet)
		}
	}
}

func (x *xhtml) sheet(s telling.Sheet) {
	x.WriteString("<p>")
	x.in("b", s.Title())
	for i, l := range s.Lines {
		x.WriteString("<br/>")
		if i == mostLines {
			x.text(telling.MoreMark)
			break
		}
		x.text(strings.Repeat("– ", min(l.Depth, 12)) + strings.TrimSuffix(strings.TrimPrefix(l.Label+": "+l.Text, ": "), ": "))
	}
	x.WriteString("</p>")
}

// foreword is the text of the document itself: whose it is, of when, that it may be
// incomplete, which other charts it was made of and has nothing of, and its sources with the day on which each was last heard.
func (m *maker) foreword() string {
	x := newXHTML()
	if m.story.Person != "" {
		x.in("p", m.story.Person)
	} else {
		x.in("p", "Whose it is no record here says")
	}
	if m.story.Died {
		x.in("p", "Told as last known: a source says that the person has died")
	}
	x.in("p", "Made on "+day(m.o.At)+" from "+stele.Count(len(m.seen), "record", "records"))
	x.in("p", incomplete)
	for _, chart := range m.o.With {
		x.in("p", madeOf+chart.String())
	}
	for _, chart := range m.o.Apart {
		x.in("p", apart+chart.String()+". Whose wallet speaks for it makes one that has, once it says anew what opens there: stele wallet emergency set --chart "+chart.String())
	}
	if len(m.story.Sources) == 0 {
		return x.done()
	}
	x.WriteString("<ol>")
	for _, s := range m.story.Sources {
		var newest time.Time
		for _, it := range m.seen {
			if at := it.Anchored; it.Source == s.Subject {
				if at.IsZero() {
					at = it.Made
				}
				if at.After(newest) {
					newest = at
				}
			}
		}
		x.WriteString("<li>")
		x.in("b", sourceName(s.Name, s.Subject))
		x.text(heard + dayOrUnknown(newest))
		x.WriteString("</li>")
	}
	x.WriteString("</ol>")
	return x.done()
}

const heard = ", last heard "

func day(t time.Time) string { return telling.Day(t.UTC().Format(time.DateOnly)) }

func dayOrUnknown(t time.Time) string {
	if t.IsZero() {
		return "on a day that is not known"
	}
	return t.UTC().Format(time.DateOnly)
}
