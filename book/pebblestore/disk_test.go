package pebblestore_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/booktest"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/disktest"
)

// config is of a book whose store and mark are on one disk; nil is the machine's own.
func config(disk vfs.FS, folder string) book.Config {
	cfg := book.Config{Stores: pebblestore.Folders{FS: disk}, Name: folder, Key: sha256.Sum256([]byte("a key of a wallet's seed"))}
	if disk != nil {
		cfg.Files = marks{disk}
	}
	return cfg
}

func opens(t testing.TB, disk vfs.FS, folder string) *book.Book {
	t.Helper()
	b, err := book.Open(config(disk, folder))
	booktest.Must(t, err)
	return b
}

// marks are the files of marks on a disk of Pebble's.
type marks struct{ disk vfs.FS }

func (m marks) Open(path string) (book.File, error) { return m.disk.Open(path) }

func (m marks) OpenReadWrite(path string) (book.File, error) {
	return m.disk.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
}

func (m marks) SyncFolderOf(path string) error {
	dir, err := m.disk.OpenDir(m.disk.PathDir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// TestLaw8AChangeIsWholeOrAbsentWhateverWriteFails: a change that was acknowledged is
// there although any one write failed, or all from one on; of one that was not, all is
// there or nothing; and the book always opens.
func TestLaw8AChangeIsWholeOrAbsentWhateverWriteFails(t *testing.T) {
	const many, changes = 5, 6
	disktest.EachWrite(t, func(d *disktest.Disk) {
		var b *book.Book
		opening := func() (err error) {
			cfg := config(d, "book")
			cfg.Stores = pebblestore.Folders{FS: d, Log: d.Log}
			b, err = book.Open(cfg)
			return err
		}
		for n := 1; n <= changes; n++ {
			if n%2 == 1 && !d.Do("open", opening) {
				return
			}
			d.Do(fmt.Sprint(n), func() error {
				return b.Change(func(c *book.Change) error {
					for range many {
						if err := booktest.Links.Add(c, booktest.Link{Number: fmt.Sprint(n), Names: []string{"Ana Alvar"}}); err != nil {
							return err
						}
					}
					return booktest.Server.Set(c, fmt.Sprint(n))
				})
			})
			if n%2 == 0 {
				d.Do("close", func() error { return b.Close() })
			}
		}
	}, func(t *testing.T, acknowledged []string, after vfs.FS) {
		b := opens(t, after, "book")
		defer b.Close()
		booktest.Must(t, booktest.Check(b))
		booktest.Must(t, b.View(func(v *book.View) error {
			found := booktest.Rows(t, booktest.Links.All(v))
			newest, err := booktest.Server.Get(v)
			booktest.Must(t, err)
			there, sure := 0, 0
			_, _ = fmt.Sscan(newest, &there)
			for _, what := range acknowledged {
				_, _ = fmt.Sscan(what, &sure)
			}
			if there < sure {
				t.Fatalf("change %d was acknowledged, %d is there", sure, there)
			}
			if len(found)%many != 0 || len(found) > 0 && found[len(found)-1].Number != newest {
				t.Fatalf("half a change: %d rows, the last of %d", len(found), there)
			}
			return nil
		}))
	})
}

// TestLaw8WhatDidNotReachTheDiskIsSaid: from then on the book neither tells nor takes
// anything, for nobody knows what a reader would believe; opened anew it goes on.
func TestLaw8WhatDidNotReachTheDiskIsSaid(t *testing.T) {
	var full atomic.Bool
	mem := vfs.NewCrashableMem()
	b := opens(t, errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if full.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return syscall.ENOSPC
		}
		return nil
	})), "book")
	booktest.Add(t, b, booktest.Ana)
	full.Store(true)
	booktest.Wants(t, b.Change(func(c *book.Change) error { return booktest.Server.Set(c, "x") }), stele.KindUnknown)
	full.Store(false)
	booktest.Wants(t, b.Change(func(c *book.Change) error { return booktest.Server.Set(c, "y") }), stele.KindUnknown)
	booktest.Wants(t, b.View(func(*book.View) error { return nil }), stele.KindUnknown)
	b = opens(t, mem.CrashClone(vfs.CrashCloneCfg{}), "book")
	defer b.Close()
	booktest.Add(t, b, booktest.Zoe)
	if got := booktest.Find(t, b, booktest.Links.All); len(got) != 2 {
		t.Errorf("%d rows", len(got))
	}
	booktest.Must(t, booktest.Check(b))
}

