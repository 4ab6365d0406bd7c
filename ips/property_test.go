package ips_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ips"
	"github.com/stele-health/stele/timeline"
)

// chartOf draws records of few ids and sources, each with a word of its own, that refer to
// each other, are versions of each other, lack things, or are sensitive.
func chartOf(t *rapid.T) []timeline.Item {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	var items []timeline.Item
	for i := range rapid.IntRange(1, 16).Draw(t, "records") {
		more := ""
		if n := pick("version", "", "1", "2", "3"); n != "" {
			more = `,"meta":{"versionId":"` + n + `"}`
		}
		ref := pick("ref", "", "Patient/p", "Condition/a", "Medication/b", "urn:uuid:a", "Encounter/x", "#in", "Medication/b/_history/1")
		if ref != "" {
			more += `,"note":[{"text":"n","authorReference":{"reference":"` + ref + `"}}]`
		}
		id, name := pick("id", "a", "b"), fmt.Sprintf("word%dx", i)
		var record string
		switch pick("type", "Patient", "AllergyIntolerance", "Condition", "MedicationRequest", "MedicationStatement", "Medication", "Device", "Flag", "Procedure", "Immunization") {
		case "Patient":
			record = fmt.Sprintf(`{"resourceType":"Patient","id":"p","gender":%q}`, pick("gender", "male", "female"))
		case "AllergyIntolerance":
			record = allergy(id, name, more+pick("verification", "", refuted))
		case "Condition":
			record = problem(id, name, pick("status", "active", "resolved", "odd"), more)
		case "MedicationRequest":
			record = order(id, name, pick("status", "active", "stopped", "on-hold", "entered-in-error"), more+pick("not", "", `,"doNotPerform":true`))
		case "MedicationStatement":
			record = fmt.Sprintf(`{"resourceType":"MedicationStatement","id":%q,"status":%q,"medicationReference":{"reference":"Medication/b"},"subject":{"reference":"Patient/p"}%s}`, id, pick("status", "active", "completed"), more)
		case "Medication":
			record = fmt.Sprintf(`{"resourceType":"Medication","id":%q,"code":{"text":%q}}`, id, name)
		case "Device":
			record = fmt.Sprintf(`{"resourceType":"Device","id":%q,"status":%q,"type":{"text":%q},"patient":{"reference":"Patient/p"}}`, id, pick("status", "active", "inactive"), name)
		case "Flag":
			record = fmt.Sprintf(`{"resourceType":"Flag","id":%q,"status":%q,"code":{"text":%q},"subject":{"reference":%q}}`, id, pick("status", "active", "inactive"), name, pick("whose", "Patient/p", "Group/1"))
		case "Procedure":
			record = fmt.Sprintf(`{"resourceType":"Procedure","id":%q,"status":%q,"code":{"text":%q},"subject":{"reference":"Patient/p"}%s}`, id, pick("status", "completed", "not-done"), name, more)
		case "Immunization":
			record = fmt.Sprintf(`{"resourceType":"Immunization","id":%q,"status":%q,"vaccineCode":{"text":%q},"patient":{"reference":"Patient/p"},"occurrenceString":"once"}`, id, pick("status", "completed", "not-done"), name)
		}
		it := item([]byte(record), pick("source", "A", "B"), i+1)
		it.Label.Category = stele.Problems
		it.Height = rapid.Int64Range(1, 4).Draw(t, "height")
		if rapid.IntRange(0, 4).Draw(t, "sensitive") == 0 {
			it.Label.Sensitivity = []stele.Sensitivity{stele.PSY}
		}
		items = append(items, it)
	}
	return items
}

// Of any chart the summary keeps all rules, is the same whatever the order of the
// records, holds nothing that is withheld, and has no entry that was taken back or is not so.
func TestR38ASummaryOfAnyChartKeepsTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := chartOf(t)
		o := ips.Options{At: today}
		doc, err := ips.Make(items, o)
		if err != nil {
			t.Fatal(err)
		}
		if issues, err := ips.Check(doc); err != nil || len(issues) > 0 {
			t.Fatalf("%v %v\n%s", err, issues, doc)
		}
		if again, _ := ips.Make(rapid.Permutation(items).Draw(t, "order"), o); string(again) != string(doc) {
			t.Fatalf("another order, another summary:\n%s\n%s", doc, again)
		}
		text, err := ips.Text(doc, today)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(text, "\n"); n > ips.Rows {
			t.Fatalf("%d lines", n)
		}
		story := timeline.Tell(items, timeline.Options{At: today})
		past := map[stele.ID]bool{}
		for _, e := range story.Past {
			for _, v := range e.Vouched {
				past[v.Handle] = true
			}
		}
		for i, it := range items {
			url := fmt.Sprintf("%x-%x-%x-%x-%x", it.Handle[:4], it.Handle[4:6], it.Handle[6:8], it.Handle[8:10], it.Handle[10:])
			within := strings.Contains(string(doc), url)
			word := strings.Contains(string(doc), fmt.Sprintf("word%dx", i))
			if len(it.Label.Sensitivity) > 0 && (within || word) {
				t.Fatalf("what is withheld is in it: %s\n%s", it.Record, doc)
			}
			if past[it.Handle] && within {
				t.Fatalf("what no longer counts is an entry: %s\n%s", it.Record, doc)
			}
			for _, never := range []string{`"refuted"`, `"resolved"`, `"stopped"`, `"not-done"`, `"doNotPerform":true`} {
				if within && strings.Contains(string(it.Record), never) {
					t.Fatalf("what is not so is an entry: %s\n%s", it.Record, doc)
				}
			}
		}
	})
}
