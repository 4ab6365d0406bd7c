package fhir

import (
	"slices"
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
	if got := o.Member("key"); got.Text() != "v" || got.Key() != "key" || !got.Is("v") || !got.IsText() {
		t.Errorf("an escaped key is not found: %q", got.Text())
	}
	if string(o.JSON()) != `{"k\u0065y":"v"}` || o.End() != r.Nodes() || o.End()-o.Index() != 2 {
		t.Errorf("%s lies from %d to %d of %d", o.JSON(), o.Index(), o.End(), r.Nodes())
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
