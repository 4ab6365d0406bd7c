package reading

import (
	"context"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestWhoKeptRecordsBackIsNamed: what a vault gave is held against what others gave; not where the record came from it and
// no key opened it, and not where the vault, asked once more, lists it no more: it was restricted since. The owner's own is
// not asked for again.
func TestWhoKeptRecordsBackIsNamed(t *testing.T) {
	one, two := Record{Handle: stele.NewID()}, Record{Handle: stele.NewID()}
	a, b := members.Member{Name: "Elm", Subject: stele.Subject{1}}, members.Member{Name: "Lakeview", Subject: stele.Subject{2}}
	both, elsewhere := new(wire.FolioItem), &wire.FolioItem{Submission: []byte("another")}
	alone := &wire.FolioItem{Records: []*wire.RecordCapsule{{Handle: one.Handle[:]}}}
	for what, c := range map[string]struct {
		came   []stele.ID
		now    list // what it lists when it is asked again
		says   error
		own    bool
		beside bool // it lists the one alone: the other is restricted
		blamed bool
	}{
		"one of two came":                        {came: []stele.ID{one.Handle}, own: true, blamed: true},
		"both came, and one opened":              {came: []stele.ID{one.Handle, two.Handle}, own: true},
		"one came, and one is listed":            {came: []stele.ID{one.Handle}, own: true, beside: true},
		"one of two came, both are listed":       {came: []stele.ID{one.Handle}, now: list{both}, blamed: true},
		"one of two came, the other is closed":   {came: []stele.ID{one.Handle}, now: list{elsewhere, alone}},
		"one of two came, the folio is closed":   {came: []stele.ID{one.Handle}, now: list{elsewhere}},
		"one of two came, and a handle is short": {came: []stele.ID{one.Handle}, now: list{{Records: []*wire.RecordCapsule{{Handle: []byte{1}}}}}},
		"one of two came, and nothing is said":   {came: []stele.ID{one.Handle}, says: errNoKey, blamed: true},
	} {
		f := &Folio{Item: both, Head: &wire.FolioHead{Records: 3}, listed: []listed{{item: both, by: []members.Member{a, b}}}}
		if c.beside {
			f.listed = []listed{{item: alone, by: []members.Member{a}}, {item: both, by: []members.Member{b}}}
		}
		if got := f.takes(a, []Record{one}, c.came); len(got) != 1 || f.all {
			t.Errorf("%s: %d are new, all of it: %v", what, len(got), f.all)
		}
		if got := f.takes(b, []Record{one, two}, []stele.ID{one.Handle, two.Handle}); len(got) != 1 || got[0].Handle != two.Handle {
			t.Errorf("%s: then %d are new", what, len(got))
		}
		r := &reading{Reader: New(&wallet.Session{Net: &wallet.Net{Network: &members.Network{}}}), folios: []*Folio{f}}
		if !c.own {
			r.again = func(context.Context, members.Member) (list, error) { return c.now, c.says }
		}
		r.tellKept(t.Context())
		if blamed := len(r.told()) == 1 && r.told()[0].Member == "Elm"; blamed != c.blamed || len(r.told()) > 1 {
			t.Errorf("%s: faults %v", what, r.told())
		}
	}
}
