package intake

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// Registering is what a registration desk says of the patient whom a file is to tell of.
type Registering struct {
	File   string // what the file is called, in errors
	System string // one of the organisation's own, this time; "" for none
	Number string // said beside the file; then the file needs none
	ID     string // of the Patient resource, said beside the file
}

// Registered is what a file says of a patient.
type Registered struct {
	Numbers []Number // those that may be linked: of type MR, or of a system of the organisation's own
	Known   Demographics
	ID      string // of the Patient resource, behind its server where that is another's
}

// Register reads the only Patient of a FHIR file, for an enrolment. It fails with
// KindInvalid where the file has none or several, where who it is can't be read, or
// where none of its numbers may be linked and none was said.
func (t *Table) Register(from io.Reader, o Registering) (Registered, error) {
	const op = "read chart"
	patient, base, err := onlyPatient(from, o.File)
	if err != nil {
		return Registered{}, err
	}
	numbers, known, unread := Read(patient)
	if unread != "" { // left out, it would be compared with nothing
		return Registered{}, stele.E(op, stele.KindInvalid, "the Patient of "+o.File+" says who it is in a way that can't be read: "+unread, nil).
			WithHint("mend the file, or say it yourself, without --from: --mrn, --name, --birth-date")
	}
	known.Names = slices.DeleteFunc(known.Names, func(name string) bool { return !Names(name) })
	r := Registered{Known: known, ID: cmp.Or(o.ID, patient.ID())}
	if r.ID != "" && t.Foreign(base) && r.ID == patient.ID() && !OfItself(r.ID) {
		r.ID = base + "/" + patient.Name()
	}
	here := *t
	if o.System != "" {
		here.Own = append(slices.Clone(t.Own), o.System)
	}
	foreign := base != "" && !slices.ContainsFunc(t.Own, func(own string) bool { return SameSystem(own, base) })
	for _, n := range numbers {
		if here.Linkable(n) && !(foreign && n.System == "") { // a number without a system is its server's
			r.Numbers = append(r.Numbers, n)
		}
	}
	if len(r.Numbers) > 0 || o.Number != "" {
		return r, nil
	}
	return Registered{}, here.unlinkable(op, o.File, base, foreign, numbers)
}

// unlinkable says why none of a Patient's numbers may be linked.
func (t *Table) unlinkable(op, file, base string, foreign bool, numbers []Number) error {
	if len(numbers) == 0 {
		return stele.E(op, stele.KindInvalid, "the Patient of "+file+" has no number", nil).WithHint("give --mrn NUMBER")
	}
	if foreign && slices.ContainsFunc(numbers, t.Linkable) {
		return stele.E(op, stele.KindInvalid, "which number is yours? those of "+file+" have no system, and count on "+base+" alone", nil).
			WithHint("if that is your own server: stele patient system add " + Word(base) + "; else give --mrn NUMBER")
	}
	var all []string
	system := ""
	for _, n := range numbers {
		all, system = append(all, n.String()), cmp.Or(system, n.System)
	}
	return stele.E(op, stele.KindInvalid, "which number is yours? none is of the type MR: "+strings.Join(all, ", "), nil).
		WithHint("say once which system is your own: stele patient system add " + cmp.Or(system, "SYSTEM"))
}

// onlyPatient reads the only Patient of a FHIR file, and the base of the server that it
// shows.
func onlyPatient(from io.Reader, name string) (found *fhir.Resource, base string, err error) {
	const op = "read chart"
	reader, survey := fhir.NewReader(from), NewSurvey(&Table{}, Asked{})
	surveyed := survey.File()
	patients, at := 0, 0
	for i := 0; ; i++ {
		entry, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = entry.Err // it may be another Patient
		}
		if err != nil {
			return nil, "", stele.E(op, stele.KindOf(err), name+": "+stele.TextOf(err), err)
		}
		if surveyed.Take(entry); entry.Resource != nil && entry.Resource.Type() == "Patient" {
			found, patients, at = entry.Resource, patients+1, i
		}
	}
	if patients != 1 {
		return nil, "", stele.E(op, stele.KindInvalid, name+" has "+stele.Count(patients, "Patient", "Patients")+", and one is needed", nil)
	}
	surveyed.Around(reader.Around())
	return found, survey.Decide().Origin(0, at).Base, nil
}
