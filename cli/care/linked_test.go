package care

import (
	"slices"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/wallet/wallettest"
)

// TestR37WhatIsUnlinkedSaysByWhatElseSheIs: an enrolment ties the id of the Patient, too;
// whoever forgets the number alone is told that her records go on arriving by the id, and
// forgets it by the name under which it is listed.
func TestR37WhatIsUnlinkedSaysByWhatElseSheIs(t *testing.T) {
	table := wallettest.NewWallet(t).Links()
	ana, ben := stele.SubjectOf([]byte("ana")), stele.SubjectOf([]byte("ben"))
	for _, l := range []links.Link{
		{Number: "4711", Name: "Alvar, Ana", Subject: ana}, {System: intake.PatientID, Number: "a1", Name: "Alvar, Ana", Subject: ana},
		{System: intake.PatientID, Number: "https://lab.example/fhir/Patient/a1", Name: "Alvar, Ana", Subject: ana}, {Number: "12", Subject: ben},
	} {
		if err := table.Link([]links.Link{l}, links.Confirmed{Same: true}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		number string
		rest   []string
	}{
		{"4711", []string{"Patient/a1", "https://lab.example/fhir/Patient/a1"}},
		{" Patient/a1", []string{"https://lab.example/fhir/Patient/a1"}},
		{"https://lab.example/fhir/Patient/a1", nil},
		{"12", nil},
	} {
		if found, err := findLinks(table, c.number); err != nil || len(found) != 1 {
			t.Errorf("%s finds %v, %v", c.number, found, err)
		}
		rest, err := unlink(table, c.number, "")
		var names []string
		for _, l := range rest {
			names = append(names, l.Text())
		}
		if slices.Sort(names); err != nil || !slices.Equal(names, c.rest) {
			t.Errorf("%s is unlinked, %v, and still are %q, want %q", c.number, err, names, c.rest)
		}
		if _, err := unlink(table, c.number, ""); stele.KindOf(err) != stele.KindNotFound {
			t.Errorf("%s, once more: %v", c.number, err)
		}
	}
	for system, of := range map[string]stele.Subject{"urn:a": ana, "urn:b": ben} {
		if err := table.Link([]links.Link{{System: system, Number: "9", Subject: of}}, links.Confirmed{}); err != nil {
			t.Fatal(err)
		}
	}
	if rest, err := unlink(table, "9", "urn:a"); err != nil || len(rest) > 0 {
		t.Errorf("one of two patients of a number is unlinked, %v, and still is %v, of the other", err, rest)
	}
}
