package book

import (
	"encoding/json"

	"github.com/stele-health/stele"
)

// settings is the drawer of all Values.
const settings = "settings"

// Value describes a row of its own.
type Value[T any] struct{ Name string }

// Get returns the value, zero where none was set.
func (s Value[T]) Get(r Reader) (value T, err error) {
	v := r.view()
	d := v.drawer(settings)
	raw, err := v.row(d, d.named([]byte(s.Name)))
	if raw == nil || err != nil {
		return value, err
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return value, unreadable(s.Name, err)
	}
	return value, nil
}

// Set writes the value.
func (s Value[T]) Set(c *Change, value T) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return stele.E("change book", stele.KindOther, s.Name+" can't be written", err)
	}
	d := c.drawer(settings)
	return c.whole(c.put(d, d.named([]byte(s.Name)), raw))
}

// Set describes a set of byte strings. The book can say whether one is in it, and not
// which there are.
type Set struct{ Name string }

// Has reports whether a member is in the set.
func (s Set) Has(r Reader, member []byte) (bool, error) {
	v := r.view()
	d := v.drawer(s.Name)
	there, err := v.get(d.key(d.named(member)))
	return there != nil, err
}

// Add puts members in. One that is there already stays.
func (s Set) Add(c *Change, members ...[]byte) error {
	d := c.drawer(s.Name)
	for _, m := range members {
		key := d.key(d.named(m))
		there, err := c.get(key)
		if err == nil && there == nil {
			c.next.Rows[s.Name]++
			err = c.set(key, nil)
		}
		if err != nil {
			return c.whole(err)
		}
	}
	return nil
}

// Len returns how many members there are.
func (s Set) Len(r Reader) (int, error) {
	now, err := r.view().state()
	return int(now.Rows[s.Name]), err
}
