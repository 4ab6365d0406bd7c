package directory

import (
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestR10OneTimeKeysAreTheirHoldersOwn: a key that its holder did not sign, or that
// somebody signed besides, would be another's pairwise key in the holder's name.
func TestR10OneTimeKeysAreTheirHoldersOwn(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Dr Amara Okafor", "doctor")
	p.register(h)
	key := &wire.OneTimeKey{Chain: "town-1", Subject: h.subject[:], Index: 7, Key: wire.NewEd25519().Public(), Directory: ourMember[:]}
	unsigned := wire.Sign(wire.TagOneTimeKey, key, h.key)
	unsigned.Signatures = nil
	for name, bad := range map[string]*wire.Signed{
		"unsigned":               unsigned,
		"signed by somebody":     wire.Sign(wire.TagOneTimeKey, key, wire.NewEd25519()),
		"signed by two":          wire.Sign(wire.TagOneTimeKey, key, h.key, p.issuer),
		"signed as another kind": wire.Sign(wire.TagCard, key, h.key),
	} {
		if _, err := p.Register(context.Background(), &wire.RegisterRequest{Card: h.signed(h.key, p.issuer), Keys: []*wire.Signed{bad}}); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.TakeKey(context.Background(), &wire.TakeKeyRequest{Subject: h.subject[:]}); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("one of them is handed out: %v", err)
	}
}

// TestR26ExpiredCardsHandOutNoKey: to the millisecond.
func TestR26ExpiredCardsHandOutNoKey(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Dr Amara Okafor", "doctor")
	p.register(h, h.oneTime(0, 5)...)
	take := func() error {
		_, err := p.TakeKey(context.Background(), &wire.TakeKeyRequest{Subject: h.subject[:]})
		return err
	}
	p.now = time.UnixMilli(h.card.ExpiresMs - 1)
	if err := take(); err != nil {
		t.Errorf("before it expires: %v", err)
	}
	p.now = time.UnixMilli(h.card.ExpiresMs)
	if err := take(); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("when it has expired: %v", err)
	}
}
