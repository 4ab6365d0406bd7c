package timeline

import (
	"strings"
)

const loinc = "http://loinc.org"

// observation tells a measurement or a finding.
func observation(e *Entry, r view) {
	e.Name = say(r.at("code"))
	key := []string{same(r.at("code")), same(r.at("bodySite")), same(r.at("method"))}
	if hasCode(r.at("code"), loinc, "85354-9", "55284-4", "35094-2") {
		e.Name = "Blood pressure"
	}
	if systolic, diastolic, ok := bloodPressure(r); ok {
		e.Value = whole(systolic.at("value").text()) + "/" + whole(diastolic.at("value").text()) + " mmHg"
		key = append(key, exact(systolic.at("value").text()), exact(diastolic.at("value").text()))
	} else {
		var more []string
		e.Value, more = components(r)
		key = append(key, more...)
	}
	e.Range = referenceRange(r)
	e.Mark = interpretation(r, r.at("valueQuantity"))
	e.Note = notes(r.at("note", "text").text())
	for _, m := range r.at("hasMember").list() {
		e.results = append(e.results, m.at("reference").raw())
	}
}

// components says a value with its components, and what is missing only where
// nothing is there.
func components(r view) (text string, key []string) {
	value, k := valueOf(r)
	key = append(key, k)
	var parts []string
	absent := ""
	for _, c := range r.at("component").list() {
		v, k := valueOf(c)
		key = append(key, same(c.at("code")), k)
		if strings.HasPrefix(v, noResult) {
			absent = v
			continue
		}
		if mark := interpretation(c, c.at("valueQuantity")); mark != "" {
			v = mark + " " + v
		}
		parts = append(parts, strings.TrimSpace(shorten(say(c.at("code")))+" "+v))
	}
	if len(parts) > 0 && strings.HasPrefix(value, noResult) {
		value = ""
	}
	text = notesBy("; ", value, strings.Join(parts, "; "))
	return firstOf(text, absent), key
}

const noResult = "no result ("

func notesBy(separator string, list ...string) string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, separator)
}

// bloodPressure finds the systolic and diastolic component by LOINC.
func bloodPressure(r view) (systolic, diastolic view, ok bool) {
	components := r.at("component").list()
	if len(components) != 2 {
		return
	}
	for _, c := range components {
		switch {
		case hasCode(c.at("code"), loinc, "8480-6", "96608-5"):
			systolic = c.at("valueQuantity")
		case hasCode(c.at("code"), loinc, "8462-4", "96609-3"):
			diastolic = c.at("valueQuantity")
		}
	}
	return systolic, diastolic, systolic.at("value").has() && diastolic.at("value").has()
}

// valueOf returns value[x] for the screen and as a key that is equal for equal
// values.
func valueOf(r view) (text, key string) {
	switch {
	case r.at("valueQuantity").has():
		return quantity(r.at("valueQuantity"))
	case r.at("valueCodeableConcept").has():
		c := r.at("valueCodeableConcept")
		return say(c), same(c)
	case r.at("valueRange").has():
		low, lowKey := quantity(r.at("valueRange", "low"))
		high, highKey := quantity(r.at("valueRange", "high"))
		return low + "–" + high, lowKey + "–" + highKey
	case r.at("valueRatio").has():
		above, aboveKey := quantity(r.at("valueRatio", "numerator"))
		below, belowKey := quantity(r.at("valueRatio", "denominator"))
		return above + " : " + below, aboveKey + ":" + belowKey
	case r.at("valuePeriod").has():
		text = sayDay(parseMoment(r.at("valuePeriod", "start").raw()).Day) + "–" + sayDay(parseMoment(r.at("valuePeriod", "end").raw()).Day)
		return text, text
	case r.at("valueDateTime").has():
		text = sayDay(parseMoment(r.at("valueDateTime").raw()).Day)
		return text, r.at("valueDateTime").raw()
	case r.at("valueSampledData").has():
		return "(recording)", r.at("valueSampledData", "data").raw()
	case r.at("dataAbsentReason").has():
		text = noResult + strings.ToLower(say(r.at("dataAbsentReason"))) + ")"
		return text, text
	}
	text = r.first("valueString", "valueInteger", "valueBoolean", "valueTime")
	return text, strings.ToLower(text)
}

// quantity returns a Quantity for the screen and as a key.
func quantity(q view) (text, key string) {
	value := q.at("value").text()
	if value == "" {
		return "", ""
	}
	unit := q.first("unit", "code")
	text = q.at("comparator").text() + shown(value)
	if u := sayUnit(unit); u == "%" {
		text += u
	} else if u != "" {
		text += " " + u
	}
	return text, q.at("comparator").raw() + exact(value) + " " + unitKey(q)
}

// unitKey is the UCUM code where there is one: sources spell units in words of
// their own.
func unitKey(q view) string {
	if code := q.at("code").raw(); code != "" {
		return code
	}
	return q.at("unit").raw()
}

// sayUnit writes UCUM the way people do.
func sayUnit(u string) string {
	switch u {
	case "mm[Hg]":
		return "mmHg"
	case "Cel", "degC", "cel":
		return "°C"
	case "[degF]", "degF":
		return "°F"
	case "kg/m2":
		return "kg/m²"
	case "[lb_av]":
		return "lb"
	case "[in_i]":
		return "in"
	case "1", "{nominal}", "{#}":
		return ""
	case "{score}":
		return "points"
	}
	return strings.NewReplacer("{", "", "}", "", "[", "", "]", "", "10*3", "10³", "10*6", "10⁶", "10*9", "10⁹", "uL", "µL", "ug", "µg").Replace(u)
}

// referenceRange returns the first range as its source gave it.
func referenceRange(r view) string {
	for _, g := range r.at("referenceRange").list() {
		low, _ := quantity(g.at("low"))
		high, _ := quantity(g.at("high"))
		if g.at("low", "value").has() && g.at("high", "value").has() {
			low = shown(g.at("low", "value").text()) // one unit is enough
		}
		switch {
		case low != "" && high != "":
			return low + "–" + high
		case high != "":
			return "up to " + high
		case low != "":
			return low + " or more"
		}
		if s := g.at("text").text(); s != "" {
			return s
		}
	}
	return ""
}

// interpretation returns the source's own mark: its interpretation code, else
// its value against its own reference range in the same unit.
func interpretation(r, q view) string {
	for _, i := range r.at("interpretation").list() {
		for _, c := range i.at("coding").list() {
			switch c.at("code").raw() {
			case "H", "HH", "HU", ">":
				return "↑"
			case "L", "LL", "LU", "<":
				return "↓"
			case "A", "AA", "POS", "DET", "R":
				return "!"
			case "N", "NEG", "ND", "S":
				return ""
			}
		}
	}
	value, ok := number(q.at("value").text())
	ranges := r.at("referenceRange").list()
	if !ok || len(ranges) != 1 || q.at("comparator").has() {
		return ""
	}
	low, high := ranges[0].at("low"), ranges[0].at("high")
	if v, ok := number(low.at("value").text()); ok && sameUnit(low, q) && value.Cmp(v) < 0 {
		return "↓"
	}
	if v, ok := number(high.at("value").text()); ok && sameUnit(high, q) && value.Cmp(v) > 0 {
		return "↑"
	}
	return ""
}

// sameUnit lets a range leave its unit out, as many do.
func sameUnit(bound, q view) bool {
	return unitKey(bound) == "" || unitKey(bound) == unitKey(q)
}
