package client_test

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/wallet"
)

// TestAnOrganisationThatIsNoMemberIsToldWhoPublishes: an organisation's wallet that is made by whoever
// builds on Stele joins, and nobody can give it a grant; the refusal says which wallet can.
func TestAnOrganisationThatIsNoMemberIsToldWhoPublishes(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		s := w.NewPerson("Our Hospital", wallet.Organisation)
		err := client.EnlistMember(t.Context(), s)
		if w.Wants(err, stele.KindDenied, "no member"); stele.HintOf(err) == "" {
			t.Error("it has no hint")
		}
	})
}
