package wallet

import (
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
	times, at := middle(map[uint16]refusal{1: {2, 10}, 2: {900, 1 << 50}, 3: {2, 12}})
	if times != 2 || at.UnixMilli() != 12 {
		t.Errorf("one of three says otherwise: %d times, last at %v", times, at)
	}
	if times, _ := middle(nil); times != 0 {
		t.Error("nobody refused")
	}
}
