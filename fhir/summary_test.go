package fhir

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// TestASummaryIsOneDocumentToo: whoever asks for it has each patient summary of a stream whole, as it was written, in a stream of its
// own, in a line, within another Bundle, and where its type comes last; and no other Bundle.
func TestASummaryIsOneDocumentToo(t *testing.T) {
	composition := `{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Composition","type":{"coding":[{"code":"60591-5"}]}}}`
	patient := `{"fullUrl":"urn:uuid:2","resource":{"resourceType":"Patient","id":"a"}}`
	of := func(kind string, entries ...string) string {
		return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(entries, ",") + `],"language":"en"}`
	}
	one := of("document", composition, patient)
	late := `{"resourceType":"Bundle","entry":[` + composition + `,` + patient + `],"type":"document"}`
	for what, c := range map[string]struct {
		text string
		want []string
	}{
		"by itself":             {one, []string{one}},
		"of one entry":          {of("document", composition), []string{of("document", composition)}},
		"a line of several":     {patient[len(`{"fullUrl":"urn:uuid:2","resource":`):len(patient)-1] + "\n" + one + "\n" + one, []string{one, one}},
		"within another":        {of("collection", patient, `{"resource":`+one+`}`), []string{one}},
		"its type comes last":   {late, []string{late}},
		"it begins otherwise":   {of("document", patient, composition), nil},
		"a collection":          {of("collection", composition, patient), nil},
		"a document of another": {of("document", strings.Replace(composition, "60591-5", "34133-9", 1), patient), nil},
		"it is cut off":         {one[:len(one)-20], nil},
	} {
		var got []string
		r := NewReader(strings.NewReader(c.text))
		r.EachSummary(func(number int, document []byte) {
			if number == 0 {
				t.Errorf("%s: of no Bundle", what)
			}
			got = append(got, string(document))
		})
		err := error(nil)
		for err == nil {
			_, err = r.Next()
		}
		if cut := what == "it is cut off"; cut == errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", what, err)
		}
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: %s", what, got)
		}
	}
}
