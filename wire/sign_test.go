package wire_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// hardware signs like a hardware key: ECDSA P-256 over SHA-256 of the hash.
type hardware struct{ key *ecdsa.PrivateKey }

func newHardware(t testing.TB) hardware {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return hardware{key}
}

func (h hardware) Public() *wire.PublicKey {
	return &wire.PublicKey{Suite: wire.SuiteECDSAP256, Key: elliptic.MarshalCompressed(elliptic.P256(), h.key.X, h.key.Y)}
}

func (h hardware) Sign(hash stele.Digest) []byte {
	digest := sha256.Sum256(hash[:])
	r, s, err := ecdsa.Sign(rand.Reader, h.key, digest[:])
	if err != nil {
		panic(err)
	}
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}

var body = &wire.RevokeGrant{Grant: make([]byte, 16)}

func TestEverySignatureCounts(t *testing.T) {
	a, b := wire.NewEd25519(), newHardware(t)
	s := wire.Sign(wire.TagTransaction, body, a, b)
	keys, err := wire.Check(wire.TagTransaction, s)
	if err != nil || len(keys) != 2 || keys[0] != wire.Key(a.Public()) || keys[1] != wire.Key(b.Public()) {
		t.Fatalf("%v %v", keys, err)
	}
	for _, k := range keys {
		if wire.Key(wire.FromKey(k)) != k || wire.ValidKey(wire.FromKey(k)) != nil {
			t.Errorf("key of suite %d does not come back", k.Suite)
		}
	}
	if _, err := wire.Check(wire.TagParcel, s); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("a signature passes for another kind of object: %v", err)
	}
	for i := range s.Signatures {
		for at := range s.Signatures[i].Signature {
			s.Signatures[i].Signature[at] ^= 1
			if _, err := wire.Check(wire.TagTransaction, s); stele.KindOf(err) != stele.KindDenied {
				t.Fatalf("signature %d with byte %d changed: %v", i, at, err)
			}
			s.Signatures[i].Signature[at] ^= 1
		}
	}
	for at := range s.Body {
		s.Body[at] ^= 1
		if _, err := wire.Check(wire.TagTransaction, s); stele.KindOf(err) != stele.KindDenied {
			t.Fatalf("body with byte %d changed: %v", at, err)
		}
		s.Body[at] ^= 1
	}
}

func TestHowManySignatures(t *testing.T) {
	var signers []wire.Signer
	for n := range wire.MaxTransactionSignatures + 2 {
		for tag, most := range map[wire.Tag]int{wire.TagCard: wire.MaxSignatures, wire.TagTransaction: wire.MaxTransactionSignatures} {
			_, err := wire.Check(tag, wire.Sign(tag, body, signers...))
			if (err == nil) != (n >= 1 && n <= most) {
				t.Errorf("%s: %d signatures: %v", tag, n, err)
			}
		}
		signers = append(signers, wire.NewEd25519())
	}
	if _, err := wire.Check(wire.TagCard, wire.Sign(wire.TagCard, body, signers[0], signers[0])); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("a doubled signature: %v", err)
	}
	if _, err := wire.Check(wire.TagCard, nil); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("nothing: %v", err)
	}
}

func TestR34UnknownSuiteIsRefused(t *testing.T) {
	ed, p256 := wire.NewEd25519(), newHardware(t)
	for _, signer := range []wire.Signer{ed, p256} {
		for _, suite := range []uint32{0, 1, 2, 3, 4, 257, 1<<32 - 1} {
			if suite == signer.Public().Suite {
				continue
			}
			s := wire.Sign(wire.TagTransaction, body, signer)
			s.Signatures[0].Key.Suite = suite
			if _, err := wire.Check(wire.TagTransaction, s); stele.KindOf(err) != stele.KindDenied {
				t.Errorf("suite %d was checked: %v", suite, err)
			}
			if err := wire.ValidKey(s.Signatures[0].Key); stele.KindOf(err) != stele.KindInvalid {
				t.Errorf("a key of suite %d is valid: %v", suite, err)
			}
		}
	}
	if wire.ValidKey(nil) == nil {
		t.Error("no key is valid")
	}
}

