package ledgertest

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// modelEmergency is what an activation has beside a grant.
type modelEmergency struct {
	member   string
	reviewBy int64
	early    bool // ended before its time
	overdue  bool // said
	reviewed bool
}

// due is a deadline that has passed.
type due struct {
	at   int64
	kind int // 1 a grant's end, 2 an emergency's, 3 a review, 4 the notice of a delegation's end, 5 what the other log has not said, 6 a change, 7 a recovery
	id   string
}

// passed lists the deadlines of grants up to the block's time, the soonest first.
func (m *Model) passed() (list []due) {
	for id, g := range m.grants {
		if g.end <= m.time && !g.revoked && !g.said {
			kind := 1
			if g.emergency != nil {
				kind = 2
			}
			list = append(list, due{g.end, kind, id})
		}
		if notice := g.end - 150*24*3600_000; g.action == stele.ActionDelegate && notice > g.given && notice <= m.time && !g.revoked && !g.noted {
			list = append(list, due{notice, 4, id})
		}
		if e := g.emergency; e != nil && e.reviewBy <= m.time && !e.reviewed && !e.overdue {
			list = append(list, due{e.reviewBy, 3, id})
		}
	}
	for id, n := range m.merges.tell {
		list = append(list, due{n.at, 5, id})
	}
	for id, c := range m.changes {
		if c.until <= m.time {
			list = append(list, due{c.until, 6, id})
		}
	}
	for subject, g := range m.guards {
		if g.waits != nil && g.until <= m.time {
			list = append(list, due{g.until, 7, subject})
		}
	}
	slices.SortFunc(list, func(a, b due) int {
		if a.at != b.at {
			return int(min(max(a.at-b.at, -1), 1))
		}
		if a.kind != b.kind {
			return a.kind - b.kind
		}
		return strings.Compare(a.id, b.id)
	})
	return list
}

// tell writes what a deadline comes to.
func (m *Model) tell(d due) {
	g, id := m.grants[d.id], []byte(d.id)
	switch {
	case d.kind == 7 && m.guards[d.id].waits != nil:
		m.recoverSubject(d.id)
	case d.kind == 6 && m.changes[d.id] != nil: // and no recovery of the same block has ended it
		m.change(d.id)
	case d.kind > 5:
	case d.kind == 5:
		m.note(d.id)
	case d.kind == 4:
		g.noted = true
		m.write(g.subject, nil, &wire.Event{Event: &wire.Event_DelegationEnding{DelegationEnding: &wire.DelegationEnding{Grant: id, EndMs: g.end}}})
	case d.kind == 3:
		g.emergency.overdue = true
		m.write(g.subject, nil, &wire.Event{Event: &wire.Event_ReviewOverdue{ReviewOverdue: &wire.ReviewOverdue{Activation: id}}})
	case d.kind == 2:
		g.said = true
		m.write(g.subject, nil, &wire.Event{Event: &wire.Event_EmergencyEnded{EmergencyEnded: &wire.EmergencyEnded{Activation: id}}})
	default:
		g.said = true
		m.write(g.subject, nil, &wire.Event{Event: &wire.Event_GrantEnded{GrantEnded: &wire.GrantEnded{Grant: id}}})
	}
}

// Emergency returns which member broke the glass with an activation, and whether it is one.
func (m *Model) Emergency(id []byte) (member stele.Subject, ok bool) {
	g := m.grants[string(id)]
	if g == nil || g.emergency == nil {
		return member, false
	}
	return stele.Subject([]byte(g.emergency.member)), true
}

func (m *Model) setEmergency(tx []byte, b *wire.SetEmergency, by signers) Foretold {
	var wrong defects
	subject := string(b.Subject)
	wrong.when(!by.anyOf(m.keys[m.speaks(subject)]) || m.dead(subject), stele.KindDenied)
	wrong.when(len(b.Commitment) != 32, stele.KindInvalid)
	spent := m.of("slots", m.account(b.Subject))
	wrong.when(spent.over(m.time, 20, 3600_000), stele.KindLimit)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	spent.add(m.time, 3600_000)
	m.slots[subject], m.committed[subject] = true, b.Commitment
	return m.write(subject, tx, &wire.Event{Event: &wire.Event_EmergencySet{EmergencySet: &wire.EmergencySet{Commitment: b.Commitment}}})
}

