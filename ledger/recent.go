package ledger

import (
	"encoding/binary"
	"sync"
)

// recent tells of nearly every transaction that it is new, without asking the
// store: a Bloom filter for each of the newest two ages. It errs on one side
// only: what it does not hold is not in the table of those that are done. Ids
// are hashes, so their own bytes say which bits are theirs; somebody who chose
// them cleverly would win a look into the store.
type recent struct {
	mu   sync.RWMutex
	ages [2]filter // an age's is at its number modulo 2
}

type filter struct {
	age  uint64
	bits []uint64
}

// With 4 MB for each age and four bits a transaction, at 1,000 a second all
// that time one new transaction in 1,300 looks as if it might be known, and at
// 10,000 a second one in 14.
const (
	filterBits   = 1 << 25
	bitsOfAnID   = 4
	bytesOfABit  = 4
	lengthOfDone = 2 + 8 + 32 // prefix, age, transaction id
)

// split returns the age and the id of a key in the table of those that are done.
func split(key []byte) (age uint64, id []byte, ok bool) {
	if len(key) != lengthOfDone {
		return 0, nil, false
	}
	return binary.BigEndian.Uint64(key[2:]), key[10:], true
}

// add notes a transaction. Those of ages long past are not looked for any more.
func (r *recent) add(key []byte) {
	age, id, ok := split(key)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f := &r.ages[age%2]
	if f.bits == nil || f.age < age {
		*f = filter{age, make([]uint64, filterBits/64)}
	}
	if f.age > age {
		return
	}
	for i := range bitsOfAnID {
		bit := binary.BigEndian.Uint32(id[i*bytesOfABit:]) % filterBits
		f.bits[bit/64] |= 1 << (bit % 64)
	}
}

// mayHold reports whether a key may be in the table. False is certain.
func (r *recent) mayHold(key []byte) bool {
	age, id, ok := split(key)
	if !ok {
		return true
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	f := &r.ages[age%2]
	if f.bits == nil || f.age < age {
		return false
	}
	if f.age > age {
		return true // too old to be told
	}
	for i := range bitsOfAnID {
		bit := binary.BigEndian.Uint32(id[i*bytesOfABit:]) % filterBits
		if f.bits[bit/64]&(1<<(bit%64)) == 0 {
			return false
		}
	}
	return true
}
