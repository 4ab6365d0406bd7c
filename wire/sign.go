package wire

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/big"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stele-health/stele"
)

// Signature suites.
const (
	SuiteEd25519   uint32 = 1 // RFC 8032, checked by Ed25519Rules
	SuiteECDSAP256 uint32 = 2 // FIPS 186-5 with SHA-256; key compressed, signature r ‖ s, 64 bytes
)

// MaxSignatures is how many signatures one object may carry. A transaction may carry
// MaxTransactionSignatures: what the consortium decides is signed by more than two thirds
// of its members, of whom there are 64 at most.
const (
	MaxSignatures            = 8
	MaxTransactionSignatures = 64
)

// Plain is what was signed with its signatures, without what no signature covers and no check
// reads; nil of nil.
func Plain(s *Signed) *Signed {
	if s == nil {
		return nil
	}
	out := &Signed{Body: s.Body}
	for _, one := range s.Signatures {
		out.Signatures = append(out.Signatures, &Signature{
			Key: &PublicKey{Suite: one.GetKey().GetSuite(), Key: one.GetKey().GetKey()}, Signature: one.GetSignature(),
		})
	}
	return out
}

// MostSignatures is how many signatures an object of a kind may carry.
func MostSignatures(tag Tag) int {
	if tag == TagTransaction {
		return MaxTransactionSignatures
	}
	return MaxSignatures
}

// Ed25519Rules are those of ZIP-215: cofactored, the only kind under which a batch
// accepts exactly what single checks accept, so that no two nodes ever disagree
// about a signature. But a key of small order is none: one signature by it holds
// for every body, and whoever registered it could say of each that anybody might
// have made it.
var Ed25519Rules = &ed25519.Options{Verify: &ed25519.VerifyOptions{
	AllowSmallOrderR: true, AllowNonCanonicalA: true, AllowNonCanonicalR: true,
}}

// Signer holds a signature key.
type Signer interface {
	Public() *PublicKey
	// Sign signs the 32-byte tagged hash of a body.
	Sign(hash stele.Digest) []byte
}

// Ed25519 is a Signer of suite 1.
type Ed25519 struct{ key ed25519.PrivateKey }

// NewEd25519 draws a key.
func NewEd25519() Ed25519 {
	var seed [32]byte
	rand.Read(seed[:])
	return Ed25519FromSeed(seed)
}

// Ed25519FromSeed makes the key of a 32-byte seed (RFC 8032 §5.1.5).
func Ed25519FromSeed(seed [32]byte) Ed25519 {
	return Ed25519{ed25519.NewKeyFromSeed(seed[:])}
}

// Public returns the public key.
func (k Ed25519) Public() *PublicKey {
	return &PublicKey{Suite: SuiteEd25519, Key: k.key[32:]}
}

// Sign signs a tagged hash.
func (k Ed25519) Sign(hash stele.Digest) []byte { return ed25519.Sign(k.key, hash[:]) }

// String keeps the key out of logs.
func (Ed25519) String() string { return "[redacted]" }

// GoString keeps the key out of logs.
func (Ed25519) GoString() string { return "[redacted]" }

// Sign encodes a body and signs it under its kind's tag. It panics only if the
// message can't be encoded, which is a mistake in this program.
func Sign(tag Tag, body proto.Message, signers ...Signer) *Signed {
	return SignBytes(tag, Marshal(body), signers...)
}

// SignBytes signs a body as it stands.
func SignBytes(tag Tag, body []byte, signers ...Signer) *Signed {
	s := &Signed{Body: body}
	hash := Hash(tag, body)
	for _, k := range signers {
		s.Signatures = append(s.Signatures, &Signature{Key: k.Public(), Signature: k.Sign(hash)})
	}
	return s
}

