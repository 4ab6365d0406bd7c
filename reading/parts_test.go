package reading

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wire"
)

// TestWhoKeptRecordsBackIsNamed: what a vault gave is held against what others gave; not where the record came from it and
// no key opened it, and not of a chart that is open, where one may have been restricted since.
func TestWhoKeptRecordsBackIsNamed(t *testing.T) {
	one, two := Record{Handle: stele.NewID()}, Record{Handle: stele.NewID()}
	a, b := members.Member{Name: "Elm", Subject: stele.Subject{1}}, members.Member{Name: "Lakeview", Subject: stele.Subject{2}}
	for what, c := range map[string]struct {
		came   []stele.ID
		onward bool
		beside bool // it lists the one alone: the other is restricted
		blamed bool
	}{
		"one of two came":                  {came: []stele.ID{one.Handle}, blamed: true},
		"both came, and one opened":        {came: []stele.ID{one.Handle, two.Handle}},
		"one of two came of an open chart": {came: []stele.ID{one.Handle}, onward: true},
		"one came, and one is listed":      {came: []stele.ID{one.Handle}, beside: true},
	} {
		f := &Folio{Head: &wire.FolioHead{Records: 3}, listed: []listed{{item: new(wire.FolioItem), by: []members.Member{a, b}}}}
		if c.beside {
			f.listed = []listed{{item: &wire.FolioItem{Records: []*wire.RecordCapsule{{Handle: one.Handle[:]}}}, by: []members.Member{a}}, {item: new(wire.FolioItem), by: []members.Member{b}}}
		}
		if got := f.takes(a, []Record{one}, c.came); len(got) != 1 || f.all {
			t.Errorf("%s: %d are new, all of it: %v", what, len(got), f.all)
		}
		if got := f.takes(b, []Record{one, two}, []stele.ID{one.Handle, two.Handle}); len(got) != 1 || got[0].Handle != two.Handle {
			t.Errorf("%s: then %d are new", what, len(got))
		}
		r := &reading{onward: c.onward}
		r.tellKept(f)
		if blamed := len(r.told()) == 1 && r.told()[0].Member == "Elm"; blamed != c.blamed || len(r.told()) > 1 {
			t.Errorf("%s: faults %v", what, r.told())
		}
	}
}
