package ips_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/ips"
)

// tree is JSON that tests take apart.
type tree = map[string]any

// at goes along a path of keys (strings) and items (ints).
func at(v any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			v = v.(tree)[s]
		case int:
			v = v.([]any)[s]
		}
	}
	return v
}

func resource(doc tree, typ string) tree {
	for _, e := range doc["entry"].([]any) {
		if r := at(e, "resource").(tree); r["resourceType"] == typ {
			return r
		}
	}
	return nil
}

func sectionOf(doc tree, title string) tree {
	for _, s := range resource(doc, "Composition")["section"].([]any) {
		if s.(tree)["title"] == title {
			return s.(tree)
		}
	}
	return nil
}

// TestCheckSaysWhatBreaksARule spoils a good summary in one place each and wants the
// path and rule of that, and nothing else said.
func TestCheckSaysWhatBreaksARule(t *testing.T) {
	good := made(t, elena(t))
	const lab = "Observation"
	for want, spoil := range map[string]func(doc tree){
		"Bundle.identifier: cardinality 1..1": func(d tree) { delete(d, "identifier") },
		"Bundle.identifier: bdl-9":            func(d tree) { delete(d["identifier"].(tree), "system") },
		"Bundle.timestamp: cardinality 1..1":  func(d tree) { delete(d, "timestamp") },
		"Bundle.type: fixed value":            func(d tree) { d["type"] = "collection" },
		"Bundle.entry: bdl-11":                func(d tree) { e := d["entry"].([]any); e[0], e[1] = e[1], e[0] },
		"Bundle: bdl-ips-1": func(d tree) {
			d["entry"] = append(d["entry"].([]any), tree{"fullUrl": "urn:uuid:1", "resource": resource(d, "Composition")})
		},
		"Bundle.entry[1].fullUrl: cardinality 1..1":                     func(d tree) { delete(at(d, "entry", 1).(tree), "fullUrl") },
		"Bundle.entry: slice patient 1..1":                              func(d tree) { resource(d, "Patient")["resourceType"] = "Person" },
		"Bundle.entry[0].resource.type: fixed value":                    func(d tree) { at(resource(d, "Composition"), "type", "coding", 0).(tree)["code"] = "1" },
		"Bundle.entry[0].resource.section: slice sectionAllergies 1..1": func(d tree) { at(sectionOf(d, "Allergies and intolerances"), "code", "coding", 0).(tree)["code"] = "1" },
		"Bundle.entry[0].resource.section[0]: ips-comp-1":               func(d tree) { delete(sectionOf(d, "Allergies and intolerances"), "entry") },
		"Bundle.entry[0].resource.section[0].emptyReason: cmp-2":        func(d tree) { sectionOf(d, "Allergies and intolerances")["emptyReason"] = tree{"text": "x"} },
		"Bundle.entry[0].resource.section[0].text: cardinality 1..1":    func(d tree) { delete(sectionOf(d, "Allergies and intolerances"), "text") },
		"Bundle.entry[0].resource.section[0].section: cardinality 0..0": func(d tree) {
			sectionOf(d, "Allergies and intolerances")["section"] = []any{tree{"text": tree{"status": "empty", "div": `<div xmlns="http://www.w3.org/1999/xhtml">x</div>`}}}
		},
		"Bundle.entry[0].resource.section[0].entry[0]: type AllergyIntolerance|": func(d tree) {
			at(sectionOf(d, "Allergies and intolerances"), "entry", 0).(tree)["reference"] = at(sectionOf(d, "Problems"), "entry", 0, "reference")
		},
		"Bundle.entry[0].resource.section[2].entry[0]: reference": func(d tree) { at(sectionOf(d, "Problems"), "entry", 0).(tree)["reference"] = "Condition/9" },
		"AllergyIntolerance.code: cardinality 1..1":               func(d tree) { delete(resource(d, "AllergyIntolerance"), "code") },
		"AllergyIntolerance.patient: reference to Patient": func(d tree) {
			resource(d, "AllergyIntolerance")["patient"] = tree{"reference": at(sectionOf(d, "Problems"), "entry", 0, "reference")}
		},
		"AllergyIntolerance.patient.reference: cardinality 1..1": func(d tree) { resource(d, "AllergyIntolerance")["patient"] = tree{"display": "x"} },
		"MedicationRequest.doNotPerform: fixed value":            func(d tree) { resource(d, "MedicationRequest")["doNotPerform"] = true },
		"Observation.performer: cardinality 1..*":                func(d tree) { delete(resource(d, lab), "performer") },
		"Observation.effectiveInstant: type dateTime|Period": func(d tree) {
			r := resource(d, lab)
			delete(r, "effectiveDateTime")
			r["effectiveInstant"] = "2026-01-01T00:00:00Z"
		},
		"Observation.status: binding results-status-uv-ips": func(d tree) { resource(d, lab)["status"] = "entered-in-error" },
		"Observation: ips-2": func(d tree) { r := resource(d, lab); delete(r, "valueQuantity") },
		"Observation.category: slice laboratory 1..1": func(d tree) {
			r := resource(d, lab)
			r["category"] = append(r["category"].([]any), r["category"].([]any)...)
		},
		"Patient.birthDate: cardinality 1..1": func(d tree) { delete(resource(d, "Patient"), "birthDate") },
		"Patient.name[0]: ips-pat-1":          func(d tree) { resource(d, "Patient")["name"] = []any{tree{"use": "usual"}} },
		"Procedure.performed[x]: cardinality 1..1": func(d tree) {
			r := resource(d, "Procedure")
			delete(r, "performedDateTime")
			delete(r, "performedPeriod")
		},
		"nothing in the document leads to it": func(d tree) {
			delete(sectionOf(d, "Procedures"), "entry")
			sectionOf(d, "Procedures")["emptyReason"] = tree{"text": "x"}
			for _, e := range d["entry"].([]any) {
				delete(at(e, "resource").(tree), "target")
			}
		},
	} {
		var doc tree
		if err := json.Unmarshal([]byte(good), &doc); err != nil {
			t.Fatal(err)
		}
		spoil(doc)
		src, _ := json.Marshal(doc)
		issues, err := ips.Check(src)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, i := range issues {
			found = found || strings.HasPrefix(rooted(i)+": "+i.Rule, want) || strings.HasPrefix(i.Path+": "+i.Rule, want) || i.Text == want
		}
		if !found {
			t.Errorf("%s: not said, but %v", want, issues)
		}
	}
}

