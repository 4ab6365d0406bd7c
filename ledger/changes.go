package ledger

import "bytes"

// changes is the state as the block that is being executed sees it: what the
// block has written, over what was committed before. Nothing reaches the store
// before commit, and then each row once, however often the block wrote it.
type changes struct {
	before  Reader
	written *written
	ranges  map[string]string // deleted at the commit: from → to
}

// newChanges returns no changes yet, to be held in w, which is empty.
func newChanges(before Reader, w *written) *changes {
	return &changes{before: before, written: w, ranges: map[string]string{}}
}

// Get returns the value, or nil.
func (c *changes) Get(key []byte) []byte {
	if value, ok := c.written.get(key); ok {
		return value
	}
	return c.before.Get(key)
}

// Set writes a value. Neither it nor the key is to be changed afterwards.
func (c *changes) Set(key, value []byte) {
	if value == nil {
		value = []byte{}
	}
	c.written.set(key, value)
}

// Delete removes a key, which is not to be changed afterwards.
func (c *changes) Delete(key []byte) { c.written.set(key, nil) }

// DeleteRange removes the keys in [from, to) when the block is committed: those
// from before and those that the block wrote. From now on nothing may be read or
// written there.
func (c *changes) DeleteRange(from, to []byte) {
	c.ranges[string(from)] = max(c.ranges[string(from)], string(to))
}

// gone reports whether a key is in a range that is deleted.
func (c *changes) gone(key []byte) bool {
	for from, to := range c.ranges {
		if string(key) >= from && string(key) < to {
			return true
		}
	}
	return false
}

// Scan visits the keys in [from, to). It looks at everything that the block has
// written, so it is for once or twice a block.
func (c *changes) Scan(from, to []byte, visit func(key, value []byte) bool) {
	mine := newWritten()
	for _, r := range c.written.rows {
		if bytes.Compare(r.key, from) >= 0 && bytes.Compare(r.key, to) < 0 {
			mine.rows = append(mine.rows, r)
		}
	}
	order := mine.order()
	more := true
	ahead := func(key []byte) { // visits what the block wrote below a key
		for more && len(order) > 0 && (key == nil || bytes.Compare(mine.rows[order[0].row].key, key) < 0) {
			if r := mine.rows[order[0].row]; r.value != nil {
				more = visit(r.key, r.value)
			}
			order = order[1:]
		}
	}
	c.before.Scan(from, to, func(key, value []byte) bool {
		ahead(key)
		if _, ok := c.written.get(key); more && !ok {
			more = visit(key, value)
		}
		return more
	})
	ahead(nil)
}

// commit stores all of it at once and durably, in the order of keys, for a store takes
// neighbours faster.
func (c *changes) commit(store Store) error {
	size := 0
	for _, r := range c.written.rows {
		size += len(r.key) + len(r.value)
	}
	batch := store.Begin(size)
	defer batch.Discard()
	for from, to := range c.ranges {
		batch.DeleteRange([]byte(from), []byte(to))
	}
	for _, p := range c.written.order() {
		switch r := c.written.rows[p.row]; {
		case c.gone(r.key):
		case r.value == nil:
			batch.Delete(r.key)
		default:
			batch.Set(r.key, r.value)
		}
	}
	return batch.Commit()
}
