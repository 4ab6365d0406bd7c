package keyring

import (
	"bytes"
	"crypto/ed25519"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/vectortest"
	"github.com/stele-health/stele/wire"
)

// slipVector is a slip: its code, and what is derived from it. The fields stand in
// docs/protocol/services.md.
type slipVector struct {
	Code     vectortest.Hex `json:"code"`
	Key      vectortest.Hex `json:"key"` // public
	Document vectortest.Hex `json:"document"`
	Subject  stele.Subject  `json:"subject"`
}

// TestR28ASlipIsWhatTheProtocolSays: from the code alone follow key, document and subject.
func TestR28ASlipIsWhatTheProtocolSays(t *testing.T) {
	var slips []slipVector
	for i := range 3 {
		var code [17]byte
		for j := range code {
			code[j] = byte(i * (j + 1) * 13)
		}
		code[16] &= 0xc0 // as spell.Code.Bytes has it
		s := SlipOf(code)
		slips = append(slips, slipVector{code[:], s.Signer.Public().Key, s.Document, s.Subject})
	}
	vectortest.Reproduced(t, "slip.json", slips)
}

// TestACodeHasOneSlip, and another code another, in all parts.
func TestACodeHasOneSlip(t *testing.T) {
	one, again, other := SlipOf([17]byte{1}), SlipOf([17]byte{1}), SlipOf([17]byte{2})
	var a, b wire.KeyDocument
	if wire.Decode(one.Document, &a) != nil || wire.Decode(other.Document, &b) != nil || len(a.Devices) != 1 || len(a.Devices[0].SealKey) != 0 || len(a.Salt) != 32 {
		t.Fatalf("the document is %v", &a)
	}
	if !bytes.Equal(one.Document, again.Document) || one.Subject != stele.SubjectOf(one.Document) {
		t.Error("a slip differs the second time")
	}
	if one.Subject == other.Subject || bytes.Equal(a.Salt, b.Salt) || bytes.Equal(a.Devices[0].Signing.Key, b.Devices[0].Signing.Key) || bytes.Contains(a.Salt, []byte{1, 0, 0, 0}) {
		t.Error("two codes share something")
	}
	signed := wire.Sign(wire.TagTransaction, &wire.Transaction{Chain: "c"}, one.Signer)
	if keys, err := wire.Check(wire.TagTransaction, signed); err != nil || keys[0].Key != string(a.Devices[0].Signing.Key) || len(keys[0].Key) != ed25519.PublicKeySize {
		t.Errorf("the document's key does not check what the slip signs: %v", err)
	}
}
