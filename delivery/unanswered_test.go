package delivery_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/wallet"
)

// TestR46ADeliveryThatNobodyAnsweredIsUnknown, also outside an import: any next command
// finds out, and it arrives once.
func TestR46ADeliveryThatNobodyAnsweredIsUnknown(t *testing.T) {
	for _, taken := range []bool{true, false} {
		town.In(t, func(t *testing.T, w *town.Town) {
			p, h := w.NewPatient("Elena", "Northside"), w.Orgs["Northside"]
			held, err := h.HeldWriteGrant(p.Subject())
			w.Must(err)
			_, err = w.Deaf(h, taken).Delivery.Deliver(t.Context(), held, []delivery.Incoming{town.Note("a1", stele.Allergies, "2020-01-02")})
			w.Wants(err, stele.KindUnknown, "a delivery that nobody answered")
			h.Delivery.Forget() // the next session
			if !h.Delivery.Unsettled() {
				t.Error("nothing was kept")
			}
			settled, err := h.Delivery.Settle(t.Context())
			w.Must(err)
			if len(settled) != 1 || settled[0].Kind != wallet.SentDelivery || !settled[0].Happened || h.Delivery.Unsettled() {
				t.Errorf("taken %v: settled %+v", taken, settled)
			}
			if settled, err = h.Delivery.Settle(t.Context()); err != nil || len(settled) > 0 {
				t.Errorf("again: %+v, %v", settled, err)
			}
			if chart, err := p.Charts.OpenOwn(t.Context()); err != nil || town.IDs(chart) != "a1" || len(chart.Faults) > 0 {
				t.Errorf("taken %v: she opens %v, %v", taken, town.IDs(chart), err)
			}
		})
	}
}

// olderNotes makes the notes of what is not known yet older.
func olderNotes(s *client.Session, by time.Duration) error {
	seen, err := s.Delivery.Delivered()
	if err != nil {
		return err
	}
	for _, file := range seen.Unsettled() {
		var p delivery.Pending
		raw, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(raw, &p)
		}
		if p.Made = p.Made.Add(-by); err == nil {
			raw, err = json.Marshal(p)
		}
		if err == nil {
			err = os.WriteFile(file, raw, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// TestR46ADeliveryThatIsTooOldIsNotAnchored: what no vault need keep any more is not made
// to stand on her log. Where it was anchored in time, it is found to be there.
func TestR46ADeliveryThatIsTooOldIsNotAnchored(t *testing.T) {
	for _, taken := range []bool{true, false} {
		for _, after := range []time.Duration{delivery.KeptUnanchored - time.Hour, delivery.KeptUnanchored + time.Hour} {
			town.In(t, func(t *testing.T, w *town.Town) {
				p, h := w.NewPatient("Elena", "Northside"), w.Orgs["Northside"]
				held, err := h.HeldWriteGrant(p.Subject())
				w.Must(err)
				_, err = w.Deaf(h, taken).Delivery.Deliver(t.Context(), held, []delivery.Incoming{town.Note("a1", stele.Allergies, "2020-01-02")})
				w.Wants(err, stele.KindUnknown, "a delivery that nobody answered")
				h.Delivery.Forget() // the next session
				w.Must(olderNotes(h, after))
				settled, err := h.Delivery.Settle(t.Context())
				w.Must(err)
				arrived, want := taken || after < delivery.KeptUnanchored, ""
				if arrived {
					want = "a1"
				}
				if len(settled) != 1 || settled[0].Happened != arrived || h.Delivery.Unsettled() {
					t.Errorf("taken %v, after %v: settled %+v", taken, after, settled)
				}
				if chart, err := p.Charts.OpenOwn(t.Context()); err != nil || town.IDs(chart) != want {
					t.Errorf("taken %v, after %v: she opens %q, %v", taken, after, town.IDs(chart), err)
				}
			})
		}
	}
}
