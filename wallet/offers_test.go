package wallet_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
)

// TestWhatTheLedgerSaysOfOffers: what stands is held, what is over is held as that and not
// asked for again, what is not known waits for an hour, and so does what nobody answers.
func TestWhatTheLedgerSaysOfOffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := wallettest.NewWallet(t)
		says := map[stele.ID]any{{1}: stele.GrantActive, {2}: stele.GrantUsedUp, {3}: stele.GrantRevoked, {4}: stele.GrantEnded, {6}: wallettest.ErrSilent}
		s := wallettest.SessionWith(w, &wallettest.GrantBook{Says: says})
		offer := func(id byte, came, end time.Duration) wallet.Offered {
			return wallet.Offered{wallet.Held{Grant: stele.ID{id}, Salt: make([]byte, seal.SaltLen), End: time.Now().Add(end)}, time.Now().Add(-came)}
		}
		const year = 365 * 24 * time.Hour
		for id := range byte(6) {
			wallet.Instead(s.Wallet, wallet.OfferedRows, append(s.OfferedNow(), offer(id+1, 0, year))...)
		}
		wallet.Instead(s.Wallet, wallet.OfferedRows, append(s.OfferedNow(), offer(1, 0, year), offer(7, 2*members.Lag, year), offer(8, wallet.OfferedFor-time.Minute, year), offer(9, 2*wallet.OfferedFor, year), offer(10, 0, time.Second/4))...)
		if taken, unknown, err := s.AskOffers(t.Context()); err != nil || len(taken) != 4 || !unknown {
			t.Errorf("%d are taken, and one may come to be known: %v, %v", len(taken), unknown, err)
		}
		for i, over := range []bool{false, false, true, true} {
			if h := s.HeldNow()[i]; h.Grant != (stele.ID{byte(i + 1)}) || h.Over != over || h.Told != over {
				t.Errorf("held is %x, over %v, told %v", h.Grant[:1], h.Over, h.Told)
			}
		}
		s.TakeOffers(t.Context())
		got := ""
		for _, o := range s.OfferedNow() {
			got += fmt.Sprint(o.Grant[0], " ")
		}
		if got != "5 6 7 8 " {
			t.Errorf("%swait", got)
		}
		wallet.Instead(s.Wallet, wallet.OfferedRows, offer(7, 2*members.Lag, year), offer(6, 0, year))
		if _, unknown, err := s.AskOffers(t.Context()); err != nil || unknown {
			t.Error("what came long ago, or is not answered, is waited for")
		}
		wallet.Instead(s.Wallet, wallet.OfferedRows, append(slices.Repeat([]wallet.Offered{offer(7, 2*members.Lag, year)}, wallet.MaxOffered), offer(8, 2*members.Lag, year))...)
		if s.TakeOffers(t.Context()); len(s.OfferedNow()) != wallet.MaxOffered || s.OfferedNow()[wallet.MaxOffered-1].Grant != (stele.ID{8}) {
			t.Errorf("%d wait, and the newest is not among them", len(s.OfferedNow()))
		}
	})
}

// TestWhatIsSaidToBeOverIsAskedForOnce, until somebody has answered.
func TestWhatIsSaidToBeOverIsAskedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := wallettest.NewWallet(t)
		n := &wallettest.GrantBook{Says: map[stele.ID]any{{1}: stele.GrantActive, {2}: stele.GrantUsedUp, {3}: stele.GrantRevoked, {4}: wallettest.ErrSilent, {5}: stele.GrantActive, {6}: stele.GrantActive, {7}: stele.GrantActive}}
		s := wallettest.SessionWith(w, n)
		for id := range byte(7) {
			wallet.Instead(s.Wallet, wallet.HeldRows, append(s.HeldNow(), wallet.Held{Grant: stele.ID{id + 1}, Salt: make([]byte, seal.SaltLen), Over: true, End: time.Now().Add(time.Hour)})...)
		}
		wallet.Amend(s.Wallet, wallet.HeldRows, func(i int, h *wallet.Held) {
			if i == 4 { // it has ended
				h.End = time.Now()
			}
			h.Told, h.Over = i == 5, i != 6
		})
		if held, err := s.Revive(t.Context()); err != nil || len(held) != 1 {
			t.Errorf("%d are held again: %v", len(held), err)
		}
		for i, want := range []struct {
			over, told bool
			asked      int
		}{{false, false, 1}, {true, true, 1}, {true, true, 1}, {true, false, 1}, {true, false, 0}, {true, true, 0}, {false, false, 0}} {
			if h := s.HeldNow()[i]; h.Over != want.over || h.Told != want.told || n.Asked[h.Grant] != want.asked {
				t.Errorf("of grant %d: over %v, told %v, asked %d times", i+1, h.Over, h.Told, n.Asked[h.Grant])
			}
		}
	})
}

