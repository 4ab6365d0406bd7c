package delivery_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/reading"
)

// strangeIDs are ids that servers write and FHIR R4 does not allow, and some that no
// address holds as they are.
var strangeIDs = map[string]struct {
	id      string
	refused bool
	odd     bool
}{
	"as FHIR has it": {id: "e.8Q-2"},
	"88 characters":  {id: "e" + strings.Repeat("Ab3.-Xy9-", 9) + "fin.30", odd: true},
	"65 characters":  {id: strings.Repeat("a", 65), odd: true},
	"the longest":    {id: strings.Repeat("z", 256), odd: true},
	"underlines":     {id: "obs_2024_1", odd: true},
	"too long":       {id: strings.Repeat("z", 257), refused: true},
	"a slash":        {id: "a/b", refused: true},
	"a space":        {id: "a b", refused: true},
	"a colon":        {id: "urn:uuid:1", refused: true},
	"a bar":          {id: "a|1", refused: true},
	"a number sign":  {id: "a#1", refused: true},
	"another script": {id: "büro", refused: true},
}

// TestR37IDsThatFHIRDoesNotAllowArrive imports a visit and what was measured at it under
// such ids, of home and of another server: they arrive with their links, a later version
// counts, and they are taken back by name.
func TestR37IDsThatFHIRDoesNotAllowArrive(t *testing.T) {
	for what, c := range strangeIDs {
		for _, base := range []string{"", labB} {
			t.Run(what+" of "+base, func(t *testing.T) {
				town.In(t, func(t *testing.T, w *town.Town) {
					h, ana, _ := couple(w)
					take := func(o delivery.ImportOptions, lines ...string) delivery.Imported {
						t.Helper()
						o.Server = base
						done, err := h.Delivery.Import(t.Context(), strings.NewReader(ndjson(lines...)), o)
						w.Must(err)
						return done
					}
					_, err := h.Delivery.Import(t.Context(), strings.NewReader(at(labA, patientOf("home", "MA-1"))), delivery.ImportOptions{})
					w.Must(err)
					visit := fmt.Sprintf(`{"resourceType":"Encounter","id":%q,"status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/%[1]s"}}`, c.id)
					pulse := func(version int, value string) string {
						return fmt.Sprintf(`{"resourceType":"Observation","id":%q,"meta":{"versionId":"%[2]d"},"status":"final","code":{"text":"Pulse"},"subject":{"reference":"Patient/%[1]s"},"encounter":{"reference":"Encounter/%[1]s"},"valueString":%[3]q}`, c.id, version, value)
					}
					done := take(delivery.ImportOptions{}, patientOf(c.id, "MA-1"), visit, pulse(2, "second"))
					if c.refused {
						if done.Refused != 3 || done.OddIDs != 0 || !strings.Contains(lines(done.Issues, " "), "type id") {
							t.Fatalf("%+v", done)
						}
						return
					}
					if odd := map[bool]int{true: 3}[c.odd]; done.Delivered != 3 || done.OddIDs != odd || len(done.Warnings) > 0 {
						t.Fatalf("%+v", done)
					}
					again := take(delivery.ImportOptions{}, patientOf(c.id, "MA-1"), visit, pulse(2, "second"))
					older := take(delivery.ImportOptions{}, patientOf(c.id, "MA-1"), pulse(1, "first"))
					newer := take(delivery.ImportOptions{}, patientOf(c.id, "MA-1"), pulse(3, "third"))
					if again.Known != 3 || older.Delivered != 1 || newer.Delivered != 1 {
						t.Errorf("again %+v\nolder %+v\nnewer %+v", again, older, newer)
					}
					chart := w.Chart(ana)
					name := linked(t, chart)
					if got := newestOf(chart, name); got != "third" {
						t.Errorf("%q is what counts of %s", got, name)
					}
					back, err := h.Delivery.Import(t.Context(), strings.NewReader(deleteAt(base, "Encounter/"+c.id)), delivery.ImportOptions{})
					w.Must(err)
					called := ""
					if base != "" {
						called = base + "/"
					}
					_, err = h.Delivery.Withdraw(t.Context(), ana.Subject(), delivery.Withdrawal{Names: []string{called + "Observation/" + c.id}, Reason: "another's"})
					w.Must(err)
					chart = w.Chart(ana)
					if back.Withdrawn != 1 || tells(chart, name) != 0 || tells(chart, strings.Replace(name, "Observation", "Encounter", 1)) != 0 {
						t.Errorf("%+v", back)
					}
				})
			})
		}
	}
}

// linked returns how a chart's measurement is called, all of whose references have to lead
// to what stands there.
func linked(t *testing.T, c *reading.Chart) (name string) {
	t.Helper()
	var there []string
	for _, r := range c.Records {
		there = append(there, nameOf(r.JSON))
	}
	for _, r := range c.Records {
		if strings.HasPrefix(nameOf(r.JSON), "Observation/") {
			name = nameOf(r.JSON)
			for _, ref := range strings.Split(string(r.JSON), `{"reference":"`)[1:] {
				if to, _, _ := strings.Cut(ref, `"`); !slices.Contains(there, to) {
					t.Errorf("%s leads to %s, which is not in the chart", name, to)
				}
			}
		}
	}
	return name
}
