package telling_test

import (
	"fmt"
	"strings"
	"testing"
)

// UCUM is known by whatever address it has; a unit of another system that is known
// here contradicts as well.
func TestR39AUnitCodedAsAnotherIsToldInWhateverSystem(t *testing.T) {
	for system, told := range map[string]bool{
		"": true, "http://unitsofmeasure.org": true, "http://unitsofmeasure.org/": true, "https://unitsofmeasure.org": true, "http://www.unitsofmeasure.org": true,
		"HTTP://UnitsOfMeasure.org": true, "urn:oid:2.16.840.1.113883.6.8": true, "2.16.840.1.113883.6.8": true, "http://lab.example/units": true,
	} {
		got := line(t, observed(`"valueQuantity":{"value":5,"unit":"mg","code":"ug","system":"`+system+`"}`))
		if strings.Contains(got, "5 mg (coded as ug)") != told {
			t.Errorf("%s: %s", system, got)
		}
	}
	if got := line(t, observed(`"valueQuantity":{"value":5,"unit":"mg","code":"258684004","system":"http://snomed.info/sct"}`)); got != "X 5 mg" {
		t.Error(got)
	}
}

// Half a ratio is told as half a ratio.
func TestR39HalfARatioIsNoRatio(t *testing.T) {
	for ratio, want := range map[string]string{
		`"denominator":{"value":128}`:                                           "X: (not given) : 128",
		`"numerator":{"unit":"mg"},"denominator":{"value":128}`:                 "X: (not given) : 128 · numerator unit mg",
		`"numerator":{"value":5,"unit":"mg"},"denominator":{"unit":"mL"}`:       "X 5 mg : (not given) · denominator unit mL",
		`"numerator":{"value":1},"denominator":{"value":128}`:                   "X 1 : 128",
		`"numerator":{"value":1},"denominator":{"value":128,"comparator":">="}`: "X 1 : >=128",
	} {
		if got := line(t, observed(`"valueRatio":{`+ratio+`}`)); got != want {
			t.Errorf("%s: %q, want %q", ratio, got, want)
		}
	}
}

// Two pressures are one value only where their names say nothing of their own.
func TestR39TheNamesOfTwoPressuresAreTold(t *testing.T) {
	for _, c := range []struct{ systolic, diastolic, want string }{
		{``, ``, "X 120/80 mmHg"},
		{`,"text":"Systolic blood pressure"`, `,"text":"Diastolic BP"`, "X 120/80 mmHg"},
		{`,"text":"standing"`, `,"text":"lying"`, "standing 120 mmHg; lying 80 mmHg"},
		{`,"text":"Systolic, left arm"`, ``, "Systolic, left arm 120 mmHg"},
		{``, `,"text":"Diastolic 24 h mean"`, "Diastolic 24 h mean 80 mmHg"},
	} {
		part := func(code, words string, value int) string {
			return fmt.Sprintf(`{"code":{"coding":[{"system":"http://loinc.org","code":"%s"}]%s},"valueQuantity":{"value":%d,"unit":"mmHg"}}`, code, words, value)
		}
		got := line(t, observed(`"component":[`+part("8480-6", c.systolic, 120)+`,`+part("8462-4", c.diastolic, 80)+`]`))
		if !strings.Contains(got, c.want) {
			t.Errorf("%s and %s: %q, want %q", c.systolic, c.diastolic, got, c.want)
		}
	}
	display := `{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6","display":"Systolic blood pressure--standing"}]},"valueQuantity":{"value":120,"unit":"mmHg"}},{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":80,"unit":"mmHg"}}`
	if got := line(t, observed(`"component":[`+display+`]`)); !strings.Contains(got, "standing") {
		t.Error(got)
	}
}
