package wallet

import (
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/regular"
)

// A wallet of an earlier release kept what it had learned in one file, .state, sealed,
// which it wrote anew at every step. The book takes it over: all of it or nothing. Until
// the book says that it is whole, the file is the wallet and is not touched; what a crash
// leaves of a book is thrown away then. Once it is whole, it is the wallet, and the file
// is set aside under another name.

const (
	bookSuffix  = ".book"
	stateSuffix = ".state"
	setAside    = ".before-book"
)

// bookWhole says when the book took everything over.
var bookWhole = book.Value[time.Time]{Name: "whole"}

// openBook opens the wallet's book, and takes over what its file holds if that was not
// done yet. restored is for who has put an older book back and knows it. It fails with
// KindProof when something of book or file is damaged, or older than it was, and with
// KindExists when there is a file that is newer than the book.
func (w *Wallet) openBook(restored bool) error {
	cfg := book.Config{Stores: w.stores, Name: w.path + bookSuffix, Key: w.Keyring().Derive("book", nil), Restored: restored}
	b, err := book.Open(cfg)
	if err != nil {
		return w.unopenedBook(err)
	}
	w.learned = b
	var whole time.Time
	if err := b.View(func(v *book.View) (err error) {
		whole, err = bookWhole.Get(v)
		return err
	}); err != nil {
		return w.unopenedBook(err)
	}
	if whole.IsZero() {
		if err := w.takeOver(cfg); err != nil {
			return err
		}
	}
	if err := w.setAside(whole); err != nil {
		return err
	}
	if err = w.read(); err == nil && restored {
		err = w.update(func(s *State) error { // keys that were published since are not known any more
			s.Published = unpublished()
			return nil
		})
	}
	return w.unopenedBook(err)
}

// read reads what is kept at hand of the book.
func (w *Wallet) read() (err error) {
	owner := links.Owner{Subject: w.Subject(), Name: w.Name()}
	if w.Kind() == Patient { // who may be linked at a practice of her own
		owner.Subject = stele.Subject{}
	}
	if w.links, err = links.Open(w.learned, owner); err != nil {
		return err
	}
	return w.learned.View(func(v *book.View) error {
		s, err := stateIn(v)
		w.state.Store(&s)
		return err
	})
}

// unopenedBook tells who can't open the book what to do.
func (w *Wallet) unopenedBook(err error) error {
	if stele.KindOf(err) != stele.KindProof {
		return err
	}
	return stele.E("open wallet", stele.KindProof, "what the wallet has learned is damaged, or older than it was", err).
		WithHint("put " + filepath.Base(w.path) + bookSuffix + " and " + filepath.Base(w.path) + bookSuffix + book.MarkSuffix +
			" back from the newest backup, both of one moment, and then, as a copy does not know what was learned since: stele wallet restored")
}

// takeOver makes a book of what the wallet's file holds; of nothing, where there is none.
func (w *Wallet) takeOver(cfg book.Config) error {
	learned, err := w.readState()
	if err != nil {
		return err
	}
	if err := w.learned.Close(); err != nil {
		return err
	}
	w.learned = nil
	if err := w.removeBook(); err != nil {
		return err
	}
	if w.learned, err = book.Open(cfg); err != nil {
		return err
	}
	if err := w.fill(learned); err != nil {
		return err
	}
	return w.learned.Change(func(c *book.Change) error { return bookWhole.Set(c, time.Now().UTC()) })
}

func (w *Wallet) removeBook() error {
	if err := book.Remove(w.stores, w.path+bookSuffix); err != nil {
		return stele.E("open wallet", stele.KindOther, "half of a book can't be removed: "+w.path+bookSuffix, err)
	}
	return nil
}

// stateFile is what the file of an earlier release holds, as JSON.
type stateFile struct {
	State
	links.Contents
	Given   []Given   `json:"given,omitempty"`
	Held    []Held    `json:"held,omitempty"`
	Offered []Offered `json:"offered,omitempty"`
	Sent    []Sent    `json:"sent,omitempty"`
}