// copies copies a folder and what is beside it.
func copies(t *testing.T, from, to string) {
	t.Helper()
	booktest.Must(t, os.RemoveAll(to))
	booktest.Must(t, os.CopyFS(to, os.DirFS(from)))
}

// TestAnOlderFolderIsRefused: each way in which an organisation may put back too little,
// and what it hears.
func TestAnOlderFolderIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, now, before string){
		"the folder of yesterday": func(t *testing.T, now, before string) { copies(t, before+"/book", now+"/book") },
		"the folder is gone":      func(t *testing.T, now, _ string) { booktest.Must(t, os.RemoveAll(now+"/book")) },
		"the mark is gone":        func(t *testing.T, now, _ string) { booktest.Must(t, os.Remove(now+"/book"+book.MarkSuffix)) },
		"the mark is damaged": func(t *testing.T, now, _ string) {
			mark := now + "/book" + book.MarkSuffix
			raw, err := os.ReadFile(mark)
			booktest.Must(t, err)
			booktest.Must(t, os.WriteFile(mark, make([]byte, len(raw)), 0o600))
		},
		"the newest log of the store is empty": func(t *testing.T, now, _ string) {
			logs, err := filepath.Glob(now + "/book/*.log")
			booktest.Must(t, err)
			for _, l := range logs {
				booktest.Must(t, os.Truncate(l, 0))
			}
		},
		"the folder of another book": func(t *testing.T, now, _ string) {
			other := opens(t, nil, now+"/other")
			booktest.Add(t, other, booktest.Zoe)
			booktest.Must(t, other.Close())
			copies(t, now+"/other", now+"/book")
		},
	} {
		t.Run(name, func(t *testing.T) {
			now, before := t.TempDir(), t.TempDir()
			b := opens(t, nil, now+"/book")
			booktest.Add(t, b, booktest.Ana)
			booktest.Must(t, b.Close())
			copies(t, now, before)
			b = opens(t, nil, now+"/book")
			booktest.Add(t, b, booktest.Zoe)
			booktest.Add(t, b, booktest.Eva)
			booktest.Must(t, b.Close())
			spoil(t, now, before)
			cfg := config(nil, now+"/book")
			_, err := book.Open(cfg)
			booktest.Wants(t, err, stele.KindProof)
			_, err = book.Open(cfg)
			booktest.Wants(t, err, stele.KindProof) // looking does not make it good
			cfg.Restored = true
			b, err = book.Open(cfg)
			booktest.Must(t, err)
			booktest.Add(t, b, booktest.Ana)
			booktest.Must(t, b.Close())
			b = opens(t, nil, now+"/book")
			booktest.Must(t, booktest.Check(b))
			booktest.Must(t, b.Close())
		})
	}
}

// TestBackupsOfOneMomentOpen: folder and mark together, also of a book that was not
// closed.
func TestBackupsOfOneMomentOpen(t *testing.T) {
	now, before := t.TempDir(), t.TempDir()
	b := opens(t, nil, now+"/book")
	for range 3 {
		booktest.Add(t, b, booktest.Ana)
	}
	copies(t, now, before)
	booktest.Must(t, b.Close())
	b = opens(t, nil, before+"/book")
	defer b.Close()
	if got := booktest.Find(t, b, booktest.Links.All); len(got) != 3 {
		t.Errorf("%d rows", len(got))
	}
}

// TestADamagedFileOfTheStoreIsSaid to whoever reads from it.
func TestADamagedFileOfTheStoreIsSaid(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "book")
	b := opens(t, nil, folder)
	booktest.Add(t, b, booktest.Ana, booktest.Zoe, booktest.Eva)
	booktest.Must(t, b.Close())
	flush(t, folder)
	disktest.SpoilTables(t, folder)
	b, err := book.Open(config(nil, folder))
	if err == nil { // it depends on which block holds the first row
		defer b.Close()
		err = b.View(func(v *book.View) error { return booktest.Drain(booktest.Links.All(v)) })
	}
	booktest.Wants(t, err, stele.KindProof)
}

