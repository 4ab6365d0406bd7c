package directory

import (
	"bytes"
	"context"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// FuzzRegister signs whatever card and key a fuzzer makes with all keys that count
// and registers them. What is taken is found again, and is its holder's; what is
// refused has a kind, and nothing of it is listed.
func FuzzRegister(f *testing.F) {
	p := newPlace(f)
	h := p.holder("Dr Amara Okafor", "doctor")
	p.register(h, h.oneTime(0, 2)...)
	f.Add(wire.Marshal(h.card), h.oneTime(3, 1)[0].Body, "okafor doctor")
	f.Add([]byte{}, []byte{}, h.subject.String())
	f.Fuzz(func(t *testing.T, card, key []byte, query string) {
		ctx := context.Background()
		signed := wire.SignBytes(wire.TagCard, bytes.Clone(card), h.key, p.issuer) // the fuzzer writes over its own
		_, err := p.Register(ctx, &wire.RegisterRequest{Card: signed, Keys: []*wire.Signed{wire.SignBytes(wire.TagOneTimeKey, bytes.Clone(key), h.key)}})
		if err != nil && stele.KindOf(err) == stele.KindOther {
			t.Fatalf("refused without a kind: %v", err)
		}
		found, errFind := p.FindCards(ctx, &wire.FindCardsRequest{Query: h.subject.String()})
		if errFind != nil || len(found.Cards) != 1 {
			t.Fatalf("%d cards of the holder: %v", len(found.GetCards()), errFind)
		}
		var listed wire.Card
		if wire.Decode(found.Cards[0].Body, &listed) != nil || string(listed.Subject) != string(h.subject[:]) || listed.Name == "" {
			t.Fatalf("%v is listed", &listed)
		}
		if err == nil && string(found.Cards[0].Body) != string(card) {
			t.Fatal("registered, and not found")
		}
		if _, err := p.FindCards(ctx, &wire.FindCardsRequest{Query: query}); err != nil && stele.KindOf(err) == stele.KindOther {
			t.Fatalf("asked for %q: %v", query, err)
		}
	})
}

// FuzzPost delivers anything to anybody and collects with a request of a fuzzer's
// making.
func FuzzPost(f *testing.F) {
	p := newPlace(f)
	h := p.holder("Dr Amara Okafor", "doctor")
	p.register(h)
	member, nonce := p.cfg.Member, stele.ID{1}
	f.Add(h.subject[:], []byte("sealed"), wire.Marshal(&wire.OwnRequest{Chain: "town-1", Audience: member[:], Subject: h.subject[:], AtMs: p.now.UnixMilli(), Nonce: nonce[:]}))
	f.Add([]byte{}, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, to, sealed, ask []byte) {
		ctx := context.Background()
		for _, err := range []error{
			func() error { _, err := p.Deliver(ctx, &wire.DeliverRequest{To: to, Sealed: sealed}); return err }(),
			func() error { _, err := p.TakeKey(ctx, &wire.TakeKeyRequest{Subject: to}); return err }(),
			func() error {
				_, err := p.Collect(ctx, &wire.CollectRequest{Request: wire.SignBytes(wire.TagOwn, ask, h.key)})
				return err
			}(),
			func() error {
				_, err := p.Collect(ctx, &wire.CollectRequest{Request: wire.SignBytes(wire.TagOwn, ask, p.issuer)})
				if err == nil {
					t.Fatal("somebody else's post was collected")
				}
				return err
			}(),
		} {
			if err != nil && stele.KindOf(err) == stele.KindOther {
				t.Fatalf("refused without a kind: %v", err)
			}
		}
	})
}

// FuzzAsk leaves whatever post a fuzzer makes, signed by a doctor, with a patient, and has her read
// it. What is taken is in the doctor's name, to her, and of the one size; what is refused has a
// kind.
func FuzzAsk(f *testing.F) {
	p := newPlace(f)
	doctor, elena := p.holder("Dr Amara Okafor", "doctor"), p.patient("elena")
	f.Add(p.asks(doctor, elena.subject, nil).Post.Body)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		p.t = t
		p.now = p.now.Add(keepAsked) // what was left before is gone, and so are the limits
		post := new(wire.AccessPost)
		if wire.Decode(bytes.Clone(body), post) == nil && post.AtMs != 0 {
			post.AtMs = p.now.UnixMilli()
			body = wire.Marshal(post)
		}
		card := wire.SignBytes(wire.TagCard, wire.Marshal(&wire.Card{
			Chain: "town-1", Subject: doctor.subject[:], Name: "Dr Amara Okafor", Kind: "practitioner", Role: "doctor", ExpiresMs: p.now.Add(keepAsked).UnixMilli(),
		}), doctor.key, p.issuer)
		_, err := p.Ask(t.Context(), &wire.AskRequest{Card: card, Post: wire.SignBytes(wire.TagAsk, bytes.Clone(body), doctor.key)})
		if err != nil {
			if stele.KindOf(err) == stele.KindOther {
				t.Fatalf("refused without a kind: %v", err)
			}
			return
		}
		box := p.box(elena, 0)
		if len(box) != 1 || string(box[0].Ask.Post.Body) != string(body) || string(post.From) != string(doctor.subject[:]) || string(post.To) != string(elena.subject[:]) {
			t.Fatalf("%v is taken, %d lie there", post, len(box))
		}
	})
}
