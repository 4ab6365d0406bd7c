package intake

import (
	"strings"
	"testing"

	"github.com/stele-health/stele/fhir"
)

// TestR37WhoTellsIsNotWhomItIsAbout has records that name patients as those who do, ask
// for or tell something: beside two patients they are nobody's, beside one they are hers
// unless it was another.
func TestR37WhoTellsIsNotWhomItIsAbout(t *testing.T) {
	for name, record := range map[string]string{
		"performer":          `{"resourceType":"Observation","id":"r","performer":[{"reference":"Patient/pb"}]}`,
		"author":             `{"resourceType":"DocumentReference","id":"r","author":[{"reference":"Patient/pb"}]}`,
		"source":             `{"resourceType":"QuestionnaireResponse","id":"r","source":{"reference":"Patient/pb"}}`,
		"requester":          `{"resourceType":"Task","id":"r","requester":{"reference":"Patient/pb"}}`,
		"recorder":           `{"resourceType":"Condition","id":"r","recorder":{"reference":"Patient/pb"}}`,
		"informationSource":  `{"resourceType":"MedicationStatement","id":"r","informationSource":{"reference":"Patient/pb"}}`,
		"a note's author":    `{"resourceType":"Observation","id":"r","note":[{"authorReference":{"reference":"Patient/pb"},"text":"x"}]}`,
		"sender":             `{"resourceType":"Communication","id":"r","sender":{"reference":"Patient/pb"}}`,
		"recipient":          `{"resourceType":"Communication","id":"r","recipient":[{"reference":"Patient/pb"}]}`,
		"agent":              `{"resourceType":"Provenance","id":"r","agent":[{"who":{"reference":"Patient/pb"}}]}`,
		"supporting":         `{"resourceType":"ServiceRequest","id":"r","supportingInfo":[{"reference":"Patient/pb"}]}`,
		"an extension":       `{"resourceType":"Observation","id":"r","extension":[{"url":"http://x.example/mother","valueReference":{"reference":"Patient/pb"}}]}`,
		"a relative of his":  `{"resourceType":"Observation","id":"r","performer":[{"reference":"RelatedPerson/rb"}]}`,
		"contained, of his":  `{"resourceType":"Observation","id":"r","contained":[{"resourceType":"Patient","id":"c","identifier":[{"system":"` + north + `","value":"MB-1"}]}],"performer":[{"reference":"#c"}]}`,
		"by his number":      `{"resourceType":"Observation","id":"r","performer":[{"type":"Patient","identifier":{"system":"` + north + `","value":"MB-1"}}]}`,
		"by his number, too": `{"resourceType":"Observation","id":"r","performer":[{"reference":"Patient?identifier=` + north + `|MB-1"}]}`,
	} {
		of := `{"resourceType":"RelatedPerson","id":"rb","patient":{"reference":"Patient/pb"}}`
		for _, c := range []struct {
			files []string
			want  string
		}{
			{[]string{patientA, patientB, of, record}, "pa>A pb>B rb>B r!"},
			{[]string{patientB, of, record}, "pb>B rb>B r>B"},
		} {
			p, entries := plan(t, table(), Asked{}, lines(c.files...))
			if got := tell(p, entries); got != c.want {
				t.Errorf("%s: got %s, want %s", name, got, c.want)
			}
		}
		if strings.Contains(record, "identifier") && !strings.Contains(record, "contained") { // the number is linked: he need not be here
			p, entries := plan(t, table(), Asked{}, lines(patientA, record))
			if got := tell(p, entries); got != "pa>A r!" {
				t.Errorf("%s, beside Ana alone: %s", name, got)
			}
		}
	}
	about := `{"resourceType":"Provenance","id":"r","target":[{"reference":"Patient/pb"}],"agent":[{"who":{"reference":"Patient/pb"}}]}`
	if p, entries := plan(t, table(), Asked{}, lines(patientA, patientB, about)); tell(p, entries) != "pa>A pb>B r>B" {
		t.Errorf("a Provenance of a Patient: %s", tell(p, entries))
	}
}

