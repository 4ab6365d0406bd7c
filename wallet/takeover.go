package wallet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/regular"
)

// What the files of a wallet hold, its book takes over: all of it or nothing. Until the
// book says that it is whole, the files are the wallet and are not touched; what a crash
// leaves of a book is thrown away then. Once it is whole, it is the wallet, and the files
// are set aside under another name, for whoever has to go back. No command opens a book
// yet: wallets still live in their files.

const (
	bookSuffix = ".book"
	setAside   = ".before-book"
)

// takenOver are the endings of the files that the book takes the place of.
var takenOver = []string{".state", ".delivered", ".memory", ".pending"}

// bookWhole says when the book took everything over.
var bookWhole = book.Value[time.Time]{Name: "whole"}

// openBook opens the book of a wallet that is open, and takes over what its files hold
// if that was not done yet. restored is for who knows that the book is an older one. It
// fails with KindProof when something of the book or of the files is damaged, and with
// KindExists when there are files that are newer than the book.
func (w *Wallet) openBook(restored bool, log *slog.Logger) (*book.Book, error) {
	cfg := book.Config{Folder: w.path + bookSuffix, Key: w.derive("book", nil), Restored: restored, Log: log}
	b, err := book.Open(cfg)
	if err != nil {
		return nil, err
	}
	err = b.View(func(v *book.View) error {
		whole, err := bookWhole.Get(v)
		if err == nil && whole.IsZero() {
			err = errPart
		}
		return err
	})
	if errors.Is(err, errPart) {
		if err = b.Close(); err == nil {
			b, err = w.takeOver(cfg)
		}
	}
	if err == nil {
		err = w.setAside()
	}
	if err != nil {
		if b != nil {
			err = errors.Join(err, b.Close())
		}
		return nil, err
	}
	return b, nil
}

// errPart says that a book is not whole: it is new, or its taking over was interrupted.
var errPart = errors.New("the book is not whole")

