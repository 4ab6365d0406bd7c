package slot_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	. "github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

var warnedAt = time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)

// warned is a restriction that was said after a warning.
func warned(r Restriction) Restriction {
	r.Warning, r.Language, r.At = "stele.restrict.1", "en", warnedAt
	return r
}

// TestR16ARestrictionIsOfRecordsOrOfWhatLabelsSay: by record, category, sensitivity, provider and
// period, and in an emergency where it says so alone.
func TestR16ARestrictionIsOfRecordsOrOfWhatLabelsSay(t *testing.T) {
	one, other := stele.Digest{1}, stele.Digest{2}
	label := stele.Label{Category: stele.Results, Sensitivity: []stele.Sensitivity{stele.HIV}, Year: 2024, Source: lakeview}
	undated := label
	undated.Year = 0
	for _, c := range []struct {
		what  string
		r     Restriction
		folio stele.Digest
		label stele.Label
		want  bool
	}{
		{"its category", Restriction{Categories: []stele.Category{stele.Results, stele.Documents}}, one, label, true},
		{"another category", Restriction{Categories: []stele.Category{stele.Documents}}, one, label, false},
		{"a sensitivity", Restriction{Sensitivity: []stele.Sensitivity{stele.PSY, stele.HIV}}, one, label, true},
		{"another sensitivity", Restriction{Sensitivity: []stele.Sensitivity{stele.PSY}}, one, label, false},
		{"its provider", Restriction{Sources: []stele.Subject{lakeview}}, one, label, true},
		{"another provider", Restriction{Sources: []stele.Subject{bob}}, one, label, false},
		{"its year", Restriction{From: 2024, To: 2024}, one, label, true},
		{"from its year on", Restriction{From: 2024}, one, label, true},
		{"from the next year on", Restriction{From: 2025}, one, label, false},
		{"up to its year", Restriction{To: 2024}, one, label, true},
		{"up to the year before", Restriction{To: 2023}, one, label, false},
		{"a period, and no date", Restriction{From: 2030}, one, undated, true},
		{"category and provider", Restriction{Categories: []stele.Category{stele.Results}, Sources: []stele.Subject{lakeview}}, one, label, true},
		{"its category, another provider", Restriction{Categories: []stele.Category{stele.Results}, Sources: []stele.Subject{bob}}, one, label, false},
		{"its provider, another year, without a date", Restriction{Sources: []stele.Subject{bob}, From: 2020}, one, undated, false},
		{"itself", Restriction{Records: []Record{{other, stele.ID{}}, {one, stele.ID{7}}}}, one, label, true},
		{"its folio, whole", Restriction{Records: []Record{{one, stele.ID{8}}}, WholeFolios: true}, one, label, true},
		{"another folio", Restriction{Records: []Record{{other, stele.ID{7}}}}, one, label, false},
		{"nothing said", Restriction{}, one, label, false},
	} {
		if got := c.r.Restricts(Record{c.folio, stele.ID{7}}, c.label); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
		then := c.r
		then.InEmergencies = true
		for _, s := range []struct {
			restrictions []Restriction
			emergency    bool
			want         bool
		}{
			{[]Restriction{c.r}, false, c.want}, {[]Restriction{c.r}, true, false}, {[]Restriction{then}, true, c.want},
			{[]Restriction{{Categories: []stele.Category{stele.Claims}}, then}, true, c.want}, {nil, false, false},
		} {
			if got := (Slot{Restrictions: s.restrictions}).Restricts(s.emergency, c.folio, c.label); got != s.want {
				t.Errorf("%s, in an emergency %v, %v: %v", c.what, s.emergency, s.restrictions, got)
			}
		}
	}
}

// TestR16WhatIsRestrictedStandsInTheDocument, in one form, with the warning that was shown, beside
// what is said of emergencies, whatever that is.
func TestR16WhatIsRestrictedStandsInTheDocument(t *testing.T) {
	for _, s := range []Slot{
		{Restrictions: []Restriction{warned(Restriction{Categories: []stele.Category{stele.Documents, stele.Results, stele.Documents}, From: 2020, InEmergencies: true})}},
		{Nothing: true, Restrictions: []Restriction{warned(Restriction{Sources: []stele.Subject{lakeview, bob, lakeview}, To: 2024})}},
		{Roles: []string{"doctor"}, Restrictions: []Restriction{
			warned(Restriction{Records: []Record{{stele.Digest{9}, stele.ID{1}}, {stele.Digest{8}, stele.ID{2}}}}),
			warned(Restriction{Sensitivity: []stele.Sensitivity{stele.PSY, stele.HIV}}),
		}},
	} {
		document, err := s.Document()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Read(document)
		if err != nil || len(got.Restrictions) != len(s.Restrictions) || got.Nothing != s.Nothing {
			t.Fatalf("%v was read as %v, %v", s, got, err)
		}
		for i, r := range got.Restrictions {
			if !r.Same(s.Restrictions[i]) || r.Warning != "stele.restrict.1" || r.Language != "en" || !r.At.Equal(warnedAt) {
				t.Errorf("%v was read as %v", s.Restrictions[i], r)
			}
		}
		if again, err := Read(document); err != nil || !reflect.DeepEqual(again, got) {
			t.Error("it is read otherwise a second time")
		}
	}
	full := Slot{}
	for i := range MaxRestrictions {
		full.Restrictions = append(full.Restrictions, warned(Restriction{From: 2000 + i}))
	}
	if _, err := full.Document(); err != nil {
		t.Errorf("%d restrictions: %v", MaxRestrictions, err)
	}
	full.Restrictions = append(full.Restrictions, warned(Restriction{From: 1999}))
	if _, err := full.Document(); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("one more: %v", err)
	}
	many := Slot{Restrictions: []Restriction{warned(Restriction{})}}
	for i := range 80 {
		many.Restrictions[0].Records = append(many.Restrictions[0].Records, Record{stele.Digest{byte(i)}, stele.ID{1}})
	}
	if _, err := many.Document(); stele.KindOf(err) != stele.KindUsage {
		t.Errorf("more records than there is room for: %v", err)
	}
	many.Restrictions[0].Records = many.Restrictions[0].Records[:70]
	if _, err := many.Document(); err != nil {
		t.Errorf("70 records: %v", err)
	}
}

