package telling

import (
	"math/big"
	"regexp"
	"strings"
)

// writtenRange is a reference range that is only a text: "3.5 - 5.0 mmol/L", "<150",
// "up to 5 mg/L". Bounds are as written; "" for none.
type writtenRange struct {
	low, high, unit string
	open            bool // the bound itself is outside: "<150"
}

// one reports whether it has one bound only.
func (w writtenRange) one() bool { return w.low == "" || w.high == "" }

var (
	twoBounds = regexp.MustCompile(`(?i)^([0-9]+(?:\.[0-9]+)?)\s*(?:-|–|—|to)\s*([0-9]+(?:\.[0-9]+)?)` + afterBound)
	oneBound  = regexp.MustCompile(`(?i)^(<=|>=|<|>|≤|≥|up to|at most|at least|less than|more than|greater than)\s*([0-9]+(?:\.[0-9]+)?)` + afterBound)
)

// afterBound is a unit, one word, or nothing.
const afterBound = `(?:\s+(\S+)|([^0-9\s.,]\S*))?$`

// textRange reads a range that is written in full and says nothing more: a text with
// any other word may say when it does not hold.
func textRange(text string) (writtenRange, bool) {
	text = strings.Trim(strings.TrimSpace(text), "()[] ")
	if m := twoBounds.FindStringSubmatch(text); m != nil {
		return writtenRange{low: m[1], high: m[2], unit: m[3] + m[4]}, true
	}
	m := oneBound.FindStringSubmatch(text)
	if m == nil {
		return writtenRange{}, false
	}
	out := writtenRange{unit: m[3] + m[4]}
	switch strings.ToLower(m[1]) {
	case "<", "less than":
		out.high, out.open = m[2], true
	case "<=", "≤", "up to", "at most":
		out.high = m[2]
	case ">", "more than", "greater than":
		out.low, out.open = m[2], true
	default:
		out.low = m[2]
	}
	return out, true
}

// outOfText compares a value with a range that is only a text, where both have one
// unit, or neither has any.
func outOfText(text string, q measured) string {
	t, ok := textRange(text)
	units := []string{foldUnit(sayUnit(q.unit)), foldUnit(sayUnit(q.code))}
	if !ok || foldUnit(sayUnit(t.unit)) != units[0] && foldUnit(sayUnit(t.unit)) != units[1] || t.unit == "" && units[0]+units[1] != "" {
		return ""
	}
	value, comparator := q.value, q.comparator
	if low, ok := number(t.low); ok && (comparator == "" || strings.HasPrefix(comparator, "<")) {
		if c := value.Cmp(low); c < 0 || c == 0 && (t.open || comparator == "<") {
			return "↓"
		}
	}
	if high, ok := number(t.high); ok && (comparator == "" || strings.HasPrefix(comparator, ">")) {
		if c := value.Cmp(high); c > 0 || c == 0 && (t.open || comparator == ">") {
			return "↑"
		}
	}
	return ""
}

// measured is a value that can be compared: a Quantity, or a number in another form.
type measured struct {
	value                  *big.Rat
	comparator, unit, code string
}

var aNumber = regexp.MustCompile(`^(<=|>=|<|>)?\s*([0-9]+(?:\.[0-9]+)?)` + afterBound)

// measuredBy reads the value of a result: many send numbers as texts, "118 mmol/L".
func measuredBy(r view) (measured, bool) {
	if q := r.at("valueQuantity"); q.has() {
		value, ok := number(q.at("value").text())
		return measured{value, q.at("comparator").text(), q.at("unit").raw(), q.at("code").raw()}, ok
	}
	if n := r.at("valueInteger").text(); n != "" {
		value, ok := number(n)
		return measured{value: value}, ok
	}
	m := aNumber.FindStringSubmatch(strings.TrimSpace(r.at("valueString").text()))
	if m == nil {
		return measured{}, false
	}
	value, ok := number(m[2])
	return measured{value: value, comparator: m[1], unit: m[3] + m[4]}, ok
}
