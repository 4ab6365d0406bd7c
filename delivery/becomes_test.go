package delivery

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

// TestR37OfSeveralChartsTheWorstCounts: an entry is counted once, when it is known of each
// chart, and what one of them lacks is seen.
func TestR37OfSeveralChartsTheWorstCounts(t *testing.T) {
	ana, borg := stele.Subject{1}, stele.Subject{2}
	for what, c := range map[string]struct {
		ends   []outcome
		unread bool
		want   Imported // but for Patients
	}{
		"one":                      {ends: []outcome{endsDelivered}, want: Imported{Delivered: 1}},
		"one of two is not known":  {ends: []outcome{endsDelivered}, want: Imported{}},
		"both":                     {ends: []outcome{endsDelivered, endsDelivered}, want: Imported{Delivered: 1}},
		"known in one":             {ends: []outcome{endsDelivered, endsKnown}, want: Imported{Delivered: 1}},
		"refused by the first":     {ends: []outcome{endsRefused, endsDelivered}, unread: true, want: Imported{Refused: 1}},
		"refused by the second":    {ends: []outcome{endsDelivered, endsRefused}, want: Imported{Refused: 1}},
		"denied":                   {ends: []outcome{endsDenied, endsDelivered}, want: Imported{Denied: 1, Refused: 1}},
		"of worst case":            {ends: []outcome{endsKnown, endsDelivered}, unread: true, want: Imported{Delivered: 1, Unread: 1, Unclear: map[stele.Category]Unclear{stele.Allergies: {1, []string{"AllergyIntolerance/a"}}}}},
		"of worst case, and known": {ends: []outcome{endsKnown, endsKnown}, unread: true, want: Imported{Known: 1}},
	} {
		im := &importing{became: became{done: make([]Imported, 1)}}
		e := &counted{charts: max(len(c.ends), 1), unread: c.unread, part: stele.Allergies, name: "AllergyIntolerance/a"}
		if what == "one of two is not known" {
			e.charts = 2
		}
		for i, how := range c.ends {
			im.lands(e, how, []stele.Subject{ana, borg}[i])
		}
		im.lands(nil, endsDelivered, ana) // a withdrawal is no entry
		got := im.done[0]
		if d := slices.Index(c.ends, endsDelivered) >= 0; d != (len(got.Patients) > 0) {
			t.Errorf("%s: delivered to %v", what, got.Patients)
		}
		if got.Delivered != c.want.Delivered || got.Known != c.want.Known || got.Refused != c.want.Refused || got.Denied != c.want.Denied || got.Unread != c.want.Unread || !reflect.DeepEqual(got.Unclear, c.want.Unclear) {
			t.Errorf("%s: %+v, want %+v", what, got, c.want)
		}
	}
}

