package telling_test

import (
	"strings"
	"testing"

	. "github.com/stele-health/stele/telling"
)

// What a plan forbids covers none of its other activities, in whatever order they come, and
// how many of them there are.
func TestR38AProhibitionInAPlanCoversItselfAlone(t *testing.T) {
	activity := func(name, more string) string {
		return `{"detail":{"status":"scheduled","code":{"text":"` + name + `"}` + more + `}}`
	}
	plan := func(activities ...string) string {
		return strings.TrimSuffix(line(t, `{"resourceType":"CarePlan","status":"active","intent":"plan","title":"Ward plan","activity":[`+strings.Join(activities, ",")+`]}`), " (active)")
	}
	const not, walks = `,"doNotPerform":true`, `,"scheduledString":"daily, in the hall"`
	oral, physio, enoxaparin, aspirin := activity("Oral feeding", not), activity("Physiotherapy", ""), activity("Enoxaparin", ""), activity("Aspirin", not)
	for want, got := range map[string]string{
		"Physiotherapy, Enoxaparin; not to be done: Oral feeding":              plan(oral, physio, enoxaparin),
		"Enoxaparin, Physiotherapy; not to be done: Oral feeding":              plan(enoxaparin, oral, physio),
		"Physiotherapy; not to be done: Oral feeding; not to be done: Aspirin": plan(oral, aspirin, physio),
		"not to be done: Oral feeding; not to be done: Aspirin":                plan(oral, aspirin),
		"not to be done: Oral feeding":                                         plan(oral),
		"Physiotherapy, Enoxaparin":                                            plan(physio, enoxaparin),
		"Walks (daily, in the hall); Enoxaparin; not to be done: Oral feeding": plan(oral, activity("Walks", walks), enoxaparin),
		"Enoxaparin; not to be done: Aspirin (until noon)":                     plan(activity("Aspirin", not+`,"scheduledString":"until noon"`), enoxaparin),
	} {
		if !strings.Contains(got, "Ward plan · "+want) || strings.Count(got, ";") != strings.Count(want, ";") {
			t.Errorf("told as %q, want %q", got, want)
		}
	}
}

// Whoever refers to a prohibition names it as one.
func TestR38AProhibitionIsReferredToAsOne(t *testing.T) {
	for record, want := range map[string]string{
		`{"resourceType":"ServiceRequest","doNotPerform":true,"code":{"text":"Oral feeding"}}`:                    "Oral feeding (not to be done)",
		`{"resourceType":"ServiceRequest","doNotPerform":false,"code":{"text":"Oral feeding"}}`:                   "Oral feeding",
		`{"resourceType":"MedicationRequest","doNotPerform":true,"medicationCodeableConcept":{"text":"Aspirin"}}`: "Aspirin (not to be done)",
	} {
		r := Read([]byte(record))
		if got := r.Name(nil); got != want {
			t.Errorf("%s is called %q, want %q", record, got, want)
		}
	}
}
