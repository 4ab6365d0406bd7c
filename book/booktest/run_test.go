package booktest

import (
	"bytes"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stele-health/stele/book"
)

// TestStoresInMemoryKeepBooks.
func TestStoresInMemoryKeepBooks(t *testing.T) { Run(t, new(Memory), "books") }

// bent is stores in memory of which one thing is wrong: what is set here stands in for
// what Memory does.
type bent struct {
	*Memory
	open     func(name string) string // under which name a store is opened
	remove   func(name string) error
	snapshot func(*memory, book.Snapshot) book.Snapshot
	batch    func(*memory, batch) book.Batch
	close    func(*memory)
}

func (b bent) Open(name string) (book.Store, error) {
	if b.open != nil {
		name = b.open(name)
	}
	s, err := b.Memory.Open(name)
	if err != nil {
		return nil, err
	}
	return bentStore{s.(*memory), b}, nil
}

func (b bent) Remove(name string) error {
	if b.remove != nil {
		return b.remove(name)
	}
	return b.Memory.Remove(name)
}

type bentStore struct {
	*memory
	bent bent
}

func (s bentStore) Snapshot() (book.Snapshot, error) {
	n, err := s.memory.Snapshot()
	if s.bent.snapshot != nil {
		n = s.bent.snapshot(s.memory, n)
	}
	return n, err
}

func (s bentStore) Begin() (book.Batch, error) {
	b, err := s.memory.Begin()
	if s.bent.batch != nil {
		b = s.bent.batch(s.memory, b.(batch))
	}
	return b, err
}

func (s bentStore) Close() error {
	if s.bent.close != nil {
		s.bent.close(s.memory)
	}
	return s.memory.Close()
}

// live reads what is there now, whenever it is asked.
type live struct {
	store *memory
	book.Snapshot
}

func (l live) Get(key []byte) ([]byte, bool, error) { return snapshot{l.store.now()}.Get(key) }

func (l live) Scan(prefix []byte, visit func(key, value []byte) bool) error {
	return snapshot{l.store.now()}.Scan(prefix, visit)
}

// scanned passes what a scan finds through f.
type scanned struct {
	book.Snapshot
	f func(prefix []byte, keys *[]string)
}

func (s scanned) Scan(prefix []byte, visit func(key, value []byte) bool) error {
	var keys []string
	_ = s.Snapshot.Scan(prefix, func(key, _ []byte) bool { keys = append(keys, string(key)); return true })
	s.f(prefix, &keys)
	for _, key := range keys {
		if value, _, _ := s.Get([]byte(key)); !visit([]byte(key), value) {
			return nil
		}
	}
	return nil
}

// got passes what Get returns through f.
type got struct {
	book.Snapshot
	f func(value []byte, found bool) ([]byte, bool)
}

func (g got) Get(key []byte) ([]byte, bool, error) {
	value, found, err := g.Snapshot.Get(key)
	value, found = g.f(value, found)
	return value, found, err
}

// batched is a batch whose methods f replaces; nil: the batch's own.
type batched struct {
	batch
	set    func(key, value []byte) error
	delete func(key []byte) error
	commit func() (func() error, error)
	close  func()
	scan   func(prefix []byte, visit func(key, value []byte) bool) error
}

func (b batched) Set(key, value []byte) error {
	if b.set != nil {
		return b.set(key, value)
	}
	return b.batch.Set(key, value)
}

func (b batched) Delete(key []byte) error {
	if b.delete != nil {
		return b.delete(key)
	}
	return b.batch.Delete(key)
}

func (b batched) Commit() (func() error, error) {
	if b.commit != nil {
		return b.commit()
	}
	return b.batch.Commit()
}

func (b batched) Close() {
	if b.close != nil {
		b.close()
	}
}

func (b batched) Scan(prefix []byte, visit func(key, value []byte) bool) error {
	if b.scan != nil {
		return b.scan(prefix, visit)
	}
	return b.batch.Scan(prefix, visit)
}

