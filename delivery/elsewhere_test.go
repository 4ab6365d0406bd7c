package delivery_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// TestR38WhatIsAnothersNowIsNotHersWhoeverThatIs corrects whose a record is: its server filed it
// with Ana, and its next version names somebody who is not enrolled, as most patients
// are not. It is not Ana's: it does not go into her chart, and where it stands there it is
// taken back, or said to stand there.
func TestR38WhatIsAnothersNowIsNotHersWhoeverThatIs(t *testing.T) {
	pa, px := patientOf("pa", "MA-1"), patientOf("px", "MX-9")
	version := func(n, who string) string {
		return strings.Replace(basic("1", who, "latex"), `"id":"1"`, `"id":"1","meta":{"versionId":"`+n+`","lastUpdated":"1999-11-0`+n+`T10:00:00Z"}`, 1)
	}
	entry := func(r, method string) string {
		return `{"fullUrl":"` + labA + `/` + nameOf([]byte(r)) + `","resource":` + r + `,"request":{"method":"` + method + `","url":"` + nameOf([]byte(r)) + `"}}`
	}
	history := `{"resourceType":"Bundle","type":"history","entry":[` + strings.Join([]string{entry(version("2", "px"), "PUT"), entry(version("1", "pa"), "PUT"), entry(pa, "PUT"), entry(px, "PUT")}, ",") + `]}`
	for what, imports := range map[string][]string{
		"one history":        {history},
		"two bulk exports":   {ndjson(pa, version("1", "pa")), ndjson(pa, px, version("2", "px"))},
		"a guest's searches": {at(labB, pa, version("1", "pa")), at(labB, pa, px, version("2", "px"))},
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, ana, _ := couple(w)
				w.Must(h.Delivery.AddSystem(labA))
				said := ""
				for _, text := range imports {
					time.Sleep(time.Hour)
					done, err := h.Delivery.ImportFiles(t.Context(), files(text), delivery.ImportOptions{})
					w.Must(err)
					said = lines(append(done[0].Issues, done[0].Warnings...), "\n")
				}
				stands := slices.Contains(saying(w.Chart(ana)), "latex")
				if told := strings.Contains(said, "chart of Ana Alvar (MA-1)"); stands && (!told || len(imports) == 1) {
					t.Errorf("what is not Ana's stands in her chart, and all that is said is: %s", said)
				}
			})
		})
	}
}

// TestR37APatientWhoIsAnotherNowIsSaidWithWhatCameWithHer corrects the number of a Patient to
// one that is nobody's here: what was filed under her id before is said to stand there.
func TestR37APatientWhoIsAnotherNowIsSaidWithWhatCameWithHer(t *testing.T) {
	for what, number := range map[string]string{"nobody's": "MX-9", "another's": "MB-1"} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, _, _ := couple(w)
				_, err := h.Delivery.ImportFiles(t.Context(), files(ndjson(patientOf("pa", "MA-1"), basic("1", "pa", "latex"))), delivery.ImportOptions{})
				w.Must(err)
				done, err := h.Delivery.ImportFiles(t.Context(), files(ndjson(patientOf("pa", number))), delivery.ImportOptions{})
				w.Must(err)
				said := lines(append(done[0].Issues, done[0].Warnings...), "\n")
				for _, want := range []string{"stele withdraw Patient/pa --patient MA-1", "what names it there: stele withdraw --list --patient MA-1"} {
					if !strings.Contains(said, want) {
						t.Errorf("nothing says %q: %s", want, said)
					}
				}
			})
		})
	}
}

// TestWhatStandsElsewhereIsToldInOneLine: a file that came before, of a patient whose number
// was unlinked since, is refused with one cause for all its records, not one for each.
func TestWhatStandsElsewhereIsToldInOneLine(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, _, _ := couple(w)
		file := files(ndjson(patientOf("pa", "MA-1"), basic("1", "pa", "latex"), basic("2", "pa", "nuts"), basic("3", "pa", "eggs")))
		_, err := h.Delivery.ImportFiles(t.Context(), file, delivery.ImportOptions{})
		w.Must(err)
		_, err = h.Links().Unlink("MA-1", "")
		w.Must(err)
		done, err := h.Delivery.ImportFiles(t.Context(), file, delivery.ImportOptions{})
		w.Must(err)
		causes := map[delivery.Cause]int{}
		for _, n := range done[0].Issues {
			if n.Resource != "Patient/pa" {
				causes[n.Cause()]++
			}
		}
		said := lines(done[0].Issues, "\n")
		if len(causes) != 1 || len(done[0].Issues) != 4 || !strings.Contains(said, "stele withdraw --list --patient") {
			t.Errorf("%d issues of %d causes: %s", len(done[0].Issues), len(causes), said)
		}
	})
}
