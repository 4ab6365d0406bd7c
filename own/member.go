package own

import (
	"math"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// MemberDoor lets in other members of the consortium. It is safe for concurrent
// use.
type MemberDoor struct {
	consortium func() (stele.Consortium, error)
	chain      string
	member     stele.Subject

	used memory
}

// NewMemberDoor returns the door of a member's service; consortium tells who is
// a member now.
func NewMemberDoor(consortium func() (stele.Consortium, error), chain string, member stele.Subject) *MemberDoor {
	return &MemberDoor{consortium: consortium, chain: chain, member: member, used: memory{most: maxOfMember, pool: math.MaxInt}}
}

// Check passes a wire.MemberRequest made for this member, within five minutes,
// signed by the node key that the ledger shows for who asks, once. It returns who
// asks, or fails with KindDenied.
func (d *MemberDoor) Check(now time.Time, signed *wire.Signed) (stele.Subject, *wire.MemberRequest, error) {
	m := &wire.MemberRequest{}
	by, ok := opens(now, wire.TagMember, signed, m, d.chain, d.member)
	if !ok || len(m.Nonce) < minNonce {
		return stele.Subject{}, nil, NotAMember()
	}
	consortium, err := d.consortium()
	if err != nil {
		return stele.Subject{}, nil, NotAMember()
	}
	for _, member := range consortium.Members {
		if string(member.Subject[:]) != string(m.Member) || member.Node != by {
			continue
		}
		switch err := d.used.once(now, member.Subject, wire.Hash(wire.TagMember, m.Member, m.Nonce)); {
		case stele.KindOf(err) == stele.KindBusy:
			return stele.Subject{}, nil, err
		case err == nil:
			return member.Subject, m, nil
		}
	}
	return stele.Subject{}, nil, NotAMember()
}

// NotAMember is the one answer to whoever a MemberDoor does not let in, and to a
// member that asks for something else than what the service gives.
func NotAMember() error {
	return stele.E("check member request", stele.KindDenied, "not a fresh request of a member to this one", nil).
		WithHint("check the clocks of both members and that both are in the consortium")
}
