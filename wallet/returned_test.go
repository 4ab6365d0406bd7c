package wallet_test

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// carer are the terms under which somebody acts for a patient for a day.
func carer(p *client.Session) wallet.Terms {
	t := town.Terms(stele.Allergies)
	t.Action, t.Delegation, t.End = stele.ActionDelegate, consent.Delegation{Kind: consent.Carer, Acts: []consent.Act{consent.ActRead, consent.ActGive}}, p.Clock().Add(24*time.Hour)
	return t
}

// holds has somebody give a grant, and returns what its grantee holds.
func holds(w *town.Town, p, to *client.Session, t wallet.Terms) wallet.Held {
	given, _, err := p.Give(w.T.Context(), w.ContactOf(p, to), t)
	w.Must(err)
	_, err = to.Collect(w.T.Context())
	w.Must(err)
	return heldNow(w, to, given.Grant)
}

func heldNow(w *town.Town, s *client.Session, grant stele.ID) wallet.Held {
	held, known, err := s.HeldGrant(grant)
	if w.Must(err); !known {
		w.T.Fatalf("%v is not held", grant)
	}
	return held
}

// endedBy are who ended a grant, as the owner's log tells.
func endedBy(w *town.Town, p *client.Session, grant stele.ID) (by []wire.Party) {
	account, err := p.Log(w.T.Context())
	w.Must(err)
	for e, err := range account.Events() {
		w.Must(err)
		if about := e.Event.About(); about.Makes(stele.GrantRevoked) && string(about.Grant) == string(grant[:]) {
			by = append(by, about.By)
		}
	}
	return by
}

// TestWhoHoldsAGrantGivesItBack: one of any action, once; the log says that they did, and their wallet that it is over.
func TestWhoHoldsAGrantGivesItBack(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		ctx := t.Context()
		p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
		for _, terms := range []wallet.Terms{town.Terms(stele.Allergies), wallet.DirectCareWrite(p.Clock().Add(time.Hour)), carer(p)} {
			h := holds(w, p, d, terms)
			outcome, err := d.GiveBack(ctx, h.Grant)
			if w.Must(err); outcome.Height == 0 {
				t.Errorf("%v: given back in no block", h.Action)
			}
			if by := endedBy(w, p, h.Grant); len(by) != 1 || by[0] != wire.ByGrantee {
				t.Errorf("%v: the log says that it was ended by %v", h.Action, by)
			}
			if is := heldNow(w, d, h.Grant); !is.Returned || !is.Over || !is.Told {
				t.Errorf("%v: returned %v, over %v, told %v", h.Action, is.Returned, is.Over, is.Told)
			}
			if again, err := d.GiveBack(ctx, h.Grant); err != nil || again.Height != 0 {
				t.Errorf("%v: again: %+v, %v", h.Action, again, err)
			}
			if _, err := w.Deaf(d, true).GiveBack(ctx, h.Grant); err != nil {
				t.Errorf("%v: it is sent once more: %v", h.Action, err)
			}
			if is, err := w.Ledger().Grant(h.Grant); err != nil || is.Status != stele.GrantRevoked || !is.Returned {
				t.Errorf("%v: the ledger says %+v, %v", h.Action, is, err)
			}
			// Whose grant it is finds it ended, and by whom.
			before, err := p.Revoke(ctx, h.Grant)
			e := new(wire.Event)
			if w.Must(err); wire.Decode(before.Event, e) != nil || !e.About().GivenBack() {
				t.Errorf("%v: taken back once more: %v", h.Action, e)
			}
		}
		_, err := d.DelegationFor(p.Subject(), consent.ActRead)
		w.Wants(err, stele.KindDenied, "what was given back")
		if len(d.SentNow()) != 0 {
			t.Error("something is kept as if it were not answered")
		}
	})
}

