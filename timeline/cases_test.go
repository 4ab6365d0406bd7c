package timeline_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/stele-health/stele/timeline"
)

// caseFile returns the resources of one of the small inputs that went wrong, as
// a wallet would hand them over; the test is skipped where they are absent.
func caseFile(t *testing.T, name, source string, height int64) []Item {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if src, err := os.ReadFile(filepath.Join(dir, "shared", "cases", "fhir", name)); err == nil {
			return at(height, unpacked(t, src, source))
		}
		if dir == filepath.Dir(dir) {
			t.Skip("no case " + name + " here")
		}
	}
}

// unpacked reads a Bundle or NDJSON. What a door does to references of a
// transaction, and to a DELETE, it does here, too.
func unpacked(t *testing.T, src []byte, source string) (items []Item) {
	t.Helper()
	var bundle struct {
		Type  string
		Entry []struct {
			FullURL  string `json:"fullUrl"`
			Resource json.RawMessage
			Request  struct{ Method, URL string }
		}
	}
	if json.Unmarshal(src, &bundle) != nil {
		for s := bufio.NewScanner(bytes.NewReader(src)); s.Scan(); {
			items = append(items, item(slices.Clone(s.Bytes()), source, len(items)+1))
		}
		return items
	}
	for _, e := range bundle.Entry {
		record := []byte(e.Resource)
		switch {
		case e.Request.Method == "DELETE":
			record = []byte(withdraws(e.Request.URL))
		case bundle.Type == "transaction":
			id, _ := strings.CutPrefix(e.FullURL, "urn:uuid:")
			record = append([]byte(`{"id":"`+id+`",`), bytes.TrimSpace(record)[1:]...)
		}
		items = append(items, item(record, source, len(items)+1))
	}
	return items
}

// withdraws is the withdrawal of what a reference names.
func withdraws(target string) string {
	return `{"resourceType":"Provenance","target":[{"reference":"` + target + `"}],"recorded":"2030-01-01T00:00:00Z",
		"activity":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-DataOperation","code":"DELETE"}]},
		"agent":[{"who":{"display":"its source"}}]}`
}

func at(height int64, items []Item) []Item {
	for i := range items {
		items[i].Height = height
		items[i].Handle[7] = byte(height)
	}
	return items
}

// lines makes items of records, one after another, each in a block of its own.
func lines(source string, records ...string) (items []Item) {
	for i, r := range records {
		items = append(items, at(int64(i+1), []Item{item([]byte(r), source, i+1)})...)
	}
	return items
}

