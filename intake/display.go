package intake

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// The words beside a reference are what somebody wrote whose record it is by. They are
// compared with what she is called, and where they name somebody else it is asked.

// nobodyOf reports whether words name a person who has nothing in common with any
// of these names. A number or a role names nobody, nor do fewer words than least.
func nobodyOf(display string, names []string, least int) bool {
	n := parseName(display)
	if len(n.words) < least || n.infant != nil || slices.ContainsFunc(n.words, func(w string) bool { return slices.Contains(noPeople, w) || strings.ContainsAny(w, "0123456789") }) {
		return false
	}
	compared := false
	for _, name := range names {
		o := parseName(name)
		if len(o.words) == 0 || o.script != n.script || onlyInitials(o.words) {
			continue
		}
		compared = true
		for _, w := range n.words {
			if slices.ContainsFunc(o.words, func(v string) bool { return oneGiven(w, v) && !initial(w, v) && !initial(v, w) }) || n.joined(o) {
				return false
			}
		}
	}
	return compared && !onlyInitials(n.words)
}

func onlyInitials(words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return len([]rune(w)) > 1 })
}

// plainDisplay is the name in the words of a reference, without numbers and what says
// that it is a patient; "" where they tell of a relative, or no name.
func plainDisplay(display string) string {
	display, _, _ = strings.Cut(display, "(")
	var parts []string
	for _, part := range strings.SplitN(display, ",", 2) {
		var kept []string
		for _, w := range strings.Fields(part) {
			switch folded := strings.Join(words(w), " "); {
			case slices.Contains(relatives, folded):
				return ""
			case folded != "" && !strings.ContainsAny(folded, "0123456789") && !slices.Contains(noNames, folded) && !slices.Contains(recordWords, folded):
				kept = append(kept, w)
			}
		}
		if len(kept) > 0 {
			parts = append(parts, strings.Join(kept, " "))
		}
	}
	return strings.Join(parts, ", ")
}

// alikeIn are, of the names of somebody, the newborn's, or the others, as the words of a
// display are; all of them where there are none of that kind. By what she was called
// before she had a name, any name may be hers.
func alikeIn(display string, names []string) []string {
	baby := parseName(display).infant != nil
	same := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		n := parseName(name)
		return len(n.words) == 0 || (n.infant != nil) != baby
	})
	if len(same) == 0 {
		return names
	}
	return same
}

// babyOf reports whether words call a newborn, and none of the names is a newborn's, or
// the other way round.
func babyOf(display string, names []string) bool {
	n := parseName(display)
	known := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return len(parseName(name).words) == 0 })
	return len(known) > 0 && (n.infant != nil || len(n.words) > 1) && !slices.ContainsFunc(known, func(name string) bool {
		return (parseName(name).infant != nil) == (n.infant != nil)
	})
}

// displaysAnother says why the words of a reference name somebody else than the person
// it leads to: they have no part of her name, or another's given name, or a newborn's; or
// somebody who is linked is called so, and she is less. "" where they do not.
func (s *Survey) displaysAnother(n *node, a answer, t target) string {
	if t.display == "" {
		return ""
	}
	if confirmed, _ := s.wordsConfirmed(n, t); confirmed {
		return ""
	}
	names := slices.Clone(s.table.known(a.subject).Names)
	for _, m := range a.nodes {
		if m.person != nil {
			names = append(names, m.person.known.Names...)
		}
	}
	least := 2
	if len(a.nodes) == 0 && s.isCalled(n, t.to) {
		least = 1 // there is nothing else by which to tell who it is
	}
	return s.wordsOfAnother(t.display, a.subject, names, least)
}

func (s *Survey) wordsOfAnother(display string, subject stele.Subject, names []string, least int) string {
	if nobodyOf(display, names, least) {
		return fmt.Sprintf("Its words name another: %q", display)
	}
	said := plainDisplay(display)
	if said == "" {
		return ""
	}
	c := Demographics{Names: []string{said}}.compare(Demographics{Names: alikeIn(said, names)})
	if c.name == otherGiven || babyOf(said, names) {
		return fmt.Sprintf("Its words name another: %q", display)
	}
	for _, other := range s.table.bearing(said) {
		if other != subject && !c.written {
			return fmt.Sprintf("Its words are another patient's name: %q is %s", display, s.table.links.Of(other)[0])
		}
	}
	return ""
}

var (
	// noPeople are words of a reference that is no name.
	noPeople = slices.Concat([]string{"of", "the", "this", "example", "male", "female"}, relatives, recordWords, noNames)
	// relatives are words of whom a name beside them is not.
	relatives   = []string{"self", "mother", "father", "parent", "child", "spouse", "person", "proband", "member"}
	recordWords = []string{"subject", "primary", "test", "record", "id", "mrn"}
)
