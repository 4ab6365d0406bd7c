package ledger

import (
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
)

// TestRowsNeverMixStates reads two rows, which each block sets to the same
// number, through the memory while blocks are committed: nobody ever sees two
// numbers, nor one that is not of the state that they read.
func TestRowsNeverMixStates(t *testing.T) {
	store, memory := NewMemory(), newRows(NewMemory().Snapshot())
	var mu sync.Mutex
	newest := &frozen{state: store.Snapshot(), version: memory.version.Load()}
	number := func(raw []byte) uint64 {
		if raw == nil {
			return 0
		}
		return binary.BigEndian.Uint64(raw)
	}
	done := make(chan struct{})
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				mu.Lock()
				f := newest
				mu.Unlock()
				want := number(f.state.Get([]byte("a")))
				s := memory.at(f)
				if a, b := number(s.Get([]byte("a"))), number(s.Get([]byte("b"))); a != want || b != want {
					t.Errorf("state %d reads %d and %d", want, a, b)
					return
				}
			}
		})
	}
	for n := uint64(1); n <= 20_000 && !t.Failed(); n++ {
		c := newChanges(memory.at(newest), newWritten())
		for _, key := range []string{"a", "b"} {
			if got := number(c.Get([]byte(key))); got != n-1 {
				t.Errorf("block %d finds %d", n, got)
			}
			c.Set([]byte(key), binary.BigEndian.AppendUint64(nil, n))
		}
		if err := c.commit(store); err != nil {
			t.Fatal(err)
		}
		memory.committed(c)
		mu.Lock()
		newest = &frozen{state: store.Snapshot(), version: memory.version.Load()}
		mu.Unlock()
	}
	close(done)
	wait.Wait()
}

// TestRowsAreBounded fills the memory far beyond its size, with rows that are written
// again and with such that are not there. Of what fits it forgets nothing.
func TestRowsAreBounded(t *testing.T) {
	memory := newRows(NewMemory().Snapshot())
	s := memory.at(&frozen{state: NewMemory().Snapshot()})
	const n, fit = 3 * rowMemory / 100, rowMemory / 2 / 60
	for i := range n {
		s.Get(fmt.Appendf(nil, "key %d %c", i, 'a'+i%rowShards))
		if i%100 != 0 {
			continue
		}
		c := newChanges(s, newWritten())
		c.Set([]byte("key 0"), make([]byte, 100))
		memory.committed(c)
		s = memory.at(&frozen{state: NewMemory().Snapshot(), version: memory.version.Load()})
	}
	s = memory.at(&frozen{state: forbidden{}, version: memory.version.Load()})
	for i := n - fit; i < n; i++ {
		s.Get(fmt.Appendf(nil, "key %d %c", i, 'a'+i%rowShards))
	}
	size := 0
	for i := range memory.shards {
		for _, p := range []packed{memory.shards[i].young, memory.shards[i].old} {
			size += cap(p.rows) + slotSize*len(p.slots)
		}
	}
	if most := rowMemory; size > most {
		t.Errorf("%d bytes are taken, want at most %d", size, most)
	}
}
