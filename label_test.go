package stele_test

import (
	"slices"
	"testing"

	"github.com/stele-health/stele"
)

func TestR25AnEmergencyOpensSixCategories(t *testing.T) {
	want := []stele.Category{"allergies", "medications", "problems", "devices", "advance-directives", "summary"}
	got := stele.EmergencyCategories()
	if !slices.Equal(got, want) {
		t.Error(got)
	}
	all := stele.Categories()
	if !slices.IsSortedFunc(got, func(a, b stele.Category) int { return slices.Index(all, a) - slices.Index(all, b) }) {
		t.Errorf("%v is not in the order of Categories", got)
	}
	for _, c := range got {
		if !c.Valid() {
			t.Errorf("%s is no category", c)
		}
	}
}
