package book

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"
)

// On disk a key begins with the eight bytes of its drawer, which is a table or an
// index. What follows is, of a table, the row's id; of an index, the 16 bytes of a word
// and the id of a row that has it, encrypted.

// id names a row within its table: a number, or a keyed hash.
type id [16]byte

func numbered(n int64) (i id) {
	binary.BigEndian.PutUint64(i[8:], uint64(n))
	return i
}

// number is the inverse of numbered. What is no number is of nobody who knew the key.
func (i id) number() (int64, bool) {
	n := int64(binary.BigEndian.Uint64(i[8:]))
	return n, numbered(n) == i && n > 0
}

const (
	tagSize  = 8
	wordSize = 16
)

// drawers are made when they are first needed.
type drawers struct {
	key  [32]byte
	made sync.Map // name → *drawer
}

func newDrawers(key [32]byte) *drawers { return &drawers{key: key} }

// of returns the drawer of a name; "" is the book's own.
func (d *drawers) of(name string) *drawer {
	if made, ok := d.made.Load(name); ok {
		return made.(*drawer)
	}
	made, _ := d.made.LoadOrStore(name, newDrawer(d.key[:], name))
	return made.(*drawer)
}

// drawer is what a table or an index needs of the key.
type drawer struct {
	name string
	tag  [tagSize]byte
	aead cipher.AEAD
	macs sync.Pool // used again: a record that is imported needs dozens
}

func newDrawer(key []byte, name string) *drawer {
	derived, err := hkdf.Key(sha256.New, key, nil, "stele.v1.book\x00"+name, tagSize+64)
	if err != nil {
		panic("book: " + err.Error()) // only for lengths that are too large
	}
	d := &drawer{name: name, tag: [tagSize]byte(derived), aead: gcm(derived[tagSize : tagSize+32])}
	d.macs.New = func() any { return hmac.New(sha256.New, derived[tagSize+32:]) }
	return d
}

func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("book: " + err.Error())
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("book: " + err.Error())
	}
	return aead
}

// hash is keyed. use tells apart what is hashed for different ends.
func (d *drawer) hash(use byte, parts ...[]byte) (out [32]byte) {
	mac := d.macs.Get().(hash.Hash)
	defer d.macs.Put(mac)
	mac.Reset()
	mac.Write([]byte{use})
	for _, p := range parts {
		mac.Write(p)
	}
	mac.Sum(out[:0])
	return out
}

const (
	useWord = iota // of an index
	useID          // of a row that has a name and no number
	useSum
)

// named is the id of a row that has a name and no number.
func (d *drawer) named(name []byte) id {
	h := d.hash(useID, name)
	return id(h[:])
}

func (d *drawer) key(i id) []byte {
	return append(append(make([]byte, 0, tagSize+len(i)), d.tag[:]...), i[:]...)
}

func (d *drawer) seal(i id, plain []byte) []byte { return d.aead.Seal(nil, nil, plain, d.key(i)) }

func (d *drawer) open(i id, sealed []byte) ([]byte, error) {
	plain, err := d.aead.Open([]byte{}, nil, sealed, d.key(i))
	if err != nil {
		return nil, damaged("read book", "a row of "+d.name+" is damaged, or stands where it does not belong", err)
	}
	return plain, nil
}

// weighs is what a sealed row contributes to the sum. Its nonce makes it a new one at
// each writing.
func (d *drawer) weighs(i id, sealed []byte) sum {
	h := d.hash(useSum, i[:], sealed)
	return sum{binary.BigEndian.Uint64(h[:]), binary.BigEndian.Uint64(h[8:])}
}

// place is where an index keeps the rows of one word.
type place struct {
	prefix []byte       // of the keys
	block  cipher.Block // encrypts ids, so that two words of one row show nothing in common
}

func (d *drawer) place(word string) place {
	h := d.hash(useWord, []byte(word))
	block, err := aes.NewCipher(h[wordSize:])
	if err != nil {
		panic("book: " + err.Error())
	}
	return place{append(append(make([]byte, 0, tagSize+wordSize), d.tag[:]...), h[:wordSize]...), block}
}

// key of a row that has the word.
func (p place) key(i id) []byte {
	p.block.Encrypt(i[:], i[:])
	return append(p.prefix[:len(p.prefix):len(p.prefix)], i[:]...)
}

// id is the inverse of key.
func (p place) id(key []byte) (i id) {
	p.block.Decrypt(i[:], key[len(p.prefix):])
	return i
}
