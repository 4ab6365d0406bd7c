package wallet_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
)

// TestManyUseOneSessionAtATime: they link, give, collect, deliver, import, open, read the
// log and find, and each finds what it did, and what nobody did twice. Run it with -race.
func TestManyUseOneSessionAtATime(t *testing.T) {
	const rounds = 4
	town.In(t, func(t *testing.T, w *town.Town) {
		h := w.Orgs["Northside"]
		ana, ben := w.NewPatient("Ana", "Northside"), w.NewPatient("Ben", "Northside")
		w.Gives(ana, h, stele.Allergies)
		w.Delivers("Northside", ana, town.Note("a0", stele.Allergies, "2020-01-02"))
		lakeview := w.ContactOf(h, w.Orgs["Lakeview"])
		before := len(h.HeldNow())
		write, err := h.HeldWriteGrant(ana.Subject())
		w.Must(err)
		var all sync.WaitGroup
		side := func(what string, step func(round int) error) {
			all.Go(func() {
				for round := range rounds {
					if err := step(round); err != nil {
						t.Errorf("%s: %v", what, err)
					}
				}
			})
		}
		side("link", func(round int) error {
			return h.Links().Link([]links.Link{{Number: fmt.Sprint("A-", round), Name: "Alvar, Ana", Subject: ana.Subject()}}, links.Confirmed{Same: true})
		})
		side("link another", func(round int) error {
			return h.Links().Link([]links.Link{{Number: fmt.Sprint("B-", round), Name: "Brand, Ben", Subject: ben.Subject()}}, links.Confirmed{Same: true})
		})
		for range 2 {
			side("an id of two", func(round int) error {
				_, err := h.Delivery.LinkID("shared", links.Link{Subject: []stele.Subject{ana.Subject(), ben.Subject()}[round%2]})
				return err
			})
		}
		side("give", func(round int) error {
			_, _, err := h.Give(t.Context(), lakeview, wallet.DirectCareWrite(h.Clock().AddDate(1+round, 0, 0)))
			return err
		})
		side("be given", func(round int) error {
			contact, err := ben.Find(t.Context(), h.Subject().String())
			if err == nil {
				_, _, err = ben.Give(t.Context(), contact, town.Terms([]stele.Category{stele.Allergies, stele.Results, stele.Documents, stele.Medications}[round]))
			}
			return err
		})
		for range 2 {
			side("collect", func(int) error { _, err := h.Collect(t.Context()); return err })
		}
		side("deliver", func(round int) error {
			_, err := h.Delivery.Deliver(t.Context(), write, []delivery.Incoming{town.Note(fmt.Sprint("d", round), stele.Allergies, "2021-01-02")})
			return err
		})
		side("open", func(int) error { _, err := h.Charts.OpenChart(t.Context(), ana.Subject(), town.FollowUp); return err })
		side("settle", func(int) error { _, err := h.Delivery.Settle(t.Context()); return err })
		for range 2 {
			side("log", func(int) error { _, err := h.Log(t.Context()); return err })
		}
		side("follow", func(int) error { return h.Follow(t.Context()) })
		side("find", func(int) error {
			_, err := h.Links().Find("a")
			h.Consortium()
			return err
		})
		all.Wait()
		_, err = h.Collect(t.Context())
		w.Must(err)
		times := map[stele.ID]int{}
		for _, g := range h.HeldNow() {
			times[g.Grant]++
		}
		if len(times) != before+rounds || len(h.HeldNow()) != len(times) {
			t.Errorf("%d are held, %d grants, of %d", len(h.HeldNow()), len(times), before+rounds)
		}
		if given := h.GivenNow(); len(given) != rounds || h.Delivery.Unsettled() {
			t.Errorf("%d were given, unsettled %v", len(given), h.Delivery.Unsettled())
		}
		if links := h.LinksNow(); len(links) != 2*rounds || len(wallettest.Sure(h.Links().Contents()).Shared) != 1 {
			t.Errorf("%d links, shared %q", len(links), wallettest.Sure(h.Links().Contents()).Shared)
		}
		chart, err := h.Charts.OpenChart(t.Context(), ana.Subject(), town.FollowUp)
		w.Must(err)
		if got := town.IDs(chart); got != "a0 d0 d1 d2 d3" {
			t.Errorf("the chart holds %s", got)
		}
		if state := h.State(); state.Wrote.Height == 0 || time.Since(state.Consortium.Asked) > time.Hour {
			t.Errorf("the state is %v", state.Wrote)
		}
	})
}
