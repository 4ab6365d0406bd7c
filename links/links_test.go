package links

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/intake"
)

// TestR37WhatALinkTakesThePlaceOf: each line begins with the same table, where urn:mine is the
// organisation's own system and urn:a and urn:b are not.
func TestR37WhatALinkTakesThePlaceOf(t *testing.T) {
	ana, ben := stele.Subject{1}, stele.Subject{2}
	born := func(l Link, date string) Link { l.Name, l.Born = "Alvar, Ana", date; return l }
	link := func(system, number string, subject stele.Subject) Link {
		return Link{System: system, Number: number, Subject: subject}
	}
	said := Confirmed{Move: true, Reason: "typed wrong"}
	for name, c := range map[string]struct {
		before, link Link
		say          Confirmed
		refused      stele.Kind // 0: it is made
		after        string     // the table, in the order in which its rows came
		moves        int
	}{
		"again":                                {link("urn:a", "1", ana), link("urn:a", "1", ana), Confirmed{}, 0, "urn:a 1 ana", 0},
		"of another system":                    {link("urn:a", "1", ana), link("urn:b", "1", ana), Confirmed{}, 0, "urn:a 1 ana, urn:b 1 ana", 0},
		"of another system, another's":         {link("urn:a", "1", ana), link("urn:b", "1", ben), Confirmed{}, 0, "urn:a 1 ana, urn:b 1 ben", 0},
		"without a system, not our own":        {link("urn:a", "1", ana), link("", "1", ben), Confirmed{}, 0, "urn:a 1 ana,  1 ben", 0},
		"without a system, our own":            {link("urn:mine", "1", ana), link("", "1", ben), Confirmed{}, stele.KindExists, "urn:mine 1 ana", 0},
		"our own, without one before":          {link("", "1", ana), link("urn:mine", "1", ben), Confirmed{}, stele.KindExists, " 1 ana", 0},
		"hers, with and without its system":    {link("", "1", ana), link("urn:mine", "1", ana), Confirmed{}, 0, " 1 ana, urn:mine 1 ana", 0},
		"moved":                                {link("urn:a", "1", ana), link("urn:a", "1", ben), said, 0, "urn:a 1 ben", 1},
		"moved, from without a system":         {link("", "1", ana), link("urn:mine", "1", ben), said, 0, "urn:mine 1 ben", 1},
		"moved, another system's stays":        {link("urn:a", "1", ana), link("urn:b", "1", ben), said, 0, "urn:a 1 ana, urn:b 1 ben", 0},
		"a move for no reason":                 {link("urn:a", "1", ana), link("urn:a", "1", ben), Confirmed{Move: true, Reason: " \t"}, stele.KindUsage, "urn:a 1 ana", 0},
		"the same person is no move":           {link("urn:a", "1", ana), link("urn:a", "1", ben), Confirmed{Same: true}, stele.KindExists, "urn:a 1 ana", 0},
		"another birth date":                   {born(link("urn:a", "1", ana), "1970-05-01"), born(link("urn:a", "2", ana), "1988-11-23"), Confirmed{}, stele.KindExists, "urn:a 1 ana", 0},
		"a move says nothing of a birth date":  {born(link("urn:a", "1", ana), "1970-05-01"), born(link("urn:a", "2", ana), "1988-11-23"), said, stele.KindExists, "urn:a 1 ana", 0},
		"another birth date, the same person":  {born(link("urn:a", "1", ana), "1970-05-01"), born(link("urn:a", "2", ana), "1988-11-23"), Confirmed{Same: true}, 0, "urn:a 1 ana, urn:a 2 ana", 0},
		"nearly another's":                     {link("urn:a", "0047-11", ana), link("urn:a", "4711", ben), Confirmed{}, stele.KindExists, "urn:a 0047-11 ana", 0},
		"nearly another's, and right":          {link("urn:a", "0047-11", ana), link("urn:a", "4711", ben), Confirmed{Same: true}, 0, "urn:a 0047-11 ana, urn:a 4711 ben", 0},
		"a move takes nothing that is near it": {link("urn:a", "0047-11", ana), link("urn:a", "4711", ben), said, stele.KindExists, "urn:a 0047-11 ana", 0},
	} {
		s := table(t)
		check(t, s.AddSystem("urn:mine", func(func(string) bool) (bool, error) { return false, nil }))
		sure(0, s.Link([]Link{c.before}, Confirmed{}))
		err := s.Link([]Link{link("urn:a", "900", ben), c.link}, c.say)
		if (err == nil) != (c.refused == 0) || err != nil && stele.KindOf(err) != c.refused {
			t.Errorf("%s: %v", name, err)
		}
		table := ""
		for _, l := range now(s) {
			if l.Number != "900" {
				table += fmt.Sprintf(", %s %s %s", l.System, l.Number, map[stele.Subject]string{ana: "ana", ben: "ben"}[l.Subject])
			} else if err != nil {
				t.Errorf("%s: of two links the first is made", name)
			}
		}
		if moves := sure(s.Moves()); table != ", "+c.after || len(moves) != c.moves {
			t.Errorf("%s: the table is%s\nnot %s\n%d moves", name, table[1:], c.after, len(moves))
		}
	}
}

