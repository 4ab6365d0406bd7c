package vault

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// A segment is one submission: a head block, a block for each folio without its
// records, a block for each record (handle ‖ wrapped record) in the folios'
// order, and an end block with the SHA-256 of all before it. A key file has a
// block for each record (handle ‖ erasure key) in the same order, and an end.
const (
	magicSegment = "stele segment 2\n"
	magicEarlier = "stele segment 1\n" // of the last release
	magicKeys    = "stele erasure 1\n"

	kindHead   = 1 // received (8, Unix ms) ‖ wire.SubmissionItem; in an earlier one ‖ its head, a wire.Signed
	kindFolio  = 2 // wire.Folio without records
	kindRecord = 3
	kindKey    = 4
	kindEnd    = 5
	kindNote   = 6
)

// written is a submission ready for the disk.
type written struct {
	segment, keys []byte
	row           *row
}

// encode wraps a delivery's records under fresh erasure keys.
func (d *delivery) encode(received int64) *written {
	name := newFileName(d.id)
	r := d.row(name, received)
	seg := make([]byte, 0, d.size+d.size/8+4096)
	seg = append(seg, magicSegment...)
	seg = appendBlock(seg, name, kindHead, binary.BigEndian.AppendUint64(nil, uint64(received)), wire.Marshal(itemOf(d.sub)))
	for _, f := range d.sub.Folios {
		seg = appendBlock(seg, name, kindFolio, wire.Marshal(proof.WithoutRecords(f)))
	}
	r.Meta = int64(len(seg))
	keys := append(make([]byte, 0, 64+len(r.Folios)*8+d.records*(frameLen+48)), magicKeys...)
	for i, f := range d.sub.Folios {
		at := len(seg)
		for j, record := range f.Records {
			handle, key := d.handles[i][j], seal.NewErasureKey()
			seg = appendBlock(seg, name, kindRecord, handle[:], seal.Wrap(&key, handle, wire.Marshal(record)))
			keys = appendBlock(keys, name, kindKey, handle[:], key[:])
			key.Erase()
		}
		r.Folios[i].At, r.Folios[i].Length = int64(at), int64(len(seg)-at)
	}
	seg, keys = appendEnd(seg, name), appendEnd(keys, name)
	r.Size = int64(len(seg))
	return &written{seg, keys, r}
}

func appendEnd(out []byte, name fileName) []byte {
	sum := sha256.Sum256(out)
	return appendBlock(out, name, kindEnd, sum[:])
}

// itemOf is what the patient is shown of a submission besides its folios.
func itemOf(sub *wire.Submission) *wire.SubmissionItem {
	return &wire.SubmissionItem{Head: sub.Head, CountSalt: sub.CountSalt}
}

// beginSegment checks a segment's magic line and returns its blocks.
func beginSegment(name fileName, raw []byte) (*blocks, error) {
	b, err := begin(name, raw, magicSegment)
	if err == nil {
		return b, nil
	}
	old, no := begin(name, raw, magicEarlier)
	if no != nil {
		return nil, err
	}
	old.earlier = true
	return old, nil
}

// begin checks a file's magic line and returns its blocks.
func begin(name fileName, raw []byte, magic string) (*blocks, error) {
	if len(raw) < magicLen || string(raw[:magicLen]) != magic {
		return nil, &damage{0, "the file does not begin as it must"}
	}
	return &blocks{name: name, raw: raw[magicLen:], at: magicLen}, nil
}

// finish checks the end block and that nothing follows it. Blocks that are sound each do not make a
// whole file: one that was cut between two of them has sound ones only.
func finish(b *blocks, raw []byte) error {
	end, err := b.of(kindEnd)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(raw[:end.at]); string(sum[:]) != string(end.payload) {
		return &damage{end.at, "the file's hash does not match"}
	}
	if len(b.raw) > 0 {
		return &damage{b.at, "bytes follow the end"}
	}
	return nil
}

