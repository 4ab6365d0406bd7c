package directory

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// unsigned is a field that this version does not know.
func unsigned(n int) []byte {
	return append([]byte{0xfa, 0x3f, byte(n)&0x7f | 0x80, byte(n>>7)&0x7f | 0x80, byte(n >> 14)}, bytes.Repeat([]byte{'x'}, n)...)
}

// TestR44NobodyPadsAnothersCard: cards are public. A stranger added to each what no
// signature covers and registered it anew; then no answer fitted its limit, and
// nobody was found or given a grant.
func TestR44NobodyPadsAnothersCard(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Dr Amara Okafor", "doctor")
	p.register(h, h.oneTime(0, 3)...)
	fresh := proto.CloneOf(h.card)
	fresh.ExpiresMs++
	for name, pad := range map[string]func(card, key *wire.Signed){
		"beside the body":               func(card, _ *wire.Signed) { card.ProtoReflect().SetUnknown(unsigned(900 << 10)) },
		"in a signature":                func(card, _ *wire.Signed) { card.Signatures[0].ProtoReflect().SetUnknown(unsigned(9)) },
		"in a signature's key":          func(card, _ *wire.Signed) { card.Signatures[1].Key.ProtoReflect().SetUnknown(unsigned(9)) },
		"beside a one-time key":         func(_, key *wire.Signed) { key.ProtoReflect().SetUnknown(unsigned(9)) },
		"in a one-time key's signature": func(_, key *wire.Signed) { key.Signatures[0].ProtoReflect().SetUnknown(unsigned(9)) },
		"in a one-time key, by its owner": func(_, key *wire.Signed) {
			large := wire.SignBytes(wire.TagOneTimeKey, append(key.Body, unsigned(300)...), h.key)
			key.Body, key.Signatures = large.Body, large.Signatures
		},
	} {
		for when, body := range map[string]*wire.Card{"the same": h.card, "a newer": fresh} {
			card, key := wire.Sign(wire.TagCard, body, h.key, p.issuer), h.oneTime(9, 1)[0]
			pad(card, key)
			if _, err := p.Register(context.Background(), &wire.RegisterRequest{Card: card, Keys: []*wire.Signed{key}}); err == nil {
				t.Errorf("%s card, padded %s, is registered", when, name)
			}
		}
	}
	got, err := p.TakeKey(context.Background(), &wire.TakeKeyRequest{Subject: h.subject[:]})
	if err != nil || proto.Size(got) > 2000 {
		t.Errorf("a grant needs %d bytes: %v", proto.Size(got), err)
	}
}

// TestR44OnlyANewerCardReplacesOne: registered once more a card stays as it is,
// also when its signatures come in another order.
func TestR44OnlyANewerCardReplacesOne(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Dr Amara Okafor", "doctor")
	p.register(h)
	register := func(change func(*wire.Card), signers ...wire.Signer) error {
		card := proto.CloneOf(h.card)
		change(card)
		_, err := p.Register(context.Background(), &wire.RegisterRequest{Card: wire.Sign(wire.TagCard, card, signers...)})
		return err
	}
	if err := register(func(*wire.Card) {}, p.issuer, h.key); err != nil {
		t.Errorf("the same card: %v", err)
	}
	if first := p.cards[h.subject].signed.Signatures[0]; wire.Key(first.Key) != wire.Key(h.key.Public()) {
		t.Error("the listed card was replaced by one that says the same")
	}
	for name, older := range map[string]func(*wire.Card){
		"as old": func(c *wire.Card) { c.Role = "nurse" },
		"older":  func(c *wire.Card) { c.ExpiresMs-- },
	} {
		if err := register(older, h.key, p.issuer); stele.KindOf(err) != stele.KindExists {
			t.Errorf("another card, %s: %v", name, err)
		}
	}
	if err := register(func(c *wire.Card) { c.ExpiresMs++; c.Role = "nurse" }, h.key, p.issuer); err != nil || p.find("nurse") == "" {
		t.Errorf("a newer card: %v", err)
	}
}

// TestR44ARowOfBeforeIsNotListed: a card that was padded before this was refused.
func TestR44ARowOfBeforeIsNotListed(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Dr Amara Okafor", "doctor")
	p.register(h)
	card := h.signed(h.key, p.issuer)
	card.ProtoReflect().SetUnknown(unsigned(9000))
	if err := p.db.Set(rowOf(rowCard, h.subject), wire.Marshal(card), nil); err != nil {
		t.Fatal(err)
	}
	p.reopen()
	if got := p.find(""); got != "" {
		t.Errorf("%s is listed", got)
	}
	p.register(h)
	if got := p.find(""); got == "" {
		t.Error("registered anew, and not listed")
	}
}

// TestR44OneIssuerCrowdsNobodyOut: 200 cards signed by one issuer pushed a member's
// own card out of its own directory, and everybody else's people.
func TestR44OneIssuerCrowdsNobodyOut(t *testing.T) {
	p := newPlace(t)
	member, loud := p.cfg.Member, stele.SubjectOf([]byte("loud"))
	theirs, second := wire.NewEd25519(), wire.NewEd25519() // one member with two devices
	keys := func(s stele.Subject, of ...wire.Ed25519) {
		k := stele.Keys{Subject: s}
		for _, key := range of {
			k.Signing = append(k.Signing, wire.Key(key.Public()))
		}
		p.book.subjects[s] = k
		p.book.issuers = append(p.book.issuers, k.Signing...)
	}
	p.book.issuers = nil
	keys(member, p.issuer)
	keys(loud, theirs, second)
	p.cfg.Names = func() map[stele.Subject]string { return map[stele.Subject]string{member: "Northside", loud: "Elm"} }
	p.reopen()
	put := func(h holder, issuer wire.Ed25519) {
		if _, err := p.Register(context.Background(), &wire.RegisterRequest{Card: h.signed(h.key, issuer)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 * maxFound {
		h := p.holder(fmt.Sprintf("A Doctor %d", i), "doctor")
		put(h, []wire.Ed25519{theirs, second}[i%2])
	}
	const honest = maxFound/2 - 1
	for i := range honest {
		put(p.holder(fmt.Sprintf("Z Doctor %d", i), "doctor"), p.issuer)
	}
	own := holder{member, p.issuer, &wire.Card{Chain: "town-1", Subject: member[:], Name: "Northside", Kind: "organisation", ExpiresMs: p.now.Add(time.Hour).UnixMilli()}}
	if _, err := p.Register(context.Background(), &wire.RegisterRequest{Card: own.signed(p.issuer)}); err != nil {
		t.Fatal(err)
	}
	got := strings.Split(p.find(""), ", ")
	if got[0] != "Northside" || len(got) != maxFound {
		t.Errorf("%s is first of %d", got[0], len(got))
	}
	n := 0
	for _, name := range got {
		if strings.HasPrefix(name, "Z ") {
			n++
		}
	}
	if n != honest {
		t.Errorf("%d of %d of another issuer's people are found", n, honest)
	}
}
