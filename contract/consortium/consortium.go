// Package consortium is the contract for who runs the network: members with
// their node, trustee and validator keys, the committee, and who vouches for cards.
// In this release all of it is set by the genesis; changes by vote come with
// governance. Whose credentials count is the contract issuers'.
//
// The consortium is a subject like any other; its log is leaf 0 of the tree of
// heads and begins with the genesis itself. Its id is the hash of the genesis,
// so two networks never share one.
package consortium

import (
	"cmp"
	"fmt"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// MaxMembers bounds the consortium of this release.
const MaxMembers = 64

// Contract is the consortium contract.
type Contract struct{}

// Found writes the genesis into the consortium's log. It fails with KindInvalid.
func (Contract) Found(raw []byte, g *wire.Genesis) ([]*wire.Event, error) {
	if err := Validate(g); err != nil {
		return nil, err
	}
	return []*wire.Event{wire.Founded(raw, g)}, nil
}

// Validate checks a genesis: distinct members of known kinds with equal votes and
// valid keys that nobody shares, every share of the committee held by one of them, and a threshold of
// ⌊2n/3⌋+1; and terms that are not too short. Their key documents are the identity contract's. It fails with
// KindInvalid.
func Validate(g *wire.Genesis) error {
	const op = "read genesis"
	n, c := len(g.Members), g.Committee
	switch {
	case stele.CheckChain(g.Chain) != nil:
		return stele.CheckChain(g.Chain)
	case g.TimeMs < 0:
		return stele.E(op, stele.KindInvalid, "it begins before 1970", nil)
	case n == 0 || n > MaxMembers:
		return stele.E(op, stele.KindInvalid, fmt.Sprintf("a consortium has 1 to %d members", MaxMembers), nil)
	case c.GetSuite() != wire.SuiteCommittee:
		return stele.E(op, stele.KindInvalid, fmt.Sprintf("unknown committee suite %d", c.GetSuite()), nil)
	case int(c.Threshold) != threshold.ThresholdFor(len(c.Shares)) || len(c.Shares) == 0 || len(c.Key) != 32:
		return stele.E(op, stele.KindInvalid, "the committee's threshold is not ⌊2n/3⌋+1", nil)
	}
	if err := g.Terms.Check(g.Devnet); err != nil {
		return err
	}
	if err := wire.OpaqueDigests(append([][]byte{c.Key}, c.Shares...)...); err != nil {
		return err
	}
	if err := cmp.Or(validateMembers(g.Members, c), validateAddresses(g.Members)); err != nil {
		return err
	}
	for _, auditor := range g.Auditors {
		if _, err := stele.SubjectFrom(auditor); err != nil {
			return err
		}
	}
	for _, key := range g.Issuers {
		if err := wire.ValidKey(key); err != nil {
			return err
		}
	}
	return nil
}

// validateMembers checks each member and that no two are alike, and that each share of the
// committee is somebody's.
func validateMembers(members []*wire.Member, c *wire.Committee) error {
	const op = "read genesis"
	subjects, shares, keys, sealing := map[stele.Subject]bool{}, map[uint32]bool{}, map[stele.PublicKey]bool{}, map[string]bool{}
	for i, m := range members {
		for _, key := range []*wire.PublicKey{m.Node, m.Trustee} {
			if err := wire.ValidKey(key); err != nil {
				return err
			}
			if keys[wire.Key(key)] {
				return stele.E(op, stele.KindInvalid, fmt.Sprintf("member %d has a key that is in use already", i), nil)
			}
			keys[wire.Key(key)] = true
		}
		subject := stele.SubjectOf(m.KeyDocument)
		switch {
		case len(m.Validator) != 0 && wire.Opaque(m.Validator, 32, "a validator's key") != nil:
			return stele.E(op, stele.KindInvalid, fmt.Sprintf("member %d has a validator's key that is none", i), nil)
		case len(m.SealKey) != 0 && sealKey(m.SealKey, sealing) != nil:
			return stele.E(op, stele.KindInvalid, fmt.Sprintf("member %d has a seal key that is none, or another's", i), nil)
		case subjects[subject]:
			return stele.E(op, stele.KindInvalid, fmt.Sprintf("member %d is there twice", i), nil)
		case m.Share > uint32(len(c.Shares)) || m.Share != 0 && shares[m.Share]:
			return stele.E(op, stele.KindInvalid, fmt.Sprintf("member %d has a wrong share", i), nil)
		case m.Power != members[0].Power:
			return stele.E(op, stele.KindInvalid, fmt.Sprintf("member %d has another number of votes than the others", i), nil).
				WithHint("each member has one vote like every other; make the cards again")
		}
		if err := stele.CheckMemberKind(m.Kind); err != nil {
			return stele.E(op, stele.KindInvalid, fmt.Sprintf("member %d is of no known kind", i), err)
		}
		subjects[subject], shares[m.Share] = true, true
	}
	for i := range c.Shares {
		if !shares[uint32(i+1)] {
			return stele.E(op, stele.KindInvalid, fmt.Sprintf("nobody holds share %d", i+1), nil)
		}
	}
	return nil
}

// sealKey checks a member's seal key, and that nobody else has it.
func sealKey(key []byte, taken map[string]bool) error {
	if taken[string(key)] {
		return stele.E("read genesis", stele.KindInvalid, "a seal key of two members", nil)
	}
	taken[string(key)] = true
	_, err := seal.NewRecipient(key)
	return err
}

// validateAddresses checks where members are found, if it is said: no two are called alike,
// or are at one place.
func validateAddresses(members []*wire.Member) error {
	taken := map[string]bool{}
	for i, m := range members {
		if m.Address == nil {
			continue
		}
		if err := m.Address.Check(); err != nil {
			return stele.E("read genesis", stele.KindInvalid, fmt.Sprintf("member %d has an address that is none: %s", i, stele.TextOf(err)), err)
		}
		for _, own := range []string{"name " + stele.NameKey(m.Address.Name), "url " + m.Address.Url, "peer " + m.Address.Peer} {
			if taken[own] {
				return stele.E("read genesis", stele.KindInvalid, fmt.Sprintf("member %d has the name or the address of another", i), nil)
			}
			taken[own] = true
		}
	}
	return nil
}

// Decide answers nothing: governance is not part of this release.
func (Contract) Decide(ledger.Moment, ledger.Reader, *ledger.Tx) (*wire.Event, error) {
	return nil, nil
}

// Apply keeps the one row of the consortium, and its subject.
func (Contract) Apply(s ledger.Writer, e *wire.Event) {
	if e.GetConsortiumFounded() != nil {
		ledger.Consortium.Set(s, nil, ledger.Consortium.Get(s, nil).After(e))
		state.Subjects.Set(s, e.Subject, &state.SubjectRow{Subject: e.Subject, Created: e.Height})
	}
}

// Due answers nothing.
func (Contract) Due(ledger.Moment, ledger.Reader, ledger.Deadline) *wire.Event { return nil }
