package delivery_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// TestR38WhatIsNotRememberedIsNotSaidToBeGone: what stands in a chart from here, and was
// delivered by an earlier release or is forgotten, can't be withdrawn by name. Nobody is
// told that it does not stand, but what helps.
func TestR38WhatIsNotRememberedIsNotSaidToBeGone(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, h := w.NewPatient("Elena", "Northside"), w.Orgs["Northside"]
		for _, asked := range []delivery.Withdrawal{{All: true, Reason: "x"}, {Names: []string{"Observation/1"}, Reason: "x"}} {
			_, err := h.Delivery.Withdraw(t.Context(), p.Subject(), asked)
			w.Wants(err, stele.KindNotFound, "nothing is remembered")
			if !strings.Contains(err.Error(), "remember") || !strings.Contains(stele.HintOf(err), "imported again") {
				t.Errorf("%+v: %v; %s", asked, err, stele.HintOf(err))
			}
		}
	})
}