func TestKeysAndSignaturesOfAnyLengthAreHandled(t *testing.T) {
	for _, signer := range []wire.Signer{wire.NewEd25519(), newHardware(t)} {
		for n := range 100 {
			s := wire.Sign(wire.TagTransaction, body, signer)
			key, sig := s.Signatures[0].Key, s.Signatures[0].Signature
			full := len(key.Key)
			key.Key = append(key.Key, make([]byte, 100)...)[:n]
			if _, err := wire.Check(wire.TagTransaction, s); (err == nil) != (n == full) {
				t.Errorf("a key of %d bytes: %v", n, err)
			}
			if err := wire.ValidKey(key); (err == nil) != (n == full) {
				t.Errorf("a key of %d bytes: %v", n, err)
			}
			key.Key = signer.Public().Key
			s.Signatures[0].Signature = append(sig, make([]byte, 100)...)[:n]
			if _, err := wire.Check(wire.TagTransaction, s); (err == nil) != (n == len(sig)) {
				t.Errorf("a signature of %d bytes: %v", n, err)
			}
		}
	}
}

func TestKeysAreKeptOutOfLogs(t *testing.T) {
	k := wire.Ed25519FromSeed([32]byte{1, 2, 3})
	for _, text := range []string{fmt.Sprint(k), fmt.Sprintf("%v %+v %#v %s", k, k, k, k)} {
		if strings.Trim(text, "[redacted] ") != "" {
			t.Errorf("%q", text)
		}
	}
}

func TestUnknownFieldsAreRefusedAtAnyDepth(t *testing.T) {
	field := protowire.AppendVarint(protowire.AppendTag(nil, 500, protowire.VarintType), 1)
	inner := &wire.PublicKey{Suite: 1, Key: []byte{1}}
	inner.ProtoReflect().SetUnknown(field)
	plain := wire.Marshal(&wire.Parcel{Chain: "c", Transactions: [][]byte{field}})
	for what, c := range map[string]struct {
		raw  []byte
		into interface{ Reset() }
		ok   bool
	}{
		"none":      {plain, nil, true},
		"top":       {append(append([]byte(nil), plain...), field...), nil, false},
		"in a list": {wire.Marshal(&wire.Genesis{Issuers: []*wire.PublicKey{{}, inner}}), new(wire.Genesis), false},
		"deep":      {wire.Marshal(&wire.Genesis{Members: []*wire.Member{{Node: inner}}}), new(wire.Genesis), false},
	} {
		var err error
		if g, ok := c.into.(*wire.Genesis); ok {
			err = wire.DecodeKnown(c.raw, g)
		} else {
			err = wire.DecodeKnown(c.raw, new(wire.Parcel))
		}
		if (err == nil) != c.ok || err != nil && stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func FuzzDecodeSigned(f *testing.F) {
	f.Add(wire.Marshal(wire.Sign(wire.TagTransaction, body, wire.Ed25519FromSeed([32]byte{1}))))
	f.Add(wire.Marshal(wire.Sign(wire.TagTransaction, body, newHardware(f))))
	f.Add([]byte{0x12, 0x02, 0x0a, 0x00})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var s wire.Signed
		if err := wire.DecodeKnown(raw, &s); err != nil {
			if stele.KindOf(err) != stele.KindInvalid {
				t.Fatalf("%v", err)
			}
			return
		}
		keys, err := wire.Check(wire.TagTransaction, &s)
		if (err == nil) != (len(keys) > 0) || err != nil && stele.KindOf(err) != stele.KindDenied {
			t.Fatalf("%v %v", keys, err)
		}
		for _, k := range keys {
			if wire.ValidKey(wire.FromKey(k)) != nil {
				t.Fatal("an invalid key signed")
			}
		}
		_ = wire.DecodeKnown(s.Body, new(wire.Transaction))
		_ = wire.TransactionID(&s)
	})
}

