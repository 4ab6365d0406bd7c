package telling

import (
	"slices"
	"strings"
)

// amount says a Quantity (also an Age, Duration, Count, Distance) as written.
// Without a value it says nothing.
func amount(q view) string {
	value := q.at("value").text()
	if value == "" {
		return ""
	}
	text := q.at("comparator").text() + written(value)
	if u := unitOf(q); u == "%" {
		return text + u
	} else if u != "" {
		return text + " " + u
	}
	return text
}

// unitOf says the unit in the source's own words, and its code where there are
// none. Where words and code are two different units, both are said.
func unitOf(q view) string {
	unit, code := q.at("unit").text(), q.at("code").text()
	q.at("system").tell()
	if unit == "" && strings.Trim(code, "0123456789.") == "" {
		return sayCode(q.at("system").raw(), code) // a unit that is a number beside a number
	}
	if unit == "" {
		return sayUnit(code)
	}
	if !oneUnit(q.at("system").raw(), unit, code) {
		return sayUnit(unit) + " (coded as " + sayUnit(code) + ")"
	}
	return sayUnit(unit)
}

// oneUnit reports whether a unit's words and its code are known to be the same, or
// the code is none of UCUM's or has no unit in it.
func oneUnit(system, unit, code string) bool {
	a, b := foldUnit(sayUnit(unit)), foldUnit(sayUnit(code))
	known := plainUnits[strings.ToLower(strings.TrimSpace(unit))]
	switch {
	case code == "" || a == b || system != "" && !isUCUM(system) && plainUnits[strings.ToLower(code)] == "", known != "" && known == plainUnits[strings.ToLower(code)]:
		return true
	case strings.HasPrefix(code, "{") && strings.HasSuffix(code, "}") || strings.Trim(code, "0123456789.") == "":
		return known == "" // "tablets" coded {tablet}
	}
	if slices.Contains(unitWords[code], strings.ToLower(strings.TrimSpace(unit))) {
		return true
	}
	before, rest, open := strings.Cut(code, "{")
	_, after, closed := strings.Cut(rest, "}")
	return open && closed && oneUnit(system, unit, before+after) // UCUM: an annotation changes no unit
}

// isUCUM knows UCUM by its address, however it is written, and by its OID.
func isUCUM(system string) bool {
	return strings.Contains(strings.ToLower(system), "unitsofmeasure.org") || strings.TrimPrefix(system, "urn:oid:") == "2.16.840.1.113883.6.8"
}

// unitWords are other words for a code that are in use.
var unitWords = map[string][]string{
	"/min": {"beats/minute", "beats/min", "bpm", "{beats}/min", "breaths/minute", "breaths/min", "per minute", "per min", "1/min", "beats per minute", "breaths per minute", "/minute"},
	"Cel":  {"c", "celsius", "deg c", "degrees c", "degree celsius", "degrees celsius"}, "[degF]": {"f", "fahrenheit", "deg f", "degrees f", "degrees fahrenheit"},
	"[in_i]": {"inch", "inches"}, "[lb_av]": {"pound", "pounds"}, "[oz_av]": {"ounce", "ounces"}, "[ft_i]": {"ft", "foot", "feet"},
	"cm": {"centimeter", "centimeters", "centimetre", "centimetres"}, "kg": {"kilogram", "kilograms"}, "mL": {"milliliters", "millilitres"}, "L": {"litres", "liters"},
	"mm[Hg]": {"millimeter of mercury", "millimeters of mercury"}, "kg/m2": {"kg/m^2", "kg/sqm"}, "[iU]": {"international unit", "international units", "unit", "units"},
	"[drp]": {"drop", "drops"}, "mL/min/{1.73_m2}": {"ml/min/1.73 m2", "ml/min/1.73m2", "ml/min/1.73 m^2"}, "fL": {"femtoliter"}, "[U]": {"u", "unit", "units"}, "U": {"unit", "units"},
	"mmol/mol{Hb}": {"mmol/mol"}, "[pH]": {"ph"}, "[arb'U]": {"arbitrary unit"}, "[tsp_us]": {"teaspoon", "tsp"}, "[APL'U]": {"apl"},
}

