package timeline

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stele-health/stele/telling"
)

// heading gathers what the sources say of the person. The words are those of the
// first; where another contradicts them, both are said and by whom: it may be
// another person's chart.
type heading struct {
	text  string
	died  bool
	facts [3][]claim // sex, birth, death
}

// claim is one value and who says it.
type claim struct {
	value, words string
	by           []string
}

func (h *heading) add(p telling.Person, it Item) {
	if h.text == "" {
		h.text, h.died = p.Words, p.Died != "" || p.Dead == "yes"
	}
	by := cmp.Or(telling.Clean(it.SourceName), it.Source.Short())
	h.claim(0, p.Sex, p.Sex, by)
	h.claim(1, p.Born, "born "+telling.Day(p.Born), by)
	switch {
	case p.Died != "":
		h.claim(2, p.Died, "died "+telling.Day(p.Died), by)
	case p.Dead == "yes":
		h.claim(2, "died", "deceased", by)
	case p.Dead == "no":
		h.claim(2, "alive", "not deceased", by)
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

// say says the heading. That somebody died is not believed of the second who
// says so, nor kept quiet.
func (h *heading) say() (string, bool) {
	out := []string{h.text}
	for fact, list := range h.facts {
		disagree := slices.ContainsFunc(list, func(a claim) bool {
			return slices.ContainsFunc(list, func(b claim) bool { return contradict(a.value, b.value) })
		})
		if disagree {
			var all []string
			for _, c := range list {
				all = append(all, c.said())
			}
			out = append(out, "sources disagree: "+strings.Join(all, "; "))
			continue
		}
		if fact == 2 && !h.died { // who is silent of a death does not deny it
			for _, c := range list {
				if c.value != "alive" {
					out = append(out, c.said())
				}
			}
		}
	}
	return joined(" · ", out...), h.died
}

func (c claim) said() string {
	verb := ", says "
	if len(c.by) > 1 {
		verb = ", say "
	}
	return c.words + verb + strings.Join(c.by, " and ")
}

// contradict reports whether two values cannot both be so: a year is no other
// than a day of it, and who knows the day of a death says no other than who does
// not.
func contradict(a, b string) bool {
	if a == "died" && b != "alive" || b == "died" && a != "alive" {
		return false
	}
	return !strings.HasPrefix(a, b) && !strings.HasPrefix(b, a)
}
