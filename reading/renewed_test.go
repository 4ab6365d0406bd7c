package reading_test

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
)

// TestLaw3ARenewedCommitteeIsNobodysLie: a wallet that followed the consortium within the hour
// knows the committee of before. Trustees that release by today's lead it on to that, and
// those that are a block behind have done nothing wrong; who names an epoch that was not
// in force has.
func TestLaw3ARenewedCommitteeIsNobodysLie(t *testing.T) { town.In(t, readsOnByTheRenewed) }

func readsOnByTheRenewed(t *testing.T, w *town.Town) {
	p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
	w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
	w.Gives(p, d, stele.Allergies)
	other := proto.CloneOf(d.Consortium())
	other.Committee.Epoch += 8
	open := func(otherFrom, followed int64) (*reading.Chart, error) {
		wallettest.Edit(d.Wallet, func(s *wallet.State) {
			s.Consortium = wallet.Followed{Head: wallet.Head{Height: followed}, Asked: time.Now()}
		})
		history := proof.History{d.History()[0], {From: otherFrom, Consortium: other}}
		s := client.Of(wallet.NewSession(d.Wallet, d.Network, history))
		return s.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
	}
	const never = 1 << 40
	// The other epoch is over, as the consortium's log tells whoever reads on in it.
	chart, err := open(1, 0)
	w.Must(err)
	if town.IDs(chart) != "a1" || len(chart.Faults) > 0 || len(chart.Access.Trustees) < 3 {
		t.Errorf("opened %q, released by %v, faults %v", town.IDs(chart), chart.Access.Trustees, chart.Faults)
	}
	// It begins with a block that the trustees do not have.
	if _, err := open(never, never); !errors.Is(err, reading.ErrRenewed) {
		t.Errorf("trustees that are behind: %v", err)
	}
	// It has been in force all the time.
	if _, err := open(1, never); err == nil || errors.Is(err, reading.ErrRenewed) {
		t.Errorf("trustees of an epoch that is over: %v", err)
	}
}
