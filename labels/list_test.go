package labels

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

// TestR41AListIsWhatItLists: a list is of the part of what its code and all of its items
// say, and of none where they differ; one that says nothing of what it is about is never
// ordinary.
func TestR41AListIsWhatItLists(t *testing.T) {
	const unknown = `"code":{"coding":[{"system":"http://north.example/list","code":"L7"}]}`
	for more, want := range map[string]struct {
		c     stele.Category
		label string
	}{
		`"code":{"coding":[{"system":"http://loinc.org","code":"48765-2"}]}`:                                                              {stele.Allergies, "-"},
		`"code":{"coding":[{"code":"medications"}]},"entry":[{"item":{"display":"Ramipril"}}]`:                                            {stele.Medications, "-"},
		`"code":{"coding":[{"code":"medications"}]},"entry":[{"item":{"reference":"Condition/1"}}]`:                                       {stele.Other, "PDS"},
		`"title":"Liste der Allergien","entry":[{"item":{"reference":"AllergyIntolerance/1"}}]`:                                           {stele.Allergies, "-"},
		unknown + `,"entry":[{"item":{"reference":"http://x.example/fhir/Condition/1/_history/2"}},{"item":{"reference":"Condition/2"}}]`: {stele.Problems, "PDS"},
		unknown + `,"entry":[{"item":{"reference":"Condition/1"}},{"item":{"reference":"Procedure/2"}}]`:                                  {stele.Other, "PDS"},
		unknown + `,"entry":[{"item":{"reference":"urn:uuid:123e4567-e89b-12d3-a456-426614174000"}}]`:                                     {stele.Other, "PDS"},
		unknown + `,"entry":[{"item":{"display":"Penicillin"}}]`:                                                                          {stele.Other, "-"},
		unknown + `,"title":"Liste"`: {stele.Other, "-"},
		unknown:                      {stele.Other, "PDS"},
		unknown + `,"entry":[{"item":{"display":"Schizophrenia"}}]`:             {stele.Other, "PSY"},
		unknown + `,"note":[{"text":"Known allergies as told by the patient"}]`: {stele.Other, "-"},
	} {
		r := parse(t, `{"resourceType":"List","status":"current","mode":"working",`+more+`}`)
		if l := Default().Label(r, nil); l.Category != want.c || said(l) != want.label {
			t.Errorf("%s is %s %s, want %s %s", more, l.Category, said(l), want.c, want.label)
		}
	}
}

// A list whose code is not known is what the types of its items tell, as they are referred to,
// held within it or told beside it, and else what its title says, in eight languages: some
// sources have no code for it.
func TestR41AListWithoutAKnownCodeIsWhatItsTitleSays(t *testing.T) {
	entries := func(items string) string {
		return `"entry":[{"item":` + strings.Join(strings.Split(items, "|"), `},{"item":`) + `}]`
	}
	titled := func(s string) string { return `"title":"` + s + `",` + entries(`{"display":"X"}`) }
	within := func(types ...string) string {
		var c, i []string
		for n, typ := range types {
			id := string(rune('a' + n))
			c, i = append(c, `{"resourceType":"`+typ+`","id":"`+id+`"}`), append(i, `{"reference":"#`+id+`"}`)
		}
		return `"contained":[` + strings.Join(c, ",") + `],` + entries(strings.Join(i, "|"))
	}
	snomed := func(code string) string {
		return `"code":{"coding":[{"system":"http://snomed.info/sct","code":"` + code + `"}]}`
	}
	for want, all := range map[stele.Category][]string{
		stele.Allergies: {titled("Allergies"), titled("Allergien"), titled("Allergie au latex"), titled("Alergias"), titled("Elenco delle allergie"), titled("Allergieën"), titled("Alerjiler"),
			titled("Medication allergies"), titled("Arzneimittelallergien"), `"code":{"text":"Allergy list"},` + entries(`{"display":"X"}`),
			`"code":{"coding":[{"system":"http://north.example","code":"L7","display":"Allergies"}]},` + entries(`{"display":"X"}`),
			snomed("886921000000105"), snomed("1103671000000101"), within("AllergyIntolerance", "AllergyIntolerance"),
			entries(`{"type":"AllergyIntolerance","display":"X"}|{"type":"http://hl7.org/fhir/StructureDefinition/AllergyIntolerance"}`),
			`"title":"Medication",` + within("AllergyIntolerance"), entries(`{"reference":"urn:uuid:123e4567-e89b-12d3-a456-426614174000","type":"AllergyIntolerance"}`)},
		stele.Medications: {titled("Current medication"), titled("Aktuelle Medikation"), titled("Dauermedikamente"), titled("Médicaments"), titled("Medicación actual"), titled("Farmaci in uso"), titled("Medicijnen"),
			titled("Medicação atual"), titled("İlaçlar"), snomed("933361000000108"), within("MedicationStatement", "MedicationRequest")},
		stele.Problems:      {titled("Problems"), titled("Diagnosen"), snomed("717711000000103"), within("Condition"), within("Flag", "Condition")},
		stele.Immunizations: {snomed("1102181000000102")},
		stele.Other: {titled("Allergies and medication"), titled("Allergies/Medications"), titled("Family allergies"), titled("Medical history"), titled("Medicine ward"), titled("Summary"), within("AllergyIntolerance", "Condition"),
			`"contained":[{"resourceType":"Condition","id":"a"},{"resourceType":"AllergyIntolerance","id":"a"}],` + entries(`{"reference":"#a"}`), `"title":"Allergies",` + entries(`{"reference":"#a"}`),
			entries(`{"reference":"Condition/1","type":"AllergyIntolerance"}`), `"title":"Allergies",` + entries(`{"reference":"urn:uuid:123e4567-e89b-12d3-a456-426614174000"}`)},
	} {
		for _, more := range all {
			if got := Category(parse(t, `{"resourceType":"List","status":"current","mode":"working",`+more+`}`)); got != want {
				t.Errorf("%s is %s, want %s", more, got, want)
			}
		}
	}
}