// TestWhySomethingAllOrNothingIsNothing tells what is wrong with a Bundle that arrives
// whole or not at all.
func TestWhySomethingAllOrNothingIsNothing(t *testing.T) {
	of := func(subjects ...byte) (held []arrival) {
		for _, s := range subjects {
			held = append(held, arrival{subject: stele.Subject{s}})
		}
		return held
	}
	for what, c := range map[string]struct {
		b    bundle
		want string // "" where it arrives
	}{
		"good":                        {bundle{kind: "transaction", held: of(1, 1)}, ""},
		"one is bad":                  {bundle{kind: "transaction", held: of(1), refused: 1}, "1 resource of a transaction can't be taken"},
		"whose it is can't be told":   {bundle{kind: "document", refused: 2, lost: 2}, "whose 2 resources of a document are could not be told"},
		"one of both kinds":           {bundle{kind: "document", refused: 2, lost: 1}, "2 resources of a document can't be taken"},
		"a transaction of two people": {bundle{kind: "transaction", held: of(1, 2)}, "over the charts of several patients"},
		"a document of two people":    {bundle{kind: "document", held: of(1, 2)}, ""},
		"a line of several":           {bundle{kind: "document", place: "line 7", refused: 1}, "line 7: 1 resource"},
	} {
		err := c.b.spoilt()
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || stele.KindOf(err) != stele.KindInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestWhatOfSomethingAllOrNothingIsTold: each record and DELETE of what did not arrive is
// counted, and keeps its own reason where it has one.
func TestWhatOfSomethingAllOrNothingIsTold(t *testing.T) {
	var told []Fate
	im := &importing{became: became{done: make([]Imported, 1)}, o: ImportOptions{Each: func(f Fate) { told = append(told, f) }}}
	p := &part{importing: im}
	to := []stele.Subject{{1}}
	b := &bundle{
		held:    []arrival{{entry: &counted{charts: 1}}},
		deletes: []deletion{{}, {here: true}}, // of a Provenance, which is an entry itself
		fates:   []Fate{{Name: "a", To: to, Known: true}, {Name: "b", Refused: "two names"}},
	}
	p.tell(b, nil)
	if len(told) != 2 || told[0].Refused != "" || len(told[0].To) != 1 || told[1].Refused != "two names" {
		t.Errorf("of what arrives it is told %+v", told)
	}
	told = nil
	p.tell(b, errors.New("no"))
	if len(told) != 2 || !strings.Contains(told[0].Refused, "all or nothing") || told[0].To != nil || told[0].Known || told[1].Refused != "two names" {
		t.Errorf("of what does not arrive it is told %+v", told)
	}
	p.drop(b)
	if im.done[0].Refused != 2 {
		t.Errorf("%d are refused, want 2", im.done[0].Refused)
	}
}

// TestASummaryOfTwoPatientsIsNone: of ours all is of one.
func TestASummaryOfTwoPatientsIsNone(t *testing.T) {
	p := &part{importing: &importing{surveyed: surveyed{ours: []map[int][]byte{{1: []byte(`{}`)}}}}}
	err := p.oneRecord(&bundle{number: 1, held: []arrival{{subject: stele.Subject{1}}, {subject: stele.Subject{2}}}})
	if stele.KindOf(err) != stele.KindInvalid || !strings.Contains(err.Error(), "several patients") {
		t.Error(err)
	}
}

// TestWhereAPileIsCut cuts by records and by bytes, and never what goes together.
func TestWhereAPileIsCut(t *testing.T) {
	big := make([]byte, maxBatchBytes/2)
	a := func(json []byte, file, whole int) arrival {
		return arrival{file: file, whole: whole, record: Incoming{JSON: json}}
	}
	many := func(n int, of arrival) []arrival { return slices.Repeat([]arrival{of}, n) }
	for what, c := range map[string]struct {
		arrivals []arrival
		full     bool
		want     []int
	}{
		"one":                            {arrivals: many(1, a(nil, 0, 0)), want: []int{1}},
		"almost as many as go":           {arrivals: many(maxBatchRecords-1, a(nil, 0, 0)), want: []int{maxBatchRecords - 1}},
		"as many as go":                  {arrivals: many(maxBatchRecords, a(nil, 0, 0)), full: true, want: []int{maxBatchRecords}},
		"one more":                       {arrivals: many(maxBatchRecords+1, a(nil, 0, 0)), full: true, want: []int{maxBatchRecords, 1}},
		"as many bytes as go":            {arrivals: many(2, a(big, 0, 0)), full: true, want: []int{2}},
		"a byte more":                    {arrivals: append(many(2, a(big, 0, 0)), a(big[:1], 0, 0)), full: true, want: []int{2, 1}},
		"a large one after a small one":  {arrivals: []arrival{a(big[:1], 0, 0), a(big, 0, 0), a(big, 0, 0)}, full: true, want: []int{2, 1}},
		"a transaction":                  {arrivals: many(maxBatchRecords+1, a(nil, 0, 3)), full: true, want: []int{maxBatchRecords + 1}},
		"transactions of two files":      {arrivals: append(many(maxBatchRecords, a(nil, 0, 3)), a(nil, 1, 3)), full: true, want: []int{maxBatchRecords, 1}},
		"two transactions of a file":     {arrivals: append(many(maxBatchRecords, a(nil, 0, 3)), a(nil, 0, 4)), full: true, want: []int{maxBatchRecords, 1}},
		"a record and what it withdraws": {arrivals: append(many(maxBatchRecords, a(nil, 0, 0)), arrival{with: true}), full: true, want: []int{maxBatchRecords + 1}},
	} {
		p := new(pile)
		for _, one := range c.arrivals {
			p.add(one)
		}
		var sizes []int
		for _, part := range p.parts() {
			sizes = append(sizes, len(part.arrivals))
		}
		if !slices.Equal(sizes, c.want) || p.full() != c.full {
			t.Errorf("%s: parts of %v, want %v; full %v", what, sizes, c.want, p.full())
		}
	}
}
