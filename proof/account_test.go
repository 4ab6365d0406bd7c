package proof

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// town is a patient's log with an opening that was permitted in block 5 and one that
// was refused in block 6, proved up to block 9, and three trustees, of whom two are
// needed.
type town struct {
	*Account
	patient            stele.Subject
	members            []stele.Subject
	trustees           []wire.Signer
	issuer             wire.Signer
	permitted, refused stele.ID
	words              map[stele.ID][]byte // that the log commits to
	salt               seal.Salt
}

func newTown() *town {
	w := &town{
		patient: stele.SubjectOf([]byte("patient")), permitted: stele.ID{1}, refused: stele.ID{2}, issuer: wire.Ed25519FromSeed([32]byte{50}),
		words: map[stele.ID][]byte{}, salt: seal.NewSalt(),
	}
	founding := &wire.Consortium{Chain: testChain, Issuers: []*wire.PublicKey{w.issuer.Public()}, Committee: &wire.Committee{Threshold: 2}}
	for i := range 3 {
		document := fmt.Append(nil, "member ", i)
		w.members = append(w.members, stele.SubjectOf(document))
		w.trustees = append(w.trustees, wire.Ed25519FromSeed([32]byte{60, byte(i)}))
		founding.Members = append(founding.Members, &wire.Member{KeyDocument: document, Trustee: w.trustees[i].Public(), Share: uint32(i + 1)})
	}
	w.Account = NewAccount(History{{Consortium: founding}}, w.patient)
	for height, request := range map[int64]stele.ID{5: w.permitted, 6: w.refused} {
		w.words[request] = wire.Marshal(&wire.AccessDetail{Request: request[:], Purpose: string(stele.Treatment)})
		commitment := seal.Commit(w.salt, seal.TagDetail, w.words[request])
		e := &wire.Event{Height: height, Event: &wire.Event_AccessPermitted{AccessPermitted: &wire.AccessPermitted{Request: request[:], DetailCommitment: commitment[:]}}}
		if request == w.refused {
			e.Event = &wire.Event_AccessRefused{AccessRefused: &wire.AccessRefused{Request: request[:], DetailCommitment: commitment[:]}}
		}
		w.Log(e)
	}
	w.Upto(9, 0)
	return w
}

// receipt is a trustee's receipt for the permitted opening, after a change.
func (w *town) receipt(trustee int, change func(*wire.Receipt)) *wire.Signed {
	r := &wire.Receipt{Chain: testChain, Member: w.members[trustee][:], Share: uint32(trustee + 1), Request: w.permitted[:], Subject: w.patient[:], Height: 5}
	if change != nil {
		change(r)
	}
	return wire.Sign(wire.TagReceipt, r, w.trustees[trustee])
}

// says fails the test unless an error is the expected one; "" for none.
func says(t *testing.T, what string, err error, kind stele.Kind, want string) {
	t.Helper()
	switch {
	case want == "" && err == nil:
	case want == "" || err == nil || stele.KindOf(err) != kind || !strings.Contains(err.Error(), want):
		t.Errorf("%s: %v, want %q", what, err, want)
	}
}