// names are the names, with their values, of a list of entries.
func names(list []Entry) (out []string) {
	for _, e := range list {
		name := e.Name
		if e.Value != "" {
			name += ": " + e.Value
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// all are the entries of all chapters, with the parts of reports.
func all(s Story) (out []Entry) {
	for _, c := range s.Chapters {
		if c.Visit != nil {
			out = append(out, *c.Visit)
		}
		for _, e := range c.Entries {
			out = append(append(out, e), e.Parts...)
		}
	}
	return out
}

func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// expectText holds a page to texts that it must and must not show.
func expectText(t *testing.T, s Story, want []string, never ...string) {
	t.Helper()
	text := strings.Join(strings.Fields(s.Text(Page{Width: 200})), " ")
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("the page does not say %q:\n%s", w, s.Text(Page{}))
		}
	}
	for _, n := range never {
		if strings.Contains(text, n) {
			t.Errorf("the page says %q:\n%s", n, s.Text(Page{}))
		}
	}
}

func TestR38CasesOfVersions(t *testing.T) {
	for name, items := range map[string]func(*testing.T) []Item{
		"files": func(t *testing.T) []Item {
			return append(caseFile(t, "07a-version-1-retracted-stopped-corrected.json", "north", 1),
				caseFile(t, "07b-version-2-retracted-stopped-corrected.json", "north", 2)...)
		},
		"own": func(t *testing.T) []Item {
			return lines("north",
				`{"resourceType":"AllergyIntolerance","id":"a","meta":{"versionId":"1"},"clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Penicillin"}}`,
				`{"resourceType":"MedicationRequest","id":"m","meta":{"versionId":"1"},"status":"active","intent":"order","medicationCodeableConcept":{"text":"Warfarin 5 mg"},"authoredOn":"2024-01-02"}`,
				`{"resourceType":"Observation","id":"k","meta":{"versionId":"1"},"status":"final","code":{"text":"Potassium"},"effectiveDateTime":"2024-01-02T08:00:00Z","valueQuantity":{"value":7.1,"unit":"mmol/L"}}`,
				`{"resourceType":"AllergyIntolerance","id":"a","meta":{"versionId":"2"},"verificationStatus":{"coding":[{"code":"entered-in-error"}]},"code":{"text":"Penicillin"}}`,
				`{"resourceType":"MedicationRequest","id":"m","meta":{"versionId":"2"},"status":"stopped","intent":"order","medicationCodeableConcept":{"text":"Warfarin 5 mg"},"authoredOn":"2024-01-02"}`,
				`{"resourceType":"Observation","id":"k","meta":{"versionId":"2"},"status":"corrected","code":{"text":"Potassium"},"effectiveDateTime":"2024-01-02T08:00:00Z","valueQuantity":{"value":4.1,"unit":"mmol/L"}}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			list := items(t)
			s := Tell(list, Options{})
			expect(t, "now", names(s.Now))
			expect(t, "told", names(all(s)), "Potassium: 4.1 mmol/L", "Warfarin 5 mg")
			expectText(t, s, []string{"4.1 mmol/L · corrected · 1 earlier version", "Warfarin 5 mg · stopped", "2 records withdrawn by their sources", "earlier version"}, "7.1", "Penicillin")
			gone := map[Version]int{}
			for _, e := range s.Past {
				gone[e.Gone]++
			}
			if gone[Withdrawn] != 2 || gone[Earlier] != 2 {
				t.Errorf("what no longer counts: %v", gone)
			}
		})
	}
}

func TestR38CasesOfIDs(t *testing.T) {
	for name, items := range map[string]func(*testing.T) []Item{
		"files": func(t *testing.T) []Item { return caseFile(t, "08-same-id-on-two-types.json", "north", 1) },
		"own": func(t *testing.T) []Item {
			return lines("north",
				`{"resourceType":"Organization","id":"7","name":"General Hospital"}`,
				`{"resourceType":"Medication","id":"7","code":{"text":"Warfarin 5 mg tablet"}}`,
				`{"resourceType":"Condition","id":"7","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Atrial fibrillation"},"onsetDateTime":"2023-01-05"}`,
				`{"resourceType":"MedicationRequest","id":"8","status":"active","intent":"order","medicationReference":{"reference":"Medication/7"},"authoredOn":"2024-05-01"}`,
				`{"resourceType":"Encounter","id":"9","status":"finished","class":{"code":"AMB"},"period":{"start":"2024-05-01T09:00:00Z","end":"2024-05-01T09:30:00Z"},"serviceProvider":{"reference":"https://x.example/fhir/Organization/7/_history/3"}}`,
				`{"resourceType":"DiagnosticReport","id":"20","status":"final","code":{"text":"Potassium panel"},"effectiveDateTime":"2024-05-01T09:10:00Z","result":[{"reference":"Observation/21"}]}`,
				`{"resourceType":"Observation","id":"21","status":"final","code":{"text":"Potassium"},"effectiveDateTime":"2024-05-01T09:10:00Z","valueQuantity":{"value":4.1,"unit":"mmol/L"}}`,
				`{"resourceType":"Procedure","id":"21","status":"completed","code":{"text":"Appendectomy"},"performedDateTime":"2019-02-03"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := Tell(items(t), Options{})
			expect(t, "now", names(s.Now), "Atrial fibrillation", "Warfarin 5 mg tablet")
			for _, e := range all(s) {
				if e.Name == "Potassium panel" {
					expect(t, "panel", names(e.Parts), "Potassium: 4.1 mmol/L")
				}
				if e.Type == "Encounter" && e.Value != "General Hospital" {
					t.Errorf("the visit was at %q", e.Value)
				}
			}
		})
	}
}

func TestR38CasesOfLinks(t *testing.T) {
	for name, items := range map[string]func(*testing.T) []Item{
		"transaction": func(t *testing.T) []Item { return caseFile(t, "09-transaction-urn-uuid-no-ids.json", "north", 1) },
		"bulk": func(t *testing.T) []Item {
			list := caseFile(t, "10-bulk-medication-by-reference.ndjson", "north", 1)
			return slices.DeleteFunc(list, func(it Item) bool { return bytes.Contains(it.Record, []byte("pb2")) })
		},
		"own": func(t *testing.T) []Item {
			return lines("north",
				`{"resourceType":"Medication","id":"0f0e0d0c-0000-4000-8000-000000000002","code":{"text":"Warfarin 5 mg tablet"}}`,
				`{"resourceType":"MedicationRequest","id":"r","status":"active","intent":"order","medicationReference":{"reference":"urn:uuid:0f0e0d0c-0000-4000-8000-000000000002"},"authoredOn":"2024-05-01"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := Tell(items(t), Options{})
			if len(s.Now) != 1 || !strings.EqualFold(s.Now[0].Name, "warfarin sodium 5 MG Oral Tablet") && s.Now[0].Name != "Warfarin 5 mg tablet" {
				t.Errorf("now: %q", names(s.Now))
			}
			for _, c := range s.Chapters {
				for _, e := range c.Entries {
					if e.Name == "INR" {
						t.Error("the result is not under its report")
					}
				}
			}
		})
	}
}

func TestR38CasesOfProhibitions(t *testing.T) {
	for name, items := range map[string]func(*testing.T) []Item{
		"files": func(t *testing.T) []Item { return caseFile(t, "14-do-not-perform.json", "north", 1) },
		"own": func(t *testing.T) []Item {
			return lines("north",
				`{"resourceType":"ServiceRequest","id":"d","status":"active","intent":"order","doNotPerform":true,"code":{"text":"Cardiopulmonary resuscitation"},"authoredOn":"2024-05-01"}`,
				`{"resourceType":"ServiceRequest","id":"m","status":"active","intent":"proposal","code":{"text":"MRI brain"},"authoredOn":"2024-05-01"}`,
				`{"resourceType":"CarePlan","id":"c","status":"active","intent":"plan","title":"Ward plan","period":{"start":"2024-05-01"},"activity":[{"detail":{"status":"scheduled","doNotPerform":true,"code":{"text":"Oral feeding"}}},{"detail":{"status":"cancelled","code":{"text":"Physiotherapy"}}},{"detail":{"status":"entered-in-error","code":{"text":"Leeches"}}},{"detail":{"status":"completed","doNotPerform":true,"productCodeableConcept":{"text":"Aspirin"}}}]}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := Tell(items(t), Options{})
			expect(t, "now", names(s.Now), "not to be done: Cardiopulmonary resuscitation")
			expectText(t, s, []string{"directive not to be done: Cardiopulmonary resuscitation", "MRI brain · proposed", "not to be done: Oral feeding", "Physiotherapy (cancelled)"},
				"MRI brain · ordered", "Leeches")
			if name == "own" {
				expectText(t, s, []string{"not to be done: Aspirin (completed)"})
			}
		})
	}
}

func TestR38CasesOfSameness(t *testing.T) {
	var own []string
	for i, text := range []string{"Penicillin", "Sulfonamides"} {
		id := string('1' + rune(i))
		own = append(own,
			`{"resourceType":"AllergyIntolerance","id":"a`+id+`","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"416098002","display":"Allergy to drug (finding)"}],"text":"`+text+`"}}`,
			`{"resourceType":"Condition","id":"f`+id+`","clinicalStatus":{"coding":[{"code":"active"}]},"onsetDateTime":"2024-05-01","code":{"coding":[{"system":"http://snomed.info/sct","code":"125605004","display":"Fracture `+text+`"}]}}`,
			`{"resourceType":"Procedure","id":"p`+id+`","status":"completed","performedDateTime":"2024-05-01","code":{"coding":[{"system":"http://snomed.info/sct","code":"387713003"}],"text":"Operation `+text+`"}}`,
			`{"resourceType":"Observation","id":"b`+id+`","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"600-7","display":"Bacteria identified"}]},"specimen":{"display":"`+text+`"},"effectiveDateTime":"2024-05-01T08:00:00Z","valueString":"No growth"}`,
			`{"resourceType":"MedicationRequest","id":"m`+id+`","status":"active","intent":"order","authoredOn":"2024-05-01","medicationCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"763158003"}],"text":"Tablet `+text+`"}}`,
			`{"resourceType":"Immunization","id":"i`+id+`","status":"completed","occurrenceDateTime":"2024-05-01","vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"999"}],"text":"Vaccine `+text+`"}}`)
	}
	for name, items := range map[string]func(*testing.T) []Item{
		"files": func(t *testing.T) []Item { return caseFile(t, "16-merge-hides-second-allergy.json", "north", 1) },
		"own":   func(t *testing.T) []Item { return lines("north", own...) },
		"two sources": func(t *testing.T) (list []Item) {
			for i, r := range own {
				list = append(list, lines([]string{"north", "south"}[i/6], r)...)
			}
			return list
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := Tell(items(t), Options{})
			if got := all(s); len(got) != 12 || len(s.Now) != 6 {
				t.Errorf("%d facts of 12, %d now of 6: %q", len(got), len(s.Now), names(got))
			}
			for _, e := range all(s) {
				if len(e.Vouched) != 1 {
					t.Errorf("%s is vouched for by %d records", e.Name, len(e.Vouched))
				}
			}
		})
	}
}