// TestR37NobodyIsTheOnlyOneOfWhatIsNotRead concludes nothing from a file of which a part
// could not be read.
func TestR37NobodyIsTheOnlyOneOfWhatIsNotRead(t *testing.T) {
	nameless := obs("o", "")
	for name, broken := range map[string]string{
		"a line":                       `{"resourceType":"Observation","id":"x","subject":{"reference":`,
		"no JSON":                      `Observation x`,
		"a subject that is no object":  obs("x", `"subject":"Patient/pb"`),
		"a type that nobody knows":     `{"resourceType":"Horoscope","id":"x","subject":{"reference":"Patient/pb"}}`,
		"a patient that is a text":     `{"resourceType":"AllergyIntolerance","id":"x","patient":"Patient/pb"}`,
		"a Bundle with a broken entry": `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Observation","id":7,"subject":{"reference":"Patient/pb"}},{}]}`,
	} {
		for _, file := range []string{lines(patientA, nameless, broken), lines(broken, patientA, nameless)} {
			p, entries := plan(t, table(), Asked{}, file)
			got := tell(p, entries)
			if !strings.Contains(got, "pa>A") || !strings.Contains(got, "o!") {
				t.Errorf("%s: %s", name, got)
			}
			p, entries = plan(t, table(), Asked{Subject: ana}, file)
			if got := tell(p, entries); !strings.Contains(got, "pa>A") || !strings.Contains(got, "o>A") {
				t.Errorf("%s, and Ana was named: %s", name, got)
			}
		}
	}
	// Cut off at its end.
	for _, torn := range []bool{false, true} {
		s := NewSurvey(table(), Asked{})
		f := s.File()
		for i, json := range []string{patientA, nameless} {
			r, err := fhir.Parse([]byte(json))
			if err != nil {
				t.Fatal(err)
			}
			f.Take(fhir.Entry{Index: i, Resource: r})
		}
		if torn {
			f.Break()
		}
		v := s.Decide().Of(0, 1)
		if (len(v.To) == 0) != torn || torn && !strings.Contains(v.Refused.String(), "could not be read") {
			t.Errorf("torn %v: %+v", torn, v)
		}
	}
	// Whom --patient names is named, and it is told what that goes by.
	stranger := strings.NewReplacer("MA-1", "MX-7", "Alvar", "Chen").Replace(patientA)
	p, entries := plan(t, table(), Asked{Subject: cleo}, lines(stranger, `{"resourceType":"Patient","id":`))
	if got := tell(p, entries); !strings.HasPrefix(got, "pa>C ") || !strings.Contains(p.Of(0, 0).Note, "could not be read") {
		t.Errorf("the only Patient of what could be read: %s, %q", got, p.Of(0, 0).Note)
	}
}

// TestR37WhatIsOfNoPatientEntersNoChart keeps out what everybody uses, and what reports
// on many.
func TestR37WhatIsOfNoPatientEntersNoChart(t *testing.T) {
	for _, typ := range strings.Fields(`ValueSet CodeSystem ConceptMap CapabilityStatement StructureDefinition Questionnaire PlanDefinition Library Measure
		NamingSystem SearchParameter OperationDefinition Subscription MeasureReport TestReport PaymentReconciliation ResearchStudy VerificationResult MedicationKnowledge`) {
		record := `{"resourceType":"` + typ + `","id":"d","status":"active"}`
		p, entries := plan(t, table(), Asked{}, lines(patientA, record, obs("o", "")))
		if got := tell(p, entries); got != "pa>A d! o>A" || !strings.Contains(p.Of(0, 1).Refused.String(), typ) {
			t.Errorf("%s: %s, %q", typ, got, p.Of(0, 1).Refused.String())
		}
		record = `{"resourceType":"` + typ + `","id":"d","subject":{"reference":"Patient/pa"}}`
		p, entries = plan(t, table(), Asked{Subject: ana}, lines(patientA, record, `{"resourceType":"Provenance","id":"v","target":[{"reference":"Patient/pa"},{"reference":"`+typ+`/d"}]}`))
		if got := tell(p, entries); got != "pa>A d! v>A" {
			t.Errorf("%s, and Ana was named: %s", typ, got)
		}
	}
}
