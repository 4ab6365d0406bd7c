package telling_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
)

// TestR39ConsentsAreToldInWords: what a consent permits and what it denies cannot be taken
// for one another, a type alone is not read as an answer to the form's name, and no code
// of HL7's is left as it is.
func TestR39ConsentsAreToldInWords(t *testing.T) {
	const scope, category = `"scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"`, `"}]},"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentcategorycodes","code":"`
	told := func(more string) telling.Told {
		return telling.Read([]byte(`{"resourceType":"Consent","status":"active",` + more + `}`)).Tell(telling.Reading{Kind: stele.AdvanceDirectives, Today: "2026-11-20"})
	}
	for _, c := range []struct{ more, want string }{
		{scope + "adr" + category + `dnr"}]}]`, "do not resuscitate · advance care directive"},
		{scope + "adr" + category + `dnr"}]}],"provision":{"type":"deny"}`, "do not resuscitate · DENIES what is not named: see the record · advance care directive"},
		{scope + "adr" + category + `dnr"}]}],"provision":{"type":"permit"}`, "do not resuscitate · permits what is not named: see the record · advance care directive"},
		{scope + "treatment" + category + `emrgonly"}]}]`, "disclosure of records in emergencies only · consent to treatment"},
		{`"category":[{"text":"Surgery"}],"provision":{"type":"permit","code":[{"text":"Surgery"}],"provision":[{"type":"deny","code":[{"text":"Transfusion"}]},{"type":"permit","code":[{"text":"Cell saver"}]}]}`,
			"Surgery · permits: Surgery; but DENIES: Transfusion; permits: Cell saver"},
		{`"category":[{"text":"Surgery"}],"provision":{"provision":[{"type":"deny","code":[{"text":"Transfusion"}],"period":{"end":"2027-01-01"}}]}`, "Surgery · DENIES: Transfusion, period until 1 Jan 2027"},
		{`"category":[{"text":"Surgery"}],"provision":{"type":"permit","provision":[{"type":"deny","code":[{"text":"Transfusion"}]}]}`, "Surgery · permits what is not named; but DENIES: Transfusion"},
		{`"category":[{"text":"Surgery"}],"provision":{"type":"refuse","code":[{"text":"Transfusion"}]}`, `Surgery · provision "refuse": Transfusion`},
		{`"category":[{"text":"Research"}],"provision":{"type":"deny","actor":[{"role":{"text":"recipient"},"reference":{"display":"Dr X"}}]}`, "Research · DENIES: actor role recipient, Dr X"},
	} {
		if got := told(c.more).Sentence(); got != c.want {
			t.Errorf("%s is told as %q, not %q", c.more, got, c.want)
		}
	}
	for _, code := range strings.Fields("acd dnr emrgonly hcd npp polst research rsdid rsreid") {
		e := told(scope + "x" + category + code + `"}]}]`)
		if strings.Contains(" "+e.Name+" ", " "+code+" ") && code != "research" || len(strings.Fields(e.Name)) < 2 {
			t.Errorf("%s is told as %q", code, e.Name)
		}
	}
	for _, code := range strings.Fields("adr research patient-privacy treatment") {
		if e := told(`"scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"` + code + `"}]}`); len(strings.Fields(e.Name)) < 3 {
			t.Errorf("%s is told as %q", code, e.Name)
		}
	}
	// A code that stands where an answer does.
	status := telling.Read([]byte(`{"resourceType":"Observation","status":"final","code":{"text":"Code status"},"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"304253006"}]}}`))
	if got := status.Tell(telling.Reading{}).Sentence(); got != "Code status: not for resuscitation" {
		t.Errorf("a code of a decision is told as %q", got)
	}
}

// TestR39ARejectedConsentPermitsNothing: what somebody refused to agree to is told as
// rejected before anything else of it is read, and as permitting nothing.
func TestR39ARejectedConsentPermitsNothing(t *testing.T) {
	const category = `"category":[{"text":"Blood transfusion"}],"provision":{"type":`
	for _, c := range []struct{ more, want string }{
		{category + `"permit","code":[{"text":"Red cells"}]}`, "rejected: Blood transfusion · would have permitted: Red cells"},
		{category + `"permit"}`, "rejected: Blood transfusion · would have permitted what is not named: see the record"},
		{category + `"deny","code":[{"text":"Red cells"}]}`, "rejected: Blood transfusion · DENIES: Red cells"},
		{category + `"deny","provision":[{"type":"permit","code":[{"text":"Cell saver"}]}]}`, "rejected: Blood transfusion · DENIES what is not named; but would have permitted: Cell saver"},
		{`"scope":{"text":"treatment"}`, "rejected: treatment"},
		{`"dateTime":"2026-11-01"`, "rejected: consent"},
	} {
		e := telling.Read([]byte(`{"resourceType":"Consent","status":"rejected",` + c.more + `}`)).Tell(telling.Reading{Kind: stele.AdvanceDirectives, Today: "2026-11-20"})
		if got := e.Sentence(); got != c.want || e.Stands != telling.Denied {
			t.Errorf("%s is told as %q, not %q, and stands as %v", c.more, got, c.want, e.Stands)
		}
	}
}
