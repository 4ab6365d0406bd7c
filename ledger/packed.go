package ledger

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sync"
)

// packed is rows that lie one behind the other, found by a table of hashes: key and
// value are in one place of memory, and nothing in it is for the collector to follow.
// A row that is written again leaves the one before where it is, for whoever holds it.
type packed struct {
	rows  []byte
	slots table // of places in rows, counted from 1
	count int
}

// sizes are the lengths before each row, four bytes each: of its key, and of its value
// and one, 0 when there is known to be none under the key.
const sizes = 8

// find returns the slot of a key, or the empty one where it belongs.
func (p *packed) find(hash uint32, key []byte) (at uint32) {
	mask := uint32(len(p.slots) - 1)
	for at = hash & mask; p.slots[at].at != 0; at = (at + 1) & mask {
		if s := p.slots[at]; s.hash == hash {
			if k, _ := p.row(s); bytes.Equal(k, key) {
				break
			}
		}
	}
	return at
}

// get returns the value of a key, nil when there is known to be none, and whether
// either is remembered. It is not to be changed.
func (p *packed) get(hash uint32, key []byte) (value []byte, ok bool) {
	if p.count == 0 {
		return nil, false
	}
	s := p.slots[p.find(hash, key)]
	if s.at == 0 {
		return nil, false
	}
	_, value = p.row(s)
	return value, true
}

func (p *packed) row(s slot) (key, value []byte) {
	b := p.rows[s.at-1:]
	k, v := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	key, b = b[sizes:sizes+k], b[sizes+k:]
	if v == 0 {
		return key, nil
	}
	return key, b[: v-1 : v-1]
}

// put writes a row, or writes it again.
func (p *packed) put(hash uint32, key, value []byte) {
	if 2*(p.count+1) > len(p.slots) {
		p.slots = p.slots.grown()
	}
	at := p.find(hash, key)
	if p.slots[at].at == 0 {
		p.count++
	}
	need := sizes + len(key) + len(value)
	if cap(p.rows)-len(p.rows) < need {
		p.rows = slices.Grow(p.rows, max(len(p.rows), need))
	}
	p.slots[at] = slot{hash, uint32(len(p.rows)) + 1}
	size := uint32(0)
	if value != nil {
		size = uint32(len(value)) + 1
	}
	p.rows = binary.LittleEndian.AppendUint32(p.rows, uint32(len(key)))
	p.rows = binary.LittleEndian.AppendUint32(p.rows, size)
	p.rows = append(append(p.rows, key...), value...)
}

// size is how many bytes it takes, about: two to four slots a row.
func (p *packed) size() int { return len(p.rows) + 3*slotSize*p.count }

// empty returns one without rows, with room for as many bytes of them.
func (p *packed) empty() packed {
	return packed{rows: make([]byte, 0, cap(p.rows)), slots: make(table, len(p.slots))}
}

// shard remembers rows in two generations: when the young one is full it becomes the
// old one, and what was old is forgotten. What is found is young again.
type shard struct {
	mu         sync.Mutex
	young, old packed
}

func (s *shard) get(hash uint32, key []byte) (value []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if value, ok = s.young.get(hash, key); ok {
		return value, true
	}
	if value, ok = s.old.get(hash, key); ok {
		s.put(hash, key, value)
	}
	return value, ok
}

// put remembers a row; s.mu is held.
func (s *shard) put(hash uint32, key, value []byte) {
	if y := s.young; y.size() >= rowMemory/rowShards/2 {
		s.young, s.old = y.empty(), y
	}
	s.young.put(hash, key, value)
}

// replace puts a value in the place of the one that is remembered, if any.
func (s *shard) replace(hash uint32, key, value []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.young.get(hash, key)
	if !ok {
		_, ok = s.old.get(hash, key)
	}
	if ok {
		s.put(hash, key, value)
	}
}
