package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

// FolioLeaf is the leaf hash of a folio in its submission's tree.
func FolioLeaf(head []byte) stele.Digest {
	d := wire.FolioDigest(head)
	return merkle.LeafHash(d[:])
}

// RecordLeaf is the leaf hash of a record in its folio's tree.
func RecordLeaf(r *wire.SealedRecord) stele.Digest {
	d := wire.RecordLeaf(r)
	return merkle.LeafHash(d[:])
}

// SubmissionRoot is what an anchor commits to: the root over the folios' heads,
// in order.
func SubmissionRoot(heads [][]byte) stele.Digest {
	leaves := make([]stele.Digest, len(heads))
	for i, h := range heads {
		leaves[i] = FolioLeaf(h)
	}
	return merkle.Root(leaves)
}

// WithoutRecords is all of a folio but its records.
func WithoutRecords(f *wire.Folio) *wire.Folio {
	return &wire.Folio{Head: f.Head, Label: f.Label, Capsule: f.Capsule, Envelopes: f.Envelopes}
}

// SubmissionContent is the digest of what a submission's root does not cover: of each
// folio all but its records, capsule and envelopes too.
func SubmissionContent(folios []*wire.Folio) stele.Digest {
	h := sha256.New()
	for _, f := range folios {
		sum := sha256.Sum256(wire.Marshal(WithoutRecords(f)))
		h.Write(sum[:])
	}
	return stele.Digest(h.Sum(nil))
}

// RecordsRoot is what a folio's head commits to: the root over its records, in
// order.
func RecordsRoot(records []*wire.SealedRecord) stele.Digest {
	leaves := make([]stele.Digest, len(records))
	for i, r := range records {
		leaves[i] = RecordLeaf(r)
	}
	return merkle.Root(leaves)
}

// CheckAnchor checks that e anchors the submission, and returns the root. Take e
// from a checked log or entry. It fails with KindProof.
func CheckAnchor(e *wire.Event, submission stele.ID) (stele.Digest, error) {
	const op = "check anchor"
	a := e.GetAnchored()
	if a == nil || !bytes.Equal(a.Submission, submission[:]) {
		return stele.Digest{}, stele.E(op, stele.KindProof, "the event does not anchor this submission", nil)
	}
	root, err := stele.DigestFrom(a.Root)
	if err != nil {
		return root, stele.E(op, stele.KindProof, "the anchor is malformed", err)
	}
	return root, nil
}

// CheckFolio checks that a folio's head is the index-th of the folios under an
// anchor's root, and returns the head. It fails with KindProof, also for a suite
// that this program does not know.
func CheckFolio(root stele.Digest, head []byte, index, folios uint32, path [][]byte) (*wire.FolioHead, error) {
	const op = "check folio"
	digests, err := split(op, path)
	if err != nil {
		return nil, err
	}
	if err := merkle.VerifyInclusion(FolioLeaf(head), uint64(index), uint64(folios), digests, root); err != nil {
		return nil, stele.E(op, stele.KindProof, "the folio does not stand under its anchor", err)
	}
	h := &wire.FolioHead{}
	if err := wire.Decode(head, h); err != nil {
		return nil, stele.E(op, stele.KindProof, "the folio's head is malformed", err)
	}
	if h.Suite != wire.SuiteSeal {
		return nil, stele.E(op, stele.KindProof, fmt.Sprintf("unknown suite %d", h.Suite), nil)
	}
	return h, nil
}

// CheckLabel checks that a label is the one a folio's head commits to, and
// returns it. It fails with KindProof.
func CheckLabel(head *wire.FolioHead, opening *wire.LabelOpening) (*wire.Label, error) {
	const op = "check label"
	if !committed(head.GetLabelCommitment(), opening.GetSalt(), tagLabel, opening.GetLabel()) {
		return nil, stele.E(op, stele.KindProof, "the label is not the folio's", nil)
	}
	l := &wire.Label{}
	if err := wire.Decode(opening.Label, l); err != nil {
		return nil, stele.E(op, stele.KindProof, "the label is malformed", err)
	}
	return l, nil
}

