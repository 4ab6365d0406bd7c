package wallet_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestLaw6AWalletFollowsTheConsortiumsLog: a wallet reads who runs the network from the
// consortium's own log, keeps it, and asks again within the hour for nothing; a member
// that shows another log, or none, changes nothing.
func TestLaw6AWalletFollowsTheConsortiumsLog(t *testing.T) { town.In(t, followsTheLog) }

func followsTheLog(t *testing.T, w *town.Town) {
	p := w.NewPerson("Ana", wallet.Patient)
	founded := proto.CloneOf(p.Consortium())
	w.Must(p.Follow(t.Context()))
	at := p.State().Consortium
	if at.Head.Size != 1 || at.Head.Height == 0 || len(at.Events) != 0 || !proto.Equal(p.Consortium(), founded) {
		t.Fatalf("followed: %+v", at)
	}
	asked := 0
	for i := range p.Network.Members {
		p.Network.Members[i].Ledger = consortiumTeller{p.Network.Members[i].Ledger, func(answer *wire.LogProof) { asked++ }}
	}
	w.Must(p.Follow(t.Context()))
	if asked != 0 {
		t.Errorf("asked %d times within the hour", asked)
	}
	p.Clock = func() time.Time { return time.Now().Add(wallet.FollowEvery) }
	w.Must(p.Follow(t.Context()))
	if asked == 0 || p.State().Consortium.Head.Size != 1 {
		t.Errorf("after an hour: asked %d times, %+v", asked, p.State().Consortium)
	}

	// Another log than the one that was followed.
	kept := p.State().Consortium
	for what, lie := range map[string]func(*wire.LogProof){
		"an event more": func(a *wire.LogProof) { a.Events = append(a.Events, []byte{1}) },
		"a longer head": func(a *wire.LogProof) { a.Head.Size++ },
		"another log":   func(a *wire.LogProof) { a.Head.Subject = make([]byte, len(stele.Subject{})) },
		"no header":     func(a *wire.LogProof) { a.Light = nil },
	} {
		for i := range p.Network.Members {
			p.Network.Members[i].Ledger = consortiumTeller{p.Network.Members[i].Ledger.(consortiumTeller).Ledger, lie}
		}
		p.Edit(func(s *wallet.State) { s.Consortium.Asked = time.Time{} })
		if err := p.Follow(t.Context()); stele.KindOf(err) != stele.KindProof {
			t.Errorf("%s: %v", what, err)
		}
		if p.State().Consortium.Head.Root != kept.Head.Root || !proto.Equal(p.Consortium(), founded) {
			t.Errorf("%s was believed", what)
		}
	}
	// One honest member is enough.
	p.Network.Members[1].Ledger = p.Network.Members[1].Ledger.(consortiumTeller).Ledger
	w.Must(p.Follow(t.Context()))
}

// consortiumTeller changes what a member tells of the consortium's log.
type consortiumTeller struct {
	members.Ledger
	change func(*wire.LogProof)
}

func (c consortiumTeller) Consortium(ctx context.Context, since, until uint64) (*wire.LogProof, error) {
	p, err := c.Ledger.Consortium(ctx, since, until)
	if err == nil {
		c.change(p)
	}
	return p, err
}

// TestFollowedConsortiumIsKept: what a wallet has followed is there when it is opened
// again, era by era.
func TestFollowedConsortiumIsKept(t *testing.T) { town.In(t, keepsWhatItFollowed) }

func keepsWhatItFollowed(t *testing.T, w *town.Town) {
	p := w.NewPerson("Ana", wallet.Patient)
	g, err := proof.ReadGenesis(w.Genesis)
	w.Must(err)
	next := proto.CloneOf(g.Founding) // no event changes a committee yet: here a second founding does
	next.Committee.Epoch++
	again := &wire.Event{Version: wire.EventVersion, Subject: g.Consortium.Subject, Height: 9,
		Event: &wire.Event_ConsortiumFounded{ConsortiumFounded: &wire.ConsortiumFounded{Genesis: next}}}
	p.Edit(func(s *wallet.State) {
		s.Consortium = wallet.Followed{Head: wallet.Head{Size: 2}, Events: [][]byte{wire.EventBytes(again)}}
	})
	w.Must(p.Reopen())
	history, err := p.FollowedSince(g)
	w.Must(err)
	epochs := []uint64{history.At(0).Committee.Epoch, history.At(8).Committee.Epoch, history.At(9).Committee.Epoch, history.Now().Committee.Epoch}
	if e := g.Consortium.Committee.Epoch; !slices.Equal(epochs, []uint64{e, e, e + 1, e + 1}) {
		t.Errorf("epochs %d", epochs)
	}
	p.State().Consortium.Events[0] = []byte{0xff}
	if _, err := p.FollowedSince(g); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("a row that can't be read: %v", err)
	}
}

