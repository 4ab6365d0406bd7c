package ledgertest

import (
	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// acting returns the delegation by whose key somebody signed who acts for its subject now,
// or nil.
func (m *Model) acting(delegation []byte, by signers) *modelGrant {
	g := m.grants[string(delegation)]
	if g == nil || g.action != stele.ActionDelegate || !by.have(&wire.PublicKey{Suite: 1, Key: []byte(g.grantee)}) || m.holds(g) != 0 {
		return nil
	}
	return g
}

// above says what stands against the delegations that a grant was given under.
func (m *Model) above(g *modelGrant) wire.Refusal {
	for g.delegation != "" {
		g = m.grants[g.delegation]
		if g.revoked {
			return wire.Refusal_REFUSAL_REVOKED
		}
		if g.end <= m.time {
			return wire.Refusal_REFUSAL_ENDED
		}
	}
	return 0
}

// Delegation returns by which delegation a grant was given, or none.
func (m *Model) Delegation(grant []byte) []byte {
	if g := m.grants[string(grant)]; g != nil && g.delegation != "" {
		return []byte(g.delegation)
	}
	return nil
}

// Delegates reports whether a grant is a delegation.
func (m *Model) Delegates(grant []byte) bool {
	g := m.grants[string(grant)]
	return g != nil && g.action == stele.ActionDelegate
}
