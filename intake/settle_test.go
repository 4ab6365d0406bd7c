package intake

import (
	"cmp"
	"strings"
	"testing"

	"github.com/stele-health/stele/fhir"
)

// TestSettleGivesIdsAndFollowsReferences takes a transaction whose resources have
// no ids (HL7 http.html, transaction; a document does the same): they get those of
// what they say, and what refers to them follows. What has its id already keeps
// its bytes.
func TestSettleGivesIdsAndFollowsReferences(t *testing.T) {
	patient := `{"resourceType":"Patient","identifier":[{"system":"` + north + `","value":"MA-1"}]}`
	order := `{"resourceType":"MedicationRequest","status":"active","medicationReference":{"reference":"urn:uuid:2"},"subject":{"reference":"urn:uuid:1"}}`
	observation := `{"resourceType":"Observation","id":"4","status":"final","subject":{"reference":"urn:uuid:1"},"encounter":{"reference":"urn:uuid:9"}}`
	temporary := `{"resourceType":"Observation","id":"1","status":"final","subject":{"reference":"urn:uuid:1"}}`
	report := `{"resourceType":"DiagnosticReport","status":"final","subject":{"reference":"urn:uuid:1"},"result":[{"reference":"Observation/1"}]}`
	file := bundle("transaction", entry("urn:uuid:1", "POST", patient), entry("urn:uuid:2", "POST", `{"resourceType":"Medication","code":{"text":"Warfarin"}}`),
		entry("urn:uuid:3", "POST", order), entry("urn:uuid:4", "POST", observation), entry("urn:uuid:5", "POST", temporary),
		`{"resource":`+report+`,"request":{"method":"POST","url":"DiagnosticReport"}}`)
	p, entries := plan(t, table(), Asked{Key: [32]byte{7}}, file)
	id := func(i int) string { return cmp.Or(p.survey.files[0].nodes[i].settled, "4") }
	want := []string{
		`{"resourceType":"Patient","id":"` + id(0) + `","identifier":`, `{"resourceType":"Medication","id":"` + id(1) + `",`,
		`{"resourceType":"MedicationRequest","id":"` + id(2) + `","status":"active","medicationReference":{"reference":"Medication/` + id(1) + `"},"subject":{"reference":"Patient/` + id(0) + `"}}`,
		`{"resourceType":"Observation","id":"4","status":"final","subject":{"reference":"Patient/` + id(0) + `"},"encounter":{"reference":"urn:uuid:9"}}`,
		`{"resourceType":"Observation","id":"` + id(4) + `",`, `"result":[{"reference":"Observation/` + id(4) + `"}]}`,
	}
	ids := map[string]bool{}
	for i, e := range entries[0] {
		if v := p.Of(0, i); len(v.To) != 1 || v.To[0] != ana {
			if i != 3 { // of an Encounter that is not there, but it names its patient
				t.Errorf("entry %d goes to %v: %s", i, v.To, v.Refused.String())
			}
		}
		r, err := p.Settle(0, i, e.Resource)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(r.JSON), want[i]) {
			t.Errorf("entry %d: %s\nwant %s", i, r.JSON, want[i])
		}
		if r.ID() == "" || ids[r.Name()] {
			t.Errorf("entry %d is called %q", i, r.Name())
		}
		ids[r.Name()] = true
	}
	again, _ := plan(t, table(), Asked{Key: [32]byte{7}}, file)
	r1, _ := p.Settle(0, 5, entries[0][5].Resource)
	r2, _ := again.Settle(0, 5, entries[0][5].Resource)
	if string(r1.JSON) != string(r2.JSON) {
		t.Error("the same resource got two ids")
	}

	// What the sender has named stays as it is.
	for _, kept := range []string{
		bundle("transaction", entry("urn:uuid:pa", "POST", patientA), entry("urn:uuid:o", "POST", obs("o", of("urn:uuid:pa")))),
		bundle("collection", `{"fullUrl":"urn:uuid:1","resource":`+patientA+`}`, obs("o", of("Patient/pa"))),
		bundle("batch", entry("http://x/Patient/pa", "PUT", patientA), entry("http://x/Observation/o", "PUT", obs("o", of("Patient/pa")))),
		lines(patientA, obs("o", of("Patient/pa"))),
	} {
		p, entries := plan(t, owning("http://x"), Asked{}, kept)
		for i, e := range entries[0] {
			if r, err := p.Settle(0, i, e.Resource); err != nil || string(r.JSON) != string(e.Resource.JSON) {
				t.Errorf("%s became %s, %v", e.Resource.JSON, r.JSON, err)
			}
		}
	}
}

// TestAUUIDOfTwoLeadsToNeither leaves a reference as it is where two records stand
// under its urn:uuid, in its own Bundle or in others.
func TestAUUIDOfTwoLeadsToNeither(t *testing.T) {
	one := entry("urn:uuid:2", "POST", obs("one", of("Patient/pa")))
	two := entry("urn:uuid:2", "POST", obs("two", of("Patient/pa")))
	report := entry("urn:uuid:3", "POST", `{"resourceType":"DiagnosticReport","id":"r","subject":{"reference":"Patient/pa"},"result":[{"reference":"urn:uuid:2"}]}`)
	for what, c := range map[string]struct {
		files []string
		leads bool
	}{
		"in its Bundle":    {[]string{bundle("batch", report, one, two)}, false},
		"in two others":    {[]string{bundle("batch", report), bundle("batch", one), bundle("batch", two)}, false},
		"in one other":     {[]string{bundle("batch", report), bundle("batch", one)}, true},
		"in its and a far": {[]string{bundle("batch", report, one), bundle("batch", two)}, true},
	} {
		p, entries := plan(t, table(), Asked{Key: [32]byte{7}}, append(c.files, patientA)...)
		r, err := p.Settle(0, 0, entries[0][0].Resource)
		if err != nil {
			t.Fatal(err)
		}
		if stays := strings.Contains(string(r.JSON), `"urn:uuid:2"`); stays == c.leads {
			t.Errorf("%s: %s", what, r.JSON)
		}
	}
}

