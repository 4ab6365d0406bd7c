package merkle

import (
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/stele-health/stele"
)

// turns is the way from a leaf to the root: at each sibling, whether it stands
// left. Two sizes that give a leaf the same turns cannot be told apart by a path;
// the package's doc says so, and these tests expect exactly that.
func turns(index, size uint64) []bool {
	var out []bool
	c := climb{index, size - 1}
	for {
		left, ok := c.next()
		if !ok {
			return out
		}
		out = append(out, left)
	}
}

func TestInclusionFailsForAnyFlippedBit(t *testing.T) {
	all, tree := grown(t, 600)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, len(all)).Draw(t, "n")
		i := rapid.IntRange(0, n-1).Draw(t, "i")
		root, err := RootAt(tree, uint64(n))
		if err != nil {
			t.Fatal(err)
		}
		path, err := Inclusion(tree, uint64(i), uint64(n))
		if err != nil {
			t.Fatal(err)
		}
		bit := rapid.IntRange(0, 255).Draw(t, "bit")
		flipped := func(d stele.Digest) stele.Digest { d[bit/8] ^= 1 << (bit % 8); return d }
		refuse := func(what string, leaf stele.Digest, index, size uint64, path []stele.Digest, root stele.Digest) {
			if err := VerifyInclusion(leaf, index, size, path, root); stele.KindOf(err) != stele.KindProof {
				t.Fatalf("%s: %v", what, err)
			}
		}
		index, size := uint64(i), uint64(n)
		refuse("leaf", flipped(all[i]), index, size, path, root)
		refuse("root", all[i], index, size, path, flipped(root))
		for k := range path {
			bad := slices.Clone(path)
			bad[k] = flipped(bad[k])
			refuse("path", all[i], index, size, bad, root)
			refuse("shorter path", all[i], index, size, slices.Delete(slices.Clone(path), k, k+1), root)
			refuse("longer path", all[i], index, size, slices.Insert(slices.Clone(path), k, path[k]), root)
		}
		for b := range 64 {
			refuse("index", all[i], index^1<<b, size, path, root)
			other := size ^ 1<<b
			if index < other && slices.Equal(turns(index, other), turns(index, size)) {
				continue
			}
			refuse("size", all[i], index, other, path, root)
		}
	})
}

func TestConsistencyFailsForAnyFlippedBit(t *testing.T) {
	all, tree := grown(t, 600)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, len(all)).Draw(t, "n")
		m := rapid.IntRange(1, n-1).Draw(t, "m")
		root, old := Root(all[:n]), Root(all[:m])
		proof, err := Consistency(tree, uint64(m), uint64(n))
		if err != nil {
			t.Fatal(err)
		}
		bit := rapid.IntRange(0, 255).Draw(t, "bit")
		flipped := func(d stele.Digest) stele.Digest { d[bit/8] ^= 1 << (bit % 8); return d }
		refuse := func(what string, from, to uint64, old, root stele.Digest, proof []stele.Digest) {
			if err := VerifyConsistency(from, to, old, root, proof); stele.KindOf(err) != stele.KindProof {
				t.Fatalf("%s: %v", what, err)
			}
		}
		from, to := uint64(m), uint64(n)
		refuse("old root", from, to, flipped(old), root, proof)
		refuse("new root", from, to, old, flipped(root), proof)
		for k := range proof {
			bad := slices.Clone(proof)
			bad[k] = flipped(bad[k])
			refuse("proof", from, to, old, root, bad)
			refuse("shorter proof", from, to, old, root, slices.Delete(slices.Clone(proof), k, k+1))
			refuse("longer proof", from, to, old, root, slices.Insert(slices.Clone(proof), k, proof[k]))
			if bad[k] != proof[k] && m&(m-1) != 0 && k == 0 {
				if _, err := FrontierFrom(from, to, old, bad); stele.KindOf(err) != stele.KindProof {
					t.Fatalf("frontier from a bad proof: %v", err)
				}
			}
		}
		for b := range 64 {
			refuse("old size", from^1<<b, to, old, root, proof)
			other := to ^ 1<<b
			level := bits.TrailingZeros64(from)
			if from < other && slices.Equal(turns((from-1)>>level, (other-1)>>level+1), turns((from-1)>>level, (to-1)>>level+1)) {
				continue
			}
			refuse("new size", from, other, old, root, proof)
		}
	})
}

