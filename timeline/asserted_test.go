package timeline_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/timeline"
)

// TestR39WarningsAreInTheFirstView, whatever category their label has.
func TestR39WarningsAreInTheFirstView(t *testing.T) {
	for _, record := range []string{
		`{"resourceType":"Flag","status":"active","code":{"text":"XYZ"}}`,
		`{"resourceType":"AdverseEvent","actuality":"actual","event":{"text":"XYZ"}}`,
		`{"resourceType":"DetectedIssue","status":"final","code":{"text":"XYZ"}}`,
		`{"resourceType":"Communication","status":"completed","payload":[{"contentString":"XYZ"}]}`,
		`{"resourceType":"RiskAssessment","status":"final","code":{"text":"XYZ"}}`,
	} {
		it := item([]byte(record), "A", 1)
		it.Label.Category = stele.Other
		if text := Tell([]Item{it}, Options{}).Text(Page{}); !strings.Contains(text, "XYZ") {
			t.Errorf("%s is not in the first view:\n%s", record, text)
		}
	}
	claim := item([]byte(`{"resourceType":"AuditEvent","type":{"display":"XYZ"}}`), "A", 1)
	claim.Label.Category = stele.Other
	if text := Tell([]Item{claim}, Options{}).Text(Page{}); strings.Contains(text, "XYZ") {
		t.Error("paperwork is in the first view")
	}
}

// TestR39TheDaysOfAStayAreTold before what happened on them.
func TestR39TheDaysOfAStayAreTold(t *testing.T) {
	result := func(n int, day, value string) Item {
		return item([]byte(`{"resourceType":"Observation","status":"final","encounter":{"reference":"Encounter/st"},"code":{"text":"Creatinine"},"effectiveDateTime":"`+day+`T06:00:00+02:00","valueQuantity":{"value":`+value+`,"unit":"mg/dL"}}`), "A", n)
	}
	stay := item([]byte(`{"resourceType":"Encounter","id":"st","status":"finished","type":[{"text":"Stay"}],"period":{"start":"2024-05-01T10:00:00+02:00","end":"2024-05-20T12:00:00+02:00"}}`), "A", 1)
	text := Tell([]Item{stay, result(2, "2024-05-02", "0.9"), result(3, "2024-05-10", "3.4")}, Options{Kinds: stele.Categories()}).Text(Page{})
	for _, want := range []string{"2 May 06:00 Creatinine 0.9 mg/dL", "10 May 06:00 Creatinine 3.4 mg/dL"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// TestR40TheMarkOutlivesMerging: two records of one fact, of which one says more.
func TestR40TheMarkOutlivesMerging(t *testing.T) {
	plain := `{"resourceType":"Immunization","status":"completed","vaccineCode":{"text":"BCG"},"occurrenceDateTime":"2020-01-01"}`
	more := `{"resourceType":"Immunization","status":"completed","vaccineCode":{"text":"BCG"},"occurrenceDateTime":"2020-01-01","extension":[{"url":"urn:x","valueString":"y"}]}`
	for _, order := range [][]string{{plain, more}, {more, plain}} {
		story := Tell([]Item{item([]byte(order[0]), "A", 1), item([]byte(order[1]), "B", 2)}, Options{})
		if n := len(story.Chapters[0].Entries); n != 1 {
			t.Fatalf("%d entries", n)
		}
		if text := story.Text(Page{}); !strings.Contains(text, "BCG … more in the record [1,2]") || !strings.Contains(text, "… more in the record: stele wallet record") {
			t.Errorf("the mark is lost:\n%s", text)
		}
	}
}

// TestR40ARecordIsFoundByTheWordsOfItsLine, what no longer counts only where
// nothing else is.
func TestR40ARecordIsFoundByTheWordsOfItsLine(t *testing.T) {
	version := func(n int, v, text string) Item {
		return item([]byte(`{"resourceType":"Observation","id":"a","meta":{"versionId":"`+v+`"},"status":"final","code":{"text":"`+text+`"},"effectiveDateTime":"2020-05-01","valueInteger":7}`), "A", n)
	}
	report := item([]byte(`{"resourceType":"DiagnosticReport","id":"r","status":"final","code":{"text":"Panel"},"effectiveDateTime":"2020-05-01","result":[{"reference":"Observation/a"}]}`), "A", 3)
	story := Tell([]Item{version(1, "1", "Potassiun"), version(2, "2", "Potassium"), report}, Options{})
	for words, want := range map[string]int{"potassium 7": 1, "POTASSIUM may 2020": 1, "observation": 1, "potassiun": 1, "panel": 1, "sodium": 0, "": 0, "potass": 1} {
		if got := story.Find(words); len(got) != want {
			t.Errorf("%q finds %d, want %d", words, len(got), want)
		}
	}
	if got := story.Find("potassiun"); len(got) == 1 && got[0].Gone == "" {
		t.Error("an earlier version is found as if it counted")
	}
	for words, want := range map[string]string{"potassium": "Potassium", "potassiun": "Potassiun", "panel": "Panel"} {
		e, _ := story.EntryOf(story.Find(words)[0].Vouched[0].Handle)
		if got := e.Line(); !strings.HasPrefix(got, want) {
			t.Errorf("the line of the record that %q finds is %q", words, got)
		}
	}
	if got, found := story.EntryOf(stele.NewID()); found {
		t.Errorf("a record that is not there has a line: %q", got.Line())
	}
}
