package telling

import (
	"strings"
)

const loinc = "http://loinc.org"

// observation tells a measurement or a finding.
func (t teller) observation(e *Told, r view) {
	e.Name = say(r.at("code"))
	if hasCode(r.at("code"), loinc, "85354-9", "55284-4", "35094-2") && formalName(r.at("code").quiet()) {
		e.Name = "Blood pressure"
	}
	e.Value = t.values(r)
	e.Range = referenceRanges(r)
	sign, words := interpretation(r)
	e.Mark = sign
	e.Critical, e.Judged, e.Found = critical(r.quiet()), judged(r.quiet()), antibodies(r.quiet())
	_, e.Measured = measuredBy(r.quiet())
	for _, c := range r.quiet().at("component").list() {
		_, ok := measuredBy(c)
		e.Measured = e.Measured || ok
	}
	e.Note = notes(e.over(r), words)
	if focus := r.at("focus"); focus.has() { // it is not the patient of whom this is said
		e.ofAnother(r.quiet(), t.find)
		e.Note = notes("of "+firstOf(t.referAll(focus.list()), "something else: "+seeRecord), e.Note)
	}
	e.Results = linksOf(r.at("hasMember").list())
	e.Contained = t.contained(r.at("hasMember").list(), *e)
	if e.Value == "" && words == "" && !r.at("hasMember").has() {
		e.Value = noValue
	}
}

// over says the days over which something was found, where its line does not tell
// them by the clock.
func (e *Told) over(r view) string {
	if e.When.End == "" || e.When.EndClock != "" {
		return ""
	}
	return sayPeriod(r.at(e.When.Element))
}

// noValue stands for the value of a result that has none, or none that can be said: a
// name alone would be read as found.
const noValue = "no value told"

// formalName reports whether a concept has no other words than its code's name.
func formalName(c view) bool {
	text := c.at("text").text()
	for _, coding := range c.at("coding").list() {
		if strings.EqualFold(coding.at("display").text(), text) {
			return true
		}
	}
	return text == "" || strings.EqualFold(text, "blood pressure")
}

// values says the value with its components; two pressures of one form as one.
func (t teller) values(r view) string {
	components := r.at("component").list()
	parts := []string{t.valueOf(r)}
	if pressure := bloodPressure(components); pressure != "" {
		return notesBy("; ", append(parts, pressure)...)
	}
	for _, c := range components {
		sign, words := interpretation(c)
		value := t.valueOf(c)
		if value == "" && words == "" {
			value = noValue
		}
		s := strings.TrimSpace(componentName(c.at("code")) + " " + value)
		if limits := referenceRanges(c); limits != "" {
			s += " (" + limits + ")"
		}
		parts = append(parts, notes(notesBy(" ", sign, s), words))
	}
	return notesBy("; ", parts...)
}

const noResult = "no result ("

// bloodPressure says a systolic and a diastolic component, found by LOINC, as one
// value where both are plain numbers of one unit and nothing else is said of
// either, in their names neither. Anything more is said of each by itself.
func bloodPressure(components []view) string {
	if len(components) != 2 {
		return ""
	}
	var systolic, diastolic view
	for _, c := range components {
		if !plainPressure(c.at("code").quiet()) {
			return ""
		}
		if !only(c, "id", "code", "valueQuantity") || !only(c.at("valueQuantity"), "id", "value", "unit", "system", "code") {
			return ""
		}
		switch {
		case hasCode(c.at("code"), loinc, "8480-6", "96608-5"):
			systolic = c.at("valueQuantity")
		case hasCode(c.at("code"), loinc, "8462-4", "96609-3"):
			diastolic = c.at("valueQuantity")
		}
	}
	unit := unitOf(systolic.quiet())
	if !systolic.at("value").has() || !diastolic.at("value").has() || unit != unitOf(diastolic.quiet()) || unitKey(systolic) != unitKey(diastolic) {
		return ""
	}
	for _, c := range components {
		say(c.at("code"))
		amount(c.at("valueQuantity"))
	}
	text := written(systolic.at("value").text()) + "/" + written(diastolic.at("value").text())
	return strings.TrimSpace(text + " " + unit)
}

