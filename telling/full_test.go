package telling_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	. "github.com/stele-health/stele/telling"
)

// leaf is a scalar of a resource, found apart from the code under test.
type leaf struct {
	path, parent string
	key          string
	text         string
	siblings     map[string]any
	over         []string // the keys above it, the nearest last
}

func leavesOf(t testing.TB, record []byte) []leaf {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(record)))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	var out []leaf
	collect(v, "", "", "", nil, nil, &out)
	return out
}

func collect(v any, path, parent, key string, siblings map[string]any, over []string, out *[]leaf) {
	switch v := v.(type) {
	case map[string]any:
		for k, w := range v {
			if path == "" && k == "resourceType" {
				continue
			}
			at := k
			if path != "" {
				at = path + "." + k
			}
			collect(w, at, path, k, v, append(slices.Clip(over), k), out)
		}
	case []any:
		for i, w := range v {
			collect(w, fmt.Sprintf("%s[%d]", path, i), path, key, siblings, over, out)
		}
	case nil:
	default:
		*out = append(*out, leaf{path, parent, key, fmt.Sprint(v), siblings, over})
	}
}

// examples calls f for HL7's examples and every resource of the shared charts,
// where they are.
func examples(t *testing.T, f func(name string, record []byte)) {
	t.Helper()
	folder := filepath.Join("..", "bin", "fhir", "hl7.fhir.r4.examples")
	if s := os.Getenv("FHIR_PACKAGE"); s != "" {
		folder = s
	}
	files, _ := filepath.Glob(filepath.Join(folder, "*.json"))
	if len(files) == 0 {
		t.Skip("no hl7.fhir.r4.examples: HL7's examples not tried; make bin/fhir fetches them")
	}
	for _, file := range files {
		name := filepath.Base(file)
		kind, _, _ := strings.Cut(name, "-")
		if strings.HasSuffix(kind, "Definition") || slices.Contains([]string{"package.json", ".index.json"}, name) ||
			slices.Contains([]string{"SearchParameter", "ValueSet", "CodeSystem", "ConceptMap", "valueset"}, kind) {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(src) < 1<<20 {
			f(name, src)
		}
	}
}

var (
	tags   = regexp.MustCompile("<[^>]*>|&[^;]*;|[\u00ad\u200b\u2060\ufeff]")
	spaces = regexp.MustCompile(`\s+`)
)

// missingFromFull says which leaf the full view does not show.
func missingFromFull(t testing.TB, record []byte) string {
	t.Helper()
	sheet, ok := Full(record)
	if !ok {
		return "" // not FHIR R4, as the definitions that the package also holds
	}
	shown := map[string]string{}
	for _, l := range sheet.Lines {
		shown[l.Path] += l.Label + " " + l.Text + " "
	}
	for _, l := range leavesOf(t, record) {
		text, ok := shown[l.path]
		if !ok || text == "" {
			text = shown[l.parent]
		}
		text = spaces.ReplaceAllString(text, " ")
		want := strings.TrimSpace(spaces.ReplaceAllString(l.text, " "))
		if raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(l.text), "")); l.key == "data" && err == nil && strings.Contains(text, fmt.Sprintf("(%d bytes of", len(raw))) {
			continue
		}
		if l.key == "div" {
			for _, w := range strings.Fields(tags.ReplaceAllStringFunc(l.text, func(s string) string {
				if s[0] == '<' || s[0] == '&' {
					return " "
				}
				return ""
			})) {
				if !strings.Contains(text, w) {
					return fmt.Sprintf("%s: %q", l.path, w)
				}
			}
			continue
		}
		if l.key == "id" && l.path == "id" {
			continue // the title
		}
		if !strings.Contains(text, want) && strings.IndexFunc(want, func(r rune) bool { return r < ' ' || r > '~' }) < 0 {
			return fmt.Sprintf("%s: %.60q is not in %.200q", l.path, want, text)
		}
	}
	return ""
}