// decodeMeta reads the part of a segment before its records. The submission's
// folios have none. Each folio is decoded when there is room for the memory it takes.
func decodeMeta(b *blocks, room func(int64) error) (sub *wire.Submission, received int64, err error) {
	first, err := b.of(kindHead)
	if err != nil {
		return nil, 0, err
	}
	item := new(wire.SubmissionItem)
	var head proto.Message = item
	if b.earlier {
		item.Head = new(wire.Signed)
		head = item.Head
	}
	if len(first.payload) < 8 || proto.Unmarshal(first.payload[8:], head) != nil {
		return nil, 0, &damage{first.at, "the head cannot be read"}
	}
	sub = &wire.Submission{Head: item.Head, CountSalt: item.CountSalt}
	received = int64(binary.BigEndian.Uint64(first.payload))
	for len(b.raw) > 0 && b.raw[0] == kindFolio {
		folio, err := b.of(kindFolio)
		if err != nil {
			return nil, 0, err
		}
		f := &wire.Folio{}
		parts := wire.Elements(f.ProtoReflect().Descriptor(), folio.payload, wire.MaxParts)
		if err := room(decoded(int64(len(folio.payload)), 1+parts)); err != nil {
			return nil, 0, err
		}
		if proto.Unmarshal(folio.payload, f) != nil || len(f.Records) > 0 {
			return nil, 0, &damage{folio.at, "a folio cannot be read"}
		}
		sub.Folios = append(sub.Folios, f)
	}
	return sub, received, nil
}

// decodeRecords reads the blocks of one folio's records and unwraps them. It
// returns *damage for what is wrong in the segment, and *keyless for a record
// whose key does not open it. They are told apart so that a check names the file that is wrong.
func decodeRecords(b *blocks, keys map[stele.ID]seal.ErasureKey, count int) ([]*wire.SealedRecord, error) {
	records := make([]*wire.SealedRecord, 0, min(count, 1<<16))
	for range count {
		got, err := b.of(kindRecord)
		if err != nil {
			return nil, err
		}
		if len(got.payload) < 16 {
			return nil, &damage{got.at, "a record's block is too short"}
		}
		handle := stele.ID(got.payload[:16])
		key, ok := keys[handle]
		if !ok {
			return nil, &keyless{handle}
		}
		raw, err := seal.Unwrap(&key, handle, got.payload[16:])
		if err != nil {
			return nil, &keyless{handle}
		}
		record := &wire.SealedRecord{}
		if proto.Unmarshal(raw, record) != nil {
			return nil, &damage{got.at, "a record cannot be read"}
		}
		records = append(records, record)
	}
	return records, nil
}

// keyless says that a record's erasure key is missing or not its own.
type keyless struct{ handle stele.ID }

// Error names the record by its handle, which is random.
func (k *keyless) Error() string { return fmt.Sprintf("record %s: no erasure key opens it", k.handle) }

// decodeKeys reads a key file.
func decodeKeys(name fileName, raw []byte) (map[stele.ID]seal.ErasureKey, error) {
	b, err := begin(name, raw, magicKeys)
	if err != nil {
		return nil, err
	}
	keys := make(map[stele.ID]seal.ErasureKey, len(raw)/(frameLen+48))
	for len(b.raw) > 0 && b.raw[0] == kindKey {
		got, err := b.of(kindKey)
		if err != nil {
			return nil, err
		}
		if len(got.payload) != 16+seal.KeyLen {
			return nil, &damage{got.at, "a key's block has another length"}
		}
		keys[stele.ID(got.payload[:16])] = seal.ErasureKey(got.payload[16:])
	}
	return keys, finish(b, raw)
}

// decodeSegment reads a whole segment and checks everything that it says about
// itself. Where only keys are wrong, it returns the row besides the error.
func decodeSegment(chain string, name fileName, raw []byte, keys map[stele.ID]seal.ErasureKey) (*delivery, *row, error) {
	b, err := beginSegment(name, raw)
	if err != nil {
		return nil, nil, err
	}
	sub, received, err := decodeMeta(b, func(int64) error { return nil })
	if err != nil {
		return nil, nil, err
	}
	meta := b.at
	at, lengths := make([]int64, len(sub.Folios)), make([]int64, len(sub.Folios))
	for i, f := range sub.Folios {
		var head wire.FolioHead
		if wire.Decode(f.Head, &head) != nil {
			return nil, nil, &damage{magicLen, "a folio's head cannot be read"}
		}
		at[i] = b.at
		if f.Records, err = decodeRecords(b, keys, int(head.Records)); err != nil {
			return nil, nil, err
		}
		if err := proof.CheckRecords(&head, f.Records); err != nil {
			return nil, nil, &damage{at[i], "a folio's records do not match their leaves"}
		}
		lengths[i] = b.at - at[i]
	}
	if err := finish(b, raw); err != nil {
		return nil, nil, err
	}
	d, err := readSubmission(chain, sub)
	if err != nil || d.id != name.id() {
		return nil, nil, &damage{magicLen, "the submission does not hold together"}
	}
	r := d.row(name, received)
	r.Meta, r.Size = meta, int64(len(raw))
	for i := range r.Folios {
		r.Folios[i].At, r.Folios[i].Length = at[i], lengths[i]
	}
	return d, r, nil
}
