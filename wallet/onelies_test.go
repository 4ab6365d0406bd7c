package wallet_test

import (
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wallet"
)

// endsAll is a node that says of every grant that it was ended, by its giver or its holder.
type endsAll struct {
	members.Ledger
	returned bool
}

func (l endsAll) Grant(ctx context.Context, g stele.Grant) (stele.Grant, error) {
	is, err := l.Ledger.Grant(ctx, g)
	is.Status, is.Returned = stele.GrantRevoked, l.returned
	return is, err
}

// TestOneMemberEndsNoGrant: what a wallet keeps of a grant, and what it tells of it, comes from more members than may
// be faulty together, whoever the liar is and whenever they are asked.
func TestOneMemberEndsNoGrant(t *testing.T) {
	for _, liar := range []string{"Northside", "Lakeview", "Elm", "Patients"} {
		lied := func(s *client.Session, returned bool) *client.Session {
			return town.Bend(s, liar, func(m *members.Member) { m.Ledger = endsAll{m.Ledger, returned} })
		}
		for what, tries := range map[string]func(*testing.T, *town.Town){
			"a giving back that was lost": func(t *testing.T, w *town.Town) {
				p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
				h := holds(w, p, d, carer(p))
				_, err := w.Deaf(d, false).GiveBack(t.Context(), h.Grant)
				w.Wants(err, stele.KindUnknown, "one that nobody answered")
				time.Sleep(wallet.ValidFor + wallet.LogGrace)
				d = lied(d, true)
				settled, err := d.Delivery.Settle(t.Context())
				if w.Must(err); len(settled) != 1 || settled[0].Happened || heldNow(w, d, h.Grant).Returned {
					t.Errorf("settled as %+v", settled)
				}
			},
			"what a delegate took back, lost": func(t *testing.T, w *town.Town) {
				p, c, d := w.NewPatient("Elena"), w.NewDoctor("Dr Carl", "Lakeview"), w.NewDoctor("Dr Okafor", "Lakeview")
				h := holds(w, p, c, carer(p))
				terms := town.Terms(stele.Allergies)
				terms.End = c.Clock().Add(time.Hour)
				given, _, err := c.GiveFor(t.Context(), h, w.ContactOf(c, d), terms)
				w.Must(err)
				_, err = w.Deaf(c, false).Revoke(t.Context(), given.Grant)
				w.Wants(err, stele.KindUnknown, "one that nobody answered")
				time.Sleep(wallet.ValidFor + wallet.LogGrace)
				c = lied(c, false)
				if is, err := c.GivenStands(t.Context(), given); err != nil || is.Status != stele.GrantActive {
					t.Errorf("it stands as %v, %v", is.Status, err)
				}
				_, err = c.Revoke(t.Context(), given.Grant) // again, and now it happens
				if is, wrong := w.Ledger().Grant(given.Grant); wrong != nil || err == nil && is.Status == stele.GrantActive {
					t.Errorf("told as taken back; the ledger: %v, %v", is.Status, wrong)
				}
			},
			"a grant that comes": func(t *testing.T, w *town.Town) {
				p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
				if h := holds(w, p, lied(d, false), carer(p)); h.Over {
					t.Error("it is over as it comes")
				}
			},
			"a grant to write": func(t *testing.T, w *town.Town) {
				p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
				h := holds(w, p, d, wallet.DirectCareWrite(p.Clock().Add(time.Hour)))
				asked, err := lied(d, false).CheckWriteGrant(t.Context(), p.Subject())
				if w.Must(err); !asked || heldNow(w, d, h.Grant).Over {
					t.Errorf("asked %v, over %v", asked, heldNow(w, d, h.Grant).Over)
				}
			},
		} {
			t.Run(liar+" lies of "+what, func(t *testing.T) { town.In(t, tries) })
		}
	}
}