// TestR6AReceiptIsHeldToTheLog takes receipts that their trustees signed, of what is in
// the log and of what is not.
func TestR6AReceiptIsHeldToTheLog(t *testing.T) {
	for what, c := range map[string]struct {
		change func(w *town, r *wire.Receipt)
		want   string
	}{
		"as it is":                      {nil, ""},
		"of a later block":              {func(_ *town, r *wire.Receipt) { r.Height = 8 }, ""},
		"of a block that is not proved": {func(_ *town, r *wire.Receipt) { r.Height = 12 }, ""},
		"of the last that can be":       {func(_ *town, r *wire.Receipt) { r.Height = 609 }, ""},
		"of one that can't be":          {func(_ *town, r *wire.Receipt) { r.Height = 610 }, "can't have been there"},
		"of one that never is":          {func(_ *town, r *wire.Receipt) { r.Height, r.Request = 1<<62, make([]byte, 16) }, "can't have been there"},
		"of the block before":           {func(_ *town, r *wire.Receipt) { r.Height = 4 }, "before the opening's"},
		"of another's share":            {func(_ *town, r *wire.Receipt) { r.Share = 2 }, "not its trustee's"},
		"of no share":                   {func(_ *town, r *wire.Receipt) { r.Share = 0 }, "not its trustee's"},
		"of another member":             {func(w *town, r *wire.Receipt) { r.Member, r.Share = w.members[1][:], 2 }, "not signed by its trustee"},
		"of no member":                  {func(_ *town, r *wire.Receipt) { r.Member = []byte("nobody") }, "did not have then"},
		"about another chart":           {func(w *town, r *wire.Receipt) { r.Subject = w.members[0][:] }, "another chart"},
		"of another network":            {func(_ *town, r *wire.Receipt) { r.Chain = "other" }, "another chart or network"},
		"for what was refused":          {func(w *town, r *wire.Receipt) { r.Request, r.Height = w.refused[:], 9 }, "the ledger refused"},
		"for nothing in the log":        {func(_ *town, r *wire.Receipt) { r.Request, r.Height = make([]byte, 16), 9 }, "not in the log"},
	} {
		w := newTown()
		signed := w.receipt(0, func(r *wire.Receipt) {
			if c.change != nil {
				c.change(w, r)
			}
		})
		_, err := w.Receipt(signed)
		says(t, what, err, stele.KindProof, c.want)
		if n := w.Opening(w.permitted).Released(); (n == 1) != (c.want == "") || w.Opening(w.refused).Released() != 0 {
			t.Errorf("%s: %d releases are counted", what, n)
		}
	}
	w := newTown()
	_, err := w.Receipt(w.receipt(0, func(r *wire.Receipt) { r.Request, r.Height = make([]byte, 16), 10 }))
	says(t, "of the block after the log", err, stele.KindNotFound, "can't be checked yet")
	for ms, kind := range map[int64]stele.Kind{-1 << 62: stele.KindProof, 59_999: stele.KindProof, 60_000: stele.KindNotFound, 1 << 62: stele.KindNotFound} {
		w.Upto(9, ms)
		if _, err := w.Receipt(w.receipt(0, func(r *wire.Receipt) { r.Request, r.Height = make([]byte, 16), 1209 })); stele.KindOf(err) != kind {
			t.Errorf("block 1209, told %d ms after block 9: %v", ms, err)
		}
	}
	if !errors.Is(err, ErrAhead) {
		t.Errorf("it is not ahead: %v", err)
	}
}

// TestR6ATrusteeReleasesOnce: an opening is unfinished from the first release to the one
// that completes it, and one trustee alone never completes it.
func TestR6ATrusteeReleasesOnce(t *testing.T) {
	w := newTown()
	for i, trustee := range []int{0, 0, 1, 2} {
		if i == 0 && len(w.Unfinished()) != 0 {
			t.Error("it is unfinished before anybody released")
		}
		if _, err := w.Receipt(w.receipt(trustee, func(r *wire.Receipt) { r.Height = int64(5 + i) })); err != nil {
			t.Fatal(err)
		}
		if n, want := w.Opening(w.permitted).Released(), trustee+1; n != want || (len(w.Unfinished()) == 1) != (want < 2) {
			t.Errorf("after %d receipts %d trustees have released, want %d; unfinished: %v", i+1, n, want, w.Unfinished())
		}
	}
}

// TestR6WhatWasKeptIsHeldToTheLog takes what trustees kept of an asking.
func TestR6WhatWasKeptIsHeldToTheLog(t *testing.T) {
	other := wire.Marshal(&wire.AccessDetail{Reason: "another"})
	for what, c := range map[string]struct {
		request string // "permitted", "refused", "other" or, for none, ""
		change  func(w *town, d *wire.Detail)
		told    Telling
		want    string
	}{
		"released, with its receipt":         {"permitted", func(w *town, d *wire.Detail) { d.Receipt = w.receipt(0, nil) }, AsLogged, ""},
		"released, without":                  {"permitted", nil, AsLogged, ""},
		"not released":                       {"permitted", func(_ *town, d *wire.Detail) { d.Released = false }, AsLogged, ""},
		"refused":                            {"refused", func(_ *town, d *wire.Detail) { d.Released = false }, AsLogged, ""},
		"refused, and released":              {"refused", nil, 0, "the ledger refused"},
		"refused, in other words":            {"refused", func(_ *town, d *wire.Detail) { d.Released, d.Detail = false, other }, OtherWords, ""},
		"released on other words":            {"permitted", func(_ *town, d *wire.Detail) { d.Detail = other }, 0, "other words"},
		"released on them, with its receipt": {"permitted", func(w *town, d *wire.Detail) { d.Released, d.Receipt, d.Detail = false, w.receipt(0, nil), other }, 0, "other words"},
		"an attempt":                         {"other", func(_ *town, d *wire.Detail) { d.Released = false }, Attempt, ""},
		"released for nothing":               {"other", nil, 0, "not in the log"},
		"an attempt without a number":        {"", func(_ *town, d *wire.Detail) { d.Released = false }, Attempt, ""},
		"released without a number":          {"", nil, 0, "for no request"},
		"a receipt without a number":         {"", func(w *town, d *wire.Detail) { d.Released, d.Receipt = false, w.receipt(0, nil) }, 0, "for no request"},
		"a receipt of another member":        {"permitted", func(w *town, d *wire.Detail) { d.Receipt = w.receipt(1, nil) }, 0, "of another member"},
		"a receipt for another request": {"permitted", func(w *town, d *wire.Detail) {
			d.Receipt = w.receipt(0, func(r *wire.Receipt) { r.Request = w.refused[:] })
		}, 0, "another request"},
		"a reason as long as may be": {"other", func(_ *town, d *wire.Detail) {
			d.Released, d.Detail = false, wire.Marshal(&wire.AccessDetail{Reason: strings.Repeat("x", stele.MaxReason)})
		}, Attempt, ""},
		"a longer reason": {"other", func(_ *town, d *wire.Detail) {
			d.Released, d.Detail = false, wire.Marshal(&wire.AccessDetail{Reason: strings.Repeat("x", stele.MaxReason+1)})
		}, 0, "longer than any"},
		"a longer word of its own": {"other", func(_ *town, d *wire.Detail) { d.Released, d.Why = false, strings.Repeat("x", stele.MaxReason+1) }, 0, "longer than any"},
	} {
		w := newTown()
		request := map[string]stele.ID{"permitted": w.permitted, "refused": w.refused, "other": {99}}[c.request]
		d := &wire.Detail{Member: w.members[0][:], Released: true, Request: request[:], Detail: w.words[request], DetailSalt: w.salt[:]}
		if c.request == "" {
			d.Request = nil
		}
		if c.change != nil {
			c.change(w, d)
		}
		told, err := w.Detail(d)
		says(t, what, err, stele.KindProof, c.want)
		if err == nil && told != c.told {
			t.Errorf("%s: it is told as %d, want %d", what, told, c.told)
		}
		if o := w.Opening(request); o != nil && o.Told != (err == nil && told == AsLogged) {
			t.Errorf("%s: told: %v", what, o.Told)
		}
	}
}

// TestR45WhoAskedHasACardThatIsBelieved: what a trustee kept carries a card, and one that
// it can have believed.
func TestR45WhoAskedHasACardThatIsBelieved(t *testing.T) {
	holder := wire.Ed25519FromSeed([32]byte{70})
	for what, c := range map[string]struct {
		change func(*wire.Card)
		by     string // who signed: "holder", "issuer", both
		want   string
	}{
		"a card":                     {nil, "holder issuer", ""},
		"of the issuer alone":        {nil, "issuer", ""},
		"of nobody's issuer":         {nil, "holder", "no issuer"},
		"of two that are no issuers": {nil, "holder stranger", "no issuer"},
		"of an organisation":         {func(c *wire.Card) { c.Organisation = make([]byte, 20) }, "holder issuer", ""},
		"of half an organisation":    {func(c *wire.Card) { c.Organisation = make([]byte, 3) }, "holder issuer", "names nobody"},
		"of nobody":                  {func(c *wire.Card) { c.Subject = nil }, "holder issuer", "names nobody"},
		"of another network":         {func(c *wire.Card) { c.Chain = "other" }, "holder issuer", "another network"},
		"larger than any":            {func(c *wire.Card) { c.Name = strings.Repeat("x", stele.MaxCard) }, "holder issuer", "too large"},
		"with more in it":            {func(c *wire.Card) { sayMore(c) }, "holder issuer", "something was added"},
	} {
		w := newTown()
		card := &wire.Card{Chain: testChain, Subject: w.members[0][:], Name: "Dr Ada Berg", Kind: "practitioner"}
		if c.change != nil {
			c.change(card)
		}
		var by []wire.Signer
		for who := range strings.FieldsSeq(c.by) {
			by = append(by, map[string]wire.Signer{"holder": holder, "issuer": w.issuer, "stranger": wire.Ed25519FromSeed([32]byte{71})}[who])
		}
		got, err := w.Asker(wire.Marshal(&wire.AccessDetail{Card: wire.Sign(wire.TagCard, card, by...)}), 0)
		says(t, what, err, stele.KindProof, c.want)
		if err == nil && got.Name != card.Name {
			t.Errorf("%s: it is %q's", what, got.Name)
		}
	}
	_, err := newTown().Asker(wire.Marshal(&wire.AccessDetail{Reason: "x"}), 0)
	says(t, "no card", err, stele.KindProof, "without a card")
}