// faults are stores that look well, and what finds them out.
var faults = map[string]struct {
	found string
	bent  bent
}{
	"what was committed last is lost at the next opening": {"as a map", bent{close: func(s *memory) {
		if keys := len(s.rows); keys > 0 {
			s.rows = map[string][]byte{}
		}
	}}},
	"an empty value is none": {"as a map", bent{snapshot: func(_ *memory, n book.Snapshot) book.Snapshot {
		return got{n, func(value []byte, found bool) ([]byte, bool) { return value, found && len(value) > 0 }}
	}}},
	"nothing is deleted": {"as a map", bent{batch: func(_ *memory, b batch) book.Batch {
		return batched{batch: b, delete: func([]byte) error { return nil }}
	}}},
	"rows come out of order": {"as a map", bent{snapshot: func(_ *memory, n book.Snapshot) book.Snapshot {
		return scanned{n, func(_ []byte, keys *[]string) {
			if k := *keys; len(k) > 1 {
				k[0], k[1] = k[1], k[0]
			}
		}}
	}}},
	"a batch that is closed is committed": {"a batch is whole or nothing", bent{batch: func(_ *memory, b batch) book.Batch {
		return batched{batch: b, close: func() { _, _ = b.Commit() }}
	}}},
	"a batch does not scan itself": {"a batch is whole or nothing", bent{batch: func(s *memory, b batch) book.Batch {
		return batched{batch: b, scan: live{store: s}.Scan}
	}}},
	"a batch shows before it is committed": {"a batch is whole or nothing", bent{batch: func(s *memory, b batch) book.Batch {
		return batched{batch: b, set: func(key, value []byte) error {
			_ = b.Set(key, value)
			_, err := b.Commit()
			return err
		}}
	}}},
	"a batch shows when it was waited for": {"several wait together", bent{batch: func(_ *memory, b batch) book.Batch {
		return batched{batch: b, commit: func() (func() error, error) {
			return func() error { _, err := b.Commit(); return err }, nil
		}}
	}}},
	"a snapshot moves": {"a snapshot is one state", bent{snapshot: func(s *memory, n book.Snapshot) book.Snapshot { return live{s, n} }}},
	"a batch waits for those who read": {"a snapshot is one state", bent{
		snapshot: func(_ *memory, n book.Snapshot) book.Snapshot {
			reading.RLock()
			return read{n}
		},
		batch: func(_ *memory, b batch) book.Batch {
			return batched{batch: b, commit: func() (func() error, error) {
				reading.Lock()
				defer reading.Unlock()
				return b.Commit()
			}}
		},
	}},
	"a batch comes row by row": {"beside one writer others read", bent{batch: func(s *memory, b batch) book.Batch {
		return batched{batch: b, commit: func() (func() error, error) {
			for key, value := range b.rows {
				s.mu.Lock()
				rows := map[string][]byte{key: value}
				for k, v := range s.rows {
					if _, there := b.rows[k]; there && k != key {
						rows[k] = v
					}
				}
				s.rows = rows
				s.mu.Unlock()
				runtime.Gosched()
			}
			return func() error { return nil }, nil
		}}
	}}},
	"a prefix has no end": {"scans within a prefix", bent{snapshot: func(_ *memory, n book.Snapshot) book.Snapshot {
		return scanned{n, func(prefix []byte, keys *[]string) {
			if bytes.HasSuffix(prefix, []byte{0xff}) {
				*keys = nil
			}
		}}
	}}},
	"a long value is cut": {"what is large", bent{snapshot: func(_ *memory, n book.Snapshot) book.Snapshot {
		return got{n, func(value []byte, found bool) ([]byte, bool) { return value[:min(len(value), 1<<16)], found }}
	}}},
	"a batch that is large is not whole": {"what is large", bent{batch: func(_ *memory, b batch) book.Batch {
		n := 0
		return batched{batch: b, set: func(key, value []byte) error {
			if n++; n == 60_000 {
				return nil
			}
			return b.Set(key, value)
		}}
	}}},
	"Set keeps the caller's bytes": {"values are the caller's", bent{batch: func(_ *memory, b batch) book.Batch {
		return batched{batch: b, set: func(key, value []byte) error { b.rows[string(key)] = value; return nil }}
	}}},
	"Get gives its own bytes": {"values are the caller's", bent{snapshot: func(s *memory, n book.Snapshot) book.Snapshot {
		return own{n, s}
	}}},
	"all names are one":       {"two names are two stores", bent{open: func(name string) string { return strings.TrimSuffix(name, "-2") }}},
	"what is removed is kept": {"what is removed is gone", bent{remove: func(string) error { return nil }}},
}

// reading is held by snapshots of a store whose batches wait for them.
var reading sync.RWMutex

type read struct{ book.Snapshot }

func (r read) Close() {
	r.Snapshot.Close()
	reading.RUnlock()
}

// own gives what the store has, and no copy.
type own struct {
	book.Snapshot
	store *memory
}

func (o own) Get(key []byte) ([]byte, bool, error) {
	value, found := o.store.now()[string(key)]
	return value, found, nil
}

// TestStoresThatKeepNoBooksAreFoundOut: each promise, by a store that does not keep it.
func TestStoresThatKeepNoBooksAreFoundOut(t *testing.T) {
	defer func(was time.Duration) { patience = was }(patience)
	patience = time.Second
	needed := map[string]bool{}
	for name, fault := range faults {
		needed[fault.found] = true
		fault.bent.Memory = new(Memory)
		for _, p := range promises {
			if p.name == fault.found {
				if err := p.keeps(fault.bent, p.name); err == nil {
					t.Errorf("%s: not found by %q", name, p.name)
				} else {
					t.Logf("%s: %.200s", name, err)
				}
			}
		}
	}
	for _, p := range promises {
		if !needed[p.name] {
			t.Errorf("nothing shows that %q finds anything", p.name)
		}
	}
}

// TestAStoreIsOpenOnce: a test that forgets to close one hears of it.
func TestAStoreIsOpenOnce(t *testing.T) {
	m := new(Memory)
	s, err := m.Open("a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Open("a"); err == nil {
		t.Error("it was opened twice")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Open("a"); err != nil {
		t.Error(err)
	}
}
