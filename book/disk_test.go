package book

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/disktest"
)

// TestLaw8AChangeIsWholeOrAbsentWhateverWriteFails: a change that was acknowledged is
// there although any one write failed, or all from one on; of one that was not, all is
// there or nothing; and the book always opens.
func TestLaw8AChangeIsWholeOrAbsentWhateverWriteFails(t *testing.T) {
	const many, changes = 5, 6
	disktest.EachWrite(t, func(d *disktest.Disk) {
		var b *Book
		for n := 1; n <= changes; n++ {
			if n%2 == 1 && !d.Do("open", func() (err error) { b, err = Open(Config{Folder: "book", Key: testKey, FS: d, Log: d.Log}); return err }) {
				return
			}
			d.Do(fmt.Sprint(n), func() error {
				return b.Change(func(c *Change) error {
					for range many {
						if _, err := links.Add(c, link{Number: fmt.Sprint(n), Names: []string{"Ana Alvar"}}); err != nil {
							return err
						}
					}
					return server.Set(c, fmt.Sprint(n))
				})
			})
			if n%2 == 0 {
				d.Do("close", func() error { return b.Close() })
			}
		}
	}, func(t *testing.T, acknowledged []string, after vfs.FS) {
		b, err := Open(Config{Folder: "book", Key: testKey, FS: after, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		must(t, b.Check(links, moves, prints))
		must(t, b.View(func(v *View) error {
			found := rows(t, links.All(v))
			newest, err := server.Get(v)
			must(t, err)
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
	add(t, b, ana)
	full.Store(true)
	wants(t, b.Change(func(c *Change) error { return server.Set(c, "x") }), stele.KindUnknown)
	full.Store(false)
	wants(t, b.Change(func(c *Change) error { return server.Set(c, "y") }), stele.KindUnknown)
	wants(t, b.View(func(*View) error { return nil }), stele.KindUnknown)
	b = opens(t, mem.CrashClone(vfs.CrashCloneCfg{}), "book")
	defer b.Close()
	add(t, b, zoe)
	if got := find(t, b, links.All); len(got) != 2 {
		t.Errorf("%d rows", len(got))
	}
	must(t, b.Check(links, moves, prints))
}

// copies copies a folder and what is beside it.
func copies(t *testing.T, from, to string) {
	t.Helper()
	must(t, os.RemoveAll(to))
	must(t, os.CopyFS(to, os.DirFS(from)))
}

// TestAnOlderFolderIsRefused: each way in which an organisation may put back too little,
// and what it hears.
func TestAnOlderFolderIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, now, before string){
		"the folder of yesterday": func(t *testing.T, now, before string) { copies(t, before+"/book", now+"/book") },
		"the folder is gone":      func(t *testing.T, now, _ string) { must(t, os.RemoveAll(now+"/book")) },
		"the mark is gone":        func(t *testing.T, now, _ string) { must(t, os.Remove(now+"/book"+MarkSuffix)) },
		"the mark is damaged": func(t *testing.T, now, _ string) {
			must(t, os.WriteFile(now+"/book"+MarkSuffix, make([]byte, 2*slotSize), 0o600))
		},
		"the newest log of the store is empty": func(t *testing.T, now, _ string) {
			logs, err := filepath.Glob(now + "/book/*.log")
			must(t, err)
			for _, l := range logs {
				must(t, os.Truncate(l, 0))
			}
		},
		"the folder of another book": func(t *testing.T, now, _ string) {
			other := opens(t, vfs.Default, now+"/other")
			add(t, other, zoe)
			must(t, other.Close())
			copies(t, now+"/other", now+"/book")
		},
	} {
		t.Run(name, func(t *testing.T) {
			now, before := t.TempDir(), t.TempDir()
			b := opens(t, vfs.Default, now+"/book")
			add(t, b, ana)
			must(t, b.Close())
			copies(t, now, before)
			b = opens(t, vfs.Default, now+"/book")
			add(t, b, zoe)
			add(t, b, eva)
			must(t, b.Close())
			spoil(t, now, before)
			cfg := Config{Folder: now + "/book", Key: testKey}
			_, err := Open(cfg)
			wants(t, err, stele.KindProof)
			_, err = Open(cfg)
			wants(t, err, stele.KindProof) // looking does not make it good
			cfg.Restored = true
			b, err = Open(cfg)
			must(t, err)
			add(t, b, ana)
			must(t, b.Close())
			b = opens(t, vfs.Default, now+"/book")
			must(t, b.Check(links, moves, prints))
			must(t, b.Close())
		})
	}
}

// TestBackupsOfOneMomentOpen: folder and mark together, also of a book that was not
// closed.
func TestBackupsOfOneMomentOpen(t *testing.T) {
	now, before := t.TempDir(), t.TempDir()
	b := opens(t, vfs.Default, now+"/book")
	for range 3 {
		add(t, b, ana)
	}
	copies(t, now, before)
	must(t, b.Close())
	b = opens(t, vfs.Default, before+"/book")
	defer b.Close()
	if got := find(t, b, links.All); len(got) != 3 {
		t.Errorf("%d rows", len(got))
	}
}

// TestABackupIsOfOneMoment, made while others write: it opens, is whole, and is a book of
// its own from then on.
func TestABackupIsOfOneMoment(t *testing.T) {
	now := t.TempDir()
	b := opens(t, vfs.Default, now+"/book")
	defer b.Close()
	add(t, b, ana)
	var writer sync.WaitGroup
	writer.Go(func() {
		for range 30 {
			err := b.Change(func(c *Change) error {
				_, err := links.Add(c, zoe)
				_, err2 := moves.Add(c, zoe)
				return errors.Join(err, err2)
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	for n := range 3 {
		must(t, b.Backup(fmt.Sprint(now, "/backup", n)))
	}
	writer.Wait()
	wants(t, b.Backup(now+"/backup1"), stele.KindExists)
	for n := range 3 {
		c := opens(t, vfs.Default, fmt.Sprint(now, "/backup", n))
		must(t, c.Check(links, moves, prints))
		first, others := len(find(t, c, links.All)), 0
		must(t, c.View(func(v *View) (err error) { others, err = moves.Len(v); return err }))
		if first != others+1 {
			t.Errorf("%d links beside %d moves", first, others)
		}
		add(t, c, eva)
		must(t, c.Close())
	}
	if got := find(t, b, links.All); len(got) != 31 {
		t.Errorf("%d rows", len(got))
	}
	must(t, b.Check(links, moves, prints))
}

func TestABookOpensForItsKeyOnly(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "book")
	b := opens(t, vfs.Default, folder)
	add(t, b, ana)
	_, err := Open(Config{Folder: folder, Key: testKey})
	wants(t, err, stele.KindOther) // it is open
	must(t, b.Close())
	_, err = Open(Config{Folder: folder})
	wants(t, err, stele.KindProof)
}

// TestDamageIsNeverSkipped: what somebody, or a disk, does to rows and indexes is found
// by who reads them, or by Check.
func TestDamageIsNeverSkipped(t *testing.T) {
	first := func(d *drawer, at int64) []byte { return d.key(numbered(at)) }
	for name, c := range map[string]struct {
		spoil func(b *Book, raw *pebble.Batch)
		read  func(v *View) error // finds it at once; nil where only Check does
	}{
		"a byte of a row": {
			func(b *Book, raw *pebble.Batch) { flip(t, b, raw, first(b.drawers.of("links"), 1)) },
			func(v *View) error { _, err := links.Get(v, 1); return err },
		},
		"a byte of a row that a search comes to": {
			func(b *Book, raw *pebble.Batch) { flip(t, b, raw, first(b.drawers.of("links"), 1)) },
			func(v *View) error { return drain(links.Search(v, byName, "alvar")) },
		},
		"two rows exchanged": {
			func(b *Book, raw *pebble.Batch) {
				exchange(t, b, raw, first(b.drawers.of("links"), 1), first(b.drawers.of("links"), 2))
			},
			func(v *View) error { return drain(links.All(v)) },
		},
		"a row in another table": {
			func(b *Book, raw *pebble.Batch) {
				exchange(t, b, raw, first(b.drawers.of("links"), 1), first(b.drawers.of("moves"), 1))
			},
			func(v *View) error { return drain(moves.All(v)) },
		},
		"a row taken out, asked for by its number": {
			func(b *Book, raw *pebble.Batch) { must(t, raw.Delete(first(b.drawers.of("links"), 1), nil)) },
			func(v *View) error { return drain(links.Find(v, byNumber, "4711")) },
		},
		"the last row taken out": {
			func(b *Book, raw *pebble.Batch) { must(t, raw.Delete(first(b.drawers.of("moves"), 1), nil)) }, nil,
		},
		"an index entry taken out": {
			func(b *Book, raw *pebble.Batch) {
				must(t, raw.Delete(b.drawers.of("links/number").place("4711").key(numbered(1)), nil))
			}, nil,
		},
		"an index entry that leads to another row": {
			func(b *Book, raw *pebble.Batch) {
				must(t, raw.Set(b.drawers.of("links/number").place("4711").key(numbered(2)), nil, nil))
			},
			func(v *View) error { return drain(links.Find(v, byNumber, "4711")) },
		},
		"an index entry that leads nowhere": {
			func(b *Book, raw *pebble.Batch) {
				must(t, raw.Set(append(b.drawers.of("links/number").place("4711").prefix, make([]byte, 16)...), nil, nil))
			},
			func(v *View) error { return drain(links.Find(v, byNumber, "4711")) },
		},
		"a word of the vocabulary taken out": {
			func(b *Book, raw *pebble.Batch) {
				words := b.drawers.of("links/name/words")
				must(t, raw.Delete(words.key(words.named([]byte("alvar,"))), nil))
			},
			func(v *View) error { return drain(links.Search(v, byName, "alvar")) },
		},
		"a member of a set taken out": {
			func(b *Book, raw *pebble.Batch) {
				d := b.drawers.of("delivered")
				must(t, raw.Delete(d.key(d.named([]byte("a print"))), nil))
			}, nil,
		},
		"an entry of nobody": {
			func(b *Book, raw *pebble.Batch) { must(t, raw.Set([]byte("something"), nil, nil)) }, nil,
		},
		"a value": {
			func(b *Book, raw *pebble.Batch) {
				d := b.drawers.of(settings)
				flip(t, b, raw, d.key(d.named([]byte("server"))))
			},
			func(v *View) error { _, err := server.Get(v); return err },
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := opens(t, vfs.NewMem(), "book")
			defer b.Close()
			add(t, b, ana, zoe)
			must(t, b.Change(func(c *Change) error {
				_, err := moves.Add(c, eva)
				return errors.Join(err, server.Set(c, "x"), prints.Add(c, []byte("a print")))
			}))
			must(t, b.Check(links, moves, prints))
			raw := b.db.NewBatch()
			c.spoil(b, raw)
			must(t, raw.Commit(pebble.Sync))
			wants(t, b.Check(links, moves, prints), stele.KindProof)
			if c.read != nil {
				wants(t, b.View(c.read), stele.KindProof)
			}
		})
	}
}

// TestAnOlderRowInItsPlaceIsFoundByCheck although it opens.
func TestAnOlderRowInItsPlaceIsFoundByCheck(t *testing.T) {
	b := opens(t, vfs.NewMem(), "book")
	defer b.Close()
	add(t, b, ana)
	key := b.drawers.of("links").key(numbered(1))
	before := stored(t, b, key)
	newer := ana
	newer.Subject = "did:9"
	must(t, b.Change(func(c *Change) error { return links.Put(c, 1, newer) }))
	must(t, b.Change(func(c *Change) error { return links.Put(c, 1, ana) })) // so that all indexes agree
	must(t, b.Check(links, moves, prints))
	must(t, b.db.Set(key, before, pebble.Sync))
	wants(t, b.Check(links, moves, prints), stele.KindProof)
}

// TestADamagedFileOfTheStoreIsSaid to whoever reads from it.
func TestADamagedFileOfTheStoreIsSaid(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "book")
	b := opens(t, vfs.Default, folder)
	add(t, b, ana, zoe, eva)
	must(t, b.db.Flush())
	must(t, b.Close())
	disktest.SpoilTables(t, folder)
	b, err := Open(Config{Folder: folder, Key: testKey})
	if err == nil { // it depends on which block holds the first row
		defer b.Close()
		err = b.View(func(v *View) error { return drain(links.All(v)) })
	}
	wants(t, err, stele.KindProof)
}

func drain(all func(func(Row[link], error) bool)) error {
	for _, e := range all {
		if e != nil {
			return e
		}
	}
	return io.EOF // nothing was noticed
}

func stored(t *testing.T, b *Book, key []byte) []byte {
	t.Helper()
	value, err := (&View{book: b, from: b.db}).get(key)
	must(t, err)
	if value == nil {
		t.Fatal("nothing stands there")
	}
	return value
}

func flip(t *testing.T, b *Book, raw *pebble.Batch, key []byte) {
	t.Helper()
	value := stored(t, b, key)
	value[len(value)/2] ^= 1
	must(t, raw.Set(key, value, nil))
}

func exchange(t *testing.T, b *Book, raw *pebble.Batch, one, other []byte) {
	t.Helper()
	a, z := stored(t, b, one), stored(t, b, other)
	must(t, raw.Set(one, z, nil))
	must(t, raw.Set(other, a, nil))
}
