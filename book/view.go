package book

import "errors"

// View is one state of a book.
type View struct {
	book *Book
	from Snapshot
	next *state // of a change; nil elsewhere
}

// Reader is a Book, of which each question has the state of its moment, a View, or a
// Change, which sees its own changes.
type Reader interface{ view(func(*View) error) error }

func (b *Book) view(f func(*View) error) error { return b.View(f) }

func (v *View) view(f func(*View) error) error { return f(v) }

func (v *View) drawer(name string) *drawer { return v.book.drawers.of(name) }

// get returns what stands under a key, or nil.
func (v *View) get(key []byte) ([]byte, error) {
	value, found, err := v.from.Get(key)
	switch {
	case err != nil:
		return nil, fault("read book", err)
	case !found:
		return nil, nil
	case value == nil:
		return []byte{}, nil
	}
	return value, nil
}

// row returns what a row says, nil where there is none.
func (v *View) row(d *drawer, i id) ([]byte, error) {
	sealed, err := v.get(d.key(i))
	if sealed == nil {
		return nil, err
	}
	return d.open(i, sealed)
}

// scan visits the keys that begin with prefix, in order, until visit returns false.
// Keys and values are valid during the visit only.
func (v *View) scan(prefix []byte, visit func(key, value []byte) (more bool, err error)) error {
	var ended error // of a visit
	err := v.from.Scan(prefix, func(key, value []byte) (more bool) {
		more, ended = visit(key, value)
		return more && ended == nil
	})
	if ended == nil && err != nil {
		return fault("read book", err)
	}
	return ended
}

// put writes a row, over the one that is there.
func (c *Change) put(d *drawer, i id, plain []byte) error {
	if err := c.drop(d, i); err != nil {
		return err
	}
	return c.insert(d, i, plain)
}

// insert writes a row where there is none.
func (c *Change) insert(d *drawer, i id, plain []byte) error {
	sealed := d.seal(i, plain)
	c.next.Sum.add(d.weighs(i, sealed))
	c.next.Rows[d.name]++
	return c.set(d.key(i), sealed)
}

// drop removes a row, if it is there.
func (c *Change) drop(d *drawer, i id) error {
	sealed, err := c.get(d.key(i))
	if sealed == nil {
		return err
	}
	c.next.Sum.remove(d.weighs(i, sealed))
	c.next.Rows[d.name]--
	return c.clear(d.key(i))
}

func (c *Change) set(key, value []byte) error {
	c.some = true
	if err := c.batch.Set(key, value); err != nil {
		return fault("change book", err)
	}
	return nil
}

func (c *Change) clear(key []byte) error {
	c.some = true
	if err := c.batch.Delete(key); err != nil {
		return fault("change book", err)
	}
	return nil
}

// whole keeps what went wrong with a row of which a part may be written: then the change
// is not made, whatever the one who makes it says.
func (c *Change) whole(err error) error {
	if err != nil {
		c.broken = errors.Join(c.broken, err)
	}
	return err
}
