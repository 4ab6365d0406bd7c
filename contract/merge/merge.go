// Package merge is the contract for one person who has two subjects: somebody without a name who
// was treated, and is found to be somebody who is known.
//
// Nothing is moved and nothing is anchored anew: the logs, folios and grants of both stay where
// they are. What changes is who speaks for the one: the keys of the other, as they are at any time
// (state.Speaking), and no key of its own but to part the two again. Whoever is given the other's
// chart is not given this one: a grant is of one subject.
//
// Both sides sign. A side that somebody has claimed signs with a current key of its own, so that
// nobody takes a chart that is anybody's; for a side that nobody has claimed two members of
// different kinds sign, as they give its grants. Where one side is claimed, the other is merged
// into that one: a person's chart does not come into the hands of members.
//
// It is undone by whoever speaks for either side; while a death of the person is recorded, by who speaks for the one that was
// merged alone, who may be somebody else: not by the keys that speak for both. Then each has what it had before, its
// emergency slot, too, and what was last said of a death: one that is recorded stays that of either, until it is undone of each; what was granted meanwhile by the other's word opens nothing any more (state.Standing).
//
// An event changes rows of its own subject alone, and so each is written in the one's log, and in
// the other's a block later, by a deadline. Start with Decide.
package merge

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/wire"
)

// Most is how many subjects are merged into one at a time.
const Most = 8

// Contract is the merge contract.
type Contract struct{}

// Decide answers MergeSubjects and UndoMerge.
func (Contract) Decide(at ledger.Moment, s ledger.Reader, tx *ledger.Tx) (*wire.Event, error) {
	switch m := tx.Body.Message.(type) {
	case *wire.Transaction_MergeSubjects:
		return merge(at, s, tx, m.MergeSubjects)
	case *wire.Transaction_UndoMerge:
		return undo(s, tx, m.UndoMerge)
	}
	return nil, nil
}

func merge(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m *wire.MergeSubjects) (*wire.Event, error) {
	const op = "merge subjects"
	members, err := both(s, tx, m)
	if err != nil {
		return nil, err
	}
	from, into := state.Subjects.Get(s, m.From), state.Subjects.Get(s, m.Into)
	switch {
	case state.Died(s, m.From) != 0 || state.Died(s, m.Into) != 0:
		return nil, stele.E(op, stele.KindDenied, "the death of one of them is recorded", nil).
			WithHint("its record is undone first (stele member death certify PATIENT --undo --says WHY --out FILE, signed by who acts for them), then they are merged; where it was no mistake it is recorded again, and counts for both then")
	case len(from.Into) != 0 || len(into.Into) != 0:
		return nil, stele.E(op, stele.KindExists, "one of them is merged into a subject already", nil).
			WithHint("merge into that one, or undo it first")
	case len(state.Joined.Get(s, m.From).GetFrom()) != 0:
		return nil, stele.E(op, stele.KindInvalid, "others are merged into the one that would be merged", nil).
			WithHint("merge the other way round, or part them first")
	case len(state.Joined.Get(s, m.Into).GetFrom()) >= Most:
		return nil, stele.E(op, stele.KindLimit, fmt.Sprintf("%d subjects are merged into it already", Most), nil)
	}
	if err := wire.OpaqueDigests(m.Commitment); err != nil {
		return nil, err
	}
	for _, side := range [][]byte{m.From, m.Into} {
		if !state.MergeRate.Allows(s, side, at.TimeMS) {
			return nil, stele.E(op, stele.KindLimit, "too much has been merged for now", nil).
				WithHint(state.MergeRate.Hint("one more"))
		}
	}
	return &wire.Event{Subject: m.From, Event: &wire.Event_SubjectsMerged{SubjectsMerged: &wire.SubjectsMerged{
		Into: m.Into, Commitment: m.Commitment, Members: members,
	}}}, nil
}

// both checks who signed for both sides, and returns the members that did for whom nobody has
// claimed.
func both(s ledger.Reader, tx *ledger.Tx, m *wire.MergeSubjects) (members [][]byte, err error) {
	const op = "merge subjects"
	if string(m.From) == string(m.Into) {
		return nil, stele.E(op, stele.KindInvalid, "a subject is not merged with itself", nil)
	}
	run := ledger.Consortium.Get(s, nil)
	for _, side := range [][]byte{m.From, m.Into} {
		row := state.Subjects.Get(s, side)
		if id, err := stele.SubjectFrom(side); err != nil || row == nil || run.Member(id) != nil || string(run.GetSubject()) == string(side) {
			return nil, stele.E(op, stele.KindDenied, "no subject that is a person's", nil)
		}
		if len(row.Enrolled) == 0 && !state.SignedFor(row, tx) {
			return nil, stele.E(op, stele.KindDenied, "not signed by a current key of one of them, whom somebody has claimed", nil)
		}
		if len(row.Enrolled) != 0 && members == nil {
			if members = state.Carers(s, tx); members == nil {
				return nil, stele.E(op, stele.KindDenied, "nobody has claimed one of them, and no two members of different kinds signed", nil)
			}
		}
	}
	if len(state.Subjects.Get(s, m.From).Enrolled) == 0 && len(state.Subjects.Get(s, m.Into).Enrolled) != 0 {
		return nil, stele.E(op, stele.KindInvalid, "a chart that somebody has claimed is not merged into one that nobody has", nil).
			WithHint("merge the other way round")
	}
	return members, nil
}