// rooted names a path from the resource in which it lies.
func rooted(i fhir.Issue) string {
	typ, _, _ := strings.Cut(i.Resource, "/")
	_, in, _ := strings.Cut(i.Path, "].resource")
	return typ + in
}

func TestCheckTellsNoValues(t *testing.T) {
	var doc tree
	if err := json.Unmarshal([]byte(made(t, elena(t))), &doc); err != nil {
		t.Fatal(err)
	}
	resource(doc, "Patient")["name"] = "Canary"
	resource(doc, "Condition")["subject"] = tree{"reference": "Canary/Canary", "display": "Canary"}
	resource(doc, "MedicationRequest")["status"] = "Canary"
	src, _ := json.Marshal(doc)
	issues, err := ips.Check(src)
	if err != nil || len(issues) < 4 {
		t.Fatal(err, issues)
	}
	for _, i := range issues {
		if strings.Contains(i.String(), "Canary") {
			t.Error(i)
		}
	}
}

func TestCheckSaysSoMuchAndNoMore(t *testing.T) {
	src := `{"resourceType":"Bundle","type":"document","entry":[` + strings.Repeat(`{"resource":{"resourceType":"Patient"}},`, 500) + `{}]}`
	if issues, err := ips.Check([]byte(src)); err != nil || len(issues) != ips.MaxIssues {
		t.Error(len(issues), err)
	}
}

func TestCheckOfWhatIsNoSummary(t *testing.T) {
	if _, err := ips.Check([]byte("no")); stele.KindOf(err) != stele.KindInvalid {
		t.Error(err)
	}
	if issues, err := ips.Check([]byte(patient)); err != nil || len(issues) != 1 || issues[0].Rule != "type Bundle" {
		t.Error(issues, err)
	}
}
