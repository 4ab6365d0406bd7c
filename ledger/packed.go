package ledger

import (
	"bytes"
	"encoding/binary"
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

// fits reports whether a row does, with all that is allocated for it.
func (p *packed) fits(key, value []byte) bool {
	slots := len(p.slots)
	if 2*(p.count+1) > slots {
		slots *= 2
	}
	return len(p.rows)+sizes+len(key)+len(value)+slotSize*slots <= generation
}

// put writes a row, or writes it again. What it allocates is a generation's bytes at most,
// or what a row takes that does not fit.
func (p *packed) put(hash uint32, key, value []byte) {
	if 2*(p.count+1) > len(p.slots) {
		p.slots = p.slots.grown()
	}
	at := p.find(hash, key)
	if p.slots[at].at == 0 {
		p.count++
	}
	need, most := len(p.rows)+sizes+len(key)+len(value), generation-slotSize*len(p.slots)
	if c := cap(p.rows); c < need || c > max(need, most) {
		p.rows = append(make([]byte, 0, max(need, min(2*need, most))), p.rows...)
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

// empty returns one without rows, with room for as many of them.
func (p *packed) empty() packed {
	slots := len(p.slots)
	if 4*p.count < slots { // there were more and smaller rows before
		slots /= 2
	}
	return packed{rows: make([]byte, 0, max(0, min(cap(p.rows), generation-slotSize*slots))), slots: make(table, slots)}
}

// generation is how many bytes one of a shard's two takes. A row that is larger has one
// for itself.
const generation = rowMemory / rowShards / 2

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
	if y := s.young; y.count > 0 && !y.fits(key, value) {
		s.young, s.old = y.empty(), y
	}
	s.young.put(hash, key, value)
}

// write puts a row that a block has written.
func (s *shard) write(hash uint32, key, value []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(hash, key, value)
}
