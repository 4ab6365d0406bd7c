package client

import (
	"cmp"
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Dial makes the network that a wallet works on out of a network file. Nobody is
// called yet. Members whose subjects are in first come first, so that they are
// asked first. The file says where to begin: once the consortium's log has been followed,
// the members are where that says.
func Dial(network *wire.Network, first ...stele.Subject) (*members.Network, error) {
	if err := netfile.Check(network); err != nil {
		return nil, err
	}
	g, err := proof.ReadGenesis(network.Genesis)
	if err != nil {
		return nil, err
	}
	d := &dialler{file: network, first: first, dialled: map[stele.Subject]dialled{}}
	n := &members.Network{Genesis: network.Genesis, Dial: d.members}
	n.Members, err = d.members(g.Consortium)
	return n, err
}

// dialler dials the members. Its methods are called one after another.
type dialler struct {
	file    *wire.Network
	first   []stele.Subject
	dialled map[stele.Subject]dialled
	last    []members.Member // what was returned last
}

// dialled is a member with the address that it was dialled at.
type dialled struct {
	at     *wire.MemberAddress
	member members.Member
}

// members dials who runs the network now. Who is where they were stays; who is not gives
// up the connections that no call uses.
func (d *dialler) members(now *wire.Consortium) ([]members.Member, error) {
	var all []members.Member
	next, same := map[stele.Subject]dialled{}, true
	for _, a := range netfile.Addresses(d.file, now) {
		subject, err := stele.SubjectFrom(a.Subject)
		if err != nil {
			return nil, err
		}
		known := d.dialled[subject]
		if !proto.Equal(known.at, a) {
			if known, err = dial(subject, a); err != nil {
				return nil, err
			}
			same = false
		}
		next[subject], all = known, append(all, known.member)
	}
	if same && len(next) == len(d.dialled) {
		return d.last, nil
	}
	for subject, was := range d.dialled {
		if next[subject].at != was.at && was.member.Close != nil {
			was.member.Close()
		}
	}
	d.dialled = next
	slices.SortStableFunc(all, func(a, b members.Member) int { return cmp.Compare(d.turn(a), d.turn(b)) })
	d.last = all
	return all, nil
}

// turn is a member's place among those that come first, and behind them that of all others.
func (d *dialler) turn(m members.Member) int {
	if i := slices.Index(d.first, m.Subject); i >= 0 {
		return i
	}
	return len(d.first)
}

func dial(subject stele.Subject, a *wire.MemberAddress) (dialled, error) {
	c, err := api.DialMember(a)
	if err != nil {
		return dialled{}, err
	}
	return dialled{a, members.Member{
		Subject: subject, Name: a.Name, Kind: a.Kind,
		Ledger: api.Direct{Ledger: c.Ledger}, Directory: c.Directory, Vault: c.Vault, Trustee: c.Trustee, Emergency: c.Emergency, Notices: c.Notices,
		Close: c.Close,
	}}, nil
}

// cardTerm is how long an organisation's own card is good for.
const cardTerm = 5 * 365 * 24 * time.Hour

// EnlistMember publishes an organisation's own card and one-time keys in its member's
// directory, so that patients can give it grants.
func EnlistMember(ctx context.Context, s *Session) error {
	p := wallet.Profile{Until: s.Clock().Add(cardTerm)}
	for _, m := range s.Network.All() {
		if m.Subject == s.Subject() {
			p.Facility = m.Kind
		}
	}
	return s.Enlist(ctx, s.Session, p)
}
