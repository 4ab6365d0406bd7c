package merkle

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func BenchmarkAppend(b *testing.B) {
	leaf := leafAt(1, 1)
	tree := &Memory{}
	n := uint64(0)
	for b.Loop() {
		nodes, err := Append(tree, n, leaf)
		if err != nil {
			b.Fatal(err)
		}
		if err := tree.Store(nodes); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

// BenchmarkUpdateMany is a block's work on the tree of heads: 500 of a million
// logs grew.
func BenchmarkUpdateMany(b *testing.B) {
	const n, batch = 1 << 20, 500
	_, tree := grown(b, n)
	r := rand.New(rand.NewPCG(1, 1))
	batches := make([][]Leaf, 16)
	for k := range batches {
		picked := map[uint64]bool{}
		for len(picked) < batch {
			picked[r.Uint64N(n)] = true
		}
		for i := range picked {
			batches[k] = append(batches[k], Leaf{i, leafAt(int(i), k)})
		}
		slices.SortFunc(batches[k], func(x, y Leaf) int { return int(x.Index) - int(y.Index) })
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		nodes, _, err := UpdateMany(tree, n, batches[i%len(batches)])
		if err != nil {
			b.Fatal(err)
		}
		if err := tree.Store(nodes); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func BenchmarkVerifyInclusion(b *testing.B) {
	const n = 1 << 20
	leaves, tree := grown(b, n)
	root, _ := RootAt(tree, n)
	path, _ := Inclusion(tree, 12345, n)
	for b.Loop() {
		if err := VerifyInclusion(leaves[12345], 12345, n, path, root); err != nil {
			b.Fatal(err)
		}
	}
}
