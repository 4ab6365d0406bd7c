package labels

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stele-health/stele"
)

// A matcher finds all phrases of a table in a text in one pass (Aho and
// Corasick, CACM 18, 1975). Texts are folded first: lower case, no accents, one
// space for whatever stands between words, and one around the whole.
type matcher struct {
	next   [][symbols]int32 // by state and symbol
	ends   [][]int32        // phrases that end in a state, those of its suffixes included
	phrase []phrase
}

type phrase struct {
	row  *Row
	size int        // of the part that the automaton finds
	rest []tailWord // what has to follow, where a word within has an open end
}

type tailWord struct {
	text string
	open bool
}

// symbols are a space, the letters and the digits.
const symbols = 37

func symbol(c byte) int32 {
	switch {
	case c >= 'a' && c <= 'z':
		return int32(c-'a') + 1
	case c >= '0' && c <= '9':
		return int32(c-'0') + 27
	}
	return 0
}

// newMatcher builds the automaton; bad is the first row that is not a phrase.
func newMatcher(rows []*Row) (m *matcher, bad *Row) {
	m = &matcher{next: make([][symbols]int32, 1), ends: make([][]int32, 1)}
	for _, r := range rows {
		for _, text := range foldings(r.Pattern) {
			head, rest, ok := cutPhrase(text)
			if !ok {
				return nil, r
			}
			m.phrase = append(m.phrase, phrase{r, len(head), rest})
			state := int32(0)
			for i := range len(head) {
				c := symbol(head[i])
				if m.next[state][c] == 0 {
					m.next[state][c] = int32(len(m.next))
					m.next, m.ends = append(m.next, [symbols]int32{}), append(m.ends, nil)
				}
				state = m.next[state][c]
			}
			m.ends[state] = append(m.ends[state], int32(len(m.phrase)-1))
		}
	}
	m.link()
	return m, nil
}

// link makes every state know where to go on when the next letter does not fit.
func (m *matcher) link() {
	fail := make([]int32, len(m.next))
	var queue []int32
	for c := range symbols {
		if s := m.next[0][c]; s != 0 {
			queue = append(queue, s)
		}
	}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		m.ends[state] = append(slices.Clip(m.ends[state]), m.ends[fail[state]]...)
		for c := range symbols {
			to := m.next[state][c]
			if to == 0 {
				m.next[state][c] = m.next[fail[state]][c]
				continue
			}
			fail[to] = m.next[fail[state]][c]
			queue = append(queue, to)
		}
	}
}

// cutPhrase takes a folded pattern apart: what the automaton looks for, with a
// space where a word has to begin or end, and the words after the first open
// end.
func cutPhrase(text string) (head string, rest []tailWord, ok bool) {
	list := strings.Fields(text)
	for i, w := range list {
		start, open := strings.HasPrefix(w, "*"), strings.HasSuffix(w, "*") && len(w) > 1
		w = strings.TrimSuffix(strings.TrimPrefix(w, "*"), "*")
		if w == "" || strings.Contains(w, "*") || start && i > 0 {
			return "", nil, false
		}
		switch {
		case rest != nil || i > 0 && strings.HasSuffix(list[i-1], "*"):
			rest = append(rest, tailWord{w, open})
			continue
		case !start:
			head += " "
		}
		head += w
		if !open && i == len(list)-1 {
			head += " "
		}
	}
	return head, rest, len(strings.TrimSpace(head)) >= 2
}

// A match is a phrase in a text, from and to which byte of the folded text.
type match struct {
	row      *Row
	from, to int
}

// find appends the matches in a folded text, without those that a longer
// ordinary phrase covers ("hearing aids").
func (m *matcher) find(text []byte, out []match) []match {
	state, start, ordinary := int32(0), len(out), false
	for i, c := range text {
		state = m.next[state][symbol(c)]
		for _, p := range m.ends[state] {
			ph := &m.phrase[p]
			to, ok := followed(text, i+1, ph.rest)
			if !ok {
				continue
			}
			if ph.row.ordinary { // it stands for its last word whole
				ordinary = true
				for to < len(text) && text[to-1] != ' ' {
					to++
				}
			}
			out = append(out, match{ph.row, i + 1 - ph.size, to})
		}
	}
	if !ordinary {
		return out
	}
	all, kept := slices.Clone(out[start:]), out[:start]
	for i, h := range all {
		if h.row.ordinary || !near(all, i, func(o match) bool { return o.row.ordinary && o.from <= h.from && h.to <= o.to }) {
			kept = append(kept, h)
		}
	}
	return kept
}

