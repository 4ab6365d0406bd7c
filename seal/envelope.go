package seal

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/stele-health/stele"
)

const (
	// PublicLen is the length of a seal key's public half in bytes (X-Wing).
	PublicLen = 1216
	// SeedLen is the length of a seal key's seed in bytes.
	SeedLen = 32
	// EnvelopeOverhead is how many bytes longer an envelope is than its
	// content: the suite (2), the recipient's id (32), the encapsulated key
	// (1120) and the tag of AES-GCM (16).
	EnvelopeOverhead = suiteLen + 32 + encapsulatedLen + gcmTagLen

	encapsulatedLen = 1120
)

// RecipientID is how an envelope names whom it is for.
func RecipientID(public []byte) stele.Digest { return sha256.Sum256(public) }

// Recipient is a parsed public key. Keep it where many envelopes go to one
// device: reading one costs about a seventh of an envelope. It is safe for
// concurrent use.
type Recipient struct {
	id  stele.Digest
	key hpke.PublicKey
}

// NewRecipient reads the 1216 bytes of a public key: an ML-KEM-768 key (FIPS 203
// §7.2: each of its coefficients is below 3,329) and an X25519 point. A point of
// small order, to which nothing can be sealed, and text in the place of either are
// no keys: whoever registered such a one could stop deliveries, or write on the
// ledger. It fails with KindInvalid.
func NewRecipient(public []byte) (*Recipient, error) {
	key, err := hpke.MLKEM768X25519().NewPublicKey(public)
	if err != nil {
		return nil, stele.E("read seal key", stele.KindInvalid, "not a public seal key", err)
	}
	const point, seed = PublicLen - 32, PublicLen - 64 // the last 32 bytes of the ML-KEM key are its seed
	switch {
	case smallOrder(public[point:]):
		return nil, stele.E("read seal key", stele.KindInvalid, "a seal key of small order", nil)
	case stele.IsText(public[:seed]), stele.IsText(public[seed:point]), stele.IsText(public[point:]):
		return nil, stele.E("read seal key", stele.KindInvalid, "a seal key reads as text", nil)
	}
	return &Recipient{id: RecipientID(public), key: key}, nil
}

// smallOrder reports whether X25519 with a point gives nothing but zero.
func smallOrder(point []byte) bool {
	key, err := ecdh.X25519().NewPublicKey(point)
	if err != nil {
		return true
	}
	any, err := ecdh.X25519().NewPrivateKey(bytes.Repeat([]byte{1}, 32)) // X25519 clears the low bits of each, so every one finds the same points
	if err == nil {
		_, err = any.ECDH(key)
	}
	return err != nil
}

// ID returns the SHA-256 of the public key.
func (r *Recipient) ID() stele.Digest { return r.id }

// Seal puts plaintext into an envelope that only the recipient opens, and only
// for the same tag and context. The context is bound, not carried. It fails with
// KindInvalid for a public key that was made to fail (a point of small order).
func (r *Recipient) Seal(tag Tag, context, plaintext []byte) ([]byte, error) {
	body, err := hpke.Seal(r.key, hpke.HKDFSHA256(), hpke.AES256GCM(), envelopeContext(r.id, tag, context), plaintext)
	if err != nil {
		return nil, stele.E("seal envelope", stele.KindInvalid, "the recipient's key is unusable", err)
	}
	out := make([]byte, 0, suiteLen+len(r.id)+len(body))
	out = binary.BigEndian.AppendUint16(out, SuiteEnvelope)
	out = append(out, r.id[:]...)
	return append(out, body...), nil
}

// SealTo is NewRecipient and Seal in one, for a single envelope.
func SealTo(public []byte, tag Tag, context, plaintext []byte) ([]byte, error) {
	r, err := NewRecipient(public)
	if err != nil {
		return nil, err
	}
	return r.Seal(tag, context, plaintext)
}

// envelopeContext is HPKE's info (RFC 9180 §5.1): the suite, the recipient's id,
// and the tag and the context, each preceded by its length.
func envelopeContext(id stele.Digest, tag Tag, context []byte) []byte {
	out := binary.BigEndian.AppendUint16(nil, SuiteEnvelope)
	out = append(out, id[:]...)
	out = appendField(out, []byte(tag))
	return appendField(out, context)
}

func splitEnvelope(envelope []byte) (id stele.Digest, body []byte, err error) {
	const op = "read envelope"
	rest, ok := cutSuite(envelope, SuiteEnvelope)
	if !ok {
		return id, nil, stele.E(op, stele.KindInvalid, "not an envelope of a known suite", nil)
	}
	if len(envelope) < EnvelopeOverhead {
		return id, nil, stele.E(op, stele.KindInvalid, "the envelope is cut short", nil)
	}
	return stele.Digest(rest[:32]), rest[32:], nil
}

// SealKey is a device's private key for envelopes. It prints as [redacted]. It
// is safe for concurrent use.
type SealKey struct {
	seed   [SeedLen]byte
	key    hpke.PrivateKey
	public []byte
	id     stele.Digest
}

// NewSealKey makes a seal key.
func NewSealKey() (*SealKey, error) {
	key, err := hpke.MLKEM768X25519().GenerateKey()
	if err != nil {
		return nil, stele.E("make seal key", stele.KindOther, "the key could not be made", err)
	}
	return newSealKey(key)
}

// SealKeyFromSeed restores the seal key of a seed that [SealKey.Seed] returned,
// or makes the one of 32 uniformly random bytes. It fails with KindInvalid.
func SealKeyFromSeed(seed []byte) (*SealKey, error) {
	key, err := hpke.MLKEM768X25519().NewPrivateKey(seed)
	if err != nil {
		return nil, stele.E("read seal key", stele.KindInvalid, "a seal key's seed is 32 bytes", nil)
	}
	return newSealKey(key)
}

func newSealKey(key hpke.PrivateKey) (*SealKey, error) {
	seed, err := key.Bytes()
	if err != nil || len(seed) != SeedLen {
		return nil, stele.E("make seal key", stele.KindOther, "the key has no seed", err)
	}
	defer clear(seed)
	public := key.PublicKey().Bytes()
	return &SealKey{seed: [SeedLen]byte(seed), key: key, public: public, id: RecipientID(public)}, nil
}

// Public returns the 1216 bytes of the public key.
func (k *SealKey) Public() []byte { return append([]byte(nil), k.public...) }

// ID returns the SHA-256 of the public key.
func (k *SealKey) ID() stele.Digest { return k.id }

// Seed returns the 32 secret bytes to store.
func (k *SealKey) Seed() []byte { return append([]byte(nil), k.seed[:]...) }

// Open opens an envelope that was sealed to this key for the same tag and
// context. It fails with KindInvalid for what is no envelope of a known suite,
// and with KindProof for one that does not open, for another key or otherwise.
func (k *SealKey) Open(tag Tag, context, envelope []byte) ([]byte, error) {
	const op = "open envelope"
	id, body, err := splitEnvelope(envelope)
	if err != nil {
		return nil, err
	}
	if id != k.id {
		return nil, stele.E(op, stele.KindProof, "the envelope is for another key", nil)
	}
	plain, err := hpke.Open(k.key, hpke.HKDFSHA256(), hpke.AES256GCM(), envelopeContext(id, tag, context), body)
	if err != nil {
		return nil, stele.E(op, stele.KindProof, "the envelope does not open for this purpose", err)
	}
	return plain, nil
}

// Format prints [redacted], whatever the verb.
func (SealKey) Format(f fmt.State, _ rune) { redact(f) }

// MarshalText writes [redacted].
func (SealKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }
