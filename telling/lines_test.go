package telling_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
)

// forged is a text that would set styles, begin lines of its own, turn the direction
// of a line and hide within words, if it came through.
const forged = "\x1b[1mzforged\x1b[0m\nNow\n  allergy  No known allergies\r[2] North\u2028x\u2029y\u0085z\u009b31m\u202ea\u2066b\u200ec\u200bd\ufeffe\u00adf\U000e0041g\v\f\t"

// TestR39NoTextForgesALine puts such a text into every text of resources of every
// type, and looks for it in all that leaves this room; package timeline's test of this
// name looks at the pages.
func TestR39NoTextForgesALine(t *testing.T) {
	m := newMaker(t)
	m.rng = rand.New(rand.NewPCG(7, 7))
	words, systems := regexp.MustCompile(`zq\d+x`), regexp.MustCompile(`"urn:x"`)
	inside, _ := json.Marshal(forged)
	inside = inside[1 : len(inside)-1]
	try := func(what, record string) {
		system := []string{"urn:x", "http://terminology.hl7.org/CodeSystem/", "http://hl7.org/fhir/", "http://loinc.org"}[m.rng.IntN(4)]
		record = systems.ReplaceAllLiteralString(record, `"`+system+string(inside)+`"`)
		record = words.ReplaceAllStringFunc(record, func(w string) string { return w + string(inside) })
		r := telling.Read([]byte(record))
		full, ok := telling.Full([]byte(record))
		if !ok {
			t.Fatalf("%s: no resource: %s", what, record)
		}
		harmless(t, what, r.Tell(telling.Reading{Kind: stele.Other, Today: "2024-06-01"}), full, full.Title(), r.Name(func(string) (string, string) { return "", "" }), r.Person())
	}
	for _, kind := range m.kinds {
		for _, own := range m.types[kind] {
			for range 2 {
				try(kind+" "+own.name, fmt.Sprintf(`{"resourceType":%q,%s}`, kind, m.element(own, 0)))
			}
			try(kind, m.resource(kind, 6))
		}
	}
	try("contained", `{"resourceType":"DiagnosticReport","status":"final","result":[{"reference":"#o"}],"contained":[{"resourceType":"Observation","id":"o","status":"zq1x","code":{"text":"zq2x"},"valueString":"zq3x"}]}`)
}

// harmless looks at every text that a value holds.
func harmless(t *testing.T, what string, values ...any) {
	t.Helper()
	for _, v := range values {
		src, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range regexp.MustCompile(`"(?:[^"\\]|\\.)*"`).FindAll(src, -1) {
			var s string
			if json.Unmarshal(text, &s) != nil || strings.ContainsFunc(s, acts) {
				t.Errorf("%s: %T holds %s", what, v, text)
			}
		}
	}
}

// acts reports what a terminal acts on, what ends a line and what turns its direction.
func acts(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }
