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
	err = r.view(func(v *View) error {
		d := v.drawer(settings)
		raw, err := v.row(d, d.named([]byte(s.Name)))
		if raw == nil || err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &value); err != nil {
			return unreadable(s.Name, err)
		}
		return nil
	})
	return value, err
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
