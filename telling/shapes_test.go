package telling_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stele-health/stele/telling"
)

// shapes are values of any type of FHIR R4, and what is none.
var shapes = []string{
	`{"reference":"Practitioner/1"}`, `{"reference":"#w"}`, `{"reference":"#"}`, `{"identifier":{"value":"7"}}`, `{"coding":[{"system":"http://x.example","code":"c"}],"text":"t"}`,
	`{"extension":[{"url":"http://x.example/e","valueReference":{"reference":"Practitioner/1"}}]}`, `{"value":1,"unit":"mg"}`, `{"start":"2024-05-01","end":"2024"}`,
	`{"low":{"value":1},"high":{"value":2}}`, `{"numerator":{"value":1}}`, `{"repeat":{"frequency":1}}`, `{"text":"t","authorReference":{"reference":"Practitioner/1"}}`,
	`{"status":"generated","div":"<div>x</div>"}`, `{"contentType":"text/plain","data":"QUJD"}`, `{"url":"http://x.example/e","valueReference":{"reference":"Practitioner/1"}}`,
	`{}`, `[]`, `null`, `true`, `1e3`, `"2024-05"`, `"x"`, `""`,
}

// TestWhateverStandsAnywhereIsTold: of each type of R4, each element of its own holds each
// shape, alone and in a list, beside a note that is compared with others word by word.
// Nothing panics, whoever names what it refers to.
func TestWhateverStandsAnywhereIsTold(t *testing.T) {
	raw, err := os.ReadFile("../fhir/definitions_gen.txt")
	if err != nil {
		t.Fatal(err)
	}
	typ, told := "", 0
	for line := range strings.Lines(string(raw)) {
		switch f := strings.Split(strings.TrimSpace(line), "\t"); {
		case f[0] == "T" && f[1] == "R":
			typ = f[2]
		case f[0] == "T":
			typ = ""
		case f[0] == "E" && typ != "":
			told++
			tellShapes(t, typ, f[1], f[5:])
		}
	}
	if told < 1000 {
		t.Errorf("%d elements: have the definitions another form?", told)
	}
}

func tellShapes(t *testing.T, typ, element string, types []string) {
	record := ""
	defer func() {
		if fault := recover(); fault != nil {
			t.Errorf("%v: %s", fault, record)
		}
	}()
	var names []string
	for _, of := range types {
		of, _, _ = strings.Cut(of, ">")
		names = append(names, strings.Replace(element, "[x]", strings.ToUpper(of[:1])+of[1:], 1))
		if !strings.HasSuffix(element, "[x]") {
			break
		}
	}
	for _, name := range names {
		for _, shape := range shapes {
			for _, value := range []string{shape, "[" + shape + "]"} {
				record = fmt.Sprintf(`{"resourceType":%q,%q:%s`, typ, name, value)
				for _, beside := range []string{`"content":[{"attachment":{"contentType":"text/plain","data":"QUJD"}}]`, `"presentedForm":[{"contentType":"text/plain","data":"QUJD"}]`, `"code":{"text":"x"}`, `"status":"active"`} {
					if !strings.HasPrefix(beside, `"`+name+`"`) {
						record += "," + beside
					}
				}
				record += `,"contained":[{"resourceType":"Substance","id":"w"}]}`
				if name == "contained" {
					record = fmt.Sprintf(`{"resourceType":%q,"contained":%s}`, typ, value)
				}
				r := telling.Read([]byte(record))
				_ = []any{r.Tell(telling.Reading{}), r.Name(nil), r.Words(), r.Concept(), r.Codes(), r.Person()}
				telling.Full([]byte(record))
			}
		}
	}
}
