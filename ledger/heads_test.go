package ledger

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
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

// TestAStateIsOfItsHeight holds states by height: none stands for another, before the
// oldest that is kept or after the newest.
func TestAStateIsOfItsHeight(t *testing.T) {
	l := new(Ledger)
	for height := range int64(3) {
		l.snapshots = append(l.snapshots, &frozen{at: position{height: height + 5}, holds: 1})
	}
	for height := range int64(12) {
		f, err := l.hold(&height)
		switch kept := height >= 5 && height < 8; {
		case kept && (err != nil || f.at.height != height):
			t.Errorf("height %d: %v", height, err)
		case !kept && (err == nil || stele.KindOf(err) != stele.KindBusy):
			t.Errorf("height %d, which is not kept: %v", height, err)
		}
	}
	if f, err := l.hold(nil); err != nil || f.at.height != 7 {
		t.Errorf("the newest: %v", err)
	}
}

// TestTilesAreTheTree grows and changes a tree of heads over several blocks: its
// root and its paths are those of the plain tree over the same leaves.
func TestTilesAreTheTree(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		store, leaves := NewMemory(), []stele.Digest(nil)
		for block := range rapid.IntRange(1, 6).Draw(r, "blocks") {
			c := newChanges(store.Snapshot(), 0)
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