// TestWhatIsNotHeldIsNotGivenBack: another's, and what the patient has taken back, of which the log then says that she did.
func TestWhatIsNotHeldIsNotGivenBack(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		ctx := t.Context()
		p, d, other := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview"), w.NewDoctor("Dr Quist", "Lakeview")
		h := holds(w, p, d, carer(p))
		_, err := other.GiveBack(ctx, h.Grant)
		w.Wants(err, stele.KindNotFound, "another's")
		_, err = p.GiveBack(ctx, h.Grant)
		w.Wants(err, stele.KindNotFound, "one that was given")
		revoke := &wire.Transaction{Message: &wire.Transaction_RevokeGrant{RevokeGrant: &wire.RevokeGrant{Grant: h.Grant[:]}}}
		_, err = other.Submit(ctx, revoke, other.Keyring().OneTime(h.KeyIndex))
		w.Wants(err, stele.KindDenied, "by another's key")
		_, err = p.Revoke(ctx, h.Grant)
		w.Must(err)
		_, err = d.GiveBack(ctx, h.Grant)
		w.Wants(err, stele.KindExists, "one that was taken back")
		if is := heldNow(w, d, h.Grant); is.Returned || !is.Over {
			t.Errorf("returned %v, over %v", is.Returned, is.Over)
		}
		if by := endedBy(w, p, h.Grant); len(by) != 1 || by[0] != wire.ByOwner {
			t.Errorf("the log says that it was ended by %v", by)
		}
		// What another copy of the wallet has given back is no error, and known then.
		h = holds(w, p, d, carer(p))
		revoke.GetRevokeGrant().Grant = h.Grant[:]
		_, err = d.Submit(ctx, revoke, d.Keyring().OneTime(h.KeyIndex))
		w.Must(err)
		outcome, err := d.GiveBack(ctx, h.Grant)
		if w.Must(err); outcome.Height != 0 || !heldNow(w, d, h.Grant).Returned {
			t.Errorf("in block %d; returned %v", outcome.Height, heldNow(w, d, h.Grant).Returned)
		}
	})
}

// TestWhatSomebodyGaveToThemselvesIsTakenBack and not given back, although they hold it.
func TestWhatSomebodyGaveToThemselvesIsTakenBack(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p := w.NewPatient("Elena")
		h, err := p.OwnReadGrant(t.Context())
		w.Must(err)
		_, err = p.Revoke(t.Context(), h.Grant)
		w.Must(err)
		if heldNow(w, p, h.Grant).Returned {
			t.Error("she is told to have given it back")
		}
		if by := endedBy(w, p, h.Grant); len(by) != 1 || by[0] != wire.ByOwner {
			t.Errorf("the log says that it was ended by %v", by)
		}
	})
}

// TestR46AGivingBackThatNobodyAnswered: in whose log it is, its holder can't read. While it is good it is
// handed in again; afterwards the ledger tells whether the grant was given back, and not only that it is over.
func TestR46AGivingBackThatNobodyAnswered(t *testing.T) {
	for name, c := range map[string]struct {
		takes, revoked, late bool
		happened             bool
	}{
		"taken, asked at once":             {takes: true, happened: true},
		"taken, asked late":                {takes: true, late: true, happened: true},
		"lost, asked at once":              {happened: true},
		"lost, asked late":                 {late: true},
		"lost, and the patient took it":    {revoked: true, late: true},
		"taken, and the patient had taken": {takes: true, revoked: true, late: true},
	} {
		t.Run(name, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				ctx := t.Context()
				p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
				h := holds(w, p, d, carer(p))
				if c.revoked {
					_, err := p.Revoke(ctx, h.Grant)
					w.Must(err)
				}
				_, err := w.Deaf(d, c.takes).GiveBack(ctx, h.Grant)
				w.Wants(err, stele.KindUnknown, "one that nobody answered")
				if is := heldNow(w, d, h.Grant); is.Returned || is.Over {
					t.Errorf("already: returned %v, over %v", is.Returned, is.Over)
				}
				if c.late {
					time.Sleep(wallet.ValidFor + wallet.LogGrace)
				}
				settled, err := d.Delivery.Settle(ctx)
				if w.Must(err); len(settled) != 1 || settled[0].Happened != c.happened || len(d.SentNow()) != 0 {
					t.Errorf("settled %+v; %d kept", settled, len(d.SentNow()))
				}
				if is := heldNow(w, d, h.Grant); is.Returned != c.happened {
					t.Errorf("given back: %v, want %v", is.Returned, c.happened)
				}
			})
		})
	}
}
