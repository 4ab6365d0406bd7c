package fhir

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// official patterns of the primitive types (R4 datatypes.html), anchored. \s and
// \S are those of XML Schema, where white space is four characters.
var patterns = func() map[string]*regexp.Regexp {
	const (
		year = `([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)`
		day  = `(0[1-9]|[1-2][0-9]|3[0-1])`
		hour = `([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?`
		zone = `(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))`
	)
	out := map[string]*regexp.Regexp{}
	for name, text := range map[string]string{
		"canonical":   `\S+`,
		"code":        `[^\s]+(\s[^\s]+)*`,
		"date":        year + `(-(0[1-9]|1[0-2])(-` + day + `)?)?`,
		"dateTime":    year + `(-(0[1-9]|1[0-2])(-` + day + `(T` + hour + zone + `)?)?)?`,
		"decimal":     `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`,
		"id":          `[A-Za-z0-9\-\.]{1,64}`,
		"instant":     year + `-(0[1-9]|1[0-2])-` + day + `T` + hour + zone,
		"integer":     `-?([0]|([1-9][0-9]*))`,
		"markdown":    `[ \r\n\t\S]+`,
		"oid":         `urn:oid:[0-2](\.(0|[1-9][0-9]*))+`,
		"positiveInt": `[1-9][0-9]*`,
		"string":      `[ \r\n\t\S]+`,
		"time":        hour,
		"unsignedInt": `[0]|([1-9][0-9]*)`,
		"uri":         `\S+`,
		"url":         `\S+`,
		"uuid":        `urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`,
	} {
		text = strings.NewReplacer(`[^\s]`, `[^ \t\r\n]`, `[ \r\n\t\S]`, `[\x{0}-\x{10ffff}]`, `\s`, `[ \t\r\n]`, `\S`, `[^ \t\r\n]`).Replace(text)
		out[name] = regexp.MustCompile(`^(?:` + text + `)$`)
	}
	return out
}()

// exists reports whether a text that has a date's form is in the calendar.
func exists(text string) bool {
	if len(text) < 10 {
		return true
	}
	_, err := time.Parse(time.DateOnly, text[:10])
	return err == nil
}

// FuzzPrimitives holds the checks that are written out by hand against HL7's
// regular expressions and Go's calendar. A text may be refused beyond them only
// for what R4 says in words: 32 bits, a megabyte, control characters.
func FuzzPrimitives(f *testing.F) {
	for _, list := range badTexts {
		for _, text := range list {
			f.Add(strings.Trim(text, `"`))
		}
	}
	for _, text := range goodTexts {
		f.Add(strings.Trim(text, `"`))
	}
	for _, text := range []string{"2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29T23:59:60.0+14:00", "-0", "2147483647", "-2147483648", "\u00a0", "a\u2028b", "1e400"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" || !utf8.ValidString(text) {
			return // the parser is in front
		}
		control := strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' })
		for name, pattern := range patterns {
			check := primitives[name]
			if check.json == numberNode {
				d, bad := parseDocument([]byte(text))
				if bad != nil || d.nodes[0].kind != numberNode || strings.TrimSpace(text) != text {
					if pattern.MatchString(text) {
						t.Fatalf("%s %q is a number by R4 and not by JSON", name, text)
					}
					continue
				}
			}
			got, want := check.ok([]byte(text)), pattern.MatchString(text)
			switch name {
			case "date", "dateTime", "instant":
				want = want && exists(text)
			case "integer", "positiveInt", "unsignedInt":
				digits := strings.TrimPrefix(text, "-")
				beyond := len(digits) > 10 || len(digits) == 10 && (digits > "2147483648" || digits == "2147483648" && digits == text)
				want = want && !beyond
			case "string", "markdown", "code", "uri", "url", "canonical":
				if control {
					continue
				}
				want = want && (name != "string" || utf8.RuneCountInString(text) <= 1<<20)
			}
			if got != want {
				t.Fatalf("%s %q: got %v, HL7's pattern says %v", name, text, got, want)
			}
		}
	})
}

// FuzzMutants spoils whatever valid resource the fuzzer finds, in every way.
func FuzzMutants(f *testing.F) {
	for _, src := range []string{
		`{"resourceType":"Patient","id":"a","contained":[{"resourceType":"Organization","id":"o","name":"x"}],"active":true,"name":[{"given":["é",null],"_given":[null,{"extension":[{"url":"u","valueCode":"x"}]}]}],"managingOrganization":{"reference":"#o"},"gender":"other","birthDate":"2020-02"}`,
		`{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"1-1"}]},"subject":{"reference":"Patient/1"},"valueQuantity":{"value":1.50,"comparator":"<"},"issued":"2020-01-01T00:00:00Z","component":[{"code":{"text":"x"},"valueInteger":1}]}`,
		`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{"resourceType":"Basic","code":{"text":"x"},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}}}],"total":1}`,
		`{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"group","item":[{"linkId":"2","type":"display","enableWhen":[{"question":"1","operator":"=","answerBoolean":false}]}]}]}`,
		`{"resourceType":"Parameters","parameter":[{"name":"a","resource":{"resourceType":"Patient"}},{"name":"b","part":[{"name":"c","valueDecimal":0.0}]}]}`,
	} {
		f.Add([]byte(src), uint64(1))
	}
	f.Fuzz(func(t *testing.T, src []byte, seed uint64) {
		r, err := Parse(src)
		if err != nil || len(src) > 4096 || len(r.Validate()) > 0 {
			return
		}
		again, err := Parse(r.JSON)
		if err != nil || !bytes.Equal(again.JSON, r.JSON) {
			t.Fatalf("what was read can't be read again: %v", err)
		}
		for _, m := range mutants(r, seed, 1) {
			if why := m.survives(); why != "" {
				t.Fatalf("%s: %s\n%s", m.kind, why, m.src)
			}
		}
	})
}

// FuzzPath asks for anything at any path: it may find nothing, it may not panic,
// and what is found is in the source.
func FuzzPath(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Patient","name":[{"given":["a","b"]}]}`), "name[0].given[1]")
	f.Add([]byte(`{"resourceType":"Patient","name":[[],{}]}`), "name[-1].[].x[9999999999999999999]")
	f.Fuzz(func(t *testing.T, src []byte, path string) {
		r, err := Parse(src)
		if err != nil {
			return
		}
		if raw := r.Raw(path); !bytes.Contains(r.JSON, raw) {
			t.Fatalf("%q is not in the source", raw)
		}
		if text := r.Path(path); text != "" && r.Raw(path) == nil {
			t.Fatalf("%q from nowhere", text)
		}
		r.All(path)
	})
}
