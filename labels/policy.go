package labels

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// A Label is what consent is decided on, drawn from one resource, and the
// clinical date as FHIR text.
type Label struct {
	Category    stele.Category
	Sensitivity []stele.Sensitivity // sorted, without doubles
	Year        int                 // of When; 0 when there is none
	When        string              // FHIR dateTime, perhaps partial: "2019-07"; "" when there is none
	Unread      bool                // what it is about could not be read, and Sensitivity holds the worst case
}

// A Source is what is known of who delivers: the kinds of clinic that it says
// it is, and what the patient chose for its records that cannot be classified.
type Source struct {
	Clinics      []string // names of Clinics
	Unclassified []WorstCase
}

// A WorstCase is what records of a category count as that cannot be classified;
// an empty category stands for all that have none of their own.
type WorstCase struct {
	Category    stele.Category
	Sensitivity []stele.Sensitivity
}

// A Policy draws labels: the shipped tables, an organisation's own, and what is
// known of the source. It is not changed once it is made and may be used by
// many at once.
type Policy struct {
	shipped *index
	own     *index // nil for none
	source  Source
	visits  set // what the source's visits and what it cannot classify count as
	all     set // what everything of it counts as
	worst   map[stele.Category]set
}

// Default is the policy of the shipped tables and a source of no special kind.
func Default() *Policy { return &Policy{shipped: shippedIndex()} }

// New makes a policy with an organisation's own tables, which add to the shipped
// ones. It fails with KindInvalid when a table would take something away: an
// ordinary ("-") or mute ("?") row, or a system, that a shipped table speaks of.
func New(own ...*Table) (*Policy, error) {
	p := Default()
	if len(own) == 0 {
		return p, nil
	}
	for _, t := range own {
		if err := p.onlyAdds(t); err != nil {
			return nil, err
		}
	}
	x, err := newIndex(own...)
	if err != nil {
		return nil, err
	}
	p.own = x
	return p, nil
}

func (p *Policy) onlyAdds(t *Table) error {
	for i := range t.Rows {
		r := &t.Rows[i]
		switch {
		case r.Table == "system":
			if table, c := p.shipped.system(r.Pattern); c != unknownSystem && c != mute {
				return t.bad(r.Line, "the system is known already, as "+table+": rows for it go under that name")
			}
			if hierarchical[r.target] || p.shipped.exact[r.target] != nil {
				continue // a local address of a known system
			}
			if r.coverage == mute {
				return t.bad(r.Line, `only shipped tables say "nothing" of a system`)
			}
		case r.Table == "clinic", r.Table == "clinic-all", r.Table == "security":
			return t.bad(r.Line, "this table is not an organisation's to add to")
		case isShort(r.Table) && !p.shipped.says(r):
			continue // what its own people mean by an abbreviation that no shipped table has
		case !r.ordinary && !r.nothing:
		case r.Table == "words" || isShort(r.Table) || p.shipped.exact[r.Table] != nil || p.shipped.prefix[r.Table] != nil || hierarchical[r.Table]:
			return t.bad(r.Line, "an organisation's table adds to the shipped ones and cannot make their codes ordinary")
		}
	}
	return nil
}

// Clinics lists the kinds of clinic that a Source may say it is. It reads no other
// table: the command line names them in every process.
func Clinics() []string {
	var out []string
	for _, r := range shipped("clinics.txt").Rows {
		out = append(out, r.Pattern)
	}
	return out
}

// For returns the policy for records of a source. It fails with KindInvalid for
// a kind of clinic or a sensitivity that there is not, and for a worst case
// that is empty: what cannot be classified is never ordinary.
func (p *Policy) For(s Source) (*Policy, error) {
	q := *p
	q.source, q.visits, q.all, q.worst = s, 0, 0, nil
	for _, name := range s.Clinics {
		clinic := func(table string) *Row { return p.shipped.exact[table][strings.ToUpper(name)] }
		one, every := clinic("clinic"), clinic("clinic-all")
		switch {
		case every != nil:
			q.all |= every.says
			q.visits |= every.says
		case one != nil:
			q.visits |= one.says
		default:
			return nil, stele.E("label", stele.KindInvalid, fmt.Sprintf("there is no kind of clinic %q", name), nil).
				WithHint("the kinds are " + words(Clinics()))
		}
	}
	for _, w := range s.Unclassified {
		is := setOf(w.Sensitivity...)
		if is == 0 || len(is.list()) != len(w.Sensitivity) || w.Category != "" && !w.Category.Valid() {
			return nil, stele.E("label", stele.KindInvalid, "what cannot be classified counts as one sensitivity at least, each named once", nil).
				WithHint("the sensitivities are " + words(stele.Sensitivities()))
		}
		if q.worst == nil {
			q.worst = map[stele.Category]set{}
		}
		q.worst[w.Category] |= is
	}
	return &q, nil
}

