package client_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wire"
)

// TestR25WhoOpensOneOfTwoMergedChartsInAnEmergencyIsToldOfTheOther: what lies there is not shown, and
// it may be the allergy.
func TestR25WhoOpensOneOfTwoMergedChartsInAnEmergencyIsToldOfTheOther(t *testing.T) {
	atNight(t, func(t *testing.T, n *night) {
		ctx, old := t.Context(), n.NewPatient("Elena Ortega", "Elm")
		others := func(subject stele.Subject) []stele.Subject {
			b, err := n.doctor.Charts.OpenEmergency(ctx, subject, reading.Emergency{Reason: "unconscious after a fall"}, nil)
			n.Must(err)
			defer b.Close()
			others, err := b.OtherCharts()
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

// TestR25OtherChartsAreAskedForBesideTheRelease: who waits in an emergency does not wait for one and
// then for the other. Here the trustees release when somebody has asked for other charts.
func TestR25OtherChartsAreAskedForBesideTheRelease(t *testing.T) {
	atNight(t, func(t *testing.T, n *night) {
		asked := &moment{at: make(chan struct{})}
		doctor := n.doctor
		for _, name := range n.Names {
			doctor = town.Bend(doctor, name, func(m *members.Member) {
				m.Ledger, m.Trustee = noticed{m.Ledger, asked}, awaiting{m.Trustee, asked}
			})
		}
		b, err := doctor.Charts.OpenEmergency(t.Context(), n.patient.Subject(), reading.Emergency{Reason: "unconscious"}, nil)
		n.Must(err)
		defer b.Close()
		if others, err := b.OtherCharts(); err != nil || len(others) != 0 || len(b.Records) == 0 {
			t.Errorf("%d records, beside %v: %v", len(b.Records), others, err)
		}
	})
}

// TestR25AChartOpensThoughNobodySaysWhetherThereIsAnother: what opened is shown, and that it is not
// known, within seconds.
func TestR25AChartOpensThoughNobodySaysWhetherThereIsAnother(t *testing.T) {
	atNight(t, func(t *testing.T, n *night) {
		doctor := n.doctor
		for _, name := range n.Names {
			doctor = town.Bend(doctor, name, func(m *members.Member) { m.Ledger = neverSaid{m.Ledger} })
		}
		start := time.Now()
		b, err := doctor.Charts.OpenEmergency(t.Context(), n.patient.Subject(), reading.Emergency{Reason: "unconscious"}, nil)
		n.Must(err)
		defer b.Close()
		if opened := time.Since(start); opened > time.Second || len(b.Records) == 0 {
			t.Errorf("%d records after %v", len(b.Records), opened)
		}
		if _, err := b.OtherCharts(); err == nil || time.Since(start) > 4*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// moment is when something happened first.
type moment struct {
	once sync.Once
	at   chan struct{}
}

// noticed tells when a member was asked about a grant.
type noticed struct {
	members.Ledger
	asked *moment
}

func (n noticed) Grant(ctx context.Context, g stele.Grant) (stele.Grant, error) {
	n.asked.once.Do(func() { close(n.asked.at) })
	return n.Ledger.Grant(ctx, g)
}

// awaiting releases when a member was asked about a grant.
type awaiting struct {
	members.Trustee
	asked *moment
}

func (a awaiting) Release(ctx context.Context, in *wire.ReleaseRequest) (*wire.ReleaseResponse, error) {
	select {
	case <-a.asked.at:
		return a.Trustee.Release(ctx, in)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// neverSaid is a member that says nothing of grants.
type neverSaid struct{ members.Ledger }

func (neverSaid) Grant(ctx context.Context, _ stele.Grant) (stele.Grant, error) {
	<-ctx.Done()
	return stele.Grant{}, ctx.Err()
}
