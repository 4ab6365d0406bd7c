package telling

import (
	"slices"
	"strings"
)

// meanings are the words for HL7's codes of v3-ObservationInterpretation and
// v2-0078, for sources that send the code alone.
var meanings = map[string]string{
	"H": "high", "HH": "critically high", "HU": "significantly high", "HX": "above high threshold", ">": "off scale high",
	"L": "low", "LL": "critically low", "LU": "significantly low", "LX": "below low threshold", "<": "off scale low",
	"A": "abnormal", "AA": "critically abnormal", "N": "normal", "EX": "outside threshold",
	"POS": "positive", "NEG": "negative", "DET": "detected", "ND": "not detected", "IND": "indeterminate", "E": "equivocal",
	"RR": "reactive", "NR": "not reactive", "WR": "weakly reactive", "EXP": "expected", "UNE": "unexpected", "IE": "insufficient evidence",
	"S": "susceptible", "I": "intermediate", "R": "resistant", "SDD": "susceptible, dose dependent", "NS": "not susceptible",
	"MS": "moderately susceptible", "VS": "very susceptible", "SYN-S": "synergy, susceptible", "SYN-R": "synergy, resistant", "NCL": "no breakpoint defined",
	"B": "better", "W": "worse", "U": "significant change up", "D": "significant change down", "CAR": "carrier",
	"QCF": "quality control failure", "TOX": "cytotoxic substance present", "HM": "hold for medical review", "OBX": "interpretation qualifiers in separate segments",
}

// signs are set before a result: what the source's own code says, and nothing
// for codes that are neither high, low nor abnormal.
var signs = map[string]string{
	"H": "↑", "HX": "↑", ">": "↑", "HH": "↑↑", "HU": "↑↑", "L": "↓", "LX": "↓", "<": "↓", "LL": "↓↓", "LU": "↓↓", "A": "!", "AA": "!!",
}

// interpretationSystems are the names of HL7's two systems of these codes. A code
// without a system is taken as said; a code of another system is only words.
var interpretationSystems = map[string]bool{
	"": true, "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation": true, "http://terminology.hl7.org/CodeSystem/v2-0078": true,
	"http://hl7.org/fhir/v3/ObservationInterpretation": true, "http://hl7.org/fhir/v2/0078": true,
	"urn:oid:2.16.840.1.113883.5.83": true, "urn:oid:2.16.840.1.113883.12.78": true,
}

// judging are the codes that say where a result lies in its range. The others say
// something else, as that it changed, and leave that to the range.
const judging = " H HH HU HX > L LL LU LX < A AA N EX "

// interpretation says what the source thinks of a result: all of its codes and
// texts, and the sign of the most severe. Where none of them says how the result
// lies in its range, the sign is drawn from the source's own range; see outOfRange.
// Where one of them says otherwise than that range, both are told.
func interpretation(r view) (sign, words string) {
	var said []string
	judged := false
	for _, c := range r.at("interpretation").list() {
		text, s, j := interpreted(c)
		said = append(said, text)
		sign, judged = severer(sign, s), judged || j
	}
	drawn := outOfRange(r.quiet())
	switch {
	case !judged:
		sign = drawn
	case drawn == "↑" && (sign == "" || strings.Contains(sign, "↓")):
		sign, said = "!", append(said, "yet above its range")
	case drawn == "↓" && (sign == "" || strings.Contains(sign, "↑")):
		sign, said = "!", append(said, "yet below its range")
	}
	return sign, notes(said...)
}

// codeOfWords returns the code that words stand for when they are all that is said:
// "Critically high", "low", "within normal limits".
func codeOfWords(s string) string {
	s = strings.Join(wordsOf(s), " ")
	switch s {
	case "critical high", "panic high", "high critical", "high panic":
		return "HH"
	case "critical low", "panic low", "low critical", "low panic":
		return "LL"
	case "above normal", "above range", "above reference range", "elevated":
		return "H"
	case "below normal", "below range", "below reference range", "decreased":
		return "L"
	case "critical", "panic", "critical value", "panic value":
		return "AA"
	case "within normal limits", "within range", "in range", "within reference range":
		return "N"
	}
	for _, code := range []string{"HH", "HU", "HX", "H", "LL", "LU", "LX", "L", "AA", "A", "N"} {
		if s == meanings[code] {
			return code
		}
	}
	return ""
}

