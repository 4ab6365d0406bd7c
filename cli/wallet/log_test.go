package wallet

import (
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// TestR45TheLogSaysWhoSaysWhat holds the words of an opening: whether it opened, who
// asked, what was released, and what other trustees say.
func TestR45TheLogSaysWhoSaysWhat(t *testing.T) {
	kept := func(member string, categories ...stele.Category) account.Kept {
		d := &wire.Detail{Released: true}
		for _, c := range categories {
			d.Labels = append(d.Labels, wire.Marshal(&wire.Label{Category: string(c)}))
		}
		return account.Kept{Member: member, Detail: d}
	}
	who := account.Telling{
		Card: &wire.Card{Name: "Dr Okafor"}, Detail: &wire.AccessDetail{Purpose: "TREAT", Reason: "follow-up"},
		Details: []account.Kept{kept("Northside", stele.Allergies), kept("Lakeview", stele.Allergies), kept("Elm", stele.Allergies, stele.Documents)},
	}
	opened := &wire.Event{Event: &wire.Event_AccessPermitted{AccessPermitted: &wire.AccessPermitted{}}}
	s := client.Of(wallet.NewSession(nil, &members.Network{}, nil))
	for what, c := range map[string]struct {
		released, untold int
		says, result     string
	}{
		"three of three":      {3, 0, "opened your chart", "opened"},
		"two":                 {2, 0, "it could not be completed: 2 of the 3 trustees that are needed released", "not completed"},
		"none":                {0, 0, "no trustee tells that it released", "permitted"},
		"two, one is silent":  {2, 1, "whether it opened is not known", "not known"},
		"none, one is silent": {0, 1, "no trustee tells that it released", "permitted"},
	} {
		told := tell(s, account.Line{Event: opened, Telling: who, Released: c.released, Needed: 3, Untold: c.untold})
		if !strings.HasSuffix(told.what, c.says) && !strings.Contains(told.what, c.says+" ") || told.result != c.result || told.who != "Dr Okafor" {
			t.Errorf("%s: %s %q, %s", what, told.who, told.what, told.result)
		}
		if told.scope != "allergies; Elm alone says also documents" {
			t.Errorf("released: %q", told.scope)
		}
	}
	nothing := who
	nothing.Details = []account.Kept{{Member: "Northside", Detail: &wire.Detail{Why: string(asking.Nothing)}}, {Member: "Lakeview", Detail: &wire.Detail{Why: string(asking.NotOpened)}}}
	found := account.Line{Event: opened, Telling: nothing, Refused: 1, Needed: 3}
	if told := tell(s, found); told.what != "was allowed to open your chart; nothing was there that opens so" || told.reason != "follow-up" || repeated(found) != "" {
		t.Errorf("an opening that found nothing: %q, %q, %q", told.what, told.reason, repeated(found))
	}
	found.Details = append(found.Details, account.Kept{Member: "Elm", Detail: &wire.Detail{Why: "the card has expired"}})
	if told := tell(s, found); told.what != "asked for your chart, and was refused" || told.result != "refused" || !told.refused {
		t.Errorf("one that was refused is told as %q, %q", told.what, told.result)
	}
	v := logView{by: map[whoAsks]*askings{}}
	v.count(tell(s, found), time.Time{})
	if n := v.by[whoAsks{"Dr Okafor", ""}]; n == nil || n.refused != 1 || n.sum() != 1 {
		t.Errorf("one that was refused counts as %+v", n)
	}
	who.Doubt = "the card is not signed by an issuer"
	line := account.Line{Event: opened, Telling: who, Released: 3, Needed: 3, Others: []account.Telling{{
		Card: &wire.Card{Name: "Dr Quist"}, Detail: &wire.AccessDetail{Reason: "curiosity"}, Doubt: "there is no such holder", Details: []account.Kept{kept("Elm")},
	}}}
	if told := tell(s, line); told.who != "somebody with the card of Dr Okafor" {
		t.Errorf("a card that is not proved is told as %q", told.who)
	}
	if said := otherwise(line.Others[0]); said != "but Elm told: Dr Quist (not proved: there is no such holder), “curiosity”" {
		t.Errorf("another says: %q", said)
	}
	out := tell(s, line).json(line)
	others, _ := out["others"].([]map[string]any)
	if out["not_proved"] != who.Doubt || out["released"] != 3 || len(others) != 1 || others[0]["who"] != "Dr Quist" {
		t.Errorf("to a program: %v", out)
	}
}

// TestR45TheFirstRefusalIsNoSecondAsking: who asked once, and was refused, is not said
// to have asked again.
func TestR45TheFirstRefusalIsNoSecondAsking(t *testing.T) {
	opened := &wire.Event{Event: &wire.Event_AccessPermitted{AccessPermitted: &wire.AccessPermitted{}}}
	refused := &wire.Event{Event: &wire.Event_AccessRefused{AccessRefused: &wire.AccessRefused{}}}
	for _, c := range []struct {
		event             *wire.Event
		released, refused int
		says              string
	}{
		{nil, 0, 1, ""},
		{nil, 0, 2, "asked 2 times"},
		{refused, 0, 0, ""},
		{refused, 0, 1, ""},
		{refused, 0, 3, "asked 3 times"},
		{opened, 3, 0, ""},
		{opened, 3, 1, "asked again and refused 1 time"},
		{opened, 0, 1, ""},
		{opened, 0, 2, "asked 2 times"},
	} {
		said, _, _ := strings.Cut(repeated(account.Line{Event: c.event, Released: c.released, Refused: c.refused}), ",")
		if said != c.says {
			t.Errorf("%v, %d released, %d refused: %q", c.event, c.released, c.refused, said)
		}
	}
}

// TestR25TheLogSaysWhichMemberOpenedInAnEmergency: whoever it was, an organisation stands for
// it; who the practitioner is, the opening under it tells.
func TestR25TheLogSaysWhichMemberOpenedInAnEmergency(t *testing.T) {
	s := client.Of(wallet.NewSession(nil, &members.Network{}, nil))
	member := stele.SubjectOf([]byte("Northside"))
	told := tell(s, account.Line{Event: &wire.Event{Event: &wire.Event_GlassBroken{GlassBroken: &wire.GlassBroken{Member: member[:]}}}})
	if told.what != "opened your chart in an emergency" || told.who != terminal.ShortDID(member) || told.access {
		t.Errorf("%s %q", told.who, told.what)
	}
}
