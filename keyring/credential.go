package keyring

import (
	"crypto/ecdsa"
	"crypto/elliptic"
)

// CredentialKey returns the wallet's P-256 key (FIPS 186-5, for ES256): credentials name it
// as their holder's, and an organisation issues its own with it. It is the same each time.
func (k *Keyring) CredentialKey() *ecdsa.PrivateKey {
	for try := byte(0); ; try++ {
		scalar := k.Derive("credential", []byte{try})
		// One scalar in 2³² is none: zero, or not below the group's order.
		if key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:]); err == nil {
			return key
		}
	}
}