// takeOver makes a book of what the wallet's files hold.
func (w *Wallet) takeOver(cfg book.Config) (*book.Book, error) {
	const op = "take over wallet"
	if _, err := os.Stat(w.path + takenOver[0] + setAside); err == nil {
		return nil, stele.E(op, stele.KindProof, "the wallet's book is gone: "+cfg.Folder, nil).
			WithHint("put it and the mark beside it back from the newest backup")
	}
	if err := errors.Join(os.RemoveAll(cfg.Folder), os.RemoveAll(cfg.Folder+book.MarkSuffix)); err != nil {
		return nil, stele.E(op, stele.KindOther, "half of a book can't be removed: "+cfg.Folder, err)
	}
	b, err := book.Open(cfg)
	if err != nil {
		return nil, err
	}
	if err := w.fill(b); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	err = b.Change(func(c *book.Change) error { return bookWhole.Set(c, time.Now().UTC()) })
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// rowsAtOnce is how many go into one change.
const rowsAtOnce = 1000

// fill writes what the files hold into an empty book, and compares.
func (w *Wallet) fill(b *book.Book) error {
	err := b.Change(func(c *book.Change) (err error) {
		for _, s := range settings {
			err = errors.Join(err, s.set(c, &w.State))
		}
		return err
	})
	prints, err2 := w.readPrints()
	notes, err3 := w.readNotes()
	if err := errors.Join(err, err2, err3,
		addRows(b, linkRows, w.State.Links), addRows(b, moveRows, w.State.Moves), addRows(b, givenRows, w.State.Given),
		addRows(b, heldRows, w.State.Held), addRows(b, offeredRows, w.State.Offered), addRows(b, sentRows, w.State.Sent),
		inChanges(b, prints, func(c *book.Change, p [16]byte) error { return printSet.Add(c, p[:]) }),
		addRows(b, noteRows, notes)); err != nil {
		return err
	}
	frames := 0
	if err := w.eachFrames(func(all []frame) error {
		frames += len(all)
		return addRows(b, frameRows, all)
	}); err != nil {
		return err
	}
	return w.same(b, len(prints), len(notes), frames)
}

func addRows[T any](b *book.Book, t *book.Table[T], all []T) error {
	return inChanges(b, all, func(c *book.Change, value T) error { _, err := t.Add(c, value); return err })
}

func inChanges[T any](b *book.Book, all []T, write func(*book.Change, T) error) error {
	for some := range slices.Chunk(all, rowsAtOnce) {
		if err := b.Change(func(c *book.Change) error {
			for _, one := range some {
				if err := write(c, one); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// same reads the book back: what it says is what the files say. A field of State that no
// row keeps shows here.
func (w *Wallet) same(b *book.Book, prints, notes, frames int) error {
	return b.View(func(v *book.View) error {
		single := w.State
		single.Links, single.Moves, single.Given, single.Held, single.Offered, single.Sent = nil, nil, nil, nil, nil, nil
		now, err := settingsIn(v)
		p, err2 := printSet.Len(v)
		n, err3 := noteRows.Len(v)
		f, err4 := frameRows.Len(v)
		if err == nil && (!sameJSON(single, now) || p != prints || n != notes || f != frames) {
			err = different()
		}
		return errors.Join(err, err2, err3, err4,
			sameRows(v, linkRows, w.State.Links), sameRows(v, moveRows, w.State.Moves), sameRows(v, givenRows, w.State.Given),
			sameRows(v, heldRows, w.State.Held), sameRows(v, offeredRows, w.State.Offered), sameRows(v, sentRows, w.State.Sent))
	})
}

func sameRows[T any](r book.Reader, t *book.Table[T], want []T) error {
	i := 0
	for row, err := range t.All(r) {
		switch {
		case err != nil:
			return err
		case i == len(want) || !sameJSON(row.Value, want[i]):
			return different()
		}
		i++
	}
	if i < len(want) {
		return different()
	}
	return nil
}

func sameJSON(a, b any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && string(x) == string(y)
}

func different() error {
	return stele.E("take over wallet", stele.KindProof, "the book does not say what the wallet's files say", nil).
		WithHint("nothing was changed: the wallet's files are as they were. Tell those who make stele")
}

// readPrints reads the fingerprints of what was delivered, each once. Of the last one a
// crash may have left a part.
func (w *Wallet) readPrints() (prints [][16]byte, err error) {
	raw, err := os.ReadFile(w.path + ".delivered")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, stele.E("take over wallet", stele.KindOther, "the list of what was delivered can't be read", err)
	}
	known := map[[16]byte]bool{}
	for ; len(raw) >= 16; raw = raw[16:] {
		if p := [16]byte(raw); !known[p] {
			known[p] = true
			prints = append(prints, p)
		}
	}
	return prints, nil
}

// readNotes reads the notes of deliveries without a verdict. Of a delivery that was noted
// in half nothing went out.
func (w *Wallet) readNotes() (notes []noted, err error) {
	files, err := os.ReadDir(w.pendingFolder())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, stele.E("take over wallet", stele.KindOther, "the notes of deliveries can't be read", err)
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), ".") {
			continue
		}
		path := filepath.Join(w.pendingFolder(), f.Name())
		raw, err := regular.Read(path, 1<<30)
		n := noted{Submission: f.Name()}
		if err == nil {
			err = json.Unmarshal(raw, &n.pending)
		}
		if err != nil {
			return nil, stele.E("take over wallet", stele.KindProof, "the note of a delivery can't be read: "+path, err).
				WithHint("put a backup of it back; without it nobody knows whether that delivery arrived")
		}
		notes = append(notes, n)
	}
	return notes, nil
}

// eachFrames calls visit with what was delivered to each patient.
func (w *Wallet) eachFrames(visit func([]frame) error) error {
	files, err := os.ReadDir(w.memoryFolder())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return stele.E("take over wallet", stele.KindOther, "the memory of what was delivered can't be read", err)
	}
	for _, f := range files {
		frames, err := w.readFrames(f.Name())
		if err == nil {
			err = visit(frames)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// setAside renames the files that the book has taken the place of.
func (w *Wallet) setAside() error {
	const op = "take over wallet"
	moved := false
	for _, suffix := range takenOver {
		from, to := w.path+suffix, w.path+suffix+setAside
		if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if _, err := os.Lstat(to); err == nil {
			return stele.E(op, stele.KindExists, fmt.Sprintf("the wallet has a book, and %s beside it, which is newer", from), nil).
				WithHint("an older stele has written it since, or somebody put it back: nothing in it counts. Use this stele only, and move that file away")
		}
		if err := os.Rename(from, to); err != nil {
			return stele.E(op, stele.KindOther, "a file can't be set aside: "+from, err)
		}
		moved = true
	}
	if !moved {
		return nil
	}
	if err := syncFolder(filepath.Dir(w.path)); err != nil {
		return stele.E(op, stele.KindOther, "the wallet's folder can't be written", err)
	}
	return nil
}
