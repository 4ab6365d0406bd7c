package ledger

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

var (
	drawn = NewTable[Place]("zz").OfNewIDs()
	used  = NewTable[Place]("zy").OfFirstUses()
)

// TestNoIDIsTakenTwice writes ids over blocks, some of which are dropped, while those
// of the store are learned piece by piece: what is there is always found, by blocks
// and by readers of the state before, in a filter that is nearly full, too, and when the
// memory has forgotten it.
func TestNoIDIsTakenTwice(t *testing.T) {
	for _, table := range []Table[Place, *Place]{drawn, used} {
		rapid.Check(t, func(r *rapid.T) { takeIDs(r, table) })
	}
}

func takeIDs(r *rapid.T, table Table[Place, *Place]) {
	store, there := NewMemory(), map[string]bool{}
	for range rapid.IntRange(1, 3).Draw(r, "openings") {
		memory := newRows(NewMemory().Snapshot())
		memory.ids = ids{filter: newFilter(1<<rapid.IntRange(9, 10).Draw(r, "least"), 1<<rapid.IntRange(10, 12).Draw(r, "most"))}
		for block := range 4 {
			f := &frozen{state: store.Snapshot(), version: memory.version.Load()}
			c, mine := newChanges(memory.at(f), newWritten()), map[string]bool{}
			for range rapid.IntRange(0, 20).Draw(r, "steps") {
				id := fmt.Sprint(rapid.IntRange(0, 60).Draw(r, "id"))
				if got, want := table.Has(c, []byte(id)), there[id] || mine[id]; got != want {
					r.Fatalf("a block finds %s: %v, want %v", id, got, want)
				}
				if got := table.Has(memory.at(f), []byte(id)); got != there[id] {
					r.Fatalf("a reader finds %s: %v, want %v", id, got, there[id])
				}
				if rapid.Bool().Draw(r, "write") {
					table.Set(c, []byte(id), &Place{Height: int64(block)})
					mine[id] = true
				}
			}
			if rapid.IntRange(0, 3).Draw(r, "drop") == 0 {
				continue
			}
			if err := c.commit(store); err != nil {
				r.Fatal(err)
			}
			memory.committed(c)
			for id := range mine {
				there[id] = true
			}
			memory.ids.learn(store.Snapshot())
			if rapid.Bool().Draw(r, "forget") {
				for i := range memory.shards {
					memory.shards[i].young, memory.shards[i].old = packed{}, packed{}
				}
			}
		}
	}
}

// TestIDsAreLearnedInPieces opens a store with more ids than are learned at once, and
// commits blocks meanwhile, before and behind of what has been learned.
func TestIDsAreLearnedInPieces(t *testing.T) {
	store, n := NewMemory(), 0
	id := func(i int) []byte { return fmt.Appendf(nil, "%x", sha256.Sum256(fmt.Append(nil, i))) }
	var memory *rows
	block := func(size int) {
		c := newChanges(memory.at(&frozen{state: store.Snapshot(), version: memory.version.Load()}), newWritten())
		for range size {
			drawn.Set(c, id(n), &Place{})
			n++
		}
		if err := c.commit(store); err != nil {
			t.Fatal(err)
		}
		memory.committed(c)
	}
	memory = newRows(store.Snapshot())
	block(5 * learnAtOnce / 2)
	memory = newRows(store.Snapshot())
	for blocks := 1; blocks <= 2; blocks++ {
		if memory.ids.learned.Load() {
			t.Fatalf("all is learned after %d blocks", blocks-1)
		}
		block(100)
		memory.ids.learn(store.Snapshot())
	}
	if !memory.ids.learned.Load() {
		t.Fatal("not all is learned after two blocks")
	}
	for i := range n {
		if memory.ids.new(drawn.key(id(i))) {
			t.Fatalf("id %d of %d is taken for a new one", i, n)
		}
	}
	fresh := 0
	for i := range n {
		if memory.ids.new(drawn.key(id(n + i))) {
			fresh++
		}
	}
	if fresh < n*99/100 {
		t.Errorf("of %d new ids %d are known to be new", n, fresh)
	}
}

// TestLookingForNewIDsAsksNoStore: what a filter is for.
func TestLookingForNewIDsAsksNoStore(t *testing.T) {
	store := NewMemory()
	memory := newRows(store.Snapshot())
	s := memory.at(&frozen{state: forbidden{}, version: memory.version.Load()})
	for i := range 1000 {
		if id := fmt.Append(nil, i); drawn.Has(s, id) || used.Has(s, id) {
			t.Fatalf("id %d is found", i)
		}
	}
}

// TestWhatABlockWroteIsAtHand: it is soon read, whether it was there before or not. Of
// ids that are looked for once nothing is remembered.
func TestWhatABlockWroteIsAtHand(t *testing.T) {
	memory := newRows(NewMemory().Snapshot())
	c := newChanges(memory.at(&frozen{state: NewMemory().Snapshot(), version: memory.version.Load()}), newWritten())
	used.Set(c, []byte("new"), &Place{Height: 1})
	drawn.Set(c, []byte("new"), &Place{Height: 1})
	heads.Set(c, []byte("subject"), &HeadRow{Size: 1})
	memory.committed(c)
	s := memory.at(&frozen{state: forbidden{}, version: memory.version.Load()})
	if used.Get(s, []byte("new")).GetHeight() != 1 || heads.Get(s, []byte("subject")).GetSize() != 1 {
		t.Error("a row is not remembered as it was written")
	}
	held := 0
	for i := range memory.shards {
		held += memory.shards[i].young.count
	}
	if held != 2 {
		t.Errorf("%d rows are remembered, want 2", held)
	}
}

// forbidden is a state that nobody may ask.
type forbidden struct{}

func (forbidden) Get([]byte) []byte                          { panic("the store was asked") }
func (forbidden) Scan(_, _ []byte, _ func(_, _ []byte) bool) { panic("the store was asked") }
func (forbidden) Close()                                     {}

// TestAFilterGrowsWithWhatItHolds: small for few keys, and still of use beside many.
func TestAFilterGrowsWithWhatItHolds(t *testing.T) {
	f, key := newFilter(1<<10, 1<<15), func(i int) []byte { return fmt.Append(nil, i) }
	const n = 8000
	for i := range n {
		if i == 1<<10/sparse-1 && len(*f.layers.Load()) != 1 {
			t.Error("it grew before it had to")
		}
		f.add(key(i))
	}
	taken, bits := 0, 0
	for i := range n {
		if !f.mayHold(key(i)) {
			t.Fatalf("key %d is not found", i)
		}
		if f.mayHold(key(n + i)) {
			taken++
		}
	}
	for _, layer := range *f.layers.Load() {
		bits += lineBits * len(layer)
	}
	if taken > n/8 || bits > 1<<16 {
		t.Errorf("of %d new keys %d look known, in %d bits", n, taken, bits)
	}
}
