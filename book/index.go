package book

import (
	"iter"
	"slices"
	"strings"
)

// Index finds rows by words. Two words are equal when their bytes are: whoever makes
// them folds them first.
type Index[T any] struct {
	name  string
	words func(T) []string
	parts bool
}

// Equal is an index by whole words, of which a row may have any number.
func Equal[T any](name string, words func(T) []string) *Index[T] {
	return &Index[T]{name: name, words: words}
}

// Parts is an index by parts of the words of a text, which is a name or a few.
func Parts[T any](name string, text func(T) string) *Index[T] {
	return &Index[T]{name: name, parts: true, words: func(value T) []string { return strings.Fields(text(value)) }}
}

func (x *Index[T]) wordsOf(value *T) []string {
	if value == nil {
		return nil
	}
	return unique(x.words(*value))
}

// unique sorts words and leaves each once.
func unique(words []string) []string {
	words = slices.Clone(words)
	slices.Sort(words)
	return slices.Compact(words)
}

// without returns those of a that are not in b. Both are sorted.
func without(a, b []string) (left []string) {
	for _, w := range a {
		if _, found := slices.BinarySearch(b, w); !found {
			left = append(left, w)
		}
	}
	return left
}

// change takes a row out of the index as it was and puts it in as it is; nil is none.
func (x *Index[T]) change(c *Change, table string, i id, old, value *T) error {
	was, is := x.wordsOf(old), x.wordsOf(value)
	name := table + "/" + x.name
	d := c.drawer(name)
	for _, w := range without(was, is) {
		p := d.place(w)
		if err := c.clear(p.key(i)); err != nil {
			return err
		}
		if x.parts {
			if err := forget(c, name, w, p); err != nil {
				return err
			}
		}
	}
	for _, w := range without(is, was) {
		if err := c.set(d.place(w).key(i), nil); err != nil {
			return err
		}
		if x.parts {
			if err := learn(c, name, w); err != nil {
				return err
			}
		}
	}
	return nil
}

// having calls visit with the ids of the rows that have a word, in no order.
func (v *View) having(p place, visit func(id) (more bool, err error)) error {
	return v.scan(p.prefix, func(key, _ []byte) (bool, error) {
		if len(key) != len(p.prefix)+len(id{}) {
			return false, misleading(nil)
		}
		return visit(p.id(key))
	})
}

// Find returns the rows that have a word, in order. The sequence ends with the first
// error.
func (t *Table[T]) Find(r Reader, x *Index[T], word string) iter.Seq2[Row[T], error] {
	return func(yield func(Row[T], error) bool) {
		err := r.view(func(v *View) error {
			numbers, err := v.numbers(v.drawer(t.Name + "/" + x.name).place(word))
			for _, n := range numbers {
				row, err := t.led(v, x, n, word)
				if err != nil || !yield(row, nil) {
					return err
				}
			}
			return err
		})
		if err != nil {
			yield(Row[T]{}, err)
		}
	}
}

// numbers returns the numbers of the rows that have a word, in order.
func (v *View) numbers(p place) (found []int64, err error) {
	err = v.having(p, func(i id) (bool, error) {
		n, ok := i.number()
		if !ok {
			return false, misleading(nil)
		}
		found = append(found, n)
		return true, nil
	})
	slices.Sort(found)
	if err != nil {
		return nil, err
	}
	return found, nil
}

// led returns the row to which an index led. A row that is not there, or does not have
// the word, is damage: of the row or of the index.
func (t *Table[T]) led(r Reader, x *Index[T], n int64, word string) (Row[T], error) {
	value, err := t.Get(r, n)
	switch {
	case err != nil && notFound(err):
		return Row[T]{}, misleading(err)
	case err != nil:
		return Row[T]{}, err
	case !slices.Contains(x.words(value), word):
		return Row[T]{}, misleading(nil)
	}
	return Row[T]{n, value}, nil
}

func misleading(err error) error {
	return damaged("read book", "an index of the book is damaged: it leads to a row that is not there, or is another", err)
}
