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
