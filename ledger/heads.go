package ledger

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

// headTree reads the tree of heads, which is stored in tiles: of every third level
// a row holds the hashes of eight neighbours, as far as their subtrees are
// perfect, and the two levels above are computed from them. A path through a
// million logs is seven rows, of which all but the lowest are soon at hand.
type headTree struct{ s Reader }

const (
	tileLevels = 3
	tileWidth  = 1 << tileLevels
	hashSize   = len(stele.Digest{})
)

// tileKey is the key of the tile with a node of a level that tiles hold.
func tileKey(level uint, index uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{prefixTile, byte(level)}, index/tileWidth)
}

// Node returns the hash of a perfect subtree.
func (t headTree) Node(level uint, index uint64) (stele.Digest, error) {
	above := level % tileLevels // the tile's level
	first, n := index<<above, 1<<above
	tile := t.s.Get(tileKey(level-above, first))
	from := int(first%tileWidth) * hashSize
	if len(tile) < from+n*hashSize {
		return stele.Digest{}, fmt.Errorf("ledger: a tile of level %d of the tree of heads is missing or damaged", level-above)
	}
	var room [tileWidth / 2]stele.Digest
	hashes := room[:n]
	for i := range hashes {
		hashes[i] = stele.Digest(tile[from+i*hashSize:])
	}
	for ; n > 1; n /= 2 {
		for i := range n / 2 {
			hashes[i] = merkle.NodeHash(hashes[2*i], hashes[2*i+1])
		}
	}
	return hashes[0], nil
}

// setNodes stores what merkle.UpdateMany returned: ascending within each level.
func setNodes(s Writer, nodes []merkle.Node) {
	for len(nodes) > 0 {
		level, first := nodes[0].Level, nodes[0].Index
		n := 1
		for n < len(nodes) && nodes[n].Level == level && nodes[n].Index/tileWidth == first/tileWidth {
			n++
		}
		if level%tileLevels == 0 {
			key := tileKey(level, first)
			tile := slices.Clone(s.Get(key))
			for _, node := range nodes[:n] {
				at := int(node.Index%tileWidth) * hashSize
				if at < len(tile) {
					copy(tile[at:], node.Hash[:])
				} else { // subtrees become perfect from left to right
					tile = append(tile, node.Hash[:]...)
				}
			}
			s.Set(key, tile)
		}
		nodes = nodes[n:]
	}
}

func headRow(g *growing) *HeadRow {
	return &HeadRow{Leaf: g.leaf, Size: g.frontier.Size, Peaks: join(g.frontier.Peaks)}
}

// headLeaf is the leaf hash of a log in the tree of heads.
func headLeaf(subject stele.Subject, log merkle.Frontier) stele.Digest {
	head := wire.HeadHash(subject, log.Size, log.Root())
	return merkle.LeafHash(head[:])
}

func frontier(row *HeadRow) merkle.Frontier {
	peaks := make([]stele.Digest, len(row.Peaks))
	for i, p := range row.Peaks {
		peaks[i] = stele.Digest(p)
	}
	f, err := merkle.NewFrontier(row.Size, peaks)
	if err != nil {
		Fail(err)
	}
	return f
}
