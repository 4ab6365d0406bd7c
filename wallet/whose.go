package wallet

import (
	"fmt"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// meet finds the subject of a Patient resource and what it is referred to by.
func (im *importing) meet(r *fhir.Resource, fullURL, where string) {
	who := r.Name()
	if r.ID() == "" {
		who = where
	}
	subject, again := im.met[who]
	if !again {
		subject = im.subjectOf(r)
		im.met[who] = subject
	}
	for _, ref := range []string{who, fullURL, where} {
		if ref != "" {
			im.patients[ref] = subject
		}
	}
}

// subjectOf decides whose chart a Patient resource is of: by the link table, or
// the subject that was named. Where the two differ, or a second person turns up
// in a file of one, it is nobody's: a record must never get into another
// person's chart.
func (im *importing) subjectOf(r *fhir.Resource) stele.Subject {
	linked := im.s.linkedTo(r)
	switch named := im.o.Subject; {
	case named.IsZero() || linked == named:
		return linked
	case linked.IsZero() && len(im.met) == 0:
		return named
	}
	return stele.Subject{}
}

// linkedTo returns the one subject that any of a Patient's numbers is linked
// to, or zero.
func (s *Session) linkedTo(r *fhir.Resource) (subject stele.Subject) {
	for _, l := range s.State.Links {
		if !carries(r, l) {
			continue
		}
		if !subject.IsZero() && subject != l.Subject {
			return stele.Subject{} // two patients' numbers on one
		}
		subject = l.Subject
	}
	return subject
}

// carries reports whether a Patient has a link's number, in the link's system
// where it names one.
func carries(r *fhir.Resource, l Link) bool {
	if l.System == "" && r.ID() == l.Number {
		return true
	}
	for i := 0; ; i++ {
		at := fmt.Sprintf("identifier[%d]", i)
		if r.Raw(at) == nil {
			return false
		}
		if r.Path(at+".value") == l.Number && (l.System == "" || r.Path(at+".system") == l.System) {
			return true
		}
	}
}

// sort gives every arrival to a subject. last says that no more will come.
func (im *importing) sort(last bool) {
	kept := im.orphans[:0]
	for _, a := range im.orphans {
		subject, decided := im.owner(a, last)
		switch {
		case !decided:
			kept = append(kept, a)
		case subject.IsZero():
			im.refuse(a.where, []fhir.Issue{{Resource: a.record.Type, Path: a.record.Type, Rule: "link", Text: "its patient is not linked here"}})
		default:
			im.put(subject, a)
		}
	}
	clear(im.orphans[len(kept):])
	im.orphans = kept
}

// owner finds whose an arrival is: zero for nobody's. Undecided, its patient may
// still come by.
func (im *importing) owner(a arrival, last bool) (subject stele.Subject, decided bool) {
	for _, ref := range a.patients {
		if subject, known := im.patients[ref]; known {
			return subject, true
		}
	}
	named := im.o.Subject
	switch {
	case !named.IsZero() && (last || len(a.patients) == 0):
		return named, true // of no patient, or of one who is in another file
	case !last:
		return stele.Subject{}, false
	case len(a.patients) > 0:
		return stele.Subject{}, true
	case len(im.met) == 1: // hospitals, practitioners, medicines go with the only patient
		for _, subject := range im.met {
			return subject, true
		}
	}
	return im.s.Subject(), true // else under the organisation itself
}
