package book_test

import (
	"errors"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/booktest"
)

// failing is stores that fail where fails says so: at "open", "snapshot", "begin", "get",
// "scan", "set", "commit" or "wait"; it is asked at "close" too, of a snapshot or a batch.
type failing struct {
	*booktest.Memory
	fails func(where string) error
}

func (f failing) Open(name string) (book.Store, error) {
	if err := f.fails("open"); err != nil {
		return nil, err
	}
	s, err := f.Memory.Open(name)
	return failingStore{s, f}, err
}

type failingStore struct {
	book.Store
	f failing
}

func (s failingStore) Snapshot() (book.Snapshot, error) {
	if err := s.f.fails("snapshot"); err != nil {
		return nil, err
	}
	now, err := s.Store.Snapshot()
	return failingSnapshot{now, s.f}, err
}

func (s failingStore) Begin() (book.Batch, error) {
	if err := s.f.fails("begin"); err != nil {
		return nil, err
	}
	b, err := s.Store.Begin()
	return failingBatch{b, s.f}, err
}

type failingSnapshot struct {
	book.Snapshot
	f failing
}

func (s failingSnapshot) Get(key []byte) ([]byte, bool, error) {
	if err := s.f.fails("get"); err != nil {
		return nil, false, err
	}
	return s.Snapshot.Get(key)
}

func (s failingSnapshot) Scan(prefix []byte, visit func(key, value []byte) bool) error {
	if err := s.f.fails("scan"); err != nil {
		return err
	}
	return s.Snapshot.Scan(prefix, visit)
}

func (s failingSnapshot) Close() {
	_ = s.f.fails("close")
	s.Snapshot.Close()
}

type failingBatch struct {
	book.Batch
	f failing
}

func (b failingBatch) Set(key, value []byte) error {
	if err := b.f.fails("set"); err != nil {
		return err
	}
	return b.Batch.Set(key, value)
}

func (b failingBatch) Close() {
	_ = b.f.fails("close")
	b.Batch.Close()
}

func (b failingBatch) Commit() (func() error, error) {
	if err := b.f.fails("commit"); err != nil {
		b.Batch.Close()
		return nil, err
	}
	wait, err := b.Batch.Commit()
	return func() error { return errors.Join(wait(), b.f.fails("wait")) }, err
}

// fails makes a place whose stores fail once *where is set, with *why.
func fails(p *place, where *string, why error) book.Config {
	cfg := p.config()
	cfg.Stores = failing{&p.Memory, func(here string) error {
		if here == *where {
			return why
		}
		return nil
	}}
	return cfg
}

// TestWhatTheStoreSaysReachesWhoAsked: damage as damage, anything else as a failure, at each
// of its methods; what failed before the commit changed nothing, and the next change works.
func TestWhatTheStoreSaysReachesWhoAsked(t *testing.T) {
	damage := stele.E("read", stele.KindProof, "a page is damaged", nil)
	for why, kind := range map[error]stele.Kind{damage: stele.KindProof, errors.New("no connection"): stele.KindOther} {
		for _, at := range []string{"snapshot", "begin", "get", "scan", "set", "commit"} {
			where := ""
			b, err := book.Open(fails(new(place), &where, why))
			booktest.Must(t, err)
			booktest.Add(t, b, booktest.Ana)
			where = at
			read := b.View(func(v *book.View) error {
				_, err := booktest.Links.Get(v, 1)
				return errors.Join(err, booktest.Drain(booktest.Links.All(v)))
			})
			changed := b.Change(func(c *book.Change) error { err := booktest.Links.Add(c, booktest.Zoe); return err })
			failed := changed
			if at == "snapshot" || at == "get" || at == "scan" {
				failed = read
			}
			if !errors.Is(failed, why) || stele.KindOf(failed) != kind {
				t.Errorf("%s, %v: read %v, changed %v", at, why, read, changed)
			}
			where = ""
			if all := booktest.Find(t, b, booktest.Links.All); changed != nil && len(all) != 1 {
				t.Errorf("%s: a change that failed left %v", at, all)
			}
			booktest.Add(t, b, booktest.Eva)
			booktest.Must(t, booktest.Check(b))
		}
		where := "open"
		if _, err := book.Open(fails(new(place), &where, why)); stele.KindOf(err) != kind || !errors.Is(err, why) {
			t.Errorf("open, %v: %v", why, err)
		}
	}
}

// TestLaw8WhatWasNotWaitedForIsSaid: a book of which it is not known what is on disk neither
// tells nor takes anything; opened anew it goes on.
func TestLaw8WhatWasNotWaitedForIsSaid(t *testing.T) {
	where, p := "", new(place)
	b, err := book.Open(fails(p, &where, errors.New("the disk is full")))
	booktest.Must(t, err)
	booktest.Add(t, b, booktest.Ana)
	where = "wait"
	change := func() error { return b.Change(func(c *book.Change) error { return booktest.Server.Set(c, "x") }) }
	booktest.Wants(t, change(), stele.KindUnknown)
	where = ""
	booktest.Wants(t, change(), stele.KindUnknown)
	booktest.Wants(t, b.View(func(*book.View) error { return nil }), stele.KindUnknown)
	booktest.Must(t, b.Close())
	b = opens(t, p)
	booktest.Add(t, b, booktest.Zoe)
	booktest.Must(t, booktest.Check(b))
}

// TestWhatIsBegunIsEnded: snapshots and batches are given back, whatever comes of them, and a
// change of nothing writes nothing.
func TestWhatIsBegunIsEnded(t *testing.T) {
	asked, p := map[string]int{}, new(place)
	cfg := p.config()
	cfg.Stores = failing{&p.Memory, func(where string) error { asked[where]++; return nil }}
	b, err := book.Open(cfg)
	booktest.Must(t, err)
	booktest.Add(t, b, booktest.Ana)
	booktest.Must(t, b.Change(func(*book.Change) error { return nil }))
	refused := errors.New("refused")
	for range 2 {
		if err := b.Change(func(c *book.Change) error { return errors.Join(refused, booktest.Server.Set(c, "x")) }); !errors.Is(err, refused) {
			t.Error(err)
		}
	}
	booktest.Must(t, booktest.Check(b))
	if asked["commit"] != 1 || asked["begin"] != 4 {
		t.Errorf("%d of %d batches were committed, and one had something to commit", asked["commit"], asked["begin"])
	}
	if begun, ended := asked["begin"]+asked["snapshot"], asked["commit"]+asked["close"]; begun != ended {
		t.Errorf("of %d snapshots and batches %d were ended", begun, ended)
	}
}
