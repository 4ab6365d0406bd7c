package vault

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// What was brought for a submission lies in a file of its own:
//
//	magic (16) ‖ n (4) ‖ k (4) ‖ 16 ids of keys (32 each, k of them used) ‖ checksum (16)
//	and envelopes: folio (16) ‖ id of the key (32) ‖ sealed (addedLen) ‖ checksum (16)
//
// n is how many envelopes there were when it was written anew, k of how many keys they are. The checksums
// are as those of blocks. What comes later is appended, and the last of a folio and key counts. An
// envelope that is not whole at the end was being written when the power went, and was never
// promised: it is written over. Where twice as many lie there as at first, or a key is not among
// those of the beginning, or one of those is kept no more, the file is written anew.
const (
	magicAdded   = "stele envelopes2"
	addedKeys    = 16
	addedHeader  = magicLen + 4 + 4 + addedKeys*len(stele.Digest{}) + sumLen
	addedStride  = len(stele.ID{}) + len(stele.Digest{}) + addedLen + sumLen
	addedSlack   = 64                  // envelopes more than twice as many
	magicBlocks  = "stele envelopes\n" // files of before: blocks of a folio's id ‖ wire.Envelope
	kindEnvelope = 7
)

func addedName(id stele.ID) (n fileName) { copy(n[:], id[:]); return n }

func (v *Vault) addedPath(id stele.ID) string {
	return filepath.Join(v.folder("envelopes"), addedName(id).String())
}

// countAdded is how many envelopes lie in a submission's file, about.
func (v *Vault) countAdded(id stele.ID) int {
	stat, err := v.fs.Stat(v.addedPath(id))
	if err != nil {
		return 0
	}
	return int(max(0, stat.Size()-int64(addedHeader)) / int64(addedStride))
}

// appends reports whether envelopes can be appended to a submission's file, and where.
func (v *Vault) appends(id stele.ID, kept map[stele.Digest]bool, all []added) (at int64, fits bool) {
	f, err := v.fs.Open(v.addedPath(id))
	if err != nil {
		return 0, false
	}
	defer f.Close()
	raw := make([]byte, addedHeader)
	if _, err := io.ReadFull(f, raw); err != nil {
		return 0, false
	}
	n, keys, err := decodeAddedHeader(addedName(id), raw)
	if err != nil {
		return 0, false
	}
	there := v.countAdded(id)
	gone := slices.ContainsFunc(keys, func(key stele.Digest) bool { return !kept[key] })
	other := slices.ContainsFunc(all, func(a added) bool { return !slices.Contains(keys, a.key) })
	return int64(addedHeader + there*addedStride), !gone && !other && there+len(all) <= 2*n+addedSlack
}

// appendAdded appends envelopes to a submission's file, durably, if they fit.
func (v *Vault) appendAdded(id stele.ID, kept map[stele.Digest]bool, all []added) (done bool, err error) {
	defer v.writing(id)()
	at, fits := v.appends(id, kept, all)
	if !fits {
		return false, nil
	}
	f, err := v.fs.OpenReadWrite(v.addedPath(id), vfs.WriteCategoryUnspecified)
	if err != nil {
		return false, err
	}
	_, err = f.WriteAt(appendAddedTo(nil, at, addedName(id), all), at)
	if err == nil {
		err = f.Sync()
	}
	return true, errors.Join(err, f.Close())
}

// encodeAdded is a file written anew.
func encodeAdded(name fileName, all []added) []byte {
	var keys []stele.Digest
	for _, a := range all {
		if !slices.Contains(keys, a.key) {
			keys = append(keys, a.key)
		}
	}
	out := append(make([]byte, 0, addedHeader+len(all)*addedStride), magicAdded...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(all)))
	out = binary.BigEndian.AppendUint32(out, uint32(len(keys))) // more than there is room for: nothing is appended
	for _, key := range keys[:min(len(keys), addedKeys)] {
		out = append(out, key[:]...)
	}
	out = out[:addedHeader-sumLen]
	sum := blockSum(name, 0, out)
	return appendAddedTo(append(out, sum[:]...), int64(addedHeader), name, all)
}

// appendAddedTo appends envelopes as they lie in a file from a place on.
func appendAddedTo(out []byte, at int64, name fileName, all []added) []byte {
	for _, a := range all {
		start := len(out)
		out = append(append(append(out, a.folio[:]...), a.key[:]...), a.seal...)
		sum := blockSum(name, at, out[start:])
		out = append(out, sum[:]...)
		at += int64(addedStride)
	}
	return out
}

func decodeAddedHeader(name fileName, raw []byte) (n int, keys []stele.Digest, err error) {
	if len(raw) < addedHeader || string(raw[:magicLen]) != magicAdded {
		return 0, nil, &damage{0, "the file does not begin as it must"}
	}
	body := raw[:addedHeader-sumLen]
	if sum := blockSum(name, 0, body); string(sum[:]) != string(raw[len(body):addedHeader]) {
		return 0, nil, &damage{0, "the checksum does not match"}
	}
	n = int(binary.BigEndian.Uint32(body[magicLen:]))
	used := int(binary.BigEndian.Uint32(body[magicLen+4:]))
	if used > addedKeys {
		return 0, nil, nil // nothing is appended
	}
	for i := range used {
		keys = append(keys, stele.Digest(body[magicLen+8+i*len(stele.Digest{}):][:len(stele.Digest{})]))
	}
	return n, keys, nil
}

// readAddedFile reads what was brought for a submission, one of a key and folio; nothing where nothing
// was. It returns *damage for a file that is damaged, and what is sound of it.
func (v *Vault) readAddedFile(id stele.ID) (all []added, err error) {
	raw, err := readAll(v.fs, v.addedPath(id))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decodeAdded(addedName(id), raw)
}

func decodeAdded(name fileName, raw []byte) (all []added, err error) {
	if len(raw) >= magicLen && string(raw[:magicLen]) == magicBlocks {
		return decodeAddedBlocks(name, raw)
	}
	if _, _, err := decodeAddedHeader(name, raw); err != nil {
		return nil, err
	}
	for at := addedHeader; at+addedStride <= len(raw); at += addedStride {
		one := raw[at:][:addedStride]
		body := one[:addedStride-sumLen]
		if sum := blockSum(name, int64(at), body); string(sum[:]) != string(one[len(body):]) {
			err = &damage{int64(at), "an envelope's checksum does not match"}
			continue
		}
		folio, rest := stele.ID(body[:len(stele.ID{})]), body[len(stele.ID{}):]
		all = append(all, added{addedPlace{folio, stele.Digest(rest[:len(stele.Digest{})])}, rest[len(stele.Digest{}):]})
	}
	return newest(all), err
}

// decodeAddedBlocks reads a file of before.
func decodeAddedBlocks(name fileName, raw []byte) (all []added, err error) {
	b, err := begin(name, raw, magicBlocks)
	if err != nil {
		return nil, err
	}
	for len(b.raw) > 0 && b.raw[0] == kindEnvelope {
		got, err := b.of(kindEnvelope)
		if err != nil {
			return all, err
		}
		e := new(wire.Envelope)
		if len(got.payload) < len(stele.ID{}) || wire.Decode(got.payload[len(stele.ID{}):], e) != nil {
			return all, &damage{got.at, "an envelope cannot be read"}
		}
		a, err := readAdded(&wire.AddedEnvelope{Folio: got.payload[:len(stele.ID{})], Envelope: e})
		if err != nil {
			return all, &damage{got.at, "an envelope cannot be read"}
		}
		all = append(all, a)
	}
	return all, finish(b, raw)
}
