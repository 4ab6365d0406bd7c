package fhir

import (
	"slices"
	"strings"
	"testing"
)

func TestValueReadsWhatIsWritten(t *testing.T) {
	r, err := Parse([]byte(`{"resourceType":"Observation","n":[1.50,1e-3,true,null,"a\u0041"],"o":{"k\u0065y":"v"}}`))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for item := range r.Root().Member("n").All() {
		texts = append(texts, item.Text())
	}
	if want := []string{"1.50", "1e-3", "true", "", "aA"}; !slices.Equal(texts, want) {
		t.Errorf("items are %q, want %q", texts, want)
	}
	var keys []string
	for member := range r.Root().All() {
		keys = append(keys, member.Key())
	}
	if want := []string{"resourceType", "n", "o"}; !slices.Equal(keys, want) {
		t.Errorf("keys are %q, want %q", keys, want)
	}
	o := r.Root().Member("o")
	if got := o.Member("key"); got.Text() != "v" || got.Key() != "key" || !got.IsText() {
		t.Errorf("an escaped key is not found: %q", got.Text())
	}
	if string(o.JSON()) != `{"k\u0065y":"v"}` || o.End() != r.Nodes() || o.End()-o.Index() != 2 {
		t.Errorf("%s lies from %d to %d of %d", o.JSON(), o.Index(), o.End(), r.Nodes())
	}
}

// TestAValueIsOfOneKind, and nothing is of none.
func TestAValueIsOfOneKind(t *testing.T) {
	r, err := Parse([]byte(`{"resourceType":"Observation","object":{},"array":[],"text":"true","number":0,"false":false,"true":true,"null":null}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"object": "object", "array": "array", "text": "text", "number": "number", "false": "bool", "true": "bool", "null": "null", "none": "",
	} {
		v, kinds := r.Root().Member(name), []string{}
		for kind, is := range map[string]bool{
			"object": v.IsObject(), "array": v.IsArray(), "text": v.IsText(), "number": v.IsNumber(), "bool": v.IsBool(), "null": v.IsNull(),
		} {
			if is {
				kinds = append(kinds, kind)
			}
		}
		if strings.Join(kinds, " ") != want {
			t.Errorf("%s is said to be %q", name, kinds)
		}
	}
}

// TestAllOfAPathAreItsScalars: neither what holds others nor null is a text.
func TestAllOfAPathAreItsScalars(t *testing.T) {
	r, err := Parse([]byte(`{"resourceType":"Observation","a":[{"b":"x"},{"b":1.50},{"b":true},{"b":false},{"b":null},{"b":{"c":"y"}},{"b":[["z"],{"c":"y"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.All("a.b"), []string{"x", "1.50", "true", "false"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestValueOfNothingIsNothing(t *testing.T) {
	r, err := Parse([]byte(`{"resourceType":"Observation","s":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []Value{{}, r.Root().Member("none"), r.Root().Member("s").Member("x"), r.Root().Member("none").Member("x")} {
		if v.Exists() || v.Text() != "" || v.Key() != "" || v.JSON() != nil || v.IsObject() || v.IsNull() || v.End() != 0 {
			t.Errorf("%v is something", v)
		}
		for range v.All() {
			t.Error("nothing holds something")
		}
	}
}
