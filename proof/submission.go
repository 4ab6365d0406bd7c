package proof

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Submission is what a source signed of one delivery: whose records these are.
// That the signature is the source's is checked apart: by its keys
// ([Submission.SignedBy]), or by the patient, who gave a write grant and knows to
// whom ([Submission.CheckAnchored]).
type Submission struct {
	ID      stele.ID
	Subject stele.Subject
	Source  stele.Subject
	Root    stele.Digest // over the folios
	Head    *wire.SubmissionHead
	signers []stele.PublicKey
}

// CheckSubmission reads what a source signed of a delivery for a subject. It
// fails with KindProof when a signature does not hold or it is about another
// network or subject.
func CheckSubmission(chain string, subject stele.Subject, signed *wire.Signed) (s Submission, err error) {
	const op = "check submission"
	wrong := func(text string, err error) (Submission, error) {
		return Submission{}, stele.E(op, stele.KindProof, text, err)
	}
	s.Head = new(wire.SubmissionHead)
	if s.signers, err = wire.Open(wire.TagSubmission, signed, s.Head); err != nil || len(s.signers) > 2 {
		return wrong("the delivery is not signed as it must be", err)
	}
	for _, read := range []func() error{
		func() error { s.ID, err = stele.IDFrom(s.Head.Submission); return err },
		func() error { s.Subject, err = stele.SubjectFrom(s.Head.Subject); return err },
		func() error { s.Source, err = stele.SubjectFrom(s.Head.Source); return err },
		func() error { s.Root, err = stele.DigestFrom(s.Head.Root); return err },
	} {
		if read() != nil {
			return wrong("what was signed of the delivery is malformed", err)
		}
	}
	if EarlierHead(s.Head) { // it says what a later one commits to
		s.Head.CountCommitment = commitTo(s.Head.CountSalt, tagCount, binary.BigEndian.AppendUint32(nil, s.Head.Records))
	}
	if s.Head.Chain != chain || s.Subject != subject {
		return wrong("the delivery is for another network or subject", nil)
	}
	return s, nil
}

// SignedBy reports whether one of the keys signed.
func (s Submission) SignedBy(keys ...stele.PublicKey) bool {
	return slices.ContainsFunc(s.signers, func(k stele.PublicKey) bool { return slices.Contains(keys, k) })
}

// CheckFolio checks that a folio is the index-th of those that the source signed
// for, and returns its head. It fails with KindProof.
func (s Submission) CheckFolio(head []byte, index, folios uint32, path [][]byte) (*wire.FolioHead, error) {
	return CheckFolio(s.Root, head, index, folios, path)
}

// CheckAnchored checks the signed delivery against its anchor and the write grant,
// both from the subject's own checked log: as CheckAnchor, and the key that the
// patient named in her grant among those that signed. It fails with KindProof.
func (s Submission) CheckAnchored(anchor, grant *wire.Event) error {
	g := grant.GetGrantGiven()
	if err := s.CheckAnchor(anchor.GetAnchored()); err != nil {
		return err
	}
	switch {
	case g == nil || !bytes.Equal(g.Grant, s.Head.Grant) || stele.Action(g.Action) != stele.ActionWrite:
		return notAnchored("the delivery names another write grant than its anchor")
	case !s.SignedBy(wire.Key(g.Grantee)):
		return notAnchored("the delivery is not signed under its write grant")
	}
	return nil
}

// CheckAnchor checks the signed delivery against its anchor: the same root and grant,
// and the anchor's commitments opened. It fails with KindProof.
func (s Submission) CheckAnchor(a *wire.Anchored) error {
	switch {
	case a == nil || !bytes.Equal(a.Submission, s.ID[:]) || !bytes.Equal(a.Root, s.Root[:]):
		return notAnchored("the delivery is not the one that was anchored")
	case !bytes.Equal(s.Head.Grant, a.Grant):
		return notAnchored("the delivery names another write grant than its anchor")
	case !committed(a.SourceCommitment, s.Head.SourceSalt, tagSource, s.Source[:]):
		return notAnchored("the anchor commits to another source than the delivery names")
	case !bytes.Equal(a.CountCommitment, s.Head.CountCommitment):
		return notAnchored("the anchor commits to another number of records than the delivery")
	}
	return nil
}

func notAnchored(text string) error { return stele.E("check submission", stele.KindProof, text, nil) }

// CheckCount checks how many records the source said that it delivered. It fails
// with KindProof.
func (s Submission) CheckCount(salt []byte, records uint32) error {
	if !committed(s.Head.CountCommitment, salt, tagCount, binary.BigEndian.AppendUint32(nil, records)) {
		return stele.E("check submission", stele.KindProof, "the source signed for another number of records", nil)
	}
	return nil
}

// EarlierHead reports whether a delivery was signed with the release before, which said
// the number of its records itself and signed for no content.
func EarlierHead(h *wire.SubmissionHead) bool {
	return h.Records > 0 && len(h.CountSalt) == len(stele.Digest{}) && len(h.CountCommitment) == 0 && len(h.Content) == 0
}
