package trustee

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

const (
	pageBytes    = 2 << 20 // of rows in one answer of Details; a row is below it: see TestR44WhatIsKeptOfAnAskingHasABound
	pageReceipts = 500     // proofs in one answer
	proofPatient = 2 * time.Second
)

// Details returns to a patient what was kept for them, oldest first: each
// asking's detail, sealed to each of the keys that were theirs at the time, and
// the receipts with their proofs. The request is a wire.OwnRequest; when Next is
// not 0, more follows from that position. It fails with KindDenied. What was kept while nobody
// had claimed the patient, sealed to this member, is sealed to the patient's keys now, and kept so.
//
// Receipts come under the root that was posted for them. A wallet reconciles by
// request id: every access on the ledger has details here, every receipt has its
// access.
func (t *Trustee) Details(ctx context.Context, in *wire.DetailsRequest) (*wire.DetailsResponse, error) {
	const op = "account of readings"
	ask, err := t.door.Check(t.cfg.Clock(), in.GetRequest())
	if err != nil {
		return nil, err
	}
	patient, err := t.cfg.Ledger.Subject(ask.Subject)
	if err != nil {
		return nil, err
	}
	t.kept() // what was refused a moment ago is told
	out := &wire.DetailsResponse{}
	var places []uint64
	size := 0
	from, to := detailKey(ask.Subject, ask.Since), after(append([]byte{rowDetail}, ask.Subject[:]...))
	var broken error
	b := t.shelf.db.NewBatch() // of what is sealed anew
	defer b.Close()
	if err := t.shelf.scanFrom(from, to, true, func(key, value []byte) bool {
		n := binary.BigEndian.Uint64(key[1+len(ask.Subject):])
		if size+len(value) > pageBytes && size > 0 || len(places) >= pageReceipts {
			out.Next = n
			return false
		}
		size += len(value)
		row := &wire.DetailsResponse{}
		if broken = wire.Decode(value, row); broken != nil {
			return false
		}
		// Of a chart that is merged into another what is kept stays: it may be parted again.
		if changed, err := t.claimed(patient, row); err != nil || changed && patient.Into.IsZero() {
			if broken = errors.Join(err, b.Set(bytes.Clone(key), wire.Marshal(row), nil)); broken != nil {
				return false
			}
		}
		out.Details = append(out.Details, row.Details...)
		for _, r := range row.Receipts {
			out.Receipts = append(out.Receipts, r)
			places = append(places, n)
		}
		return true
	}); err != nil || broken != nil {
		t.cfg.Log.Error("trustee cannot read its details")
		return nil, stele.E(op, stele.KindOther, "the trustee cannot read what it kept", nil)
	}
	if !b.Empty() {
		if err := b.Commit(pebble.Sync); err != nil {
			t.cfg.Log.Error("trustee cannot keep what it sealed anew")
			return nil, stele.E(op, stele.KindOther, "the trustee cannot keep its details", nil)
		}
	}
	if err := t.prove(ctx, out.Receipts, places); err != nil {
		t.cfg.Log.Error("trustee cannot prove its receipts", "kind", stele.KindOf(err).String())
		return nil, stele.E(op, stele.KindOther, "the trustee cannot prove its receipts", nil)
	}
	return out, nil
}

// prove fills in where each receipt was posted.
func (t *Trustee) prove(ctx context.Context, receipts []*wire.ReceiptProof, places []uint64) error {
	ctx, cancel := context.WithTimeout(ctx, proofPatient)
	defer cancel()
	batches := map[stele.ID]*posted{}
	for i, r := range receipts {
		place, err := database.Get(t.shelf.db, numbered(rowMember, places[i]))
		if err != nil {
			return err
		}
		if len(place) != 20 {
			continue // in no batch yet
		}
		id := stele.ID(place[:16])
		p := batches[id]
		if p == nil {
			if p, err = t.posted(ctx, id); err != nil {
				return err
			}
			batches[id] = p
		}
		if p.open {
			continue
		}
		r.Batch, r.Index, r.Count, r.Entry = id[:], binary.BigEndian.Uint32(place[16:]), uint32(len(p.leaves)), p.entry
		path, err := merkle.Inclusion(&p.tree, uint64(r.Index), uint64(r.Count))
		if err != nil {
			return err
		}
		for _, d := range path {
			r.Path = append(r.Path, append([]byte(nil), d[:]...))
		}
	}
	return nil
}

// posted is a batch with its tree and, when it can be had, its entry's proof.
type posted struct {
	open   bool // not on the ledger yet
	leaves []stele.Digest
	tree   merkle.Memory
	entry  *wire.EntryProof
}

func (t *Trustee) posted(ctx context.Context, batch stele.ID) (*posted, error) {
	open, err := database.Get(t.shelf.db, batchKey(rowOpen, batch))
	if err != nil || open != nil {
		return &posted{open: true}, err
	}
	p := &posted{}
	if p.leaves, err = t.batchLeaves(batch); err != nil {
		return nil, err
	}
	for n, leaf := range p.leaves {
		nodes, err := merkle.Append(&p.tree, uint64(n), leaf)
		if err != nil {
			return nil, err
		}
		if err := p.tree.Store(nodes); err != nil {
			return nil, err
		}
	}
	if t.cfg.Posting != nil {
		// Posted, but not provable yet: a batch without its proof would look
		// like a broken proof to the patient's wallet.
		if p.entry, err = t.cfg.Posting(ctx, batch); err != nil || p.entry == nil {
			return &posted{open: true}, nil
		}
	}
	return p, nil
}
