package ledger

import (
	"hash/maphash"
	"math"
	"slices"
	"sync/atomic"
)

// filter is a Bloom filter that grows: what it does not hold was never added. One
// goroutine adds at a time; others may ask meanwhile.
type filter struct {
	seed maphash.Seed
	room int // keys that the newest layer takes before another is made
	most int // bits of the last layer
	// layers are powers of two of lines, each twice the one before: what is added goes
	// into the newest.
	layers atomic.Pointer[[][]line]
}

// line is a line of the processor's cache, which is what a look costs: all bits of a key
// are in one, each in a part of it.
type line [8]uint64

const (
	lineBits = 8 * 64
	parts    = 4
	partBits = lineBits / parts
	sparse   = 16 // bits a key, in a layer that is not the last: then one key in 250 looks as if it were there
)

// newFilter makes a filter that begins with one layer of least bits, and ends with one
// of most.
func newFilter(least, most int) *filter {
	f := &filter{seed: maphash.MakeSeed(), most: most}
	f.layers.Store(new([][]line))
	f.grow(least)
	return f
}

func (f *filter) grow(bits int) {
	layers := append(slices.Clone(*f.layers.Load()), make([]line, bits/lineBits))
	f.layers.Store(&layers)
	if f.room = bits / sparse; bits >= f.most {
		f.room = math.MaxInt
	}
}

func (f *filter) add(key []byte) {
	layers := *f.layers.Load()
	newest := layers[len(layers)-1]
	if f.room--; f.room == 0 {
		f.grow(2 * lineBits * len(newest))
	}
	hash := maphash.Bytes(f.seed, key)
	for part := range parts {
		if word, mask := bitOf(newest, hash, part); atomic.LoadUint64(word)&mask == 0 {
			atomic.OrUint64(word, mask)
		}
	}
}

// mayHold reports whether a key may have been added. False is certain.
func (f *filter) mayHold(key []byte) bool {
	hash := maphash.Bytes(f.seed, key)
	for _, layer := range *f.layers.Load() {
		if holds(layer, hash) {
			return true
		}
	}
	return false
}

func holds(layer []line, hash uint64) bool {
	for part := range parts {
		if word, mask := bitOf(layer, hash, part); atomic.LoadUint64(word)&mask == 0 {
			return false
		}
	}
	return true
}

// bitOf is where a key has its bit in a part of a line. The lower half of its hash says
// which line, and seven bits of the upper half each say which bit.
func bitOf(layer []line, hash uint64, part int) (word *uint64, mask uint64) {
	bit := int(hash>>(32+7*part)) & (partBits - 1)
	return &layer[int(uint32(hash))&(len(layer)-1)][(part*partBits+bit)/64], 1 << (bit % 64)
}

// ids tells of nearly every id that it is new, without asking the store: a filter of
// all keys of the tables of ids. The store takes longest to say that it does not hold a
// key.
//
// What a store holds already is learned piece by piece, one when it is opened and one
// a block; until then, nothing is known to be new.
type ids struct {
	filter  *filter
	learned atomic.Bool
	tables  int    // that have been read to their end
	next    []byte // key to read on from; nil: the next table's first
}

// The filter begins with 128 KB. Beside two million ids it has 8 MB, beside more than four
// million 16 MB, and then one new id in 45 beside ten million looks as if it might be known;
// beside fifty million three in four, and the store is asked.
const (
	leastIDBits = 1 << 20
	mostIDBits  = 1 << 26
)

// found says what a look into a table finds as a rule.
type found byte

const (
	anything    found = iota // the filter does not hold the table's keys
	mostlyNone               // Table.OfNewIDs: the filter is asked first, and nothing is remembered
	mostlyThere              // Table.OfFirstUses: the filter is asked for what is not remembered
)

// idTables are the tables whose keys the filter holds.
var idTables prefixes

// prefixes are those of some tables, and what a look into each finds.
type prefixes struct {
	list  []string
	found ['z' + 1]['z' + 1]found // by both letters
}

func (p *prefixes) add(prefix string, f found) {
	p.list = append(p.list, prefix)
	p.found[prefix[0]][prefix[1]] = f
}

// find returns what a look for a key finds as a rule.
func (p *prefixes) find(key []byte) found {
	if len(key) <= 2 || key[0] > 'z' || key[1] > 'z' {
		return anything
	}
	return p.found[key[0]][key[1]]
}

// new reports whether a key of a table of ids is certainly not in the store.
func (i *ids) new(key []byte) bool { return i.learned.Load() && !i.filter.mayHold(key) }

// take notes a key of a table of ids that a block has written, before anybody reads the
// state after it.
func (i *ids) take(key []byte) {
	if !i.filter.mayHold(key) {
		i.filter.add(key)
	}
}

// learnAtOnce is how many ids are learned in one piece: some ten milliseconds' work.
const learnAtOnce = 20_000

// learn reads the next ids that a state holds. It is called by one goroutine, with any
// state not older than the filter.
func (i *ids) learn(s Reader) {
	for left := learnAtOnce; left > 0 && i.tables < len(idTables.list); {
		prefix := idTables.list[i.tables]
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
	if i.tables == len(idTables.list) {
		i.learned.Store(true)
	}
}
