package timeline

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stele-health/stele/telling"
)

// heading gathers what the sources say of the person: name, sex, birth and death. What
// all say is said once; where they differ, each is heard, with who says it: it may be
// another person's chart. None of them is believed before another.
type heading struct {
	facts    [4][]claim
	patients int
	dead     int // how many of the Patients died
}

const (
	called = iota
	sex
	born
	death
)

// claim is one value and who says it.
type claim struct {
	value, words string
	by           []string
}

func (h *heading) add(p telling.Person, it Item) {
	by := cmp.Or(telling.Clean(it.SourceName), it.Source.Short())
	h.patients++
	h.claim(called, strings.ToLower(p.Name), p.Name, by)
	h.claim(sex, p.Sex, p.Sex, by)
	h.claim(born, p.Born, "born "+telling.Day(p.Born), by)
	switch {
	case p.Died != "":
		h.claim(death, p.Died, "died "+telling.Day(p.Died), by)
		h.dead++
	case p.Dead == "yes":
		h.claim(death, "died", "deceased", by)
		h.dead++
	case p.Dead == "no":
		h.claim(death, "alive", "not deceased", by)
	}
}

func (h *heading) claim(fact int, value, words, by string) {
	if value == "" {
		return
	}
	list := h.facts[fact]
	n := slices.IndexFunc(list, func(c claim) bool { return c.value == value })
	if n < 0 {
		list, n = append(list, claim{value: value, words: words}), len(list)
	}
	if !slices.Contains(list[n].by, by) {
		list[n].by = append(list[n].by, by)
	}
	h.facts[fact] = list
}

// say says the heading, and whether the person died: only if no source has them
// otherwise, for whom it is as it was.
func (h *heading) say() (string, bool) {
	died := h.dead > 0 && h.dead == h.patients
	var out []string
	for fact, list := range h.facts {
		slices.SortFunc(list, func(a, b claim) int { return strings.Compare(a.value, b.value) })
		switch {
		case len(list) == 0, len(list) == 1 && list[0].value == "alive":
		case len(list) == 1 && (fact != death || died):
			out = append(out, list[0].words)
		default:
			var all []string
			for _, c := range list {
				all = append(all, c.said())
			}
			words := strings.Join(all, "; ")
			if slices.ContainsFunc(list, func(a claim) bool {
				return slices.ContainsFunc(list, func(b claim) bool { return contradict(fact, a.value, b.value) })
			}) {
				words = "sources disagree: " + words
			}
			out = append(out, words)
		}
	}
	return joined(" · ", out...), died
}

func (c claim) said() string {
	verb := ", says "
	if len(c.by) > 1 {
		verb = ", say "
	}
	slices.Sort(c.by)
	return c.words + verb + strings.Join(c.by, " and ")
}

// contradict reports whether two values cannot both be so: a year is no other than a
// day of it, who knows the day of a death says no other than who does not, and who
// writes only some of a person's names calls them no other.
func contradict(fact int, a, b string) bool {
	switch fact {
	case called:
		return !partOf(a, b) && !partOf(b, a)
	case death:
		if a == "died" && b != "alive" || b == "died" && a != "alive" {
			return false
		}
	}
	return !strings.HasPrefix(a, b) && !strings.HasPrefix(b, a)
}

// partOf reports whether all words of a name are in another.
func partOf(a, b string) bool {
	return allIn(strings.Fields(a), strings.Fields(b))
}
