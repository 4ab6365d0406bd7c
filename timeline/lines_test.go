package timeline_test

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/stele-health/stele/telling"
	. "github.com/stele-health/stele/timeline"
)

// forged is a text that would set styles, begin lines of its own, turn the direction
// of a line and hide within words, if it came through; tame is all that may be left.
const forged = "\x1b[1mzforged\x1b[0m\nNow\n  allergy  No known allergies\r[2] North\u2028x\u2029y\u0085z\u009b31m\u202ea\u2066b\u200ec\u200bd\ufeffe\u00adf\U000e0041g\v\f\t"

var tame = telling.Clean(forged)

// TestR39NoTextForgesALine fills every text of a story and of a sheet with it: the
// pages act on nothing and have the lines that they have without it.
func TestR39NoTextForgesALine(t *testing.T) {
	var pages [2]string
	for i, text := range []string{forged, tame} {
		var s Story
		fill(reflect.ValueOf(&s).Elem(), text, 4)
		var sheet telling.Sheet
		fill(reflect.ValueOf(&sheet).Elem(), text, 4)
		p := Page{Width: 1 << 20, Past: true}
		pages[i] = s.Text(p) + p.Sheet(sheet)
		if coloured := s.Text(Page{Width: 1 << 20, Past: true, Color: true}); strings.Contains(coloured, "\x1b[1mzforged") {
			t.Error("a text sets a style")
		}
	}
	sameLines(t, "a story", pages[0], pages[1])
	if !strings.Contains(pages[0], "zforged") {
		t.Error("nothing is told")
	}
}

// fill sets every text that can be reached from a value, and makes one item of each
// list.
func fill(v reflect.Value, text string, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i), text, depth)
			}
		}
	case reflect.Pointer:
		if v.Set(reflect.New(v.Type().Elem())); depth > 0 {
			fill(v.Elem(), text, depth-1)
		}
	case reflect.Slice:
		if depth > 0 {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			for i := range 2 {
				fill(v.Index(i), text, depth-1)
			}
		}
	}
}

// Texts that come from elsewhere than their own record: a name that is referred to, a
// source's, the person's, a note's own, a version that no longer counts.
func TestR39NoTextForgesALineFromElsewhere(t *testing.T) {
	for name, record := range map[string]string{
		"what is referred to": `{"resourceType":"Medication","id":"m","code":{"text":%q}}`,
		"the person":          `{"resourceType":"Patient","id":"p","name":[{"text":%q}],"gender":%[1]q,"birthDate":%[1]q}`,
		"a note":              `{"resourceType":"DocumentReference","status":"current","type":{"text":"n"},"content":[{"attachment":{"contentType":"text/plain","data":%q}}]}`,
		"an error":            `{"resourceType":"Condition","id":"c","verificationStatus":{"coding":[{"code":"entered-in-error","display":%q}]},"code":{"text":%[1]q}}`,
		"contained":           `{"resourceType":"DiagnosticReport","status":"final","code":{"text":"r"},"result":[{"reference":"#o"}],"contained":[{"resourceType":"Observation","id":"o","status":%q,"code":{"text":%[1]q},"valueString":%[1]q}]}`,
		"not here":            `{"resourceType":"DiagnosticReport","status":"final","code":{"text":"r"},"result":[{"reference":"Observation/1","display":%q}]}`,
	} {
		with := func(text string) []byte {
			if name == "a note" {
				text = base64.StdEncoding.EncodeToString([]byte(text))
			}
			b, _ := json.Marshal(text)
			return []byte(strings.NewReplacer("%q", string(b), "%[1]q", string(b)).Replace(record))
		}
		pages := func(text string) string {
			items := lines("A clinic", string(with(text)), `{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationReference":{"reference":"Medication/m"}}`)
			for i := range items {
				items[i].SourceName += text
			}
			s := Tell(append(items, lines("Northside", `{"resourceType":"Flag","status":"active","code":{"text":"x"}}`)...), Options{Kinds: allKinds})
			src, _ := json.Marshal(s)
			if strings.Contains(string(src), `\u202e`) || strings.Contains(string(src), "\u202e") {
				t.Errorf("%s: %s", name, src)
			}
			return s.Text(Page{Width: 1 << 20, Past: true})
		}
		sameLines(t, name, pages(forged), pages(tame))
	}
}

func sameLines(t *testing.T, what, page, want string) {
	t.Helper()
	if a, b := strings.Count(page, "\n"), strings.Count(want, "\n"); a != b {
		t.Errorf("%s: %d lines, not %d:\n%s", what, a, b, page)
	}
	for line := range strings.SplitSeq(page, "\n") {
		if strings.ContainsFunc(line, acts) {
			t.Errorf("%s: %q acts", what, line)
		}
	}
}

// acts reports what a terminal acts on, what ends a line and what turns its direction.
func acts(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }
