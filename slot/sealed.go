package slot

import (
	"encoding/binary"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// What is sealed, and how long it is: the salt, the document's length and the document, filled
// up with zeros to one length.
const (
	plainLen  = 4096
	saltLen   = seal.SaltLen
	lengthLen = 2

	// EnvelopeLen is the length of every envelope.
	EnvelopeLen = plainLen + seal.EnvelopeOverhead

	// MaxOthers is how many envelopes to other members a member keeps of one slot: each has it from
	// that many others, should it have missed it.
	MaxOthers = 15
)

// Commit is what the ledger holds of a document.
func Commit(salt seal.Salt, document []byte) stele.Digest {
	return seal.Commit(salt, seal.TagEmergency, document)
}

// Seal seals a document and its salt to a member's seal key, for a subject. It fails with
// KindInvalid for a document that cannot be read, and for a key that is none.
func Seal(key []byte, member, subject stele.Subject, salt seal.Salt, document []byte) ([]byte, error) {
	if _, err := Read(document); err != nil {
		return nil, err
	}
	plain := make([]byte, plainLen)
	copy(plain, salt[:])
	binary.BigEndian.PutUint16(plain[saltLen:], uint16(len(document)))
	copy(plain[saltLen+lengthLen:], document)
	commitment := Commit(salt, document)
	return seal.SealTo(key, seal.TagSlot, wire.SlotContext(subject, commitment, member), plain)
}

// unseal takes a document out of what an envelope held. It fails with KindInvalid for what is
// not in its one form, and with KindProof for what was not committed to.
func unseal(plain []byte, commitment stele.Digest) (Slot, error) {
	if len(plain) != plainLen {
		return Slot{}, invalid("what is sealed is of another length")
	}
	salt, rest := seal.Salt(plain[:saltLen]), plain[saltLen+lengthLen:]
	length := int(binary.BigEndian.Uint16(plain[saltLen:]))
	if length > len(rest) || slices.ContainsFunc(rest[length:], func(b byte) bool { return b != 0 }) {
		return Slot{}, invalid("what is sealed is of another form")
	}
	document := rest[:length]
	if err := seal.CheckCommit(commitment, salt, seal.TagEmergency, document); err != nil {
		return Slot{}, err
	}
	return Read(document)
}

// Box is where a member has what patients sealed to it.
type Box struct {
	Key    *seal.SealKey // the member's
	Member stele.Subject

	// Envelope returns a subject's envelope of a commitment, or KindNotFound.
	Envelope func(subject stele.Subject, commitment stele.Digest) ([]byte, error)
	// Beside returns the encoded capsules that were brought with it.
	Beside func(subject stele.Subject, commitment stele.Digest) ([]byte, error)
}

// Opens opens an envelope of what a subject has committed to. It fails as Slot does.
func (b Box) Opens(subject stele.Subject, commitment stele.Digest, envelope []byte) (Slot, error) {
	plain, err := b.Key.Open(seal.TagSlot, wire.SlotContext(subject, commitment, b.Member), envelope)
	if err != nil {
		return Slot{}, err
	}
	return unseal(plain, commitment)
}

// Slot opens what a subject has committed to. It fails with KindNotFound where the member does
// not have it, with KindProof where it is not what was committed to, and with KindInvalid where
// it is not understood.
func (b Box) Slot(subject stele.Subject, commitment stele.Digest) (Slot, error) {
	envelope, err := b.Envelope(subject, commitment)
	if err != nil {
		return Slot{}, err
	}
	return b.Opens(subject, commitment, envelope)
}
