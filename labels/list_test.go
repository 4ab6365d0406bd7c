package labels

import (
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
