package spell

import (
	"fmt"
	"slices"
	"strings"
)

// mistake says what may be wrong with symbols of the right number. What one wrong
// character explains is one wrong character, and so on: the check finds up to four.
func (k kind) mistake(symbols []byte) string {
	rest := k.rest(symbols)
	for at := range symbols {
		if explains(rest, len(symbols), at, at+1) {
			return "the " + k.where(at) + " has a typing error"
		}
	}
	for at := range symbols[1:] {
		by := symbols[at] ^ symbols[at+1]
		if moved(len(symbols), at, by)^moved(len(symbols), at+1, by) != rest {
			continue
		}
		if at/Group == (at+1)/Group {
			return "two characters of the " + k.where(at) + " have changed places"
		}
		return "the last character of the " + k.where(at) + " and the first of the " + k.where(at+1) + " have changed places"
	}
	var suspects []int
	for g := 0; g < len(symbols); g += Group {
		if explains(rest, len(symbols), g, min(g+Group, len(symbols))) {
			suspects = append(suspects, g)
		}
	}
	if len(suspects) == 0 {
		return "there are typing errors in several groups"
	}
	return "the " + k.places(suspects) + " has typing errors"
}

// length says what may be wrong with too few or too many symbols.
func (k kind) length(t typed) string {
	n := len(t.symbols)
	var suspects []int
	switch {
	case n == k.symbols-1:
		for at := range k.symbols { // one that is missing here
			if explains(k.rest(slices.Insert(slices.Clone(t.symbols), at, 0)), k.symbols, at, at+1) {
				suspects = append(suspects, at)
			}
		}
		if len(suspects) > 0 {
			return "a character is missing in the " + k.places(suspects)
		}
	case n == k.symbols+1:
		for at := range t.symbols {
			if k.rest(slices.Delete(slices.Clone(t.symbols), at, at+1)) == 0 {
				suspects = append(suspects, min(at, k.symbols-1))
			}
		}
		if len(suspects) > 0 {
			return "there is a character too many in the " + k.places(suspects)
		}
	}
	short := -1
	for i, g := range t.groups {
		if g != Group && short >= 0 {
			short = -1
			break
		}
		if g != Group {
			short = i
		}
	}
	if short >= 0 && len(t.groups) == (k.symbols+Group-1)/Group {
		return fmt.Sprintf("the %s group has %d characters, and %d belong there", ordinal(short+1), t.groups[short], Group)
	}
	return fmt.Sprintf("that has %d characters, and %s has %d, in groups of %d", n, k.what, k.symbols, Group)
}

// explains reports whether changes of the symbols from one place to before another can
// have made this rest: whether it is a sum of what bits there would do.
func explains(rest uint32, n, from, to int) bool {
	var basis [30]uint32 // by their highest bit
	reduce := func(v uint32) uint32 {
		for bit := len(basis) - 1; bit >= 0; bit-- {
			if v>>bit&1 == 1 {
				v ^= basis[bit]
			}
		}
		return v
	}
	for at := from; at < to; at++ {
		for bit := range 5 {
			v := reduce(moved(n, at, 1<<bit))
			for b := len(basis) - 1; b >= 0; b-- {
				if v>>b&1 == 1 {
					basis[b] = v
					break
				}
			}
		}
	}
	return reduce(rest) == 0
}

// where names the group of a symbol.
func (k kind) where(at int) string { return ordinal(at/Group+1) + " group" }

// places names the groups of symbols, each once.
func (k kind) places(at []int) string {
	var names []string
	for _, a := range at {
		if name := ordinal(a/Group + 1); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " or ") + " group"
}

func ordinal(n int) string {
	switch {
	case n%10 == 1 && n%100 != 11:
		return fmt.Sprintf("%dst", n)
	case n%10 == 2 && n%100 != 12:
		return fmt.Sprintf("%dnd", n)
	case n%10 == 3 && n%100 != 13:
		return fmt.Sprintf("%drd", n)
	}
	return fmt.Sprintf("%dth", n)
}
