package booktest

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
)

// Memory is stores in memory, as small as stores can be: nothing of them outlives the
// process, and a change costs as much as all that is there. Its zero value has none.
type Memory struct {
	mu     sync.Mutex
	stores map[string]*memory
}

type memory struct {
	mu   sync.Mutex
	open bool
	rows map[string][]byte // as of the last batch; never written into
}

// Open is as book.Stores says.
func (m *Memory) Open(name string) (book.Store, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stores == nil {
		m.stores = map[string]*memory{}
	}
	s, ok := m.stores[name]
	if !ok {
		s = &memory{}
		m.stores[name] = s
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open {
		return nil, stele.E("open book", stele.KindOther, "the store is open: "+name, nil).WithHint("close it first")
	}
	s.open = true
	return s, nil
}

// Remove is as book.Stores says.
func (m *Memory) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.stores, name)
	return nil
}

// Copy puts what a store has now in the place of another, as a backup is put back.
func (m *Memory) Copy(from, to string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stores[to] = &memory{rows: m.stores[from].now()}
}

func (s *memory) now() map[string][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows
}

func (s *memory) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = false
	return nil
}

func (s *memory) Snapshot() (book.Snapshot, error) { return snapshot{s.now()}, nil }

func (s *memory) Begin() (book.Batch, error) {
	mine := map[string][]byte{}
	maps.Copy(mine, s.now())
	return batch{snapshot{mine}, s}, nil
}

type snapshot struct{ rows map[string][]byte }

func (s snapshot) Get(key []byte) ([]byte, bool, error) {
	value, found := s.rows[string(key)]
	return bytes.Clone(value), found, nil
}

func (s snapshot) Scan(prefix []byte, visit func(key, value []byte) (more bool)) error {
	var keys []string
	for key := range s.rows {
		if strings.HasPrefix(key, string(prefix)) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		if !visit([]byte(key), s.rows[key]) {
			return nil
		}
	}
	return nil
}

func (snapshot) Close() {}

type batch struct {
	snapshot
	store *memory
}

func (b batch) Set(key, value []byte) error {
	b.rows[string(key)] = bytes.Clone(value)
	return nil
}

func (b batch) Delete(key []byte) error {
	delete(b.rows, string(key))
	return nil
}

func (b batch) Commit() (wait func() error, err error) {
	b.store.mu.Lock()
	defer b.store.mu.Unlock()
	b.store.rows = b.rows
	return func() error { return nil }, nil
}
