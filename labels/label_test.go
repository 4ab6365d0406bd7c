package labels

import (
	"testing"

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
	const icd, sct, ln = "http://hl7.org/fhir/sid/icd-10-cm", "http://snomed.info/sct", "http://loinc.org"
	for _, c := range []struct {
		src  string
		want Label
	}{
		{obs(`"category":[{"coding":[{"code":"vital-signs"}]}],"effectiveDateTime":"2019-07"`), Label{stele.Vitals, nil, 2019, "2019-07"}},
		{obs(`"category":[{"coding":[{"code":"laboratory"}]}],"effectivePeriod":{"start":"2018-01-02"},"issued":"2019-01-01T00:00:00Z"`), Label{stele.Results, nil, 2018, "2018-01-02"}},
		{obs(`"category":[{"coding":[{"code":"survey"}]}]`), Label{stele.SocialHistory, nil, 0, ""}},
		{`{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"82810-3"}]},"category":[{"coding":[{"code":"laboratory"}]}]}`, Label{stele.Pregnancy, sens(stele.SEX), 0, ""}},
		{coded("Observation", ln, "56888-1"), Label{stele.Results, sens(stele.HIV), 0, ""}},
		{coded("Condition", icd, "F10.20"), Label{stele.Problems, sens(stele.SUD), 0, ""}},
		{coded("Condition", icd, "F17.210"), Label{stele.Problems, nil, 0, ""}},
		{coded("Condition", icd, "F32.9"), Label{stele.Problems, sens(stele.PSY), 0, ""}},
		{coded("Condition", icd, "B20"), Label{stele.Problems, sens(stele.HIV), 0, ""}},
		{coded("Condition", icd, "A53.9"), Label{stele.Problems, sens(stele.STD), 0, ""}},
		{coded("Condition", icd, "T74.11XA"), Label{stele.Problems, sens(stele.SDV), 0, ""}},
		{coded("Condition", icd, "Q90.9"), Label{stele.Problems, sens(stele.GDIS), 0, ""}},
		{coded("Condition", "http://hl7.org/fhir/sid/icd-9-cm", "305.00"), Label{stele.Problems, sens(stele.SUD), 0, ""}},
		{coded("Condition", "http://hl7.org/fhir/sid/icd-9-cm", "305.1"), Label{stele.Problems, nil, 0, ""}},
		{coded("Condition", icd, "I10"), Label{stele.Problems, nil, 0, ""}},
		{coded("Condition", sct, "7200002"), Label{stele.Problems, sens(stele.SUD), 0, ""}},
		{`{"resourceType":"MedicationRequest","medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"351266","display":"Buprenorphine 8 MG / Naloxone 2 MG"}]},"authoredOn":"2020-05-05"}`, Label{stele.Medications, sens(stele.ETH, stele.SUD), 2020, "2020-05-05"}},
		{`{"resourceType":"Condition","code":{"text":"Alcohol dependence, in remission"}}`, Label{stele.Problems, sens(stele.SUD), 0, ""}},
		{`{"resourceType":"Condition","code":{"text":"Archived aidses"}}`, Label{stele.Problems, nil, 0, ""}},
		{`{"resourceType":"Condition","code":{"text":"Archived aidses"},"note":[{"text":"HIV"}]}`, Label{stele.Problems, sens(stele.HIV), 0, ""}},
		{`{"resourceType":"Condition","code":{"text":"Gout"},"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSY"},{"code":"ETHUD"}]}}`, Label{stele.Problems, sens(stele.ETH, stele.PSY, stele.SUD), 0, ""}},
		{`{"resourceType":"DiagnosticReport","code":{"text":"Chest"},"category":[{"coding":[{"code":"LP29684-5"}]}]}`, Label{stele.Imaging, nil, 0, ""}},
		{`{"resourceType":"DiagnosticReport","code":{"text":"Evaluation"},"category":[{"coding":[{"code":"34117-2"}]}]}`, Label{stele.Documents, nil, 0, ""}},
		{`{"resourceType":"DiagnosticReport","code":{"text":"Lipids"},"category":[{"coding":[{"code":"LAB"}]}]}`, Label{stele.Results, nil, 0, ""}},
		{`{"resourceType":"Consent","scope":{"coding":[{"code":"adr"}]}}`, Label{stele.AdvanceDirectives, nil, 0, ""}},
		{`{"resourceType":"Patient","birthDate":"1980-01-01"}`, Label{stele.Demographics, nil, 0, ""}},
		{`{"resourceType":"Location","name":"x","type":[{"text":"mental health centre"}]}`, Label{stele.Providers, nil, 0, ""}},
		{`{"resourceType":"Basic"}`, Label{stele.Other, sens(stele.Unclassified), 0, ""}},
	} {
		if diff := cmp.Diff(c.want, Default().Label(parse(t, c.src), nil)); diff != "" {
			t.Errorf("%s\n%s", c.src, diff)
		}
	}
}