func TestR40TheFullViewLeavesNothingOut(t *testing.T) {
	n := 0
	examples(t, func(name string, record []byte) {
		n++
		if s := missingFromFull(t, record); s != "" {
			t.Errorf("%s: %s", name, s)
		}
	})
	if n < 500 {
		t.Errorf("only %d examples", n)
	}
}

func TestR40TheFullViewLeavesNothingOutOfMadeResources(t *testing.T) {
	m := newMaker(t)
	for seed := range uint64(3000) {
		m.rng, m.n = rand.New(rand.NewPCG(seed, 40)), 0
		record := m.resource(m.kinds[seed%uint64(len(m.kinds))], 1+int(seed%9))
		if s := missingFromFull(t, []byte(record)); s != "" {
			t.Fatalf("%s\n%s", s, record)
		}
	}
}

// unsaidLeaf says which clinical leaf of a made resource is neither in its line
// nor marked; "" for none.
func unsaidLeaf(t testing.TB, record string) (missing string, marked bool) {
	t.Helper()
	e := told(record)
	if e.More {
		return "", true
	}
	kind := e.Type
	src, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	line := e.Sentence() + string(src)
	for _, p := range e.Contained {
		line += " " + p.Sentence()
	}
	for _, l := range leavesOf(t, []byte(record)) {
		if l.over[0] == "text" && strings.Contains(record, `"generated"`) || slices.ContainsFunc([]string{"status", "Status", "intent", "priority", "actuality"}, func(s string) bool { return strings.HasSuffix(l.over[0], s) }) {
			continue // standing_test.go holds these
		}
		if slices.ContainsFunc(l.over, func(k string) bool { return Administrative(kind, k, false) }) || Administrative(kind, l.over[0], true) {
			continue
		}
		if said(line, l) {
			continue
		}
		return l.path + " " + l.text, false
	}
	return "", false
}

// bare is a text without what stands between its rows and cells.
func bare(text string) string { return strings.Join(inWords.FindAllString(text, -1), " ") }

var (
	inWords = regexp.MustCompile(`[\p{L}\p{N}]+`)
	spanned = regexp.MustCompile(`\[for \d+ (rows|columns)\]`)
)

// said reports whether a line says a leaf, by its own words or by those that
// stand for it.
func said(line string, l leaf) bool {
	line, l.text = spaces.ReplaceAllString(line, " "), strings.TrimRight(strings.TrimSuffix(strings.TrimSpace(spaces.ReplaceAllString(l.text, " ")), " (qualifier value)"), ".")
	has := func(s any) bool { text, _ := s.(string); return text != "" && strings.Contains(line, text) }
	switch {
	case l.key == "div" && strings.Contains(bare(spanned.ReplaceAllString(line, " ")), bare(tags.ReplaceAllString(l.text, " "))):
		return true
	case l.path == "text.status" && has("its text: "):
		return true
	case has(l.text), l.text == "true", l.text == "false":
		return true
	case l.text == "deny" && l.key == "type" && strings.HasPrefix(l.path, "provision"):
		return has("DENIES")
	case len(l.text) >= 7 && l.text[4] == '-' && (has(dayWords(l.text)) || has(l.text[:min(10, len(l.text))])): // in words, or in Entry.When
		return true
	case len(l.text) == 8 && l.text[2] == ':' && strings.HasSuffix(l.text, ":00") && has(l.text[:5]):
		return true
	case slices.Contains([]string{"periodUnit", "durationUnit", "when", "dayOfWeek", "unit"}, l.key): // in words
		return true
	case l.over[0] == "contained" || slices.Contains(l.over, "extension"): // who and where; harmless: more.go
		return true
	case l.key == "code" && strings.Contains(l.path, ".coding["), l.key == "code" && l.siblings["value"] != nil, l.key == "status" && l.over[0] == "section":
		return true
	case l.key == "system" || l.key == "version" || l.key == "url" || l.key == "definition":
		return true
	case l.key == "code" && (has(l.siblings["unit"]) || has(l.siblings["display"])), l.key == "display", l.key == "code" && l.siblings["display"] != nil:
		return true // a unit or concept is said by its words; which words, other tests hold
	case l.path == "type" && l.text == "allergy": // the page heads it so
		return true
	case l.key == "reference" && strings.HasPrefix(l.text, "#"): // what is contained is told, by its own name
		return true
	case l.key == "reference" && (strings.HasPrefix(l.text, "Patient/") || has(l.siblings["display"]) || l.siblings["display"] == nil && l.siblings["identifier"] == nil), l.key == "type" && l.siblings["display"] != nil:
		return true
	}
	return false
}

