package wallet_test

import (
	"testing"

	"github.com/stele-health/stele/wallet"
)

// TestAGrantIsUnderEachDelegationThatItWasGivenBy, up to the patient's own, and under no other.
func TestAGrantIsUnderEachDelegationThatItWasGivenBy(t *testing.T) {
	carer, aunt, other := wallet.Above{Salt: []byte("carer")}, wallet.Above{Salt: []byte("aunt")}, wallet.Above{Salt: []byte("other")}
	h := wallet.Held{Above: []wallet.Above{aunt, carer}}
	for what, c := range map[string]struct {
		delegation wallet.Above
		want       bool
	}{"hers": {aunt, true}, "the one that hers was given by": {carer, true}, "another": {other, false}} {
		if h.Under(c.delegation) != c.want {
			t.Errorf("%s: %v", what, !c.want)
		}
	}
}
