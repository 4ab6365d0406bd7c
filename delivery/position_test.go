package delivery

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/intake"
)

// TestR38WhatIsToldAroundAVersion notes what is told of a record that says no version
// itself; nobody takes that for its own word.
func TestR38WhatIsToldAroundAVersion(t *testing.T) {
	const day, later = "2026-05-01T10:00:00Z", "2026-05-02T10:00:00Z"
	for what, c := range map[string]struct {
		own           kept
		told          intake.Origin
		version, time string // as they are noted
		said          string
	}{
		"nothing":                      {},
		"its own word":                 {own: kept{Version: stampOf("3"), Updated: stampOf(day)}, told: intake.Origin{Version: "4", Updated: later, Replaces: "2"}, version: "3", time: day, said: "3"},
		"its own time alone":           {own: kept{Updated: stampOf(day)}, told: intake.Origin{Version: "4", Updated: later}, version: "=4", time: day},
		"its server's answer":          {told: intake.Origin{Version: "4", Updated: later}, version: "=4", time: "=" + later},
		"what it replaced":             {told: intake.Origin{Replaces: "2"}, version: ">2"},
		"an answer and what it was to": {told: intake.Origin{Version: "4", Replaces: "2"}, version: "=4"},
	} {
		k := c.own
		k.placed(c.told)
		if k.Version.String() != c.version || k.Updated.String() != c.time || k.Version.said() != c.said {
			t.Errorf("%s: noted %q at %q, said %q", what, k.Version, k.Updated, k.Version.said())
		}
	}
}

// TestR38WhichVersionCameBefore orders versions by number, what followed a number after
// it, else by time.
func TestR38WhichVersionCameBefore(t *testing.T) {
	const day, later = "2026-05-01T10:00:00Z", "2026-05-02T10:00:00Z"
	v := func(version, updated string) *kept {
		return &kept{Version: stampOf(version), Updated: stampOf(updated)}
	}
	for _, c := range []struct {
		a, b *kept
		want bool // that a came before b
	}{
		{v("1", ""), v("2", ""), true}, {v("2", ""), v("1", ""), false}, {v("2", ""), v("2", ""), false}, {v("=9", ""), v("=10", ""), true},
		{v("1", later), v("2", day), true}, // whatever the clock says
		{v("2", ""), v(">2", ""), true}, {v(">2", ""), v("2", ""), false}, {v(">2", ""), v(">2", ""), true}, {v(">1", ""), v("=3", ""), true},
		{v("a", ""), v("b", ""), false}, {v("a", ""), v(">a", ""), true}, {v("a", ""), v("a", later), false}, {v("", ""), v(">", ""), false},
		{v("", day), v("", later), true}, {v("", "="+day), v("", "="+later), true}, {v("", later), v("", day), false}, {v("", day), v("", day), false},
		{v("", ""), v("", day), false}, {v("", day), v("", ""), false}, {v("a", day), v("a", later), false}, {v("a", day), v("b", later), true},
	} {
		if got := c.a.precedes(c.b); got != c.want {
			t.Errorf("%q at %q before %q at %q: %v", c.a.Version, c.a.Updated, c.b.Version, c.b.Updated, got)
		}
	}
}

// TestR38WhichVersionIsTooLate has a version come after others of its name.
func TestR38WhichVersionIsTooLate(t *testing.T) {
	const day, later = "2026-05-01T10:00:00Z", "2026-05-02T10:00:00Z"
	v := func(version, updated string) kept { return kept{Version: stampOf(version), Updated: stampOf(updated)} }
	for what, c := range map[string]struct {
		told   intake.Origin
		own    kept
		stands []kept
		want   bool
	}{
		"nothing is told":                         {stands: []kept{v("2", later)}},
		"nothing stands":                          {told: intake.Origin{Version: "1"}},
		"its answer is older":                     {told: intake.Origin{Version: "1"}, stands: []kept{v("2", "")}, want: true},
		"its answer is newer":                     {told: intake.Origin{Version: "3"}, stands: []kept{v("2", "")}},
		"its answer's time alone is older":        {told: intake.Origin{Updated: day}, stands: []kept{v("", later)}, want: true},
		"its answer's time is newer":              {told: intake.Origin{Updated: later}, stands: []kept{v("", day)}},
		"the records say the order themselves":    {own: v("1", ""), told: intake.Origin{Replaces: "0"}, stands: []kept{v("2", "")}},
		"what it replaces stands":                 {told: intake.Origin{Replaces: "1"}, stands: []kept{v("1", "")}},
		"what it replaces was replaced":           {told: intake.Origin{Replaces: "1"}, stands: []kept{v("1", ""), v(">1", "")}, want: true},
		"replaced, where versions are no numbers": {told: intake.Origin{Replaces: "a"}, stands: []kept{v("a", ""), v("b", "")}, want: true},
		"an older one came before it":             {told: intake.Origin{Replaces: "b"}, stands: []kept{v("a", ""), v("b", "")}},
		"read with its old version":               {own: v("1", ""), told: intake.Origin{Replaces: "1"}, stands: []kept{v("1", ""), v("1", "")}, want: true},
	} {
		m := memoryOf(nil)
		for _, k := range c.stands {
			k.Type, k.ID, k.Handle, k.submission = "Observation", "o", stele.NewID(), stele.ID{1}
			m.add(&k)
		}
		k := c.own
		k.Type, k.ID = "Observation", "o"
		k.placed(c.told)
		a := arrival{kept: &k, record: Incoming{Version: c.own.Version.text}, updated: c.own.Updated.text, origin: c.told}
		if got := a.late(m); got != c.want {
			t.Errorf("%s: late is %v", what, got)
		}
	}
}

// TestR38ATransactionThatComesAgainIsNotTooLate: what was delivered, or is about to be, is
// known.
func TestR38ATransactionThatComesAgainIsNotTooLate(t *testing.T) {
	w := newDesk(t)
	s := w
	seen, err := s.delivered()
	if err != nil {
		t.Fatal(err)
	}
	subject, m := stele.Subject{7}, memoryOf(nil)
	for _, version := range []string{"1", ">1"} {
		m.add(&kept{Type: "Observation", ID: "o", Version: stampOf(version), Handle: stele.NewID(), submission: stele.ID{1}})
	}
	a := arrival{subject: subject, record: Incoming{Type: "Observation", ID: "o", JSON: []byte("{}")}, origin: intake.Origin{Replaces: "1"}}
	first := a
	first.origin = intake.Origin{}
	p := &piles{importing: &importing{desk: s, seen: seen}, memories: map[stele.Subject]*memory{subject: m}, queued: map[[16]byte]bool{}}
	b := &bundle{kind: "transaction", held: []arrival{first, a}}
	if err := p.tooLate(b); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("one that comes too late: %v", err)
	}
	print := p.print(a).kept.Print
	p.queued[print] = true
	if err := p.tooLate(b); err != nil {
		t.Errorf("one that is on its way: %v", err)
	}
	delete(p.queued, print)
	if err := seen.add([][16]byte{print}); err != nil {
		t.Fatal(err)
	}
	if err := p.tooLate(b); err != nil {
		t.Errorf("one that was delivered: %v", err)
	}
}
