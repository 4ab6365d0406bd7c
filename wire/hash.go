package wire

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
)

// EventVersion is the version of the events written today.
const EventVersion = 1

// Sealing and committee suites.
const (
	SuiteSeal      uint32 = 1 // AES-256-GCM, HKDF-SHA-256, HPKE X-Wing
	SuiteCommittee uint32 = 1 // TDH2 over ristretto255
)

// TransactionID is the id of a transaction: the tagged hash of its body as
// carried. Signatures are over the same value.
func TransactionID(tx *Signed) stele.Digest { return Hash(TagTransaction, tx.GetBody()) }

// ReaderKeyHash is what an access commits to of its reader's fresh key.
func ReaderKeyHash(key []byte) stele.Digest { return sha256.Sum256(key) }

// HeadHash is the leaf of the tree of heads for one log, before RFC 6962 leaf
// hashing: Hash(tag, subject ‖ size as 8 bytes big-endian ‖ root).
func HeadHash(subject stele.Subject, size uint64, root stele.Digest) stele.Digest {
	return Hash(TagHead, subject[:], be64(size), root[:])
}

// AppHash is what headers carry: Hash(tag, number of logs as 8 bytes big-endian
// ‖ root of the tree of heads).
func AppHash(leaves uint64, root stele.Digest) stele.Digest {
	return Hash(TagAppHash, be64(leaves), root[:])
}

// RecordLeaf is the leaf of a sealed record in its folio's tree, before RFC
// 6962 leaf hashing.
func RecordLeaf(r *SealedRecord) stele.Digest {
	cover, ciphertext, provenance := sha256.Sum256(r.Cover), sha256.Sum256(r.Ciphertext), sha256.Sum256(r.Provenance)
	commitment := sha256.Sum256(r.PlaintextCommitment)
	return Hash(TagRecord, be32(r.Suite), cover[:], ciphertext[:], commitment[:], provenance[:])
}

// FolioDigest is the digest of a folio's head bytes. It is the leaf of the
// submission's tree, before RFC 6962 leaf hashing.
func FolioDigest(head []byte) stele.Digest { return Hash(TagFolio, head) }

// FolioName is what a vault is asked for: a folio of a submission.
func FolioName(submission, folio []byte) []byte { return slices.Concat(submission, folio) }

// CapsuleLabelBytes is the label that a folio's capsule is bound to: the tagged
// hash of the encoded CapsuleLabel.
func CapsuleLabelBytes(chain string, committee []byte, subject stele.Subject, head *FolioHead, folioDigest stele.Digest) []byte {
	raw := Marshal(&CapsuleLabel{
		Chain: chain, Suite: SuiteCommittee, Committee: committee, Subject: subject[:],
		Folio: head.Folio, LabelCommitment: head.LabelCommitment, FolioDigest: folioDigest[:],
	})
	d := Hash(TagCapsuleLabel, raw)
	return d[:]
}

// RecordLabelBytes is the label that a single record's capsule is bound to: the tagged hash of the
// encoded RecordCapsuleLabel. A zero grant is none.
func RecordLabelBytes(chain string, committee []byte, subject stele.Subject, folio stele.Digest, handle, grant stele.ID) []byte {
	label := &RecordCapsuleLabel{
		Chain: chain, Suite: SuiteCommittee, Committee: committee, Subject: subject[:], FolioDigest: folio[:], Handle: handle[:],
	}
	if !grant.IsZero() {
		label.Grant = grant[:]
	}
	d := Hash(TagRecordLabel, Marshal(label))
	return d[:]
}

// SlotCapsulesDigest is how a slot's document names the capsules that go with it: the tagged hash of
// an encoded SlotCapsules. Zero where there are none.
func SlotCapsulesDigest(raw []byte) stele.Digest {
	if len(raw) == 0 {
		return stele.Digest{}
	}
	return Hash(TagSlotCapsules, raw)
}

// CapsulesDigest is what a receipt and a partial decryption say they are about:
// the tagged hash over the SHA-256 of each capsule and its label, in order.
func CapsulesDigest(capsules, labels [][]byte) stele.Digest {
	joined := make([]byte, 0, 64*len(capsules))
	for i := range capsules {
		c, l := sha256.Sum256(capsules[i]), sha256.Sum256(labels[i])
		joined = append(append(joined, c[:]...), l[:]...)
	}
	return Hash(TagCapsules, joined)
}

// AnswerDigest is what a receipt says was released: the tagged hash over the
// SHA-256 of each partial decryption, in order, and of their proof. It makes a
// trustee answer for what it sent.
func AnswerDigest(partials [][]byte, proof []byte) stele.Digest {
	joined := make([]byte, 0, 32*len(partials)+32)
	for _, part := range append(partials[:len(partials):len(partials)], proof) {
		d := sha256.Sum256(part)
		joined = append(joined, d[:]...)
	}
	return Hash(TagAnswer, joined)
}

// ReleaseContext is what a batch of partial decryptions is bound to: chain,
// epoch, subject, request, grant, capsules, trustee and reader key (DESIGN
// §7.3). It uses the encoding of a Receipt without height, time and answer, which the
// reader cannot know beforehand, and without viewed, which none of a release has.
func ReleaseContext(r *Receipt) []byte {
	raw := Marshal(&Receipt{
		Chain: r.Chain, Member: r.Member, Share: r.Share, Epoch: r.Epoch, Request: r.Request, Subject: r.Subject,
		Grant: r.Grant, Capsules: r.Capsules, Count: r.Count, ReaderKeyHash: r.ReaderKeyHash, Disclosure: r.Disclosure,
	})
	d := Hash(TagRelease, raw)
	return d[:]
}

// EventBytes encodes an event as every node must: fields ascending, defaults
// left out. The messages hold no map and no unknown field, for which protobuf's
// deterministic encoding is fixed; a vector pins it.
func EventBytes(e *Event) []byte { return Marshal(e) }

// Marshal encodes a message that this program made.
func Marshal(m proto.Message) []byte {
	if p, ok := m.(plain); ok {
		return p.AppendPlain(make([]byte, 0, p.PlainSize()))
	}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", m, err))
	}
	return raw
}

func be64(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }
func be32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

// Expiry reads when a transaction expires, in Unix milliseconds, without
// decoding the rest of its body. It fails with KindInvalid.
func Expiry(body []byte) (ms int64, err error) {
	for len(body) > 0 {
		number, kind, n := protowire.ConsumeTag(body)
		if n < 0 {
			return 0, stele.E("decode Transaction", stele.KindInvalid, "not a well-formed message", nil)
		}
		body = body[n:]
		if number == expiresField && kind == protowire.VarintType {
			v, n := protowire.ConsumeVarint(body)
			if n >= 0 {
				ms = int64(v)
			}
		}
		if n = protowire.ConsumeFieldValue(number, kind, body); n < 0 {
			return 0, stele.E("decode Transaction", stele.KindInvalid, "not a well-formed message", nil)
		}
		body = body[n:]
	}
	return ms, nil
}

const expiresField = 3 // Transaction.expires_ms
