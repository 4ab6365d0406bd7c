package delivery_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/intake"
)

// lines are notes in words, with something between them.
func lines(notes []delivery.Note, between string) string {
	return strings.Join(delivery.Lines(notes), between)
}

// TestNotesSayTheirFieldsAndAreToldByTheirCause: a note says each of its fields once, and
// its cause is the rule, or the resource, and what it says, or the last two things said.
func TestNotesSayTheirFieldsAndAreToldByTheirCause(t *testing.T) {
	why := func(parts ...string) intake.Reason { return intake.Reason{Parts: parts} }
	for _, c := range []struct {
		note        delivery.Note
		says, cause string
	}{
		{delivery.Note{Place: "line 7", Resource: "Observation/1", Path: "Observation", Rule: delivery.RuleLink, Why: why("its patient is not linked here", "Patient/ana")},
			"line 7: Observation/1: link: its patient is not linked here: Patient/ana", "its patient is not linked here: Patient/ana"},
		{delivery.Note{Place: "entry 2", Resource: "Observation/1", Path: "Observation.status", Rule: "cardinality 1..1", Why: why("an element is missing")},
			"entry 2: Observation/1: Observation.status: cardinality 1..1: an element is missing", "cardinality 1..1: an element is missing"},
		{delivery.Note{Place: "entry 2", Resource: "Observation/1", Why: why("it stays")}, "entry 2: Observation/1: it stays", "Observation/1: it stays"},
		{delivery.Note{Why: why("the ledger did not say")}, "the ledger did not say", "the ledger did not say"},
	} {
		if got := c.note.String(); got != c.says {
			t.Errorf("it says %q, want %q", got, c.says)
		}
		if got := c.note.Cause().String(); got != c.cause {
			t.Errorf("its cause is %q, want %q", got, c.cause)
		}
	}
}

// TestWhatAnImportTellsIsOfFields: the screen need not read what a file says to know which
// rule was broken, where, and what would help.
func TestWhatAnImportTellsIsOfFields(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, _, _ := couple(w)
		files := []string{
			patientOf("pa", "MA-1"),
			`{"resourceType":"Basic","id":"o","code":{"text":"x: link: not linked here --confirm "},"subject":{"reference":"Patient/zz"}}`,
			`{"resourceType":"Observation","id":"w","status":"nonsense","subject":{"reference":"Patient/pa"},"code":{"text":"x"}}`,
			patientOf("pq", "MA-999"),
		}
		done, err := h.Delivery.Import(t.Context(), strings.NewReader(strings.Join(files, "\n")), delivery.ImportOptions{})
		if err != nil || len(done.Issues) != 3 {
			t.Fatalf("%v: %v", done.Issues, err)
		}
		for i, want := range []struct {
			place, resource, rule string
			need                  intake.Need
		}{
			{"line 2", "Basic/o", delivery.RuleLink, intake.NeedsLink},
			{"line 3", "Observation/w", "binding observation-status", intake.NeedsOther},
			{"line 4", "Patient/pq", delivery.RuleLink, intake.NeedsLink},
		} {
			if n := done.Issues[i]; n.Place != want.place || n.Resource != want.resource || n.Rule != want.rule || n.Why.Need != want.need {
				t.Errorf("%+v, want %+v", n, want)
			}
		}
	})
}
