package vault

import (
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestR44LookingFillsNoDisk: who has nothing here leaves no note; who looks without end
// is told to wait, and nobody else is.
func TestR44LookingFillsNoDisk(t *testing.T) {
	w := newWorld(t, 1, 0)
	look := func() error {
		_, err := w.v(0).ListOwn(context.Background(), &wire.ListOwnRequest{Request: w.own(0, w.patientKey)})
		return err
	}
	empty := w.v(0).notes.at
	for range 10 {
		if err := look(); err != nil {
			t.Fatal(err)
		}
	}
	if w.v(0).notes.at != empty {
		t.Error("a look at nothing is noted")
	}
	v := w.v(0)
	f := Fetch{At: w.now(), Subject: w.patient, Count: 1}
	for range fetchesADay {
		if err := v.note(f); err != nil {
			t.Fatal(err)
		}
	}
	kind(t, v.note(f), stele.KindLimit)
	if err := v.note(Fetch{At: w.now(), Subject: w.doctor, Count: 1}); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	w.advance(time.Hour)
	if err := v.note(f); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}
