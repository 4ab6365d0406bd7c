package delivery_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// TestR38WhatShowsNoServerIsNotBesideALateServers imports what shows no server before and
// after a record of the same name that came of a server which became the organisation's own
// late: neither stands there beside the other, which would go on saying what is no longer
// so, and it is said what to do.
func TestR38WhatShowsNoServerIsNotBesideALateServers(t *testing.T) {
	version := func(n, text string) string {
		return strings.Replace(basic("1", "pa", text), `"id":"1"`, `"id":"1","meta":{"versionId":"`+n+`","lastUpdated":"2025-01-0`+n+`T00:00:00Z"}`, 1)
	}
	pa := patientOf("pa", "MA-1")
	first, second := []string{at(labA, version("1", "on"), pa)}, []string{ndjson(version("2", "stopped"))}
	for what, c := range map[string]struct {
		before []string // what comes before the server is added
		after  []string
		says   string
		then   string // what the advice leads to
	}{
		"a file without server":           {first, second, "is of " + labA + "; if these files are that server's: --server " + labA, "--server"},
		"a file without server, with its": {first, []string{ndjson(version("2", "stopped"), pa)}, "--server " + labA, "--server"},
		"the same moment is the same":     {first, []string{ndjson(version("1", "on"))}, "", ""},
		"the server after a file without": {slices.Concat([]string{ndjson(pa, version("1", "on"))}, []string{at(labA, basic("2", "pa", "else"), pa)}), []string{at(labA, version("2", "stopped"), pa)},
			"Basic/1 of " + labA + ": what is called so in the chart of Ana Alvar (MA-1) is of a server that is not known; if this one counts, take that back first: stele withdraw Basic/1 --patient MA-1", "withdraw"},
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, ana, _ := couple(w)
				in := func(o delivery.ImportOptions, texts ...string) (said string) {
					t.Helper()
					time.Sleep(time.Minute)
					done, err := h.Delivery.ImportFiles(t.Context(), files(texts...), o)
					w.Must(err)
					for _, d := range done {
						said += lines(slices.Concat(d.Issues, d.Warnings), "\n")
						addsUp(t, d)
					}
					return said
				}
				for _, text := range c.before {
					in(delivery.ImportOptions{}, text)
				}
				w.Must(h.Delivery.AddSystem(labA))
				o := delivery.ImportOptions{Subject: ana.Subject()}
				said := in(o, c.after...)
				if !strings.Contains(said, c.says) || c.says == "" && said != "" {
					t.Errorf("nothing says %q: %s", c.says, said)
				}
				want := "stopped"
				switch c.then {
				case "":
					want = "on"
				case "--server":
					o.Server = labA
				case "withdraw":
					_, err := h.Delivery.Withdraw(t.Context(), ana.Subject(), delivery.Withdrawal{Names: []string{"Basic/1"}, Reason: "it comes of its server"})
					w.Must(err)
				}
				in(o, c.after...)
				if got := slices.DeleteFunc(saying(w.Chart(ana)), func(s string) bool { return s == "else" }); !slices.Equal(got, []string{want}) {
					t.Errorf("the chart says %q, want %q", got, want)
				}
			})
		})
	}
}
