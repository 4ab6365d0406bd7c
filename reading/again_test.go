package reading_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/reading"
)

// TestR45WhoAsksAgainHidesNothing: attempts under one request id make one line, which
// says how often and when last; one trustee that says otherwise moves neither.
func TestR45WhoAsksAgainHidesNothing(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Elm")
		o, err := d.Charts.Prepare(p.Subject(), town.FollowUp)
		w.Must(err)
		const tries = 3
		var last time.Time
		for range tries {
			last = time.Now()
			w.Wants(o.Attempt(t.Context()), stele.KindDenied, "no grant")
			w.Sleep(24 * time.Hour)
		}
		lines := 0
		_, err = p.Account.Report(t.Context(), func(l account.Line) error {
			if l.Event != nil {
				return nil
			}
			lines++
			if l.Refused != tries || l.LastRefused.Before(last.Add(-time.Minute)) || l.LastRefused.After(last.Add(time.Minute)) {
				t.Errorf("asked %d times, last on %v, the line says %d times, last on %v", tries, last, l.Refused, l.LastRefused)
			}
			return nil
		})
		w.Must(err)
		if lines != 1 {
			t.Errorf("%d lines", lines)
		}
	})
}

// TestR6ARequestThatWasRefusedFirst and permitted later, under one number: what the
// trustees tell is held against the entry that permits it, and accuses nobody.
func TestR6ARequestThatWasRefusedFirst(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		later := town.Terms(stele.Allergies)
		later.NotBefore = time.Now().Add(10 * time.Minute)
		_, _, err := p.Give(t.Context(), w.ContactOf(p, d), later)
		w.Must(err)
		_, err = d.Collect(t.Context())
		w.Must(err)
		o, err := d.Charts.Prepare(p.Subject(), town.FollowUp)
		w.Must(err)
		w.Wants(o.Access(t.Context()), stele.KindDenied, "before it begins")
		time.Sleep(11 * time.Minute)
		w.Must(o.Access(t.Context()))
		_, err = o.Read(t.Context(), func(*reading.Folio) bool { return true })
		w.Must(err)
		w.Post()
		report := w.Alike("refused and permitted", p)
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
