package telling

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// Record is one FHIR resource, read. The zero Record is what is none.
type Record struct{ root view }

// Read decodes one resource; what the fhir room does not take for one is the zero
// Record: it refuses, for one, equal keys, of which two readers could see different
// ones.
func Read(src []byte) Record { return Record{read(src)} }

// Root is the resource as it stands.
func (r Record) Root() fhir.Value { return r.root.v }

// Name is what others that refer to it may call it: a provider, a place, a medicine,
// a device, a finding; "" for what has no name. What was ordered or given without
// one is called by its medicine, which find names.
func (r Record) Name(find func(reference string) (name, kind string)) string {
	root := r.root.quiet()
	return Clean(firstOf(named(root), referred(root.at("medicationReference"), find)))
}

// Retracted reports whether its author marked it as entered in error, in whatever
// element, coding or spelling the mark stands.
func (r Record) Retracted() bool { return retracted(r.root.quiet()) }

// Within are the records that it holds within itself, each read by itself, by the local
// reference that leads to it, "#a1": one, but where two of them have one id.
func (r Record) Within() map[string][]Record {
	out := map[string][]Record{}
	said := make([]bool, len(r.root.said))
	for c := range r.root.v.Member("contained").All() {
		if id := c.Member("id"); c.IsObject() && id.IsText() {
			out["#"+id.Text()] = append(out["#"+id.Text()], Record{view{c, said}})
		}
	}
	return out
}

// Words is equal for records of one source that say the same in every word.
func (r Record) Words() string { return withinKey(r.root) }

// Concept is equal for records about one thing: of one code and text, at one place of
// the body; "" for what is about nothing that has a code.
func (r Record) Concept() string { return conceptOf(r.root.quiet()) }

// Codes are what it is about in systems that are known here, each with its system; of
// an allergy also what it was seen with.
func (r Record) Codes() []string { return codesIn(r.root.quiet()) }

// Reading is what a record is told with.
type Reading struct {
	Kind  stele.Category // of its label, which is what consent was decided on
	Today string         // the day of reading, YYYY-MM-DD; "" where nobody knows it

	// Find returns the name and the type of what a literal reference leads to, "" for
	// nothing; nil finds nothing.
	Find func(reference string) (name, kind string)
}

// Told is what one record says.
type Told struct {
	When   Moment         `json:"when"`
	Kind   stele.Category `json:"kind"`
	Type   string         `json:"type"` // FHIR resource type
	Name   string         `json:"name"`
	Value  string         `json:"value,omitempty"`  // result, dose text, reactions, …
	Range  string         `json:"range,omitempty"`  // reference range as the source gave it
	Mark   string         `json:"mark,omitempty"`   // "↑", "↓" or "!", as the source interprets it
	Note   string         `json:"note,omitempty"`   // what else has to be known
	Status string         `json:"status,omitempty"` // how it stands, in words
	Not    bool           `json:"not,omitempty"`    // it says that something shall not be done or taken; so does Name
	More   bool           `json:"more,omitempty"`   // the record says clinically more than this
	Absent bool           `json:"absent,omitempty"` // it says that nothing is known of its kind

	Stands    Standing `json:"-"`              // how it stands, by what its author says
	Directive bool     `json:"-"`              // it tells a decision about being kept alive, or about blood
	Pregnant  bool     `json:"-"`              // it tells a pregnancy that may still last
	Ended     bool     `json:"-"`              // it tells that a pregnancy came to its end, or a test that there is none
	Asked     bool     `json:"-"`              // it answers whether there is one
	Reckoned  bool     `json:"-"`              // it tells how long a pregnancy lasts, or the last period
	Allergy   bool     `json:"-"`              // it tells an allergy, of whatever type it is
	Warns     bool     `json:"-"`              // it tells a grave event or issue that has to be known
	Critical  bool     `json:"-"`              // its source calls a result, or a part of it, critical
	Measured  bool     `json:"-"`              // a result, or a part of it, is a number
	Judged    bool     `json:"-"`              // its source tells how a result lies in its range
	Found     int      `json:"-"`              // of a test for antibodies against red cells: 1 found, -1 not found
	Another   bool     `json:"-"`              // a finding is about somebody else, or perhaps: see focus.go
	Peril     bool     `json:"-"`              // it tells what may kill under an anaesthetic: see peril.go
	Lasting   bool     `json:"-"`              // a diagnosis that is more than of its visit: an allergy, a decision, a pregnancy, an implant
	Aside     bool     `json:"-"`              // it is about other things, and tells an allergy or a peril in its texts
	Why       string   `json:"-"`              // a note that says why a medicine was ended
	Danger    int      `json:"-"`              // of an allergy or a peril: the greater the worse
	Harms     []string `json:"-"`              // names of what harms
	Held      bool     `json:"held,omitempty"` // it was ordered, taken or forbidden, and is on hold
	Decided   []string `json:"-"`              // sentences that tell a directive, of what is none itself: see decided.go
	Fact      string   `json:"-"`              // equal for records of any sources that state the same fact
	Timeless  bool     `json:"-"`              // a fact that has no day of its own
	Daily     bool     `json:"-"`              // a fact whose time of day says nothing

	Encounter string `json:"-"` // the literal reference to its visit
	Results   []Link `json:"-"` // of a report or panel: its results
	Lists     []Link `json:"-"` // of a document, list or plan: the records it lists
	Contained []Told `json:"-"` // the results that a report holds within itself

	Acts []DeviceAct `json:"-"` // what a procedure did to devices
}