// Check verifies every signature of s under the tag and returns the keys that
// signed. It fails with KindDenied when one is wrong, missing, doubled or of an
// unknown suite: an object is as good as its worst signature. An unknown field
// beside the body is refused, too: nobody signed it, and whoever passes the object
// on could add to it what they like.
func Check(tag Tag, s *Signed) ([]stele.PublicKey, error) {
	const op = "check signature"
	n, most := len(s.GetSignatures()), MostSignatures(tag)
	if n == 0 || n > most {
		return nil, stele.E(op, stele.KindDenied, fmt.Sprintf("%d signatures, want 1 to %d", n, most), nil)
	}
	if !Known(s) {
		return nil, stele.E(op, stele.KindDenied, "something was added that nobody signed", nil)
	}
	hash := Hash(tag, s.Body)
	keys := make([]stele.PublicKey, 0, n)
	for _, sig := range s.Signatures {
		key := Key(sig.GetKey())
		for _, seen := range keys {
			if seen == key {
				return nil, stele.E(op, stele.KindDenied, "a key signed twice", nil)
			}
		}
		if err := verify(key, hash, sig.GetSignature()); err != nil { // which a member may have left out of its answer
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// Open checks s under the tag and decodes its body into m, of which every field must
// be known: what is half understood is misunderstood. It returns the keys that
// signed.
func Open(tag Tag, s *Signed, m proto.Message) ([]stele.PublicKey, error) {
	keys, err := Check(tag, s)
	if err != nil {
		return nil, err
	}
	return keys, DecodeKnown(s.Body, m)
}

// Decode decodes protobuf bytes. It fails with KindInvalid, also for what is more
// crumbs than bytes: see DecodeWithin.
func Decode(raw []byte, m proto.Message) error {
	return DecodeWithin(raw, m, allowed(raw))
}

// DecodeKnown decodes protobuf bytes of which every field must be known to this
// version, at any depth: for what a signer says to the ledger, where half
// understood is misunderstood, and where an unknown field would be a place for
// free text (law 4). It fails with KindInvalid.
func DecodeKnown(raw []byte, m proto.Message) error {
	known, err := decode(raw, m, allowed(raw))
	if err != nil {
		return err
	}
	if !known && !Known(m) {
		return stele.E("decode "+string(m.ProtoReflect().Descriptor().Name()), stele.KindInvalid, "holds fields that this version does not know", nil).
			WithHint("is this member's software older than the sender's?")
	}
	return nil
}

// Known reports whether every field of m is known to this version, at any depth.
func Known(m proto.Message) bool { return !hasUnknown(m.ProtoReflect()) }

func hasUnknown(m protoreflect.Message) bool {
	unknown := len(m.GetUnknown()) != 0
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case unknown || f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				unknown = unknown || hasUnknown(v.List().Get(i).Message())
			}
		default: // no message of this schema has a map
			unknown = hasUnknown(v.Message())
		}
		return !unknown
	})
	return unknown
}

// Key converts a key from the wire into the vocabulary's comparable form. A nil
// key gives the zero value, whose suite no check accepts.
func Key(k *PublicKey) stele.PublicKey {
	return stele.PublicKey{Suite: k.GetSuite(), Key: string(k.GetKey())}
}

// FromKey is the inverse of Key.
func FromKey(k stele.PublicKey) *PublicKey {
	return &PublicKey{Suite: k.Suite, Key: []byte(k.Key)}
}

// ValidKey fails with KindInvalid unless k is of a known suite, a point that can
// be a key, and not text.
func ValidKey(k *PublicKey) error {
	switch {
	case stele.IsText(k.GetKey()) || len(k.GetKey()) > 0 && stele.IsText(k.Key[1:]): // a P-256 key begins with 2 or 3
	case k.GetSuite() == SuiteEd25519 && len(k.Key) == ed25519.PublicKeySize:
		var point curve.EdwardsPoint
		compressed := curve.CompressedEdwardsY(k.Key)
		if _, err := point.SetCompressedY(&compressed); err == nil && !point.IsSmallOrder() {
			return nil
		}
	case k.GetSuite() == SuiteECDSAP256:
		if x, _ := elliptic.UnmarshalCompressed(elliptic.P256(), k.Key); x != nil {
			return nil
		}
	}
	return stele.E("read key", stele.KindInvalid, fmt.Sprintf("unknown or malformed key of suite %d", k.GetSuite()), nil)
}

func verify(key stele.PublicKey, hash stele.Digest, sig []byte) error {
	const op = "check signature"
	ok := false
	switch key.Suite {
	case SuiteEd25519:
		ok = len(key.Key) == ed25519.PublicKeySize &&
			ed25519.VerifyWithOptions(ed25519.PublicKey(key.Key), hash[:], sig, Ed25519Rules)
	case SuiteECDSAP256:
		ok = verifyP256(key.Key, hash, sig)
	default:
		return stele.E(op, stele.KindDenied, fmt.Sprintf("unknown suite %d", key.Suite), nil)
	}
	if !ok {
		return stele.E(op, stele.KindDenied, "a signature is wrong", nil)
	}
	return nil
}

// verifyP256 checks r ‖ s over SHA-256 of the tagged hash, which is what
// WebCrypto and most hardware keys compute when they are given the hash as the
// message.
func verifyP256(key string, hash stele.Digest, sig []byte) bool {
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), []byte(key))
	if x == nil || len(sig) != 64 {
		return false
	}
	pub := &ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y}
	digest := sha256.Sum256(hash[:])
	return ecdsa.Verify(pub, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
}
