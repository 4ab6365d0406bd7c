package merkle

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stele-health/stele"
)

const smallSizes = 130

func TestRootsAreThoseOfRFC6962(t *testing.T) {
	leaves, tree := grown(t, smallSizes)
	for n := range smallSizes + 1 {
		want := naiveRoot(leaves[:n])
		if got := Root(leaves[:n]); got != want {
			t.Fatalf("Root of %d leaves is %v, want %v", n, got, want)
		}
		// The tree holds all leaves: a log answers for its past sizes too.
		if got, err := RootAt(tree, uint64(n)); err != nil || got != want {
			t.Fatalf("RootAt(%d) is %v, %v, want %v", n, got, err, want)
		}
		peaks, err := Peaks(tree, uint64(n))
		if err != nil {
			t.Fatal(err)
		}
		if f, err := NewFrontier(uint64(n), peaks); err != nil || f.Root() != want {
			t.Fatalf("the root of %d leaves' peaks is %v, %v, want %v", n, f.Root(), err, want)
		}
		if _, err := NewFrontier(uint64(n), append(peaks, want)); stele.KindOf(err) != stele.KindProof {
			t.Fatalf("%d leaves took a peak too many: %v", n, err)
		}
	}
}

func TestInclusionIsThatOfRFC6962(t *testing.T) {
	leaves, tree := grown(t, smallSizes)
	for n := 1; n <= smallSizes; n++ {
		root := naiveRoot(leaves[:n])
		for i := range n {
			checkInclusion(t, leaves[:n], tree, root, i)
		}
	}
}

func TestConsistencyIsThatOfRFC6962(t *testing.T) {
	leaves, tree := grown(t, smallSizes)
	for n := range smallSizes + 1 {
		for m := range n + 1 {
			checkConsistency(t, leaves[:n], tree, m)
		}
	}
}

func TestLargerTreesAgreeWithRFC6962(t *testing.T) {
	leaves, tree := grown(t, 5000)
	r := rand.New(rand.NewPCG(6962, 9162))
	for range 40 {
		n := 131 + r.IntN(len(leaves)-131)
		checkInclusion(t, leaves[:n], tree, naiveRoot(leaves[:n]), r.IntN(n))
		checkConsistency(t, leaves[:n], tree, 1+r.IntN(n))
	}
}

func checkInclusion(t *testing.T, leaves []stele.Digest, tree Nodes, root stele.Digest, i int) {
	t.Helper()
	n := len(leaves)
	want := naivePath(i, leaves)
	got, err := Inclusion(tree, uint64(i), uint64(n))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(want, got) {
		t.Fatalf("path of %d in %d is %v, want %v", i, n, got, want)
	}
	if got, err = InclusionOf(leaves, i); err != nil || !slices.Equal(want, got) {
		t.Fatalf("InclusionOf %d in %d is %v, %v", i, n, got, err)
	}
	if err := VerifyInclusion(leaves[i], uint64(i), uint64(n), got, root); err != nil {
		t.Fatalf("path of %d in %d: %v", i, n, err)
	}
}

// checkConsistency checks the proof from m to len(leaves), and that the proof
// gives the frontier of the first m leaves back.
func checkConsistency(t *testing.T, leaves []stele.Digest, tree Nodes, m int) {
	t.Helper()
	n := len(leaves)
	got, err := Consistency(tree, uint64(m), uint64(n))
	if err != nil {
		t.Fatal(err)
	}
	if m > 0 {
		if want := naiveProof(m, leaves); !slices.Equal(want, got) {
			t.Fatalf("proof from %d to %d is %v, want %v", m, n, got, want)
		}
	}
	old, root := naiveRoot(leaves[:m]), naiveRoot(leaves)
	if err := VerifyConsistency(uint64(m), uint64(n), old, root, got); err != nil {
		t.Fatalf("proof from %d to %d: %v", m, n, err)
	}
	if m == n {
		return
	}
	f, err := FrontierFrom(uint64(m), uint64(n), old, got)
	if err != nil {
		t.Fatalf("frontier of %d from the proof to %d: %v", m, n, err)
	}
	for _, l := range leaves[m:] {
		f.Append(l)
	}
	if f.Root() != root || f.Size != uint64(n) {
		t.Fatalf("events from %d appended to the proof's frontier do not give the root of %d", m, n)
	}
}

func TestFrontierStoresWhatAppendStores(t *testing.T) {
	leaves, tree := grown(t, smallSizes)
	var f Frontier
	other := &Memory{}
	for n, leaf := range leaves {
		peaks, err := Peaks(tree, uint64(n))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(peaks, f.Peaks) {
			t.Fatalf("peaks of %d are %v, want %v", n, f.Peaks, peaks)
		}
		if got := f.Root(); got != naiveRoot(leaves[:n]) {
			t.Fatalf("frontier's root of %d is %v", n, got)
		}
		again, err := NewFrontier(f.Size, f.Peaks)
		if err != nil {
			t.Fatal(err)
		}
		before := again.Root()
		if err := other.Store(f.Append(leaf)); err != nil {
			t.Fatal(err)
		}
		if again.Root() != before {
			t.Fatal("Append changed a copy of the frontier")
		}
	}
	if !sameTree(tree, other) {
		t.Fatal("Append and Frontier store different trees")
	}
}

func TestUpdateManyGivesTheTreeOfTheNewLeaves(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n := r.IntN(200)
		leaves, tree := grown(t, n)
		var changed []Leaf
		for i := range n {
			if r.IntN(4) == 0 {
				changed = append(changed, Leaf{uint64(i), leafAt(i, 1)})
				leaves[i] = leafAt(i, 1)
			}
		}
		for range r.IntN(20) {
			i := len(leaves)
			leaves = append(leaves, leafAt(i, 1))
			changed = append(changed, Leaf{uint64(i), leaves[i]})
		}
		nodes, size, err := UpdateMany(tree, uint64(n), changed)
		if err == nil {
			err = tree.Store(nodes)
		}
		if err != nil || size != uint64(len(leaves)) {
			t.Fatalf("UpdateMany: size %d of %d, %v", size, len(leaves), err)
		}
		want := &Memory{}
		var f Frontier
		for _, l := range leaves {
			if err := want.Store(f.Append(l)); err != nil {
				t.Fatal(err)
			}
		}
		if !sameTree(want, tree) {
			t.Fatalf("UpdateMany(%d, %v) does not store the tree of the new leaves", n, changed)
		}
		if got, err := RootAt(tree, size); err != nil || got != naiveRoot(leaves) {
			t.Fatalf("root after UpdateMany is %v, %v", got, err)
		}
	}
}

func TestUpdateManyRefusesDisorder(t *testing.T) {
	_, tree := grown(t, 5)
	for _, leaves := range [][]Leaf{
		{{Index: 2}, {Index: 1}},
		{{Index: 2}, {Index: 2}},
		{{Index: 6}},
		{{Index: 5}, {Index: 7}},
		{{Index: ^uint64(0)}},
	} {
		if _, _, err := UpdateMany(tree, 5, leaves); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("UpdateMany(%v) says %v", leaves, err)
		}
	}
}

func sameTree(a, b *Memory) bool {
	return slices.EqualFunc(a.levels, b.levels, slices.Equal[[]stele.Digest])
}
