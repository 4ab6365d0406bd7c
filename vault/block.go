package vault

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/stele-health/stele"
)

// Every file of the vault's own is a magic line of 16 bytes and blocks:
//
//	kind (1) ‖ length of payload (4, big-endian) ‖ payload ‖ checksum (16)
//
// The checksum is SHA-256 over the file's name, the block's offset and all of
// the block before it, cut to 16 bytes: a block that was moved within its file
// or from another one is as wrong as one with a flipped bit.
const (
	magicLen = 16
	frameLen = 1 + 4 + sumLen
	sumLen   = 16
)

// fileName names the segment and the key file of one writing of a submission:
// its id and eight random bytes. A repair writes under a new name. What was there before stays
// until the row names the new one: a crash in between costs neither.
type fileName [24]byte

func newFileName(id stele.ID) fileName {
	var n fileName
	copy(n[:], id[:])
	rand.Read(n[16:])
	return n
}

// String returns the id, a dash and 16 hexadecimal digits.
func (n fileName) String() string { return n.id().String() + "-" + hex.EncodeToString(n[16:]) }

func (n fileName) id() stele.ID { return stele.ID(n[:16]) }

func parseFileName(text string) (n fileName, ok bool) {
	id, turn, found := strings.Cut(text, "-")
	submission, err := stele.ParseID(id)
	raw, bad := hex.DecodeString(turn)
	if !found || err != nil || bad != nil || len(raw) != 8 {
		return n, false
	}
	copy(n[:], submission[:])
	copy(n[16:], raw)
	// One spelling only: another would be a second file of the same name.
	return n, n.String() == text
}

// MarshalText writes the name as String does.
func (n fileName) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (n *fileName) UnmarshalText(text []byte) error {
	var ok bool
	if *n, ok = parseFileName(string(text)); !ok {
		return stele.E("read file name", stele.KindInvalid, "not the name of a segment", nil)
	}
	return nil
}

// damage is something wrong in a file, and where.
type damage struct {
	at   int64 // byte offset of the block
	what string
}

// Error returns what is wrong and where.
func (d *damage) Error() string { return fmt.Sprintf("byte %d: %s", d.at, d.what) }

// block is one block of a file.
type block struct {
	kind    byte
	at      int64
	payload []byte
}

// appendBlock appends a block to a file that out is the beginning of. The place is part of the
// checksum, so a file is made from its beginning on.
func appendBlock(out []byte, name fileName, kind byte, parts ...[]byte) []byte {
	start, size := len(out), 0
	for _, p := range parts {
		size += len(p)
	}
	out = binary.BigEndian.AppendUint32(append(out, kind), uint32(size))
	for _, p := range parts {
		out = append(out, p...)
	}
	sum := blockSum(name, int64(start), out[start:])
	return append(out, sum[:]...)
}

func blockSum(name fileName, at int64, raw []byte) [sumLen]byte {
	h := sha256.New()
	h.Write([]byte("stele.v1.vault.block"))
	h.Write(name[:])
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(at)))
	h.Write(raw)
	return [sumLen]byte(h.Sum(nil))
}

// blocks reads blocks from a piece of a file.
type blocks struct {
	name fileName
	raw  []byte
	at   int64 // offset of raw in the file

	earlier bool // of a segment of the last release
}

// next returns the next block, or *damage.
func (b *blocks) next() (block, error) {
	bad := func(what string) (block, error) { return block{}, &damage{b.at, what} }
	if len(b.raw) < frameLen {
		return bad("the file ends within a block")
	}
	size := int64(binary.BigEndian.Uint32(b.raw[1:]))
	if int64(len(b.raw)) < frameLen+size {
		return bad("the file ends within a block, or the block's length is wrong")
	}
	end := 5 + size
	if sum := blockSum(b.name, b.at, b.raw[:end]); string(sum[:]) != string(b.raw[end:end+sumLen]) {
		return bad("the block's checksum does not match")
	}
	got := block{b.raw[0], b.at, b.raw[5:end]}
	b.raw, b.at = b.raw[end+sumLen:], b.at+end+sumLen
	return got, nil
}

// of returns the next block, which must be of a kind.
func (b *blocks) of(kind byte) (block, error) {
	got, err := b.next()
	if err == nil && got.kind != kind {
		return got, &damage{got.at, "a block of another kind stands here"}
	}
	return got, err
}
