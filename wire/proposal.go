package wire

import (
	"fmt"

	"github.com/stele-health/stele"
)

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
