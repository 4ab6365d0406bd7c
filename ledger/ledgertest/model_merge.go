package ledgertest

import (
	"encoding/binary"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// modelMerges is which subjects were merged: into whom now, how often merged and parted, and what the
// other's log has not said yet: whose, and since when, by subject and turn.
type modelMerges struct {
	into map[string]string
	turn map[string]uint32
	slot map[string][]byte // commitments of before
	tell map[string]modelNote
}

type modelNote struct {
	other string
	at    int64
}

// speaks is the subject whose keys speak for one.
func (m *Model) speaks(subject string) string {
	if into := m.merges.into[subject]; into != "" {
		return into
	}
	return subject
}

// account is by whom what is said for a subject is paid: the subject, and while it is merged both.
func (m *Model) account(subject []byte) string {
	return string(subject) + m.merges.into[string(subject)]
}

// Merged returns into which subject one is merged, or nil.
func (m *Model) Merged(subject []byte) []byte {
	if into := m.merges.into[string(subject)]; into != "" {
		return []byte(into)
	}
	return nil
}

// dead reports whether the death of a subject is recorded, or of any that are one person with it.
func (m *Model) dead(subject string) bool {
	for other, died := range m.died {
		if died && m.speaks(other) == m.speaks(subject) {
			return true
		}
	}
	return false
}

// lastSaid is the height at which a death was recorded or undone last of whose subject it is; 0 where none was.
func (m *Model) lastSaid(subject string) (last int64) {
	for other, height := range m.said {
		if m.speaks(other) == m.speaks(subject) {
			last = max(last, height)
		}
	}
	return last
}

// fallen reports whether a grant was given while its subject was merged, and it has been parted.
func (m *Model) fallen(g *modelGrant) bool { return g.turn != 0 && g.turn != m.merges.turn[g.subject] }

// merging is the turn that a grant stands and falls with, given now.
func (m *Model) merging(subject, delegation []byte) uint32 {
	if m.Merged(subject) == nil || len(delegation) != 0 {
		return 0
	}
	return m.merges.turn[string(subject)]
}

func (m *Model) merge(tx []byte, b *wire.MergeSubjects, by signers) Foretold {
	const day = 24 * 3600_000
	var wrong defects
	var members [][]byte
	wrong.when(string(b.From) == string(b.Into), stele.KindInvalid)
	for _, side := range [][]byte{b.From, b.Into} {
		isMember := slices.ContainsFunc(m.members(), func(s stele.Subject) bool { return string(s[:]) == string(side) })
		wrong.when(isMember || m.keys[string(side)] == nil || m.dead(string(side)), stele.KindDenied)
		if m.Slip(side) != nil {
			members = m.carers(by)
			wrong.when(members == nil, stele.KindDenied)
		} else {
			wrong.when(!by.anyOf(m.keys[string(side)]), stele.KindDenied)
		}
		wrong.when(m.Merged(side) != nil, stele.KindExists)
		wrong.when(m.of("merges", string(side)).over(m.time, 16, day), stele.KindLimit)
	}
	wrong.when(m.Slip(b.From) == nil && m.Slip(b.Into) != nil, stele.KindInvalid)
	onto := map[string]int{}
	for _, into := range m.merges.into {
		onto[into]++
	}
	wrong.when(onto[string(b.From)] > 0 || len(b.Commitment) != 32, stele.KindInvalid)
	wrong.when(onto[string(b.Into)] >= 8, stele.KindLimit)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	m.of("merges", string(b.From)).add(m.time, day)
	m.merges.into[string(b.From)], m.merges.slot[string(b.From)] = string(b.Into), m.committed[string(b.From)]
	m.next(b.From, b.Into)
	return m.write(string(b.From), tx, &wire.Event{Event: &wire.Event_SubjectsMerged{SubjectsMerged: &wire.SubjectsMerged{
		Into: b.Into, Commitment: b.Commitment, Members: members}}})
}

func (m *Model) undoMerge(tx []byte, b *wire.UndoMerge, by signers) Foretold {
	var wrong defects
	into := m.Merged(b.From)
	dead, said := into != nil && m.dead(string(b.From)), m.lastSaid(string(b.From))
	good := by.anyOf(m.keys[string(b.From)]) || by.anyOf(m.keys[string(into)]) && !dead
	var members [][]byte
	if !good && m.Slip(b.From) != nil {
		members = m.carers(by)
		good = members != nil
	}
	wrong.when(!good, stele.KindDenied)
	wrong.when(into == nil, stele.KindExists)
	wrong.when(len(b.Commitment) != 32, stele.KindInvalid)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	delete(m.merges.into, string(b.From))
	m.committed[string(b.From)] = m.merges.slot[string(b.From)]
	m.slots[string(b.From)] = len(m.merges.slot[string(b.From)]) > 0
	m.next(b.From, into)
	undone := &wire.MergeUndone{Into: into, Commitment: b.Commitment, Members: members, Emergency: m.merges.slot[string(b.From)], Said: said}
	if m.died[string(b.From)], m.said[string(b.From)] = dead, said; dead {
		undone.Died = said // nothing is said after it but that it is undone
	}
	return m.write(string(b.From), tx, &wire.Event{Event: &wire.Event_MergeUndone{MergeUndone: undone}})
}

// next counts a turn, which the other's log will tell.
func (m *Model) next(from, other []byte) {
	m.merges.turn[string(from)]++
	id := binary.BigEndian.AppendUint32(slices.Clone(from), m.merges.turn[string(from)])
	m.merges.tell[string(id)] = modelNote{string(other), m.time}
}

// note tells it.
func (m *Model) note(id string) {
	from, turn := id[:20], binary.BigEndian.Uint32([]byte(id[20:]))
	other := m.merges.tell[id].other
	delete(m.merges.tell, id)
	if turn%2 == 1 {
		m.of("merges", other).add(m.time, 24*3600_000)
	}
	m.write(other, nil, &wire.Event{Event: &wire.Event_MergeNoted{MergeNoted: &wire.MergeNoted{From: []byte(from), Turn: turn}}})
}
