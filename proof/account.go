package proof

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Account holds what trustees say that they released against what stands on the
// subject's log. The patient's wallet and whoever checks her export judge by it,
// so that they come to the same (R6).
//
// What it calls wrong, by an error of KindProof, somebody has done: a release
// without a permitted opening on the log, a receipt that is not its trustee's, a
// release on other words than the log commits to. An opening that fewer trustees
// than are needed released for is not wrong: it could not be completed, because
// some were down or refused ([Account.Unfinished]). Nor is what a trustee says of
// a block that the log does not reach yet ([ErrAhead]): it is judged when it does.
type Account struct {
	history  History
	known    int64 // up to which height the history is whole
	subject  stele.Subject
	height   int64 // of the log
	limit    int64 // no block above it was there when trustees told
	openings map[stele.ID]*Opening
}

// Opening is what the log and the receipts say of one asking.
type Opening struct {
	Request    stele.ID
	Height     int64 // of its block
	ms         int64 // likewise
	Permitted  bool  // false: the ledger refused it
	Told       bool  // a trustee kept who asked and why, as the log commits to it
	commitment []byte
	shares     []uint32 // of those whose receipts are good
}

// Released counts the trustees that released for the opening.
func (o *Opening) Released() int { return len(o.shares) }

// ErrAhead is said, with KindNotFound, of what a trustee says of a block that is
// newer than the log which was proved. Nobody is accused by it: whether it holds
// shows when the log reaches that block.
var ErrAhead = errors.New("it is about a block that your log has not reached")

// NewAccount begins an account of a subject's log. history says who the trustees
// are, and when; it is taken to be whole unless Known says otherwise.
func NewAccount(history History, subject stele.Subject) *Account {
	return &Account{history: history, known: math.MaxInt64, limit: math.MaxInt64, subject: subject, openings: map[stele.ID]*Opening{}}
}

// Known says up to which height the history was followed. What does not fit it and is
// about a later block accuses nobody: the network may have changed hands since.
func (a *Account) Known(height int64) { a.known = height }

// Log takes the next event of the checked log. It comes before anything that is said
// of it.
func (a *Account) Log(e *wire.Event) {
	about := e.About()
	if id, err := stele.IDFrom(about.Request); err == nil && about.Asked() {
		a.openings[id] = &Opening{Request: id, Height: e.Height, ms: e.TimeMs, Permitted: about.Place == wire.PlaceOpening, commitment: about.Commitment}
	}
}

// Forget drops an opening of which nothing more will be said, so that an account of
// any length can be judged one opening after the other.
func (a *Account) Forget(request stele.ID) { delete(a.openings, request) }

// perMinute is how many blocks come in a minute at most.
const perMinute = 600

// Upto says of which height the log is, and how many milliseconds after the time of its
// header trustees told what is judged. In each minute begun since then 600 blocks may have
// come. Whoever names a later one lies: else a release that no log will ever hold would
// wait for its block for ever.
func (a *Account) Upto(height, afterMS int64) {
	a.height, a.limit = height, height+perMinute*(1+max(0, afterMS)/time.Minute.Milliseconds())
}

// Opening returns what is known of a request, or nil when the log does not have it.
func (a *Account) Opening(request stele.ID) *Opening { return a.openings[request] }

// Needed is how many trustees had to release for a chart to open at a height.
func (a *Account) Needed(height int64) int {
	return int(a.history.At(height).GetCommittee().GetThreshold())
}

// Unfinished lists, in no order, the openings that some trustees released for, but
// fewer than are needed.
func (a *Account) Unfinished() (list []*Opening) {
	for _, o := range a.openings {
		if n := o.Released(); n > 0 && n < a.Needed(o.Height) {
			list = append(list, o)
		}
	}
	return list
}

