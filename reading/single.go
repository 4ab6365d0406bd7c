package reading

import (
	"context"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// This file reads single records, under a grant that is for these alone. No vault lists
// them: where they lie, and the capsules of their own keys, came with the grant.

// Single is a record of the owner's own chart, for a grant that is for it alone. It fails with KindNotFound
// where this wallet has no key of the record's folio.
func (r *Reader) Single(record Record) (wallet.Single, error) {
	f := *record.Folio
	if r.unlockOwn(&f); !f.unlocked {
		return wallet.Single{}, stele.E("grant record", stele.KindNotFound, "this wallet has no key of that record", nil)
	}
	defer f.key.Erase()
	item := f.Item
	single := wallet.Single{
		Handle: record.Handle, Key: seal.RecordKey(&f.key, record.Handle),
		Place: &wire.CapsuleRef{Submission: item.Submission, Head: item.Head, Label: item.Label, Index: item.Index, Folios: item.Folios, Path: item.Path},
	}
	if f.from != nil {
		single.Submission = f.from.raw
	}
	return single, nil
}

// readSingles asks the trustees for the keys of single records, and the vaults for the records.
func (o *open) readSingles(ctx context.Context, wanted func(*Folio) bool) ([]Record, error) {
	var claims []claim
	patient := members.Member{Name: "the patient's wallet"}
	for _, single := range o.held.Singles() {
		p := single.Place
		item := &wire.FolioItem{Submission: p.Submission, Head: p.Head, Label: p.Label, Capsule: p.Capsule, Index: p.Index, Folios: p.Folios, Path: p.Path}
		f, err := readFolio(item)
		handle, wrong := stele.IDFrom(p.Handle)
		if err != nil || wrong != nil {
			o.fault(patient, "named a record that does not hold together")
			continue
		}
		f.single, f.holders, f.listed = handle, o.w.Network.All(), []listed{{item: item}}
		o.folios = append(o.folios, f)
		o.hear(ctx, patient, []*wire.SubmissionItem{{Head: single.Submission}})
		claims = append(claims, claim{f: f, listed: listed{item: item}})
	}
	if len(claims) == 0 {
		return nil, o.attempt(ctx)
	}
	o.partly = true
	if err := o.releaseHalves(ctx, claims); err != nil { // one may be restricted by now
		return nil, err
	}
	if !slices.ContainsFunc(o.folios, func(f *Folio) bool { return f.unlocked }) {
		return nil, refused()
	}
	var records []Record
	given, due := make(chan []Record), 0
	for _, f := range o.folios {
		if f.unlocked && wanted(f) {
			due++
			go func() { given <- o.single(ctx, f) }()
		}
	}
	for range due {
		records = append(records, <-given...)
	}
	return o.whole(ctx, records, wanted)
}

// singleLimit is how long a vault has for a single record.
const singleLimit = 5 * time.Second

// single reads one record from the vault that gives it first. They are asked in turn, and one that says nothing
// for a moment is not waited for: the next is asked besides.
func (o *open) single(ctx context.Context, f *Folio) []Record {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	const silent = "said nothing when it was asked for a record"
	round := members.NewRound(ctx, o.w.Network, o.w.Network.InTurn(), func(ctx context.Context, m members.Member) (gave *wire.GetRecordsResponse, err error) {
		err = m.Vault.GetRecords(ctx, o.records(m, [][]byte{f.name()}), func(response *wire.GetRecordsResponse) error {
			gave = response
			return nil
		})
		if ctx.Err() == context.DeadlineExceeded {
			o.w.Network.NoteSilent(m)
			o.fault(m, silent)
		}
		return gave, err
	})
	round.Limit = singleLimit
	var late []members.Member // they were asked, and said nothing for as long as one is waited for
	for round.Next(1); len(round.Waiting) > 0; round.Next(1) {
		select {
		case r := <-round.Replies:
			if round.Heard(r); r.Answer == nil || r.Err != nil {
				continue
			}
			records, _, err := f.open(r.Answer)
			if err != nil {
				o.fault(r.Member, "gave records that do not match their leaves")
			}
			if err != nil || len(records) == 0 {
				continue
			}
			f.fetched, f.giver = true, r.Member.Subject
			for _, m := range late {
				if slices.ContainsFunc(round.Waiting, func(w members.Member) bool { return w.Subject == m.Subject }) {
					o.fault(m, silent)
				}
			}
			return records
		case <-time.After(allowed):
			round.NoteWaiting()
			late = slices.Clone(round.Waiting)
		}
	}
	return nil
}

// openSingle opens the one record of a folio that this reading has the key of, among those that came
// with it.
func (f *Folio) openSingle(response *wire.GetRecordsResponse) ([]Record, []stele.ID, error) {
	places, err := f.places(response)
	if err != nil {
		return nil, nil, err
	}
	for i, r := range response.Records {
		var cover wire.Cover
		if wire.Decode(r.Cover, &cover) != nil || string(cover.Handle) != string(f.single[:]) {
			continue
		}
		record, err := f.record(r, &cover, func(commitment stele.Digest) ([]byte, seal.Salt, error) {
			return seal.OpenSingle(&f.key, r.Cover, r.Ciphertext, commitment)
		})
		if err != nil {
			return nil, nil, err
		}
		record.Index = places[i]
		return []Record{record}, []stele.ID{record.Handle}, nil
	}
	return nil, nil, nil
}
