package labels

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// parse reads a resource of a test.
func parse(t testing.TB, src string) *fhir.Resource {
	t.Helper()
	r, err := fhir.Parse([]byte(src))
	if err != nil {
		t.Fatalf("%v: %s", err, src)
	}
	return r
}

func sens(s ...stele.Sensitivity) []stele.Sensitivity { return s }

func TestLabel(t *testing.T) {
	obs := func(rest string) string {
		return `{"resourceType":"Observation","status":"final","code":{"text":"Sodium"},` + rest + `}`
	}
	coded := func(typ, system, code string) string {
		return `{"resourceType":"` + typ + `","code":{"coding":[{"system":"` + system + `","code":"` + code + `"}]}}`
	}
	const letter = `"type":{"text":"Letter"},"content":[{"attachment":{"contentType":"text/plain","data":"aGVsbG8ga25lZQ=="}}]`
	const section = `"type":{"text":"Letter"},"title":"Knee","section":[{"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">Knee pain</div>"}}]`
	const icd, sct, ln = "http://hl7.org/fhir/sid/icd-10-cm", "http://snomed.info/sct", "http://loinc.org"
	for _, c := range []struct {
		src  string
		want Label
	}{
		{obs(`"category":[{"coding":[{"code":"vital-signs"}]}],"effectiveDateTime":"2019-07"`), Label{stele.Vitals, nil, 2019, "2019-07", false}},
		{obs(`"category":[{"coding":[{"code":"laboratory"}]}],"effectivePeriod":{"start":"2018-01-02"},"issued":"2019-01-01T00:00:00Z"`), Label{stele.Results, nil, 2018, "2018-01-02", false}},
		{obs(`"category":[{"coding":[{"code":"survey"}]}]`), Label{stele.SocialHistory, nil, 0, "", false}},
		{`{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"82810-3"}]},"category":[{"coding":[{"code":"laboratory"}]}]}`, Label{stele.Pregnancy, sens(stele.SEX), 0, "", false}},
		{coded("Observation", ln, "56888-1"), Label{stele.Results, sens(stele.HIV), 0, "", false}},
		{`{"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Composition","type":{"coding":[{"system":"http://loinc.org","code":"60591-5"}]}}}]}`, Label{stele.Summary, sens(stele.Unclassified), 0, "", true}},
		{coded("Condition", icd, "F10.20"), Label{stele.Problems, sens(stele.SUD), 0, "", false}},
		{coded("Condition", icd, "F17.210"), Label{stele.Problems, nil, 0, "", false}},
		{coded("Condition", icd, "F32.9"), Label{stele.Problems, sens(stele.PSY), 0, "", false}},
		{coded("Condition", icd, "B20"), Label{stele.Problems, sens(stele.HIV), 0, "", false}},
		{coded("Condition", icd, "A53.9"), Label{stele.Problems, sens(stele.STD), 0, "", false}},
		{coded("Condition", icd, "T74.11XA"), Label{stele.Problems, sens(stele.SDV), 0, "", false}},
		{coded("Condition", icd, "Q90.9"), Label{stele.Problems, sens(stele.GDIS), 0, "", false}},
		{coded("Condition", "http://hl7.org/fhir/sid/icd-9-cm", "305.00"), Label{stele.Problems, sens(stele.SUD), 0, "", false}},
		{coded("Condition", "http://hl7.org/fhir/sid/icd-9-cm", "305.1"), Label{stele.Problems, nil, 0, "", false}},
		{coded("Condition", icd, "I10"), Label{stele.Problems, nil, 0, "", false}},
		{coded("Condition", sct, "7200002"), Label{stele.Problems, sens(stele.SUD), 0, "", false}},
		{`{"resourceType":"MedicationRequest","medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"351266","display":"Buprenorphine 8 MG / Naloxone 2 MG"}]},"authoredOn":"2020-05-05"}`, Label{stele.Medications, sens(stele.ETH, stele.SUD), 2020, "2020-05-05", false}},
		{`{"resourceType":"Condition","code":{"text":"Alcohol dependence, in remission"}}`, Label{stele.Problems, sens(stele.SUD), 0, "", false}},
		{`{"resourceType":"Condition","code":{"text":"Archived aidses"}}`, Label{stele.Problems, nil, 0, "", false}},
		{`{"resourceType":"Condition","code":{"text":"Archived aidses"},"note":[{"text":"HIV"}]}`, Label{stele.Problems, sens(stele.HIV), 0, "", false}},
		{`{"resourceType":"Condition","code":{"text":"Gout"},"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSY"},{"code":"ETHUD"}]}}`, Label{stele.Problems, sens(stele.ETH, stele.PSY, stele.SUD), 0, "", false}},
		{`{"resourceType":"Condition","code":{"text":"Gout"},"meta":{"security":[{"display":"restricted"}]}}`, Label{stele.Problems, sens(stele.Unclassified), 0, "", false}},
		{`{"resourceType":"DocumentReference",` + letter + `,"securityLabel":[{"coding":[{"code":"V"}]}]}`, Label{stele.Documents, sens(stele.Unclassified), 0, "", false}},
		{`{"resourceType":"DocumentReference",` + letter + `,"securityLabel":[{"coding":[{"code":"N"},{"code":"PSY"}]}]}`, Label{stele.Documents, sens(stele.PSY), 0, "", false}},
		{`{"resourceType":"DocumentReference",` + letter + `,"securityLabel":[{"text":"not to be shown to the family"}]}`, Label{stele.Documents, sens(stele.Unclassified), 0, "", false}},
		{`{"resourceType":"DocumentReference",` + letter + `,"securityLabel":[{"coding":[{"code":"N"}]}]}`, Label{stele.Documents, nil, 0, "", false}},
		{`{"resourceType":"Composition",` + section + `,"confidentiality":"R"}`, Label{stele.Documents, sens(stele.Unclassified), 0, "", false}},
		{`{"resourceType":"Composition",` + section + `,"confidentiality":"N"}`, Label{stele.Documents, nil, 0, "", false}},
		{`{"resourceType":"DiagnosticReport","code":{"text":"Chest"},"category":[{"coding":[{"code":"LP29684-5"}]}]}`, Label{stele.Imaging, nil, 0, "", false}},
		{`{"resourceType":"DiagnosticReport","code":{"text":"Evaluation"},"category":[{"coding":[{"code":"34117-2"}]}]}`, Label{stele.Documents, nil, 0, "", false}},
		{`{"resourceType":"DiagnosticReport","code":{"text":"Lipids"},"category":[{"coding":[{"code":"LAB"}]}]}`, Label{stele.Results, nil, 0, "", false}},
		{`{"resourceType":"Consent","scope":{"coding":[{"code":"adr"}]}}`, Label{stele.AdvanceDirectives, nil, 0, "", false}},
		{`{"resourceType":"Consent","scope":{"coding":[{"code":"treatment"}]},"category":[{"coding":[{"code":"dnr"}]}]}`, Label{stele.AdvanceDirectives, nil, 0, "", false}},
		{`{"resourceType":"Consent","scope":{"coding":[{"code":"treatment"}]},"category":[{"text":"Refusal of transfusion"}],"provision":{"type":"permit","provision":[{"type":"deny"}]}}`, Label{stele.AdvanceDirectives, nil, 0, "", false}},
		{`{"resourceType":"Consent","scope":{"coding":[{"code":"treatment"}]},"category":[{"text":"Surgery"}],"provision":{"type":"permit"}}`, Label{stele.Other, nil, 0, "", false}},
		{`{"resourceType":"Consent","scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"Sharing"}],"provision":{"type":"deny"}}`, Label{stele.Other, nil, 0, "", false}},
		{`{"resourceType":"DocumentReference","type":{"coding":[{"system":"http://loinc.org","code":"42349-1","display":"Reason for referral"}],"text":"Reason for referral"}}`, Label{stele.Documents, sens(stele.Unclassified), 0, "", true}},
		{`{"resourceType":"Patient","birthDate":"1980-01-01"}`, Label{stele.Demographics, nil, 0, "", false}},
		{`{"resourceType":"Location","name":"x","type":[{"text":"mental health centre"}]}`, Label{stele.Providers, nil, 0, "", false}},
		{`{"resourceType":"Basic"}`, Label{stele.Other, sens(stele.Unclassified), 0, "", true}},
	} {
		if diff := cmp.Diff(c.want, Default().Label(parse(t, c.src), nil)); diff != "" {
			t.Errorf("%s\n%s", c.src, diff)
		}
	}
}

