package merkle

import "github.com/stele-health/stele"

// Memory is a stored tree in memory, for trees that are rebuilt when they are
// needed and for tests. The zero value is empty. It is not safe for concurrent
// use while it changes.
type Memory struct{ levels [][]stele.Digest }

// Node returns a stored hash; KindNotFound when there is none.
func (m *Memory) Node(level uint, index uint64) (stele.Digest, error) {
	if level >= uint(len(m.levels)) || index >= uint64(len(m.levels[level])) {
		return stele.Digest{}, stele.E("read tree node", stele.KindNotFound, "no such node", nil)
	}
	return m.levels[level][index], nil
}

// Store keeps nodes as Append, Update, UpdateMany and Frontier.Append return
// them: a level's new nodes come without a gap. It fails with KindInvalid
// otherwise, having kept the nodes before the gap.
func (m *Memory) Store(nodes []Node) error {
	for _, n := range nodes {
		if n.Level == uint(len(m.levels)) {
			m.levels = append(m.levels, nil)
		}
		if n.Level > uint(len(m.levels)) || n.Index > uint64(len(m.levels[n.Level])) {
			return misuse("store tree nodes", "nodes come with a gap")
		}
		level := &m.levels[n.Level]
		if n.Index == uint64(len(*level)) {
			*level = append(*level, n.Hash)
		} else {
			(*level)[n.Index] = n.Hash
		}
	}
	return nil
}

// Size returns the number of leaves.
func (m *Memory) Size() uint64 {
	if len(m.levels) == 0 {
		return 0
	}
	return uint64(len(m.levels[0]))
}
