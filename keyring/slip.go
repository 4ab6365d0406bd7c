package keyring

import (
	"crypto/hkdf"
	"crypto/sha256"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// Slip is what the code of a printed slip gives: all that is needed to create the subject of
// a person without a device, and to claim it. Nothing else about it needs to be kept.
type Slip struct {
	Signer   wire.Signer
	Document []byte // the genesis key document: the slip's key, which seals nothing, and a salt of 32 bytes
	Salt     [32]byte
	Subject  stele.Subject
}

// SlipOf derives a slip from its code, 17 bytes: key and salt are HKDF-SHA-256 of them, with an
// empty salt and "stele.v1.slip.signing" or "stele.v1.slip.salt" as info.
func SlipOf(code [17]byte) Slip {
	derive := func(info string) [32]byte {
		key, err := hkdf.Key(sha256.New, code[:], nil, info, 32)
		if err != nil {
			panic("keyring: " + err.Error()) // only for lengths that are too large
		}
		return [32]byte(key)
	}
	s := Slip{Signer: wire.Ed25519FromSeed(derive("stele.v1.slip.signing")), Salt: derive("stele.v1.slip.salt")}
	s.Document = wire.Marshal(&wire.KeyDocument{Devices: []*wire.Device{{Signing: s.Signer.Public()}}, Salt: s.Salt[:]})
	s.Subject = stele.SubjectOf(s.Document)
	return s
}