// A Resolver finds what a reference may lead to, nothing where it does not know.
// Where it answers with several, all of them count.
type Resolver func(reference string) []*fhir.Resource

// Around is what a resource came with: the marks of the Bundles in which it stood, and the
// documents whose content it is. Both count for it.
type Around struct {
	Marks     []fhir.Mark
	Documents []*fhir.Resource
}

// LabelIn labels a resource together with what it came with; see Label.
func (p *Policy) LabelIn(a Around, r *fhir.Resource, resolve Resolver) Label {
	rd := reader{p: p, resolve: resolve, around: a}
	return rd.label(r)
}

// ExplainIn labels a resource like LabelIn and says why, in the order of the resource.
func (p *Policy) ExplainIn(a Around, r *fhir.Resource, resolve Resolver) (Label, []Reason) {
	rd := reader{p: p, resolve: resolve, explain: true, around: a}
	l := rd.label(r)
	return l, rd.reasons
}

// Label labels a resource. What it refers to for its meaning (the Medication of
// an order, the results of a report) is asked of resolve, which may be nil.
func (p *Policy) Label(r *fhir.Resource, resolve Resolver) Label {
	return p.LabelIn(Around{}, r, resolve)
}

// label puts together what the reader finds.
func (rd *reader) label(r *fhir.Resource) Label {
	l := Label{Category: Category(r), When: When(r)}
	if len(l.When) >= 4 {
		l.Year, _ = strconv.Atoi(l.When[:4])
	}
	rd.gather(r.Root(), r.Type())
	if l.Category == stele.Providers {
		// A mental health centre's own entry says nothing about a patient; the
		// encounter that names it does, and is marked.
		rd.found, rd.reasons = rd.security, slices.DeleteFunc(rd.reasons, func(r Reason) bool { return r.Kind != BySecurity })
		l.Unread = rd.within()
		l.Sensitivity = rd.found.list()
		return l
	}
	l.Unread = rd.unclassified(l.Category)
	if p := rd.p; p.visits != 0 && l.Category == stele.Encounters {
		rd.because(ByClinic, p.visits, "", "a visit to this kind of clinic", nil)
	}
	if rd.p.all != 0 {
		rd.because(ByClinic, rd.p.all, "", "every record of this kind of clinic", nil)
	}
	rd.documents(&l)
	l.Sensitivity = rd.found.list()
	return l
}

// documents gives what is the content of documents what they say of it: a Binary tells
// neither what kind of note it is nor of when.
func (rd *reader) documents(l *Label) {
	when := map[string]bool{}
	for _, d := range rd.around.Documents {
		there := rd.below()
		there.gather(d.Root(), d.Type())
		l.Unread = there.unclassified(Category(d)) || l.Unread
		rd.adopt(there, rd.typ+" of ")
		when[When(d)] = true
	}
	for text := range when {
		if len(when) == 1 && l.When == "" && len(text) >= 4 {
			l.When = text
			l.Year, _ = strconv.Atoi(text[:4])
		}
	}
}

// within reads what somebody put into an entry of a directory that is none.
func (rd *reader) within() (unread bool) {
	for c := range rd.root.Member("contained").All() {
		typ := string(c.Member("resourceType").Bytes())
		if categories[typ] == stele.Providers {
			continue
		}
		there := rd.below()
		there.gather(c, typ)
		unread = there.unclassified(stele.Providers) || unread
		rd.adopt(there, rd.typ+".contained -> ")
	}
	return unread
}

// unclassified adds the worst case where something that tells what the record
// is about could not be read.
func (rd *reader) unclassified(c stele.Category) bool {
	where, why := rd.classify()
	if why == "" {
		return false
	}
	worst, ok := rd.p.worst[c]
	if !ok {
		worst = rd.p.worst[""]
	}
	if worst |= rd.p.visits | rd.p.all; worst == 0 {
		worst = setOf(stele.Unclassified)
	}
	rd.because(Unclassified, worst, where, why, nil)
	return true
}
