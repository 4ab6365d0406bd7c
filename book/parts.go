package book

import (
	"iter"
	"strings"

	"github.com/stele-health/stele"
)

// An index by parts has a vocabulary: each word that some row has, once, found by every
// part of it. Names are few beside the people who bear them: so a word costs its dozens
// of parts once, and a search goes from the part to the words, from these to the rows.
//
// Parts are of maxPart letters at most: a longer one is looked for by its first letters
// and compared with the words that these find.
const maxPart = 8

// parts returns the parts of a word, each once.
func parts(word string) []string {
	letters := []rune(word)
	var all []string
	for from := range letters {
		for to := from + 1; to <= min(from+maxPart, len(letters)); to++ {
			all = append(all, string(letters[from:to]))
		}
	}
	return unique(all)
}

// begins returns the part by which a longer one is looked for.
func begins(part string) string {
	letters := []rune(part)
	return string(letters[:min(maxPart, len(letters))])
}

func (v *View) vocabulary(index string) (words, found *drawer) {
	return v.drawer(index + "/words"), v.drawer(index + "/parts")
}

// learn adds a word to the vocabulary, if it is new there.
func learn(c *Change, index, word string) error {
	words, found := c.vocabulary(index)
	i := words.named([]byte(word))
	if there, err := c.get(words.key(i)); there != nil || err != nil {
		return err
	}
	if err := c.insert(words, i, []byte(word)); err != nil {
		return err
	}
	for _, part := range parts(word) {
		if err := c.set(found.place(part).key(i), nil); err != nil {
			return err
		}
	}
	return nil
}

// forget removes a word from the vocabulary when no row has it any more. p is where the
// index keeps its rows.
func forget(c *Change, index, word string, p place) error {
	left := false
	if err := c.having(p, func(id) (bool, error) { left = true; return false, nil }); left || err != nil {
		return err
	}
	words, found := c.vocabulary(index)
	i := words.named([]byte(word))
	if err := c.drop(words, i); err != nil {
		return err
	}
	for _, part := range parts(word) {
		if err := c.clear(found.place(part).key(i)); err != nil {
			return err
		}
	}
	return nil
}

// Search returns the rows in whose text every word of a query occurs, as a whole or as
// a part, each once and in no order. A query without words finds all. The sequence ends
// with the first error.
func (t *Table[T]) Search(r Reader, x *Index[T], query string) iter.Seq2[Row[T], error] {
	wanted := unique(strings.Fields(query))
	if len(wanted) == 0 {
		return t.All(r)
	}
	return func(yield func(Row[T], error) bool) {
		name := t.Name + "/" + x.name
		seen := map[int64]bool{}
		err := r.view(func(v *View) error {
			rarest, err := v.rarest(name, wanted)
			if err != nil {
				return err
			}
			return v.bearing(name, rarest, func(word string, n int64) (bool, error) {
				if seen[n] {
					return true, nil
				}
				seen[n] = true
				row, err := t.led(v, x, n, word)
				if err != nil {
					return false, err
				}
				return !occur(wanted, x.words(row.Value)) || yield(row, nil), nil
			})
		})
		if err != nil {
			yield(Row[T]{}, err)
		}
	}
}

// occur reports whether each of wanted is part of one of the words.
func occur(wanted, words []string) bool {
	for _, w := range wanted {
		found := false
		for _, word := range words {
			found = found || strings.Contains(word, w)
		}
		if !found {
			return false
		}
	}
	return true
}

// bearing calls visit with the rows that have a word of which part is a part, and with
// that word. A row with two such words comes twice.
func (v *View) bearing(index, part string, visit func(word string, n int64) (more bool, err error)) error {
	words, found := v.vocabulary(index)
	rows := v.drawer(index)
	return v.having(found.place(begins(part)), func(i id) (more bool, err error) {
		raw, err := v.row(words, i)
		if err != nil {
			return false, err
		}
		word := string(raw)
		if raw == nil || words.named(raw) != i {
			return false, misleading(nil)
		}
		if more = true; !strings.Contains(word, part) {
			return more, nil
		}
		err = v.having(rows.place(word), func(i id) (bool, error) {
			n, ok := i.number()
			if !ok {
				return false, misleading(nil)
			}
			more, err = visit(word, n)
			return more, err
		})
		return more, err
	})
}

// few is up to how many rows are counted to find out which word of a query few have.
const few = 100

// rarest returns the part that the fewest rows have, as far as few goes.
func (v *View) rarest(index string, wanted []string) (best string, err error) {
	least := few + 1
	for _, part := range wanted {
		rows := 0
		if len(wanted) > 1 {
			err = v.bearing(index, part, func(string, int64) (bool, error) { rows++; return rows < least, nil })
		}
		if err != nil {
			return "", err
		}
		if best == "" || rows < least {
			best, least = part, min(rows, few)
		}
	}
	return best, nil
}

func notFound(err error) bool { return stele.KindOf(err) == stele.KindNotFound }