// TestSettleIsHeldToTheFile notices that a file is another when it is read again.
func TestSettleIsHeldToTheFile(t *testing.T) {
	p, entries := plan(t, table(), Asked{}, lines(patientA, obs("o", of("Patient/pa"))))
	other, err := fhir.Parse([]byte(obs("o", of("Patient/pb"))))
	if err != nil {
		t.Fatal(err)
	}
	same := entries[0][1]
	with := func(change func(*fhir.Entry)) fhir.Entry {
		e := same
		change(&e)
		return e
	}
	if !p.Same(0, 1, same) || !p.Ends(0, 2, 0) || p.Ends(0, 1, 0) {
		t.Error("a file that did not change is taken for another")
	}
	for what, e := range map[string]fhir.Entry{
		"another patient":  with(func(e *fhir.Entry) { e.Resource = other }),
		"another fullUrl":  with(func(e *fhir.Entry) { e.FullURL = "https://b.example/Observation/o" }),
		"a Bundle":         with(func(e *fhir.Entry) { e.Bundle, e.Within = 1, "batch" }),
		"a DELETE instead": with(func(e *fhir.Entry) { e.Resource, e.Method, e.URL = nil, "DELETE", "Observation/o" }),
		"nothing instead":  with(func(e *fhir.Entry) { e.Resource = nil }),
	} {
		if p.Same(0, 1, e) {
			t.Errorf("%s is taken for the same", what)
		}
	}
	if p.Same(0, 2, same) || p.Same(1, 0, same) {
		t.Error("what was not surveyed is taken for the same")
	}
	deletes := func(url, fullURL string) fhir.Entry {
		return fhir.Entry{Bundle: 1, Within: "history", Method: "DELETE", URL: url, FullURL: fullURL}
	}
	s := NewSurvey(table(), Asked{})
	s.File().Take(deletes("Observation/1", ""))
	p = s.Decide()
	for what, e := range map[string]fhir.Entry{
		"DELETE of another":            deletes("Observation/2", ""),
		"DELETE on another server":     deletes("https://b.example/Observation/1", ""),
		"DELETE with another fullUrl":  deletes("Observation/1", "https://b.example/Observation/1"),
		"a GET where a DELETE was":     {Bundle: 1, Within: "history", Method: "GET", URL: "Observation/1"},
		"another kind of Bundle":       {Bundle: 1, Within: "batch", Method: "DELETE", URL: "Observation/1"},
		"a record where a DELETE was":  {Bundle: 1, Within: "history", Resource: other},
		"a DELETE of another's Bundle": {Bundle: 2, Within: "history", Method: "DELETE", URL: "Observation/1"},
	} {
		if p.Same(0, 0, e) {
			t.Errorf("%s is taken for the same", what)
		}
	}
	if !p.Same(0, 0, deletes("Observation/1", "")) {
		t.Error("the same DELETE is taken for another")
	}
	s = NewSurvey(table(), Asked{})
	s.File().Take(fhir.Entry{Bundle: 1, Within: "batch", Method: "GET", URL: "Observation/1"})
	if s.Decide().Same(0, 0, fhir.Entry{Bundle: 1, Within: "batch", Method: "DELETE", URL: "Observation?code=1"}) {
		t.Error("a DELETE is taken for the GET that was there")
	}
	p, _ = plan(t, table(), Asked{}, lines(patientA, obs("o", of("Patient/pa"))))
	if v := p.Of(0, 2); v.Refused == nil {
		t.Error("what was not surveyed has a verdict")
	}
}

// Two files that both POST an Observation/1 speak of two observations: neither is
// a version of the other, and each Bundle's references lead to its own.
func TestR38APostedIdIsOfItsBundleOnly(t *testing.T) {
	for _, method := range []string{"POST", "post"} {
		postsTwo(t, method)
	}
}

func postsTwo(t *testing.T, method string) {
	file := func(value string) string {
		return bundle("transaction", entry("", method, patientA),
			entry("", method, `{"resourceType":"Observation","id":"1","status":"final","valueString":"`+value+`","subject":{"reference":"Patient/pa"}}`),
			entry("", method, `{"resourceType":"DiagnosticReport","status":"final","subject":{"reference":"Patient/pa"},"result":[{"reference":"Observation/1"}]}`))
	}
	p, entries := plan(t, table(), Asked{Key: [32]byte{7}}, file("one"), file("two"))
	names := map[string]bool{}
	for f := range entries {
		observation, err := p.Settle(f, 1, entries[f][1].Resource)
		if err != nil {
			t.Fatal(err)
		}
		report, err := p.Settle(f, 2, entries[f][2].Resource)
		if err != nil {
			t.Fatal(err)
		}
		if v := p.Of(f, 1); len(v.To) != 1 || v.To[0] != ana {
			t.Errorf("the observation goes to %v: %s", v.To, v.Refused.String())
		}
		if names[observation.Name()] || observation.ID() == "1" {
			t.Errorf("the observation of file %d is called %s", f, observation.Name())
		}
		names[observation.Name()] = true
		if !strings.Contains(string(report.JSON), observation.Name()) {
			t.Errorf("the report of file %d leads elsewhere: %s", f, report.JSON)
		}
	}
}
