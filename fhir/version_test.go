package fhir_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele/fhir"
)

func TestR38WhatCountsAsAVersionNumber(t *testing.T) {
	for _, name := range []string{"", "-1", "+5", " 5", "5 ", "1.0", "1e3", "0x1", "1_000", "٣", "W/1", "a", strings.Repeat("9", fhir.MaxID+1)} {
		if n, ok := fhir.ParseVersionNumber(name); ok {
			t.Errorf("%q is the number %q", name, n)
		}
	}
	rising := []string{"0", "1", "007", "8", "10", "0099", "100", "18446744073709551615", "18446744073709551616", strings.Repeat("9", 64)}
	for i, a := range rising {
		for j, b := range rising {
			m, okM := fhir.ParseVersionNumber(a)
			n, okN := fhir.ParseVersionNumber(b)
			if !okM || !okN || (m.Compare(n) < 0) != (i < j) || (m.Compare(n) == 0) != (i == j) {
				t.Errorf("%q against %q: %d", a, b, m.Compare(n))
			}
		}
	}
	for _, same := range [][2]string{{"7", "007"}, {"0", "000"}} {
		m, _ := fhir.ParseVersionNumber(same[0])
		n, _ := fhir.ParseVersionNumber(same[1])
		if m.Compare(n) != 0 {
			t.Errorf("%q", same)
		}
	}
}

func TestR38AVersionThatContradictsAnother(t *testing.T) {
	const early, late = "2024-01-01T00:00:00Z", "2024-01-01T02:00:00+01:00"
	for _, c := range []struct {
		a, b fhir.Version
		want bool
	}{
		{fhir.Version{ID: "9", Updated: early}, fhir.Version{ID: "1", Updated: late}, true},
		{fhir.Version{ID: "9", Updated: late}, fhir.Version{ID: "1", Updated: early}, false},
		{fhir.Version{ID: "9", Updated: early}, fhir.Version{ID: "9", Updated: late}, false},
		{fhir.Version{ID: "9", Updated: early}, fhir.Version{ID: "1", Updated: early}, false},
		{fhir.Version{ID: "9"}, fhir.Version{ID: "1", Updated: late}, false},
		{fhir.Version{ID: "a", Updated: early}, fhir.Version{ID: "1", Updated: late}, false},
	} {
		if c.a.Contradicts(c.b) != c.want || c.b.Contradicts(c.a) != c.want {
			t.Errorf("%v and %v", c.a, c.b)
		}
	}
}

// TestR38WhatWasMadeAfterADelete compares a version with a DELETE, the one rule for what a
// file holds and for what stands in a chart.
func TestR38WhatWasMadeAfterADelete(t *testing.T) {
	v := func(id, updated string) fhir.Version { return fhir.Version{ID: id, Updated: updated} }
	const early, late = "2024-01-01T00:00:00Z", "2024-01-01T02:00:00+01:00"
	for _, c := range []struct {
		version, deleted fhir.Version
		after, told      bool
	}{
		{v("6", ""), v("5", ""), true, true}, {v("10", ""), v("9", ""), true, true}, {v("4", ""), v("5", ""), false, true},
		{v("5", ""), v("5", ""), false, true}, {v("05", ""), v("5", ""), false, true},
		{v("4", late), v("5", early), false, true}, {v("6", early), v("5", late), true, true},
		{v("5", late), v("5", early), true, true}, {v("5", early), v("5", late), false, true}, {v("5", late), v("5", ""), false, true},
		{v("", late), v("5", early), true, true}, {v("a", early), v("b", late), false, true}, {v("", early), v("", early), false, true},
		{v("", ""), v("5", ""), false, false}, {v("a", ""), v("a", ""), false, false}, {v("", late), v("", ""), false, false}, {v("", "2025"), v("", early), false, false},
	} {
		if after, told := c.version.After(c.deleted); after != c.after || told != c.told {
			t.Errorf("%v after %v: %v, %v", c.version, c.deleted, after, told)
		}
	}
}
