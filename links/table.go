package links

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/intake"
)

// Table is a link table. Its methods are safe for concurrent use; changes go one after
// another.
type Table struct {
	book  *book.Book
	owner Owner

	deciding chan struct{}       // full while somebody goes by the table, see Hold
	changing sync.Mutex          // held while the table, or which systems are the owner's, is changed
	own      atomic.Pointer[own] // as of the last change; nobody writes into it
}

// Owner is whose numbers these are.
type Owner struct {
	Subject stele.Subject // zero for a person: they may be linked themselves
	Name    string
}

// own is what the organisation itself gives numbers and ids in.
type own struct{ systems, late []string }

// Open opens the table that lies in a book.
func Open(b *book.Book, owner Owner) (*Table, error) {
	t := &Table{book: b, owner: owner, deciding: make(chan struct{}, 1)}
	return t, b.View(t.read)
}

// Hold keeps whose a number is as it is until release: for an import, which decides by the
// table whose each record is and delivers by that. One holds at a time, and whoever would
// take a number, an id or a system from somebody waits. It fails when ctx is over.
func (t *Table) Hold(ctx context.Context) (release func(), err error) {
	select {
	case t.deciding <- struct{}{}:
		return func() { <-t.deciding }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// holdTime is how long a change waits for who goes by the table.
const holdTime = 10 * time.Second

// alone is Hold for a change of what somebody may go by. It fails with KindBusy.
func (t *Table) alone(op string) (release func(), err error) {
	ctx, cancel := context.WithTimeout(context.Background(), holdTime)
	defer cancel()
	if release, err = t.Hold(ctx); err != nil {
		return nil, stele.E(op, stele.KindBusy, "records are being imported by the links as they are", nil).
			WithHint("do it when the import has ended; what it delivers meanwhile stands as it was linked when it began")
	}
	return release, nil
}

// read reads which systems are the owner's.
func (t *Table) read(v *book.View) error {
	systems, err := systemsRow.Get(v)
	late, err2 := lateRow.Get(v)
	t.own.Store(&own{systems, late})
	return errors.Join(err, err2)
}

// Systems lists the systems of numbers, and the bases of FHIR servers, that are the
// owner's, in order.
func (t *Table) Systems() []string { return slices.Clone(t.own.Load().systems) }

// Late reports whether a system became the owner's when records of it had come, under ids
// that were made for them: what comes from it gets such, too.
func (t *Table) Late(system string) bool { return slices.Contains(t.own.Load().late, system) }

// Own is what intake must know of the owner's systems.
func (t *Table) Own() *intake.Table {
	o := t.own.Load()
	return &intake.Table{Own: o.systems, Late: o.late}
}

// Count is how many links there are.
func (t *Table) Count() (int, error) { return linkRows.Count(t.book) }

// Contents is all that a table holds.
type Contents struct {
	Systems []string `json:"systems,omitempty"`
	Late    []string `json:"late,omitempty"`   // see Table.Late
	Shared  []string `json:"shared,omitempty"` // ids of Patients that two people had, see Table.TieID
	Links   []Link   `json:"links,omitempty"`
	Moves   []Move   `json:"moves,omitempty"`
}

// Tables are for whoever checks the book as a whole.
func Tables() []book.Checked { return []book.Checked{linkRows, moveRows, newbornRows} }

// Contents reads everything that the table holds.
func (t *Table) Contents() (c Contents, err error) {
	err = t.book.View(func(v *book.View) error {
		var errs [5]error
		c.Systems, errs[0] = systemsRow.Get(v)
		c.Late, errs[1] = lateRow.Get(v)
		c.Shared, errs[2] = sharedRow.Get(v)
		c.Links, errs[3] = book.Values(linkRows.All(v))
		c.Moves, errs[4] = book.Values(moveRows.All(v))
		return errors.Join(errs[:]...)
	})
	return c, err
}

// Fill writes what a table of another form held into an empty book, and compares.
func Fill(b *book.Book, c Contents) error {
	return errors.Join(systemsRow.Fill(b, c.Systems), lateRow.Fill(b, c.Late), sharedRow.Fill(b, c.Shared),
		linkRows.Fill(b, c.Links), moveRows.Fill(b, c.Moves))
}
