package steletest

import (
	"sync"

	"github.com/stele-health/stele"
)

// Ledger is a stele.Ledger in memory. Tests write its fields: under the lock (Change)
// where others may read at the same time.
type Ledger struct {
	sync.Mutex
	Block    stele.Block // the newest
	Subjects map[stele.Subject]stele.Keys
	Grants   map[stele.ID]stele.Grant
	Accesses map[stele.ID]stele.Access
	Anchors  map[stele.ID]stele.Anchor
	Network  stele.Consortium
	Statuses map[stele.Subject]stele.StatusList

	OnNewest func() // called each time somebody asks for the newest block; may be nil
}

var _ stele.Ledger = (*Ledger)(nil)

// NewLedger is a ledger of nobody, with no block.
func NewLedger() *Ledger {
	return &Ledger{
		Subjects: map[stele.Subject]stele.Keys{}, Grants: map[stele.ID]stele.Grant{},
		Accesses: map[stele.ID]stele.Access{}, Anchors: map[stele.ID]stele.Anchor{}, Statuses: map[stele.Subject]stele.StatusList{},
	}
}

// Change writes under the lock.
func (l *Ledger) Change(write func()) {
	l.Lock()
	defer l.Unlock()
	write()
}

func absent() error { return stele.E("test ledger", stele.KindNotFound, "absent", nil) }

func look[K comparable, V any](l *Ledger, rows map[K]V, key K) (V, error) {
	l.Lock()
	defer l.Unlock()
	row, ok := rows[key]
	if !ok {
		return row, absent()
	}
	return row, nil
}

// Newest returns the newest block.
func (l *Ledger) Newest() stele.Block {
	if l.OnNewest != nil {
		l.OnNewest()
	}
	l.Lock()
	defer l.Unlock()
	return l.Block
}

// Subject returns a subject's keys.
func (l *Ledger) Subject(s stele.Subject) (stele.Keys, error) { return look(l, l.Subjects, s) }

// Grant returns a grant as of the newest block: its end holds by comparison.
func (l *Ledger) Grant(id stele.ID) (stele.Grant, error) {
	g, err := look(l, l.Grants, id)
	if err == nil && g.Status == stele.GrantActive && !l.Newest().Time.Before(g.End) {
		g.Status = stele.GrantEnded
	}
	return g, err
}

// Access returns a permitted access.
func (l *Ledger) Access(request stele.ID) (stele.Access, error) { return look(l, l.Accesses, request) }

// Anchor returns the anchor of a subject's submission.
func (l *Ledger) Anchor(subject stele.Subject, submission stele.ID) (stele.Anchor, error) {
	a, err := look(l, l.Anchors, submission)
	if err == nil && a.Subject != subject {
		err = absent()
	}
	return a, err
}

// StatusList returns a subject's newest status list.
func (l *Ledger) StatusList(issuer stele.Subject) (stele.StatusList, error) {
	return look(l, l.Statuses, issuer)
}

// Consortium returns who runs the network.
func (l *Ledger) Consortium() (stele.Consortium, error) {
	l.Lock()
	defer l.Unlock()
	return l.Network, nil
}