func (m *Model) breakGlass(tx []byte, b *wire.BreakGlass, by signers) Foretold {
	const hour = 3600_000
	var wrong defects
	at := slices.IndexFunc(m.genesis.Members, func(member *wire.Member) bool {
		subject := stele.SubjectOf(member.KeyDocument)
		return string(subject[:]) == string(b.Member)
	})
	wrong.when(at < 0 || !by.have(m.genesis.Members[max(at, 0)].Node) || !by.have(b.Grantee), stele.KindDenied)
	isGrantee := func(d *wire.Device) bool { return proto.Equal(d.Signing, b.Grantee) }
	wrong.when(at >= 0 && proto.Equal(m.genesis.Members[at].Node, b.Grantee) || slices.ContainsFunc(m.keys[string(b.Member)], isGrantee), stele.KindDenied)
	wrong.when(!m.slots[string(b.Subject)] || m.dead(string(b.Subject)), stele.KindDenied)
	wrong.when(notOwn(b.Activation, b.Subject) || badKey(b.Grantee) || len(b.DetailCommitment) != 32, stele.KindInvalid)
	wrong.when(m.grants[string(b.Activation)] != nil, stele.KindExists)
	spent := m.of("glass of "+string(b.Member), string(b.Subject))
	today := fmt.Sprintf("%s %d", b.Member, m.time/(24*hour))
	wrong.when(spent.over(m.time, 8, 3*hour) || m.broken[today] >= 256, stele.KindLimit)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	spent.add(m.time, 3*hour)
	m.broken[today]++
	until, reviewBy := m.time+24*hour, m.time+72*hour
	m.grants[string(b.Activation)] = &modelGrant{
		subject: string(b.Subject), grantee: string(b.Grantee.Key), action: stele.ActionRead, end: until, emergency: &modelEmergency{member: string(b.Member), reviewBy: reviewBy},
	}
	return m.write(string(b.Subject), tx, &wire.Event{Event: &wire.Event_GlassBroken{GlassBroken: &wire.GlassBroken{
		Activation: b.Activation, Member: b.Member, Grantee: b.Grantee, DetailCommitment: b.DetailCommitment, UntilMs: until, ReviewByMs: reviewBy,
	}}})
}

// activation returns an activation, or nil, and whether its grantee's key signed, and one of
// the member's.
func (m *Model) activation(id []byte, by signers) (g *modelGrant, grantee, member bool) {
	if g = m.grants[string(id)]; g == nil || g.emergency == nil {
		return nil, false, false
	}
	return g, by.have(&wire.PublicKey{Suite: 1, Key: []byte(g.grantee)}), by.anyOf(m.keys[g.emergency.member])
}

func (m *Model) endEmergency(tx []byte, b *wire.EndEmergency, by signers) Foretold {
	g, grantee, member := m.activation(b.Activation, by)
	switch {
	case !grantee && !member:
		return Foretold{Refused: []stele.Kind{stele.KindDenied}}
	case m.holds(g) != 0:
		return Foretold{Refused: []stele.Kind{stele.KindExists}}
	}
	g.emergency.early, g.said = true, true
	return m.write(g.subject, tx, &wire.Event{Event: &wire.Event_EmergencyEnded{EmergencyEnded: &wire.EmergencyEnded{Activation: b.Activation, Early: true}}})
}

func (m *Model) reviewEmergency(tx []byte, b *wire.ReviewEmergency, by signers) Foretold {
	g, grantee, member := m.activation(b.Activation, by)
	if g == nil {
		return Foretold{Refused: []stele.Kind{stele.KindDenied}}
	}
	var wrong defects
	wrong.when(grantee || !member && (!by.anyOf(m.keys[m.speaks(g.subject)]) || m.dead(g.subject)), stele.KindDenied)
	wrong.when(b.Outcome < 1 || b.Outcome > 4 || len(b.Commitment) != 32 || m.holds(g) == 0 && !m.dead(g.subject), stele.KindInvalid)
	wrong.when(g.emergency.reviewed, stele.KindExists)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	g.emergency.reviewed = true
	if m.holds(g) == 0 { // a death has stopped it, and it does not run on
		g.emergency.early, g.said = true, true
	}
	return m.write(g.subject, tx, &wire.Event{Event: &wire.Event_EmergencyReviewed{EmergencyReviewed: &wire.EmergencyReviewed{
		Activation: b.Activation, Outcome: b.Outcome, Commitment: b.Commitment, Late: g.emergency.reviewBy <= m.time,
	}}})
}