// severer returns the sign that must not be missed: a critical one, then one with
// a direction. Up and down together are only out of range.
func severer(a, b string) string {
	grave := func(s string) int { return len([]rune(s)) }
	switch {
	case a == b || grave(b) < grave(a):
		return a
	case grave(a) < grave(b) || strings.HasPrefix(a, "!"):
		return b
	case strings.HasPrefix(b, "!"):
		return a
	}
	return strings.Repeat("!", grave(a))
}

// interpreted says one interpretation, "critically high (HH)", "Low", by the most
// severe of its codes. Words alone, and those of codes that are not HL7's, count
// where they say nothing but high, low or normal. judged tells whether it says how
// the result lies in its range.
func interpreted(c view) (words, sign string, judged bool) {
	code, name := "", ""
	codings := c.at("coding").list()
	for _, coding := range codings {
		quiet := coding.quiet()
		s := quiet.at("code").text()
		if s == "" || !interpretationSystems[coding.at("system").raw()] {
			continue
		}
		if all := severer(sign, signs[s]); code == "" || all != sign {
			code, name, sign = s, firstOf(quiet.at("display").text(), meanings[s]), all
		}
		judged = judged || holdsWord(judging, s)
	}
	for _, text := range append([]view{c.quiet().at("text")}, displays(codings)...) {
		if s := codeOfWords(text.text()); s != "" {
			sign, judged = severer(sign, signs[s]), true
		}
	}
	words = firstOf(c.at("text").text(), name, c.quiet().at("coding", "display").text())
	if words == "" && code == "" && len(codings) > 0 {
		words = sayCode(codings[0].at("system").raw(), codings[0].quiet().at("code").text())
	}
	for _, coding := range codings {
		display, s := coding.quiet().at("display").text(), coding.at("code").raw()
		if s == code && !unlike(words, display) || code == "" && (len(codings) == 1 || display == words) {
			coding.tellAs(firstOf(words, code))
		}
	}
	if words == "" {
		return code, sign, judged
	}
	if code != "" && !strings.EqualFold(code, words) {
		words += " (" + code + ")"
	}
	return words, sign, judged
}

// displays are the words of codings, quietly.
func displays(codings []view) (out []view) {
	for _, coding := range codings {
		out = append(out, coding.quiet().at("display"))
	}
	return out
}

// outOfRange compares a value with the source's reference range, where there is
// one that is for everybody, in the same unit, and of the normal kind. A value
// that is only said to be above or below a number is drawn where that is certain.
func outOfRange(r view) string {
	q, ok := measuredBy(r)
	g, one := rangeOfAll(r)
	if !ok || !one {
		return ""
	}
	low, high := g.at("low"), g.at("high")
	if !low.has() && !high.has() {
		return outOfText(g.at("text").text(), q)
	}
	if low.at("comparator").has() || high.at("comparator").has() || !restates(low, high, g.at("text").text()) {
		return "" // the text may say when the range does not hold
	}
	value, comparator := q.value, q.comparator
	under := comparator == "" || comparator == "<" || comparator == "<="
	over := comparator == "" || comparator == ">" || comparator == ">="
	if v, ok := number(low.at("value").text()); ok && under && sameUnit(low, q) && (value.Cmp(v) < 0 || value.Cmp(v) == 0 && comparator == "<") {
		return "↓"
	}
	if v, ok := number(high.at("value").text()); ok && over && sameUnit(high, q) && (value.Cmp(v) > 0 || value.Cmp(v) == 0 && comparator == ">") {
		return "↑"
	}
	return ""
}

// rangeOfAll is the source's reference range, where there is one, for everybody and of the
// normal kind.
func rangeOfAll(r view) (g view, one bool) {
	ranges := r.at("referenceRange").list()
	if len(ranges) != 1 {
		return view{}, false
	}
	g = ranges[0]
	return g, !g.at("appliesTo").has() && !g.at("age").has() && !g.at("modifierExtension").has() && (!g.at("type").has() || isNormal(g))
}

