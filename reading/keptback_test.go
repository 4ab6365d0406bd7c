package reading_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// TestLaw3AVaultThatMakesUpPartsHidesNoFolio: nothing is restricted; one vault lists a folio as if it were
// in part, with a capsule of its own making. The others' capsule is released then, and the folio is not
// read again.
func TestLaw3AVaultThatMakesUpPartsHidesNoFolio(t *testing.T) {
	for _, slow := range []time.Duration{300 * time.Millisecond} {
		for _, whose := range []string{"a record's handle", "a made up handle", "a made up handle, under a grant with a date"} {
			t.Run(slow.String()+" "+whose, func(t *testing.T) {
				town.In(t, func(t *testing.T, w *town.Town) {
					p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
					w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
					terms := town.Terms(stele.Allergies)
					if strings.Contains(whose, "date") {
						terms.From, _ = consent.ParseDate("2019-01-01")
					}
					_, _, err := p.Give(t.Context(), w.ContactOf(p, d), terms)
					w.Must(err)
					_, err = d.Collect(t.Context())
					w.Must(err)
					handle := w.Chart(p).Records[0].Handle
					if whose != "a record's handle" {
						handle = stele.NewID()
					}
					lists := func(items []*wire.FolioItem) {
						for _, item := range items {
							key, committee := seal.NewKey(), d.Committee().Key
							c, err := threshold.Encrypt(committee, wire.RecordLabelBytes(w.Chain, committee, p.Subject(), wire.FolioDigest(item.Head), handle, stele.ID{}), (*[32]byte)(&key))
							w.Must(err)
							item.Records = []*wire.RecordCapsule{{Handle: handle[:], Capsule: c}}
						}
					}
					for _, m := range w.Members {
						s, err := m.Vault.(town.LineV).Status(t.Context())
						w.Must(err)
						switch {
						case m.Name == "Northside":
							d = town.Bend(d, m.Name, func(m *members.Member) {
								m.Vault = town.LyingVault{Vault: m.Vault, List: func(r *wire.ListFoliosResponse) { lists(r.Folios) }}
							})
						case s.Submissions > 0:
							d = town.Bend(d, m.Name, func(m *members.Member) {
								m.Vault = liar{m.Vault, &lies{w: w, p: p}, lie{door: func(context.Context) error { time.Sleep(slow); return nil }}}
							})
						}
					}
					for range 3 {
						chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
						if err != nil {
							t.Errorf("not opened: %v", err)
							return
						}
						t.Logf("opened %q, faults %v", town.IDs(chart), chart.Faults)
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
}

// TestLaw3OneVaultKeepsNothingBackUnderADatedGrant: it gives the leaves of a folio and none of its records, as if all were
// out of the period. Another vault has them, and nobody asks it; nothing is said.
func TestLaw3OneVaultKeepsNothingBackUnderADatedGrant(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"), town.Note("a2", stele.Allergies, "2020-01-03"))
		terms := town.Terms(stele.Allergies)
		terms.From, _ = consent.ParseDate("2019-01-01")
		_, _, err := p.Give(t.Context(), w.ContactOf(p, d), terms)
		w.Must(err)
		_, err = d.Collect(t.Context())
		w.Must(err)
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
			} else if lied {
				t.Logf("%s lied, and the chart is whole", name)
			}
			time.Sleep(time.Minute)
		}
	})
}