// TestR6AStatementOfWhatWasLookedAt is the word of who opened, and of nobody else, and no
// release, whatever a trustee makes of it.
func TestR6AStatementOfWhatWasLookedAt(t *testing.T) {
	holder := wire.Ed25519FromSeed([32]byte{71})
	for what, c := range map[string]struct {
		change func(says *wire.Viewed)
		by     wire.Signer // zero: the holder of the card
		after  func(w *town, d *wire.Detail)
		want   string
	}{
		"as it should be":               {},
		"of another chart":              {change: func(s *wire.Viewed) { s.Subject = make([]byte, 20) }, want: "in another chart"},
		"of another opening":            {change: func(s *wire.Viewed) { s.Request = make([]byte, 16) }, want: "in another chart"},
		"of another network":            {change: func(s *wire.Viewed) { s.Chain = "other" }, want: "in another chart"},
		"by somebody else":              {by: wire.Ed25519FromSeed([32]byte{72}), want: "somebody else"},
		"changed":                       {after: func(_ *town, d *wire.Detail) { d.Viewed.Body[0] ^= 1 }, want: "nobody signed"},
		"and released":                  {after: func(_ *town, d *wire.Detail) { d.Released = true }, want: "nobody signed"},
		"without its receipt":           {after: func(_ *town, d *wire.Detail) { d.Receipt = nil }, want: "nobody signed"},
		"with the receipt of a release": {after: func(w *town, d *wire.Detail) { d.Receipt = w.receipt(0, nil) }, want: "do not go together"},
		"its receipt alone":             {after: func(_ *town, d *wire.Detail) { d.Viewed = nil }, want: "do not go together"},
		"with another statement's receipt": {after: func(w *town, d *wire.Detail) {
			d.Receipt = w.receipt(0, func(r *wire.Receipt) { r.Viewed = make([]byte, 32) })
		}, want: "nobody signed"},
		"in other words": {after: func(_ *town, d *wire.Detail) { d.DetailSalt = make([]byte, 32) }, want: "other words"},
	} {
		w := newTown()
		card := wire.Sign(wire.TagCard, &wire.Card{}, holder, w.issuer)
		words := wire.Marshal(&wire.AccessDetail{Request: w.permitted[:], Card: card})
		commitment := seal.Commit(w.salt, seal.TagDetail, words)
		w.Log(&wire.Event{Height: 5, Event: &wire.Event_AccessPermitted{AccessPermitted: &wire.AccessPermitted{Request: w.permitted[:], DetailCommitment: commitment[:]}}})
		statement := &wire.Viewed{Chain: testChain, Subject: w.patient[:], Request: w.permitted[:], Records: 1}
		if c.change != nil {
			c.change(statement)
		}
		by := c.by
		if by == nil {
			by = holder
		}
		d := &wire.Detail{Member: w.members[0][:], Request: w.permitted[:], Detail: words, DetailSalt: w.salt[:], Viewed: wire.Sign(wire.TagViewed, statement, by)}
		digest := wire.Hash(wire.TagViewed, d.Viewed.Body)
		d.Receipt = w.receipt(0, func(r *wire.Receipt) { r.Viewed = digest[:] })
		if c.after != nil {
			c.after(w, d)
		}
		told, err := w.Detail(d)
		says(t, what, err, stele.KindProof, c.want)
		if err == nil && told != AsLogged {
			t.Errorf("%s: it is told as %d", what, told)
		}
		if o := w.Opening(w.permitted); o.Released() != 0 && what != "with the receipt of a release" {
			t.Errorf("%s: it counts as a release", what)
		}
	}
}
