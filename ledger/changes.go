package ledger

import (
	"slices"
	"strings"
)

// changes is the state as the block that is being executed sees it: what the
// block has written, over what was committed before. Nothing reaches the store
// before commit, and then each row once, however often the block wrote it.
type changes struct {
	before  Reader
	written map[string][]byte // nil: deleted
	ranges  map[string]string // deleted at the commit: from → to
}

// newChanges returns no changes yet, with room for so many rows before it must grow.
func newChanges(before Reader, room int) *changes {
	return &changes{before: before, written: make(map[string][]byte, room), ranges: map[string]string{}}
}

// Get returns the value, or nil.
func (c *changes) Get(key []byte) []byte {
	if value, ok := c.written[string(key)]; ok {
		return value
	}
	return c.before.Get(key)
}

// Set writes a value, which is not to be changed afterwards.
func (c *changes) Set(key, value []byte) {
	if value == nil {
		value = []byte{}
	}
	c.written[string(key)] = value
}

// Delete removes a key.
func (c *changes) Delete(key []byte) { c.written[string(key)] = nil }

// DeleteRange removes the keys in [from, to) when the block is committed: those
// from before and those that the block wrote. From now on nothing may be read or
// written there.
func (c *changes) DeleteRange(from, to []byte) {
	c.ranges[string(from)] = max(c.ranges[string(from)], string(to))
}

// gone reports whether a key is in a range that is deleted.
func (c *changes) gone(key string) bool {
	for from, to := range c.ranges {
		if key >= from && key < to {
			return true
		}
	}
	return false
}

// Scan visits the keys in [from, to). It looks at everything that the block has
// written, so it is for once or twice a block.
func (c *changes) Scan(from, to []byte, visit func(key, value []byte) bool) {
	var mine []string
	for key := range c.written {
		if key >= string(from) && key < string(to) {
			mine = append(mine, key)
		}
	}
	slices.Sort(mine)
	more := true
	ahead := func(key string) { // visits what the block wrote below a key
		for more && len(mine) > 0 && (key == "" || mine[0] < key) {
			if value := c.written[mine[0]]; value != nil {
				more = visit([]byte(mine[0]), value)
			}
			mine = mine[1:]
		}
	}
	c.before.Scan(from, to, func(key, value []byte) bool {
		ahead(string(key))
		if _, ok := c.written[string(key)]; more && !ok {
			more = visit(key, value)
		}
		return more
	})
	ahead("")
}

// commit stores all of it at once and durably.
func (c *changes) commit(store Store) error {
	rows, size := c.sorted()
	batch := store.Begin(size)
	defer batch.Discard()
	for from, to := range c.ranges {
		batch.DeleteRange([]byte(from), []byte(to))
	}
	for _, row := range rows {
		if row.value == nil {
			batch.Delete([]byte(row.key))
		} else {
			batch.Set([]byte(row.key), row.value)
		}
	}
	return batch.Commit()
}

// sorted lists what is to be stored in the order of keys, for a store takes
// neighbours faster, and its size in bytes.
func (c *changes) sorted() (rows []pair, size int) {
	rows = make([]pair, 0, len(c.written))
	for key, value := range c.written {
		if !c.gone(key) {
			rows = append(rows, pair{key, value})
			size += len(key) + len(value)
		}
	}
	slices.SortFunc(rows, func(a, b pair) int { return strings.Compare(a.key, b.key) })
	return rows, size
}
