package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
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
	words := []string{links.NumberOf(linked)}
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
// against two being one. Only an organisation has such a table; whose it is otherwise is the word of
// whom by names.
func (f *Face) sayKnown(s *client.Session, about []stele.Subject, by string) error {
	for i, subject := range about {
		head := "About "
		if len(about) == 2 {
			head = []string{"The one chart: ", "The other, into which it is merged: "}[i]
		}
		text := head + subject.String()
		is, known := "", false
		if s.Kind() == wallet.Organisation {
			is, known = Known(s, subject)
		}
		switch {
		case known:
			text += ", " + is + "."
		case subject == s.Subject():
			text += ", your own."
		case s.Kind() == wallet.Organisation:
			text += ", not known here: your link table does not know whose chart it is, and what is said of that is the word of " + by + "."
		default:
			text += ", not known here: whose chart it is is the word of " + by + "."
		}
		f.SayWrapped(text)
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

// recipientText is what the card of whom a proposal gives to says of them, held against the name that
// stands in the proposal; by proposed it. err is why there is no card.
func recipientText(to consent.Party, card, described string, err error, by string) string {
	switch {
	case err != nil:
		return "Look again: the card of " + to.Subject.String() + " could not be looked up (" + Sentence(err) + "); that it is " + to.Name + " is the word of " + by + " alone."
	case stele.Fold(card) != stele.Fold(to.Name):
		return "Look again: by the card " + to.Subject.String() + " is " + described + ", and the proposal calls them " + to.Name + "."
	}
	return "It gives to " + described + ": the card of " + to.Subject.String() + " says so."
}

// sayRecipient looks up the card of whom a grant is given to, and says whether it bears the name out.
func (f *Face) sayRecipient(ctx context.Context, s *client.Session, p *wallet.Proposal, by string) {
	if p.Grant == nil || p.Grant.Actor.Party.Subject.IsZero() {
		return
	}
	card, described := "", ""
	c, err := s.Find(ctx, p.Grant.Actor.Party.Subject.String())
	if err == nil {
		card, described = c.Card.Name, s.Describe(c)
	}
	f.SayWrapped(recipientText(p.Grant.Actor.Party, card, described, err, by))
}
