package book

import "fmt"

// Checked is a Table.
type Checked interface {
	check(k *check) error
}

// check is what Check has seen so far.
type check struct {
	v    *View
	sum  sum
	seen int64 // keys that should be there, and are
	rows map[string]int64
}

// Check reads everything in a book that has these tables, and values: that each
// row opens in its place, that the indexes lead to all rows and to nothing else, and that
// no row was taken out or exchanged for an older one. It fails with KindProof. Changes
// may be made meanwhile.
func (b *Book) Check(all ...Checked) error {
	return b.View(func(v *View) error {
		k := &check{v: v, rows: map[string]int64{}}
		now, err := v.state()
		if err != nil {
			return err
		}
		if err := k.sealed(v.drawer(settings), func(id, []byte) error { return nil }); err != nil {
			return err
		}
		for _, one := range all {
			if err := one.check(k); err != nil {
				return err
			}
		}
		if now.Batch > 0 {
			k.seen++ // the first row
		}
		for name := range union(now.Rows, k.rows) {
			if now.Rows[name] != k.rows[name] {
				return damaged("check book", fmt.Sprintf("%s has %d rows, and should have %d", name, k.rows[name], now.Rows[name]), nil)
			}
		}
		if now.Sum != k.sum {
			return damaged("check book", "a row of the book was exchanged for an older one", nil)
		}
		return k.nothingElse()
	})
}

func union(a, b map[string]int64) map[string]bool {
	both := map[string]bool{}
	for name := range a {
		both[name] = true
	}
	for name := range b {
		both[name] = true
	}
	return both
}

// sealed opens the rows of a drawer and adds them up.
func (k *check) sealed(d *drawer, each func(id, []byte) error) error {
	return k.v.scan(d.tag[:], func(key, value []byte) (bool, error) {
		if len(key) != tagSize+len(id{}) {
			return false, damaged("check book", "a row of "+d.name+" has no place", nil)
		}
		i := id(key[tagSize:])
		plain, err := d.open(i, value)
		if err != nil {
			return false, err
		}
		k.sum.add(d.weighs(i, value))
		k.rows[d.name]++
		k.seen++
		return true, each(i, plain)
	})
}

// led looks whether an index has a row under a word.
func (k *check) led(d *drawer, word string, i id) error {
	there, err := k.v.get(d.place(word).key(i))
	if err == nil && there == nil {
		err = damaged("check book", "an index of the book is damaged: "+d.name+" lacks a row", nil)
	}
	k.seen++
	return err
}

func (t *Table[T]) check(k *check) error {
	err := k.sealed(k.v.drawer(t.Name), func(i id, plain []byte) error {
		value, err := t.decode(plain)
		if err != nil {
			return err
		}
		for _, x := range t.Indexes {
			d := k.v.drawer(t.Name + "/" + x.name)
			for _, word := range x.wordsOf(&value) {
				if err := k.led(d, word, i); err != nil {
					return err
				}
			}
		}
		return nil
	})
	for _, x := range t.Indexes {
		if err == nil && x.parts {
			err = k.vocabulary(t.Name + "/" + x.name)
		}
	}
	return err
}

func (k *check) vocabulary(index string) error {
	words, found := k.v.vocabulary(index)
	return k.sealed(words, func(i id, word []byte) error {
		for _, part := range parts(string(word)) {
			if err := k.led(found, part, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// nothingElse looks whether there are more keys than those that should be there.
func (k *check) nothingElse() error {
	there := int64(0)
	if err := k.v.scan(nil, func(_, _ []byte) (bool, error) { there++; return true, nil }); err != nil {
		return err
	}
	if there != k.seen {
		return damaged("check book", fmt.Sprintf("the book has %d entries, and should have %d", there, k.seen), nil)
	}
	return nil
}
