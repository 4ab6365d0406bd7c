package reading_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// givesFrom lets a doctor read the allergies that are dated from a day on.
func givesFrom(w *town.Town, p, d *client.Session, day string) {
	terms := town.Terms(stele.Allergies)
	terms.From, _ = consent.ParseDate(day)
	_, _, err := p.Give(context.Background(), w.ContactOf(p, d), terms)
	w.Must(err)
	_, err = d.Collect(context.Background())
	w.Must(err)
}

// TestLaw3AVaultThatMakesUpPartsHidesNoFolio: nothing is restricted, and one vault lists a folio as if something
// were, with a capsule of its own making; it is heard first. The folio is read by the key that others list, whether
// the trustees release all that is listed or, since it lists what was never anchored, too, vault by vault.
func TestLaw3AVaultThatMakesUpPartsHidesNoFolio(t *testing.T) {
	for _, whose := range []string{"a record's handle", "a made up handle", "a made up handle, under a grant with a date", "a made up handle, beside a folio that was never anchored"} {
		t.Run(whose, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
				w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
				if strings.Contains(whose, "date") {
					givesFrom(w, p, d, "2019-01-01")
				} else {
					w.Gives(p, d, stele.Allergies)
				}
				handle := w.Chart(p).Records[0].Handle
				if whose != "a record's handle" {
					handle = stele.NewID()
				}
				rubbish := rubbishOf(w, p, 1)
				lists := func(r *wire.ListFoliosResponse) {
					for _, item := range r.Folios {
						key, committee := seal.NewKey(), d.Committee().Key
						c, err := threshold.Encrypt(committee, wire.RecordLabelBytes(w.Chain, committee, p.Subject(), wire.FolioDigest(item.Head), handle, stele.ID{}), (*[32]byte)(&key))
						w.Must(err)
						item.Records = []*wire.RecordCapsule{{Handle: handle[:], Capsule: c}}
					}
					if strings.Contains(whose, "anchored") {
						r.Folios = append(r.Folios, rubbish...)
					}
				}
				for _, m := range w.Members {
					s, err := m.Vault.(town.LineV).Status(t.Context())
					w.Must(err)
					d = town.Bend(d, m.Name, func(m *members.Member) {
						switch {
						case m.Name == "Northside":
							m.Vault = town.LyingVault{Vault: m.Vault, List: lists}
						case s.Submissions > 0:
							m.Vault = liar{m.Vault, &lies{w: w, p: p}, lie{door: func(context.Context) error { time.Sleep(300 * time.Millisecond); return nil }}}
						}
					})
				}
				for range 3 {
					chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
					w.Must(err)
					if town.IDs(chart) != "a1" {
						t.Errorf("opened %q, faults %v", town.IDs(chart), chart.Faults)
					}
					for _, f := range chart.Faults {
						if f.Member != "Northside" {
							t.Errorf("blamed: %v", f)
						}
					}
					time.Sleep(time.Minute)
				}
			})
		})
	}
}

// TestASilentHolderOfAFolioInPartIsNotWaitedForLong: of two records one is out of the grant's period. Who gave the one is as
// good as certain; the other holder is asked all the same, and no more once it said nothing.
func TestASilentHolderOfAFolioInPartIsNotWaitedForLong(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("a2", stele.Allergies, "2020-01-03"))
		givesFrom(w, p, d, "2020-01-03")
		d = town.Bend(d, "Northside", func(m *members.Member) {
			m.Vault = liar{m.Vault, &lies{w: w, p: p}, lie{records: never(silent)}}
		})
		for try := range 2 {
			start := time.Now()
			chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			w.Must(err)
			if took := time.Since(start); town.IDs(chart) != "a2" || took > reading.Pause+1500*time.Millisecond {
				t.Errorf("opening %d: %q after %v, faults %v", try, town.IDs(chart), took, chart.Faults)
			}
		}
	})
}

// TestLaw3OneVaultKeepsNothingBackUnderADatedGrant: it gives the leaves of a folio and none of its records, as if all were
// out of the period. Who else lists the folio is asked, too, and who kept them back is named.
func TestLaw3OneVaultKeepsNothingBackUnderADatedGrant(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("a2", stele.Allergies, "2020-01-03"))
		givesFrom(w, p, d, "2019-01-01")
		for _, name := range w.Names {
			lied := false
			doctor := town.Bend(d, name, func(m *members.Member) {
				m.Vault = town.LyingVault{Vault: m.Vault, Records: func(_ *wire.GetRecordsRequest, r *wire.GetRecordsResponse) *wire.GetRecordsResponse {
					lied, r.Leaves = true, nil
					for _, rec := range r.Records {
						leaf := proof.RecordLeaf(rec)
						r.Leaves = append(r.Leaves, leaf[:])
					}
					r.Records = nil
					return r
				}}
			})
			chart, err := doctor.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
			if err != nil || town.IDs(chart) != "a1 a2" {
				t.Errorf("%s lies: opened %q, faults %v, %v", name, town.IDs(chart), chart.Faults, err)
			}
			if lied && !town.Blames(chart, name, "kept records back") {
				t.Errorf("%s lies and is not named: %v", name, chart.Faults)
			}
			time.Sleep(time.Minute)
		}
	})
}
