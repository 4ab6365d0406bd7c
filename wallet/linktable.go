package wallet

import (
	"sync"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/intake"
)

// LinkTable is the link table as intake finds links in it: in their place, the same
// answer again from memory. Its first error stays, and what was decided by it does not
// count.
type LinkTable struct {
	w *Wallet

	mu     sync.Mutex
	known  map[string][]intake.Link // by index and word
	failed error
}

// LinkTable finds links of the wallet for one import.
func (w *Wallet) LinkTable() *LinkTable {
	return &LinkTable{w: w, known: map[string][]intake.Link{}}
}

// Err is why something could not be found out.
func (t *LinkTable) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// find lists the links that have a word, those that fit. With first it is one of them.
func (t *LinkTable) find(x *book.Index[Link], place, word string, first bool, fits func(Link) bool) []intake.Link {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := place + "\x00" + word
	links, known := t.known[key]
	if known || t.failed != nil {
		return links
	}
	t.failed = t.w.learned.View(func(v *book.View) error {
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
	t.known[key] = links
	return links
}

func (t *LinkTable) Numbered(number string) []intake.Link {
	return t.find(linkByNumber, "number", number, false, nil)
}

func (t *LinkTable) Near(near string) []intake.Link {
	return t.find(linkByNear, "near", near, false, nil)
}

func (t *LinkTable) Of(subject stele.Subject) []intake.Link {
	return t.find(linkBySubject, "subject", string(subject[:]), false, nil)
}

func (t *LinkTable) Born(date string) []intake.Link {
	return t.find(linkByBorn, "born", date, false, nil)
}

func (t *LinkTable) Called(key string) []intake.Link {
	return t.find(linkByCalled, "called", key, false, nil)
}

func (t *LinkTable) Firm(system string, but stele.Subject) (intake.Link, bool) {
	another := func(l Link) bool { return l.Subject != but || but.IsZero() }
	found := t.find(linkBySystem, "system"+string(but[:]), system, true, another)
	if len(found) == 0 {
		return intake.Link{}, false
	}
	return found[0], true
}

func (l Link) forIntake() intake.Link {
	return intake.Link{System: l.System, Number: l.Number, Subject: l.Subject, Name: l.Name, Also: l.Also, Born: l.Born, Sex: l.Sex, Firm: l.Firm}
}
