package ips_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ips"
	"github.com/stele-health/stele/telling"
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

// TestR38WhatASummaryPointsToIsNotToldBesideOthers: its sources have other numbers there, and "above" is not what it was; that
// there is none of a kind, but for something, is no allergy.
func TestR38WhatASummaryPointsToIsNotToldBesideOthers(t *testing.T) {
	records := append(itemsOf(t, []byte(`{"entry":[{"resource":`+allergy("z", "Latex", "")+`}]}`), "Lakeview Hospital", 50), chart(t, patient, allergy("n", "No known food allergy", ""), allergy("a", "Penicillin", ""))...)
	summary := itemsOf(t, []byte(`{"entry":[{"resource":`+made(t, records)+`}]}`), "Northside Hospital", 100)
	if !strings.Contains(string(summary[0].Record), telling.SeeAbove) || !strings.Contains(string(summary[0].Record), "</b> [1]") {
		t.Fatalf("the summary points nowhere: %s", summary[0].Record)
	}
	story := timeline.Tell(summary, timeline.Options{At: today, Kinds: stele.Categories()})
	if len(story.Unclear) != 1 || slices.Compare(slices.Sorted(slices.Values(story.Unclear[0].Harms)), []string{"Latex", "Penicillin"}) != 0 {
		t.Errorf("told is %+v", story.Unclear)
	}
}