// TestAWriteGrantIsBelievedOnlyWhereNobodyAnswers.
func TestAWriteGrantIsBelievedOnlyWhereNobodyAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := wallettest.NewWallet(t)
		for name, c := range map[string]struct {
			says  any
			asked bool
			kind  stele.Kind
		}{
			"it stands":      {stele.GrantActive, true, 0},
			"taken back":     {stele.GrantRevoked, false, stele.KindDenied},
			"ended":          {stele.GrantEnded, false, stele.KindDenied},
			"nobody answers": {wallettest.ErrSilent, false, 0},
		} {
			s := wallettest.SessionWith(w, &wallettest.GrantBook{Says: map[stele.ID]any{{1}: c.says}})
			wallet.Instead(s.Wallet, wallet.HeldRows, []wallet.Held{{Grant: stele.ID{1}, Salt: make([]byte, seal.SaltLen), Subject: stele.Subject{7}, Action: stele.ActionWrite, End: time.Now().Add(time.Hour)},
				{Grant: stele.ID{2}, Salt: make([]byte, seal.SaltLen), Subject: stele.Subject{7}, Action: stele.ActionRead, End: time.Now().Add(time.Hour)}}...)
			asked, err := s.CheckWriteGrant(t.Context(), stele.Subject{7})
			if asked != c.asked || (err == nil) != (c.kind == 0) || err != nil && stele.KindOf(err) != c.kind {
				t.Errorf("%s: asked %v, %v", name, asked, err)
			}
		}
	})
}

// TestOneMemberAloneKnowsNobodyAway: that there is no such subject needs as many voices as
// a key does, and only members of the consortium have one.
func TestOneMemberAloneKnowsNobodyAway(t *testing.T) {
	none := stele.E("read keys", stele.KindNotFound, "nobody", nil)
	synctest.Test(t, func(t *testing.T) {
		w := wallettest.NewWallet(t)
		for _, c := range []struct {
			members []error
			want    stele.Kind
		}{
			{[]error{none, none, wallettest.ErrSilent, wallettest.ErrSilent}, stele.KindNotFound}, {[]error{none, wallettest.ErrSilent, wallettest.ErrSilent, wallettest.ErrSilent}, stele.KindUnreachable},
			{[]error{wallettest.ErrSilent, none, wallettest.ErrSilent, none}, stele.KindNotFound}, {[]error{wallettest.ErrSilent, wallettest.ErrSilent, wallettest.ErrSilent, wallettest.ErrSilent}, stele.KindUnreachable},
		} {
			var nodes []*wallettest.GrantBook
			for _, err := range c.members {
				nodes = append(nodes, &wallettest.GrantBook{NoKeys: err})
			}
			s := wallettest.SessionWith(w, nodes...)
			stranger := members.Member{Subject: stele.Subject{9}, Ledger: &wallettest.GrantBook{NoKeys: none}}
			s.Network.Members = append([]members.Member{stranger, s.Network.Members[0]}, s.Network.Members...)
			if n := len(s.Founders()); n != len(nodes) {
				t.Errorf("%d have a voice, of %d", n, len(nodes))
			}
			if _, err := s.Keys(t.Context(), stele.Subject{7}); stele.KindOf(err) != c.want {
				t.Errorf("%v: %v", c.members, err)
			}
		}
	})
}

// TestAPackageThatDoesNotHoldTogetherIsNoOffer: its grant, its patient and its key are its
// document's.
func TestAPackageThatDoesNotHoldTogetherIsNoOffer(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		box := w.ContactOf(p, d)
		given, _, err := town.Bend(p, "Lakeview", func(m *members.Member) { m.Directory = town.FullBox{Directory: m.Directory} }).Give(t.Context(), box, town.Terms(stele.Allergies))
		w.Wants(err, stele.KindBusy, "a box that is full")
		for name, change := range map[string]func(*wallet.Given, *stele.Subject){
			"another grant's":   func(g *wallet.Given, _ *stele.Subject) { g.Grant = stele.NewID() },
			"another patient's": func(_ *wallet.Given, of *stele.Subject) { *of = d.Subject() },
			"another key's":     func(g *wallet.Given, _ *stele.Subject) { g.KeyIndex++ },
			"a short salt's":    func(g *wallet.Given, _ *stele.Subject) { g.Salt = g.Salt[1:] },
		} {
			wrong, of := given, p.Subject()
			change(&wrong, &of)
			puts(w, box, of, wrong)
			if fresh, err := d.Collect(t.Context()); err != nil || len(fresh) != 0 || len(d.OfferedNow()) > 0 {
				t.Errorf("%s is an offer: %d, %v", name, len(fresh), err)
				wallet.Instead(d.Wallet, wallet.OfferedRows)
			}
		}
		puts(w, box, p.Subject(), given)
		if fresh, err := d.Collect(t.Context()); err != nil || len(fresh) != 1 {
			t.Fatalf("the true one: %d, %v", len(fresh), err)
		}
		w.Must(d.MarkOver(given.Grant))
		if fresh, err := d.Collect(t.Context()); err != nil || len(fresh) != 1 {
			t.Errorf("one that is held again: %d, %v", len(fresh), err)
		}
		if held := wallet.Sure(d.HeldFor(p.Subject(), stele.ActionRead)); len(held) != 1 || len(wallet.Sure(d.HeldFor(p.Subject(), stele.ActionWrite))) > 0 || len(wallet.Sure(d.HeldFor(d.Subject(), stele.ActionRead))) > 0 {
			t.Errorf("%d are held", len(held))
		}
	})
}

