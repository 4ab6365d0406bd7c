package ips_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/timeline"
)

// TestR38ASummaryBesideItsRecordsSaysNothingOfItsOwn: in a chart that has the records it was made of, a
// delivered summary is a document; an allergy that was refuted since, it does not bring back. What it
// tells and no record here does is told as its word: of a part of the chart that was not opened, and of a
// summary from elsewhere.
func TestR38ASummaryBesideItsRecordsSaysNothingOfItsOwn(t *testing.T) {
	const grave = `,"criticality":"high","reaction":[{"manifestation":[{"text":"Anaphylaxis"}],"severity":"severe"}]`
	stopped := `{"resourceType":"MedicationStatement","id":"q","status":"stopped","statusReason":[{"text":"allergic reaction to clarithromycin"}],"medicationCodeableConcept":{"text":"Clarithromycin"},"subject":{"reference":"Patient/p"}}`
	records := chart(t, patient, allergy("a", "Penicillin", grave), allergy("b", "Penicillin V", ""), stopped, order("m", "Warfarin 5 mg", "active", ""))
	summary := itemsOf(t, []byte(`{"entry":[{"resource":`+made(t, records)+`}]}`), "Northside Hospital", 100)
	if summary[0].Label.Category != stele.Summary {
		t.Fatalf("a summary is labelled %s", summary[0].Label.Category)
	}
	refutes := item([]byte(allergy("a", "Penicillin", grave+refuted)), "Northside Hospital", 2)
	refutes.Label.Category = stele.Allergies
	const word = "in a summary made by Northside Hospital on 30 Nov 2026: "
	for name, c := range map[string]struct {
		items  []timeline.Item
		tells  []string // under "May be so"
		silent string
	}{
		"all of them":        {records, []string{"Clarithromycin"}, word},
		"refuted since":      {append(append([]timeline.Item{records[0]}, refutes), records[2:]...), []string{"Clarithromycin"}, word},
		"a part":             {append(append([]timeline.Item{}, records[0], records[1]), records[3:]...), []string{word + "Penicillin V"}, "Anaphylaxis"},
		"nothing else":       {nil, []string{word + "Penicillin: Anaphylaxis, severe (high criticality); Penicillin V; Clarithromycin (stopped: allergic reaction to clarithromycin)"}, "since"},
		"of other allergies": {itemsOf(t, []byte(`{"entry":[{"resource":`+allergy("z", "Latex", "")+`}]}`), "Lakeview Hospital", 50), []string{word + "Penicillin: Anaphylaxis"}, "entry"},
	} {
		var lines []string
		story := timeline.Tell(append(append([]timeline.Item{}, c.items...), summary...), timeline.Options{At: today, Kinds: stele.Categories()})
		text := strings.Join(strings.Fields(story.Text(timeline.Page{Width: 80})), " ")
		for _, e := range story.Unclear {
			lines = append(lines, e.Name+": "+strings.Join(e.Harms, "; "))
		}
		_, unclear, _ := strings.Cut(text, "May be so: see the record")
		unclear, _, _ = strings.Cut(unclear, "30 Nov summary")
		for _, tells := range c.tells {
			if !strings.Contains(unclear, tells) {
				t.Errorf("%s: %q is not told: %s", name, tells, lines)
			}
		}
		if strings.Contains(unclear, c.silent) || !strings.Contains(text, "Patient summary · Allergies and intolerances, Medicines, Problems") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// TestR38ASummaryFromElsewhereIsToldAsItsWord: by who wrote it, whether its section has a text, lists
// records without one, or calls itself empty and is not.
func TestR38ASummaryFromElsewhereIsToldAsItsWord(t *testing.T) {
	for name, c := range map[string]struct{ section, tells string }{
		"a text":         {`"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><ul><li>Latex: hives</li><li>No known food allergies</li></ul></div>"}`, "Latex: hives"},
		"records alone":  {`"entry":[{"reference":"urn:uuid:0f1e2d3c-0000-4000-8000-000000000002"}]`, "Wasp venom"},
		"empty, it says": {`"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Latex</p></div>"},"emptyReason":{"coding":[{"code":"unavailable"}]}`, "Latex"},
		"a part of it tells that nothing is listed": {`"text":{"status":"additional","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Nothing is listed here of allergies. That is not the same as none: ask.</p></div>"}`, ""},
		"nothing is known":                          {`"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>No information about allergies</p></div>"}`, ""},
	} {
		doc := `{"resourceType":"Bundle","type":"document","timestamp":"2026-03-04T10:00:00Z","entry":[
{"fullUrl":"urn:uuid:0f1e2d3c-0000-4000-8000-000000000000","resource":{"resourceType":"Composition","status":"final","type":{"coding":[{"system":"http://loinc.org","code":"60591-5"}]},"date":"2026-03-04","title":"Resumen","author":[{"reference":"urn:uuid:0f1e2d3c-0000-4000-8000-000000000001"}],"section":[{"title":"Alergias","code":{"coding":[{"system":"http://loinc.org","code":"48765-2"}]},` + c.section + `}]}},
{"fullUrl":"urn:uuid:0f1e2d3c-0000-4000-8000-000000000001","resource":{"resourceType":"Organization","name":"Hospital del Mar"}}`
		if strings.Contains(c.section, "entry") {
			doc += `,{"fullUrl":"urn:uuid:0f1e2d3c-0000-4000-8000-000000000002","resource":{"resourceType":"AllergyIntolerance","code":{"text":"Wasp venom"},"patient":{"display":"x"}}}`
		}
		items := itemsOf(t, []byte(`{"entry":[{"resource":`+doc+`]}}]}`), "Northside Hospital", 0)
		story := timeline.Tell(items, timeline.Options{At: today, Kinds: stele.Categories()})
		switch {
		case c.tells == "" && len(story.Unclear) == 0:
		case len(story.Unclear) != 1 || story.Unclear[0].Name != "in a summary made by Hospital del Mar on 4 Mar 2026" || strings.Join(story.Unclear[0].Harms, "; ") != c.tells || story.Unclear[0].Under != "allergy":
			t.Errorf("%s: %+v", name, story.Unclear)
		}
	}
}

// TestR38ASummaryThatListsNothingTellsNothing: what a section says of itself, where it has nothing to list, is no
// allergy, whatever else the chart has.
func TestR38ASummaryThatListsNothingTellsNothing(t *testing.T) {
	doc := made(t, chart(t, patient))
	summary := itemsOf(t, []byte(`{"entry":[{"resource":`+doc+`}]}`), "Northside Hospital", 100)
	imported := itemsOf(t, []byte(doc), "Northside Hospital", 100)[:1] // its Composition, by itself
	latex := itemsOf(t, []byte(`{"entry":[{"resource":`+allergy("z", "Latex", "")+`}]}`), "Lakeview Hospital", 50)
	for name, items := range map[string][]timeline.Item{
		"nothing else": summary, "an allergy": append(latex, summary...), "imported": imported,
	} {
		story := timeline.Tell(items, timeline.Options{At: today, Kinds: stele.Categories()})
		for _, e := range story.Unclear {
			t.Errorf("%s: told is %s: %s", name, e.Name, strings.Join(e.Harms, "; "))
		}
	}
}
