package wallet_test

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestLaw6WhoWritesAndLooksSeesIt: a block is proved by the next one, which may take
// until the heartbeat. The log is waited for until it holds what was written, in the
// same session and in the next.
func TestLaw6WhoWritesAndLooksSeesIt(t *testing.T) {
	for _, again := range []bool{false, true} {
		town.In(t, func(t *testing.T, w *town.Town) {
			p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
			to := w.ContactOf(p, d)
			w.Lazy = true
			given, outcome, err := p.Give(t.Context(), to, town.Terms(stele.Allergies))
			w.Must(err)
			if again { // another process of the same wallet
				w.Must(p.Reopen())
				p = client.Of(wallet.NewSession(p.Wallet, p.Network, p.History()))
			}
			account, err := p.Log(t.Context())
			w.Must(err)
			if account.Height < outcome.Height || account.Behind != 0 {
				t.Errorf("again %v: the log of block %d is shown, written was in %d", again, account.Height, outcome.Height)
			}
			events, err := account.All()
			w.Must(err)
			if last := events[len(events)-1].Event.GetGrantGiven(); string(last.GetGrant()) != string(given.Grant[:]) {
				t.Errorf("again %v: the newest entry is %v", again, events[len(events)-1].Event)
			}
		})
	}
	town.In(t, func(t *testing.T, w *town.Town) { // who joins and looks
		s := w.Session(w.NewFile("Elena", wallet.Patient))
		w.Closes = append(w.Closes, s.Close)
		w.Lazy = true
		_, err := s.Join(t.Context())
		w.Must(err)
		s = client.Of(wallet.NewSession(s.Wallet, s.Network, s.History()))
		if account, err := s.Log(t.Context()); err != nil || account.Size != 1 {
			t.Errorf("%v, %v", account, err)
		}
	})
}

// TestLaw6OneMemberBehindIsNotWaitedFor: another one that has the block is asked.
func TestLaw6OneMemberBehindIsNotWaitedFor(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.All(p)
		var old *wire.LogProof
		first := p.Network.Members[0].Ledger
		p.Network.Members[0].Ledger = town.PagedLedger{Ledger: first, Lie: func(l *wire.LogProof) {
			if old == nil {
				old = &wire.LogProof{First: l.First, Head: l.Head, Light: l.Light}
			}
			l.Events, l.Consistency, l.Head, l.Light = nil, nil, old.Head, old.Light
		}}
		w.All(p)
		given := w.Gives(p, d, stele.Allergies)
		began := time.Now()
		account, err := p.Log(t.Context())
		w.Must(err)
		events, err := account.All()
		w.Must(err)
		if last := events[len(events)-1].Event.GetGrantGiven(); string(last.GetGrant()) != string(given.Grant[:]) || time.Since(began) > 0 {
			t.Errorf("after %v the newest entry is %v", time.Since(began), events[len(events)-1].Event)
		}
	})
}

// TestR46ANetworkThatIsBehindIsCalledThat: the proof of what was written does not come.
// It is waited for as long as it may take, once; then the log is shown as far as it is
// proved, and says so.
func TestR46ANetworkThatIsBehindIsCalledThat(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		to := w.ContactOf(p, d)
		w.Lazy, w.Still = true, true
		_, outcome, err := p.Give(t.Context(), to, town.Terms(stele.Allergies))
		w.Must(err)
		for _, most := range []time.Duration{wallet.Provable, time.Second} {
			began := time.Now()
			account, err := p.Log(t.Context())
			w.Must(err)
			if account.Behind != outcome.Height || account.Height >= outcome.Height {
				t.Errorf("behind %d at %d, written was in %d", account.Behind, account.Height, outcome.Height)
			}
			if waited := time.Since(began); waited > most || most == wallet.Provable && waited < most/2 {
				t.Errorf("it waited %v, at most %v", waited, most)
			}
		}
		report := w.Alike("behind", p)
		if len(report.Gaps) > 0 {
			t.Errorf("somebody is accused: %q", report.Gaps)
		}
		w.WriteBlock()
		if account, err := p.Log(t.Context()); err != nil || account.Behind != 0 {
			t.Errorf("%+v, %v", account, err)
		}
	})
}