// Receipt checks a trustee's receipt, except for its posting: signed by the key
// that its member had then and of that member's share, about this chart, for an opening that the log permits, not before it. It counts the release, where it is of one.
// It fails with KindProof, and with [ErrAhead] when it is of a block that may be there and
// that the log has not reached: what does not fit may come to.
func (a *Account) Receipt(signed *wire.Signed) (*wire.Receipt, error) {
	wrong := func(text string, err error) (*wire.Receipt, error) {
		return nil, stele.E("check receipt", stele.KindProof, text, err)
	}
	claim := &wire.Receipt{}
	if err := wire.Decode(signed.GetBody(), claim); err != nil {
		return wrong("a receipt can't be read", err)
	}
	if claim.Height > a.limit {
		return wrong(fmt.Sprintf("a receipt names block %d, which can't have been there: the log is proved up to block %d", claim.Height, a.height), nil)
	}
	r, err := a.byTrustee(claim, signed)
	if err != nil && claim.Height > a.known {
		return nil, stele.E("check receipt", stele.KindNotFound,
			fmt.Sprintf("a receipt names block %d, and who ran the network is known up to block %d: it can't be checked yet", claim.Height, a.known), ErrAhead)
	}
	if err != nil {
		return nil, err
	}
	o := a.openings[idOr(r.Request)]
	switch {
	case r.Chain != a.history.Now().GetChain() || !bytes.Equal(r.Subject, a.subject[:]):
		return wrong("a receipt is about another chart or network", nil)
	case o == nil && r.Height > a.height:
		return nil, stele.E("check receipt", stele.KindNotFound,
			fmt.Sprintf("a receipt names block %d, and the log is proved up to block %d: it can't be checked yet", r.Height, a.height), ErrAhead)
	case o == nil:
		return wrong("a trustee released for an opening that is not in the log", nil)
	case !o.Permitted:
		return wrong("a trustee released although the ledger refused the access", nil)
	case r.Height < o.Height:
		return wrong(fmt.Sprintf("a receipt names block %d, before the opening's", r.Height), nil)
	}
	if len(r.Viewed) == 0 && !slices.Contains(o.shares, r.Share) { // one of what was looked at releases nothing
		o.shares = append(o.shares, r.Share)
	}
	return r, nil
}

// byTrustee opens a receipt as that of whom it names, with the key and the share that
// this member had at the receipt's height. It fails with KindProof.
func (a *Account) byTrustee(claim *wire.Receipt, signed *wire.Signed) (*wire.Receipt, error) {
	for _, m := range a.history.At(claim.Height).GetMembers() {
		if subject := stele.SubjectOf(m.KeyDocument); !bytes.Equal(subject[:], claim.Member) {
			continue
		}
		r, err := OpenReceipt(wire.Key(m.Trustee), signed)
		if err == nil && r.Share != m.Share {
			err = stele.E("check receipt", stele.KindProof, "a receipt names a share that is not its trustee's", nil)
		}
		return r, err
	}
	return nil, stele.E("check receipt", stele.KindProof, "a receipt is of a member that the network did not have then", nil)
}

// Telling is how what a trustee kept stands to the log.
type Telling int

// The ways in which it may.
const (
	// Attempt is an asking that left the log silent: the word of the member that
	// kept it.
	Attempt Telling = iota
	// AsLogged is who, why and what as the log commits to it.
	AsLogged
	// OtherWords is a refused asking under the number of a logged one, with other
	// words than the log commits to. The asker may have sent them, or the trustee
	// made them up.
	OtherWords
)

// Detail checks what a trustee kept of an asking and opened for the patient. It
// counts the release whose receipt it holds, and fails as Receipt does.
func (a *Account) Detail(d *wire.Detail) (Telling, error) {
	wrong := func(text string) (Telling, error) {
		return 0, stele.E("check detail", stele.KindProof, text, nil)
	}
	if wire.DecodeKnown(wire.Marshal(d), new(wire.Detail)) != nil {
		return wrong("kept something that can't be read")
	}
	if asked := new(wire.AccessDetail); len(d.GetWhy()) > stele.MaxReason || wire.Decode(d.GetDetail(), asked) == nil && len(asked.Reason) > stele.MaxReason {
		return wrong("kept a reason that is longer than any that can be kept")
	}
	if len(d.GetRequest()) != len(stele.ID{}) && (d.GetReceipt() != nil || d.GetReleased()) {
		return wrong("a trustee released for no request")
	}
	if d.Receipt != nil {
		r := &wire.Receipt{}
		if wire.Decode(d.Receipt.GetBody(), r) == nil && (!bytes.Equal(r.Request, d.Request) || !bytes.Equal(r.Member, d.Member)) {
			return wrong("a detail holds a receipt for another request or of another member")
		}
		if (len(r.Viewed) > 0) != (d.Viewed != nil) {
			return wrong("a receipt and what it is of do not go together")
		}
		if _, err := a.Receipt(d.Receipt); err != nil {
			return 0, err
		}
	}
	if err := a.viewed(d); err != nil {
		return 0, err
	}
	o, released := a.openings[idOr(d.Request)], d.Released || d.Receipt != nil
	switch {
	case o == nil && released:
		return wrong("a trustee released for an opening that is not in the log")
	case o == nil:
		return Attempt, nil
	case released && !o.Permitted:
		return wrong("a trustee released although the ledger refused the access")
	case committed(o.commitment, d.DetailSalt, tagDetail, d.Detail):
		o.Told = true
		return AsLogged, nil
	case released:
		return wrong("a trustee released on other words than the log commits to")
	}
	return OtherWords, nil
}

