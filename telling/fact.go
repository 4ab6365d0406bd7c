package telling

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele/fhir"
)

// sameness makes the key by which two records state one fact. It is made of all
// that a resource says, less what only says where it is kept and by whom it was
// written, so that an element nobody thought of keeps two facts apart.
//
// There are two keys. Across sources, what differs between two systems that say
// the same is left out: ids, local codes beside known ones, extensions; but the words
// of the line count, so that a line is in the words of all of its sources. Within one
// source everything counts but the record's own id: what one source tells apart is
// two.
type sameness struct {
	b       []byte
	across  bool
	find    finder
	written string          // the element that gave the entry its date
	depth   int             // of contained resources, which may refer to each other
	within  map[string]view // what is contained, by its id; nil until it is asked for
}

// placing says where a record is kept and of whom and when it was told.
const placing = " id meta implicitRules language text identifier subject patient encounter resourceType "

// authorship says who wrote a record, and is left out across sources.
const authorship = " extension contained recordedDate recorded issued dateAsserted recorder asserter performer requester informationSource " +
	"basedOn partOf derivedFrom groupIdentifier instantiatesCanonical instantiatesUri insurance reportOrigin primarySource eventHistory " +
	"statusHistory classHistory serviceProvider custodian authenticator author masterIdentifier resultsInterpreter supportingInformation " +
	"context hospitalization account length performerType priorPrescription reportedBoolean "

// authorshipOf adds what only sorts or staffs the resource in some types.
var authorshipOf = map[string]string{
	"Observation": " category hasMember ", "Condition": " category ", "DiagnosticReport": " category imagingStudy media ",
	"DocumentReference": " category date ", "Encounter": " participant location diagnosis ", "Immunization": " location ",
	"Procedure": " category location ", "MedicationRequest": " category ", "MedicationStatement": " category ",
}

// acrossKey is equal for records of any sources that state the same fact. What
// type it is of counts, and which of its elements its date stands in.
func acrossKey(e *Told, r view, find finder, written string) string {
	r = r.quiet()
	s := sameness{across: true, find: find, written: written}
	s.sameWords(e)
	return s.key(r)
}

// withinKey is equal for records of one source that say the same in every word.
func withinKey(r view) string {
	s := sameness{}
	return s.key(r.quiet())
}

func (s *sameness) key(r view) string {
	kind := r.at("resourceType").raw()
	s.word(kind)
	s.word(s.written)
	s.object(r, s.skips(kind), s.written)
	sum := sha256.Sum256(s.b)
	return hex.EncodeToString(sum[:16])
}

// apart are the types of which an identifier tells two apart that are alike in every
// other word: people of one name, and what was done or given twice.
var apart = set("Practitioner", "PractitionerRole", "RelatedPerson", "Organization", "Location",
	"Immunization", "MedicationAdministration", "MedicationDispense", "Procedure")

func (s *sameness) skips(kind string) string {
	skip := placing
	if apart[kind] && (!s.across || whoTypes[kind]) {
		skip = strings.Replace(skip, " identifier ", " ", 1)
	}
	if !s.across {
		return skip
	}
	return skip + authorship + authorshipOf[kind]
}

func (s *sameness) word(w string) {
	s.b = append(s.b, w...)
	s.b = append(s.b, 0)
}

// object writes members by name, so that their order says nothing; of the one
// that gave the date only the end, as dates are compared elsewhere.
func (s *sameness) object(o view, skip, written string) {
	var members []fhir.Value
	for m := range o.v.All() {
		key := m.Key()
		if m.IsNull() || holdsWord(skip, key) || s.across && (key == "extension" || strings.HasPrefix(key, "_")) {
			continue
		}
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b fhir.Value) int { return strings.Compare(a.Key(), b.Key()) })
	s.b = append(s.b, '{')
	for _, m := range members {
		if key := m.Key(); key != written {
			s.word(key)
			s.value(m)
		} else if end := m.Member("end"); end.Exists() {
			s.word(key)
			s.value(end)
		}
	}
	s.b = append(s.b, '}')
}

