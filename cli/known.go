package cli

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/wallet"
)

// Known is what somebody is called in the own link table: "whom you know as 4711, Alvar, Ana, born
// 1970-05-01, female", or that it does not know them; is reports whether it does.
func Known(s *client.Session, subject stele.Subject) (text string, is bool) {
	linked, err := s.Links().Of(subject)
	if err != nil || len(linked) == 0 {
		return "whom your link table does not know", false
	}
	words := []string{linked[len(linked)-1].Number}
	person := links.Person(linked)
	if n := len(person.Names); n > 0 {
		words = append(words, person.Names[n-1])
	}
	if person.Born != "" {
		words = append(words, "born "+person.Born)
	}
	if person.Sex != "" {
		words = append(words, person.Sex)
	}
	return "whom you know as " + strings.Join(words, ", "), true
}

// sayKnown says of each whom a proposal is about what the own link table knows, and what speaks
// against two being one. Only an organisation has such a table.
func (f *Face) sayKnown(s *client.Session, about []stele.Subject) error {
	for _, subject := range about {
		text := ":"
		if s.Kind() == wallet.Organisation {
			is, _ := Known(s, subject)
			text = ", " + is + ":"
		}
		f.SayWrapped("About " + subject.String() + text)
	}
	if len(about) != 2 || s.Kind() != wallet.Organisation {
		return nil
	}
	child, why, err := Apart(s, about[0], about[1])
	switch {
	case err != nil:
		return err
	case child:
		f.SayWrapped("Look again: by your link table one is the other's child.")
	case why != "":
		f.SayWrapped("Look again: by your link table the second has " + why + ".")
	}
	return nil
}

// Apart says what in the own link table speaks against two charts being one person's: that one is the
// other's child, or which of name, birth date and sex differ.
func Apart(s *client.Session, a, b stele.Subject) (child bool, why string, err error) {
	var known [2]intake.Demographics
	for i, pair := range [][2]stele.Subject{{a, b}, {b, a}} {
		parents, err := s.Links().ChildOf(pair[0])
		if err != nil {
			return false, "", err
		}
		if slices.ContainsFunc(parents, func(n links.Newborn) bool { return n.Of == pair[1] }) {
			return true, "", nil
		}
		linked, err := s.Links().Of(pair[0])
		if err != nil {
			return false, "", err
		}
		known[i] = links.Person(linked)
	}
	if why = known[0].Differs(known[1]).Question; why == "" { // a sex or a date alone is a slip where one person is linked, and not where two are
		known[0].Names, known[1].Names = nil, nil
		is := known[0].Differs(known[1])
		why = is.Question + is.Note
	}
	return false, why, nil
}