// TestR38ASummaryFromElsewhereIsToldAsItsWord: by who wrote it, whether its section has a text, lists
// records without one, or calls itself empty and is not.
func TestR38ASummaryFromElsewhereIsToldAsItsWord(t *testing.T) {
	for name, c := range map[string]struct{ section, tells string }{
		"a text":           {`"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><ul><li>Latex: hives</li><li>No known food allergies</li></ul></div>"}`, "Latex: hives"},
		"records alone":    {`"entry":[{"reference":"urn:uuid:0f1e2d3c-0000-4000-8000-000000000002"}]`, "Wasp venom"},
		"empty, it says":   {`"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Latex</p></div>"},"emptyReason":{"coding":[{"code":"unavailable"}]}`, "Latex"},
		"nothing is known": {`"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>No information about allergies</p></div>"}`, ""},
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

// TestR38NoLineOfAnothersSectionIsDropped: what begins or ends as a heading of our own, or as the word that there is
// nothing, is told, and so is what lies in a section within it, or among its records alone.
func TestR38NoLineOfAnothersSectionIsDropped(t *testing.T) {
	const (
		none    = `<p>No known food allergies</p>`
		allergy = `,{"fullUrl":"urn:%[1]s","resource":{"resourceType":"AllergyIntolerance","code":{"text":"%[1]s"}%[2]s}}`
	)
	for name, c := range map[string]struct{ div, more, tells string }{
		"a name, and what it does below": {`<p>Penicillin:<br/>anaphylaxis 1998</p><p>Latex:<br/>anaphylaxis 1998</p>`, "", "Penicillin: anaphylaxis 1998; Latex: anaphylaxis 1998"},
		"a definition list":              {`<dl><dt>Penicillin:</dt><dd>severe</dd></dl>`, "", "Penicillin: severe"},
		"a heading, and what is below":   {`<p>Allergies:</p><p>Penicillin:</p><p>severe</p>`, "", "Allergies: Penicillin: severe"},
		"may be so":                      {`<p>May be so: penicillin</p>`, "", "May be so: penicillin"},
		"nothing listed but":             {`<p>Nothing is listed in the register, but she is allergic to penicillin</p>`, "", "Nothing is listed in the register, but she is allergic to penicillin"},
		"with a colon":                   {`<p>Allergic to penicillin:</p>`, "", "Allergic to penicillin:"},
		"our words":                      {`<p>May be so: see the record</p>`, "", "May be so: see the record"},
		"none but":                       {`<p>None but penicillin</p><p>No aspirin!</p>` + none, "", "None but penicillin; No aspirin!"},
		"none":                           {`<p>Drug allergies:</p><p>none known (3 Mar 2026)</p><p>Keine Allergien bekannt</p>` + none, "", ""},
		"in another section":             {none, `},{"title":"Problemas","text":{"status":"additional","div":"<div>Nothing is listed in the register, but she is allergic to cefazolin</div>"}`, "Nothing is listed in the register, but she is allergic to cefazolin"},
		"one denied, one told":           {`<p>No known food allergies. Penicillin: rash</p><p>No food allergies; penicillin (anaphylaxis)</p>`, "", "No known food allergies. Penicillin: rash; No food allergies; penicillin (anaphylaxis)"},
		"in a section within":            {none, `,"section":[{"title":"Medicamentos","text":{"div":"<div><p>Amoxicillin</p></div>"}}]`, "Amoxicillin"},
		"an entry that no line names":    {`<p>Wasp venom, severe</p><p>more below</p>`, `,"entry":[{"reference":"urn:Codeine"}]`, "Wasp venom, severe; more below; Codeine"},
	} {
		entries := ""
		if strings.Contains(c.more, "entry") {
			entries = fmt.Sprintf(allergy, "Wasp venom", "") + fmt.Sprintf(allergy, "Codeine", "") + fmt.Sprintf(allergy, "Peanut", `,"verificationStatus":{"coding":[{"code":"refuted"}]}`)
		}
		doc := `{"resourceType":"Bundle","type":"document","timestamp":"2026-03-04T10:00:00Z","entry":[{"fullUrl":"urn:c0","resource":{"resourceType":"Composition","status":"final","type":{"coding":[{"system":"http://loinc.org","code":"60591-5"}]},"date":"2026-03-04","title":"Resumen","author":[{"display":"Hospital del Mar"}],
"section":[{"title":"Alergias","code":{"coding":[{"system":"http://loinc.org","code":"48765-2"}]},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">` + c.div + `</div>"}` + c.more + `}]}}` + entries + `]}`
		items := itemsOf(t, []byte(`{"entry":[{"resource":`+doc+`}]}`), "Northside Hospital", 0)
		story := timeline.Tell(items, timeline.Options{At: today, Kinds: stele.Categories()})
		var told []string
		for _, e := range story.Unclear {
			told = append(told, e.Harms...)
		}
		if got := strings.Join(told, "; "); got != c.tells {
			t.Errorf("%s: told %q, want %q", name, got, c.tells)
		}
		if screen, err := ips.Text([]byte(doc), today); err != nil || c.more == "" && !strings.Contains(strings.Join(strings.Fields(screen), " "), strings.Split(c.tells, "; ")[0]) && !strings.Contains(c.div, "<br/>") {
			t.Errorf("%s: the first screen leaves it out (%v):\n%s", name, err, screen)
		}
	}
}

// TestR38ALettersSectionOnAllergiesIsToldUnlessItDenies: a Composition that came alone.
func TestR38ALettersSectionOnAllergiesIsToldUnlessItDenies(t *testing.T) {
	for div, told := range map[string]string{
		`<p>No known food allergies</p><p>Penicillin: anaphylaxis</p>`:                   "No known food allergies // Penicillin: anaphylaxis",
		`<p>Nothing is listed in the register, but she is allergic to penicillin</p>`:    "Nothing is listed in the register, but she is allergic to penicillin",
		`<p>No known food allergies</p><p>Allergies: none</p>`:                           "",
		`<p>Nothing is listed here of allergies. That is not the same as none: ask.</p>`: "",
	} {
		letter := `{"resourceType":"Composition","status":"final","type":{"text":"Letter"},"date":"2026-03-04","title":"Letter","author":[{"display":"x"}],"section":[{"title":"Allergies","text":{"status":"generated","div":"<div>` + div + `</div>"}}]}`
		story := timeline.Tell(itemsOf(t, []byte(`{"entry":[{"resource":`+letter+`}]}`), "Northside Hospital", 0), timeline.Options{At: today, Kinds: stele.Categories()})
		got := ""
		for _, e := range story.Unclear {
			got += strings.Join(e.Harms, "; ")
		}
		if got != told {
			t.Errorf("%s: told %q, want %q", div, got, told)
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
