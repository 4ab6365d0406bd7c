package netfile

import (
	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// ReadAddress checks a signed address against the node's key that must have
// signed it.
func ReadAddress(s *wire.Signed, node *wire.PublicKey) (*wire.MemberAddress, error) {
	a := new(wire.MemberAddress)
	keys, err := wire.Open(wire.TagAddress, s, a)
	if err != nil {
		return nil, err
	}
	if len(keys) != 1 || keys[0] != wire.Key(node) {
		return nil, stele.E("", stele.KindDenied, "the address is not signed by its member's node", nil)
	}
	return a, CheckAddress(a)
}

// CheckAddress fails with KindInvalid for an address that cannot be one.
func CheckAddress(a *wire.MemberAddress) error {
	if err := stele.CheckMemberKind(a.Kind); err != nil {
		return err
	}
	return address(a).Check()
}

// address is what the consortium's row says of an address like this.
func address(a *wire.MemberAddress) *wire.Address {
	return &wire.Address{Name: a.Name, Url: a.Url, Peer: a.Peer, Pin: a.Pin}
}

// Addresses returns where the members are who run the network now, those of the file
// first. What an event of the consortium's log says of a member is newer than the file;
// what the founding says is not: a member may have signed another address since, which the
// file has. Who is found nowhere is left out.
func Addresses(n *wire.Network, now *wire.Consortium) []*wire.MemberAddress {
	g, err := proof.ReadGenesis(n.Genesis)
	if err != nil {
		return nil
	}
	return addresses(n, &g, now)
}

func addresses(n *wire.Network, g *proof.Genesis, now *wire.Consortium) []*wire.MemberAddress {
	founded := map[string]*wire.Address{}
	for _, m := range g.Founding.GetMembers() {
		founded[string(m.KeyDocument)] = m.Address
	}
	var out []*wire.MemberAddress
	listed := map[stele.Subject]bool{}
	for _, a := range n.Members {
		subject, err := stele.SubjectFrom(a.Subject)
		m := now.Member(subject)
		if err != nil || m == nil || listed[subject] {
			continue
		}
		if listed[subject] = true; m.Address != nil && !proto.Equal(m.Address, founded[string(m.KeyDocument)]) {
			a = placed(subject, m)
		}
		out = append(out, a)
	}
	for _, m := range now.GetMembers() {
		if subject := stele.SubjectOf(m.KeyDocument); !listed[subject] && m.Address != nil {
			listed[subject], out = true, append(out, placed(subject, m))
		}
	}
	return out
}

func placed(subject stele.Subject, m *wire.Member) *wire.MemberAddress {
	return &wire.MemberAddress{
		Subject: subject[:], Name: m.Address.Name, Kind: m.Kind, Url: m.Address.Url, Peer: m.Address.Peer, Pin: m.Address.Pin,
	}
}
