package seal

import "encoding/binary"

// Tag says what a commitment or an envelope is for, so that one made for one
// purpose is never taken for another's. Every kind of object has its own; all of
// them stand here.
type Tag string

// Tags of commitments ([Commit]).
const (
	TagPlaintext Tag = "stele.v1.plaintext" // a record's resource
	TagLabel     Tag = "stele.v1.label"     // a folio's label
	TagGrant     Tag = "stele.v1.grant"     // a grant document
	TagDetail    Tag = "stele.v1.detail"    // an access's detail: who, credential, purpose, scope
	TagSource    Tag = "stele.v1.source"    // who delivered a submission
	TagCount     Tag = "stele.v1.count"     // how many records a submission has
	TagEmergency Tag = "stele.v1.emergency" // what may be opened in an emergency; empty: nothing was said
	TagDeath     Tag = "stele.v1.died"      // what a member certifies of a death
	TagMerge     Tag = "stele.v1.merge"     // why two charts are one person's, or are not
	TagGuardian  Tag = "stele.v1.guardian"  // who may help a subject that has lost its devices
	TagReview    Tag = "stele.v1.review"    // what a reviewer says of an opening in an emergency
)

// Tags of envelopes ([Recipient.Seal]).
const (
	TagFolioKey   Tag = "stele.v1.envelope.folio-key"  // a folio key, to the patient's own device
	TagRelease    Tag = "stele.v1.envelope.release"    // partials, to the reader
	TagAccount    Tag = "stele.v1.envelope.account"    // an access's detail, kept by trustees for the patient
	TagSubshare   Tag = "stele.v1.envelope.subshare"   // a dealer's secret share, to the founder it is for
	TagDocument   Tag = "stele.v1.envelope.document"   // a grant document with its salt, to patient or grantee
	TagRequest    Tag = "stele.v1.envelope.request"    // a request for access, to the patient
	TagCredential Tag = "stele.v1.envelope.credential" // credentials, to their holder
	TagSlot       Tag = "stele.v1.envelope.slot"       // what a patient says of emergencies, to one member
	TagActivated  Tag = "stele.v1.envelope.activated"  // a register's entry, to the organisation
)

// Tags of key derivation and of associated data; nobody else needs them.
const (
	tagRecord        Tag = "stele.v1.record"
	tagKeyCommitment Tag = "stele.v1.commit"
	tagWrap          Tag = "stele.v1.wrap"
)

// Suites. Each kind of object has its own number, so that none is read as
// another; the number stands first in its bytes, big-endian.
const (
	SuiteRecord   uint16 = 0x0201 // HKDF-SHA-256, AES-256-GCM with a random nonce
	SuiteWrap     uint16 = 0x0202 // AES-256-GCM with a random nonce
	SuiteEnvelope uint16 = 0x0203 // HPKE base mode: X-Wing, HKDF-SHA-256, AES-256-GCM
)

const suiteLen = 2

// appendField appends b preceded by its length in four bytes, big-endian.
func appendField(out, b []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(b)))
	return append(out, b...)
}

// cutSuite removes the suite from the front of b and refuses any other.
func cutSuite(b []byte, want uint16) (rest []byte, ok bool) {
	if len(b) < suiteLen || binary.BigEndian.Uint16(b) != want {
		return nil, false
	}
	return b[suiteLen:], true
}
