package delivery_test

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/ips"
	"github.com/stele-health/stele/timeline"
)

// TestAPatientDeliversHerSummaryIntoHerOwnChart, with no card at any directory and under a grant that
// she gives herself, anew where she took it back; one who may open that category alone reads it. What
// is no summary is not delivered.
func TestAPatientDeliversHerSummaryIntoHerOwnChart(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		made := time.Now().UTC().Truncate(time.Second)
		doc, err := ips.Make([]timeline.Item{{
			Record: []byte(`{"resourceType":"AllergyIntolerance","id":"x","patient":{"display":"Elena"},"code":{"text":"Peanut"}}`),
			Label:  stele.Label{Category: stele.Allergies}, Handle: stele.NewID(), SourceName: "Northside",
		}}, ips.Options{At: made, ID: "emergency-summary"})
		w.Must(err)

		_, err = p.Delivery.DeliverSummary(t.Context(), []byte(`{"resourceType":"Bundle","type":"document"}`), made, nil)
		w.Wants(err, stele.KindInvalid, "what is no summary")
		before := w.GrantsOf(p)
		for range 2 {
			_, err = p.Delivery.DeliverSummary(t.Context(), doc, made, nil)
			w.Must(err)
		}
		if n := w.GrantsOf(p) - before; n != 1 {
			t.Errorf("she gave herself %d grants for two summaries", n)
		}
		own, err := p.HeldWriteGrant(p.Subject())
		w.Must(err)
		_, err = p.Revoke(t.Context(), own.Grant)
		w.Must(err)
		_, err = p.Delivery.DeliverSummary(t.Context(), doc, made, nil)
		w.Must(err)
		if n := w.GrantsOf(p) - before; n != 2 {
			t.Errorf("after she took hers back there were %d", n)
		}
		// What is left over of giving oneself a grant stops no giving to others.
		w.Gives(p, d, stele.Summary)
		chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		if len(chart.Records) != 3 {
			t.Fatalf("%d records", len(chart.Records))
		}
		for _, r := range chart.Records {
			if string(r.JSON) != string(doc) || r.Label.Source != p.Subject() || r.Label.Category != stele.Summary {
				t.Errorf("the doctor read %s of %v", r.JSON, r.Label)
			}
		}
	})
}
