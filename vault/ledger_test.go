package vault

import (
	"sync"

	"github.com/stele-health/stele"
)

// memory is a ledger in memory: what a node would say, without consensus.
type memory struct {
	mu         sync.Mutex
	newest     stele.Block
	subjects   map[stele.Subject]stele.Keys
	grants     map[stele.ID]stele.Grant
	accesses   map[stele.ID]stele.Access
	anchors    map[stele.ID]stele.Anchor
	consortium stele.Consortium
}

func absent() error { return stele.E("test ledger", stele.KindNotFound, "absent", nil) }

func lookup[K comparable, T any](m *memory, table map[K]T, k K) (T, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	got, ok := table[k]
	if !ok {
		return got, absent()
	}
	return got, nil
}

func (m *memory) Newest() stele.Block {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.newest
}

func (m *memory) Subject(s stele.Subject) (stele.Keys, error) { return lookup(m, m.subjects, s) }

func (m *memory) Grant(id stele.ID) (stele.Grant, error) { return lookup(m, m.grants, id) }

func (m *memory) Access(id stele.ID) (stele.Access, error) { return lookup(m, m.accesses, id) }

func (m *memory) Anchor(s stele.Subject, id stele.ID) (stele.Anchor, error) {
	a, err := lookup(m, m.anchors, id)
	if err == nil && a.Subject != s {
		err = absent()
	}
	return a, err
}

func (m *memory) Consortium() (stele.Consortium, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.consortium, nil
}

func (m *memory) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}
