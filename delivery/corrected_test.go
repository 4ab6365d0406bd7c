package delivery_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/wallet/wallettest"
)

// TestR38ACorrectedMedicineIsSaidToStandElsewhere corrects a Medication, which is of nobody: it
// comes alone, or with one patient's order, and stands in the charts of two. Whoever refers to
// it here gets it; of the others it is said, once, that they keep the older one. Nothing tells
// that it is one, as files of two patients may each have a Medication/1.
func TestR38ACorrectedMedicineIsSaidToStandElsewhere(t *testing.T) {
	medicine := func(version, words string) string {
		return `{"resourceType":"Medication","id":"m","meta":{"versionId":"` + version + `"},"code":{"text":"` + words + `"}}`
	}
	order := func(id, who string) string {
		return `{"resourceType":"MedicationRequest","id":"` + id + `","status":"active","intent":"order","subject":{"reference":"Patient/` + who + `"},"medicationReference":{"reference":"Medication/m"}}`
	}
	whole := func(records ...string) string {
		var entries []string
		for _, r := range records {
			name := nameOf([]byte(r))
			entries = append(entries, `{"fullUrl":"`+labA+`/`+name+`","resource":`+r+`,"request":{"method":"PUT","url":"`+name+`"}}`)
		}
		return `{"resourceType":"Bundle","type":"transaction","entry":[` + strings.Join(entries, ",") + `]}`
	}
	pa, pb := patientOf("pa", "MA-1"), patientOf("pb", "MB-1")
	both := []string{pa, pb, medicine("1", "atenolol"), order("ra", "pa"), order("rb", "pb")}
	const two, ben = "one of that id is in 2 charts", "one of that id is in the chart of MB-1, too, and stays"
	for what, c := range map[string]struct {
		first, then string
		ana, ben    string // what the newest in their charts says
		says        string
	}{
		"alone":             {at(labA, both...), at(labA, medicine("2", "aspirin")), "atenolol", "atenolol", two},
		"with one's order":  {at(labA, both...), at(labA, pa, medicine("2", "aspirin"), order("rc", "pa")), "aspirin", "atenolol", ben},
		"with both orders":  {at(labA, both...), at(labA, pa, pb, medicine("2", "aspirin"), order("ra", "pa"), order("rb", "pb")), "aspirin", "aspirin", ""},
		"of a guest":        {at(labB, both...), at(labB, medicine("2", "aspirin")), "atenolol", "atenolol", two},
		"of another server": {at(labA, both...), at(labB, pa, medicine("2", "aspirin"), order("rc", "pa")), "aspirin atenolol", "atenolol", ""},
		"of files that show none, one of each patient": {ndjson(pb, medicine("1", "atenolol"), order("rb", "pb")), ndjson(pa, medicine("1", "aspirin"), order("ra", "pa")), "aspirin", "atenolol", ben},
		"in a transaction": {at(labA, both...), whole(pa, medicine("2", "aspirin"), order("rc", "pa")), "aspirin", "atenolol", ben},
		"the same":         {at(labA, both...), at(labA, pa, medicine("1", "atenolol"), order("rc", "pa")), "atenolol", "atenolol", ""},
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, anas, bens := couple(w)
				w.Must(h.Delivery.AddSystem(labA))
				_, err := h.Delivery.ImportFiles(t.Context(), files(c.first), delivery.ImportOptions{})
				w.Must(err)
				for i := range 2 {
					rehearsed, err := h.Delivery.ImportFiles(t.Context(), files(c.then), delivery.ImportOptions{Dry: true})
					w.Must(err)
					done, err := h.Delivery.ImportFiles(t.Context(), files(c.then), delivery.ImportOptions{})
					w.Must(err)
					addsUp(t, done[0])
					said := lines(done[0].Warnings, "\n")
					if rehearsed[0].Delivered != done[0].Delivered || rehearsed[0].Waiting != done[0].Waiting || lines(rehearsed[0].Warnings, "\n") != said {
						t.Errorf("it is %+v, and was rehearsed as %+v", done[0], rehearsed[0])
					}
					if is := strings.Contains(said, "one of that id"); is != (i == 0 && c.says != "") || is && !strings.Contains(said, c.says) {
						t.Errorf("import %d: it is said: %q", i+1, said)
					}
					if done[0].Waiting > 0 && strings.Contains(said, "it goes into no chart") == strings.Contains(said, "one of that id") {
						t.Errorf("it waits, and it is said: %q", said)
					}
				}
				for who, want := range map[*client.Session]string{anas: c.ana, bens: c.ben} {
					if got := strings.Join(sayingOf(w.Chart(who), "Medication"), " "); got != want {
						t.Errorf("the medicines of %s are %q, want %q", who.Name(), got, want)
					}
				}
			})
		})
	}
}

// TestR38WhatIsSaidOfAMedicineIsSaidAgain while the import that says it is not whole.
func TestR38WhatIsSaidOfAMedicineIsSaidAgain(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, _, ben := couple(w)
		medicine := func(words string) string {
			return `{"resourceType":"Medication","id":"m","code":{"text":"` + words + `"}}`
		}
		order := `{"resourceType":"MedicationRequest","id":"r","status":"active","intent":"order","subject":{"reference":"Patient/pa"},"medicationReference":{"reference":"Medication/m"}}`
		said := func(text string) bool {
			t.Helper()
			done, err := h.Delivery.ImportFiles(t.Context(), files(text), delivery.ImportOptions{})
			w.Must(err)
			return strings.Contains(lines(done[0].Warnings, ""), "one of that id")
		}
		said(ndjson(patientOf("pa", "MA-1"), medicine("atenolol"), order))
		_, err := ben.Revoke(t.Context(), wallettest.Sure(ben.GivenGrants())[0].Grant)
		w.Must(err)
		for range 2 {
			if !said(ndjson(medicine("aspirin"), patientOf("pa", "MA-1"), patientOf("pb", "MB-1"), basic("1", "pb", "x"))) {
				t.Error("where something did not arrive it is not said again")
			}
		}
	})
}

// TestWhatIsSaidOfAMedicineIsNotedOnce: an import that brings no new words of one adds nothing
// to what is kept, and looks through no charts.
func TestWhatIsSaidOfAMedicineIsNotedOnce(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, _, _ := couple(w)
		in := func(records ...string) (prints int) {
			t.Helper()
			_, err := h.Delivery.ImportFiles(t.Context(), files(ndjson(records...)), delivery.ImportOptions{})
			w.Must(err)
			n, err := h.Delivery.Noted()
			w.Must(err)
			return n
		}
		pa := patientOf("pa", "MA-1")
		if n := in(pa, basic("1", "pa", "latex")); n != 4 {
			t.Errorf("of two records %d are noted, want their bytes and names", n)
		}
		medicine := []string{pa, `{"resourceType":"Medication","id":"m","code":{"text":"atenolol"}}`,
			`{"resourceType":"MedicationRequest","id":"r","status":"active","intent":"order","subject":{"reference":"Patient/pa"},"medicationReference":{"reference":"Medication/m"}}`}
		if n := in(medicine...); n != 9 {
			t.Errorf("with a medicine and its order %d are noted, want 9", n)
		}
		if n := in(medicine...); n != 9 {
			t.Errorf("when they come again %d are noted, want 9", n)
		}
	})
}
