package wallet

import (
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// TestR45WhoAsksAgainHidesNothing: attempts under one request id make one line, which
// says how often and when last; one trustee that says otherwise moves neither.
func TestR45WhoAsksAgainHidesNothing(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Elm")
		o, err := d.prepare(p.Subject(), followUp)
		w.must(err)
		const tries = 3
		var last time.Time
		for range tries {
			last = time.Now()
			w.wants(o.attempt(t.Context()), stele.KindDenied, "no grant")
			time.Sleep(24 * time.Hour)
		}
		lines := 0
		_, err = p.Report(t.Context(), func(l Line) error {
			if l.Event != nil {
				return nil
			}
			lines++
			if l.Refused != tries || l.LastRefused.Before(last.Add(-time.Minute)) || l.LastRefused.After(last.Add(time.Minute)) {
				t.Errorf("asked %d times, last on %v, the line says %d times, last on %v", tries, last, l.Refused, l.LastRefused)
			}
			return nil
		})
		w.must(err)
		if lines != 1 {
			t.Errorf("%d lines", lines)
		}
	})
}

// TestR6ARequestThatWasRefusedFirst and permitted later, under one number: what the
// trustees tell is held against the entry that permits it, and accuses nobody.
func TestR6ARequestThatWasRefusedFirst(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Lakeview")
		w.delivers("Northside", p, note("a1", stele.Allergies, "2020-01-02"))
		later := terms(stele.Allergies)
		later.NotBefore = time.Now().Add(10 * time.Minute)
		_, _, err := p.Give(t.Context(), w.contactOf(p, d), later)
		w.must(err)
		_, err = d.Collect(t.Context())
		w.must(err)
		o, err := d.prepare(p.Subject(), followUp)
		w.must(err)
		w.wants(o.access(t.Context()), stele.KindDenied, "before it begins")
		time.Sleep(11 * time.Minute)
		w.must(o.access(t.Context()))
		_, err = o.read(t.Context(), func(*Folio) bool { return true })
		w.must(err)
		w.post()
		report := w.alike("refused and permitted", p)
		var told []int
		for _, line := range report.Lines {
			if line.Event.GetAccessRefused() != nil || line.Event.GetAccessPermitted() != nil {
				told = append(told, line.Released)
			}
		}
		if len(report.Gaps) > 0 || !slices.Equal(told, []int{0, 3}) {
			t.Errorf("gaps %q, releases of the entries %v", report.Gaps, told)
		}
	})
}
