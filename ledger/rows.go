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
// and then read by those who fetch logs, hardly ever by a block.
func passing(prefix byte) bool { return prefix == prefixEvent || prefix == prefixBlock }

// at returns a reader of a committed state. Only the newest is remembered.
func (r *rows) at(f *frozen) Reader { return &remembering{f.state, r, f.version} }

// committed brings the memory in line with a block. Readers from before go past
// it from now on.
func (r *rows) committed(c *changes) {
	r.version.Add(1)
	for _, row := range c.written.rows {
		switch key := row.key; {
		case done.holds(key):
			r.recent.add(key)
		case passing(key[0]):
		case row.value != nil && r.ids.take(key):
		default:
			r.shard(key[len(key)-1]).replace(r.hash(key), key, row.value)
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
	if done.holds(key) {
		if !m.rows.recent.mayHold(key) {
			return nil
		}
		return m.Reader.Get(key)
	}
	switch {
	case passing(key[0]):
		return m.Reader.Get(key)
	case m.rows.ids.new(key):
		return nil
	}
	s, hash := m.rows.shard(key[len(key)-1]), m.rows.hash(key)
	if value, ok := s.get(hash, key); ok && m.rows.version.Load() == m.version {
		return value
	}
	value := m.Reader.Get(key)
	if value == nil && isID(key) {
		return nil // as take wants it
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.rows.version.Load() == m.version {
		s.put(hash, key, value)
	}
	return value
}
