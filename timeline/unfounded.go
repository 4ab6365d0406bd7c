package timeline

import (
	"cmp"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
)

// Unfounded is what a story says to be none though the whole, of which it tells a part, has something of the kind
// that the part does not tell: "no known allergies" where an allergy is kept back. The wallets of its owner alone
// have the whole; whoever has the part cannot know.
func (s Story) Unfounded(whole Story) (none []Entry) {
	told, untold := map[stele.ID]bool{}, map[string]bool{}
	s.positive(func(e Entry) {
		for _, v := range e.Vouched {
			told[v.Handle] = true
		}
	})
	whole.positive(func(e Entry) {
		if slices.ContainsFunc(e.Vouched, func(v Vouch) bool { return told[v.Handle] }) {
			return
		}
		untold[cmp.Or(nowWord(e), kindWord(e.Kind))] = true
		if e.Allergy { // which may be told as a problem
			untold["allergy"] = true
		}
	})
	return slices.DeleteFunc(slices.Clone(s.Absent), func(e Entry) bool { return !untold[e.Under] })
}

// positive looks at what is so, what may be so, and what happened.
func (s Story) positive(look func(Entry)) {
	for _, e := range slices.Concat(s.Now, s.Unclear) {
		look(e)
	}
	s.each(func(e Entry) {
		if e.Stands == telling.Happened && !e.Absent {
			look(e)
		}
	})
}
