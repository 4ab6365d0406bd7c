package care

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/intake"
)

// TestR37WhatIsAskedOfManyIsOneQuestion: it counts of whom and with how many records, and says why of the
// first; what is no question is none of it.
func TestR37WhatIsAskedOfManyIsOneQuestion(t *testing.T) {
	var issues []delivery.Note
	ask := func(patient, asks, why string) {
		issues = append(issues, delivery.Note{Resource: patient, Rule: delivery.RuleLink, Why: intake.Reason{
			Need: intake.NeedsConfirm, Asks: asks, Doubt: why, Answer: patient, Parts: []string{asks + " " + why + "; if it is", "--confirm " + patient},
		}})
	}
	for i := range 40 {
		ask(fmt.Sprint("Patient/", i), "is it the person linked?", fmt.Sprintf("The one who is linked has another name (%d; x)", i))
		ask(fmt.Sprint("Patient/", i), "is it the person linked?", "Another reason")
	}
	ask("Observation/1", "is it of the patient it names?", "It belongs to Encounter/2")
	issues = append(issues, delivery.Note{Resource: "Patient/x", Why: intake.Reason{Need: intake.NeedsLink, Parts: []string{"its patient is not linked here", "Patient/x"}}})
	all := questionsOf([]delivery.Imported{{Issues: issues[:50]}, {Issues: issues[50:]}})
	if len(all) != 2 || all[0].asks != "is it the person linked?" || len(all[0].answers) != 40 || all[0].resources != 80 || len(all[0].first) != maxAsked ||
		!strings.Contains(all[0].first[1], "Patient/1: The one who is linked has another name (1; x)") {
		t.Fatalf("%+v", all)
	}
	if same := answersOf(all); len(same) != 41 || same[40] != "Observation/1" {
		t.Errorf("%v", same)
	}
}
