package merkle

import (
	"encoding/hex"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/vectortest"
)

// ctLeaves are the eight inputs that Certificate Transparency implementations
// have shared since 2013, and ctRoots the roots over the first 1 to 8 of them.
var (
	ctLeaves = []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	ctRoots  = []string{
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
)

func TestKnownVectors(t *testing.T) {
	if got := EmptyRoot().String(); got != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("empty root is %s", got)
	}
	leaves := ctLeafHashes(t)
	for i, want := range ctRoots {
		if got := Root(leaves[:i+1]).String(); got != want {
			t.Errorf("root of %d leaves is %s, want %s", i+1, got, want)
		}
	}
}

func ctLeafHashes(t *testing.T) []stele.Digest {
	t.Helper()
	var leaves []stele.Digest
	for _, text := range ctLeaves {
		raw, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, LeafHash(raw))
	}
	return leaves
}

// vectors is testdata/vectors/merkle.json, which the browser's twin reads too.
type vectors struct {
	About       string
	Leaves      []string // inputs, hexadecimal
	LeafHashes  []stele.Digest
	EmptyRoot   stele.Digest
	Roots       []stele.Digest // over the first 1, 2, … leaves
	Inclusion   []inclusionVector
	Consistency []consistencyVector
	Refused     []refusedVector
}

type inclusionVector struct {
	Index, Size uint64
	Path        []stele.Digest
}

type consistencyVector struct {
	From, To uint64
	Proof    []stele.Digest
	Peaks    []stele.Digest // of the first From leaves, largest first
}

// refusedVector is an inclusion that must not check.
type refusedVector struct {
	Why         string
	Leaf        stele.Digest
	Index, Size uint64
	Path        []stele.Digest
	Root        stele.Digest
}

// TestVectors: the file is what this code computes.
func TestVectors(t *testing.T) { vectortest.Reproduced(t, "merkle.json", makeVectors(t)) }

func makeVectors(t *testing.T) vectors {
	t.Helper()
	leaves := ctLeafHashes(t)
	v := vectors{
		About:     "RFC 6962 §2.1 Merkle trees over the first eight Certificate Transparency test leaves",
		Leaves:    ctLeaves,
		EmptyRoot: EmptyRoot(), LeafHashes: leaves,
	}
	for n := 1; n <= len(leaves); n++ {
		v.Roots = append(v.Roots, naiveRoot(leaves[:n]))
		for i := range n {
			v.Inclusion = append(v.Inclusion, inclusionVector{uint64(i), uint64(n), naivePath(i, leaves[:n])})
		}
		for m := 1; m < n; m++ {
			v.Consistency = append(v.Consistency, consistencyVector{uint64(m), uint64(n), naiveProof(m, leaves[:n]), naivePeaks(leaves[:m])})
		}
	}
	v.Refused = refusals(t, leaves)
	return v
}

func naivePeaks(d []stele.Digest) []stele.Digest {
	for k := 1; ; k *= 2 {
		if k == len(d) {
			return []stele.Digest{naiveRoot(d)}
		}
		if 2*k > len(d) {
			return append([]stele.Digest{naiveRoot(d[:k])}, naivePeaks(d[k:])...)
		}
	}
}

func refusals(t *testing.T, leaves []stele.Digest) []refusedVector {
	t.Helper()
	path, root := naivePath(2, leaves[:7]), naiveRoot(leaves[:7])
	turned := leaves[2]
	turned[31] ^= 1
	list := []refusedVector{
		{"leaf changed", turned, 2, 7, path, root},
		{"neighbour's index", leaves[2], 3, 7, path, root},
		{"index beyond the size", leaves[2], 7, 7, path, root},
		{"path too short", leaves[2], 2, 7, path[:2], root},
		{"path too long", leaves[2], 2, 7, append(append([]stele.Digest{}, path...), root), root},
		{"other root", leaves[2], 2, 7, path, naiveRoot(leaves)},
		{"empty tree", leaves[2], 0, 0, nil, EmptyRoot()},
		{"largest numbers of JSON", leaves[2], 1<<53 - 2, 1<<53 - 1, path, root},
	}
	for _, r := range list {
		if err := VerifyInclusion(r.Leaf, r.Index, r.Size, r.Path, r.Root); stele.KindOf(err) != stele.KindProof {
			t.Errorf("%s: %v", r.Why, err)
		}
	}
	return list
}