func TestR38CasesOfNoneKnown(t *testing.T) {
	for name, items := range map[string]func(*testing.T) []Item{
		"files": func(t *testing.T) []Item { return caseFile(t, "19-no-known-codes.json", "north", 1) },
		"own": func(t *testing.T) []Item {
			return lines("north",
				`{"resourceType":"AllergyIntolerance","id":"1","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"409137002"}]}}`,
				`{"resourceType":"AllergyIntolerance","id":"2","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"coding":[{"system":"http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips","code":"no-allergy-info"}]}}`,
				`{"resourceType":"Condition","id":"3","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"160245001"}]}}`,
				`{"resourceType":"MedicationStatement","id":"4","status":"active","effectiveDateTime":"2024-05-01","medicationCodeableConcept":{"coding":[{"system":"http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips","code":"no-known-medications"}]}}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			list := items(t)
			s := Tell(list, Options{})
			expect(t, "now", names(s.Now))
			expect(t, "none known", names(s.Absent), "no current problems or disability", "no information about allergies", "no known drug allergy", "no known medicines")
			expectText(t, s, nil, "409137002", "160245001", "no-allergy", "no-known")
			// Beside a real allergy both are shown, and that they do not agree.
			list = append(list, lines("south", `{"resourceType":"AllergyIntolerance","id":"9","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Peanut"}}`)...)
			list = append(list, lines("south", `{"resourceType":"Condition","id":"8","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Asthma"}}`)...)
			s = Tell(list, Options{})
			expect(t, "now", names(s.Now), "Asthma", "Peanut")
			text := strings.Join(strings.Fields(s.Text(Page{Width: 200})), " ")
			last := -1 // each stands beside its kind
			for _, words := range []string{"Now allergy Peanut", "no known drug allergy, but see above", "problem Asthma", "no current problems or disability, but see above", "medicine no known medicines"} {
				at := strings.Index(text, words)
				if at <= last {
					t.Errorf("%q is not told in its place: %s", words, text)
				}
				last = at
			}
			expectText(t, s, nil, "medicines, but")
		})
	}
}

func TestR38CasesOfOneInstant(t *testing.T) {
	for name, items := range map[string]func(*testing.T) []Item{
		"files": func(t *testing.T) []Item {
			return append(caseFile(t, "27a-same-instant-source-a.json", "north", 1), caseFile(t, "27b-same-instant-source-b.json", "south", 1)...)
		},
		"own": func(t *testing.T) []Item {
			return append(lines("south", `{"resourceType":"Observation","id":"g","status":"final","code":{"text":"Glucose"},"effectiveDateTime":"2024-03-11T04:30:00Z","valueQuantity":{"value":5.40,"unit":"mmol/L"}}`),
				lines("north", `{"resourceType":"Observation","id":"g","status":"final","code":{"text":"Glucose"},"effectiveDateTime":"2024-03-10T23:30:00.000-05:00","valueQuantity":{"value":5.4,"unit":"mmol/L"}}`)...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			list := items(t)
			for range 2 {
				got := all(Tell(list, Options{}))
				if len(got) != 1 || got[0].When.Day != "2024-03-10" || got[0].When.Clock != "23:30" || len(got[0].Vouched) != 2 {
					t.Fatalf("%d facts: %+v", len(got), got)
				}
				for i := range list { // whoever comes first
					list[i].SourceName = map[string]string{"north": "south", "south": "north"}[list[i].SourceName]
				}
			}
		})
	}
}

func TestR38CasesOfNow(t *testing.T) {
	for name, items := range map[string]func(*testing.T) []Item{
		"files": func(t *testing.T) []Item { return caseFile(t, "29-now-lists-proposed-and-ended.json", "north", 1) },
		"own": func(t *testing.T) []Item {
			return lines("north",
				`{"resourceType":"MedicationRequest","id":"1","status":"active","intent":"proposal","medicationCodeableConcept":{"text":"Amiodarone"},"authoredOn":"2024-05-01"}`,
				`{"resourceType":"MedicationRequest","id":"2","status":"active","intent":"option","medicationCodeableConcept":{"text":"Digoxin"},"authoredOn":"2024-05-01"}`,
				`{"resourceType":"MedicationStatement","id":"3","status":"active","medicationCodeableConcept":{"text":"Amoxicillin 500 mg"},"effectivePeriod":{"start":"2015-02-01","end":"2015-02-08"}}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := Tell(items(t), Options{})
			expect(t, "now", names(append(s.Now, s.Unclear...)))
			expectText(t, s, []string{"Amiodarone", "· proposed", "· an option", "Amoxicillin 500 mg · ended 8 Feb 2015"}, "Now ")
		})
	}
}

func TestR38CasesOfDeletion(t *testing.T) {
	for name, items := range map[string]func(*testing.T) []Item{
		"files": func(t *testing.T) []Item { return caseFile(t, "35-history-with-delete.json", "north", 1) },
		"own": func(t *testing.T) []Item {
			return lines("north", `{"resourceType":"AllergyIntolerance","id":"a9","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Latex"}}`,
				withdraws("AllergyIntolerance/a9"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := Tell(items(t), Options{})
			expect(t, "now", names(append(s.Now, s.Unclear...)))
			expectText(t, s, []string{"1 record withdrawn by its source"}, "Latex", "rovenance")
			if s.Errors != 1 || s.Withdrawals != 1 {
				t.Errorf("%d withdrawn by %d", s.Errors, s.Withdrawals)
			}
		})
	}
}