func (s *sameness) value(v fhir.Value) {
	switch {
	case v.IsArray():
		s.b = append(s.b, '[')
		for w := range v.All() {
			s.value(w)
		}
		s.b = append(s.b, ']')
	case v.IsObject() && s.across:
		s.dataType(view{v: v})
	case v.IsObject():
		s.object(view{v: v}, "", "")
	case v.IsText():
		s.text(v.Text())
	case v.IsNumber():
		s.word(exact(v.Text()))
	default:
		s.word(v.Text())
	}
}

// text counts without case and outer space; one instant is one, in any zone.
func (s *sameness) text(v string) {
	if len(v) > 18 && v[4] == '-' && v[10] == 'T' {
		if t, ok := instant(v); ok {
			s.word("@" + t.UTC().Format(time.RFC3339Nano))
			return
		}
	}
	if s.across {
		v = strings.ToLower(strings.TrimSpace(v))
	}
	s.word(v)
}

// dataType writes what is the same though its JSON is not.
func (s *sameness) dataType(w view) {
	has := func(key string) bool { return w.at(key).has() }
	switch {
	case has("coding"):
		s.word(conceptKey(w))
	case has("system") && has("code") && !has("value"):
		s.word(w.at("system").raw() + "|" + w.at("code").raw())
	case has("value") && (has("unit") || has("code") || has("comparator")):
		s.word(quantityKey(w))
	case has("reference") || has("display"):
		s.referred(w)
	default:
		s.object(w, "", "")
	}
}

// referred writes what a reference says: its words, what it contains, or the
// name of what it names. Across sources ids say nothing.
func (s *sameness) referred(ref view) {
	if id, local := strings.CutPrefix(ref.at("reference").raw(), "#"); local && id != "" && s.depth == 0 {
		if c, ok := s.contained(ref)[id]; ok {
			s.depth++
			s.object(c, s.skips(c.at("resourceType").raw()), "")
			s.depth--
			return
		}
	}
	s.word(strings.ToLower(referred(ref, s.find)))
}

// contained is what the record of a reference holds within itself, the first of an id: looked
// up one by one, a list of thousands would take minutes.
func (s *sameness) contained(ref view) map[string]view {
	if s.within == nil {
		s.within = map[string]view{}
		for _, c := range (view{v: ref.v.Root()}).at("contained").list() {
			if id := c.at("id").raw(); !s.within[id].has() {
				s.within[id] = c
			}
		}
	}
	return s.within
}

// quantityKey counts the unit's words and its code: 40 micrograms are not 40 mg,
// whatever the code says.
func quantityKey(q view) string {
	unit, code := foldUnit(sayUnit(q.at("unit").raw())), foldUnit(sayUnit(q.at("code").raw()))
	return q.at("comparator").raw() + exact(q.at("value").text()) + " " + firstOf(unit, code) + "|" + firstOf(code, unit)
}

// conceptKey is equal for equal concepts of two sources: all codes in known systems,
// or in any where there is none in those, and the words: its own text, else those of
// its codes. A code with other words is another concept, whatever the system: many use
// a general code and say in the display what they mean, and a code may be wrong.
func conceptKey(c view) string {
	var codes, all, displays, every []string
	for _, coding := range c.at("coding").list() {
		system, code := coding.at("system").raw(), coding.at("code").raw()
		display := strings.ToLower(plain(coding.at("display").text()))
		all, every = append(all, system+"|"+code), append(every, display)
		if code != "" && slices.Contains(systems, system) {
			codes, displays = append(codes, system+"|"+code), append(displays, display)
		}
	}
	if len(codes) == 0 {
		codes, displays = all, every
	}
	if words := strings.ToLower(plain(c.at("text").text())); words != "" {
		displays = []string{words}
	}
	return strings.Join(compact(codes), "|") + "\x01" + strings.Join(compact(displays), "|")
}