// near reports whether ok holds for a match around the i-th: they are in order of
// their ends, and a phrase is not longer than a pattern may be.
func near(all []match, i int, ok func(match) bool) bool {
	for k := i - 1; k >= 0 && all[k].to+2*maxPattern > all[i].to; k-- {
		if ok(all[k]) {
			return true
		}
	}
	for k := i + 1; k < len(all) && all[k].to < all[i].to+2*maxPattern; k++ {
		if ok(all[k]) {
			return true
		}
	}
	return false
}

// followed reports whether the words of rest come next, where the word at hand
// may go on first, and where they end.
func followed(text []byte, at int, rest []tailWord) (end int, ok bool) {
	for _, w := range rest {
		for at < len(text) && text[at] != ' ' {
			at++
		}
		at++
		if at+len(w.text) > len(text) || string(text[at:at+len(w.text)]) != w.text {
			return 0, false
		}
		if at += len(w.text); !w.open && at < len(text) && text[at] != ' ' {
			return 0, false
		}
	}
	return at, true
}

// fold appends a text in the letters that phrases are written in.
func fold(text, out []byte) []byte {
	out, _ = foldText(text, out)
	return out
}

// foldText folds and tells whether a word is of mixed scripts.
func foldText(text, out []byte) (folded []byte, odd bool) {
	if n := len(out); n == 0 || out[n-1] != ' ' {
		out = append(out, ' ')
	}
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			if c = asciiFold[c]; c != ' ' || out[len(out)-1] != ' ' {
				out = append(out, c)
			}
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		var s string
		if usualLetter(r) {
			s = foldRune(r)
		} else {
			var mixed bool
			s, mixed = oddLetter(r, text, i, out)
			odd = odd || mixed
		}
		i += n
		if s != "" && s[0] == ' ' && out[len(out)-1] == ' ' {
			s = s[1:]
		}
		out = append(out, s...)
	}
	if out[len(out)-1] != ' ' {
		out = append(out, ' ')
	}
	return out, odd
}

var asciiFold = func() (t [utf8.RuneSelf]byte) {
	for c := range t {
		switch {
		case c >= 'A' && c <= 'Z':
			t[c] = byte(c) | 0x20
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			t[c] = byte(c)
		default:
			t[c] = ' '
		}
	}
	return t
}()

// usualLetter reports whether a character is of the alphabets of Europe's Latin
// script, or a sign that stands with them.
func usualLetter(r rune) bool { return r <= 0x24F && r != 0xAD || r >= 0x1E00 && r <= 0x1EFF }

// foldRune writes such a letter without its accent, " " for what is none.
func foldRune(r rune) string {
	if r < 0xC0 {
		return " "
	}
	return plainLetters[r]
}

// plainLetters are the accented Latin letters and what they are without.
var plainLetters = func() map[rune]string {
	m := map[rune]string{}
	for r := rune(0xC0); r <= 0x1EFF; r++ {
		if usualLetter(r) {
			m[r] = " "
			if plain := stele.Fold(string(r)); plain != "" && !strings.ContainsFunc(plain, func(r rune) bool { return r < 'a' || r > 'z' }) {
				m[r] = plain
			}
		}
	}
	return m
}()

var spelledOut = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe", "Ä", "ae", "Ö", "oe", "Ü", "ue")

// foldings are the spellings of a pattern: folded, and with umlauts written out.
func foldings(pattern string) []string {
	one := foldPattern(pattern)
	if two := foldPattern(spelledOut.Replace(pattern)); two != one {
		return []string{one, two}
	}
	return []string{one}
}

// foldPattern folds and keeps the stars.
func foldPattern(pattern string) string {
	var list []string
	for w := range strings.FieldsSeq(pattern) {
		start, open := strings.HasPrefix(w, "*"), strings.HasSuffix(w, "*") && len(w) > 1
		w = strings.TrimSuffix(strings.TrimPrefix(w, "*"), "*")
		if strings.Contains(w, "*") {
			return "" // no phrase
		}
		w = strings.TrimSpace(string(fold([]byte(w), nil)))
		if start {
			w = "*" + w
		}
		if open {
			w += "*"
		}
		list = append(list, w)
	}
	return strings.Join(list, " ")
}