// TestLaw3OneMemberAloneMakesNoGrant: what a stranger put into a box is held once more members
// than may be faulty know it, and only members of the consortium count.
func TestLaw3OneMemberAloneMakesNoGrant(t *testing.T) {
	grant := stele.ID{1}
	knows := map[stele.ID]any{grant: stele.GrantActive}
	for _, c := range []struct {
		nodes []map[stele.ID]any
		held  int
	}{
		{[]map[stele.ID]any{knows, nil, nil, nil}, 0}, {[]map[stele.ID]any{nil, nil, nil, knows}, 0},
		{[]map[stele.ID]any{knows, nil, knows, knows}, 1}, {[]map[stele.ID]any{knows, knows, knows, knows}, 1},
		{[]map[stele.ID]any{knows, nil}, 0}, {[]map[stele.ID]any{knows, knows}, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			var nodes []*wallettest.GrantBook
			for _, says := range c.nodes {
				nodes = append(nodes, &wallettest.GrantBook{Says: says})
			}
			s := wallettest.SessionWith(wallettest.NewWallet(t), nodes...)
			for i := range byte(4) { // strangers in the network file, all of one mind
				liar := &wallettest.GrantBook{Says: knows, Asked: map[stele.ID]int{}}
				s.Network.Members = append([]members.Member{{Subject: stele.Subject{9, i}, Ledger: liar}}, s.Network.Members...)
			}
			wallet.Instead(s.Wallet, wallet.OfferedRows, wallet.Offered{wallet.Held{Grant: grant, Salt: make([]byte, seal.SaltLen), End: time.Now().Add(time.Hour)}, time.Now()})
			if _, _, err := s.AskOffers(t.Context()); err != nil || len(s.HeldNow()) != c.held {
				t.Errorf("%v: %d are held, %v", c.nodes, len(s.HeldNow()), err)
			}
		})
	}
}

// TestTheNewestWriteGrantThatHoldsIsTaken, and none that is over, has ended, is to read, or
// is another patient's.
func TestTheNewestWriteGrantThatHoldsIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wallettest.SessionWith(wallettest.NewWallet(t))
		ana := stele.Subject{7}
		held := func(id byte, change func(*wallet.Held)) wallet.Held {
			h := wallet.Held{Grant: stele.ID{id}, Subject: ana, Action: stele.ActionWrite, End: time.Now().Add(time.Hour)}
			change(&h)
			return h
		}
		good := func(*wallet.Held) {}
		for name, c := range map[string]struct {
			held []wallet.Held
			want byte
		}{
			"the newer":      {[]wallet.Held{held(1, good), held(2, good)}, 2},
			"one is over":    {[]wallet.Held{held(1, good), held(2, func(h *wallet.Held) { h.Over = true })}, 1},
			"one has ended":  {[]wallet.Held{held(1, good), held(2, func(h *wallet.Held) { h.End = time.Now() })}, 1},
			"one is to read": {[]wallet.Held{held(1, good), held(2, func(h *wallet.Held) { h.Action = stele.ActionRead })}, 1},
			"another's":      {[]wallet.Held{held(1, good), held(2, func(h *wallet.Held) { h.Subject = stele.Subject{8} })}, 1},
			"none":           {[]wallet.Held{held(2, func(h *wallet.Held) { h.End = time.Now() })}, 0},
		} {
			wallet.Instead(s.Wallet, wallet.HeldRows, c.held...)
			got, err := s.HeldWriteGrant(ana)
			if got.Grant != (stele.ID{c.want}) || (err == nil) != (c.want > 0) || err != nil && stele.KindOf(err) != stele.KindDenied {
				t.Errorf("%s: %x, %v", name, got.Grant[:1], err)
			}
		}
	})
}

// TestAGrantIsForgottenNoDayBeforeItsHour: of those that may be forgotten on one day the
// later waits for its hour, and is forgotten then.
func TestAGrantIsForgottenNoDayBeforeItsHour(t *testing.T) {
	s := wallettest.SessionWith(wallettest.NewWallet(t))
	noon := time.Now().UTC().Truncate(24 * time.Hour).Add(36 * time.Hour)
	for id, after := range []time.Duration{-time.Hour, time.Hour, 11 * time.Hour, 30 * time.Hour} {
		wallet.Instead(s.Wallet, wallet.HeldRows, append(s.HeldNow(), wallet.Held{Grant: stele.ID{byte(id)}, End: noon.Add(after - wallet.KeptEnded)})...)
	}
	for _, c := range []struct {
		at   time.Duration
		left int
	}{{0, 3}, {30 * time.Minute, 3}, {2 * time.Hour, 2}, {26 * time.Hour, 1}, {26 * time.Hour, 1}, {40 * 24 * time.Hour, 0}} {
		s.Clock = func() time.Time { return noon.Add(c.at) }
		if err := s.ForgetEnded(); err != nil || len(s.HeldNow()) != c.left {
			t.Errorf("%v later: %d are held, %v", c.at, len(s.HeldNow()), err)
		}
	}
}
