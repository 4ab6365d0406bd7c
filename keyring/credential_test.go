package keyring

import "testing"

// TestTheCredentialKeyIsTheSameEachTime, and nobody else's.
func TestTheCredentialKeyIsTheSameEachTime(t *testing.T) {
	k, sealed := made(t)
	again, err := Open(sealed, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := made(t)
	if !k.CredentialKey().Equal(again.CredentialKey()) || k.CredentialKey().Equal(other.CredentialKey()) {
		t.Error("it is not one key of one wallet")
	}
}
