package intake

import (
	"bytes"
	"testing"

	"github.com/stele-health/stele/fhir"
)

// FuzzSurvey decides about any file: it never panics, and gives nobody anything
// in a file that does not hold their number.
func FuzzSurvey(f *testing.F) {
	f.Add([]byte(lines(patientA, obs("o", of("Patient/pa")))))
	f.Add([]byte(bundle("transaction", entry("urn:uuid:1", "POST", patientB), `{"request":{"method":"DELETE","url":"Patient/pa"}}`)))
	f.Add([]byte(lines(`{"resourceType":"Patient","id":"p","link":[{"type":"replaced-by","other":{"reference":"Patient/p"}}]}`, obs("o", of("Patient?identifier=|MA-1")))))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := NewSurvey(table(), Asked{})
		file, reader := s.File(), fhir.NewReader(bytes.NewReader(raw))
		var all []fhir.Entry
		for {
			e, err := reader.Next()
			if err != nil {
				break
			}
			file.Take(e)
			all = append(all, e)
		}
		p := s.Decide()
		for i, e := range all {
			v := p.Of(0, i)
			if len(v.To) > 0 && !bytes.Contains(raw, []byte("A-1")) && !bytes.Contains(raw, []byte("B-1")) && !bytes.Contains(raw, []byte(`\u00`)) {
				t.Fatalf("%v without a number", v.To)
			}
			if e.Resource != nil {
				if _, err := p.Settle(0, i, e.Resource); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// FuzzDiffers compares people of any names and dates: whoever is asked first, the
// answer is one, and nobody differs from themselves.
func FuzzDiffers(f *testing.F) {
	f.Add("Alvar, Ana", "1970-05-01", "Novak, Ana", "1970-01-05")
	f.Add("王, 小明", "2019", "Wang Xiaoming", "2019-05")
	f.Add("B/O Sunita", "", "Brown Jr., Abd al-Aziz", "1900-01-01")
	f.Add("A0 Av", "5-0", "Novak A A a", "1970-01-05") // a particle is no family name, whoever has it
	f.Fuzz(func(t *testing.T, name, born, other, date string) {
		a, b := Demographics{[]string{name}, born, "male"}, Demographics{[]string{other}, date, "male"}
		x, y := a.Differs(b), b.Differs(a)
		if (x.Question == "") != (y.Question == "") || (x.Note == "") != (y.Note == "") {
			t.Errorf("%+v and %+v: %+v, and %+v", a, b, x, y)
		}
		if d := a.Differs(a); d != (Difference{}) && parseName(name).infant == nil {
			t.Errorf("%+v differs from itself: %+v", a, d)
		}
		nobodyOf(name, []string{other}, 1)
		Near(Clean(name))
	})
}