// CheckRecords checks that records are all of a folio's, in order. It fails with
// KindProof.
func CheckRecords(head *wire.FolioHead, records []*wire.SealedRecord) error {
	const op = "check records"
	if uint64(len(records)) != uint64(head.GetRecords()) {
		return stele.E(op, stele.KindProof, "records of the folio are missing or too many", nil)
	}
	for _, r := range records {
		if r.GetSuite() != wire.SuiteSeal {
			return stele.E(op, stele.KindProof, fmt.Sprintf("unknown suite %d", r.GetSuite()), nil)
		}
	}
	root := RecordsRoot(records)
	if !bytes.Equal(root[:], head.RecordsRoot) {
		return stele.E(op, stele.KindProof, "the records are not the folio's", nil)
	}
	return nil
}

// CheckPart checks that records are some of a folio's, in order, where leaves are
// the leaf hashes of all of them, and returns each record's index. It fails with
// KindProof.
func CheckPart(head *wire.FolioHead, records []*wire.SealedRecord, leaves [][]byte) ([]uint32, error) {
	const op = "check records"
	digests, err := split(op, leaves)
	if err != nil {
		return nil, err
	}
	if root := merkle.Root(digests); uint64(len(digests)) != uint64(head.GetRecords()) || !bytes.Equal(root[:], head.RecordsRoot) {
		return nil, stele.E(op, stele.KindProof, "the leaves are not the folio's", nil)
	}
	places, next := make([]uint32, 0, len(records)), 0
	for _, r := range records {
		if r.GetSuite() != wire.SuiteSeal {
			return nil, stele.E(op, stele.KindProof, fmt.Sprintf("unknown suite %d", r.GetSuite()), nil)
		}
		leaf := RecordLeaf(r)
		for next < len(digests) && digests[next] != leaf {
			next++
		}
		if next == len(digests) {
			return nil, stele.E(op, stele.KindProof, "a record is not the folio's, or out of order", nil)
		}
		places = append(places, uint32(next))
		next++
	}
	return places, nil
}

// RecordMaterial is all of a sealed record that its leaf needs: the ciphertext
// itself is not, so a proof costs no copy of it.
type RecordMaterial struct {
	Suite               uint32
	Cover               []byte
	CiphertextHash      stele.Digest // SHA-256
	PlaintextCommitment []byte
	Provenance          []byte
}

// MaterialOf returns a sealed record's leaf material.
func MaterialOf(r *wire.SealedRecord) RecordMaterial {
	return RecordMaterial{
		Suite: r.GetSuite(), Cover: r.GetCover(), CiphertextHash: sha256.Sum256(r.GetCiphertext()),
		PlaintextCommitment: r.GetPlaintextCommitment(), Provenance: r.GetProvenance(),
	}
}

// leaf is RecordLeaf from the material.
func (m RecordMaterial) leaf() stele.Digest {
	cover, commitment, provenance := sha256.Sum256(m.Cover), sha256.Sum256(m.PlaintextCommitment), sha256.Sum256(m.Provenance)
	suite := binary.BigEndian.AppendUint32(nil, m.Suite)
	d := wire.Hash(wire.TagRecord, suite, cover[:], m.CiphertextHash[:], commitment[:], provenance[:])
	return merkle.LeafHash(d[:])
}

// CheckRecord checks that a record is the index-th of a folio's. It fails with
// KindProof.
func CheckRecord(head *wire.FolioHead, m RecordMaterial, index uint32, path [][]byte) error {
	const op = "check record"
	if m.Suite != wire.SuiteSeal {
		return stele.E(op, stele.KindProof, fmt.Sprintf("unknown suite %d", m.Suite), nil)
	}
	root, err := stele.DigestFrom(head.GetRecordsRoot())
	if err != nil {
		return stele.E(op, stele.KindProof, "the folio's head is malformed", err)
	}
	digests, err := split(op, path)
	if err != nil {
		return err
	}
	if err := merkle.VerifyInclusion(m.leaf(), uint64(index), uint64(head.GetRecords()), digests, root); err != nil {
		return stele.E(op, stele.KindProof, "the record does not match its leaf in the folio", err)
	}
	return nil
}

// CheckResource checks that a resource, byte for byte, is what a record's leaf
// commits to under the salt that was sealed with it. It fails with KindProof.
func CheckResource(m RecordMaterial, salt, resource []byte) error {
	if !committed(m.PlaintextCommitment, salt, tagPlaintext, resource) {
		return stele.E("check resource", stele.KindProof, "the resource is not what the leaf commits to", nil)
	}
	return nil
}
