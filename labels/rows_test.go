package labels

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

// row is one line of testdata/rows.txt.
type row struct {
	line                    int
	typ, system, code, text string
	want                    string
}

// rows are those of rows.txt: what they say, they say wherever it stands.
func rows(t testing.TB) []row { return rowsIn(t, "rows.txt") }

// rowsInPlace are those of short words, too.
func rowsInPlace(t testing.TB) []row { return append(rows(t), rowsIn(t, "short.txt")...) }

func rowsIn(t testing.TB, file string) []row {
	t.Helper()
	src, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var out []row
	n := 0
	for line := range strings.Lines(string(src)) {
		n++
		c := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(c) != 5 {
			t.Fatalf("%s, line %d has %d columns", file, n, len(c))
		}
		out = append(out, row{n, c[0], c[1], c[2], c[3], c[4]})
	}
	return out
}

// resource writes the row as a resource of its type.
func (r row) resource() string {
	element := "code"
	if r.typ == "MedicationRequest" {
		element = "medicationCodeableConcept"
	}
	concept := map[string]any{}
	if r.code != "" {
		coding := map[string]any{"code": r.code}
		if r.system != "" {
			coding["system"] = r.system
		}
		concept["coding"] = []any{coding}
	}
	if r.text != "" {
		concept["text"] = r.text
	}
	src, err := json.Marshal(map[string]any{"resourceType": r.typ, element: concept, "subject": map[string]any{"reference": "Patient/p"}})
	if err != nil {
		panic(err)
	}
	return string(src)
}

func said(l Label) string {
	if len(l.Sensitivity) == 0 {
		return "-"
	}
	return strings.ReplaceAll(words(l.Sensitivity), " ", "")
}

// TestR41CodesAndWordsInPractice holds what codes of national systems and words
// of nine languages count as.
func TestR41CodesAndWordsInPractice(t *testing.T) {
	list := rowsInPlace(t)
	if len(list) < 300 {
		t.Fatalf("%d rows", len(list))
	}
	p := Default()
	for _, r := range list {
		l, why := p.Explain(parse(t, r.resource()), nil)
		if got := said(l); got != r.want {
			t.Errorf("line %d: %s %s %q %q is %s, want %s %v", r.line, r.typ, r.system, r.code, r.text, got, r.want, why)
		}
	}
	_ = stele.Unclassified
}

// TestClinicsAreThoseOfAllTables: the kinds that are named are those that can be meant.
func TestClinicsAreThoseOfAllTables(t *testing.T) {
	var all []string
	for _, table := range Shipped() {
		for _, r := range table.Rows {
			if r.Table == "clinic" || r.Table == "clinic-all" {
				all = append(all, r.Pattern)
			}
		}
	}
	if got := Clinics(); !slices.Equal(got, all) || len(all) == 0 {
		t.Errorf("%v, want %v", got, all)
	}
}
