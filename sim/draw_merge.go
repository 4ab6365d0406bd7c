package sim

import (
	"fmt"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// side draws whoever signs for one side of a merge: two members for whom nobody has claimed, one of
// the devices otherwise.
func (p *pen) side(subject []byte) (by []wire.Signer) {
	if p.model.Slip(subject) != nil {
		for range 2 {
			by = append(by, p.signer(fmt.Sprintf("member%d", 1+p.IntN(p.members))))
		}
		return by
	}
	if devices := p.model.Keys([20]byte(subject)); len(devices) > 0 {
		return []wire.Signer{p.signers[string(devices[p.IntN(len(devices))].Signing.Key)]}
	}
	return []wire.Signer{p.signer("s0")}
}

// speaking is the subject whose keys speak for one.
func (p *pen) speaking(subject stele.Subject) []byte {
	if into := p.model.Merged(subject[:]); into != nil {
		return into
	}
	return subject[:]
}

// merge draws a merge of two subjects: mostly of one whom nobody has claimed, by both sides; now and
// then by one.
func (p *pen) merge() (*wire.Transaction, []wire.Signer) {
	from, _ := p.unclaimed()
	if p.one(4) {
		from, _ = p.subject()
	}
	into := ledgertest.Subject(p.name("s", 12))
	by := distinct(append(p.side(from), p.side(into[:])...))
	if p.one(8) && len(by) > 1 {
		by = by[1:]
	}
	return &wire.Transaction{Message: &wire.Transaction_MergeSubjects{MergeSubjects: &wire.MergeSubjects{From: from, Into: into[:], Commitment: p.slot()}}}, by
}

// part draws the end of a merge, if it finds one, by one of its sides or by somebody else.
func (p *pen) part() (*wire.Transaction, []wire.Signer) {
	from, other := p.subject()
	by := []wire.Signer{other}
	for _, s := range p.model.Subjects() {
		if into := p.model.Merged(s[:]); into != nil && p.one(2) {
			from = s[:]
			by = distinct(p.side([][]byte{from, into}[p.IntN(2)]))
		}
	}
	return &wire.Transaction{Message: &wire.Transaction_UndoMerge{UndoMerge: &wire.UndoMerge{From: from, Commitment: p.slot()}}}, by
}
