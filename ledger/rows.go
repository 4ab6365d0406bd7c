package ledger

import (
	"hash/maphash"
	"sync/atomic"
)

// rows remembers rows of the newest committed state, and which are not there,
// so that what a transaction was admitted on, its block finds at hand. It is a
// pure cache: a reader sees its own state, with the memory or without it.
//
// Each reader and each row of the memory belong to one version of the state. A
// commit first makes the version new, then brings in line what it has written;
// so a row that is found while the version stays is of that version.
type rows struct {
	version atomic.Uint64
	seed    maphash.Seed
	shards  [rowShards]shard
	recent  recent
	ids     ids
}

const (
	rowShards = 16
	rowMemory = 48 << 20 // bytes, of all shards
)

// newRows returns an empty memory of a store's state. What it must know from the
// start, it reads.
func newRows(s Reader) *rows {
	r := &rows{seed: maphash.MakeSeed(), ids: ids{filter: newFilter(leastIDBits, mostIDBits)}}
	s.Scan([]byte(done.prefix), upTo(done.prefix), func(key, _ []byte) bool {
		r.recent.add(key)
		return true
	})
	r.ids.learn(s)
	return r
}

// shard is where the rows are whose keys end so. Most keys end in an id, drawn at
// random; who draws ids that end alike crowds a part of the memory.
func (r *rows) shard(last byte) *shard { return &r.shards[last%rowShards] }

func (r *rows) hash(key []byte) uint32 { return uint32(maphash.Bytes(r.seed, key)) }

// passing reports whether rows of a prefix are not remembered: what is written once
// and then read by those who fetch logs, hardly ever by a block, and the time index.
func passing(prefix byte) bool {
	return prefix == prefixEvent || prefix == prefixBlock || prefix == prefixDue
}

// at returns a reader of a committed state. Only the newest is remembered.
func (r *rows) at(f *frozen) Reader { return &remembering{f.state, r, f.version} }

// committed brings the memory in line with a block: what was written of late is soon
// read. Readers from before go past it from now on.
func (r *rows) committed(c *changes) {
	r.version.Add(1)
	for _, row := range c.written.rows {
		key := row.key
		found := idTables.find(key)
		switch {
		case done.holds(key):
			r.recent.add(key)
			continue
		case passing(key[0]):
			continue
		case found != anything && row.value != nil:
			r.ids.take(key)
		}
		if found != mostlyNone {
			r.shard(key[len(key)-1]).write(r.hash(key), key, row.value)
		}
	}
}

// remembering reads one version of the state through the memory.
type remembering struct {
	Reader
	rows    *rows
	version uint64
}

// Get returns the value, or nil. It is not to be changed.
func (m *remembering) Get(key []byte) []byte {
	found := idTables.find(key)
	switch {
	case done.holds(key) && !m.rows.recent.mayHold(key), found == mostlyNone && m.rows.ids.new(key):
		return nil
	case done.holds(key), found == mostlyNone, passing(key[0]):
		return m.Reader.Get(key)
	}
	s, hash := m.rows.shard(key[len(key)-1]), m.rows.hash(key)
	if value, ok := s.get(hash, key); ok && m.rows.version.Load() == m.version {
		return value
	}
	if found == mostlyThere && m.rows.ids.new(key) {
		return nil
	}
	value := m.Reader.Get(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.rows.version.Load() == m.version {
		s.put(hash, key, value)
	}
	return value
}