// dayWords writes a date in words, apart from the code under test.
func dayWords(s string) string {
	for layout, words := range map[string]string{"2006-01-02": "2 Jan 2006", "2006-01": "Jan 2006"} {
		if len(s) >= len(layout) {
			if d, err := time.Parse(layout, s[:len(layout)]); err == nil && (len(s) == len(layout) || len(layout) == 10) {
				return d.Format(words)
			}
		}
	}
	return "no day"
}

// TestR40WhatALineLeavesOutOfExamplesIsMarked looks at HL7's examples, where
// codes are translated into words; those are taken for said when any word of
// their element is.
func TestR40WhatALineLeavesOutOfExamplesIsMarked(t *testing.T) {
	n, unmarked := 0, 0
	examples(t, func(name string, record []byte) {
		if Read(record).Retracted() {
			return
		}
		missing, marked := unsaidLeaf(t, string(record))
		if missing != "" {
			t.Errorf("%s: %.200s is neither said nor marked", name, missing)
		}
		if n++; !marked {
			unmarked++
		}
	})
	if n < 500 || unmarked < n/4 {
		t.Errorf("%d of %d lines say all", unmarked, n)
	}
}

func TestR40WhatALineLeavesOutIsMarked(t *testing.T) {
	m := newMaker(t)
	kinds := m.clinicalKinds()
	unmarked := 0
	const made = 15000
	for seed := range uint64(made) {
		m.rng, m.n = rand.New(rand.NewPCG(seed, 41)), 0
		kind := kinds[seed%uint64(len(kinds))]
		record := m.resource(kind, 1+int(seed%4))
		missing, marked := unsaidLeaf(t, record)
		if missing != "" {
			t.Errorf("%s: %s is neither said nor marked\n%s", kind, missing, record)
			if t.Failed() && seed > 1500 {
				return
			}
		}
		if !marked {
			unmarked++
		}
	}
	if unmarked < made/3 {
		t.Errorf("only %d of %d lines say all: the test has nothing to look at", unmarked, made)
	}
}

// shown is a sheet with its labels.
func shown(s Sheet) string {
	text := s.Title()
	for _, l := range s.Lines {
		text += "\n" + strings.Repeat(" ", l.Depth) + l.Label + ": " + l.Text
	}
	return text
}

