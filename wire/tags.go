package wire

import (
	"crypto/sha256"

	"github.com/stele-health/stele"
)

// Tag separates the kinds of object that are hashed or signed, so that bytes of
// one kind never pass for another. See Hash.
type Tag string

// The tags of what is signed or hashed in the open. Each is used for exactly
// one thing. The tags of commitments and envelopes stand in package seal.
const (
	TagTransaction Tag = "stele.v1.transaction"
	TagParcel      Tag = "stele.v1.parcel"
	TagSubmission  Tag = "stele.v1.submission"
	TagCard        Tag = "stele.v1.card"
	TagRead        Tag = "stele.v1.read"
	TagOwn         Tag = "stele.v1.own"
	TagMember      Tag = "stele.v1.member"
	TagReceipt     Tag = "stele.v1.receipt"
	TagViewed      Tag = "stele.v1.viewed"
	TagAddress     Tag = "stele.v1.address"
	TagFounder     Tag = "stele.v1.founder"
	TagActivate    Tag = "stele.v1.activate"
	TagDealing     Tag = "stele.v1.dealing"
	TagFounders    Tag = "stele.v1.founders"
	TagSummary     Tag = "stele.v1.summary"
	TagSlot        Tag = "stele.v1.slot"
	TagAsk         Tag = "stele.v1.ask"
	TagNotices     Tag = "stele.v1.notices"
	TagEnvelopes   Tag = "stele.v1.envelopes"
	TagDeath       Tag = "stele.v1.death"

	TagHead     Tag = "stele.v1.head"
	TagAppHash  Tag = "stele.v1.app-hash"
	TagRecord   Tag = "stele.v1.record"
	TagFolio    Tag = "stele.v1.folio"
	TagCapsules Tag = "stele.v1.capsules"
	TagAnswer   Tag = "stele.v1.answer"

	TagOneTimeKey   Tag = "stele.v1.one-time-key"
	TagCapsuleLabel Tag = "stele.v1.capsule-label"
	TagRecordLabel  Tag = "stele.v1.record-capsule-label"
	TagSlotCapsules Tag = "stele.v1.slot-capsules"
	TagRelease      Tag = "stele.v1.release"
)

// Hash returns SHA-256(len(tag) ‖ tag ‖ parts…), len(tag) being one byte. The
// parts are joined without separators: callers pass one part of free length, or
// parts of fixed length.
func Hash(tag Tag, parts ...[]byte) stele.Digest {
	var short [512]byte
	in := append(append(short[:0], byte(len(tag))), tag...)
	for i, p := range parts {
		if len(in)+len(p) > len(short) {
			break // of any length: by pieces
		}
		if in = append(in, p...); i == len(parts)-1 {
			return sha256.Sum256(in)
		}
	}
	h := sha256.New()
	h.Write([]byte{byte(len(tag))})
	h.Write([]byte(tag))
	for _, p := range parts {
		h.Write(p)
	}
	return stele.Digest(h.Sum(nil))
}
