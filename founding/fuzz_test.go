package founding

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// FuzzCard reads the files that founders exchange, and a card of a stranger's
// making that is signed as it should be.
func FuzzCard(f *testing.F) {
	node, organisation := wire.Ed25519FromSeed([32]byte{1}), wire.Ed25519FromSeed([32]byte{2})
	key, err := seal.NewSealKey()
	if err != nil {
		f.Fatal(err)
	}
	founder := &wire.Founder{
		Network: "town", SealKey: key.Public(), Member: &wire.Member{
			KeyDocument: wire.Marshal(&wire.KeyDocument{Devices: []*wire.Device{{Signing: organisation.Public()}}, Salt: make([]byte, 16)}),
			Kind:        "hospital", Node: node.Public(), Trustee: node.Public(), Validator: make([]byte, 32), Power: 10,
		},
	}
	card := wire.Sign(wire.TagFounder, founder, node, organisation)
	f.Add(append(EncodeCard(card), EncodeDealing(card)...), card.Body)
	f.Add([]byte("-----BEGIN"), []byte{})
	path := filepath.Join(f.TempDir(), "card.pem")
	f.Fuzz(func(t *testing.T, file, body []byte) {
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		if cards, dealings, err := ReadFiles([]string{path}); err == nil && len(cards)+len(dealings) == 0 {
			t.Fatal("nothing was read")
		} else if kind := stele.KindOf(err); err != nil && kind != stele.KindInvalid && kind != stele.KindDenied {
			t.Fatalf("refused as %v: %v", kind, err)
		}
		c, err := ReadCard(wire.SignBytes(wire.TagFounder, body, node, organisation))
		switch kind := stele.KindOf(err); {
		case err != nil && kind != stele.KindInvalid && kind != stele.KindDenied:
			t.Fatalf("refused as %v: %v", kind, err)
		case err == nil && c.Subject != stele.SubjectOf(c.Founder.Member.KeyDocument):
			t.Fatal("a card under another's name")
		}
	})
}

// FuzzDealing reads what another founder dealt.
func FuzzDealing(f *testing.F) {
	node := wire.Ed25519FromSeed([32]byte{1})
	key, err := seal.NewSealKey()
	if err != nil {
		f.Fatal(err)
	}
	founders := Founders{Chain: "town-1", Cards: []Card{{Founder: &wire.Founder{Member: &wire.Member{Node: node.Public()}}}}}
	public, shares, err := founders.ceremony().Deal(1)
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := seal.SealTo(key.Public(), seal.TagSubshare, founders.subshareContext(1, 1), shares[0].Bytes())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wire.Marshal(&wire.FounderDealing{Chain: "town-1", Dealer: 1, Dealing: public.Bytes(), Subshares: [][]byte{sealed}}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := founders.readDealing(wire.SignBytes(wire.TagDealing, body, node))
		if err != nil {
			if kind := stele.KindOf(err); kind != stele.KindInvalid && kind != stele.KindDenied {
				t.Fatalf("refused as %v: %v", kind, err)
			}
			return
		}
		dealing, mine, err := founders.open(d, 1, key)
		if err == nil && (dealing.Dealer() != 1 || mine == nil) {
			t.Fatal("another dealer's")
		}
	})
}