// FuzzFull: whatever a record holds, its line and its full view are harmless and the
// same each time.
func FuzzFull(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Observation","text":{"div":"<div>10<sup>3</sup> <del>no</del><img alt='x'/></div>"},"valueString":"a\u202eb\u001b[2J"}`))
	f.Add([]byte(`{"resourceType":"Binary","contentType":"text/plain","data":"AAECAw=="}`))
	f.Add([]byte(`{"resourceType":"Basic","x":[[[null,{}]],[]],"_y":[null,{"id":""}]}`))
	f.Fuzz(func(t *testing.T, record []byte) {
		sheet, ok := Full(record)
		if !ok {
			return
		}
		e := Read(record).Tell(Reading{})
		text := shown(sheet)
		for _, r := range text + e.Sentence() {
			if r != '\n' && (unicode.IsControl(r) || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069) {
				t.Errorf("%U is told", r)
			}
		}
		if again, _ := Full(record); shown(again) != text {
			t.Error("another view of the same record")
		}
		if again := Read(record).Tell(Reading{}); again.Sentence() != e.Sentence() || again.Fact != e.Fact {
			t.Error("another line or key of the same record")
		}
		for _, l := range sheet.Lines {
			if l.Label == "" && l.Text == "" {
				t.Errorf("%s is an empty line", l.Path)
			}
		}
	})
}

// TestR40NarrativeKeepsItsSense: what markup does to the sense of letters stays.
func TestR40NarrativeKeepsItsSense(t *testing.T) {
	for _, c := range []struct{ div, want string }{
		{`<div>Leucocytes 10<sup>3</sup>/µL</div>`, "Leucocytes 10^3/µL"},
		{`<div>Allergy: <del>penicillin</del> none</div>`, "Allergy: [struck out: penicillin] none"},
		{`<div><table><tr><th>Drug</th><td>5 mg</td></tr><tr><td>A</td><td>1</td></tr></table></div>`, "Drug | 5 mg"},
		{`<div><img src="#x" alt="ECG"/></div>`, "[picture: ECG]"},
		{`<div>a &lt; b &nbsp;&amp; c</div>`, "a < b & c"},
		{`<div>broken <b>here</div`, "broken <b>here"},
	} {
		src, err := json.Marshal(c.div)
		if err != nil {
			t.Fatal(err)
		}
		sheet, _ := Full([]byte(`{"resourceType":"Basic","text":{"status":"additional","div":` + string(src) + `}}`))
		if text := shown(sheet); !strings.Contains(text, c.want) {
			t.Errorf("%s is told as\n%s\nwithout %q", c.div, text, c.want)
		}
	}
}

// TestR40FullNamesWhatItCannotShow by kind, size and digest, and shows by number
// what would act on a terminal.
func TestR40FullNamesWhatItCannotShow(t *testing.T) {
	for _, c := range []struct{ record, want string }{
		{`"DocumentReference","content":[{"attachment":{"contentType":"image/png","data":"AAECAw=="}}]`, "data: (4 bytes of image/png, not shown; SHA-256 054edec1d0211f62"},
		{`"DocumentReference","content":[{"attachment":{"contentType":"text/plain; charset=utf-8","data":"SGVsbG8KV29ybGQ="}}]`, "World"},
		{`"DocumentReference","content":[{"attachment":{"contentType":"text/plain","data":"!!!"}}]`, "(not base64: 3 characters)"},
		{`"Basic","x":"a\u202eb\u001bc"`, "x: a<U+202E>b<U+001B>c"},
		{`"Basic","x":"so\u00adft, a\u200bb\u2060c\ufeffd"`, "x: soft, abcd"},
		{`"Basic","x":{"data":"` + strings.Repeat("A", 80) + `"}`, "data " + strings.Repeat("A", 80)},
		{`"Basic","x":{"data":"` + strings.Repeat("A", 84) + `"}`, "data: (63 bytes of a kind not named"},
		{`"Basic","x":{"a":"b","c":{},"d":"e"}`, "c: (empty)"},
		{`"Basic","x":{"a":"b","c":null,"d":"e"}`, "c: (nothing)"},
		{`"Basic","x":[]`, "x: (an empty list)"},
		{`"Basic","x":[null,"b"]`, "x (1): (nothing)"},
		{`"Basic","_x":{"id":"1"}`, "x, beside it: id 1"},
		{`"Basic","unheardOf":{"deep":[{"leaf":0.10}]}`, "leaf 0.10"},
	} {
		sheet, ok := Full([]byte(`{"resourceType":` + c.record + `}`))
		if text := shown(sheet); !ok || !strings.Contains(text, c.want) {
			t.Errorf("%s is told as\n%s\nwithout %q", c.record, text, c.want)
		}
	}
	if _, ok := Full([]byte(`{"resourceType":"Nonsense"}`)); ok {
		t.Error("what is no R4 resource is told as one")
	}
}
