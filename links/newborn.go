package links

import (
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
)

// Newborn says whose child a patient is, as the organisation knows it. It is not on the ledger,
// and gives nobody any right.
type Newborn struct {
	Child stele.Subject `json:"child"`
	Of    stele.Subject `json:"of"`
	Made  time.Time     `json:"made"`
}

var (
	newbornByChild = book.Equal("child", func(n Newborn) []string { return []string{string(n.Child[:])} })
	newbornByOf    = book.Equal("of", func(n Newborn) []string { return []string{string(n.Of[:])} })
	newbornRows    = &book.Table[Newborn]{Name: "newborns", Indexes: []*book.Index[Newborn]{newbornByChild, newbornByOf}}
)

// LinkNewborn is Link, and notes whose child it is.
func (t *Table) LinkNewborn(links []Link, c Confirmed, of stele.Subject) error {
	t.changing.Lock()
	defer t.changing.Unlock()
	return t.link(links, c, func(rows *book.Change) error {
		return newbornRows.Add(rows, Newborn{Child: links[0].Subject, Of: of, Made: time.Now().UTC()})
	})
}

// ChildOf lists whose child a subject is.
func (t *Table) ChildOf(child stele.Subject) ([]Newborn, error) {
	return book.Values(newbornRows.Find(t.book, newbornByChild, string(child[:])))
}

// ChildrenOf lists the children of a subject.
func (t *Table) ChildrenOf(of stele.Subject) ([]Newborn, error) {
	return book.Values(newbornRows.Find(t.book, newbornByOf, string(of[:])))
}