// readState reads the file. A wallet that has neither file nor book has lost them, but
// for a new one.
func (w *Wallet) readState() (learned stateFile, err error) {
	now := time.Now()
	if w.fresh {
		learned.Forgotten = now.UTC()
		return learned, nil
	}
	sealed, err := regular.Read(w.path+stateSuffix, 1<<30)
	if errors.Is(err, os.ErrNotExist) {
		// Keys that were published before are not known any more: numbering goes on where
		// none has been.
		w.forgot, learned.Lost, learned.Published = true, now, unpublished()
		return learned, nil
	}
	raw, err2 := w.stateSeal().Open(nil, nil, sealed, []byte(w.keys.Kind()))
	if err := errors.Join(err, err2); err != nil {
		return learned, stele.E("open wallet", stele.KindProof, "the wallet's second file is damaged: "+w.path+stateSuffix, err).
			WithHint("put a backup of it back; without one the keys still open the owner's records, but grants held, links and documents of grants given are gone")
	}
	if err := json.Unmarshal(raw, &learned); err != nil {
		return learned, stele.E("open wallet", stele.KindInvalid, "the wallet is of another version", err)
	}
	return learned, nil
}

// unpublished is where the one-time keys of a wallet go on that does not know which were
// published: drawn, so that no clock that stands wrong, no second loss and no busy day leads
// to those of before. Above it is room for 2^26 keys.
func unpublished() uint32 {
	const from, below = 1 << 30, 1<<32 - 1<<26
	return from + rand.Uint32N(below-from)
}

func (w *Wallet) stateSeal() cipher.AEAD { return w.Keyring().AEAD("state") }

// fill writes what a file held into an empty book, and compares.
func (w *Wallet) fill(learned stateFile) error {
	b := w.learned
	err := b.Change(func(c *book.Change) (err error) {
		for _, s := range settings {
			err = errors.Join(err, s.set(c, &learned.State))
		}
		return err
	})
	if err := errors.Join(err, links.Fill(b, learned.Contents), givenRows.Fill(b, learned.Given),
		heldRows.Fill(b, learned.Held), offeredRows.Fill(b, learned.Offered), sentRows.Fill(b, learned.Sent)); err != nil {
		return err
	}
	return b.View(func(v *book.View) error {
		now, err := stateIn(v)
		if err == nil && !sameJSON(learned.State, now) {
			err = different()
		}
		return err
	})
}

func sameJSON(a, b any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && string(x) == string(y)
}

func different() error {
	return stele.E("take over wallet", stele.KindProof, "the book does not say what the wallet's file says", nil).
		WithHint("nothing was changed: the wallet's files are as they were. Tell those who make stele")
}

// wide is how far apart the clocks of a file system and of the machine may be.
const wide = time.Minute

// setAside renames the file that the book has taken the place of, unless it was written
// after the book was whole; whole is zero where the file was read just now.
func (w *Wallet) setAside(whole time.Time) error {
	const op = "take over wallet"
	from, to := w.path+stateSuffix, w.path+stateSuffix+setAside
	info, err := os.Lstat(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	_, another := os.Lstat(to)
	if another == nil || err == nil && !whole.IsZero() && info.ModTime().After(whole.Add(wide)) {
		return stele.E(op, stele.KindExists, fmt.Sprintf("the wallet has a book, and %s beside it, which is newer", from), nil).
			WithHint("an older stele has written it since, or somebody put it back: nothing in it counts. Use this stele only, and move that file away")
	}
	if err := os.Rename(from, to); err != nil {
		return stele.E(op, stele.KindOther, "a file can't be set aside: "+from, err)
	}
	if err := regular.SyncFolder(filepath.Dir(w.path)); err != nil {
		return stele.E(op, stele.KindOther, "the wallet's folder can't be written", err)
	}
	return nil
}
