package timeline_test

import (
	"strings"
	"testing"

	. "github.com/stele-health/stele/timeline"
)

// TestR38WhatMakesALineADirectiveIsTold: what stands in the first view by a consent's rule or by
// its category says so there, and an alert of what it is one.
func TestR38WhatMakesALineADirectiveIsTold(t *testing.T) {
	consent := func(rest string) string {
		return `{"resourceType":"Consent","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"treatment"}]},"category":[{"text":"Consent document"}],"dateTime":"2026-10-01",` + rest + `}`
	}
	for record, want := range map[string]string{
		consent(`"policyRule":{"text":"Do not resuscitate (DNR)"}`):                                                                                                                            "directive Consent document: Do not resuscitate (DNR)",
		consent(`"policyRule":{"coding":[{"display":"Not for resuscitation"}]}`):                                                                                                               "directive Consent document: Not for resuscitation",
		consent(`"policyRule":{"text":"No blood products"},"provision":{"type":"permit"}`):                                                                                                     "directive Consent document: No blood products; permits",
		consent(`"policyRule":{"coding":[{"code":"OPTIN"}]},"provision":{"type":"deny"}`):                                                                                                      "directive Consent document: DENIES",
		`{"resourceType":"Flag","status":"active","category":[{"text":"Allergy"}],"code":{"text":"Latex"}}`:                                                                                    "alert Latex (Allergy",
		`{"resourceType":"Flag","status":"active","category":[{"text":"DNACPR"}],"code":{"text":"See folder"}}`:                                                                                "directive See folder (DNACPR",
		`{"resourceType":"Flag","status":"active","category":[{"text":"Allergy"}],"code":{"text":"Latex allergy"}}`:                                                                            "alert Latex allergy",
		`{"resourceType":"Observation","status":"final","category":[{"text":"Resuscitation: DNAR"}],"code":{"text":"Status"},"valueString":"Confirmed","effectiveDateTime":"2026-05-21"}`:      "directive Status: Confirmed (Resuscitation: DNAR",
		`{"resourceType":"ServiceRequest","status":"active","intent":"order","category":[{"text":"Do not attempt resuscitation"}],"code":{"text":"Plan completed"},"authoredOn":"2026-05-20"}`: "directive Plan completed (Do not attempt resuscitation",
	} {
		s := Tell(lines("A", record), Options{Kinds: allKinds})
		above, _, _ := strings.Cut(strings.Join(strings.Fields(s.Text(Page{Width: 300})), " "), " 2026 ")
		if !strings.Contains(above, want) || strings.Contains(above, "OPTIN") || strings.Contains(above, "Latex allergy (Allergy") {
			t.Errorf("%s: want %q in\n%s", record, want, above)
		}
	}
}
