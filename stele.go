// Package stele is the vocabulary of Stele, a network on which a person's whole
// medical history follows the person.
//
// It holds the words every room shares: identifiers and DIDs ([Subject], [ID],
// [Digest]), what consent is decided on ([Label], [Category], [Sensitivity],
// [Purpose], [Action]), the kinds of error that cross the wire ([Kind], [E]),
// and the interfaces between rooms with their contracts ([Ledger],
// [Submitter]). It imports the standard library only, does no I/O, and knows
// nothing of protobuf, FHIR or the consensus engine.
//
// Start with docs/architecture.md, which follows one record through every
// room; then read ledger.go here, the contract that most rooms depend on.
package stele

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"slices"
	"strings"
)

// Subject names whoever owns a log on the ledger: a patient, a practitioner, an
// organisation, the consortium. It is the first 20 bytes of the SHA-256 of the
// subject's genesis key document and says nothing about who it is.
type Subject [20]byte

// didPrefix starts every DID of the method did:stele.
const didPrefix = "did:stele:"

// lower is RFC 4648 base32 in lower case without padding: easy to read aloud,
// safe in URLs and file names.
var lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// SubjectOf returns the subject that a genesis key document creates.
func SubjectOf(keyDocument []byte) Subject {
	sum := sha256.Sum256(keyDocument)
	return Subject(sum[:20])
}

// String returns the subject's DID, "did:stele:" and 32 characters.
func (s Subject) String() string { return didPrefix + lower.EncodeToString(s[:]) }

// Short returns the first characters of the DID's id, for screens only.
func (s Subject) Short() string { return lower.EncodeToString(s[:])[:8] }

// IsZero reports whether s names nobody.
func (s Subject) IsZero() bool { return s == Subject{} }

// MarshalText writes the DID.
func (s Subject) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a DID. It fails with KindInvalid.
func (s *Subject) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSubject(string(text))
	return err
}

// ParseSubject reads a DID. It fails with KindInvalid.
func ParseSubject(did string) (Subject, error) {
	var s Subject
	text, ok := strings.CutPrefix(did, didPrefix)
	if !ok || !oneText(s[:], text) {
		return Subject{}, E("read DID", KindInvalid, "not a Stele DID", nil).
			WithHint("a DID looks like " + didPrefix + strings.Repeat("a", 32))
	}
	return s, nil
}

// SubjectFrom reads the 20 raw bytes that signed objects carry. It fails with
// KindInvalid.
func SubjectFrom(raw []byte) (Subject, error) {
	var s Subject
	if len(raw) != len(s) {
		return s, E("read subject", KindInvalid, "a subject is 20 bytes", nil)
	}
	copy(s[:], raw)
	return s, nil
}

// ID names an object (a grant, an access, a folio, a submission, a record's
// handle). The client that makes the object draws it at random; it is unique
// for ever.
type ID [16]byte

// NewID draws a random ID.
func NewID() ID {
	var id ID
	for rand.Read(id[:]); IsText(id[:]); { // never fails since Go 1.24
		rand.Read(id[:])
	}
	return id
}

// NewIDOf draws an ID that only its owner can put on the ledger (ID.Of).
func NewIDOf(owner []byte) ID {
	id := NewID().Of(owner)
	for IsText(id[:]) {
		id = NewID().Of(owner)
	}
	return id
}

// Of returns the ID of an owner that begins as id does: its second half is a digest of
// the owner and the first. The owner of a grant is its subject, of an opening and of a
// submission the grant, of a batch of receipts its trustee's member. Whoever learns such
// an ID before the ledger does, as the member that is handed it, can't take it away.
func (id ID) Of(owner []byte) ID {
	half := len(id) / 2
	sum := sha256.Sum256(slices.Concat([]byte("stele.v1.id"), owner, id[:half]))
	copy(id[half:], sum[:])
	return id
}

// IsText reports whether bytes that should be random read as text instead:
// printable ASCII and white space, perhaps filled up with zero bytes. The ledger
// takes no such id, key, salt or commitment (law 4). Sixteen random bytes read so
// once in some millions of times, 32 never.
func IsText(raw []byte) bool {
	for len(raw) > 0 && raw[len(raw)-1] == 0 {
		raw = raw[:len(raw)-1]
	}
	for _, b := range raw {
		if (b < ' ' || b > '~') && b != '\t' && b != '\n' && b != '\r' {
			return false
		}
	}
	return len(raw) > 0
}

// String returns 26 characters of lower-case base32.
func (id ID) String() string { return lower.EncodeToString(id[:]) }

// Short returns the first characters of the id, for screens only.
func (id ID) Short() string { return id.String()[:8] }

// IsZero reports whether id names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText writes the id as String does.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText wrote. It fails with KindInvalid.
func (id *ID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseID(string(text))
	return err
}

// ParseID reads what String wrote. It fails with KindInvalid.
func ParseID(text string) (ID, error) {
	var id ID
	if !oneText(id[:], text) {
		return ID{}, E("read id", KindInvalid, "not an id", nil).
			WithHint("an id is 26 letters and digits, as printed when the object was made")
	}
	return id, nil
}

// IDFrom reads the 16 raw bytes that signed objects carry. It fails with
// KindInvalid.
func IDFrom(raw []byte) (ID, error) {
	var id ID
	if len(raw) != len(id) {
		return id, E("read id", KindInvalid, "an id is 16 bytes", nil)
	}
	copy(id[:], raw)
	return id, nil
}

// oneText decodes a text into all of into, and reports whether it is the one text
// that those bytes have: base32 has bits to spare and Go's reader skips line
// feeds, and what stands for one thing must not be written in two ways.
func oneText(into []byte, text string) bool {
	raw, err := lower.DecodeString(text)
	return err == nil && len(raw) == len(into) && copy(into, raw) > 0 && lower.EncodeToString(raw) == text
}

// Digest is a SHA-256 or HMAC-SHA-256 value.
type Digest [32]byte

// String returns 64 hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText writes 64 hexadecimal digits.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote. It fails with KindInvalid.
func (d *Digest) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	if err != nil || len(raw) != len(d) {
		return E("read digest", KindInvalid, "a digest is 64 hexadecimal digits", nil)
	}
	copy(d[:], raw)
	return nil
}

// ParseDigest reads a digest of 64 hexadecimal digits, as people copy it: in groups, in
// either case. It fails with KindInvalid.
func ParseDigest(text string) (Digest, error) {
	raw, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil || len(raw) != len(Digest{}) {
		return Digest{}, E("read digest", KindInvalid, "a digest has 64 hexadecimal digits", err)
	}
	return Digest(raw), nil
}

// DigestFrom reads 32 raw bytes. It fails with KindInvalid.
func DigestFrom(raw []byte) (Digest, error) {
	var d Digest
	if len(raw) != len(d) {
		return d, E("read digest", KindInvalid, "a digest is 32 bytes", nil)
	}
	copy(d[:], raw)
	return d, nil
}
