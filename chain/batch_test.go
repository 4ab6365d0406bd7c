package chain

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestABatchTakesNothingThatACheckRefuses: among many good objects, so that they are
// checked as a batch, one that wire.Check refuses is refused afterwards, too.
func TestABatchTakesNothingThatACheckRefuses(t *testing.T) {
	key, other := wire.Ed25519FromSeed([32]byte{1}), wire.Ed25519FromSeed([32]byte{2})
	for what, bad := range map[string]func(body []byte) *wire.Signed{
		"one key twice": func(body []byte) *wire.Signed {
			s := wire.SignBytes(wire.TagTransaction, body, key)
			s.Signatures = append(s.Signatures, proto.CloneOf(s.Signatures[0]))
			return s
		},
		"one key twice, another between": func(body []byte) *wire.Signed { return wire.SignBytes(wire.TagTransaction, body, key, other, key) },
		"a byte too many": func(body []byte) *wire.Signed {
			s := wire.SignBytes(wire.TagTransaction, body, key)
			s.Signatures[0].Signature = append(slices.Clone(s.Signatures[0].Signature), 0)
			return s
		},
		"a byte too few": func(body []byte) *wire.Signed {
			s := wire.SignBytes(wire.TagTransaction, body, key)
			s.Signatures[0].Signature = s.Signatures[0].Signature[:63]
			return s
		},
		"no signature": func(body []byte) *wire.Signed {
			s := wire.SignBytes(wire.TagTransaction, body, key)
			s.Signatures[0].Signature = nil
			return s
		},
		"a longer key": func(body []byte) *wire.Signed {
			s := wire.SignBytes(wire.TagTransaction, body, key)
			s.Signatures[0].Key.Key = append(slices.Clone(s.Signatures[0].Key.Key), 0)
			return s
		},
		"another's key": func(body []byte) *wire.Signed {
			s := wire.SignBytes(wire.TagTransaction, body, key)
			s.Signatures[0].Key = other.Public()
			return s
		},
		"an unknown suite": func(body []byte) *wire.Signed {
			s := wire.SignBytes(wire.TagTransaction, body, key)
			s.Signatures[0].Key.Suite = 9
			return s
		},
	} {
		v := NewVerifier(10_000)
		var all []object
		for i := range 4 * smallest {
			all = append(all, objectOf(wire.TagTransaction, wire.SignBytes(wire.TagTransaction, fmt.Append(nil, i), key, other)))
		}
		spoilt := bad([]byte("spoilt"))
		all = slices.Insert(all, 2*smallest, objectOf(wire.TagTransaction, spoilt))
		v.warm(all)
		if _, err := wire.Check(wire.TagTransaction, spoilt); stele.KindOf(err) != stele.KindDenied {
			t.Fatalf("%s is good: %v", what, err)
		}
		if _, err := v.Check(wire.TagTransaction, spoilt); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("%s: after a batch: %v", what, err)
		}
	}
}

// TestParcelsFit: however large the transactions that wait, what goes into one parcel
// is not more than a validator takes, and more than nothing.
func TestParcelsFit(t *testing.T) {
	n := &Node{chain: "town", config: Config{Signer: wire.NewEd25519()}}
	dice := rand.New(rand.NewPCG(1, 2))
	for round := range 60 {
		var list []*ticket
		for range 1 + dice.IntN(1500) {
			size := []int{200, 1_000, stele.MaxTransaction}[round%3]
			list = append(list, &ticket{raw: make([]byte, size-dice.IntN(size/4))})
		}
		for rest := list; len(rest) > 0; {
			k := fitting(rest)
			if k < 1 || k > stele.MaxInParcel || k > len(rest) {
				t.Fatalf("%d of %d transactions in a parcel", k, len(rest))
			}
			if size := len(n.parcel(rest[:k])); size > stele.MaxParcel {
				t.Fatalf("a parcel of %d bytes, at most %d are taken", size, stele.MaxParcel)
			}
			if k < len(rest) && k < stele.MaxInParcel {
				if size := len(n.parcel(rest[:k+1])); size < stele.MaxParcel-4<<10 {
					t.Fatalf("a parcel of %d transactions would have had %d bytes only", k+1, size)
				}
			}
			rest = rest[k:]
		}
	}
}
