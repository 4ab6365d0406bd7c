package vault

import (
	"context"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// maxWanted is how many folios one GetRecords may name.
const maxWanted = 1 << 14

// ListFolios lists, to a grantee, the folios of a subject that are in scope. It
// fails with ErrDenied, whatever the reason.
func (v *Vault) ListFolios(ctx context.Context, in *wire.ListFoliosRequest) (*wire.ListFoliosResponse, error) {
	start := time.Now()
	a, ok := v.judge(in.GetRequest(), (*asking.Judge).Read)
	if !ok {
		return nil, v.refuse(ctx, start)
	}
	out, h := &wire.ListFoliosResponse{}, v.answers.begin(ctx, a.Card.Says.Subject)
	defer h.sent(ctx)
	err := v.eachVolume(ctx, a.Subject, h, func(vol *volume) error {
		items, err := vol.items(a.covers, nil)
		if err != nil || len(items) == 0 {
			return err
		}
		// Whose they are: without the source's signature a reader would have to
		// believe this vault. How many there are stays closed, but in an earlier head.
		whose := &wire.SubmissionItem{Head: vol.sub.Head}
		out.Folios, out.Submissions = append(out.Folios, items...), append(out.Submissions, whose)
		return h.keep(items, whose)
	})
	if err != nil {
		return nil, v.readFault(err)
	}
	return out, nil
}

// eachVolume visits every anchored submission of a subject. One that is damaged
// here and cannot be had elsewhere is left out: a chart may always be incomplete.
func (v *Vault) eachVolume(ctx context.Context, subject stele.Subject, h *held, visit func(*volume) error) error {
	ids, err := v.index.idsUnder(key(tabSubject, subject[:]))
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		vol, ok, err := v.open(ctx, id, h)
		if stele.KindOf(err) == stele.KindBusy {
			return err
		}
		if !ok {
			continue
		}
		if err == nil && vol.row.Subject == subject {
			if err := visit(vol); err != nil {
				return err
			}
		}
		vol.close()
	}
	return nil
}

// readFault lets through what a reader may wait for or ask again; the rest is the vault's own
// trouble.
func (v *Vault) readFault(err error) error {
	if k := stele.KindOf(err); k == stele.KindUnreachable || k == stele.KindDenied || k == stele.KindBusy || k == stele.KindLimit {
		return err
	}
	v.cfg.Log.Error("vault cannot read its store")
	return stele.E("read chart", stele.KindOther, "the vault cannot read its store", err)
}

// ListOwn lists everything of a subject to the subject, with the envelopes of
// its current keys. It fails with KindDenied when the request is not the
// subject's own, fresh and new.
func (v *Vault) ListOwn(ctx context.Context, in *wire.ListOwnRequest) (*wire.ListOwnResponse, error) {
	ask, err := v.own.Check(v.cfg.Clock(), in.GetRequest())
	if err != nil {
		return nil, err
	}
	keys, err := v.cfg.Ledger.Subject(ask.Subject)
	if err != nil {
		return nil, ErrDenied
	}
	current := currentKeys(keys)
	out, h := &wire.ListOwnResponse{}, v.answers.begin(ctx, ask.Subject[:])
	defer h.sent(ctx)
	err = v.eachVolume(ctx, ask.Subject, h, func(vol *volume) error {
		items, err := vol.items(func(*wire.Folio) (bool, []*wire.RecordCapsule) { return true, nil }, current)
		if err != nil {
			return err
		}
		whose := vol.item()
		out.Folios, out.Submissions = append(out.Folios, items...), append(out.Submissions, whose)
		return h.keep(items, whose)
	})
	if err == nil {
		err = v.note(Fetch{At: v.cfg.Clock(), Subject: ask.Subject, Count: uint32(len(out.Folios))})
	}
	if err != nil {
		return nil, v.readFault(err)
	}
	return out, nil
}

// GetRecords sends the records of the folios named, one message for each folio,
// in the order asked. To a grantee only records in scope go out, exact dates
// included, and only while they may read; one folio that is unknown, not in scope or named twice, or one place
// asked for that is not there or not in scope, refuses the whole request with
// ErrDenied. It fails with KindUnreachable when a folio is damaged here and nobody
// else has it.
func (v *Vault) GetRecords(ctx context.Context, in *wire.GetRecordsRequest, send func(*wire.GetRecordsResponse) error) error {
	start := time.Now()
	of, err := v.scope(in)
	if err != nil || of.single && len(in.Folios) > 1 || len(in.Folios) > maxWanted || len(in.Places) > maxWanted || len(in.Places) > 0 && len(in.Folios) != 1 {
		return v.denied(ctx, start, err)
	}
	h := v.answers.begin(ctx, of.asker[:])
	defer h.end()
	// All places before the first answer: one that is not to be had refuses them all, and by then
	// nothing may have left.
	places, err := v.places(ctx, of.subject, in.Folios, h, of.folio)
	if err != nil {
		return v.readFault(err)
	}
	if places == nil && len(in.Folios) > 0 {
		return v.denied(ctx, start, nil)
	}
	// Before anything goes out: a fetch that breaks off leaves a note too many, never one too few.
	if in.Own {
		if err := v.note(Fetch{At: v.cfg.Clock(), Subject: of.subject, Records: true, Count: uint32(len(places))}); err != nil {
			return v.readFault(err)
		}
	}
	for i, p := range places {
		if err := ctx.Err(); err != nil {
			return err
		}
		size := p.vol.size(p.index)
		if err := h.take(size); err != nil {
			return err
		}
		records, err := p.vol.records(ctx, p.index)
		if err != nil {
			return v.readFault(err)
		}
		answer := p.answer(in.Folios[i], in.Places, records, of.record)
		// Nothing has left yet: places are those of one folio, and single records are asked for by one.
		if len(in.Places) > 0 && len(answer.Records) != len(in.Places) || of.single && len(answer.Records) == 0 {
			return v.denied(ctx, start, nil)
		}
		if !of.still() {
			return v.refuse(ctx, start)
		}
		if err := send(answer); err != nil {
			return err
		}
		h.give(size)
	}
	return nil
}

