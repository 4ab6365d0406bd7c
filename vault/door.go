package vault

import (
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

const (
	fresh         = 5 * time.Minute // age of a request, either way
	maxRemembered = 200_000         // nonces in one generation
	minNonce      = 16
)

// memberDoor remembers the nonces of other members' requests.
type memberDoor struct {
	mu       sync.Mutex
	turn     time.Time // when the newer generation began
	new, old map[stele.Digest]bool
}

// once reports whether a nonce is new. It remembers for at least twice fresh.
func (d *memberDoor) once(now time.Time, member stele.Subject, nonce []byte) bool {
	id := wire.Hash(wire.TagMember, member[:], nonce)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.new == nil || now.Sub(d.turn) > 2*fresh {
		d.turn, d.old, d.new = now, d.new, map[stele.Digest]bool{}
	}
	if d.old[id] || d.new[id] || len(d.new) >= maxRemembered {
		return false
	}
	d.new[id] = true
	return true
}

// checkMember passes a wire.MemberRequest made for this member, within five
// minutes, signed by the node key that the ledger shows for who asks, once. It
// fails with KindDenied.
func (v *Vault) checkMember(signed *wire.Signed) (stele.Subject, *wire.MemberRequest, error) {
	m := &wire.MemberRequest{}
	keys, err := wire.Open(wire.TagMember, signed, m)
	if err != nil || len(keys) != 1 || m.Chain != v.cfg.Chain || string(m.Audience) != string(v.cfg.Member[:]) || len(m.Nonce) < minNonce {
		return stele.Subject{}, nil, notAMember()
	}
	now := v.cfg.Clock()
	if age := now.Sub(time.UnixMilli(m.AtMs)); age > fresh || age < -fresh {
		return stele.Subject{}, nil, notAMember()
	}
	consortium, err := v.cfg.Ledger.Consortium()
	if err != nil {
		return stele.Subject{}, nil, notAMember()
	}
	for _, member := range consortium.Members {
		if string(member.Subject[:]) == string(m.Member) && member.Node == keys[0] && v.door.once(now, member.Subject, m.Nonce) {
			return member.Subject, m, nil
		}
	}
	return stele.Subject{}, nil, notAMember()
}

func notAMember() error {
	return stele.E("check member request", stele.KindDenied, "not a fresh request of a member to this one", nil).
		WithHint("check the clocks of both members and that both are in the consortium")
}
