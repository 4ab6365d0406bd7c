package intake

import (
	"fmt"
	"strings"
	"testing"
)

// asks is an entry with a request of its own.
func asks(url, resource, method, request, ifNoneExist string) string {
	return fmt.Sprintf(`{"fullUrl":%q,"resource":%s,"request":{"method":%q,"url":%q,"ifNoneExist":%q}}`, url, resource, method, request, ifNoneExist)
}

// TestR37WhoStandsInTheSearchOfARequest asks where a conditional request or reference
// names another than the record does, and uses the number that stands only there.
func TestR37WhoStandsInTheSearchOfARequest(t *testing.T) {
	bare := `{"resourceType":"Patient","id":"x","name":[{"family":"Alvar","given":["Ana"]}]}`
	a, b := north+"|MA-1", north+"|MB-1"
	links := table()
	links.Links = append(links.Links, Link{System: north, Number: "M+C", Subject: cleo})
	for name, c := range map[string]struct {
		entries []string
		want    string
	}{
		"a create with her number":       {[]string{asks("urn:uuid:1", patientA, "POST", "Patient", "identifier="+a)}, "pa>A"},
		"a create with another's":        {[]string{asks("urn:uuid:1", patientA, "POST", "Patient", "identifier="+b)}, "pa!"},
		"and a question mark before it":  {[]string{asks("urn:uuid:1", patientA, "POST", "Patient", "Patient?identifier="+b)}, "pa!"},
		"escaped, and more is asked for": {[]string{asks("urn:uuid:1", patientA, "POST", "Patient", "active=true&identifier="+strings.ReplaceAll(b, "|", "%7C"))}, "pa!"},
		"an update with another's":       {[]string{asks("urn:uuid:1", patientA, "PUT", "Patient?identifier="+b, "")}, "pa!"},
		"an update of another id":        {[]string{asks("urn:uuid:1", patientA, "PUT", "Patient?_id=pb", "")}, "pa!"},
		"a number only there":            {[]string{asks("urn:uuid:1", bare, "PUT", "Patient?identifier="+a, ""), obs("o", of("urn:uuid:1"))}, "x>A o>A"},
		"only in a create":               {[]string{asks("urn:uuid:1", bare, "POST", "Patient", "identifier="+a), obs("o", of("urn:uuid:1"))}, "x>A o>A"},
		"only there, hardly he":          {[]string{asks("urn:uuid:1", bare, "POST", "Patient", "identifier="+b)}, "x!"},
		"a record for her":               {[]string{patientA, asks("", obs("o", of("Patient/pa")), "POST", "Observation", "patient=Patient/pa&code=x")}, "pa>A o>A"},
		"a record for another":           {[]string{patientA, patientB, asks("", obs("o", of("Patient/pa")), "POST", "Observation", "patient=Patient/pb&code=x")}, "pa>A pb>B o!"},
		"an update for another":          {[]string{patientA, patientB, asks("", obs("o", of("Patient/pa")), "PUT", "Observation?subject:Patient=pb", "")}, "pa>A pb>B o!"},
		"by another's number":            {[]string{patientA, asks("", obs("o", of("Patient/pa")), "PUT", "Observation?patient.identifier="+b, "")}, "pa>A o!"},
		"whose it says only there":       {[]string{patientA, patientB, asks("", obs("o", ""), "PUT", "Observation?patient.identifier="+b, "")}, "pa>A pb>B o>B"},
		"a number with a plus in it":     {[]string{asks("urn:uuid:1", `{"resourceType":"Patient","id":"x"}`, "POST", "Patient", "identifier="+north+"|M+C"), obs("o", of("urn:uuid:1"))}, "x>C o>C"},
		"a number that she had once":     {[]string{asks("urn:uuid:1", strings.Replace(patientA, `[{`, `[{"period":{"end":"2001-01-01"},"system":"`+north+`","value":"MX-9"},{`, 1), "POST", "Patient", "identifier="+north+"|MX-9")}, "pa!"},
		"its own number":                 {[]string{patientA, asks("", obs("o", of("Patient/pa")), "POST", "Observation", "identifier="+b)}, "pa>A o>A"},
		"an encounter of another's":      {[]string{patientA, patientB, asks("", obs("o", of("Patient/pa")+`,"encounter":{"reference":"Encounter?patient=Patient/pb"}`), "POST", "Observation", "")}, "pa>A pb>B o!"},
	} {
		p, entries := plan(t, links, Asked{}, bundle("batch", c.entries...))
		if got := tell(p, entries); got != c.want {
			t.Errorf("%s: got %s, want %s: %q", name, got, c.want, p.Of(0, 0).Refused.String())
		}
	}
}