// TestR26AWalletFollowsWhoMayIssueCredentials: the first event by which the consortium's log
// grows. It is followed at any member, kept as the event that it is, and folded anew when
// the wallet is opened again; who was admitted at which height the history tells.
func TestR26AWalletFollowsWhoMayIssueCredentials(t *testing.T) { town.In(t, followsIssuers) }

func followsIssuers(t *testing.T, w *town.Town) {
	p, board := w.NewPerson("Ana", wallet.Patient), w.NewPerson("Board", wallet.Organisation)
	subject := board.Subject()
	issuer := &wire.CredentialIssuer{Subject: subject[:], Certificate: slices.Repeat([]byte{7}, 32), Kinds: 1, Jurisdictions: []string{"GB"}}
	w.Must(p.Follow(t.Context()))
	admitted := w.Decides(&wire.Transaction{Message: &wire.Transaction_AdmitIssuer{AdmitIssuer: &wire.AdmitIssuer{Issuer: issuer}}})
	dismissed := w.Decides(&wire.Transaction{Message: &wire.Transaction_DismissIssuer{DismissIssuer: &wire.DismissIssuer{Subject: subject[:], Certificate: issuer.Certificate}}})
	again := w.Decides(&wire.Transaction{Message: &wire.Transaction_AdmitIssuer{AdmitIssuer: &wire.AdmitIssuer{Issuer: issuer}}})
	if _, err := p.FollowTo(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	g, err := proof.ReadGenesis(w.Genesis)
	w.Must(err)
	w.Must(p.Reopen())
	kept, err := p.FollowedSince(g)
	w.Must(err)
	for what, history := range map[string]proof.History{"followed": p.History(), "kept": kept} {
		for height, want := range map[int64]int{0: 0, admitted - 1: 0, admitted: 1, dismissed - 1: 1, dismissed: 0, again - 1: 0, again: 1, again + 100: 1} {
			if n := len(history.At(height).CredentialIssuers); n != want {
				t.Errorf("%s: %d issuers at %d, want %d", what, n, height, want)
			}
		}
		if now := history.Now(); !proto.Equal(now.CredentialIssuer(subject[:], issuer.Certificate), issuer) || len(now.Members) != 4 || !proto.Equal(now.Committee, g.Consortium.Committee) {
			t.Errorf("%s: %v", what, now)
		}
	}
	if at := p.State().Consortium; at.Head.Size != 4 || len(at.Events) != 3 {
		t.Errorf("kept: %d events of a log of %d", len(at.Events), at.Head.Size)
	}
}

// TestLaw6AWalletFollowsAsFarAsItJudges: up to a height, whatever the hour; where nobody
// has come as far, what is known stays known.
func TestLaw6AWalletFollowsAsFarAsItJudges(t *testing.T) { town.In(t, followsToAHeight) }

func followsToAHeight(t *testing.T, w *town.Town) {
	p := w.NewPerson("Ana", wallet.Patient)
	w.Must(p.Follow(t.Context()))
	at := p.State().Consortium.Head.Height
	for range 2 {
		w.WriteBlock()
	}
	if got, err := p.FollowTo(t.Context(), at); err != nil || got != at {
		t.Errorf("as far as it was: %d, %v", got, err)
	}
	got, err := p.FollowTo(t.Context(), at+1)
	if err != nil || got <= at || p.State().Consortium.Head.Height != got {
		t.Errorf("one further than %d: %d, %v", at, got, err)
	}
	whole, events, err := p.ConsortiumLog(t.Context(), at+1)
	if err != nil || len(events) != 1 || whole.Head.Height <= at || whole.Light == nil {
		t.Errorf("the whole log has %d events: %v", len(events), err)
	}
	_, _, err = p.ConsortiumLog(t.Context(), 1000)
	w.Wants(err, stele.KindUnreachable, "a log that nobody has")
	if further, err := p.FollowTo(t.Context(), 1000); err != nil || further < got || further >= 1000 {
		t.Errorf("further than anybody: %d, %v", further, err)
	}
	for i := range p.Network.Members {
		p.Network.Members[i].Ledger = consortiumTeller{p.Network.Members[i].Ledger, func(a *wire.LogProof) { a.Light = nil }}
	}
	_, err = p.FollowTo(t.Context(), 1000)
	w.Wants(err, stele.KindProof, "nobody shows a header")
}

// TestLaw6AWalletDialsWhomItFollowed: the members are dialled anew when the consortium's log
// tells of others, and only then; those of the network file are where to begin.
func TestLaw6AWalletDialsWhomItFollowed(t *testing.T) { town.In(t, dialsWhomItFollowed) }

func dialsWhomItFollowed(t *testing.T, w *town.Town) {
	p := w.NewPerson("Ana", wallet.Patient)
	g, err := proof.ReadGenesis(w.Genesis)
	w.Must(err)
	dialled, fails := 0, error(nil)
	p.Network.Dial = func(now *wire.Consortium) ([]members.Member, error) {
		dialled++
		return p.Network.Members[:len(now.Members)], fails
	}
	all := p.Network.All()
	w.Must(p.Follow(t.Context()))
	if dialled != 0 || len(p.Network.All()) != len(all) {
		t.Errorf("dialled %d times, and nothing changed", dialled)
	}
	next := proto.CloneOf(g.Consortium)
	next.Members = next.Members[:3]
	later := append(g.History(), proof.Era{From: 9, Consortium: next})
	fails = stele.E("dial", stele.KindInvalid, "no address", nil)
	kept := p.State().Consortium
	if err := p.KeepFollowed(later, kept); err == nil || len(p.Network.All()) != 4 || len(p.Consortium().Members) != 4 {
		t.Errorf("members who can't be dialled: %v, %d members", err, len(p.Network.All()))
	}
	fails = nil
	for range 2 {
		w.Must(p.KeepFollowed(later, kept))
	}
	if dialled != 2 || len(p.Network.All()) != 3 || len(p.Founders()) != 3 || p.Member(stele.SubjectOf(g.Consortium.Members[3].KeyDocument)) != nil {
		t.Errorf("dialled %d times, %d members", dialled, len(p.Network.All()))
	}
	if p.Quorum() != 2 {
		t.Errorf("%d must say the same", p.Quorum())
	}
}

// TestLaw6ASessionFollowsByItself: whoever embeds a wallet need not remember it; where
// nobody answers, what was known holds, and is not asked about at every step.
func TestLaw6ASessionFollowsByItself(t *testing.T) { town.In(t, followsByItself) }

func followsByItself(t *testing.T, w *town.Town) {
	p, other := w.NewPerson("Ana", wallet.Patient), w.NewPerson("Ben", wallet.Patient)
	asked, lie := 0, func(*wire.LogProof) {}
	devices, err := p.Keys(t.Context(), p.Subject())
	w.Must(err)
	for i := range p.Network.Members {
		p.Network.Members[i].Ledger = consortiumTeller{p.Network.Members[i].Ledger, func(a *wire.LogProof) { asked++; lie(a) }}
	}
	for what, does := range map[string]func() error{
		"keys":        func() error { _, err := p.Keys(t.Context(), other.Subject()); return err },
		"looking up":  func() error { _, _, err := p.Lookup(t.Context(), "Northside"); return err },
		"own records": func() error { _, err := p.Charts.OpenOwn(t.Context()); return err },
		"sealing":     func() error { _, err := p.Delivery.Seal(t.Context(), p.Subject(), devices, nil); return err },
	} {
		p.Edit(func(s *wallet.State) { s.Consortium.Asked = time.Time{} })
		asked = 0
		for range 2 {
			w.Must(does())
		}
		if asked != 1 {
			t.Errorf("%s: the consortium's log was asked for %d times", what, asked)
		}
		lie = func(a *wire.LogProof) { a.Light = nil }
		p.Edit(func(s *wallet.State) { s.Consortium.Asked = time.Time{} })
		w.Wants(does(), stele.KindProof, what+" by a false log")
		lie = func(*wire.LogProof) {}
	}
	p.Edit(func(s *wallet.State) { s.Consortium.Asked = time.Time{} })
	for _, name := range w.Names {
		w.Down[name] = true
	}
	for range 2 {
		w.Must(p.Current(t.Context()))
	}
	for _, name := range w.Names {
		w.Down[name] = false
	}
	asked = 0
	w.Must(p.Current(t.Context()))
	if asked != 0 {
		t.Error("who did not answer is asked again at once")
	}
	time.Sleep(time.Minute)
	w.Must(p.Current(t.Context()))
	if asked != 1 {
		t.Errorf("asked %d times after a minute", asked)
	}
}

// TestLaw6WhatIsOldIsNotTakenForNew: a lying member that keeps an old page of the consortium's
// log, and is alone to answer, keeps a wallet from the new one for a minute, not an hour.
func TestLaw6WhatIsOldIsNotTakenForNew(t *testing.T) { town.In(t, takesNothingOldForNew) }

func takesNothingOldForNew(t *testing.T, w *town.Town) {
	p := w.NewPerson("Ana", wallet.Patient)
	old, err := p.Network.Members[0].Ledger.Consortium(t.Context(), 0, 0)
	w.Must(err)
	w.Ahead += 90 * time.Minute
	p.Clock = func() time.Time { return time.Now().Add(90 * time.Minute) }
	for range 3 {
		w.WriteBlock()
	}
	honest := p.Network.Members[0].Ledger
	p.Network.Members[0].Ledger = consortiumTeller{honest, func(a *wire.LogProof) { proto.Reset(a); proto.Merge(a, old) }}
	for _, name := range w.Names[1:] {
		w.Down[name] = true
	}
	w.Must(p.Current(t.Context()))
	for _, name := range w.Names[1:] {
		w.Down[name] = false
	}
	time.Sleep(time.Minute)
	w.Must(p.Current(t.Context()))
	if at := p.State().Consortium.Head.Height; at <= old.Head.Height {
		t.Errorf("a log of 90 minutes ago was taken for one of now: it is known up to block %d", at)
	}
}
