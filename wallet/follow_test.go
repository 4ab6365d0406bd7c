package wallet

import (
	"slices"
	"strings"
	"testing"
)

// TestR38ACorrectedMedicineReachesWhoeverHasIt corrects a Medication, which is of nobody: it
// comes alone, or with one patient's order, and stands in the charts of two.
func TestR38ACorrectedMedicineReachesWhoeverHasIt(t *testing.T) {
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
	for what, c := range map[string]struct {
		first, then []string
		ana, ben    string // what the newest in their charts says
		says        string
		o           ImportOptions
	}{
		"alone":                   {[]string{at(labA, both...)}, []string{at(labA, medicine("2", "aspirin"))}, "aspirin", "aspirin", "", ImportOptions{}},
		"with one's order":        {[]string{at(labA, both...)}, []string{at(labA, pa, medicine("2", "aspirin"), order("rc", "pa"))}, "aspirin", "aspirin", "", ImportOptions{}},
		"of a guest":              {[]string{at(labB, both...)}, []string{at(labB, medicine("2", "aspirin"))}, "aspirin", "aspirin", "", ImportOptions{}},
		"of another server":       {[]string{at(labA, both...)}, []string{at(labB, pa, medicine("2", "aspirin"), order("rc", "pa"))}, "aspirin atenolol", "atenolol", "", ImportOptions{}},
		"an older one":            {[]string{at(labA, pa, pb, medicine("3", "atenolol"), order("ra", "pa"), order("rb", "pb"))}, []string{at(labA, medicine("2", "aspirin"))}, "atenolol", "atenolol", "", ImportOptions{}},
		"of servers not known":    {[]string{ndjson(both...)}, []string{ndjson(pa, medicine("2", "aspirin"), order("rc", "pa"))}, "aspirin", "atenolol", "and stays there, as it may be another server's", ImportOptions{}},
		"of another own server":   {[]string{at(labA, both...)}, []string{at(labC, medicine("2", "aspirin"))}, "atenolol", "atenolol", "", ImportOptions{}},
		"not shown, of what was":  {[]string{at(labA, both...)}, []string{ndjson(pa, medicine("2", "aspirin"), order("rc", "pa"))}, "aspirin", "atenolol", "and stays there", ImportOptions{}},
		"in a transaction":        {[]string{at(labA, both...)}, []string{whole(pa, medicine("2", "aspirin"), order("rc", "pa"))}, "aspirin", "atenolol", "is in the chart of MB-1, and stays there", ImportOptions{}},
		"by two versions":         {[]string{at(labA, both...)}, []string{at(labA, medicine("2", "digoxin")) + "\n" + at(labA, medicine("3", "aspirin"))}, "aspirin", "aspirin", "", ImportOptions{}},
		"by two of own servers":   {[]string{at(labA, both...)}, []string{at(labA, medicine("2", "aspirin")) + "\n" + at(labC, medicine("3", "digoxin"))}, "atenolol", "atenolol", "is in 2 charts", ImportOptions{}},
		"alone, and not known":    {[]string{ndjson(both...)}, []string{medicine("2", "aspirin")}, "atenolol", "atenolol", "is in 2 charts", ImportOptions{}},
		"for one who is named":    {[]string{at(labA, both...)}, []string{at(labA, medicine("2", "aspirin"))}, "aspirin", "atenolol", "", ImportOptions{}},
		"with what another lacks": {[]string{at(labA, pa, medicine("1", "atenolol"), order("ra", "pa")), at(labA, pb, order("rb", "pb"))}, []string{at(labA, medicine("2", "aspirin"))}, "aspirin", "", "", ImportOptions{}},
	} {
		t.Run(what, func(t *testing.T) {
			inTown(t, func(t *testing.T, w *town) {
				h, ana, ben := couple(w)
				w.must(h.AddSystem(labA))
				w.must(h.AddSystem(labC))
				if what == "for one who is named" {
					c.o.Subject = ana.Subject()
				}
				said := ""
				for _, text := range c.first {
					_, err := h.ImportFiles(t.Context(), files(text), ImportOptions{})
					w.must(err)
				}
				for i := range 2 {
					for _, text := range c.then {
						dry := c.o
						dry.Dry = true
						rehearsed, err := h.ImportFiles(t.Context(), files(text), dry)
						w.must(err)
						done, err := h.ImportFiles(t.Context(), files(text), c.o)
						w.must(err)
						addsUp(t, done[0])
						if rehearsed[0].Delivered != done[0].Delivered || rehearsed[0].Waiting != done[0].Waiting || len(rehearsed[0].Warnings) != len(done[0].Warnings) {
							t.Errorf("it is %+v, and was rehearsed as %+v", done[0], rehearsed[0])
						}
						if done[0].Waiting > 0 && strings.Contains(strings.Join(done[0].Warnings, ""), "it is in no chart") == strings.Contains(strings.Join(done[0].Warnings, ""), "stays there") {
							t.Errorf("it waits, and it is said: %q", done[0].Warnings)
						}
						if told := strings.Join(append(done[0].Issues, done[0].Warnings...), "\n"); i == 0 {
							said += told
						} else if strings.Contains(told, "stays there") {
							t.Errorf("it is said again: %s", told)
						}
					}
				}
				if !strings.Contains(said, c.says) || c.says == "" && strings.Contains(said, "stays there") {
					t.Errorf("it is said: %q", said)
				}
				for who, want := range map[*Session]string{ana: c.ana, ben: c.ben} {
					if got := strings.Join(sayingOf(w.chart(who), "Medication"), " "); got != want {
						t.Errorf("the medicines of %s are %q, want %q", who.Name(), got, want)
					}
				}
			})
		})
	}
}

