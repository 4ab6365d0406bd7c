// Package records is the contract for anchors: the Merkle root of a submission
// of sealed records, put on the ledger under a write grant.
//
// An anchor tells that somebody whom the patient allowed to write delivered
// something at a time; who it was and how much stand in commitments that only
// vaults, readers and the patient can open. An id is anchored once for ever, under the
// one grant that it is made for, so a root can't be exchanged.
package records

import (
	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/wire"
)

// Contract is the records contract.
type Contract struct{}

// Decide answers MakeAnchor.
func (Contract) Decide(at ledger.Moment, s ledger.Reader, tx *ledger.Tx) (*wire.Event, error) {
	const op = "make anchor"
	message, ok := tx.Body.Message.(*wire.Transaction_MakeAnchor)
	if !ok {
		return nil, nil
	}
	m := message.MakeAnchor
	grant := state.Grants.Get(s, m.Grant)
	if grant == nil || stele.Action(grant.Action) != stele.ActionWrite || !tx.SignedBy(wire.Key(grant.Grantee)) {
		return nil, stele.E(op, stele.KindDenied, "no write grant for the key that signed", nil)
	}
	if state.Anchors.Has(s, m.Submission) { // asked first: who settles an id of an earlier release is told the truth
		return nil, stele.E(op, stele.KindExists, "the submission is anchored already", nil)
	}
	if err := wire.OwnID(m.Submission, m.Grant); err != nil {
		return nil, err
	}
	if err := wire.OpaqueDigests(m.Root, m.SourceCommitment, m.CountCommitment); err != nil {
		return nil, err
	}
	uses := state.Uses.Get(s, m.Grant)
	if state.Standing(s, grant, uses, at.TimeMS) != stele.GrantActive || at.TimeMS < grant.NotBeforeMs {
		return nil, stele.E(op, stele.KindDenied, "the write grant does not hold now", nil).
			WithHint("ask the patient for a new write grant")
	}
	if _, ok := state.AnchorRate.Pay(uses.GetPaidMs(), at.TimeMS); !ok {
		return nil, stele.E(op, stele.KindLimit, "the write grant has been used too often for now", nil).
			WithHint("deliver more records at a time; " + state.AnchorRate.Hint("one delivery more"))
	}
	return &wire.Event{Subject: grant.Subject, Event: &wire.Event_Anchored{Anchored: &wire.Anchored{
		Submission: m.Submission, Grant: m.Grant, Root: m.Root,
		SourceCommitment: m.SourceCommitment, CountCommitment: m.CountCommitment,
	}}}, nil
}

// Apply keeps the table of anchors.
func (Contract) Apply(s ledger.Writer, e *wire.Event) {
	if m, ok := e.Event.(*wire.Event_Anchored); ok {
		state.Anchors.Set(s, m.Anchored.Submission, ledger.PlaceOf(e))
	}
}

// Due answers nothing: an anchor stays.
func (Contract) Due(ledger.Moment, ledger.Reader, ledger.Deadline) *wire.Event { return nil }
