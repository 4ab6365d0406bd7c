package delivery_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
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

// TestR38ASummaryOfOursIsOneRecord: a summary that this software made and that somebody saved is delivered by an import as it is, into
// the chart of whom --patient names: one record, which opens in an emergency, and of which nothing else stands in the chart. One that
// is not ours is taken apart, and so is none of a file in which it stands twice.
func TestR38ASummaryOfOursIsOneRecord(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		ours, err := ips.Make([]timeline.Item{{
			Record: []byte(`{"resourceType":"AllergyIntolerance","id":"x","patient":{"display":"Ana"},"code":{"text":"Peanut"}}`),
			Label:  stele.Label{Category: stele.Allergies}, Handle: stele.NewID(), SourceName: "Northside",
		}}, ips.Options{At: time.Now().UTC().Truncate(time.Second), ID: "emergency-summary"})
		w.Must(err)
		var indented bytes.Buffer
		w.Must(json.Indent(&indented, ours, "", "  "))
		anothers := bytes.ReplaceAll(ours, []byte(`"name":"Stele"`), []byte(`"name":"Another"`))
		for i, c := range []struct {
			what      string
			file      string
			delivered int
			whole     int // summaries in the chart by then
		}{
			{"as it was saved", string(ours) + "\n", 1, 1},
			{"once more", string(ours), 0, 1},
			{"with other spaces", indented.String(), 1, 2},
			{"in a line of several", basic("1", "pa", "x") + "\n" + string(bytes.Replace(ours, []byte("Peanut"), []byte("Walnut"), 1)) + "\n", 2, 3},
			{"another's", string(anothers), 0, 3},
		} {
			var fates []string
			o := delivery.ImportOptions{Subject: ana.Subject(), Called: []string{"Patient/pa"}}
			o.Dry, o.Each = true, func(f delivery.Fate) {
				if f.Refused == "" && !f.Known {
					fates = append(fates, f.Name)
				}
			}
			_, err := h.Delivery.Import(t.Context(), strings.NewReader(c.file), o)
			w.Must(err)
			o.Dry, o.Each = false, nil
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(c.file), o)
			w.Must(err)
			if c.what == "another's" {
				if done.Delivered < 2 {
					t.Errorf("%s: %+v", c.what, done)
				}
				continue
			}
			if done.Delivered != c.delivered || done.Refused > 0 || len(fates) != c.delivered {
				t.Errorf("%s: %+v; %v", c.what, done, fates)
			}
			whole := 0
			for _, r := range w.Chart(ana).Records {
				switch typ := r.Label.Category; {
				case typ == stele.Summary:
					whole++
				case !strings.Contains(string(r.JSON), `"Basic"`):
					t.Errorf("%s: beside it stands %s", c.what, r.JSON)
				}
				if i == 0 && string(r.JSON) != string(ours) {
					t.Errorf("it was delivered as %s", r.JSON)
				}
			}
			if whole != c.whole {
				t.Errorf("%s: %d summaries in the chart, want %d", c.what, whole, c.whole)
			}
		}
	})
}
