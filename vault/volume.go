package vault

import (
	"context"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// volume is an anchored submission opened for reading, without its records.
type volume struct {
	v      *Vault
	h      *held // the answer that it is for
	cost   int64 // what it holds of that
	row    *row
	sub    *wire.Submission
	root   stele.Digest // on the ledger
	keys   map[stele.ID]seal.ErasureKey
	ids    map[stele.ID]int // place of each folio; made by find
	healed *delivery        // from another member, where ours is damaged
}

// open opens a submission for reading if its anchor is final on the own ledger.
// ok is false when it is not. What it returns was checked against the anchor; the
// answer that it is for holds it, or there is no room and it fails with KindBusy.
func (v *Vault) open(ctx context.Context, id stele.ID, h *held) (vol *volume, ok bool, err error) {
	r, err := v.index.get(id)
	if err != nil {
		return nil, false, err
	}
	// The row's root is not asked. Where another one is anchored than lies here, readMeta finds it,
	// and what is anchored comes from a copy.
	anchor, err := v.cfg.Ledger.Anchor(r.Subject, r.id())
	if err != nil || !anchors(anchor, r.Subject, r.Grant, anchor.Root) {
		return nil, false, nil
	}
	vol = &volume{v: v, h: h, row: r, root: anchor.Root}
	if err = vol.readMeta(ctx); err == nil || stele.KindOf(err) == stele.KindBusy {
		return vol, true, err
	}
	if again, e := v.index.get(id); e == nil && again.File != r.File {
		vol.row = again // a repair wrote it anew
		if err = vol.readMeta(ctx); err == nil || stele.KindOf(err) == stele.KindBusy {
			return vol, true, err
		}
	}
	return vol, true, vol.heal(ctx)
}

// take has the answer hold n bytes more, for as long as it holds the volume.
func (vol *volume) take(n int64) error {
	err := vol.h.take(n)
	if err == nil {
		vol.cost += n
	}
	return err
}

// earlier reports whether the submission was made by the last release.
func (vol *volume) earlier() bool { return vol.row.id() != vol.row.id().Of(vol.row.Grant[:]) }

// item is what the patient is shown of the submission besides its folios.
func (vol *volume) item() *wire.SubmissionItem {
	item, head := itemOf(vol.sub), new(wire.SubmissionHead)
	if vol.earlier() && wire.Decode(item.Head.GetBody(), head) == nil {
		item.CountSalt = head.CountSalt
	}
	return item
}

// close gives back what the volume holds.
func (vol *volume) close() {
	vol.h.give(vol.cost)
	vol.cost = 0
}

// readMeta reads and checks all but the records. It may be tried again: what the try before held is
// given back first.
func (vol *volume) readMeta(ctx context.Context) error {
	vol.close()
	r := vol.row
	if err := vol.h.take(r.Meta); err != nil {
		return err
	}
	defer vol.h.give(r.Meta)
	raw, err := vol.v.segments.Read(ctx, r.File.String(), 0, r.Meta)
	if err != nil {
		return err
	}
	b, err := beginSegment(r.File, raw)
	if err != nil {
		return err
	}
	sub, _, err := decodeMeta(b, vol.take)
	if err != nil {
		return err
	}
	heads := make([][]byte, len(sub.Folios))
	for i, f := range sub.Folios {
		heads[i] = f.Head
	}
	// Checksums alone show no replacement: whoever can write the file can make them.
	if len(sub.Folios) != len(r.Folios) || proof.SubmissionRoot(heads) != vol.root {
		return &damage{0, "the folios are not what was anchored"}
	}
	vol.sub = sub
	return nil
}

// heal takes the submission from another member, and notes that ours is damaged. The note comes
// first: what nobody can give now is still to be repaired.
func (vol *volume) heal(ctx context.Context) (err error) {
	id := vol.row.id()
	vol.v.noteDamage(id)
	vol.close()
	if err := vol.take(vol.row.whole()); err != nil {
		return err
	}
	var from stele.Subject
	vol.healed, from, err = vol.v.fetch(ctx, id, vol.row, vol.v.ranked(id, stele.Subject{}))
	if err != nil {
		vol.v.cfg.Log.Error("vault cannot serve a damaged submission", "submission", id.String())
		return err
	}
	vol.sub = vol.healed.sub
	vol.v.cfg.Log.Warn("vault serves a damaged submission from a copy", "submission", id.String(), "from", from.String())
	return nil
}

// noteDamage leaves a submission for the work in the background to repair.
func (v *Vault) noteDamage(id stele.ID) {
	if err := v.index.set(key(tabDamaged, id[:])); err != nil {
		v.cfg.Log.Error("vault cannot write its index")
	}
	v.nudge()
}

// records returns the records of the i-th folio, each checked against its leaf.
func (vol *volume) records(ctx context.Context, i int) ([]*wire.SealedRecord, error) {
	if vol.healed == nil {
		records, err := vol.readRecords(ctx, i)
		if err == nil || stele.KindOf(err) == stele.KindBusy {
			return records, err
		}
		if again, e := vol.v.index.get(vol.row.id()); e == nil && again.File != vol.row.File {
			vol.row, vol.keys = again, nil
			if records, err = vol.readRecords(ctx, i); err == nil {
				return records, nil
			}
		}
		if err := vol.heal(ctx); err != nil {
			return nil, err
		}
	}
	return vol.healed.sub.Folios[i].Records, nil
}

// size returns the memory that a folio's records take until they have gone out, 0 where
// a damaged row does not say.
func (vol *volume) size(i int) int64 {
	if i >= len(vol.row.Folios) {
		return 0
	}
	f := vol.row.Folios[i]
	stored, parts := max(0, f.Length), 2*max(0, f.Records) // a record, and its leaf
	return stored + decoded(stored, parts) + encoded(stored, parts)
}

// whole is the memory that a whole submission takes while it is fetched, or read to be
// sent: as it is stored with its keys, and twice as it is a message.
func (r *row) whole() int64 { return 5*r.Size/2 + int64(r.Records)*(element+keyCost) }

// keyCost is the memory of one record's key, with its place in a map.
const keyCost = 160

func (vol *volume) readRecords(ctx context.Context, i int) (_ []*wire.SealedRecord, err error) {
	r := vol.row
	if vol.keys == nil {
		if err := vol.take(int64(r.Records) * keyCost); err != nil {
			return nil, err
		}
		if vol.keys, err = vol.v.readKeys(r.File); err != nil {
			return nil, err
		}
	}
	at := r.Folios[i]
	raw, err := vol.v.segments.Read(ctx, r.File.String(), at.At, at.Length)
	if err != nil {
		return nil, err
	}
	records, err := decodeRecords(&blocks{name: r.File, raw: raw, at: at.At}, vol.keys, at.Records)
	if err != nil {
		return nil, err
	}
	var head wire.FolioHead
	if err := wire.Decode(vol.sub.Folios[i].Head, &head); err != nil {
		return nil, err
	}
	return records, proof.CheckRecords(&head, records)
}

// items returns the volume's folios as readers get them, with their ways to the
// anchor; envelopes only where current names keys. A device that was taken off its owner's keys
// gets none, though what lies here has them for good.
func (vol *volume) items(wanted func(*wire.Folio) (bool, []*wire.RecordCapsule), current map[stele.Digest]bool) ([]*wire.FolioItem, error) {
	var tree merkle.Memory
	n := uint64(len(vol.sub.Folios))
	for i, f := range vol.sub.Folios {
		nodes, err := merkle.Append(&tree, uint64(i), proof.FolioLeaf(f.Head))
		if err != nil {
			return nil, err
		}
		if err := tree.Store(nodes); err != nil {
			return nil, err
		}
	}
	id := vol.row.id()
	var brought map[stele.ID][]*wire.Envelope
	if current != nil {
		brought = vol.v.addedTo(id, current)
	}
	var items []*wire.FolioItem
	for i, f := range vol.sub.Folios {
		ok, parts := wanted(f)
		if !ok {
			continue
		}
		path, err := merkle.Inclusion(&tree, uint64(i), n)
		if err != nil {
			return nil, err
		}
		item := &wire.FolioItem{
			Submission: id[:], Head: f.Head, Label: f.Label, Capsule: f.Capsule, Index: uint32(i), Folios: uint32(n),
		}
		if len(parts) > 0 {
			item.Capsule, item.Records = nil, parts
		}
		for _, p := range path {
			item.Path = append(item.Path, p[:])
		}
		for _, e := range f.Envelopes {
			if keyID, err := stele.DigestFrom(e.KeyId); err == nil && current[keyID] {
				item.Envelopes = append(item.Envelopes, e)
			}
		}
		if i < len(vol.row.Folios) {
			item.Envelopes = append(item.Envelopes, brought[vol.row.Folios[i].ID]...)
		}
		items = append(items, item)
	}
	return items, nil
}

// find returns the index of a folio in the volume, −1 when it has none such. It
// asks the checked heads and not the row: of a damaged submission the row may be
// wrong too.
func (vol *volume) find(folio stele.ID) int {
	if vol.ids == nil {
		vol.ids = make(map[stele.ID]int, len(vol.sub.Folios))
		for i, f := range vol.sub.Folios {
			var head wire.FolioHead
			if wire.Decode(f.Head, &head) != nil {
				continue
			}
			if id, err := stele.IDFrom(head.Folio); err == nil {
				vol.ids[id] = i
			}
		}
	}
	if i, ok := vol.ids[folio]; ok {
		return i
	}
	return -1
}