// inRange reports whether a value certainly lies within the source's own range.
func inRange(r view) bool {
	q, ok := measuredBy(r)
	g, one := rangeOfAll(r)
	low, high := g.at("low"), g.at("high")
	if !ok || !one || q.comparator != "" || outOfRange(r) != "" || !low.has() && !high.has() || !restates(low, high, g.at("text").text()) {
		return false
	}
	return !slices.ContainsFunc([]view{low, high}, func(b view) bool { return b.has() && (b.at("comparator").has() || !sameUnit(b, q)) })
}

// restates reports whether the text of a range says only its bounds, in whatever
// form: "2.0 - 3.0", "135 to 145 mmol/L".
func restates(low, high view, text string) bool {
	words := sayBounds(low, high)
	if covers(words, text) {
		return true
	}
	if t, ok := textRange(text); ok && t.one() && (t.low == "") == !low.at("value").has() && (t.high == "") == !high.at("value").has() {
		q := low
		if t.low == "" {
			q = high
		}
		return exact(t.low+t.high) == exact(q.at("value").text()) && (t.unit == "" || slices.Contains([]string{foldUnit(unitOf(q)), foldUnit(q.at("code").raw())}, foldUnit(t.unit)))
	}
	text = strings.ToLower(text)
	for _, q := range []view{high, low} {
		for _, unit := range []string{q.at("unit").text(), q.at("code").raw()} {
			if unit != "" {
				text = strings.ReplaceAll(text, strings.ToLower(unit), " ")
			}
		}
	}
	text = strings.NewReplacer("to", " ", "–", " ", " - ", " ", "(", " ", ")", " ", "[", " ", "]", " ").Replace(text)
	var want []string
	for _, q := range []view{low, high} {
		if q.at("value").has() {
			want = append(want, exact(q.at("value").text()))
		}
	}
	got := strings.Fields(text)
	if len(got) == 1 && len(want) == 2 {
		got = strings.SplitN(got[0], "-", 2) // "2.0-3.0"
	}
	for i := range got {
		got[i] = exact(got[i])
	}
	return len(want) == 2 && slices.Equal(got, want)
}

func isNormal(g view) bool {
	kind := say(g.at("type").quiet())
	return strings.HasPrefix(strings.ToLower(kind), "normal") || g.at("type", "coding", "code").raw() == "normal"
}

// sameUnit holds where both have one unit, in words and in code, or both have
// none: a bound in another unit, or in none that is said, proves nothing.
func sameUnit(bound view, q measured) bool {
	fold := func(u string) string {
		if strings.HasPrefix(u, "{") && strings.HasSuffix(u, "}") || u == "1" {
			return "" // UCUM: an annotation alone is the unit one
		}
		return foldUnit(u)
	}
	unit, code := fold(bound.at("unit").raw()), fold(bound.at("code").raw())
	unit2, code2 := fold(q.unit), fold(q.code)
	if unit != "" && unit2 != "" && unit != unit2 || code != "" && code2 != "" && code != code2 {
		return false
	}
	return firstOf(code, unit) == firstOf(code2, unit2) || unit == unit2 && unit != ""
}

// referenceRanges says every range as its source gave it, and for whom.
func referenceRanges(r view) string {
	var out []string
	for _, g := range r.at("referenceRange").list() {
		limits := sayBounds(g.at("low"), g.at("high"))
		if text := g.quiet().at("text").text(); limits == "" || !covers(limits, text) {
			limits = notes(limits, g.at("text").text())
		} else {
			g.at("text").tell()
		}
		kind := say(g.at("type"))
		if isNormal(g) {
			kind = ""
		}
		age := ""
		if g.at("age").has() {
			age = labelled("age", sayDurations(g.at("age")))
		}
		if s := notesBy(": ", notes(kind, sayAll(g.at("appliesTo").list()), age), limits); s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, "; ")
}

// covers reports whether a text says nothing that words do not.
func covers(words, text string) bool {
	if strings.ContainsAny(text, "<>≤≥") {
		return false
	}
	has := map[string]bool{}
	for _, w := range wordsOf(words) {
		has[w] = true
	}
	for _, w := range wordsOf(text) {
		if !has[w] {
			return false
		}
	}
	return true
}