// FuzzVerify feeds the checks bytes of a stranger: they may refuse, they may
// not panic, and what FrontierFrom accepts must stand under the old root.
func FuzzVerify(f *testing.F) {
	f.Add(uint64(3), uint64(7), make([]byte, 128))
	f.Add(uint64(0), uint64(0), []byte(nil))
	f.Add(^uint64(0), ^uint64(0), make([]byte, 64))
	f.Add(uint64(1)<<62, uint64(1)<<63, make([]byte, 96))
	f.Fuzz(func(t *testing.T, a, b uint64, raw []byte) {
		var hashes []stele.Digest
		for len(raw) >= 32 {
			hashes = append(hashes, stele.Digest(raw[:32]))
			raw = raw[32:]
		}
		x, y := EmptyRoot(), EmptyRoot()
		if len(hashes) > 1 {
			x, y, hashes = hashes[0], hashes[1], hashes[2:]
		}
		if err := VerifyInclusion(x, a, b, hashes, y); err != nil && stele.KindOf(err) != stele.KindProof {
			t.Fatal(err)
		}
		if err := VerifyConsistency(a, b, x, y, hashes); err != nil && stele.KindOf(err) != stele.KindProof {
			t.Fatal(err)
		}
		if front, err := NewFrontier(a, hashes); err == nil {
			front.Append(x)
			if _, err := NewFrontier(front.Size, front.Peaks); err != nil {
				t.Fatal(err)
			}
		}
		front, err := FrontierFrom(a, b, x, hashes)
		if err == nil && (front.Root() != x || front.Size != a) {
			t.Fatal("FrontierFrom accepted a frontier of another root")
		}
		if err == nil {
			front.Append(y)
		}
	})
}

func TestBuildersRefuseWhatCannotBe(t *testing.T) {
	_, tree := grown(t, 3)
	huge := uint64(MaxSize + 1)
	for name, err := range map[string]error{
		"inclusion beyond the end": second(Inclusion(tree, 3, 3)),
		"inclusion in a huge tree": second(Inclusion(tree, 0, huge)),
		"inclusion of few":         second(InclusionOf(nil, 0)),
		"consistency backwards":    second(Consistency(tree, 4, 3)),
		"consistency of a huge":    second(Consistency(tree, 1, huge)),
		"peaks of a huge tree":     second(Peaks(tree, huge)),
		"root of a huge tree":      second(RootAt(tree, huge)),
		"append to a full tree":    second(Append(tree, MaxSize, stele.Digest{})),
	} {
		if stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := RootAt(tree, 4); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("a node the store lacks: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestConsistencyOfEqualAndEmptyTrees(t *testing.T) {
	leaves, _ := grown(t, 3)
	root, some := Root(leaves), []stele.Digest{leaves[0]}
	for name, err := range map[string]error{
		"equal roots":           VerifyConsistency(3, 3, root, root, nil),
		"from the empty tree":   VerifyConsistency(0, 3, EmptyRoot(), root, nil),
		"empty to empty":        VerifyConsistency(0, 0, EmptyRoot(), EmptyRoot(), nil),
		"frontier of the start": second(FrontierFrom(0, 3, EmptyRoot(), nil)),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"equal sizes, other root":   VerifyConsistency(3, 3, root, leaves[0], nil),
		"equal sizes with a proof":  VerifyConsistency(3, 3, root, root, some),
		"empty tree, other root":    VerifyConsistency(0, 3, root, root, nil),
		"empty tree with a proof":   VerifyConsistency(0, 3, EmptyRoot(), root, some),
		"smaller":                   VerifyConsistency(3, 2, root, root, nil),
		"frontier, other root":      second(FrontierFrom(0, 3, root, nil)),
		"frontier of equal sizes":   second(FrontierFrom(3, 3, root, nil)),
		"frontier, start and proof": second(FrontierFrom(0, 3, EmptyRoot(), some)),
	} {
		if stele.KindOf(err) != stele.KindProof {
			t.Errorf("%s: %v", name, err)
		}
	}
}