// TestAnOrganisationIsNoPatientOfItsOwn: its number would lead its patients' records into its
// own log. A person may link themselves.
func TestAnOrganisationIsNoPatientOfItsOwn(t *testing.T) {
	own := table(t)
	if err := own.Link([]Link{{Number: "1", Subject: own.owner.Subject}}, Confirmed{Same: true}); stele.KindOf(err) != stele.KindInvalid || len(now(own)) > 0 {
		t.Errorf("%v", err)
	}
	own.owner.Subject = stele.Subject{}
	check(t, own.Link([]Link{{Number: "1", Subject: stele.Subject{9}}}, Confirmed{Same: true}))
}

// TestOnlyTheNumberThatIsSaidIsUnlinked, not one that is found beside it.
func TestOnlyTheNumberThatIsSaidIsUnlinked(t *testing.T) {
	s := table(t)
	const id = "https://lab.example/fhir/Patient/7"
	sure(0, s.Link([]Link{
		{System: "urn:a", Number: "7", Subject: stele.Subject{1}}, {System: intake.PatientID, Number: id, Subject: stele.Subject{2}},
		{System: intake.PatientID, Number: "HTTPS://Lab.example/fhir/Patient/7", Subject: stele.Subject{3}},
	}, Confirmed{Same: true}))
	before := len(now(s))
	if _, err := s.Unlink(id, ""); err != nil || len(now(s)) != before-1 {
		t.Errorf("%v; of %d links are left %v", err, before, now(s))
	}
	for _, nobodys := range []string{"8", intake.Server("https://lab.example/fhir") + "/Patient/7"} { // the second finds an id
		if _, err := s.Unlink(nobodys, ""); stele.KindOf(err) != stele.KindNotFound || len(now(s)) != before-1 {
			t.Errorf("nobody's number, %s: %v", nobodys, err)
		}
	}
	if _, err := s.Unlink(" 7\t", ""); err != nil || len(now(s)) != before-2 {
		t.Errorf("%v; of %d links are left %v", err, before, now(s))
	}
}

// TestOnlyAFirmNumberTellsWhoseASystemIs: an id whose kind nobody knew does not.
func TestOnlyAFirmNumberTellsWhoseASystemIs(t *testing.T) {
	w := table(t)
	check(t, linkRows.Fill(w.book, []Link{{System: "urn:a", Number: "1", Subject: stele.Subject{1}}, {System: "urn:b", Number: "2", Subject: stele.Subject{1}, Firm: true}}))
	look := w.Lookup()
	for system, want := range map[string]bool{"urn:a": false, "urn:b": true} {
		if l, firm := look.Firm(intake.SystemKey(system), stele.Subject{2}); firm != want || l.Firm != want {
			t.Errorf("%s: %v, %v", system, firm, l)
		}
	}
}

// TestR38AnIdThatIsAlsoANumberTiesNobodyElse: another's number that reads like an id of a
// Patient is not that id, and stays when the id comes to be of two.
func TestR38AnIdThatIsAlsoANumberTiesNobodyElse(t *testing.T) {
	s := table(t)
	ana, ben := stele.Subject{1}, stele.Subject{2}
	sure(0, s.Link([]Link{{System: "urn:a", Number: "7", Subject: ben}}, Confirmed{}))
	nowhere := func() (bool, error) { return false, nil }
	if tied, err := s.TieID("7", Link{Subject: ana}, nowhere); !tied || err != nil {
		t.Errorf("the id is not hers: %v, %v", tied, err)
	}
	lost := errors.New("the memory can't be read")
	if tied, err := s.TieID("8", Link{Subject: ana}, func() (bool, error) { return false, lost }); tied || !errors.Is(err, lost) {
		t.Errorf("nobody knows whether it is another's: %v, %v", tied, err)
	}
	if tied, err := s.TieID("7", Link{Subject: ben}, nowhere); tied || err != nil || len(now(s)) != 1 || now(s)[0].System != "urn:a" {
		t.Errorf("an id of two: %v, %v, %v", tied, err, now(s))
	}
}

// TestANumberOfNinesIsLinkedWhereThatIsSaid: whoever says that it is somebody's is believed; of another placeholder nobody is.
func TestANumberOfNinesIsLinkedWhereThatIsSaid(t *testing.T) {
	all := table(t)
	for number, nines := range map[string]bool{"A-999": true, "9999": true, "000": false, "999999999": false, "n/a": false} {
		link := []Link{{Number: number, Name: "Alvar, Ana", Subject: stele.SubjectOf([]byte("ana"))}}
		err := all.Link(link, Confirmed{})
		if stele.KindOf(err) != stele.KindUsage || strings.Contains(stele.HintOf(err), "--confirm") != nines {
			t.Errorf("%s: %v; hint: %s", number, err, stele.HintOf(err))
		}
		if err := all.Link(link, Confirmed{Same: true}); (err == nil) != nines {
			t.Errorf("%s, confirmed: %v", number, err)
		}
	}
}
