package wallet

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestAGrantIsUsedUpByOpeningsAndDeliveries: by as many as it allows; a refusal is none, nor what happens under another one.
func TestAGrantIsUsedUpByOpeningsAndDeliveries(t *testing.T) {
	now := time.Now()
	st := statuses{known: map[stele.ID]string{}, end: map[stele.ID]time.Time{}, left: map[stele.ID]uint32{}, now: now}
	bounded, other := stele.NewID(), stele.NewID()
	tell := func(e *wire.Event) {
		st.hear(e.About())
		st.count(e.About())
	}
	for grant, uses := range map[stele.ID]uint32{bounded: 3, other: 0} {
		tell(&wire.Event{Event: &wire.Event_GrantGiven{GrantGiven: &wire.GrantGiven{Grant: grant[:], Action: 1, EndMs: now.Add(time.Hour).UnixMilli(), MaxUses: uses}}})
	}
	opening := &wire.Event{Event: &wire.Event_AccessPermitted{AccessPermitted: &wire.AccessPermitted{Grant: bounded[:]}}}
	delivery := &wire.Event{Event: &wire.Event_Anchored{Anchored: &wire.Anchored{Grant: bounded[:]}}}
	for i, step := range []struct {
		event *wire.Event
		want  string
	}{
		{opening, "active"},
		{&wire.Event{Event: &wire.Event_AccessPermitted{AccessPermitted: &wire.AccessPermitted{Grant: other[:]}}}, "active"},
		{&wire.Event{Event: &wire.Event_AccessRefused{AccessRefused: &wire.AccessRefused{Grant: bounded[:], Refusal: wire.Refusal_REFUSAL_NOT_YET}}}, "active"},
		{delivery, "active"},
		{delivery, "used up"},
		{delivery, "used up"},
	} {
		if tell(step.event); st.of(bounded, st.end[bounded]) != step.want {
			t.Errorf("after the %dth: %s, not %s", i+1, st.of(bounded, st.end[bounded]), step.want)
		}
	}
	if is := st.of(other, st.end[other]); is != "active" {
		t.Errorf("one that may be used as often as one likes is %s", is)
	}
}

// TestOnlyDaysLeaveRecordsOfAFolioOut: a folio is of a year, which a grant is for or not.
func TestOnlyDaysLeaveRecordsOfAFolioOut(t *testing.T) {
	for what, want := range map[string]struct {
		from, to string
		days     bool
	}{"open": {}, "years": {from: "2019", to: "2024"}, "from a year": {from: "2019"}, "months": {from: "2019-05", days: true}, "days": {to: "2019-05-03", days: true}} {
		g, err := consent.Parse(delegated(t, consent.Carer, consent.ActRead))
		if err != nil {
			t.Fatal(err)
		}
		g.From, _ = consent.ParseDate(want.from)
		g.To, _ = consent.ParseDate(want.to)
		document, err := consent.Marshal(g.Normal())
		if err != nil {
			t.Fatal(what, err)
		}
		if byDays(document) != want.days {
			t.Errorf("%s: %v", what, !want.days)
		}
	}
}

// TestAnAnswerThatGivesLessIsAPart: fewer parts, less of what is sensitive, or for less long; more is none.
func TestAnAnswerThatGivesLessIsAPart(t *testing.T) {
	asked := wallet.AskTerms{Categories: []stele.Category{stele.Allergies, stele.Medications}, Sensitivity: []stele.Sensitivity{stele.PSY}, For: 24 * time.Hour}
	all := []stele.Category{consent.AllCategories}
	for what, is := range map[string]struct {
		categories []stele.Category
		sensitive  []stele.Sensitivity
		lasts      time.Duration
		part       bool
	}{
		"what was asked":     {asked.Categories, asked.Sensitivity, asked.For, false},
		"more":               {all, asked.Sensitivity, 48 * time.Hour, false},
		"one part":           {asked.Categories[:1], asked.Sensitivity, asked.For, true},
		"nothing sensitive":  {asked.Categories, nil, asked.For, true},
		"all but sensitive":  {all, nil, asked.For, true},
		"for a shorter time": {asked.Categories, asked.Sensitivity, 2 * time.Hour, true},
		"a minute less":      {asked.Categories, asked.Sensitivity, asked.For - time.Minute, false},
	} {
		if got := gaveLess(consent.Grant{Categories: is.categories, Sensitivity: is.sensitive}, is.lasts, asked); got != is.part {
			t.Errorf("%s: %v", what, got)
		}
	}
}
