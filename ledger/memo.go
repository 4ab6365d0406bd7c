package ledger

import "sync"

// memo is a bounded memory in two generations: when the young one is full it
// becomes the old one, and what was old is forgotten. What is found is young
// again.
type memo[V any] struct {
	mu         sync.Mutex
	limit      int // of the sizes in each generation
	young, old map[string]V
	size       int // of young
	sizeOf     func(key string, value V) int
}

func (m *memo[V]) get(key []byte) (value V, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if value, ok = m.young[string(key)]; ok {
		return value, true
	}
	if value, ok = m.old[string(key)]; ok {
		m.put(string(key), value)
	}
	return value, ok
}

// put remembers a value; m.mu is held.
func (m *memo[V]) put(key string, value V) {
	if m.young == nil || m.size > m.limit {
		m.old, m.young, m.size = m.young, map[string]V{}, 0
	}
	m.young[key] = value
	m.size += m.sizeOf(key, value)
}