// viewed checks the statement of what was looked at that a trustee kept, if it is one: about this
// opening, as the trustee's receipt names it, and signed by a key that stands under the card which the log commits to.
func (a *Account) viewed(d *wire.Detail) error {
	if d.Viewed == nil {
		return nil
	}
	wrong := func(text string) error { return stele.E("check detail", stele.KindProof, text, nil) }
	r, says, asked := &wire.Receipt{}, &wire.Viewed{}, &wire.AccessDetail{}
	by, err := wire.Open(wire.TagViewed, d.Viewed, says)
	digest := wire.Hash(wire.TagViewed, d.Viewed.GetBody())
	switch {
	case err != nil || wire.Decode(d.Receipt.GetBody(), r) != nil || d.Released || !bytes.Equal(r.Viewed, digest[:]):
		return wrong("kept a statement of what was looked at that nobody signed, or without the receipt of it")
	case says.Chain != a.history.Now().GetChain() || !bytes.Equal(says.Subject, a.subject[:]) || !bytes.Equal(says.Request, d.Request):
		return wrong("kept a statement of what was looked at in another chart")
	case wire.Decode(d.Detail, asked) != nil || !slices.ContainsFunc(asked.Card.GetSignatures(), func(s *wire.Signature) bool {
		return slices.Contains(by, wire.Key(s.GetKey()))
	}):
		return wrong("kept a statement of what was looked at by somebody else than asked")
	}
	return nil
}

// AskedMS is when an asking was that a trustee kept, in milliseconds since 1970: as the
// log says, or where the log does not have it, as the trustee does.
func (a *Account) AskedMS(d *wire.Detail) int64 {
	if o := a.openings[idOr(d.GetRequest())]; o != nil {
		return o.ms
	}
	return d.GetTimeMs()
}

// Asker returns the card of who asked at a time, by the words of an asking that a trustee kept.
// A trustee keeps what carries a card of good form that an issuer of the network of then
// signed, and nothing else: it fails with KindProof where there is none, and whoever
// kept it lies. It checks what is true for ever: not what a name may be, which
// changes, nor whether the holder and the organisation signed, which is not known here.
func (a *Account) Asker(words []byte, ms int64) (*wire.Card, error) {
	bad := func(text string) (*wire.Card, error) {
		return nil, stele.E("check detail", stele.KindProof, text, nil)
	}
	forged := func(why string) (*wire.Card, error) {
		return bad("kept an asking with a card that no trustee can have believed: " + why)
	}
	detail, card := new(wire.AccessDetail), new(wire.Card)
	if wire.Decode(words, detail) != nil || detail.Card == nil || wire.Decode(detail.Card.GetBody(), card) != nil {
		return bad("kept an asking without a card, which no trustee does")
	}
	keys, err := wire.Open(wire.TagCard, detail.Card, card)
	_, holder := stele.SubjectFrom(card.Subject)
	_, organisation := stele.SubjectFrom(card.Organisation)
	switch {
	case err != nil:
		return forged("a signature is wrong, or something was added")
	case holder != nil || organisation != nil && len(card.Organisation) > 0:
		return forged("it names nobody")
	case len(detail.Card.Body) > stele.MaxCard:
		return forged("it is too large")
	case card.Chain != a.history.Now().GetChain():
		return forged("it is of another network")
	case !a.history.issuer(keys, ms):
		return forged("no issuer signed it")
	}
	return card, nil
}

// idOr returns an id, or the zero one, which names nothing.
func idOr(raw []byte) stele.ID {
	id, _ := stele.IDFrom(raw)
	return id
}
