package directory

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Requests for access lie in a box of the patient's, who has no card: whoever stands on the
// ledger has one. Only who shows a good card may leave anything there, so that limits are of
// people, and their organisations, and not of addresses.

const (
	maxAsked     = 64                  // requests in one box
	keepAsked    = 30 * 24 * time.Hour // how long one lies there
	maxEnvelopes = 8                   // of one request: one for each of a subject's devices

	// One card, to whomever: 32 at once, then one in a quarter of an hour. To one patient: four,
	// then two a day; her wallet shows one of those that ask for the same.
	askBurst   = 32
	askEvery   = 15 * time.Minute
	askToBurst = 4
	askToEvery = 12 * time.Hour

	// All cards that one issuer vouches for: it may make up as many people as it likes.
	askIssuerBurst = 1000
	askIssuerEvery = 10 * time.Second
)

// Ask leaves a request for access with a patient; it is durable when Ask returns. The post is
// signed now, for this member, by a current key of the card's holder. The same post again is no
// error and nothing new. It fails with KindInvalid for what is malformed, with KindDenied for a
// card or signature that does not hold, with KindNotFound for who is no subject, and with
// KindBusy when the card, its issuer, or the patient's box has had enough.
func (d *Directory) Ask(_ context.Context, in *wire.AskRequest) (*wire.AskResponse, error) {
	const op = "ask for access"
	card, post, err := d.checkAsk(in)
	if err != nil {
		return nil, err
	}
	to := stele.Subject(post.To)
	if _, err := d.cfg.Ledger.Subject(to); err != nil {
		return nil, stele.E(op, stele.KindNotFound, "no such person is known here", err).WithHint("check the DID")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	box, err := d.askedOf(to)
	if err != nil {
		return nil, d.fault(op, err)
	}
	if slices.ContainsFunc(box, func(a askedRow) bool { return bytes.Equal(a.ask.GetPost().GetBody(), in.Post.Body) }) {
		return &wire.AskResponse{}, nil
	}
	now := d.cfg.Clock()
	if !d.asksTo.Allow(now, 1, post.From, post.To) || !d.asks.Allow(now, 1, post.From) || !d.asksOf.Allow(now, 1, []byte(issuerOf(in.Card, d.issuers()))) {
		return nil, stele.E(op, stele.KindBusy, "too many requests with this card", nil).WithHint("try again tomorrow; nobody is asked oftener by being asked again")
	}
	if err := d.keepAsk(to, box, in, card); err != nil {
		return nil, err
	}
	if d.cfg.Asked != nil {
		d.cfg.Asked(to)
	}
	return &wire.AskResponse{}, nil
}

// checkAsk checks who asks, and the form of what they leave.
func (d *Directory) checkAsk(in *wire.AskRequest) (*asking.Card, *wire.AccessPost, error) {
	const op = "ask for access"
	post := new(wire.AccessPost)
	keys, err := wire.Open(wire.TagAsk, in.GetPost(), post)
	if err != nil {
		return nil, nil, err
	}
	_, wrong := stele.SubjectFrom(post.To)
	size := stele.RequestSize + seal.EnvelopeOverhead
	if wrong != nil || len(post.Sealed) == 0 || len(post.Sealed) > maxEnvelopes ||
		slices.ContainsFunc(post.Sealed, func(e []byte) bool { return len(e) != size }) {
		return nil, nil, stele.E(op, stele.KindInvalid, "a request is for somebody, and an envelope of 4 KiB for each of their devices", nil)
	}
	card, err := d.checkCard(in.GetCard())
	if err != nil {
		return nil, nil, err
	}
	age := d.cfg.Clock().Sub(time.UnixMilli(post.AtMs)).Abs()
	from := card.Subject()
	if post.Chain != d.cfg.Chain || !bytes.Equal(post.Audience, d.cfg.Member[:]) || !bytes.Equal(post.From, from[:]) ||
		age > stele.Fresh || len(keys) != 1 || !asking.ShareOne(keys, card.Holder) {
		return nil, nil, stele.E(op, stele.KindDenied, "the request is not made now, for this member, by the holder of its card", nil).
			WithHint("check this device's clock")
	}
	return card, post, nil
}

// askedRow is a request in a box.
type askedRow struct {
	number uint64
	ask    *wire.AskRequest
	at     time.Time // when it was made
	by     string    // the organisation that it is made for, else the issuer of the card
}

// askedOf reads a box, oldest first, without what is too old. d.mu is held.
func (d *Directory) askedOf(to stele.Subject) (box []askedRow, err error) {
	now := d.cfg.Clock()
	var broken error
	err = d.scan(rowOf(rowAsked, to), func(key, value []byte) bool {
		row := askedRow{number: number(key), ask: new(wire.AskRequest)}
		post, card := new(wire.AccessPost), new(wire.Card)
		if broken = wire.Decode(slices.Clone(value), row.ask); broken == nil {
			broken = wire.Decode(row.ask.GetPost().GetBody(), post)
		}
		if broken == nil {
			broken = wire.Decode(row.ask.GetCard().GetBody(), card)
		}
		row.at, row.by = time.UnixMilli(post.AtMs), crowd(card, post.From)
		if now.Sub(row.at) < keepAsked {
			box = append(box, row)
		}
		return broken == nil
	})
	if err == nil {
		err = broken
	}
	return box, err
}

// crowd names those whose requests make room for each other first.
func crowd(card *wire.Card, from []byte) string {
	if len(card.Organisation) > 0 {
		return string(card.Organisation)
	}
	return string(from)
}

// keepAsk writes a request into a box. A full one drops the oldest that was collected; where
// nothing was, the newest of those who have the most in it, unless that is who asks. d.mu is
// held.
func (d *Directory) keepAsk(to stele.Subject, box []askedRow, in *wire.AskRequest, card *asking.Card) error {
	const op = "ask for access"
	seen, last, err := d.askedNumbers(to)
	if err != nil {
		return d.fault(op, err)
	}
	b := d.db.NewBatch()
	defer b.Close()
	from := card.Subject()
	for len(box) >= maxAsked {
		at := crowding(box, seen, crowd(card.Says, from[:]))
		if at < 0 {
			return stele.E(op, stele.KindBusy, "too much waits for an answer there", nil).WithHint("ask the patient to look: stele wallet requests")
		}
		b.Delete(numbered(rowAsked, to, box[at].number), nil)
		box = slices.Delete(box, at, at+1)
	}
	b.Set(numbered(rowAsked, to, last+1), wire.Marshal(in), nil)
	// Numbers only rise, whatever is dropped.
	b.Set(rowOf(rowAskedSeen, to), binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, seen), last+1), nil)
	if err := b.Commit(pebble.Sync); err != nil {
		return d.fault(op, err)
	}
	return nil
}

