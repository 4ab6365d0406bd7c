package ledger

import (
	"hash/maphash"
	"slices"
	"sync/atomic"
)

// filter is a Bloom filter: what it does not hold was never added. It may be asked
// while others add.
type filter struct {
	seed maphash.Seed
	bits []uint64 // a power of two
}

const bitsOfAKey = 4

func newFilter(bits int) *filter {
	return &filter{seed: maphash.MakeSeed(), bits: make([]uint64, bits/64)}
}

func (f *filter) add(key []byte) {
	for bit, i := f.first(key), 0; i < bitsOfAKey; bit, i = next(bit), i+1 {
		word, mask := f.place(bit)
		if old := atomic.LoadUint64(word); old&mask == 0 {
			atomic.OrUint64(word, mask)
		}
	}
}

// mayHold reports whether a key may have been added. False is certain.
func (f *filter) mayHold(key []byte) bool {
	for bit, i := f.first(key), 0; i < bitsOfAKey; bit, i = next(bit), i+1 {
		if word, mask := f.place(bit); atomic.LoadUint64(word)&mask == 0 {
			return false
		}
	}
	return true
}

// first is the hash of a key. Its halves say which bits are the key's: the lower one
// which is the first, the upper one how far on the others are.
func (f *filter) first(key []byte) uint64 { return maphash.Bytes(f.seed, key) | 1<<32 }

func next(bit uint64) uint64 { return bit&^(1<<32-1) | uint64(uint32(bit)+uint32(bit>>32)) }

func (f *filter) place(bit uint64) (word *uint64, mask uint64) {
	return &f.bits[int(uint32(bit)/64)&(len(f.bits)-1)], 1 << (bit % 64)
}

// ids tells of nearly every id that it is new, without asking the store: a filter of
// all keys of the tables of new ids (Table.OfNewIDs). The store takes longest to say
// that it does not hold a key.
//
// What a store holds already is learned piece by piece, one when it is opened and one
// a block; until then, nothing is known to be new.
type ids struct {
	filter  *filter
	learned atomic.Bool
	tables  int    // that have been read to their end
	next    []byte // key to read on from; nil: the next table's first
}

// idBits make 8 MB. Beside ten million ids one new id in 24 looks as if it might be
// known, beside fifty million four in five, and the store is asked.
const idBits = 1 << 26

// idPrefixes are those of the tables of new ids.
var idPrefixes []string

func isID(key []byte) bool {
	return len(key) > 2 && slices.Contains(idPrefixes, string(key[:2]))
}

// new reports whether a key is of a table of new ids and certainly not in the store.
func (i *ids) new(key []byte) bool {
	return isID(key) && i.learned.Load() && !i.filter.mayHold(key)
}

// add notes what a block has written, before anybody reads the state after it.
func (i *ids) add(key []byte) {
	if isID(key) {
		i.filter.add(key)
	}
}

// learnAtOnce is how many ids are learned in one piece: some ten milliseconds' work.
const learnAtOnce = 20_000

// learn reads the next ids that a state holds. It is called by one goroutine, with any
// state not older than the filter.
func (i *ids) learn(s Reader) {
	for left := learnAtOnce; left > 0 && i.tables < len(idPrefixes); {
		prefix := idPrefixes[i.tables]
		from := i.next
		if i.next = nil; from == nil {
			from = []byte(prefix)
		}
		s.Scan(from, upTo(prefix), func(key, _ []byte) bool {
			if left == 0 {
				i.next = slices.Clone(key)
				return false
			}
			i.filter.add(key)
			left--
			return true
		})
		if i.next == nil {
			i.tables++
		}
	}
	if i.tables == len(idPrefixes) {
		i.learned.Store(true)
	}
}
