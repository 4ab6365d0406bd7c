package delivery_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// TestR38AnOldDeletionOfALargeImportLeavesWhatIsNewer: what comes in one import may arrive in
// several deliveries, in any order. A Provenance of what was deleted before the version
// was made that comes with it hides it in none.
func TestR38AnOldDeletionOfALargeImportLeavesWhatIsNewer(t *testing.T) {
	made := strings.Replace(seen("pa", 3, "2026-01-02"), `"versionId"`, `"lastUpdated":"1999-03-01T10:00:00Z","versionId"`, 1) + "\n"
	deletion := strings.NewReplacer("Basic/1", "Observation/v", "2024-01-01", "1998-01-01").Replace(provenance(delivery.DataOperation, "DELETE")) + "\n"
	var between strings.Builder
	for i := range delivery.MaxBatchRecords {
		between.WriteString(basic(fmt.Sprint("b", i), "pa", "x") + "\n")
	}
	for what, text := range map[string]string{
		"the record first":   made + between.String() + deletion,
		"the deletion first": deletion + between.String() + made,
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, ana, _ := couple(w)
				var ticks atomic.Int64 // no two deliveries are made at one time
				h.Clock = func() time.Time { return time.Now().Add(time.Duration(ticks.Add(1)) * time.Millisecond) }
				done, err := h.Delivery.Import(t.Context(), strings.NewReader(patientOf("pa", "MA-1")+"\n"+text), delivery.ImportOptions{})
				w.Must(err)
				if n := tells(w.Chart(ana), "Observation/v"); n != 1 {
					t.Errorf("%d stand: %v %v", n, done.Issues, done.Warnings)
				}
			})
		})
	}
}

// TestR38WhatIsMadeAnewUnderAnotherLabelStands: a server that was set up again counts from
// 1, and what it makes anew may stand under another year than what was deleted.
func TestR38WhatIsMadeAnewUnderAnotherLabelStands(t *testing.T) {
	of := func(version, year, text string) string {
		return strings.Replace(basic("1", "pa", text), `"id":"1"`, `"id":"1","meta":{"versionId":"`+version+`","lastUpdated":"`+year+`-01-01T00:00:00Z"}`, 1)
	}
	old, anew, pa := of("9", "1997", "old"), of("1", "1999", "anew"), patientOf("pa", "MA-1")
	deletion := strings.Replace(provenance(delivery.DataOperation, "DELETE"), "2024-01-01", "1998-01-01", 1)
	for what, imports := range map[string][]string{
		"in one import": {ndjson(pa, old, deletion, anew)},
		"in two":        {ndjson(pa, old), ndjson(pa, anew, deletion)},
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, ana, _ := couple(w)
				for _, text := range imports {
					time.Sleep(time.Minute)
					done, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
					w.Must(err)
					if len(done.Issues) > 0 || len(done.TakenBack) > 0 {
						t.Errorf("told: %+v", done)
					}
				}
				if got := saying(w.Chart(ana)); !slices.Equal(got, []string{"anew"}) {
					t.Errorf("the chart says %q", got)
				}
			})
		})
	}
}
