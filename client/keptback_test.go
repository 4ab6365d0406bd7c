package client_test

import (
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// slowly lists and gives late.
type slowlyLists struct{ members.Vault }

func (v slowlyLists) ListFolios(ctx context.Context, in *wire.ListFoliosRequest) (*wire.ListFoliosResponse, error) {
	time.Sleep(200 * time.Millisecond)
	return v.Vault.ListFolios(ctx, in)
}

// TestLaw3OneVaultHidesNoAllergyInAnEmergency: neither by parts that it makes up, nor by leaves without records.
func TestLaw3OneVaultHidesNoAllergyInAnEmergency(t *testing.T) {
	for _, how := range []string{"honest", "parts made up", "leaves without records"} {
		t.Run(how, func(t *testing.T) {
			atNight(t, func(t *testing.T, n *night) {
				doctor := n.doctor
				for _, m := range n.Members {
					s, err := m.Vault.(town.LineV).Status(t.Context())
					n.Must(err)
					switch {
					case m.Name == "Northside":
						doctor = town.Bend(doctor, m.Name, func(m *members.Member) {
							l := town.LyingVault{Vault: m.Vault}
							switch how {
							case "parts made up":
								l.List = n.MadeUpParts(n.patient, stele.ID{})
							case "leaves without records":
								l.Records = town.LeavesOnly
							}
							m.Vault = l
						})
					case s.Submissions > 0 && how != "honest":
						doctor = town.Bend(doctor, m.Name, func(m *members.Member) { m.Vault = slowlyLists{m.Vault} })
					}
				}
				for range 4 {
					b, err := doctor.Charts.OpenEmergency(t.Context(), n.patient.Subject(), reading.Emergency{Reason: "unconscious"}, nil)
					n.Must(err)
					if got := town.IDs(b.Chart); got != "peanut warfarin" {
						t.Errorf("the doctor sees %q; faults: %v", got, b.Faults)
					}
					b.Close()
					time.Sleep(time.Minute)
				}
			})
		})
	}
}

// TestLaw3AMisfitKeepsNothingBesideBack: beside a restricted record one other stays open. One vault lists a capsule of
// its own making for it, and gives no record of the folio; the record is had from who else lists it.
func TestLaw3AMisfitKeepsNothingBesideBack(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		n := beside(t, w)
		n.keeps("ldl", false, "hdl")
		committee, place := n.elena.Committee(), n.place("hdl")
		wrong, err := threshold.Encrypt(committee.Key, wire.RecordLabelBytes(n.Chain, committee.Key, n.elena.Subject(), place.Folio, place.Handle, stele.ID{}), &[32]byte{1})
		w.Must(err)
		for _, by := range w.Names {
			doctor := n.okafor
			gave := 0
			for _, name := range w.Names {
				doctor = town.Bend(doctor, name, func(m *members.Member) {
					if name != by {
						m.Vault = slowlyLists{m.Vault}
						return
					}
					m.Vault = town.LyingVault{Vault: m.Vault, List: func(out *wire.ListFoliosResponse) {
						for _, f := range out.Folios {
							if len(f.Records) > 0 {
								f.Records[0].Capsule = wrong
							}
						}
					}, Records: func(_ *wire.GetRecordsRequest, r *wire.GetRecordsResponse) *wire.GetRecordsResponse {
						if len(r.Leaves) > 0 {
							if gave++; gave > 1 {
								r.Records = nil
							}
						}
						return r
					}}
				})
			}
			for range 4 {
				gave = 0
				chart, err := doctor.Charts.OpenChart(t.Context(), n.elena.Subject(), town.FollowUp)
				w.Must(err)
				if got := town.IDs(chart); got != "bees hdl inr latex nuts" {
					t.Errorf("%s lies: the chart holds %q, faults %v", by, got, chart.Faults)
				}
				time.Sleep(time.Minute)
			}
		}
	})
}