// scope is whose records a request may have, who asks for them, and which.
type scope struct {
	subject, asker stele.Subject
	folio          func(*wire.Folio) bool
	record         func(*wire.Folio, *wire.SealedRecord) bool
	single         bool        // one record, of one folio
	still          func() bool // whether it may go on
}

// rejudged is how often it is judged anew what takes long to send: a session may end meanwhile, and a
// grant be taken back.
const rejudged = time.Second

// scope fails for a request that may have none: with ErrDenied, or with what is wrong with one for the
// asker's own.
func (v *Vault) scope(in *wire.GetRecordsRequest) (scope, error) {
	if in.GetOwn() {
		ask, err := v.own.Check(v.cfg.Clock(), in.GetRequest())
		return scope{
			subject: ask.Subject, asker: ask.By, folio: func(*wire.Folio) bool { return true },
			record: func(*wire.Folio, *wire.SealedRecord) bool { return true }, still: func() bool { return true },
		}, err
	}
	a, ok := v.judge(in.GetRequest(), (*asking.Judge).ReadOn)
	if !ok {
		return scope{}, ErrDenied
	}
	at := v.cfg.Clock()
	return scope{subject: a.Subject, asker: a.Card.Subject(), folio: a.gives, record: a.coversRecord, single: a.ForSingles(), still: func() bool {
		now := v.cfg.Clock()
		if now.Sub(at) < rejudged {
			return true
		}
		at = now
		return a.Again() == asking.Permitted
	}}, nil
}

// denied refuses a grantee alike and at the same moment, whatever is wrong. Who asks for what is
// their own is told: they learn nothing of anybody else.
func (v *Vault) denied(ctx context.Context, start time.Time, err error) error {
	if err != nil && err != ErrDenied {
		return err // of the door for own requests
	}
	return v.refuse(ctx, start)
}

// place is a folio asked for.
type place struct {
	vol   *volume
	index int
}

// places finds the folios asked for, each by its submission and its id in it; nil
// when one is not there, not anchored, another subject's, not wanted or named twice.
func (v *Vault) places(ctx context.Context, subject stele.Subject, folios [][]byte, h *held, wanted func(*wire.Folio) bool) ([]place, error) {
	open, out := map[stele.ID]*volume{}, make([]place, 0, len(folios))
	seen := make(map[string]bool, len(folios))
	for _, raw := range folios {
		if len(raw) != 2*len(stele.ID{}) || seen[string(raw)] {
			return nil, nil
		}
		seen[string(raw)] = true
		id, folio := stele.ID(raw[:len(stele.ID{})]), stele.ID(raw[len(stele.ID{}):])
		vol, known := open[id]
		if !known {
			var ok bool
			var err error
			if vol, ok, err = v.open(ctx, id, h); !ok || err != nil {
				vol = nil
			}
			if k := stele.KindOf(err); k == stele.KindUnreachable || k == stele.KindBusy {
				return nil, err
			}
			open[id] = vol
		}
		if vol == nil || vol.row.Subject != subject {
			return nil, nil
		}
		i := vol.find(folio)
		if i < 0 || !wanted(vol.sub.Folios[i]) {
			return nil, nil
		}
		out = append(out, place{vol, i})
	}
	return out, nil
}

// answer is one folio's message: the records that are in scope, of them those at
// the places asked for, and, when others stay behind, all leaves, so that the
// reader can check those that came.
func (p place) answer(folio []byte, places []uint32, records []*wire.SealedRecord, wanted func(*wire.Folio, *wire.SealedRecord) bool) *wire.GetRecordsResponse {
	out := &wire.GetRecordsResponse{Folio: folio}
	f, asked := p.vol.sub.Folios[p.index], make(map[uint32]bool, len(places))
	for _, at := range places {
		asked[at] = true
	}
	for i, r := range records {
		if len(places) > 0 && !asked[uint32(i)] {
			continue
		}
		if wanted(f, r) {
			out.Records = append(out.Records, r)
		}
	}
	if len(out.Records) < len(records) {
		for _, r := range records {
			leaf := proof.RecordLeaf(r)
			out.Leaves = append(out.Leaves, leaf[:])
		}
	}
	return out
}
