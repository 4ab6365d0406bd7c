package timeline_test

import (
	"testing"
	"time"

	. "github.com/stele-health/stele/timeline"
)

// A diagnosis of one visit without a clinical status stands on its day, but what by its kind
// outlasts a visit may be so.
func TestR38AVisitsDiagnosisThatLastsMayBeSo(t *testing.T) {
	visit := func(day, code string) string {
		return `{"resourceType":"Condition","category":[{"coding":[{"code":"encounter-diagnosis"}]}],"recordedDate":"` + day + `","code":` + code + `}`
	}
	text := func(s string) string { return `{"text":"` + s + `"}` }
	icd := func(s string) string {
		return `{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"` + s + `"}]}`
	}
	for _, c := range []struct{ record, under string }{
		{visit("2026-11-02", text("Allergy status to penicillin")), "problem"},
		{visit("2016-11-02", text("Latexallergie")), "problem"},
		{visit("2016-11-02", icd("Z88.0")), "problem"},
		{visit("2016-11-02", icd("Z91.040")), "problem"},
		{visit("2016-11-02", icd("D75.82")), "problem"},
		{visit("2016-11-02", icd("Z95.0")), "problem"},
		{visit("2016-11-02", icd("Z79.01")), "problem"},
		{visit("2016-11-02", icd("Z53.1")), "problem"},
		{visit("2016-11-02", text("Heparin-induced thrombocytopenia")), "problem"},
		{visit("2016-11-02", icd("Z66")), "directive"},
		{visit("2016-11-02", text("Jehovah's Witness")), "directive"},
		{visit("2026-11-02", icd("Z33.1")), "pregnancy"},
		{visit("2026-11-02", text("Supervision of high-risk pregnancy")), "pregnancy"},
		{visit("2016-11-02", icd("Z33.1")), ""},
		{visit("2026-11-02", text("Pregnancy ruled out")), ""},
		{visit("2026-11-02", text("Pneumonia")), ""},
		{visit("2026-11-02", icd("J18.9")), ""},
		{visit("2026-11-02", text("No known drug allergy")), ""},
	} {
		s := Tell(lines("A", c.record), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		if len(s.Now) > 0 || len(s.Unclear) > 0 != (c.under != "") || c.under != "" && s.Unclear[0].Under != c.under {
			t.Errorf("%s: want %q under May be so in\n%s", c.record, c.under, s.Text(Page{Width: 200}))
		}
	}
}
