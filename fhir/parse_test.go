package fhir

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

func TestParseKeepsEverythingButWhiteSpace(t *testing.T) {
	src := "{ \"resourceType\" : \"Observation\",\n\t\"status\":\"final\", \"z\\u0041\": [ 1.50 , -0.0, 1E+2, 12345678901234567890.123456789 ],\r\n \"a\":{ \"t\" : \" \\u00e9 \\/ \\ud83d\\ude00 \" } }"
	want := `{"resourceType":"Observation","status":"final","z\u0041":[1.50,-0.0,1E+2,12345678901234567890.123456789],"a":{"t":" \u00e9 \/ \ud83d\ude00 "}}`
	r, err := Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	if string(r.JSON) != want {
		t.Errorf("got  %s\nwant %s", r.JSON, want)
	}
	if got := r.Path("zA[3]"); got != "12345678901234567890.123456789" {
		t.Errorf("number became %q", got)
	}
	if got := r.Path("a.t"); got != " é / 😀 " {
		t.Errorf("text became %q", got)
	}
}

func TestParseKeepsNamesInEveryScript(t *testing.T) {
	for _, name := range []string{"محمد بن عبد الله", "יוֹסֵף", "山田 太郎", "김철수", "Ångström", "A\u030angstro\u0308m", "👩‍⚕️🏳️‍🌈", "Владимир", "ஸ்ரீ", "ᠮᠣᠩᠭᠣᠯ", "\u202eabc\u202c", "𠮷野"} {
		quoted, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Parse([]byte(`{"resourceType":"Patient","name":[{"family":` + string(quoted) + `}]}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Path("name.family"); got != name {
			t.Errorf("%q became %q", name, got)
		}
		if issues := r.Validate(); len(issues) > 0 {
			t.Errorf("%q: %v", name, issues)
		}
	}
}

func TestParseRefusesBrokenJSON(t *testing.T) {
	deep := strings.Repeat(`{"a":`, MaxDepth+1) + "1" + strings.Repeat("}", MaxDepth+1)
	for _, c := range []struct {
		src    string
		offset int64
		line   int
	}{
		{"", 0, 1}, {"[]", 0, 1}, {"null", 0, 1}, {`"x"`, 0, 1},
		{"{\"resourceType\":\"Patient\"\n,}", 27, 2},
		{"{\"resourceType\":\n\n\"Patient\"", 27, 3},
		{`{"resourceType":"Patient"} x`, 27, 1},
		{`{"resourceType":"Patient"}{}`, 26, 1},
		{`{"resourceType":"Patient","id":"a","id":"b"}`, 0, 1},
		{`{"resourceType":"Patient","id":"a","\u0069d":"b"}`, 0, 1},
		{`{"resourceType":"Patient","c0":0,"c1":0,"c2":0,"c3":0,"c4":0,"c5":0,"c6":0,"c7":0,"c8":0,"c9":0,"d0":0,"d1":0,"d2":0,"d3":0,"d4":0,"d5":0,"d6":0,"c0":1}`, 0, 1},
		{"{\"resourceType\":\"Pa\xfftient\"}", 19, 1},
		{`{"resourceType":"Patient","a":"\ud800"}`, 31, 1},
		{"{\"resourceType\":\"Patient\",\"a\":\"\x01\"}", 31, 1},
		{`{"resourceType":"Patient","a":01}`, 31, 1},
		{`{"resourceType":"Patient","a":1.}`, 32, 1},
		{`{"resourceType":"Patient","a":.5}`, 30, 1},
		{`{"resourceType":"Patient","a":NaN}`, 30, 1},
		{`{"resourceType":"Patient","a":[1,]}`, 33, 1},
		{`{'resourceType':"Patient"}`, 1, 1},
		{`{"resourceType":"Martian"}`, 0, 1}, {`{"resourceType":"Resource"}`, 0, 1}, {`{"resourceType":"Quantity"}`, 0, 1}, {`{}`, 0, 1},
		{deep, 5 * MaxDepth, 1},
	} {
		_, err := Parse([]byte(c.src))
		syntax, ok := errors.AsType[*SyntaxError](err)
		if !ok || stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%.60q: got %v", c.src, err)
			continue
		}
		if syntax.Offset != c.offset || syntax.Line != c.line {
			t.Errorf("%.60q: %v, want byte %d, line %d", c.src, syntax, c.offset, c.line)
		}
	}
}

func TestEveryTruncationIsRefused(t *testing.T) {
	src := `{"resourceType":"Patient","id":"a","name":[{"given":["\u00e9"],"period":{"start":"2020"}}],"multipleBirthInteger":-12e1}`
	for n := range len(src) {
		if _, err := Parse([]byte(src[:n])); err == nil {
			t.Errorf("%s: no error", src[:n])
		}
	}
}

// Hostile input must cost time in proportion to its length.
func TestParseAndValidateStayLinear(t *testing.T) {
	const n = 200_000
	for _, src := range []string{
		`{"resourceType":"Patient","name":[{"given":["a"` + strings.Repeat(",null", n) + `],"_given":[null` + strings.Repeat(",null", n) + `]}]}`,
		`{"resourceType":"Patient","name":[{"text":"` + strings.Repeat("alcohol ", n) + `"}]}`,
		`{"resourceType":"Patient","contained":[1` + strings.Repeat(",1", n) + `]}`,
	} {
		r, err := Parse([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		r.Validate()
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%.40s took %s", src, took)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Patient","id":"a","name":[{"given":["é",null],"_given":[null,{"id":"x"}]}]}`))
	f.Add([]byte(`{"resourceType":"Observation","valueQuantity":{"value":1.50e-3},"x":[[],{}]}`))
	f.Add([]byte(`{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient"}}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := Parse(src)
		if err != nil {
			return
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, src); err != nil {
			t.Fatalf("accepted what is not JSON: %v", err)
		}
		if !bytes.Equal(compact.Bytes(), r.JSON) {
			t.Fatalf("changed %q to %q", src, r.JSON)
		}
		r.Validate()
		r.Path("a.b[1].c")
	})
}
