package merkle

import (
	"encoding/binary"
	"testing"

	"github.com/stele-health/stele"
)

// The definitions of RFC 6962 §2.1 to §2.1.2, word for word and slow.

func naiveRoot(d []stele.Digest) stele.Digest {
	switch len(d) {
	case 0:
		return EmptyRoot()
	case 1:
		return d[0]
	}
	k := naiveSplit(len(d))
	return NodeHash(naiveRoot(d[:k]), naiveRoot(d[k:]))
}

func naivePath(m int, d []stele.Digest) []stele.Digest {
	if len(d) == 1 {
		return nil
	}
	k := naiveSplit(len(d))
	if m < k {
		return append(naivePath(m, d[:k]), naiveRoot(d[k:]))
	}
	return append(naivePath(m-k, d[k:]), naiveRoot(d[:k]))
}

func naiveProof(m int, d []stele.Digest) []stele.Digest { return naiveSubproof(m, d, true) }

func naiveSubproof(m int, d []stele.Digest, whole bool) []stele.Digest {
	if m == len(d) {
		if whole {
			return nil
		}
		return []stele.Digest{naiveRoot(d)}
	}
	k := naiveSplit(len(d))
	if m <= k {
		return append(naiveSubproof(m, d[:k], whole), naiveRoot(d[k:]))
	}
	return append(naiveSubproof(m-k, d[k:], false), naiveRoot(d[:k]))
}

func naiveSplit(n int) int {
	k := 1
	for 2*k < n {
		k *= 2
	}
	return k
}

// leafAt is the i-th leaf hash of the tests' trees; version tells replaced
// leaves from first ones.
func leafAt(i, version int) stele.Digest {
	data := binary.BigEndian.AppendUint64(nil, uint64(i))
	return LeafHash(binary.BigEndian.AppendUint64(data, uint64(version)))
}

// grown returns n leaf hashes and the stored tree of them.
func grown(tb testing.TB, n int) ([]stele.Digest, *Memory) {
	tb.Helper()
	tree := &Memory{}
	leaves := make([]stele.Digest, n)
	for i := range leaves {
		leaves[i] = leafAt(i, 0)
		nodes, err := Append(tree, uint64(i), leaves[i])
		if err == nil {
			err = tree.Store(nodes)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	return leaves, tree
}
