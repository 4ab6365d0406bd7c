package ledgertest

import (
	"slices"

	"google.golang.org/protobuf/proto"

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
		if m.fallen(g) {
			return wire.Refusal_REFUSAL_REVOKED
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

// death is a member's node and somebody who acts saying that a subject has died, or has not.
func (m *Model) death(tx, subject, member, delegation, commitment []byte, asOf int64, by signers, died bool) Foretold {
	var wrong defects
	at := slices.IndexFunc(m.genesis.Members, func(w *wire.Member) bool {
		of := stele.SubjectOf(w.KeyDocument)
		return string(of[:]) == string(member)
	})
	wrong.when(at < 0 || !by.have(m.genesis.Members[max(at, 0)].Node), stele.KindDenied)
	wrong.when(at >= 0 && !slices.Contains([]string{"hospital", "clinic"}, m.genesis.Members[max(at, 0)].Kind), stele.KindDenied)
	wrong.when(!slices.ContainsFunc(m.mourners(subject, delegation, by, died), func(key *wire.PublicKey) bool {
		return at < 0 || !proto.Equal(m.genesis.Members[at].Node, key)
	}), stele.KindDenied)
	wrong.when(len(commitment) != 32, stele.KindInvalid)
	wrong.when(m.dead(string(subject)) == died, stele.KindExists)
	wrong.when(asOf < 0 || asOf > m.height, stele.KindInvalid)
	wrong.when(asOf < m.lastSaid(string(subject)), stele.KindDenied)
	person := m.speaks(string(subject)) // in whose log it stands
	spent := m.of("deaths", person)
	wrong.when(died && spent.over(m.time, 2, 24*3600_000), stele.KindLimit)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	if died {
		spent.add(m.time, 24*3600_000)
	}
	m.died[person], m.said[person] = died, m.height
	if g := m.guards[person]; died && g != nil && g.waits != nil {
		m.endRecovery(g)
	}
	if died {
		return m.write(person, tx, &wire.Event{Event: &wire.Event_DeathRecorded{DeathRecorded: &wire.DeathRecorded{Member: member, Delegation: delegation, Commitment: commitment}}})
	}
	return m.write(person, tx, &wire.Event{Event: &wire.Event_DeathUndone{DeathUndone: &wire.DeathUndone{Member: member, Delegation: delegation, Commitment: commitment}}})
}

// mourners are the keys of those who signed and may say it beside a member: of who acts for the
// subject, or, that it lives, of whom its keys are, or of two members where nobody has claimed it.
func (m *Model) mourners(subject, delegation []byte, by signers, died bool) (keys []*wire.PublicKey) {
	if !died && len(delegation) == 0 {
		for _, d := range slices.Concat(m.keys[string(subject)], m.keys[m.speaks(string(subject))]) {
			if by.have(d.Signing) {
				keys = append(keys, d.Signing)
			}
		}
		if m.Slip([]byte(m.speaks(string(subject)))) != nil {
			for _, member := range m.carers(by) {
				keys = append(keys, m.keys[string(member)][0].Signing)
			}
		}
		return keys
	}
	if d := m.acting(delegation, by); d != nil && m.speaks(d.subject) == m.speaks(string(subject)) {
		keys = append(keys, &wire.PublicKey{Suite: 1, Key: []byte(d.grantee)})
	}
	return keys
}

// Height is that of the block that is executed, or was last.
func (m *Model) Height() int64 { return m.height }

// Died reports whether a person's death is recorded.
func (m *Model) Died(subject stele.Subject) bool { return m.dead(string(subject[:])) }