// crowding is which request makes room; -1 for none.
func crowding(box []askedRow, seen uint64, asks string) int {
	if box[0].number <= seen {
		return 0
	}
	of := map[string]int{}
	for _, a := range box {
		of[a.by]++
	}
	at := -1
	for i, a := range box {
		if of[a.by] > of[asks]+1 && (at < 0 || of[a.by] >= of[box[at].by]) {
			at = i
		}
	}
	return at
}

// askedNumbers returns the number of the newest request that was collected, and that of the
// newest that was ever left.
func (d *Directory) askedNumbers(to stele.Subject) (seen, last uint64, err error) {
	raw, err := database.Get(d.db, rowOf(rowAskedSeen, to))
	if err != nil || len(raw) != 16 {
		return 0, 0, err
	}
	return binary.BigEndian.Uint64(raw), binary.BigEndian.Uint64(raw[8:]), nil
}

// Asked returns the requests after OwnRequest.Since, oldest first; asking with Since says that
// everything up to there arrived. What was never given cannot have: then all are returned. It
// fails with KindDenied.
func (d *Directory) Asked(_ context.Context, in *wire.AskedRequest) (*wire.AskedResponse, error) {
	const op = "read requests"
	ask, err := d.door.Check(d.cfg.Clock(), in.GetRequest())
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	box, err := d.askedOf(ask.Subject)
	if err != nil {
		return nil, d.fault(op, err)
	}
	seen, last, err := d.askedNumbers(ask.Subject)
	if err != nil {
		return nil, d.fault(op, err)
	}
	since := ask.Since
	if since > last {
		since = 0 // this folder was put back from a backup
	}
	out := &wire.AskedResponse{}
	for _, a := range box {
		if a.number > since {
			out.Asked = append(out.Asked, &wire.Asked{Number: a.number, Ask: a.ask})
		}
	}
	if since > seen {
		row := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, since), last)
		if err := d.db.Set(rowOf(rowAskedSeen, ask.Subject), row, pebble.Sync); err != nil {
			return nil, d.fault(op, err)
		}
	}
	return out, nil
}

// forgetAsked drops the requests that are too old, of all boxes: those that nobody looks into,
// too.
func (d *Directory) forgetAsked() error {
	b := d.db.NewBatch()
	defer b.Close()
	oldest := d.cfg.Clock().Add(-keepAsked).UnixMilli()
	if err := d.scan([]byte{rowAsked}, func(key, value []byte) bool {
		ask, post := new(wire.AskRequest), new(wire.AccessPost)
		if wire.Decode(slices.Clone(value), ask) != nil || wire.Decode(ask.GetPost().GetBody(), post) != nil || post.AtMs <= oldest {
			b.Delete(slices.Clone(key), nil)
		}
		return true
	}); err != nil {
		return err
	}
	return b.Commit(pebble.Sync)
}