// TestKeysThatAreNone: points of small order and text are no keys, though they have
// the right length and may lie on the curve.
func TestKeysThatAreNone(t *testing.T) {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	y8, _ := new(big.Int).SetString("2707385501144840649318225287225658788936804267575313519463743609750303402022", 10)
	for _, y := range []*big.Int{big.NewInt(0), big.NewInt(1), new(big.Int).Sub(p, big.NewInt(1)), y8, new(big.Int).Sub(p, y8)} {
		for _, sign := range []byte{0, 0x80} {
			raw := y.FillBytes(make([]byte, 32))
			slices.Reverse(raw)
			raw[31] |= sign
			if err := wire.ValidKey(&wire.PublicKey{Suite: wire.SuiteEd25519, Key: raw}); stele.KindOf(err) != stele.KindInvalid {
				t.Errorf("%x of small order: %v", raw, err)
			}
		}
	}
	onCurve := 0
	for i := range 40 {
		text := []byte(fmt.Sprintf("HIV positive, 7 June 1980, no %02d", i))
		key := &wire.PublicKey{Suite: wire.SuiteEd25519, Key: text}
		var point curve.EdwardsPoint
		compressed := curve.CompressedEdwardsY(text)
		if _, err := point.SetCompressedY(&compressed); err == nil && !point.IsSmallOrder() {
			onCurve++
		}
		if err := wire.ValidKey(key); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%q is a key: %v", text, err)
		}
		hardware := &wire.PublicKey{Suite: wire.SuiteECDSAP256, Key: append([]byte{2}, text...)}
		if x, _ := elliptic.UnmarshalCompressed(elliptic.P256(), hardware.Key); x != nil {
			onCurve++
		}
		if err := wire.ValidKey(hardware); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%q is a key of P-256: %v", text, err)
		}
	}
	if onCurve < 10 {
		t.Errorf("%d texts lie on a curve: nothing is shown", onCurve)
	}
	if err := wire.ValidKey(wire.NewEd25519().Public()); err != nil {
		t.Error(err)
	}
}

// TestWhatIsSignedIsKnown: an unknown field in a signed body, at any depth, is
// refused, whoever signed it.
func TestWhatIsSignedIsKnown(t *testing.T) {
	key := wire.NewEd25519()
	card := &wire.Card{Chain: "town", Name: "Elm"}
	detail := &wire.AccessDetail{Card: wire.Sign(wire.TagCard, card, key), Purpose: "TREAT"}
	unknown := []byte{0xf8, 0x7f, 1} // field 2047
	for what, c := range map[string]struct {
		body []byte
		into proto.Message
		want bool
	}{
		"as it is":          {wire.Marshal(detail), new(wire.AccessDetail), true},
		"beside its fields": {append(wire.Marshal(detail), unknown...), new(wire.AccessDetail), false},
		"in what is in it":  {append(wire.Marshal(&wire.AccessDetail{}), append([]byte{0x1a, 3}, unknown...)...), new(wire.AccessDetail), false},
	} {
		if _, err := wire.Open(wire.TagRead, wire.SignBytes(wire.TagRead, c.body, key), c.into); (err == nil) != c.want {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestASignatureThatIsNotThereIsRefused: a member's answer may hold none, and whoever adds it to
// their own finds out, and does not fall over.
func TestASignatureThatIsNotThereIsRefused(t *testing.T) {
	signed := wire.SignBytes(wire.TagTransaction, []byte("a body"), wire.NewEd25519())
	signed.Signatures = append(signed.Signatures, nil)
	if _, err := wire.Check(wire.TagTransaction, signed); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("taken: %v", err)
	}
}
