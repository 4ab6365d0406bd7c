package client_test

import (
	"slices"
	"testing"

	"github.com/stele-health/stele"
)

// TestR25WhoOpensOneOfTwoMergedChartsInAnEmergencyIsToldOfTheOther: what lies there is not shown, and
// it may be the allergy.
func TestR25WhoOpensOneOfTwoMergedChartsInAnEmergencyIsToldOfTheOther(t *testing.T) {
	atNight(t, func(t *testing.T, n *night) {
		ctx, old := t.Context(), n.NewPatient("Elena Ortega", "Elm")
		others := func(subject stele.Subject) []stele.Subject {
			a, _, err := n.doctor.Activate(ctx, subject, "", "unconscious after a fall")
			n.Must(err)
			others, err := n.doctor.OtherChartsUrgently(ctx, a)
			n.Must(err)
			return others
		}
		if got := others(n.patient.Subject()); len(got) != 0 {
			t.Fatalf("of a chart that is merged with none: %v", got)
		}
		p, err := old.ProposeMerge(old.Subject(), n.patient.Subject(), "she moved, and was enrolled anew")
		n.Must(err)
		n.Must(n.patient.SignProposal(p))
		_, err = n.patient.SubmitProposal(ctx, p)
		n.Must(err)
		n.WriteBlock()
		n.WriteBlock()
		if got := others(old.Subject()); !slices.Equal(got, []stele.Subject{n.patient.Subject()}) {
			t.Errorf("of the chart that is merged into hers: %v", got)
		}
		if got := others(n.patient.Subject()); !slices.Equal(got, []stele.Subject{old.Subject()}) {
			t.Errorf("of hers: %v", got)
		}
	})
}