// TestAMissingFileOfTheStoreIsDamage and no other process: whichever of its files is lost,
// what the book knew is there or it does not open.
func TestAMissingFileOfTheStoreIsDamage(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "book")
	b := opens(t, nil, whole)
	booktest.Add(t, b, booktest.Ana, booktest.Zoe, booktest.Eva)
	booktest.Must(t, b.Close())
	flush(t, whole)
	files, err := os.ReadDir(whole)
	booktest.Must(t, err)
	refused := 0
	for _, lost := range files {
		folder := filepath.Join(t.TempDir(), "book")
		booktest.Must(t, os.CopyFS(folder, os.DirFS(whole)))
		mark, err := os.ReadFile(whole + book.MarkSuffix)
		booktest.Must(t, errors.Join(err, os.WriteFile(folder+book.MarkSuffix, mark, 0o600), os.Remove(filepath.Join(folder, lost.Name()))))
		b, err := book.Open(config(nil, folder))
		if err != nil {
			refused++
			booktest.Wants(t, err, stele.KindProof)
			continue
		}
		if got, err := book.Values(booktest.Links.All(b)); err != nil || len(got) != 3 {
			t.Errorf("without %s there are %d rows: %v", lost.Name(), len(got), err)
		}
		booktest.Must(t, b.Close())
	}
	if refused < 2 {
		t.Errorf("of %d files %d are missed", len(files), refused)
	}
}

// TestTheFilesSayNothing: no word of a row, of an index or of a table is in the files.
func TestTheFilesSayNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "w.book")
	b := opens(t, nil, folder)
	secret := booktest.Link{Number: "number-471147114711", Subject: "subject-of-somebody", Names: []string{"Wilhelmina Featherstonehaugh"}}
	booktest.Add(t, b, secret)
	booktest.Must(t, b.Change(func(c *book.Change) error {
		return errors.Join(booktest.Server.Set(c, "https://server.example"))
	}))
	booktest.Must(t, b.Close())
	flush(t, folder)
	b = opens(t, nil, folder)
	booktest.Add(t, b, secret)
	booktest.Must(t, b.Close())
	files := 0
	booktest.Must(t, filepath.Walk(filepath.Dir(folder), func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		files++
		raw, err := os.ReadFile(path)
		for _, word := range []string{secret.Number, secret.Subject, "ilhelmina", "wilhel", "https://server", "links", "settings", "delivered"} {
			if bytes.Contains(raw, []byte(word)) {
				t.Errorf("%s holds %q", filepath.Base(path), word)
			}
		}
		return err
	}))
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others may look into the folder: %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(folder + book.MarkSuffix); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the mark: %v, %v", info.Mode(), err)
	}
	if files < 4 {
		t.Errorf("only %d files were looked at", files)
	}
}

// flush has Pebble write what is in its log into a table.
func flush(t *testing.T, folder string) {
	t.Helper()
	db, err := database.Open("book", folder, vfs.Default, slog.New(slog.DiscardHandler))
	booktest.Must(t, err)
	booktest.Must(t, errors.Join(db.Flush(), db.Close()))
}

// TestAFolderIsOpenInOneProcess: another hears of it.
func TestAFolderIsOpenInOneProcess(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "book")
	b := opens(t, nil, folder)
	_, err := book.Open(config(nil, folder))
	booktest.Wants(t, err, stele.KindOther)
	booktest.Must(t, b.Close())
	booktest.Must(t, opens(t, nil, folder).Close())
}

// TestADamagedFileIsNoRowLess: who gets or scans what can't be read hears of it.
func TestADamagedFileIsNoRowLess(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "book")
	booktest.Must(t, opens(t, nil, folder).Close())
	b := opens(t, nil, folder)
	booktest.Add(t, b, booktest.Ana, booktest.Zoe)
	booktest.Must(t, b.Close())
	flush(t, folder)
	disktest.SpoilTables(t, folder)
	s, err := pebblestore.Folders{}.Open(folder)
	booktest.Must(t, err)
	defer s.Close()
	now, err := s.Snapshot()
	booktest.Must(t, err)
	defer now.Close()
	first := []byte(nil)
	if err := now.Scan(nil, func(key, _ []byte) bool { first = bytes.Clone(key); return true }); stele.KindOf(err) != stele.KindProof {
		t.Errorf("a scan that came to %x: %v", first, err)
	}
}
