package reading

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
	"github.com/stele-health/stele/wire"
)

// TestR6WhatIsListedWhole: a delivery is whole where each place of a number is filled and
// open, and only then.
func TestR6WhatIsListedWhole(t *testing.T) {
	id := stele.ID{1}
	folios := func(open bool, numbers ...uint32) (all []*Folio) {
		for _, n := range numbers {
			all = append(all, &Folio{unlocked: open, Item: &wire.FolioItem{Submission: id[:]}, listed: []listed{{item: &wire.FolioItem{Folios: n}}, {item: &wire.FolioItem{Folios: n}}}})
		}
		return all
	}
	for what, c := range map[string]struct {
		folios       []*Folio
		whole, short bool
	}{
		"nothing":          {nil, false, true},
		"one of one":       {folios(true, 1), true, false},
		"two of three":     {folios(true, 3, 3), false, true},
		"three of three":   {folios(true, 3, 3, 3), true, false},
		"of two numbers":   {folios(true, 3, 2), false, true},
		"whole and locked": {folios(false, 1), true, true},
	} {
		r := &reading{folios: c.folios}
		waiting := map[stele.ID]bool{id: true}
		if short := r.short(waiting); short != c.short || len(waiting) == 0 != c.whole {
			t.Errorf("%s: short %v, %d waited for", what, short, len(waiting))
		}
	}
}

// TestLaw3WhatIsUnderNoAnchorIsNotKept, and who listed it is named.
func TestLaw3WhatIsUnderNoAnchorIsNotKept(t *testing.T) {
	s, r, m := new(Reader), new(reading), members.Member{Name: "Elm"}
	known, later := stele.ID{1}, stele.ID{2}
	anchors := &anchorings{anchors: map[stele.ID]*wire.Event{known: {}}}
	kept, unknown := s.anchored(r, m, anchors, []*wire.FolioItem{{Submission: known[:]}, {Submission: later[:]}, {Submission: []byte{1}}})
	if len(kept) != 0 || len(unknown) != 1 || !unknown[later] {
		t.Errorf("%d are kept, %d may be newer than the log", len(kept), len(unknown))
	}
	if told := r.told(); len(told) != 2 || told[0].Member != "Elm" {
		t.Errorf("told is %v", told)
	}
}

// TestALateVaultIsNotListenedTo: what it lists after nobody waits any more is in nobody's way.
func TestALateVaultIsNotListenedTo(t *testing.T) {
	elm, oak := members.Member{Name: "Elm"}, members.Member{Name: "Oak"}
	s := &strangers{by: map[stele.ID][]members.Member{}}
	s.add(elm, map[stele.ID]bool{{1}: true})
	s.add(oak, map[stele.ID]bool{{1}: true, {2}: true})
	told := s.take()
	s.add(elm, map[stele.ID]bool{{2}: true, {3}: true})
	if len(told) != 2 || len(told[stele.ID{1}]) != 2 || len(told[stele.ID{2}]) != 1 {
		t.Errorf("told is %v", told)
	}
}

// TestWhatAVaultMakesUpIsNotLookedForWithoutEnd: of deliveries that are on no log.
func TestWhatAVaultMakesUpIsNotLookedForWithoutEnd(t *testing.T) {
	s, many := &strangers{by: map[stele.ID][]members.Member{}}, map[stele.ID]bool{}
	for i := range 3 * maxStrange {
		many[stele.ID{byte(i), byte(i >> 8)}] = true
	}
	s.add(members.Member{Name: "Elm"}, many)
	if told := s.take(); len(told) != maxStrange {
		t.Errorf("%d are looked for, want %d", len(told), maxStrange)
	}
}

// TestOneWorthlessEnvelopeHidesNoFolio: envelopes are under no hash, so all that are for
// this key are tried.
func TestOneWorthlessEnvelopeHidesNoFolio(t *testing.T) {
	w := wallettest.NewWallet(t)
	s := New(wallet.NewSession(w, nil, nil))
	key, other, folio := seal.NewKey(), seal.NewKey(), stele.NewID()
	mine, commitment := s.w.Keyring().SealKey().ID(), key.Commitment()
	sealed := func(k seal.Key) []byte {
		b, err := seal.SealTo(s.w.Keyring().SealKey().Public(), seal.TagFolioKey, wire.FolioKeyContext(s.w.Subject(), folio[:]), k[:])
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	good, wrong, rubbish := sealed(key), sealed(other), []byte("x")
	for what, c := range map[string]struct {
		envelopes []*wire.Envelope
		open      bool
	}{
		"none":                {nil, false},
		"good":                {[]*wire.Envelope{{KeyId: mine[:], Sealed: good}}, true},
		"after rubbish":       {[]*wire.Envelope{{KeyId: mine[:], Sealed: rubbish}, {KeyId: mine[:], Sealed: good}}, true},
		"after another's key": {[]*wire.Envelope{{KeyId: mine[:], Sealed: wrong}, {KeyId: mine[:], Sealed: good}}, true},
		"another's alone":     {[]*wire.Envelope{{KeyId: mine[:], Sealed: wrong}}, false},
	} {
		f := &Folio{Head: &wire.FolioHead{Folio: folio[:], KeyCommitment: commitment[:]}, Item: &wire.FolioItem{Envelopes: c.envelopes}}
		if s.unlockOwn(f); f.unlocked != c.open {
			t.Errorf("%s: open %v", what, f.unlocked)
		}
	}
}

// TestWhatNobodyGaveIsTold: a folio that was wanted and whose records nobody gave; where
// there is nothing else, the reading fails.
func TestWhatNobodyGaveIsTold(t *testing.T) {
	s := New(wallet.NewSession(wallettest.NewWallet(t), &members.Network{}, nil))
	lost := func() *Folio {
		return &Folio{unlocked: true, Item: &wire.FolioItem{Submission: make([]byte, 16)}, Head: &wire.FolioHead{}}
	}
	all, none := func(*Folio) bool { return true }, func(*Folio) bool { return false }
	at := func(category stele.Category, when string) Record {
		return Record{Label: stele.Label{Category: category}, When: when, Folio: &Folio{Label: stele.Label{Category: category}}}
	}
	records := []Record{at("b", "2020"), at("a", "2021"), at("a", "2019"), at("a", "2020")}
	for what, c := range map[string]struct {
		wanted  func(*Folio) bool
		records []Record
		fails   bool
		faults  int
	}{
		"and nothing else": {all, nil, true, 0}, "beside others": {all, records, false, 1}, "that nobody wanted": {none, nil, false, 0},
	} {
		r := &reading{Reader: s, folios: []*Folio{lost()}, trusts: func(*signed) bool { return false }}
		got, err := r.whole(t.Context(), c.records, c.wanted)
		if (err != nil) != c.fails || len(r.told()) != c.faults {
			t.Errorf("%s: %v, %v", what, err, r.told())
		}
		if len(got) > 0 && (got[0].When != "2019" || got[1].When != "2020" || got[2].When != "2021" || got[3].Label.Category != "b") {
			t.Errorf("%s: they are out of order", what)
		}
	}
}
