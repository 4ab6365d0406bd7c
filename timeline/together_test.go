package timeline_test

import (
	"testing"

	. "github.com/stele-health/stele/timeline"
)

func TestR16VersionsAndTheirWithdrawalsStandTogether(t *testing.T) {
	items := append(lines("A",
		note(`"versionId":"1"`, "Old"), note(`"versionId":"2"`, "Fresh"),
		`{"resourceType":"Provenance","activity":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-DataOperation","code":"DELETE"}]},"target":[{"reference":"AllergyIntolerance/a/_history/1"}]}`,
		`{"resourceType":"Condition","id":"a","code":{"text":"Asthma"}}`, `{"resourceType":"Condition","code":{"text":"Gout"}}`),
		lines("B", note(`"versionId":"3"`, "Another's"))...)
	var v Versions
	for _, it := range items {
		v.Add(it)
	}
	got := v.Together()
	for i, want := range []int{0, 0, 0, 3, 4, 5} { // the first of each group
		if got[i] != got[want] {
			t.Errorf("%d does not stand with %d: %v", i, want, got)
		}
		for j := range got {
			if j != i && got[j] == got[i] && i > 2 {
				t.Errorf("%d stands with %d: %v", i, j, got)
			}
		}
	}
}
