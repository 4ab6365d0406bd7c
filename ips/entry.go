package ips

import (
	"bytes"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// unknown stands for what the guide requires and a record lacks.
const unknown = `{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}`

// links says where the references of an entry lead in the document, "" for nowhere.
type links func(from *record, ref string) string

func (m *maker) links() links {
	urls := map[*record]bool{}
	for _, r := range m.chosen {
		urls[r] = true
	}
	return func(from *record, ref string) string {
		r := m.find(from, ref)
		switch {
		case r == nil:
		case r.res.Type() == "Patient":
			return m.patientURL()
		case urls[r]:
			return r.url
		}
		return ""
	}
}

// patientURL is the fullUrl of the one person of the document.
func (m *maker) patientURL() string {
	if m.patient != nil {
		return m.patient.url
	}
	return urlOf(stele.ID{}) // of nobody's record
}

// entry writes a record as an entry: with references that lead within the document, and
// with what the guide requires of it.
func (m *maker) entry(r *record, to links) []byte {
	patients := map[string]bool{} // references to whom the record is of
	for _, p := range r.res.Pointers() {
		if found := m.find(r, p.To); p.Role == fhir.Names && p.To != "" && (p.Type == "" && found == nil || p.Type == "Patient") {
			patients[p.To] = true
		}
	}
	w := rewriter{to: func(ref string) string {
		if patients[ref] {
			return m.patientURL()
		}
		return to(r, ref)
	}}
	w.value(r.res.Root())
	return m.complete(w.Bytes())
}

// rewriter writes JSON again with other references.
type rewriter struct {
	bytes.Buffer
	to func(ref string) string
}

func (w *rewriter) value(v fhir.Value) {
	switch {
	case v.IsObject():
		w.object(v)
	case v.IsArray():
		w.WriteByte('[')
		first := true
		for item := range v.All() {
			w.comma(&first)
			w.value(item)
		}
		w.WriteByte(']')
	default:
		w.Write(v.JSON())
	}
}

func (w *rewriter) comma(first *bool) {
	if !*first {
		w.WriteByte(',')
	}
	*first = false
}

func (w *rewriter) object(v fhir.Value) {
	w.WriteByte('{')
	first := true
	for member := range v.All() {
		ref := member.Text()
		leads := member.Key() == "reference" && member.IsText() && !strings.HasPrefix(ref, "#")
		if leads && w.to(ref) == "" && v.Member("identifier").Exists() { // which says it better
			continue
		}
		w.comma(&first)
		if leads {
			w.reference(ref)
			continue
		}
		w.Write(quoted(member.Key()))
		w.WriteByte(':')
		w.value(member)
	}
	w.WriteByte('}')
}

// reference writes the reference of an object anew. One that leads to nothing here becomes
// a logical one, as its text may help whoever has the chart.
func (w *rewriter) reference(ref string) {
	if to := w.to(ref); to != "" {
		w.WriteString(`"reference":"` + to + `"`)
		return
	}
	w.WriteString(`"identifier":{"value":`)
	w.Write(quoted(ref))
	w.WriteByte('}')
}

func quoted(s string) []byte {
	return compact(s)
}

// complete gives a resource what its profile requires of it and it lacks: the person,
// where it names one by a number only, and that something is not known.
func (m *maker) complete(resource []byte) []byte {
	r, err := fhir.Parse(resource)
	if err != nil {
		return resource
	}
	c := &checking{rules: table()}
	at := place{r.Root(), r.Type()}
	p := c.profileOf(at)
	if p == nil {
		return resource
	}
	for _, e := range p.elements {
		if e.min == 0 {
			continue
		}
		switch {
		case e.name == "reference" && !strings.Contains(e.parent, "."):
			resource = m.person(resource, at.member(e.parent), p)
		case e.parent == "" && len(at.members(e.name)) == 0 && e.name != "subject" && e.name != "patient":
			resource = with(resource, absent(e, p))
		}
	}
	return resource
}

// person gives a resource its patient where it has none, or none but a number.
func (m *maker) person(resource []byte, at place, p *profile) []byte {
	about := slices.ContainsFunc(p.elements, func(e elementRule) bool {
		return p.typ+"."+e.name == at.path && slices.Contains(e.targets, "Patient")
	})
	name := strings.TrimPrefix(at.path, p.typ+".")
	switch typ := at.Member("type").Text(); {
	case !about || at.Member("reference").Exists() || typ != "" && typ != "Patient":
		return resource
	case !at.Exists():
		return with(resource, `"`+name+`":{"reference":"`+m.patientURL()+`"}`)
	}
	old := append(quoted(name), ':')
	old = append(old, at.JSON()...)
	given := append([]byte(`"`+name+`":`), with(at.JSON(), `"reference":"`+m.patientURL()+`"`)...)
	return bytes.Replace(resource, old, given, 1)
}

// absent is a member of a resource that says of an element that it is not known.
func absent(e elementRule, p *profile) string {
	name, value := e.name, unknown
	if stem, choice := strings.CutSuffix(name, "[x]"); choice {
		name = "_" + stem + "DateTime"
	} else if name == "birthDate" || p.typ == "Organization" {
		name = "_" + name
	}
	if p.typ == "Patient" && name == "name" {
		value = `{"_text":` + unknown + `}`
	}
	if e.max < 0 {
		value = "[" + value + "]"
	}
	return `"` + name + `":` + value
}

// with adds a member to an object.
func with(object []byte, member string) []byte {
	out := append(slices.Clone(object[:len(object)-1]), ',')
	if len(bytes.TrimSpace(object)) == 2 {
		out = out[:len(out)-1]
	}
	return append(append(out, member...), '}')
}

// whoIs is the Patient of the document: of the record only what identifies and reaches the
// person, so marked (SUBSETTED); no number, no address, no picture.
func (m *maker) whoIs(to links) []byte {
	if m.patient == nil {
		return m.complete([]byte(`{"resourceType":"Patient"}`))
	}
	var b bytes.Buffer
	b.WriteString(`{"resourceType":"Patient","meta":{"tag":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}]}`)
	w := rewriter{to: func(ref string) string { return to(m.patient, ref) }}
	for v := range m.patient.res.Root().All() {
		if !slices.Contains(identifying, strings.TrimPrefix(v.Key(), "_")) {
			continue
		}
		w.Reset()
		w.value(v)
		b.WriteByte(',')
		b.Write(quoted(v.Key()))
		b.WriteByte(':')
		b.Write(w.Bytes())
	}
	b.WriteByte('}')
	if who := m.complete(b.Bytes()); keeps(who) {
		return who
	}
	return m.complete([]byte(`{"resourceType":"Patient"}`))
}

var identifying = []string{"active", "name", "gender", "birthDate", "deceasedBoolean", "deceasedDateTime", "contact", "communication"}
