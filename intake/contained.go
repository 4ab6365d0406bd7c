package intake

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stele-health/stele/fhir"
)

// What a resource contains has no life of its own (FHIR R4 § Contained Resources):
// a contained Patient names whom the record is about where that is referred to as its
// subject, and one to whom nothing refers may only be who is named anyway. A contained
// relative has a patient, but a record about a relative is not about that patient.

// contained is a resource in another.
type contained struct {
	*fhir.Resource
	led   bool // something refers to it as somebody
	outer *fhir.Resource
	at    string // where it is in that
}

// patient reads a contained Patient, whose numbers may be assigned by something beside it.
func (c *contained) patient(stands func(Number) bool) *person {
	return read(c.JSON, func(at string) string { return c.outer.System(c.at + "." + at) }, stands)
}

// contained reads what a resource contains, and whether two of it have one id.
func (f *File) contained(n *node, r *fhir.Resource) (inside map[string]*contained) {
	for i := 0; ; i++ {
		at := fmt.Sprintf("contained[%d]", i)
		raw := r.Raw(at)
		if raw == nil {
			return inside
		}
		within, err := fhir.Parse(raw)
		if err != nil {
			continue // refused when it is validated
		}
		if inside == nil {
			inside = map[string]*contained{}
		}
		if inside[within.ID()] != nil {
			n.wrong = because("two of what it contains have one id", "#"+within.ID())
		}
		if typ := within.Type(); (typ == "Bundle" || typ == "Parameters") && within.Holds("Patient") {
			n.wrong = because("it contains a " + typ + " with a Patient in it, of whom nothing says who that is to the record")
		}
		inside[within.ID()] = &contained{Resource: within, outer: r, at: at}
	}
}

// pointWithin follows a reference to something contained: to a Patient, it names
// them; a specimen or device may name its own. A record about something contained
// that names nobody, or is not there, or is no patient's record, is nobody's.
func (f *File) pointWithin(n *node, inside map[string]*contained, p fhir.Pointer, id string) {
	if p.Role == fhir.Leads {
		return
	}
	one := pointer{to: -1, inside: -1, role: p.Role}
	switch within := inside[id]; {
	case within != nil && within.Type() == "Patient":
		within.led = true
		one.words = f.word(p.Display)
		patient := within.patient(f.survey.table.stands)
		if number := (Number{System: f.word(p.System), Value: f.word(Clean(p.Value)), Kinds: f.word(p.Kinds)}); number.Value != "" {
			patient.hears(number)
		}
		n.within = append(n.within, patient)
		one.inside = int32(len(n.within) - 1)
	case p.Role != fhir.Names:
		return
	case within != nil && !noPatients(within.Type()) && slices.ContainsFunc(within.Pointers(), func(q fhir.Pointer) bool { return q.Role == fhir.Names }):
		return
	}
	n.points = append(n.points, one)
}

// hears takes what a reference says of a contained Patient's number. They have to agree:
// it is one of hers, or the only one of its system.
func (p *person) hears(said Number) {
	if said.System == "" && slices.ContainsFunc(p.numbers, func(n Number) bool { return fhir.IsAssigned(n.System) && n.Value == said.Value }) {
		return // it says no more than the Patient, who may say whose number it is
	}
	some, same := false, false
	for _, n := range p.numbers {
		if SameSystem(n.System, said.System) && !outlived(n, p.numbers) {
			some, same = true, same || n.Value == said.Value
		}
	}
	if some && !same {
		p.problem = because("its reference and the Patient in it name different people", said.String())
	}
	p.numbers, p.said = append(p.numbers, said), said
}

// pointAtRest notes contained Patients to whom nothing refers: a record may not name
// anybody else, nor nobody.
func (f *File) pointAtRest(n *node, inside map[string]*contained) {
	for _, id := range slices.Sorted(maps.Keys(inside)) {
		if within := inside[id]; within.Type() == "Patient" && !within.led {
			n.within = append(n.within, within.patient(f.survey.table.stands))
			n.points = append(n.points, pointer{to: -1, inside: int32(len(n.within) - 1), role: fhir.Names, rest: true})
		}
	}
}

// noPatients reports whether what is about a resource of a type is not about a
// patient, whatever patient that resource leads to.
func noPatients(typ string) bool {
	return typ == "Group" || typ == "RelatedPerson" || typ == "Person" || fhir.Shared(typ)
}