// sameWords writes the words of a line, equal for lines that say the same: in other
// case, or with numbers or units that are only written otherwise.
func (s *sameness) sameWords(e *Told) {
	for _, text := range []string{e.Name, e.Value, e.Range, e.Mark, e.Note} {
		for w := range strings.FieldsSeq(text) {
			s.sameWord(strings.ToLower(w))
		}
		s.b = append(s.b, 0)
	}
	for i := range e.Contained {
		s.sameWords(&e.Contained[i])
	}
}

func (s *sameness) sameWord(w string) {
	if u := plainUnits[w]; u != "" {
		w = u
	} else if strings.ContainsAny(w, "/µμ^²") {
		w = foldUnit(w)
	}
	for w != "" {
		n := numberLen(w)
		if n == 0 {
			n = 1 + strings.IndexAny(w[1:]+"0", "0123456789")
			s.b = append(s.b, w[:n]...)
		} else {
			s.b = append(s.b, exact(w[:n])...)
		}
		w = w[n:]
	}
	s.b = append(s.b, ' ')
}

// numberLen is how much of the beginning of a text is a number.
func numberLen(w string) int {
	digits := func(from int) int {
		for from < len(w) && w[from] >= '0' && w[from] <= '9' {
			from++
		}
		return from
	}
	n := digits(0)
	if n == 0 {
		return 0
	}
	if m := digits(min(n+1, len(w))); n < len(w) && w[n] == '.' && m > n+1 {
		n = m
	}
	if n < len(w) && w[n] == 'e' {
		from := n + 1
		if from < len(w) && (w[from] == '-' || w[from] == '+') {
			from++
		}
		if m := digits(from); m > from {
			n = m
		}
	}
	return n
}

// compact sorts a list and takes out doubles and what is empty.
func compact(list []string) []string {
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(s string) bool { return s == "" })
}

// noteKey is the key of a note, "" for what is none: what kind it is and what it
// says. The same note often comes as a report and as a document.
func noteKey(e *Told, r view) string {
	var kind, attachments view
	r = r.quiet()
	switch r.at("resourceType").raw() {
	case "DiagnosticReport":
		kind, attachments = r.at("code"), r.at("presentedForm")
	case "DocumentReference":
		kind, attachments = r.at("type"), r.at("content")
	}
	if !attachments.has() {
		return ""
	}
	s := sameness{across: true}
	s.word("note")
	s.word(conceptKey(kind))
	s.sameWords(e)
	data := false
	for _, a := range attachments.list() {
		if a.at("attachment").has() {
			a = a.at("attachment")
		}
		data = data || a.at("data").raw() != ""
		for _, part := range []string{"contentType", "data", "url", "hash", "title"} {
			s.word(a.at(part).raw())
		}
	}
	if !data {
		return ""
	}
	for _, part := range []string{"conclusion", "description", "conclusionCode", "note", "modifierExtension"} {
		s.word(part)
		s.value(r.at(part).v)
	}
	sum := sha256.Sum256(s.b)
	return "note|" + hex.EncodeToString(sum[:16])
}

// conceptOf is equal for records of one code and text, at one place of the body.
func conceptOf(r view) string {
	for _, place := range []string{"code", "medicationCodeableConcept", "medicationReference", "type", "vaccineCode"} {
		if c := r.at(place); c.has() {
			if c.at("reference").has() {
				return "" // by its name, which others know
			}
			s := sameness{across: true}
			s.value(r.at("bodySite").v)
			return conceptKey(c) + string(s.b)
		}
	}
	return ""
}

// codesIn are the codes of what a record is about, in systems that are known here.
func codesIn(r view) (out []string) {
	places := []view{r.at("code"), r.at("medicationCodeableConcept")}
	for _, reaction := range r.at("reaction").list() {
		places = append(places, reaction.at("substance"))
	}
	for _, c := range places {
		for _, coding := range c.at("coding").list() {
			if system, code := coding.at("system").raw(), coding.at("code").raw(); code != "" && slices.Contains(systems, system) {
				out = append(out, system+"|"+code)
			}
		}
	}
	return out
}