func undo(s ledger.Reader, tx *ledger.Tx, m *wire.UndoMerge) (*wire.Event, error) {
	const op = "undo merge"
	row := state.Subjects.Get(s, m.From)
	signed, may, members := sides(s, tx, m.From)
	switch {
	case !signed:
		return nil, stele.E(op, stele.KindDenied, "no such subject of whose two sides one signed", nil)
	case len(row.Into) == 0:
		return nil, stele.E(op, stele.KindExists, "it is merged into none", nil)
	case !may:
		return nil, stele.E(op, stele.KindDenied, "the death of one of them is recorded", nil).
			WithHint("the key of the chart that was merged parts them, or two members where nobody has claimed it; where the death is a mistake, undo it first: stele member death certify PATIENT --undo --says WHY --out FILE")
	}
	if err := wire.OpaqueDigests(m.Commitment); err != nil {
		return nil, err
	}
	return &wire.Event{Subject: m.From, Event: &wire.Event_MergeUndone{MergeUndone: &wire.MergeUndone{
		Into: row.Into, Commitment: m.Commitment, Members: members, Emergency: row.Before,
		Died: state.Died(s, m.From), Said: state.Said(s, m.From),
	}}}, nil
}

// sides finds out whether one of the two sides of a merge signed, and whether one did that may part them: while a
// death of the person is recorded, the side of the one that was merged. Two members of different kinds speak for
// it where nobody has claimed it, and no key did that may; they are returned then.
func sides(s ledger.Reader, tx *ledger.Tx, from []byte) (signed, may bool, members [][]byte) {
	row := state.Subjects.Get(s, from)
	if row == nil {
		return false, false, nil
	}
	own, into := state.SignedFor(row, tx), state.SignedFor(state.Speaking(s, from), tx)
	if may = own || into && state.Died(s, from) == 0; !may && len(row.Enrolled) != 0 {
		members = state.Carers(s, tx)
	}
	return own || into || members != nil, may || members != nil, members
}

// Apply keeps who speaks for a subject, how many are merged into one, and what the other's log has
// not said yet.
func (Contract) Apply(s ledger.Writer, e *wire.Event) {
	switch m := e.Event.(type) {
	case *wire.Event_SubjectsMerged:
		row := state.Subjects.Get(s, e.Subject)
		row.Into, row.Before = m.SubjectsMerged.Into, row.Emergency
		turn(s, e, row, m.SubjectsMerged.Into)
		joined(s, m.SubjectsMerged.Into, func(from [][]byte) [][]byte { return append(from, e.Subject) })
		state.MergeRate.Count(s, e.Subject, e.TimeMs)
	case *wire.Event_MergeUndone:
		row := state.Subjects.Get(s, e.Subject)
		row.Into, row.Before, row.Emergency = nil, nil, m.MergeUndone.Emergency
		if m.MergeUndone.Said != 0 {
			row.Died, row.Said = m.MergeUndone.Died, m.MergeUndone.Said
		}
		turn(s, e, row, m.MergeUndone.Into)
		joined(s, m.MergeUndone.Into, func(from [][]byte) [][]byte {
			return slices.DeleteFunc(from, func(other []byte) bool { return bytes.Equal(other, e.Subject) })
		})
	case *wire.Event_MergeNoted:
		id := state.Turning(m.MergeNoted.From, m.MergeNoted.Turn)
		if row := state.Notes.Get(s, id); row != nil {
			ledger.ClearDeadline(s, due(row.Ms, id))
			state.Notes.Delete(s, id)
		} else {
			state.Notes.Set(s, id, &state.NoteRow{Early: true})
		}
		if m.MergeNoted.Turn%2 == 1 {
			state.MergeRate.Count(s, e.Subject, e.TimeMs)
		}
	}
}

// turn writes the row of an event's subject, with who speaks for it from here on, where on the ledger
// that is, and that the other's log must say so.
func turn(s ledger.Writer, e *wire.Event, row *state.SubjectRow, other []byte) {
	row.Turn++
	state.Subjects.Set(s, e.Subject, row)
	id := state.Turning(e.Subject, row.Turn)
	state.Turns.Set(s, id, ledger.PlaceOf(e))
	if state.Notes.Has(s, id) {
		state.Notes.Delete(s, id)
		return
	}
	state.Notes.Set(s, id, &state.NoteRow{Ms: e.TimeMs, Other: other})
	ledger.SetDeadline(s, due(e.TimeMs, id))
}

// joined changes the list of those that are merged into a subject.
func joined(s ledger.Writer, into []byte, change func([][]byte) [][]byte) {
	row := state.Joined.Get(s, into)
	if row == nil {
		row = new(state.JoinedRow)
	}
	row.From = change(row.From)
	slices.SortFunc(row.From, bytes.Compare)
	state.Joined.Set(s, into, row)
}

// Due says in the other's log what one log has said.
func (Contract) Due(_ ledger.Moment, s ledger.Reader, d ledger.Deadline) *wire.Event {
	if d.Kind != state.DueNote {
		return nil
	}
	from, turn := d.ID[:len(stele.Subject{})], binary.BigEndian.Uint32(d.ID[len(stele.Subject{}):])
	return &wire.Event{Subject: state.Notes.Get(s, d.ID).Other, Event: &wire.Event_MergeNoted{MergeNoted: &wire.MergeNoted{From: from, Turn: turn}}}
}

func due(ms int64, id []byte) ledger.Deadline {
	return ledger.Deadline{TimeMS: ms, Kind: state.DueNote, ID: id}
}