// TestR16WhatIsNotUnderstoodOfARestrictionRefusesTheDocument: then nothing opens.
func TestR16WhatIsNotUnderstoodOfARestrictionRefusesTheDocument(t *testing.T) {
	folio, handle := make([]byte, 32), make([]byte, 16)
	good := func() *wire.Restriction {
		return &wire.Restriction{Categories: []string{"results"}, Warning: "w", Language: "en", AtMs: 1}
	}
	for what, change := range map[string]func(*wire.Restriction){
		"":                              func(*wire.Restriction) {},
		"of nothing":                    func(r *wire.Restriction) { r.Categories = nil },
		"of a record, and of a label":   func(r *wire.Restriction) { r.Records = []*wire.RestrictedRecord{{Folio: folio, Handle: handle}} },
		"of a record without its folio": func(r *wire.Restriction) { r.Categories, r.Records = nil, []*wire.RestrictedRecord{{Handle: handle}} },
		"of a folio without a record":   func(r *wire.Restriction) { r.Categories, r.Records = nil, []*wire.RestrictedRecord{{Folio: folio}} },
		"a record twice": func(r *wire.Restriction) {
			r.Categories, r.Records = nil, []*wire.RestrictedRecord{{Folio: folio, Handle: handle}, {Folio: folio, Handle: handle}}
		},
		"of labels, with whole folios": func(r *wire.Restriction) { r.WholeFolios = true },
		"an unknown category":          func(r *wire.Restriction) { r.Categories = []string{"all"} },
		"an unknown sensitivity":       func(r *wire.Restriction) { r.Sensitivity = []string{"XYZ"} },
		"categories out of order":      func(r *wire.Restriction) { r.Categories = []string{"results", "allergies"} },
		"somebody of 19 bytes":         func(r *wire.Restriction) { r.Sources = [][]byte{bob[:19]} },
		"a period backwards":           func(r *wire.Restriction) { r.FromYear, r.ToYear = 2025, 2024 },
		"a year below 0":               func(r *wire.Restriction) { r.FromYear = -1 },
		"a year of five digits":        func(r *wire.Restriction) { r.ToYear = 10_000 },
		"without a warning":            func(r *wire.Restriction) { r.Warning = "" },
		"without a language":           func(r *wire.Restriction) { r.Language = "" },
		"at no time":                   func(r *wire.Restriction) { r.AtMs = 0 },
		"with an unknown field":        func(r *wire.Restriction) { r.ProtoReflect().SetUnknown([]byte{0x78, 1}) },
		"with a very long warning":     func(r *wire.Restriction) { r.Warning = string(make([]byte, 41)) },
	} {
		r := good()
		change(r)
		document := wire.Marshal(&wire.EmergencySlot{Restrictions: []*wire.Restriction{r}})
		if _, err := Read(document); (err == nil) != (what == "") {
			t.Errorf("%q: %v", what, err)
		}
		c, m, salt := stele.Digest{}, Box{}, seal.NewSalt()
		held := map[stele.Digest][]byte{}
		m = member(t, held)
		c = Commit(salt, document)
		plain := make([]byte, 4096)
		copy(plain, salt[:])
		plain[32], plain[33] = byte(len(document)>>8), byte(len(document))
		copy(plain[34:], document)
		held[c], _ = seal.SealTo(m.Key.Public(), seal.TagSlot, wire.SlotContext(alice, c, m.Member), plain)
		if _, err := m.Slot(alice, c); (err == nil) != (what == "") {
			t.Errorf("%q, sealed: %v", what, err)
		}
	}
}

// TestR16ARestrictionIsClosedOverMoreAndNothingElse: it includes one of fewer records, and one of the same
// labels, whenever that was said.
func TestR16ARestrictionIsClosedOverMoreAndNothingElse(t *testing.T) {
	one, two := Record{stele.Digest{1}, stele.ID{1}}, Record{stele.Digest{2}, stele.ID{2}}
	r := warned(Restriction{Records: []Record{one, two}})
	for what, c := range map[string]struct {
		other Restriction
		want  bool
	}{
		"itself":                  {r, true},
		"of before":               {Restriction{Records: []Record{two}}, true},
		"another record":          {Restriction{Records: []Record{{stele.Digest{3}, stele.ID{1}}}}, false},
		"with its whole folio":    {Restriction{Records: []Record{one}, WholeFolios: true}, false},
		"in emergencies, too":     {Restriction{Records: []Record{one}, InEmergencies: true}, false},
		"of a category":           {Restriction{Categories: []stele.Category{stele.Results}}, false},
		"of nothing that is said": {Restriction{}, false},
	} {
		if got := r.Includes(c.other); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
	labels := Restriction{Categories: []stele.Category{stele.Results}}
	if !labels.Includes(warned(labels)) || labels.Includes(Restriction{Categories: []stele.Category{stele.Claims}}) || labels.Includes(Restriction{}) {
		t.Error("by labels it includes others")
	}
}
