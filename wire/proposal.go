package wire

import (
	"fmt"

	"github.com/stele-health/stele"
)

// ReadClaim reads the claim of a subject, as it goes to a member to be signed: the bytes of a
// Signed. Whether its signatures hold is not looked at. It fails with KindInvalid.
func ReadClaim(raw []byte) (*Signed, *Transaction, *ClaimSubject, error) {
	signed, message := new(Signed), new(Transaction)
	err := DecodeKnown(raw, signed)
	if err == nil {
		err = DecodeKnown(signed.Body, message)
	}
	claim := message.GetClaimSubject()
	if err == nil {
		_, err = stele.SubjectFrom(claim.GetSubject())
	}
	if err != nil || len(raw) > stele.MaxTransaction || claim.GetDevice().GetSigning() == nil {
		return nil, nil, nil, stele.E("read claim", stele.KindInvalid, fmt.Sprintf("these %d bytes are no claim of a chart", len(raw)), err).
			WithHint("the wallet of the person with the slip writes one")
	}
	return signed, message, claim, nil
}

// ReadProposal reads a transaction by which members decide something together, as it goes
// round among them to be signed: the bytes of a Signed. Whether its signatures hold is not
// looked at. It fails with KindInvalid.
func ReadProposal(raw []byte) (*Signed, *Transaction, error) {
	signed, message := new(Signed), new(Transaction)
	err := DecodeKnown(raw, signed)
	if err == nil {
		err = DecodeKnown(signed.Body, message)
	}
	if err != nil || len(raw) > stele.MaxTransaction || message.Asks().Decides == "" {
		return nil, nil, stele.E("read proposal", stele.KindInvalid, fmt.Sprintf("these %d bytes are no proposal for members to decide on", len(raw)), err)
	}
	return signed, message, nil
}

// MaxProposal is the most bytes of a proposal about a patient.
const MaxProposal = stele.MaxTransaction + stele.MaxDocument + 1<<10

// ReadPatientProposal reads a proposal about a patient, and its transaction. Neither its signatures
// nor what it commits to are looked at. It fails with KindInvalid.
func ReadPatientProposal(raw []byte) (*Proposal, *Transaction, error) {
	p, message := new(Proposal), new(Transaction)
	err := DecodeKnown(raw, p)
	if err == nil {
		err = DecodeKnown(p.GetSigned().GetBody(), message)
	}
	if err != nil || len(raw) > MaxProposal || len(message.Asks().For) == 0 {
		return nil, nil, stele.E("read proposal", stele.KindInvalid, fmt.Sprintf("these %d bytes are no proposal about a patient", len(raw)), err)
	}
	return p, message, nil
}
