package intake

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// Records of one person's care hold together: a result has its encounter, a report
// its results, a dispense its prescription. Where one names Ana and leans on a
// record of Bob, one of the two names is wrong, and nobody here can tell which: it
// is refused with a question. What may well be another's (the mother's, a donor's, a
// relative's) is told and goes on.

// leaning are the elements by which a record is a part of what it refers to, or is
// made of it: by their definitions both are of one person.
var leaning = map[string]bool{
	"encounter": true, "context": true, "episodeOfCare": true, "partOf": true, "basedOn": true, "hasMember": true, "imagingStudy": true,
	"authorizingPrescription": true, "priorPrescription": true, "replaces": true, "previous": true, "goal": true, "addresses": true, "careTeam": true,
	"implicated": true, "eventHistory": true, "detectedIssue": true, "referralRequest": true, "inResponseTo": true, "outcomeReference": true,
	"DiagnosticReport.result": true, "DiagnosticReport.media.link": true, "Composition.section.entry": true, "List.entry.item": true,
	"Task.focus": true, "CarePlan.activity.reference": true, "RequestGroup.action.resource": true, "Encounter.diagnosis.condition": true,
	"EpisodeOfCare.diagnosis.condition": true, "MedicationAdministration.request": true, "Procedure.report": true, "Encounter.appointment": true,
	"DocumentReference.relatesTo.target": true, "Composition.relatesTo.targetReference": true, "ClinicalImpression.investigation.item": true,
	"ClinicalImpression.finding.itemReference": true, "ClinicalImpression.problem": true, "Condition.stage.assessment": true,
	"Procedure.complicationDetail": true, "Immunization.reaction.detail": true, "ImmunizationEvaluation.immunizationEvent": true,
}

func leans(p fhir.Pointer) bool {
	return leaning[p.Element] || leaning[p.Element[strings.LastIndexByte(p.Element, '.')+1:]]
}

// across refuses what names one person and leans on a record of another. What is
// refused is found for all records first, so that their order does not matter.
func (s *Survey) across() {
	refused := map[*node]*Reason{}
	s.each(func(n *node) {
		if !n.ofOne() {
			return
		}
		for _, p := range n.points {
			if p.to < 0 || p.role >= fhir.Names {
				continue
			}
			a := s.resolve(n, p)
			n.elsewhere = n.elsewhere || p.focus && (a.person && a.subject != n.To[0] || a.problem != nil)
			m := n.another(a.nodes)
			switch {
			case m == nil:
			case !p.leans || s.sure(m) || s.sure(n) || s.inFocus(n, p, m):
				n.tell("it refers to " + m.called() + ", which is another patient's")
			default:
				confirm := s.askedBy(n)
				if confirm == n.typ {
					confirm = s.askedBy(m)
				}
				refused[n] = unsure(isItOfNamed, n.To[0], "It belongs to "+m.called()+", which is another patient's").or("if it is", confirm)
			}
		}
	})
	s.strays(refused)
	for n, why := range refused {
		n.refuse(why)
	}
}

// ofOne reports whether a record names one person, and is no Patient itself.
func (n *node) ofOne() bool { return n.state == named && len(n.To) == 1 && n.person == nil }

// called is what a record is called in a sentence, and confirmed by: its name, the one
// that it gets here, or its fullUrl; where it has none of them, its type alone.
func (n *node) called() string {
	return cmp.Or(n.name(), n.nameHere(), n.url, n.typ)
}

// inFocus reports whether a document refers to a record in a section that says, by its
// focus, that what stands there is about somebody else, whose the record is: the child of
// whom its mother's document tells (FHIR R4 § Composition.section.focus).
func (s *Survey) inFocus(n *node, p pointer, m *node) bool {
	if p.section == 0 {
		return false
	}
	a := s.resolve(n, pointer{to: p.section - 1})
	return a.person && a.problem == nil && slices.Equal(m.whose, []stele.Subject{a.subject})
}

// focused are the entries of a document's sections that have a focus, with its reference.
// What stands in a section without one, too, is of the document's subject.
func focused(r *fhir.Resource) map[string]string {
	type reference struct{ Reference string }
	type section struct {
		Focus   reference
		Entry   []reference
		Section []section
	}
	var document struct{ Section []section }
	if r.Type() != "Composition" || json.Unmarshal(r.JSON, &document) != nil {
		return nil
	}
	found, own := map[string]string{}, map[string]bool{}
	var walk func(sections []section, focus string)
	walk = func(sections []section, focus string) {
		for _, s := range sections {
			on := cmp.Or(s.Focus.Reference, focus)
			for _, e := range s.Entry {
				own[e.Reference] = own[e.Reference] || on == "" || found[e.Reference] != "" && found[e.Reference] != on
				found[e.Reference] = on
			}
			walk(s.Section, on)
		}
	}
	walk(document.Section, "")
	maps.DeleteFunc(found, func(entry, _ string) bool { return own[entry] })
	return found
}

// strays refuses what names one person and leans on a record that is not in the files,
// and was delivered into the chart of another.
func (s *Survey) strays(refused map[*node]*Reason) {
	if s.asked.Strays == nil {
		return
	}
	leaning := map[stele.Subject]map[string]bool{}
	s.leansOut(func(n *node, name string) {
		if leaning[n.To[0]] == nil {
			leaning[n.To[0]] = map[string]bool{}
		}
		leaning[n.To[0]][name] = true
	})
	if len(leaning) == 0 {
		return
	}
	strays := s.asked.Strays(leaning)
	s.leansOut(func(n *node, name string) {
		if strays[n.To[0]][name] && refused[n] == nil {
			refused[n] = unsure(isItOfNamed, n.To[0], "It belongs to "+name+", which was delivered into the chart of another patient")
			if n.called() != n.typ {
				refused[n] = refused[n].or("if it is", s.askedBy(n))
			}
		}
	})
}

// leansOut calls f for what names one person, with the name of each record that it leans
// on and that is not in the files.
func (s *Survey) leansOut(f func(n *node, name string)) {
	s.each(func(n *node) {
		if !n.ofOne() || s.sure(n) {
			return
		}
		for _, p := range n.points {
			if p.to < 0 || !p.leans || p.role >= fhir.Names {
				continue
			}
			ref := n.file.targets[p.to].to
			if a := s.resolve(n, p); ref == "" || len(a.nodes) > 0 || a.person {
				continue
			}
			if name := s.hereBy(n, ref); name != "" && !s.isConfirmed(name) {
				f(n, name)
			}
		}
	})
}

// another returns a record of somebody else among those that a reference leads to,
// nil where one of them is of the same person, or of nobody.
func (n *node) another(nodes []*node) (found *node) {
	for _, m := range nodes {
		switch {
		case m == n || m.person != nil || m.state != named || m.typ == "RelatedPerson" || slices.Contains(m.whose, n.To[0]) || len(m.whose) == 0 && !m.strange:
			return nil
		default:
			found = m
		}
	}
	return found
}