// unitKey is the UCUM code where there is one: sources spell units in words of
// their own.
func unitKey(q view) string {
	if code := q.at("code").raw(); code != "" {
		return code
	}
	return q.at("unit").raw()
}

// foldUnit gives one spelling to units that are only spelled differently. Case
// counts but in units that everybody knows: Mg is not mg.
func foldUnit(u string) string {
	u = strings.TrimSpace(u)
	u = powers.Replace(u)
	var parts []string
	for _, part := range strings.Split(u, "/") {
		part = strings.TrimSpace(part)
		if plain := plainUnits[part]; plain != "" {
			part = plain
		} else if lower := plainUnits[strings.ToLower(part)]; lower != "" && (lower == "L" || strings.HasSuffix(lower, "L") || lower == "°C" || lower == "°F" || lower == "mmHg") {
			part = lower
		}
		parts = append(parts, part)
	}
	u = strings.Join(parts, "/")
	if plain := plainUnits[u]; plain != "" {
		return plain
	}
	return u
}

var powers = strings.NewReplacer("x10^", "10*", "x10*", "10*", "x10E", "10*", "x 10^", "10*", "×10^", "10*", "10^", "10*", "10⁹", "10*9", "10⁶", "10*6", "10¹²", "10*12", "10³", "10*3", "²", "2", "µ", "u", "μ", "u")

// plainUnits are units that must not be taken for one another, by the spellings
// that are in use; equal values mean equal units.
var plainUnits = map[string]string{
	"%": "%", "percent": "%", "kg": "kg", "g": "g", "gram": "g", "grams": "g", "mg": "mg", "milligram": "mg", "milligrams": "mg", "ug": "ug", "µg": "ug", "μg": "ug", "mcg": "ug",
	"microgram": "ug", "micrograms": "ug", "ng": "ng", "pg": "pg", "l": "L", "litre": "L", "liter": "L", "dl": "dL", "ml": "mL", "milliliter": "mL",
	"millilitre": "mL", "ul": "uL", "µl": "uL", "mol": "mol", "mmol": "mmol", "umol": "umol", "µmol": "umol", "nmol": "nmol", "pmol": "pmol",
	"meq": "meq", "[iu]": "IU", "iu": "IU", "mm[hg]": "mmHg", "mmhg": "mmHg", "mm hg": "mmHg", "kpa": "kPa", "m": "m", "cm": "cm", "mm": "mm", "[in_i]": "in",
	"in": "in", "[lb_av]": "lb", "lb": "lb", "lbs": "lb", "[oz_av]": "oz", "oz": "oz", "cel": "°C", "°c": "°C", "degc": "°C", "[degf]": "°F", "degf": "°F", "°f": "°F",
	"mg/dl": "mg/dL", "mmol/l": "mmol/L", "g/dl": "g/dL", "g/l": "g/L", "umol/l": "umol/L", "µmol/l": "umol/L", "nmol/l": "nmol/L", "pmol/l": "pmol/L",
	"mg/l": "mg/L", "ug/l": "ug/L", "µg/l": "ug/L", "ng/ml": "ng/mL", "ng/l": "ng/L", "pg/ml": "pg/mL", "ug/ml": "ug/mL", "miu/l": "mIU/L", "m[iu]/l": "mIU/L",
	"s": "s", "second": "s", "seconds": "s", "min": "min", "minute": "min", "minutes": "min", "h": "h", "hour": "h", "hours": "h", "d": "d", "day": "d",
	"days": "d", "wk": "wk", "week": "wk", "weeks": "wk", "mo": "mo", "month": "mo", "months": "mo", "a": "a", "year": "a", "years": "a", "yr": "a",
}

// spellings are UCUM's spellings of units that everybody writes otherwise. What
// is not here is said as it stands.
var spellings = map[string]string{
	"mm[Hg]": "mmHg", "Cel": "°C", "cel": "°C", "degC": "°C", "[degF]": "°F", "degF": "°F", "kg/m2": "kg/m²", "[lb_av]": "lb", "[in_i]": "in", "[oz_av]": "oz",
	"[iU]": "IU", "[IU]": "IU", "1": "",
}