// TestWhatIsFollowedIsNotedOnce: an import that brings no new words of a medicine adds nothing
// to what is kept, and looks through no charts.
func TestWhatIsFollowedIsNotedOnce(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		h, _, _ := couple(w)
		in := func(records ...string) (prints int) {
			t.Helper()
			_, err := h.ImportFiles(t.Context(), files(ndjson(records...)), ImportOptions{})
			w.must(err)
			set, err := h.delivered()
			w.must(err)
			return int(set.size) / 16
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

// TestR38ACorrectedMedicineIsWholeAndGoesWhereItMay: what it is made of goes with it; into the
// chart of a patient whose grant is over nothing goes, and that is said.
func TestR38ACorrectedMedicineIsWholeAndGoesWhereItMay(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		h, ana, ben := couple(w)
		w.must(h.AddSystem(labA))
		of := func(version, words string) []string {
			return []string{`{"resourceType":"Medication","id":"m","meta":{"versionId":"` + version + `"},"ingredient":[{"itemReference":{"reference":"Substance/s` + version + `"}}]}`,
				`{"resourceType":"Substance","id":"s` + version + `","code":{"text":"` + words + `"}}`}
		}
		order := func(who string) string {
			return `{"resourceType":"MedicationRequest","id":"r` + who + `","status":"active","intent":"order","subject":{"reference":"Patient/` + who + `"},"medicationReference":{"reference":"Medication/m"}}`
		}
		in := func(records ...string) Imported {
			t.Helper()
			done, err := h.ImportFiles(t.Context(), files(at(labA, records...)), ImportOptions{})
			w.must(err)
			addsUp(t, done[0])
			return done[0]
		}
		in(append(of("1", "atenolol"), patientOf("pa", "MA-1"), patientOf("pb", "MB-1"), order("pa"), order("pb"))...)
		in(of("2", "aspirin")...)
		for _, p := range []*Session{ana, ben} {
			if got := sayingOf(w.chart(p), "Substance"); !slices.Equal(got, []string{"aspirin", "atenolol"}) {
				t.Errorf("what the medicine of %s is made of: %q", p.Name(), got)
			}
		}
		_, err := ben.Revoke(t.Context(), ben.State.Given[0].Grant)
		w.must(err)
		for range 2 { // it is tried again as long as it does not arrive; then it is known that it may not
			for i := range h.State.Held {
				h.State.Held[i].Over = false
			}
			if done := in(of("3", "digoxin")...); done.Denied != 2 {
				t.Errorf("to one who has taken her grant back: %+v", done)
			}
		}
		for i := range h.State.Held {
			h.State.Held[i].Over = h.State.Held[i].Over || h.State.Held[i].Subject == ben.Subject()
		}
		done := in(of("4", "digoxin")...)
		if said := strings.Join(done.Warnings, ""); done.Delivered != 2 || done.Refused != 0 || !strings.Contains(said, "is in the chart of MB-1, and stays there") {
			t.Errorf("of one who may not be written into: %+v", done)
		}
	})
}
