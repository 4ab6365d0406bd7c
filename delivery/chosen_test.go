package delivery_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// TestR37AWithdrawalTakesNoMoreThanItSays withdraws a submission, or a version: a newer one
// goes on to count. Of the newest nothing older comes back, until it is delivered again.
func TestR37AWithdrawalTakesNoMoreThanItSays(t *testing.T) {
	version := func(n, text string) string {
		return strings.Replace(basic("1", "pa", text), `"id":"1"`, `"id":"1","meta":{"versionId":"`+n+`"}`, 1)
	}
	for what, c := range map[string]struct {
		w          delivery.Withdrawal // without what is set below
		submission int                 // its number among the imports, from 1
		base       string
		kind       stele.Kind
		says       []string
		is         string // which note there is
	}{
		"the first submission":              {submission: 1, says: []string{"right"}, is: "newer"},
		"the first submission, of a server": {submission: 1, base: labB, says: []string{"right"}, is: "newer"},
		"the last submission":               {submission: 2, is: "older"},
		"the older version":                 {w: delivery.Withdrawal{Names: []string{"Basic/1/_history/1"}}, says: []string{"right"}, is: "newer"},
		"the older version, by its address": {w: delivery.Withdrawal{Names: []string{labB + "/Basic/1/_history/1"}}, base: labB, says: []string{"right"}, is: "newer"},
		"the newest version":                {w: delivery.Withdrawal{Names: []string{"Basic/1/_history/2"}}, is: "older"},
		"each version":                      {w: delivery.Withdrawal{Names: []string{"Basic/1/_history/2", "Basic/1/_history/1"}}},
		"a version that is not":             {w: delivery.Withdrawal{Names: []string{"Basic/1/_history/7"}}, kind: stele.KindNotFound, says: []string{"right"}},
		"a version that is not, by address": {w: delivery.Withdrawal{Names: []string{labB + "/Basic/1/_history/7"}}, base: labB, kind: stele.KindNotFound, says: []string{"right"}},
		"a name":                            {w: delivery.Withdrawal{Names: []string{"Basic/1"}}},
		"a name and a version":              {w: delivery.Withdrawal{Names: []string{"Basic/1", "Basic/1/_history/1"}}},
		"all":                               {w: delivery.Withdrawal{All: true}},
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, ana, _ := couple(w)
				var sent []stele.ID
				in := func(again bool, resources ...string) {
					t.Helper()
					time.Sleep(time.Minute)
					text := ndjson(resources...)
					if c.base != "" {
						text = at(c.base, resources...)
					}
					done, err := h.Delivery.ImportFiles(t.Context(), files(text), delivery.ImportOptions{Again: again})
					w.Must(err)
					sent = append(sent, done[0].Sent...)
				}
				in(false, patientOf("pa", "MA-1"), version("1", "wrong"))
				in(false, patientOf("pa", "MA-1"), version("2", "right"))
				if c.submission > 0 {
					c.w.Submission = sent[c.submission-1]
				}
				c.w.Reason = "a bad file"
				done, err := h.Delivery.Withdraw(t.Context(), ana.Subject(), c.w)
				if c.kind != 0 {
					w.Wants(err, c.kind, what)
				} else {
					w.Must(err)
				}
				if (len(done.Newer) > 0) != (c.is == "newer") || (len(done.Older) > 0) != (c.is == "older") {
					t.Errorf("newer %q, older %q, want %q", done.Newer, done.Older, c.is)
				}
				if got := saying(w.Chart(ana)); !slices.Equal(got, c.says) {
					t.Errorf("the chart says %q, want %q", got, c.says)
				}
				in(false, patientOf("pa", "MA-1"), version("1", "wrong"))
				if got := saying(w.Chart(ana)); !slices.Equal(got, c.says) {
					t.Errorf("the first file again, and the chart says %q, want %q", got, c.says)
				}
				in(true, patientOf("pa", "MA-1"), version("2", "right"))
				if got := saying(w.Chart(ana)); !slices.Equal(got, []string{"right"}) {
					t.Errorf("delivered again, and the chart says %q", got)
				}
			})
		})
	}
}
