package links

import (
	"sync"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/intake"
)

// Lookup is the link table as intake finds links in it: in their place, the same
// answer again from memory. Its first error stays, and what was decided by it does not
// count.
type Lookup struct {
	book *book.Book

	mu     sync.Mutex
	known  map[string][]intake.Link // by index and word
	failed error
}

// Lookup finds links for one import.
func (t *Table) Lookup() *Lookup {
	return &Lookup{book: t.book, known: map[string][]intake.Link{}}
}

// Err is why something could not be found out.
func (l *Lookup) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// find lists the links that have a word, those that fit. With first it is one of them.
func (l *Lookup) find(x *book.Index[Link], place, word string, first bool, fits func(Link) bool) []intake.Link {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := place + "\x00" + word
	links, known := l.known[key]
	if known || l.failed != nil {
		return links
	}
	l.failed = l.book.View(func(v *book.View) error {
		for row, err := range linkRows.Find(v, x, word) {
			if err != nil {
				return err
			}
			if fits == nil || fits(row.Value) {
				if links = append(links, row.Value.forIntake()); first {
					break
				}
			}
		}
		return nil
	})
	l.known[key] = links
	return links
}

func (l *Lookup) Numbered(number string) []intake.Link {
	return l.find(linkByNumber, "number", number, false, nil)
}

func (l *Lookup) Near(near string) []intake.Link {
	return l.find(linkByNear, "near", near, false, nil)
}

func (l *Lookup) Of(subject stele.Subject) []intake.Link {
	return l.find(linkBySubject, "subject", string(subject[:]), false, nil)
}

func (l *Lookup) Born(date string) []intake.Link {
	return l.find(linkByBorn, "born", date, false, nil)
}

func (l *Lookup) Called(key string) []intake.Link {
	return l.find(linkByCalled, "called", key, false, nil)
}

func (l *Lookup) Firm(system string, but stele.Subject) (intake.Link, bool) {
	another := func(o Link) bool { return o.Subject != but || but.IsZero() }
	found := l.find(linkBySystem, "system"+string(but[:]), system, true, another)
	if len(found) == 0 {
		return intake.Link{}, false
	}
	return found[0], true
}

func (l Link) forIntake() intake.Link {
	return intake.Link{System: l.System, Number: l.Number, Subject: l.Subject, Name: l.Name, Also: l.Also, Born: l.Born, Sex: l.Sex, Firm: l.Firm}
}
