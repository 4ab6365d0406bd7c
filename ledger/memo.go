package ledger

import (
	"bytes"
	"hash/maphash"
	"sync"
)

// memo is a bounded memory in two generations: when the young one is full it
// becomes the old one, and what was old is forgotten. What is found is young
// again.
type memo[V any] struct {
	limit int // bytes of keys in each generation
	seed  maphash.Seed

	mu         sync.Mutex
	young, old map[uint64]remembered[V] // by the hashes of their keys, of which each has one
	size       int                      // bytes of young keys
}

type remembered[V any] struct {
	key   []byte
	value V
}

func newMemo[V any](limit int) *memo[V] { return &memo[V]{limit: limit, seed: maphash.MakeSeed()} }

func (m *memo[V]) get(key []byte) (value V, ok bool) {
	hash := maphash.Bytes(m.seed, key)
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.young[hash]; ok && bytes.Equal(r.key, key) {
		return r.value, true
	}
	if r, ok := m.old[hash]; ok && bytes.Equal(r.key, key) {
		m.keep(hash, r)
		return r.value, true
	}
	return value, false
}

// put remembers a value. The key is not to be changed afterwards.
func (m *memo[V]) put(key []byte, value V) {
	hash := maphash.Bytes(m.seed, key)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep(hash, remembered[V]{key, value})
}

func (m *memo[V]) keep(hash uint64, r remembered[V]) {
	if m.young == nil || m.size > m.limit {
		m.old, m.young, m.size = m.young, make(map[uint64]remembered[V], len(m.young)), 0
	}
	m.young[hash] = r
	m.size += len(r.key)
}
