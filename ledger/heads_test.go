package ledger

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

// TestAnotherLayoutIsNotRead: a store that older software wrote is refused with a
// hint, not misread.
func TestAnotherLayoutIsNotRead(t *testing.T) {
	store := NewMemory()
	b := store.Begin(0)
	b.Set([]byte{prefixPosition}, make([]byte, 4*8+32)) // the first layout had no number
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	if _, err := New(store, nil, nil); err == nil || stele.HintOf(err) == "" {
		t.Errorf("opened with %v", err)
	}
}

// TestADamagedTileIsNoNode asks for nodes of tiles that are there whole, in part, or not.
func TestADamagedTileIsNoNode(t *testing.T) {
	leaf := func(i int) stele.Digest { return merkle.LeafHash([]byte{byte(i)}) }
	var whole []byte
	for i := range tileWidth {
		hash := leaf(i)
		whole = append(whole, hash[:]...)
	}
	for n := range len(whole)/hashSize + 1 {
		for _, torn := range []int{0, 1, hashSize - 1} {
			store := NewMemory()
			b := store.Begin(0)
			b.Set(tileKey(0, 0), whole[:max(n*hashSize-torn, 0)])
			if err := b.Commit(); err != nil {
				t.Fatal(err)
			}
			held := max(n*hashSize-torn, 0) / hashSize // whole hashes
			for level := range uint(tileLevels) {
				for index := range tileWidth >> level {
					_, err := headTree{store.Snapshot()}.Node(level, uint64(index))
					if is := (index+1)<<level <= held; (err == nil) != is {
						t.Errorf("of %d hashes, node %d of level %d: %v", held, index, level, err)
					}
				}
			}
		}
	}
}

// TestTheStateBeforeTheNewestCanBeProved: that of the genesis itself, and none right after
// the ledger was opened.
func TestTheStateBeforeTheNewestCanBeProved(t *testing.T) {
	const none = -1
	for _, c := range []struct {
		kept             []int64 // heights
		newest, provable int64
	}{{[]int64{0}, 0, 0}, {[]int64{0, 0}, 0, 0}, {[]int64{0, 1}, 1, 0}, {[]int64{7}, 7, none}, {[]int64{6, 7}, 7, 6}} {
		l := new(Ledger)
		for _, height := range c.kept {
			l.snapshots = append(l.snapshots, &frozen{at: position{height: height}, holds: 1})
		}
		if f, err := l.hold(false); err != nil || f != l.snapshots[len(c.kept)-1] {
			t.Errorf("%v: the newest is %v, %v", c.kept, f, err)
		}
		switch f, err := l.hold(true); {
		case c.provable == none && stele.KindOf(err) != stele.KindBusy:
			t.Errorf("%v: %v, %v can be proved", c.kept, f, err)
		case c.provable != none && (err != nil || f.at.height != c.provable):
			t.Errorf("%v: %v, %v can be proved, want %d", c.kept, f, err, c.provable)
		}
	}
}

// TestNoMoreThanTwoStatesAreKept: a store drops no row that is written over while a state
// with it is kept.
func TestNoMoreThanTwoStatesAreKept(t *testing.T) {
	store := &counting{Memory: NewMemory()}
	l, err := New(store, nil, wire.Check)
	if err != nil {
		t.Fatal(err)
	}
	for height := int64(1); height <= 5; height++ {
		if _, err := l.Execute(stele.Proposal{Height: height, Time: time.UnixMilli(height)}); err != nil {
			t.Fatal(err)
		}
		if err := l.Commit(); err != nil {
			t.Fatal(err)
		}
		if store.open > 2 {
			t.Fatalf("%d states are kept after block %d", store.open, height)
		}
	}
	if l.Close(); store.open != 0 {
		t.Errorf("%d states are kept after the end", store.open)
	}
}

// counting is a store that counts the states that are held.
type counting struct {
	*Memory
	open int
}

func (c *counting) Snapshot() Snapshot {
	c.open++
	return held{c.Memory.Snapshot(), c}
}

type held struct {
	Snapshot
	of *counting
}

func (h held) Close() { h.of.open--; h.Snapshot.Close() }

// TestTilesAreTheTree grows and changes a tree of heads over several blocks: its
// root and its paths are those of the plain tree over the same leaves.
func TestTilesAreTheTree(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		store, leaves := NewMemory(), []stele.Digest(nil)
		for block := range rapid.IntRange(1, 6).Draw(r, "blocks") {
			c := newChanges(store.Snapshot(), newWritten())
			before := uint64(len(leaves))
			grown := rapid.IntRange(0, 200).Draw(r, "new")
			changed := map[uint64]bool{}
			for range rapid.IntRange(0, 20).Draw(r, "changes") {
				if before > 0 {
					changed[rapid.Uint64Range(0, before-1).Draw(r, "which")] = true
				}
			}
			leaves = append(leaves, make([]stele.Digest, grown)...)
			var written []merkle.Leaf
			for i := range leaves {
				if changed[uint64(i)] || uint64(i) >= before {
					leaves[i] = merkle.LeafHash(binary.BigEndian.AppendUint64(nil, uint64(i*10+block)))
					written = append(written, merkle.Leaf{Index: uint64(i), Hash: leaves[i]})
				}
			}
			nodes, size, err := merkle.UpdateMany(headTree{c}, before, written)
			if err != nil {
				r.Fatal(err)
			}
			setNodes(c, nodes)
			if err := c.commit(store); err != nil {
				r.Fatal(err)
			}
			tree := headTree{store.Snapshot()}
			if root, err := merkle.RootAt(tree, size); err != nil || root != merkle.Root(leaves) {
				r.Fatalf("another root over %d leaves: %v", size, err)
			}
			for range min(len(leaves), 30) {
				i := rapid.IntRange(0, len(leaves)-1).Draw(r, "leaf")
				want, _ := merkle.InclusionOf(leaves, i)
				got, err := merkle.Inclusion(tree, uint64(i), size)
				if diff := cmp.Diff(want, got); diff != "" && !(len(want) == 0 && len(got) == 0) || err != nil {
					r.Fatalf("another path to leaf %d of %d: %v %s", i, size, err, diff)
				}
			}
		}
	})
}