// Link is a reference to a record that tells itself, in the chart or not.
type Link struct {
	Reference string // literal; "" for none
	Words     string // what it is called where it stands; "" for nothing
}

// Tell says what the record says.
func (r Record) Tell(with Reading) Told {
	find := finder(with.Find)
	stands := standingOf(r.root, with.Today)
	t := teller{r: r.root, find: find}
	out := t.told(with.Kind)
	if !out.Another {
		out.Asked, out.Pregnant = pregnancy(out.Type, r.root.quiet(), out.When, with.Today)
	}
	out.stand(stands, r.root, find)
	if !out.Another {
		out.expect(r.root.quiet(), with.Today)
	}
	out.Lasting = out.outlastsItsVisit(r.root.quiet())
	out.actsOn(r.root.quiet(), with.Today)
	out.clean()
	out.state(r.root, find)
	return out
}

// expect finds whether it tells a pregnancy, by a problem or by what was found, or its end.
func (e *Told) expect(r view, today string) {
	e.Pregnant = e.Pregnant || pregnantBy(e, r, today)
	e.Ended = endsPregnancy(e, r)
	e.perhapsPregnant(r, today)
	e.reckon(r, today)
}

// clean makes one harmless line of every text of an entry. Whatever teller made it,
// no text leaves this room for an entry but through here.
func (e *Told) clean() {
	for _, text := range []*string{&e.When.Day, &e.When.End, &e.When.Clock, &e.When.EndClock, &e.When.Zone, &e.When.Element, &e.Type, &e.Name, &e.Value, &e.Range, &e.Mark, &e.Note, &e.Status, &e.Why} {
		*text = Clean(*text)
	}
	for _, list := range [][]string{e.Harms, e.Decided} {
		for i := range list {
			list[i] = Clean(list[i])
		}
	}
	for _, links := range [][]Link{e.Results, e.Lists} {
		for i := range links {
			links[i].Words = Clean(links[i].Words)
		}
	}
	for i := range e.Contained {
		e.Contained[i].clean()
	}
	for i := range e.Acts {
		e.Acts[i].Words, e.Acts[i].Note = Clean(e.Acts[i].Words), Clean(e.Acts[i].Note)
	}
}

// NotToldOut is said of a device that is no longer in use: it may still be in the body.
// So may one whose use is called completed, as the act of putting it in is, without an end.
const NotToldOut = "not told to be out"

// stand says how the record stands.
func (e *Told) stand(s stand, r view, find finder) {
	e.Stands, e.Status = s.is, s.words
	if s.not != "" {
		e.Name, e.Not = s.not+e.Name, true
	}
	if words := absent(e.Type, r); words != "" {
		e.Name, e.Absent, e.Status = words, true, without(e.Status, "active")
	}
	e.Directive = isDirective(*e, r)
	e.calledBy(r)
	if e.Directive && s.is == Happened {
		e.Stands = Holds // what a person decided holds until it is replaced or withdrawn
	}
	if e.Pregnant && s.is == Happened {
		e.Stands = Holds // for as long as it may last
	}
	if s.is == Over && (e.Type == "Device" || e.Type == "DeviceUseStatement" && e.When.End == "" && slices.Contains(codesOf(r.quiet().at("status")), "completed")) {
		e.Stands, e.Status = Unclear, notes(e.Status, NotToldOut)
	}
	if s.is == Holds && e.Type == "DeviceUseStatement" && (strings.Contains(e.Name, InError) || strings.Contains(e.Name, Withdrawn)) {
		e.Stands, e.Status = Unclear, notes(e.Status, "what tells of its device was taken back")
	}
	e.Held = onHold(*e, r)
	e.warn(r, find)
	e.imperils(r, find)
	e.decide(r.quiet(), find)
}

// state finds which fact an entry states, once it is told.
func (e *Told) state(r view, find finder) {
	if e.Fact = noteKey(e, r); e.Fact != "" {
		e.Daily = true
		return
	}
	written := e.When.Element
	if e.Timeless {
		written = ""
	}
	e.Fact = acrossKey(e, r, find, written)
}