// TestR38ATemplatesUUIDIsNoName makes the ids of what a transaction creates of what it
// says: sent again it is the same, and another record under the same urn:uuid is another.
func TestR38ATemplatesUUIDIsNoName(t *testing.T) {
	of := func(value, encounter string) string {
		return bundle("transaction", entry("urn:uuid:0f0e0d0c-0000-4000-8000-000000000001", "POST", strings.Replace(patientA, `"id":"pa",`, "", 1)),
			entry("urn:uuid:0f0e0d0c-0000-4000-8000-000000000002", "POST", `{"resourceType":"Encounter","status":"`+encounter+`","subject":{"reference":"urn:uuid:0f0e0d0c-0000-4000-8000-000000000001"}}`),
			entry("urn:uuid:0f0e0d0c-0000-4000-8000-000000000003", "POST", `{"resourceType":"Observation","valueString":"`+value+`","subject":{"reference":"urn:uuid:0f0e0d0c-0000-4000-8000-000000000001"},"encounter":{"reference":"urn:uuid:0f0e0d0c-0000-4000-8000-000000000002"}}`))
	}
	ids := func(file string) []string {
		p, entries := plan(t, table(), Asked{Key: [32]byte{7}}, file)
		var out []string
		for _, n := range p.survey.files[0].nodes {
			out = append(out, n.settled)
		}
		if all := settledAll(t, p, entries); !strings.Contains(all[2], `"Encounter/`+out[1]+`"`) || !strings.Contains(all[2], `"Patient/`+out[0]+`"`) {
			t.Errorf("the references do not follow: %s", all[2])
		}
		return out
	}
	first := ids(of("1", "finished"))
	for i, c := range []struct {
		value, encounter string
		same             [3]bool
	}{{"1", "finished", [3]bool{true, true, true}}, {"2", "finished", [3]bool{true, true, false}}, {"1", "planned", [3]bool{true, false, false}}} {
		again := ids(of(c.value, c.encounter))
		for at, same := range c.same {
			if (first[at] == again[at]) != same || again[at] == "" || strings.HasPrefix(again[at], "0f0e") {
				t.Errorf("%d, entry %d: %s and %s", i, at, first[at], again[at])
			}
		}
	}
}

// TestR38WhatASearchFindsIsOne makes the id of what is created, or changed, where a search
// finds it, of the search: sent again with other content and under another fullUrl it is the
// same record, however the search is written.
func TestR38WhatASearchFindsIsOne(t *testing.T) {
	const order = "MedicationRequest?identifier=http://rx.example|1"
	sent := func(method, request, ifNoneExist, id, status string) string {
		if id != "" {
			id = `"id":"` + id + `",`
		}
		return asks("urn:uuid:0f0e0d0c-0000-4000-8000-0000000000"+status, `{"resourceType":"MedicationRequest",`+id+`"status":"`+status+`","subject":{"reference":"Patient/pa"}}`, method, request, ifNoneExist)
	}
	called := func(e string) string {
		p, _ := plan(t, table(), Asked{Key: [32]byte{7}}, bundle("transaction", entry("", "PUT", patientA), e))
		return p.node(0, 1).nameHere()
	}
	first := called(sent("PUT", order, "", "", "10"))
	for what, c := range map[string]struct {
		entry string
		same  bool
	}{
		"once more":           {sent("PUT", order, "", "", "11"), true},
		"escaped":             {sent("PUT", "MedicationRequest?identifier=http%3A%2F%2Frx.example%7C1", "", "", "11"), true},
		"created, not found":  {sent("POST", "MedicationRequest", "identifier=http://rx.example|1", "", "11"), true},
		"created, with type":  {sent("POST", "MedicationRequest", order, "", "11"), true},
		"another":             {sent("PUT", order+"1", "", "", "10"), false},
		"more is asked for":   {sent("PUT", order+"&status=active", "", "", "10"), false},
		"it has its own id":   {sent("PUT", order, "", "m", "10"), false},
		"no search":           {sent("PUT", "MedicationRequest?", "", "", "10"), false},
		"created, of nothing": {sent("POST", "MedicationRequest", "", "", "10"), false},
	} {
		if got := called(c.entry); (got == first) != c.same || got == "" {
			t.Errorf("%s: %s, and the first is %s", what, got, first)
		}
	}
	// What a search names by what it is called in its Bundle is another's in the next.
	by := func(value string) string {
		return called(asks("urn:uuid:2", `{"resourceType":"Observation","valueString":"`+value+`","subject":{"reference":"Patient/pa"}}`, "POST", "Observation", "subject=urn:uuid:1&code=x"))
	}
	if by("1") == by("2") || by("1") != by("1") {
		t.Error("a search by a name of its Bundle alone makes two records one")
	}
	and := func(one, two string) string {
		return called(asks("urn:uuid:2", `{"resourceType":"Observation","subject":{"reference":"Patient/pa"}}`, "PUT", "Observation?"+one+"&"+two, ""))
	}
	if and("a=1", "b=2") != and("b=2", "a=1") || and("a=1", "b=2") == and("a=1%26b=2", "") {
		t.Error("the order of what is asked for makes another record, or two parameters are one")
	}
}
