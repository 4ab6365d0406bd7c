package labels

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/stele-health/stele"
)

// sensitiveRows are the rows that expect something.
func sensitiveRows(t testing.TB) []row {
	return slices.DeleteFunc(rows(t), func(r row) bool { return r.want == "-" || r.want == "PDS" })
}

func covers(all, some []stele.Sensitivity) bool {
	return !slices.ContainsFunc(some, func(s stele.Sensitivity) bool { return !slices.Contains(all, s) })
}

// TestR41ACodingMoreNeverLowersALabel adds a sensitive coding or text to a
// record at any place that holds one, and what it says has to be in the label;
// what was found before stays.
func TestR41ACodingMoreNeverLowersALabel(t *testing.T) {
	all, some, p := rows(t), sensitiveRows(t), Default()
	places := []func(record map[string]any, concept any){
		func(r map[string]any, c any) { r["reasonCode"] = []any{c} },
		func(r map[string]any, c any) { r["category"] = []any{c} },
		func(r map[string]any, c any) {
			r["extension"] = []any{map[string]any{"url": "http://x.example/e", "valueCodeableConcept": c}}
		},
		func(r map[string]any, c any) {
			r["contained"] = []any{map[string]any{"resourceType": "Condition", "id": "c", "code": c}}
		},
		func(r map[string]any, c any) {
			r["component"] = []any{map[string]any{"code": c, "valueCodeableConcept": c}}
		},
		func(r map[string]any, c any) {
			r["code"] = map[string]any{"coding": append(codings(r["code"]), codings(c)...), "text": texts(r["code"]) + " / " + texts(c)}
		},
		func(r map[string]any, c any) {
			r["evidence"] = []any{map[string]any{"code": []any{c}}}
		},
	}
	rapid.Check(t, func(t *rapid.T) {
		base, more := rapid.SampledFrom(all).Draw(t, "record"), rapid.SampledFrom(some).Draw(t, "more")
		if more.system == "http://local.example/dx" {
			return // read by its shape, where a diagnosis stands
		}
		record := map[string]any{}
		if err := json.Unmarshal([]byte(base.resource()), &record); err != nil {
			t.Fatal(err)
		}
		var other map[string]any
		if err := json.Unmarshal([]byte(more.resource()), &other); err != nil {
			t.Fatal(err)
		}
		concept := other["code"]
		if concept == nil {
			concept = other["medicationCodeableConcept"]
		}
		before := p.Label(mustParse(record), nil).Sensitivity
		places[rapid.IntRange(0, len(places)-1).Draw(t, "place")](record, concept)
		after := p.Label(mustParse(record), nil).Sensitivity
		before = slices.DeleteFunc(before, func(s stele.Sensitivity) bool { return s == stele.Unclassified }) // it may be classified now
		added := p.Label(parseT(t, more.resource()), nil).Sensitivity
		if !covers(after, before) || !covers(after, added) {
			t.Fatalf("%v and %v make %v: %v", before, added, after, record)
		}
	})
}

// TestR41SpellingNeverChangesALabel writes codes and words in other ways.
func TestR41SpellingNeverChangesALabel(t *testing.T) {
	all, p := rowsInPlace(t), Default()
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SampledFrom(all).Draw(t, "row")
		want := p.Label(parseT(t, r.resource()), nil).Sensitivity
		changed := r
		switch rapid.IntRange(0, 4).Draw(t, "how") {
		case 0:
			changed.code, changed.text = strings.ToLower(r.code), strings.ToUpper(r.text)
			if strings.ContainsAny(r.text, "ıİß") {
				return // Turkish and German letters have another upper case
			}
		case 1:
			changed.code, changed.text = " "+r.code+" ", " "+strings.ReplaceAll(r.text, " ", " - ")+" "
		case 2:
			if hierarchicalSystem(p, r.system) && !strings.Contains(r.system, "icd-9") {
				changed.code = strings.ReplaceAll(r.code, ".", "")
			}
			changed.text = strings.ToLower(r.text)
		case 3:
			changed.text = strings.Map(func(c rune) rune {
				if s := foldRune(c); c >= 0xC0 && len(s) == 1 && s != " " && !unicode.IsUpper(c) {
					return rune(s[0])
				}
				return c
			}, r.text)
		case 4:
			changed.system = strings.Replace(r.system, "http://", "https://", 1)
			if r.system != "" {
				changed.system += "|2.0"
			}
		}
		if strings.Contains(r.system, "icd-9") && changed.code != r.code && strings.TrimSpace(strings.ToUpper(changed.code)) != r.code {
			return // the dot tells diagnoses from procedures
		}
		if got := p.Label(parseT(t, changed.resource()), nil).Sensitivity; !slices.Equal(got, want) {
			t.Fatalf("%v is %v, written %v it is %v", r, want, changed, got)
		}
	})
}

func hierarchicalSystem(p *Policy, uri string) bool {
	table, _ := p.shipped.system(uri)
	return hierarchical[table]
}

func codings(concept any) []any {
	m, _ := concept.(map[string]any)
	list, _ := m["coding"].([]any)
	return list
}

func texts(concept any) string {
	m, _ := concept.(map[string]any)
	text, _ := m["text"].(string)
	return text
}