func sayUnit(u string) string {
	if s, ok := spellings[u]; ok {
		return s
	}
	if inner, ok := strings.CutPrefix(u, "{"); ok && strings.Count(u, "{") == 1 && strings.HasSuffix(u, "}") {
		return strings.TrimSuffix(inner, "}") // UCUM: an annotation alone is the unit one
	}
	return u
}

// sayBounds says two ends: "70–99 mg/dL", "up to 5", "3.5 or more".
func sayBounds(low, high view) string {
	below, above := amount(low), amount(high)
	switch {
	case below != "" && above != "":
		unit := unitOf(low.quiet())
		if same := unitOf(high.quiet()); (unit == same || unit == "" || same == "") && !low.at("comparator").has() {
			below = written(low.at("value").text()) // one unit is enough
			if same == "" && unit != "" {
				above += " " + unit
			}
		}
		if strings.HasPrefix(above, "-") || strings.HasPrefix(below, "-") {
			return below + " to " + above
		}
		return below + "–" + above
	case above != "":
		return "up to " + above
	case below != "":
		return below + " or more"
	}
	return ""
}

// sayRange says a Range.
func sayRange(r view) string { return sayBounds(r.at("low"), r.at("high")) }

// ratio says a Ratio: "1 : 128", "5 mg : 1 mL".
func ratio(r view) string {
	above, below := amount(r.at("numerator")), amount(r.at("denominator"))
	switch {
	case above != "" && below != "":
		return above + " : " + below
	case below != "":
		return noPart + " : " + below
	case above != "" && r.at("denominator").has():
		return above + " : " + noPart
	}
	return above
}

// noPart stands for the part of a ratio that has no number.
const noPart = "(not given)"

// per says a Ratio as so much for each: "8 tablet per day", "5 mg per 1 mL".
func per(r view) string {
	above, below := amount(r.at("numerator")), r.at("denominator")
	if above == "" {
		return ratio(r)
	}
	each := sayDuration(below)
	if isOne(below.at("value").text()) && plainUnits[strings.ToLower(unitKey(below))] != "" {
		each = strings.TrimPrefix(each, below.at("value").text()+" ")
	}
	return notesBy(" per ", above, each)
}

// timeUnits are UCUM's units of time in words.
var timeUnits = map[string]string{"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year", "ms": "millisecond"}

// sayDuration says an amount of time: "5 days", "1.5 hours". A unit in other
// words stays as it is.
func sayDuration(q view) string {
	unit := q.quiet().at("unit").text()
	if unit == "" {
		unit = q.at("code").raw()
	}
	word := timeUnits[unit]
	if word == "" || !q.at("value").has() || unitOf(q.quiet()) != unit {
		return amount(q)
	}
	for _, key := range []string{"unit", "code", "system"} {
		q.at(key).tell()
	}
	value := q.at("value").text()
	return q.at("comparator").text() + written(value) + " " + plural(value, word)
}

func plural(value, word string) string {
	if isOne(value) {
		return word
	}
	return word + "s"
}

// sayDurations says a Range of time: "5–7 days".
func sayDurations(r view) string {
	low, high := r.at("low"), r.at("high")
	if unitKey(low) != unitKey(high) || !low.at("value").has() || !high.at("value").has() {
		return sayRange(r)
	}
	sayDuration(low)
	return written(low.at("value").text()) + "–" + sayDuration(high)
}

// money says a Money.
func money(m view) string {
	return strings.TrimSpace(written(m.at("value").text()) + " " + m.at("currency").text())
}

// sayPeriod says a Period: "1 May 2024–8 May 2024", "from …", "until …".
func sayPeriod(p view) string {
	start, end := sayTime(p.at("start").text()), sayTime(p.at("end").text())
	switch {
	case start != "" && start == end:
		return start
	case start != "" && end != "":
		return start + "–" + end
	}
	return firstOf(labelled("from", start), labelled("until", end))
}
