package intake

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

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
	refused := map[*node]string{}
	s.each(func(n *node) {
		if n.state != named || len(n.To) != 1 || n.person != nil {
			return
		}
		for _, p := range n.points {
			if p.to < 0 || p.role >= fhir.Names {
				continue
			}
			a := s.resolve(n, p)
			n.elsewhere = n.elsewhere || p.focus && (a.person && a.subject != n.To[0] || a.problem != "")
			m := n.another(a.nodes)
			switch {
			case m == nil:
			case !p.leans || slices.Contains(s.asked.Same, m.name()) || n.id != "" && slices.Contains(s.asked.Same, n.name()):
				n.tell("it refers to " + m.name() + ", which is another patient's")
			default:
				confirm := n.name()
				if confirm == "" {
					confirm = m.name()
				}
				refused[n] = fmt.Sprintf("is it of the patient it names? It belongs to %s, which is another patient's; if it is: --confirm %s", m.name(), confirm)
			}
		}
	})
	for n, why := range refused {
		n.refuse(why)
	}
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

// moved refuses the older versions of a record of which a newer one in the files
// names another patient; and both where nothing says which is the newer.
func (s *Survey) moved() {
	type called struct{ server, name string }
	all := map[called][]*node{}
	s.each(func(n *node) {
		if n.state != named || len(n.To) != 1 || n.person != nil || n.id == "" || n.settled != "" && n.was == "" {
			return
		}
		server := fmt.Sprint("server ", n.server)
		if n.server == 0 { // not known: two files may be of two
			server = fmt.Sprint(n.file.number, " ", n.bundle)
		}
		key := called{server, n.name()}
		all[key] = append(all[key], n)
	})
	refused := map[*node]string{}
	for _, versions := range all {
		for _, n := range versions {
			for _, m := range versions {
				if n.To[0] == m.To[0] {
					continue
				}
				switch newer, told := n.newer(m); {
				case !told:
					refused[n] = "there are two of this id, and they name different patients: " + n.name()
				case !newer:
					refused[n] = "a newer version of it names another patient"
				}
			}
		}
	}
	for n, why := range refused {
		n.refuse(why)
	}
}

// Placed calls f for each record that goes to one person by a name, which it has in
// a chart, too.
func (p *Plan) Placed(f func(name string, to stele.Subject)) {
	p.survey.each(func(n *node) {
		id := cmp.Or(n.settled, n.id)
		if len(n.To) == 1 && id != "" && !fhir.Shared(n.typ) {
			f(n.typ+"/"+id, n.To[0])
		}
	})
}

// newer reports whether a record is a newer version than another of its name: by
// number, else by time, else by its place in a history, which begins with the newest.
// told is false where nothing says so.
func (n *node) newer(m *node) (newer, told bool) {
	a, okA := fhir.ParseVersionNumber(n.version)
	b, okB := fhir.ParseVersionNumber(m.version)
	if okA && okB && a != b {
		return a.Compare(b) > 0, true
	}
	at, errA := time.Parse(time.RFC3339, n.updated)
	bt, errB := time.Parse(time.RFC3339, m.updated)
	if errA == nil && errB == nil && !at.Equal(bt) {
		return at.After(bt), true
	}
	return n.index < m.index, n.kind == "history" && n.file == m.file && n.bundle == m.bundle
}