func mustParse(v any) *fhir.Resource {
	src, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	r, err := fhir.Parse(src)
	if err != nil {
		panic(err)
	}
	return r
}

func parseT(t interface{ Fatal(...any) }, src string) *fhir.Resource {
	r, err := fhir.Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestR41CaseNationalICD10 is case 25: ICD-10-GM of a German hospital, which no
// plain grant may open. Its own file is tried where it is there.
func TestR41CaseNationalICD10(t *testing.T) {
	of := func(code, text string) string {
		return `{"resourceType":"Condition","code":{"coding":[{"system":"http://fhir.de/CodeSystem/bfarm/icd-10-gm","version":"2024","code":"` + code + `"}],"text":"` + text + `"},"subject":{"reference":"Patient/p"}}`
	}
	for _, c := range []struct {
		src  string
		want stele.Sensitivity
	}{
		{of("B24", "Erworbene Krankheit"), stele.HIV}, {of("F11.2", "Abhängigkeit"), stele.SUD},
		{of("F25.0", "Störung"), stele.PSY}, {of("F12.1", "Gebrauch"), stele.SUD},
	} {
		if got := Default().Label(parse(t, c.src), nil).Sensitivity; !slices.Contains(got, c.want) {
			t.Errorf("%s is %v", c.src, got)
		}
	}
	file := "../../shared/cases/fhir/25-national-icd10-not-sensitive.json"
	src, err := os.Open(file)
	if err != nil {
		t.Skipf("%s is not here", file)
	}
	defer src.Close()
	want := map[string]stele.Sensitivity{"c0": stele.HIV, "c1": stele.SUD, "c2": stele.PSY, "c3": stele.SUD}
	for reader := fhir.NewReader(src); ; {
		e, err := reader.Next()
		if err != nil {
			break
		}
		s, ok := want[e.Resource.ID()]
		if got := Default().Label(e.Resource, nil).Sensitivity; ok && !slices.Contains(got, s) {
			t.Errorf("%s is %v, want %s", e.Resource.Name(), got, s)
		}
		delete(want, e.Resource.ID())
	}
	if len(want) > 0 {
		t.Errorf("the file did not hold %v", want)
	}
}

// TestR41WhatCannotBeReadIsNeverOrdinary goes through the ways in which a record
// can hide what it is about.
func TestR41WhatCannotBeReadIsNeverOrdinary(t *testing.T) {
	const local = `{"coding":[{"system":"http://x.example/codes","code":"17"}]}`
	pdf := `{"contentType":"application/pdf","data":"JVBERi0xLjQ="}`
	text := func(s string) string {
		return `{"contentType":"text/plain; charset=utf-8","data":"` + base64.StdEncoding.EncodeToString([]byte(s)) + `"}`
	}
	for _, c := range []struct{ src, want string }{
		{`{"resourceType":"Condition","code":` + local + `}`, "PDS"},
		{`{"resourceType":"Condition"}`, "PDS"},
		{`{"resourceType":"Condition","code":{"coding":[{"system":"http://x.example/codes","code":"17","display":"17"}]}}`, "PDS"},
		{`{"resourceType":"Condition","code":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"masked"}]}}`, "PDS"},
		{`{"resourceType":"Condition","language":"fi","code":{"text":"Masennustila"}}`, "PDS"}, // a language without words
		{`{"resourceType":"Condition","code":{"text":"Депрессия"}}`, "PDS"},                    // letters without words
		{`{"resourceType":"Condition","code":{"text":"Verkalkung"}}`, "-"},
		{`{"resourceType":"Observation","code":` + local + `}`, "PDS"},
		{`{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"2951-2"}]}}`, "-"},
		{`{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"2951-2"}]},"component":[{"code":` + local + `}]}`, "PDS"},
		{`{"resourceType":"Condition","code":{"text":"Gout"},"text":{"div":"<div>Abh&auml;ngigkeitssyndrom</div>"}}`, "SUD"},
		{`{"resourceType":"Condition","code":{"text":"Gout"},"text":{"div":"<div><p class=\"psychiatric\">toe</p></div>"}}`, "-"},
		{`{"resourceType":"DocumentReference","type":{"coding":[{"system":"http://loinc.org","code":"18842-5"}]},"content":[{"attachment":` + pdf + `}]}`, "PDS"},
		{`{"resourceType":"DocumentReference","content":[{"attachment":` + text("Knee is well, patient walks") + `}]}`, "-"},
		{`{"resourceType":"DocumentReference","content":[{"attachment":` + text("Knee is well. Schizophrenia known.") + `}]}`, "PSY"},
		{`{"resourceType":"DocumentReference","content":[{"attachment":` + text("Knee is well") + `},{"attachment":` + pdf + `}]}`, "PDS"},
		{`{"resourceType":"DocumentReference","content":[{"attachment":{"contentType":"text/plain","url":"Binary/1"}}]}`, "PDS"},
		{`{"resourceType":"Binary","contentType":"application/pdf","data":"JVBERi0xLjQ="}`, "PDS"},
		{`{"resourceType":"Binary","contentType":"application/pkcs7-mime","data":"MIAGCSqG"}`, "PDS"},
		{`{"resourceType":"Binary","contentType":"text/plain","data":"` + base64.StdEncoding.EncodeToString([]byte("cleared for HIV research")) + `"}`, "HIV"},
		{`{"resourceType":"Media","content":{"contentType":"image/png","data":"iVBO"}}`, "PDS"},
		{`{"resourceType":"DiagnosticReport","code":{"coding":[{"system":"http://loinc.org","code":"11502-2"}]},"presentedForm":[` + pdf + `]}`, "PDS"},
		{`{"resourceType":"DiagnosticReport","code":{"coding":[{"system":"http://loinc.org","code":"58410-2"}]},"presentedForm":[` + pdf + `]}`, "-"},
		{`{"resourceType":"MedicationRequest","medicationReference":{"reference":"Medication/1"}}`, "PDS"},
		{`{"resourceType":"MedicationRequest","medicationReference":{"reference":"Medication/1","display":"Ramipril"}}`, "-"},
		{`{"resourceType":"MedicationRequest","contained":[{"resourceType":"Medication","id":"m","code":{"text":"Methadone"}}],"medicationReference":{"reference":"#m"}}`, "SUD"},
		{`{"resourceType":"MedicationRequest","contained":[{"resourceType":"Medication","id":"m","code":` + local + `}],"medicationReference":{"reference":"#m"}}`, "PDS"},
		{`{"resourceType":"QuestionnaireResponse","item":[{"linkId":"1","answer":[{"valueCoding":{"code":"a"}}]}]}`, "PDS"},
		{`{"resourceType":"Claim","item":[{"sequence":1,"productOrService":{"coding":[{"system":"http://www.ama-assn.org/go/cpt","code":"90837"}]}}]}`, "PDS"},
		{`{"resourceType":"Encounter","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"}}`, "-"},
		{`{"resourceType":"Encounter","serviceType":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/service-type","code":"142"}]}}`, "PSY"},
		{`{"resourceType":"Encounter","serviceProvider":{"display":"Klinik für Psychiatrie und Psychotherapie"}}`, "PSY"},
		{`{"resourceType":"Encounter","class":{"code":"AMB"},"reasonCode":[` + local + `]}`, "PDS"},
		{`{"resourceType":"Condition","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]},"code":{"text":"Gout"}}`, "PDS"},
		{`{"resourceType":"Condition","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]},"code":{"text":"HIV"}}`, "HIV"},
		{`{"resourceType":"Condition","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"V"}]},"code":{"text":"HIV"}}`, "HIV,PDS"},
		{`{"resourceType":"Condition","meta":{"security":[{"system":"http://x.example/labels","code":"SECRET"}]},"code":{"text":"Gout"}}`, "PDS"},
		{`{"resourceType":"Condition","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"N"}]},"code":{"text":"Gout"}}`, "-"},
	} {
		l, why := Default().Explain(parse(t, c.src), nil)
		if got := said(l); got != c.want {
			t.Errorf("%s\nis %s, want %s: %v", c.src, got, c.want, why)
		}
	}
}

// TestR41WhatARecordRefersToForItsMeaningCounts: an order says what its
// Medication says.
func TestR41WhatARecordRefersToForItsMeaningCounts(t *testing.T) {
	order := parse(t, `{"resourceType":"MedicationRequest","medicationReference":{"reference":"Medication/1"}}`)
	ingredient := parse(t, `{"resourceType":"Medication","id":"2","code":{"text":"Methadone"}}`)
	for medication, want := range map[string]string{
		`{"resourceType":"Medication","id":"1","code":{"text":"Methadone"}}`:                                   "SUD",
		`{"resourceType":"Medication","id":"1","code":{"text":"Ramipril"}}`:                                    "-",
		`{"resourceType":"Medication","id":"1","code":{"coding":[{"system":"http://x.example","code":"1"}]}}`:  "PDS",
		`{"resourceType":"Medication","id":"1","ingredient":[{"itemCodeableConcept":{"text":"Olanzapine"}}]}`:  "PSY",
		`{"resourceType":"Medication","id":"1","ingredient":[{"itemReference":{"reference":"Medication/1"}}]}`: "PDS", // itself
		`{"resourceType":"Medication","id":"1","ingredient":[{"itemReference":{"reference":"Medication/2"}}]}`: "SUD", // and what it is made of
	} {
		m := parse(t, medication)
		resolve := func(ref string) []*fhir.Resource {
			switch ref {
			case "Medication/1":
				return []*fhir.Resource{m}
			case "Medication/2":
				return []*fhir.Resource{ingredient}
			}
			return nil
		}
		if got := said(Default().Label(order, resolve)); got != want {
			t.Errorf("%s: %s, want %s", medication, got, want)
		}
	}
	report := parse(t, `{"resourceType":"DiagnosticReport","code":{"text":"Serology"},"result":[{"reference":"Observation/1"}]}`)
	result := parse(t, `{"resourceType":"Observation","id":"1","code":{"coding":[{"system":"http://loinc.org","code":"56888-1"}]}}`)
	if got := said(Default().Label(report, func(string) []*fhir.Resource { return []*fhir.Resource{result} })); got != "HIV" {
		t.Errorf("a report with an HIV test is %s", got)
	}
}

// TestR41TheWorstCaseIsThePatientsAndTheClinics: what cannot be classified
// counts as she chose, by section, and as the source's kind of clinic says.
func TestR41TheWorstCaseIsThePatientsAndTheClinics(t *testing.T) {
	const pdf = `{"resourceType":"DocumentReference","content":[{"attachment":{"contentType":"application/pdf","data":"JVBERi0="}}]}`
	const local = `{"resourceType":"Condition","code":{"coding":[{"code":"x1"}]}}`
	const visit = `{"resourceType":"Encounter","class":{"code":"AMB"}}`
	const sodium = `{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"2951-2"}]}}`
	chosen := []WorstCase{{"", sens(stele.PSY)}, {stele.Documents, sens(stele.HIV, stele.SUD)}}
	for _, c := range []struct {
		src    string
		source Source
		want   string
	}{
		{pdf, Source{}, "PDS"}, {local, Source{}, "PDS"}, {visit, Source{}, "-"}, {sodium, Source{}, "-"},
		{pdf, Source{Unclassified: chosen}, "HIV,SUD"}, {local, Source{Unclassified: chosen}, "PSY"}, {sodium, Source{Unclassified: chosen}, "-"},
		{pdf, Source{Clinics: []string{"mental-health"}}, "PSY"}, {visit, Source{Clinics: []string{"mental-health"}}, "PSY"},
		{sodium, Source{Clinics: []string{"mental-health"}}, "-"}, {visit, Source{Clinics: []string{"hiv"}}, "HIV"},
		{pdf, Source{Clinics: []string{"sexual-health"}, Unclassified: chosen}, "HIV,SEX,STD,SUD"},
		{sodium, Source{Clinics: []string{"substance-use"}}, "SUD"}, {local, Source{Clinics: []string{"hiv", "violence"}}, "HIV,SDV"},
	} {
		p, err := Default().For(c.source)
		if err != nil {
			t.Fatal(err)
		}
		if got := said(p.Label(parse(t, c.src), nil)); got != c.want {
			t.Errorf("%s of %v is %s, want %s", c.src, c.source, got, c.want)
		}
	}
	for _, bad := range []Source{
		{Clinics: []string{"dentist"}}, {Unclassified: []WorstCase{{"", nil}}}, {Unclassified: []WorstCase{{"x", sens(stele.PSY)}}},
		{Unclassified: []WorstCase{{"", sens("N")}}}, {Unclassified: []WorstCase{{"", sens(stele.PSY, stele.PSY)}}},
	} {
		if _, err := Default().For(bad); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// TestEveryTypeHasItsCategory: what warns is in the first view.
func TestEveryTypeHasItsCategory(t *testing.T) {
	for typ, want := range map[string]stele.Category{
		"Flag": stele.Problems, "AdverseEvent": stele.Allergies, "DetectedIssue": stele.Medications, "ClinicalImpression": stele.Functional,
		"RiskAssessment": stele.Problems, "QuestionnaireResponse": stele.SocialHistory, "Communication": stele.Documents,
	} {
		if got := Category(parse(t, `{"resourceType":"`+typ+`"}`)); got != want {
			t.Errorf("%s is in %s, want %s", typ, got, want)
		}
	}
	if got := Category(parse(t, `{"resourceType":"Observation","category":[{"coding":[{"system":"http://x.example","code":"foo"}]}]}`)); got != stele.Results {
		t.Errorf("an Observation of an unknown category is in %s", got)
	}
}

// TestLabelsStayLinear: nobody's long text stops an import.
func TestLabelsStayLinear(t *testing.T) {
	const n = 20_000
	for _, text := range []string{"<style>", "</style", "<style></x>", "<p title=\"", "<a>", "<text>", "<coding><code value='B20'/>", "Content-", "{\"a\":", "F20.0 ", "ﬁ\u200eН"} {
		for _, kind := range []string{"text/plain", "text/html", "text/xml", "application/json"} {
			body := strings.Repeat(text, n)
			r, start := parse(t, `{"resourceType":"Binary","contentType":"`+kind+`","data":"`+base64.StdEncoding.EncodeToString([]byte(body))+`"}`), time.Now()
			Default().Label(r, nil)
			Default().Explain(r, nil)
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%q as %s took %s", text, kind, took)
			}
		}
	}
	for _, text := range []string{"hearing aids ", "alcohol ", "hiv ", "a ", "trouble de l ", "<b>hiv", "&amp;", "aids-"} {
		for _, src := range []string{
			`{"resourceType":"Condition","code":{"text":"` + strings.Repeat(text, n) + `"}}`,
			`{"resourceType":"Condition","text":{"div":"` + strings.Repeat(text, n) + `"}}`,
		} {
			r, start := parse(t, src), time.Now()
			Default().Label(r, nil)
			Default().Explain(r, nil)
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%q took %s", text, took)
			}
		}
	}
}