// plainPressure reports whether the words of a component say no more than that it is
// one of the two pressures: "standing" or "left arm" has to be told.
func plainPressure(code view) bool {
	words := []string{code.at("text").text()}
	for _, coding := range code.at("coding").list() {
		words = append(words, coding.at("display").text())
	}
	return covers("systolic diastolic blood pressure bp sbp dbp sys dia arterial intravascular procedure finding observable entity", strings.Join(words, " "))
}

// componentName names a component; the two of a blood pressure, which many send
// as bare numbers, by what they are known to be here.
func componentName(code view) string {
	name := shorten(say(code))
	switch {
	case !strings.HasPrefix(name, "LOINC "):
	case hasCode(code, loinc, "8480-6"):
		return "systolic"
	case hasCode(code, loinc, "8462-4"):
		return "diastolic"
	}
	return name
}

// valueOf says value[x], in any of its forms, or why there is none.
func (t teller) valueOf(r view) string {
	text := ""
	for member := range r.v.All() {
		if strings.HasPrefix(member.Key(), "value") {
			text = notes(text, t.value(view{member, r.said}))
		}
	}
	if absent := absentReason(r); absent != "" {
		text = notes(text, noResult+absent+")")
	}
	return text
}

// value says one value; what is a Quantity by its name is one in any shape.
func (t teller) value(w view) string {
	switch w.v.Key() {
	case "valueQuantity":
		return amount(w)
	case "valueString":
		return w.text()
	}
	return t.phrase(w)
}

// absentReason says why there is no value: its own element, or the extension
// that stands in the place of a value.
func absentReason(r view) string {
	if s := strings.ToLower(say(r.at("dataAbsentReason"))); s != "" {
		return s
	}
	for member := range r.v.All() {
		key := strings.TrimPrefix(member.Key(), "_")
		if strings.HasPrefix(key, "value") {
			if s := missing(view{member, r.said}); s != "" {
				return s
			}
		}
	}
	return ""
}

const absentURL = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

// missing says the extension that explains an element without a value.
func missing(w view) string {
	for _, e := range w.at("extension").list() {
		if e.at("url").raw() == absentURL {
			e.at("url").tell()
			return e.at("valueCode").text()
		}
	}
	return ""
}

// contained tells the results that a report holds within itself, each followed by those
// that it lists in turn: an isolate by what it is sensitive to.
func (t teller) contained(refs []view, of Told) []Told {
	if t.inside {
		return nil // who lists them tells them
	}
	t.inside = true
	var out []Told
	told := map[string]bool{}
	var add func(refs []view)
	add = func(refs []view) {
		for _, ref := range refs {
			id := ref.at("reference").raw()
			if told[id] {
				continue
			}
			told[id] = true
			for _, part := range ref.inside() {
				out = append(out, t.part(part, of))
				if !retracted(part) {
					add(part.at("hasMember").list())
				}
			}
		}
	}
	add(refs)
	return out
}

// part tells a resource within another.
func (t teller) part(c view, of Told) Told {
	kind := c.at("resourceType").raw()
	e := Told{When: whenOf(kind, c), Kind: of.Kind, Type: Clean(kind)}
	if e.When.Day == "" {
		e.When = of.When
	}
	if gone := retracted(c); gone || c.v.Member("contained").Exists() { // dom-2: what is contained contains nothing itself
		e.Name, e.More = spaced(e.Type), true
		if gone {
			e.Status = "entered in error"
		}
		return e
	}
	saidByStanding(kind, c)
	stands := standingOf(c, "")
	e.Stands, e.Status = stands.is, stands.words
	t.tell(&e, c)
	t.rest(&e, c)
	e.Results, e.Lists = nil, nil
	if e.Name == "" {
		e.Name = spaced(e.Type)
	}
	return e
}
