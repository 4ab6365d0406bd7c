package intake

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// TestR37SharedCases reads the small files that went wrong once, where they are
// there. Ana is MA-1 (also M-100 and MA-2), Borg MB-1 (MB-2), as an enrolment of
// the files' Patients under Northside's own system links them.
func TestR37SharedCases(t *testing.T) {
	folder := filepath.Join("..", "..", "shared", "cases", "fhir")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("the shared cases are not here")
	}
	links := []Link{
		{System: north, Number: "MA-1", Subject: ana, Firm: true}, {System: north, Number: "MB-1", Subject: borg, Firm: true},
	}
	two := []Link{{System: north, Number: "MA-2", Subject: ana, Firm: true}, {System: north, Number: "MB-2", Subject: borg, Firm: true}}
	mother := []Link{{System: north, Number: "M-100", Subject: ana, Name: "Mara Roth", Firm: true}, {System: "http://payer.example/member", Number: "W-777", Subject: ana}}
	for _, c := range []struct {
		files []string
		links []Link
		asked stele.Subject
		want  string
	}{
		{[]string{"01-logical-reference-of-another-person.json"}, links, stele.Subject{}, "pa>A lab-of-b>B"},
		{[]string{"01-logical-reference-of-another-person.json"}, links[:1], stele.Subject{}, "pa>A lab-of-b!"},
		{[]string{"01-logical-reference-of-another-person.json"}, links, ana, "pa>A lab-of-b!"},
		{[]string{"02-device-of-another-person.ndjson"}, links, stele.Subject{}, "pa>A pump2!"},
		{[]string{"02-device-of-another-person.ndjson"}, links, ana, "pa>A pump2!"},
		{[]string{"04-task-for-another-person.ndjson"}, links, stele.Subject{}, "pa>A t1!"},
		{[]string{"04-task-for-another-person.ndjson"}, links, ana, "pa>A t1!"},
		{[]string{"05a-shared-member-number-mother.json", "05b-shared-member-number-child.json"}, mother, stele.Subject{}, "mum>A m1>A kid! k1! ka!"},
		{[]string{"05b-shared-member-number-child.json"}, mother, ana, "kid! k1! ka!"},
		{[]string{"09-transaction-urn-uuid-no-ids.json"}, nil, ana, "entry0>A entry1>A entry2>A entry3>A entry4>A entry5>A entry6>A"},
		{[]string{"10-bulk-medication-by-reference.ndjson"}, two, stele.Subject{}, "pa2>A pb2>B m55>A,B r1>A r2>B"},
		{[]string{"11-bulk-folder/Device.000.ndjson", "11-bulk-folder/Observation.000.ndjson", "11-bulk-folder/Patient.000.ndjson"}, links, stele.Subject{}, "d>A o1>A o2>B pa>A pb>B"},
		{[]string{"30-absolute-url-subject.ndjson"}, links, stele.Subject{}, "pa>A abs1>A"},
		{[]string{"32-conditional-subject.json"}, links, stele.Subject{}, "pa>A cond2>A"},
		{[]string{"33-batch-response-nested-searchset.json"}, links, stele.Subject{}, "na!"},
		{[]string{"33-batch-response-nested-searchset.json"}, links, ana, "na>A"},
		{[]string{"35-history-with-delete.json"}, nil, ana, "f>A -AllergyIntolerance/a9>A a9>A"},
	} {
		var texts []string
		for _, file := range c.files {
			raw, err := os.ReadFile(filepath.Join(folder, file))
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(raw))
		}
		p, entries := plan(t, &Table{Links: c.links, Own: []string{north}}, Asked{Subject: c.asked}, texts...)
		if got := tell(p, entries); got != c.want {
			t.Errorf("%v, asked %v:\ngot  %s\nwant %s", c.files, letters[c.asked], got, c.want)
		}
	}
}

// BenchmarkWhose decides about a chart, with what a survey costs beside reading;
// one operation is one resource. BenchmarkRead is the reading that it comes on
// top of, once more.
func BenchmarkWhose(b *testing.B) {
	all := chart(b)
	b.ResetTimer()
	for i := 0; i < b.N; i += len(all) {
		s := NewSurvey(table(), Asked{Subject: ana})
		f := s.File()
		for _, e := range all {
			f.Take(e)
		}
		p := s.Decide()
		for j, e := range all {
			p.Of(0, j)
			p.Same(0, j, e)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	raw, many := text(b), len(chart(b))
	b.ResetTimer()
	for i := 0; i < b.N; i += many {
		reader := fhir.NewReader(bytes.NewReader(raw))
		for {
			if _, err := reader.Next(); err != nil {
				break
			}
		}
	}
}

// text is a real chart, of a few hundred resources.
func text(b *testing.B) []byte {
	found, _ := filepath.Glob(filepath.Join("..", "..", "shared", "data", "fhir", "synthea-r4", "*.json"))
	if len(found) == 0 {
		b.Skip("the shared charts are not here")
	}
	raw, err := os.ReadFile(found[0])
	if err != nil {
		b.Fatal(err)
	}
	return raw
}

func chart(b *testing.B) (all []fhir.Entry) {
	reader := fhir.NewReader(bytes.NewReader(text(b)))
	for {
		e, err := reader.Next()
		if err != nil {
			return all
		}
		all = append(all, e)
	}
}
