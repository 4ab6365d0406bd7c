package delivery_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/links"
)

// TestR38TheSameFileImportedThreeTimesAtOnceArrivesOnce: imports of one organisation go one
// after another.
func TestR38TheSameFileImportedThreeTimesAtOnceArrivesOnce(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		text := ndjson(patientOf("ana", "MA-1"), basic("x", "ana", "one"), basic("y", "ana", "two"))
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if _, err := h.Delivery.ImportFiles(t.Context(), files(text), delivery.ImportOptions{}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := len(w.Chart(ana).Records); n != 3 {
			t.Errorf("%d records lie in Ana's chart", n)
		}
	})
}

// TestR37ANumberIsNotMovedUnderAnImport, and an id is not tied to another: what follows in
// the import would go to whoever it is not any more, and nobody would be told.
func TestR37ANumberIsNotMovedUnderAnImport(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, ben := couple(w)
		var once sync.Once
		done, err := h.Delivery.ImportFiles(t.Context(), files(ndjson(patientOf("ana", "MA-1"), basic("x", "ana", "one"), basic("y", "ana", "two"))), delivery.ImportOptions{Each: func(delivery.Fate) {
			once.Do(func() {
				w.Wants(h.Links().Link([]links.Link{{System: mrn, Number: "MA-1", Subject: ben.Subject()}}, links.Confirmed{Move: true, Reason: "wrong patient", Same: true}), stele.KindBusy, "a move under an import")
				_, err := h.Delivery.LinkID("ana", links.Link{Subject: ben.Subject(), Name: "Ben Bell"})
				w.Wants(err, stele.KindBusy, "an id tied under an import")
			})
		}})
		w.Must(err)
		if done[0].Delivered != 3 || !slices.Equal(saying(w.Chart(ana)), []string{"one", "two"}) {
			t.Errorf("delivered %d; Ana's chart says %v", done[0].Delivered, saying(w.Chart(ana)))
		}
		// Afterwards the id is known to have been hers, and ties nobody.
		if tied, err := h.Delivery.LinkID("ana", links.Link{Subject: ben.Subject(), Name: "Ben Bell"}); tied || err != nil {
			t.Errorf("an id of two is tied: %v, %v", tied, err)
		}
	})
}
