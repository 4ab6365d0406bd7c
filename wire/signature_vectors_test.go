package wire_test

import (
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/vectortest"
	"github.com/stele-health/stele/wire"
)

// signedVector is a signed object that every implementation must take or refuse
// alike: nodes that disagree about one fork.
type signedVector struct {
	What string   `json:"what"`
	Tag  string   `json:"tag"`
	Body string   `json:"body"`
	Keys []string `json:"keys"` // suite as one byte, then the key
	Sigs []string `json:"signatures"`
	OK   bool     `json:"ok"`
}

// p256 is a signer of suite 2 whose signatures are the same each time.
type p256 struct {
	d    *big.Int
	high bool // s in the upper half of the order
}

func (k p256) Public() *wire.PublicKey {
	x, y := elliptic.P256().ScalarBaseMult(k.d.Bytes())
	return &wire.PublicKey{Suite: wire.SuiteECDSAP256, Key: elliptic.MarshalCompressed(elliptic.P256(), x, y)}
}

func (k p256) Sign(hash stele.Digest) []byte {
	n := elliptic.P256().Params().N
	nonce := new(big.Int).SetBytes(bytesOf(99, 32))
	x, _ := elliptic.P256().ScalarBaseMult(nonce.Bytes())
	r := new(big.Int).Mod(x, n)
	digest := sha256.Sum256(hash[:])
	s := new(big.Int).Mul(r, k.d)
	s.Add(s, new(big.Int).SetBytes(digest[:])).Mul(s, new(big.Int).ModInverse(nonce, n)).Mod(s, n)
	if high := s.Cmp(new(big.Int).Rsh(n, 1)) > 0; high != k.high {
		s.Sub(n, s)
	}
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}

func signatureVectors() (out []signedVector) {
	add := func(what string, ok bool, body []byte, sigs ...*wire.Signature) {
		v := signedVector{What: what, Tag: string(wire.TagOwn), Body: hex.EncodeToString(body), OK: ok, Keys: []string{}, Sigs: []string{}}
		for _, s := range sigs {
			v.Keys = append(v.Keys, hex.EncodeToString(append([]byte{byte(s.Key.GetSuite())}, s.Key.GetKey()...)))
			v.Sigs = append(v.Sigs, hex.EncodeToString(s.Signature))
		}
		out = append(out, v)
	}
	body := []byte("a body")
	hash := wire.Hash(wire.TagOwn, body)
	sign := func(k wire.Signer) *wire.Signature { return &wire.Signature{Key: k.Public(), Signature: k.Sign(hash)} }
	with := func(s *wire.Signature, change func(*wire.Signature)) *wire.Signature {
		c := &wire.Signature{Key: &wire.PublicKey{Suite: s.Key.Suite, Key: append([]byte{}, s.Key.Key...)}, Signature: append([]byte{}, s.Signature...)}
		change(c)
		return c
	}
	ed, low, high := sign(wire.Ed25519FromSeed([32]byte(bytesOf(1, 32)))), sign(p256{big.NewInt(77), false}), sign(p256{big.NewInt(77), true})

	add("Ed25519", true, body, ed)
	add("P-256, s in the lower half", true, body, low)
	add("P-256, s in the upper half: the same signature in its other form", true, body, high)
	add("both", true, body, ed, low)
	add("nobody", false, body)
	add("one key twice", false, body, ed, ed)
	add("one key twice, in two forms", false, body, low, high)
	many := func(n int) (sigs []*wire.Signature) {
		for i := range n {
			sigs = append(sigs, sign(wire.Ed25519FromSeed([32]byte(bytesOf(byte(10+i), 32)))))
		}
		return sigs
	}
	add("eight keys", true, body, many(8)...)
	add("nine keys", false, body, many(9)...)
	add("another body", false, []byte("A body"), ed)
	add("one right, one wrong", false, body, ed, with(low, func(s *wire.Signature) { s.Signature[40] ^= 1 }))
	for _, suite := range []uint32{0, 2, 3} {
		add("an Ed25519 key of another suite", false, body, with(ed, func(s *wire.Signature) { s.Key.Suite = suite }))
	}
	add("P-256, the key not compressed", false, body, with(low, func(s *wire.Signature) {
		x, y := elliptic.UnmarshalCompressed(elliptic.P256(), s.Key.Key)
		s.Key.Key = elliptic.Marshal(elliptic.P256(), x, y)
	}))
	add("P-256, the key not on the curve", false, body, with(low, func(s *wire.Signature) {
		for x := s.Key.Key; ; x[32]++ {
			if got, _ := elliptic.UnmarshalCompressed(elliptic.P256(), x); got == nil {
				return
			}
		}
	}))
	add("P-256, the order of the group in place of r", false, body, with(low, func(s *wire.Signature) {
		elliptic.P256().Params().N.FillBytes(s.Signature[:32])
	}))
	add("P-256, 63 bytes", false, body, with(low, func(s *wire.Signature) { s.Signature = s.Signature[:63] }))
	add("Ed25519, 65 bytes", false, body, with(ed, func(s *wire.Signature) { s.Signature = append(s.Signature, 0) }))
	add("Ed25519, S + the order in place of S", false, body, with(ed, func(s *wire.Signature) { addOrder(s.Signature[32:]) }))

	// ZIP-215 takes keys of small order, and by one of them a single signature holds
	// for every body. They are refused here, in whatever encoding.
	small, identity := bytesOf(0, 32), make([]byte, 32)
	copy(small, hexBytes("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")) // of order 8
	identity[0] = 1
	loose := hexBytes("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f") // the identity, y = p + 1
	minus := append([]byte{}, identity...)
	minus[31] = 0x80 // the identity with the sign of −0
	weak := func(key, r []byte) *wire.Signature {
		return &wire.Signature{Key: &wire.PublicKey{Suite: wire.SuiteEd25519, Key: key}, Signature: append(append([]byte{}, r...), make([]byte, 32)...)}
	}
	add("Ed25519, key and R of small order, S = 0", false, body, weak(small, small))
	add("Ed25519, key and R not canonical, S = 0", false, body, weak(loose, loose))
	add("Ed25519, key and R with the sign of −0, S = 0", false, body, weak(minus, minus))
	add("Ed25519, the key is no point", false, body, weak(hexBytes("0200000000000000000000000000000000000000000000000000000000000000"), identity))
	return out
}

func hexBytes(s string) []byte {
	raw, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return raw
}

// addOrder adds the order of Ed25519's group to a little-endian scalar.
func addOrder(s []byte) {
	order := hexBytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	carry := 0
	for i := range s {
		carry += int(s[i]) + int(order[i])
		s[i], carry = byte(carry), carry>>8
	}
}

// TestSignatureVectors: the file is what this code computes, and wire.Check
// answers as it says.
func TestSignatureVectors(t *testing.T) {
	got := signatureVectors()
	vectortest.Reproduced(t, "signatures.json", got)
	for _, v := range got {
		s := &wire.Signed{Body: hexBytes(v.Body)}
		for i := range v.Sigs {
			key := hexBytes(v.Keys[i])
			s.Signatures = append(s.Signatures, &wire.Signature{
				Key: &wire.PublicKey{Suite: uint32(key[0]), Key: key[1:]}, Signature: hexBytes(v.Sigs[i]),
			})
		}
		if _, err := wire.Check(wire.Tag(v.Tag), s); (err == nil) != v.OK {
			t.Errorf("%s: %v", v.What, err)
		}
	}
}
