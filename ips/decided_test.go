package ips_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/timeline"
)

// TestR38ADirectiveThatWasTakenBackIsNotToldByTheSummary: a summary of ours that was made of it is of its day; with the record here, standing
// or withdrawn, it says nothing of its own. Where the record did not come, it does.
func TestR38ADirectiveThatWasTakenBackIsNotToldByTheSummary(t *testing.T) {
	dnr := `{"resourceType":"Consent","id":"dnr","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"adr"}]},"category":[{"text":"Do not resuscitate"}],"patient":{"reference":"Patient/p"},"dateTime":"2026-11-20"}`
	records := chart(t, patient, allergy("a", "Penicillin", ""), dnr)
	summary := itemsOf(t, []byte(`{"entry":[{"resource":`+made(t, records)+`}]}`), "Northside Hospital", 100)
	inactive := item([]byte(strings.Replace(dnr, `"active"`, `"inactive"`, 1)), "Northside Hospital", 200)
	inactive.Label.Category = stele.AdvanceDirectives
	for name, c := range map[string]struct {
		items []timeline.Item
		told  int
	}{
		"it stands":       {append(records[:3:3], summary...), 0},
		"inactive since":  {append(append(records[:3:3], inactive), summary...), 0},
		"it did not come": {append(records[:2:2], summary...), 1},
	} {
		told := 0
		story := timeline.Tell(c.items, timeline.Options{At: today, Kinds: stele.Categories()})
		for _, e := range story.Unclear {
			if e.Type == "Bundle" {
				told++
			}
		}
		if told != c.told {
			t.Errorf("%s: told %d times by the summary\n%s", name, told, story.Text(timeline.Page{Width: 100}))
		}
	}
}
