package wallet

import (
	"context"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// handsOut is a directory that hands out one key, whatever it is asked for.
type handsOut struct {
	members.Directory
	key *wire.Signed
}

func (d handsOut) TakeKey(context.Context, *wire.TakeKeyRequest) (*wire.TakeKeyResponse, error) {
	return &wire.TakeKeyResponse{Key: d.key}, nil
}

// TestLaw3ADirectoryHandsOutNobodyElsesKey: a grant that names another's key would let
// that one read. The key is the grantee's own word for this network and this directory.
func TestLaw3ADirectoryHandsOutNobodyElsesKey(t *testing.T) {
	grantee, other, key := wire.NewEd25519(), wire.NewEd25519(), wire.NewEd25519().Public()
	subject, home := stele.Subject{1}, stele.Subject{2}
	s := NewSession(emptyWallet(t), nil, proof.History{{Consortium: &wire.Consortium{Chain: "town"}}})
	says := func(change func(*wire.OneTimeKey), signers ...wire.Signer) *wire.Signed {
		k := &wire.OneTimeKey{Chain: "town", Directory: home[:], Subject: subject[:], Index: 7, Key: key}
		change(k)
		return wire.Sign(wire.TagOneTimeKey, k, signers...)
	}
	same := func(*wire.OneTimeKey) {}
	for what, c := range map[string]struct {
		key  *wire.Signed
		good bool
	}{
		"the grantee's":        {says(same, grantee), true},
		"signed by another":    {says(same, other), false},
		"signed by nobody":     {says(same), false},
		"signed by both":       {says(same, grantee, other), false},
		"of another directory": {says(func(k *wire.OneTimeKey) { k.Directory = subject[:] }, grantee), false},
		"of somebody else":     {says(func(k *wire.OneTimeKey) { k.Subject = home[:] }, grantee), false},
		"of another network":   {says(func(k *wire.OneTimeKey) { k.Chain = "village" }, grantee), false},
		"that is none":         {says(func(k *wire.OneTimeKey) { k.Key = &wire.PublicKey{} }, grantee), false},
		"under another's tag":  {wire.Sign(wire.TagCard, &wire.OneTimeKey{Chain: "town", Directory: home[:], Subject: subject[:], Key: key}, grantee), false},
	} {
		to := Contact{Card: &wire.Card{Subject: subject[:]}, Member: members.Member{Subject: home, Name: "Elm", Directory: handsOut{key: c.key}}, keys: []stele.PublicKey{wire.Key(grantee.Public())}}
		got, index, err := s.handedKey(t.Context(), to)
		if (err == nil) != c.good || c.good && (wire.Key(got) != wire.Key(key) || index != 7) {
			t.Errorf("%s: %v, %d, %v", what, got, index, err)
		}
	}
}
