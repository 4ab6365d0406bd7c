package wallet

import (
	"context"
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// Find returns the one person or organisation that a query means: a DID, words of a
// name, or "NAME at ORGANISATION". A member's own name means the member. Case and
// accents count for nothing. While a member's directory is silent, nobody is chosen by
// a name whom that one may know by the same name: another member may vouch for an
// impostor. It fails with KindNotFound, saying who may have been
// meant, and, listing who was found and where they work, with KindUsage when there
// are several.
func (s *Session) Find(ctx context.Context, query string) (Contact, error) {
	const op = "find"
	name, at := query, ""
	if i := strings.LastIndex(strings.ToLower(query), " at "); i > 0 {
		name, at = query[:i], query[i+len(" at "):]
	}
	found, silent, err := s.Lookup(ctx, name)
	if err != nil {
		return Contact{}, err
	}
	if member, ok := s.memberNamed(query); ok {
		if i := slices.IndexFunc(found, func(c Contact) bool { return c.Subject() == member }); i >= 0 {
			return found[i], nil
		}
		if len(silent) > 0 {
			return Contact{}, stele.E(op, stele.KindUnreachable, "the card of "+query+" was not found, and no answer came from "+strings.Join(silent, ", "), nil).
				WithHint("try again when they are up: stele ledger status")
		}
	}
	silent = slices.DeleteFunc(silent, func(m string) bool { return !strings.Contains(stele.Fold(m), stele.Fold(at)) })
	found = slices.DeleteFunc(found, func(c Contact) bool { return !strings.Contains(stele.Fold(s.Organisation(c)), stele.Fold(at)) })
	named := slices.DeleteFunc(slices.Clone(found), func(c Contact) bool { return stele.Fold(c.Card.Name) != stele.Fold(name) })
	// Members' names are checked to be their own; of two people with one name neither
	// is chosen: one may be an impostor.
	members := slices.DeleteFunc(slices.Clone(named), func(c Contact) bool { return s.memberNames()[c.Subject()] == "" })
	for _, list := range [][]Contact{members, named, found} {
		if len(list) != 1 {
			continue
		}
		if _, notDID := stele.ParseSubject(name); notDID != nil && len(silent) > 0 {
			c := list[0]
			return Contact{}, stele.E(op, stele.KindUnreachable, "that could be "+s.Describe(c)+" ("+c.Subject().String()+"), or somebody of "+strings.Join(silent, ", ")+", whose directory does not answer", nil).
				WithHint("say where they work (\"NAME at ORGANISATION\"), or give the DID")
		}
		return list[0], nil
	}
	if len(found) == 0 && len(silent) > 0 {
		return Contact{}, stele.E(op, stele.KindUnreachable, "nobody of that name has a card at the members that answered; "+strings.Join(silent, ", ")+" did not", nil).
			WithHint("try again when they are up: stele ledger status")
	}
	if len(found) == 0 {
		hint := "stele wallet contacts lists everybody; who has no card gets one by joining at a member, with a wallet of their own"
		if near := s.near(ctx, name); near != "" {
			hint = "did you mean " + near + "?"
		}
		return Contact{}, stele.E(op, stele.KindNotFound, "nobody of that name has a card here", nil).WithHint(hint)
	}
	if len(named) > 0 {
		found = named
	}
	choices := make([]string, 0, maxChoices)
	for _, c := range found[:min(len(found), maxChoices)] {
		choices = append(choices, s.Describe(c)+" ("+c.Subject().String()+")")
	}
	if len(found) > maxChoices {
		choices = append(choices, "somebody else")
	}
	return Contact{}, stele.E(op, stele.KindUsage, "that could be "+strings.Join(choices, " or "), nil).
		WithHint("say where they work (\"NAME at ORGANISATION\"), or give the DID")
}

// memberNamed returns the member that bears a name, exactly.
func (s *Session) memberNamed(query string) (stele.Subject, bool) {
	for _, m := range s.Network.All() {
		if stele.Fold(m.Name) == stele.Fold(query) {
			return m.Subject, true
		}
	}
	return stele.Subject{}, false
}

// maxChoices is how many people an error lists.
const maxChoices = 6

// near says who may have been meant, "" for nobody. It is a favour: who cannot be
// asked now is not waited for twice.
func (s *Session) near(ctx context.Context, query string) string {
	all, err := s.Contacts(ctx, "")
	if err != nil {
		return ""
	}
	byName := map[string]string{}
	var names []string
	for _, c := range all {
		if byName[c.Card.Name] == "" {
			byName[c.Card.Name] = s.Describe(c)
			names = append(names, c.Card.Name)
		}
	}
	var near []string
	for _, name := range stele.Near(query, names) {
		near = append(near, byName[name])
	}
	return strings.Join(near, " or ")
}

// Organisation returns the name of the organisation that a contact acts for: the
// member's, or its DID where it is none; "" for who acts for nobody.
func (s *Session) Organisation(c Contact) string {
	organisation, err := stele.SubjectFrom(c.Card.GetOrganisation())
	if err != nil {
		return ""
	}
	if name := s.memberNames()[organisation]; name != "" {
		return name
	}
	return organisation.String()
}

// Describe names a contact with where they work: nobody is shown by name alone,
// since another member may have people of that name.
func (s *Session) Describe(c Contact) string {
	switch {
	case c.Card.Kind == string(Organisation):
		return c.Card.Name
	case s.Organisation(c) == "":
		return c.Card.Name + " of no organisation"
	}
	return c.Card.Name + " at " + s.Organisation(c)
}

// memberNames are the members' names, as the network file gives them.
func (n *Net) memberNames() map[stele.Subject]string {
	names := make(map[stele.Subject]string, len(n.Network.All()))
	for _, m := range n.Network.All() {
		names[m.Subject] = m.Name
	}
	return names
}
