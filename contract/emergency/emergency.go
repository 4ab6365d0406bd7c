// Package emergency is the contract for opening a chart in an emergency, without a grant
// (break-glass), and for what the patient said of it beforehand.
//
// Each subject has an emergency slot: a commitment to a document that says what may be
// opened, by whom, and by whom not. The ledger never sees the document, and a slot that
// says nothing looks like any other (R17, R11): whether it allows what is asked is judged
// by the trustees, when somebody asks. Who has no slot cannot be opened so: members, until
// they set one, and subjects of before there were slots.
//
// An activation is signed by two: by a key made for it alone, so that two of one
// practitioner have nothing in common (R10), and by the node of the organisation, a member
// of the consortium. It makes a row in the table of grants, so that each opening under it is
// permitted, written down and bounded like one under a grant (contract/access). It ends by
// itself, is never longer than the consortium's terms say, and cannot be given on; the
// patient takes it back like a grant (RevokeGrant), and who opened ends it early.
//
// When it is over somebody looks at it, the patient or the organisation, but not by the
// key that opened, and says once, by a code, what is to be thought of it. If nobody
// has by the time that is due, the ledger says so itself. While the patient's death is recorded it
// is the organisation that looks, and the slot stays as it is. Start with Decide.
package emergency

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/wire"
)

// MostInADay is how many charts one member may open in an emergency in a day of block
// time, UTC: as many as a large emergency department sees patients of whom it has no grant,
// and far fewer than all the charts of a network.
const MostInADay = 256

// Contract is the emergency contract.
type Contract struct{}

// Decide answers SetEmergency, BreakGlass, EndEmergency and ReviewEmergency.
func (Contract) Decide(at ledger.Moment, s ledger.Reader, tx *ledger.Tx) (*wire.Event, error) {
	switch m := tx.Body.Message.(type) {
	case *wire.Transaction_SetEmergency:
		return set(at, s, tx, m.SetEmergency)
	case *wire.Transaction_BreakGlass:
		return activate(at, s, tx, m.BreakGlass)
	case *wire.Transaction_EndEmergency:
		return endEarly(at, s, tx, m.EndEmergency)
	case *wire.Transaction_ReviewEmergency:
		return review(at, s, tx, m.ReviewEmergency)
	}
	return nil, nil
}

func set(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m *wire.SetEmergency) (*wire.Event, error) {
	const op = "set emergency slot"
	row := state.Speaking(s, m.Subject)
	if row == nil || !state.SignedFor(row, tx) {
		return nil, stele.E(op, stele.KindDenied, "not signed by a current key of the subject", nil)
	}
	if err := state.Lives(s, op, m.Subject); err != nil {
		return nil, err
	}
	if err := wire.OpaqueDigests(m.Commitment); err != nil {
		return nil, err
	}
	if !state.SlotRate.Allows(s, state.Account(s, m.Subject), at.TimeMS) {
		return nil, stele.E(op, stele.KindLimit, "the emergency slot has been set too often for now", nil).
			WithHint(state.SlotRate.Hint("one more"))
	}
	return &wire.Event{Subject: m.Subject, Event: &wire.Event_EmergencySet{EmergencySet: &wire.EmergencySet{Commitment: m.Commitment}}}, nil
}

func activate(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m *wire.BreakGlass) (*wire.Event, error) {
	const op = "break glass"
	run := ledger.Consortium.Get(s, nil)
	if err := signed(s, tx, run, m); err != nil {
		return nil, err
	}
	switch row := state.Subjects.Get(s, m.Subject); {
	case row == nil:
		return nil, stele.E(op, stele.KindDenied, "no such subject", nil)
	case state.Died(s, m.Subject) != 0:
		return nil, dead(op)
	case len(row.GetEmergency()) == 0:
		return nil, stele.E(op, stele.KindDenied, "the subject has no emergency slot, and nothing opens in an emergency", nil)
	}
	if state.Grants.Has(s, m.Activation) {
		return nil, stele.E(op, stele.KindExists, "there is such an activation or grant already", nil)
	}
	if err := wire.OwnID(m.Activation, m.Subject); err != nil {
		return nil, err
	}
	if err := tx.Sound(func() error { return wire.ValidKey(m.Grantee) }); err != nil {
		return nil, err
	}
	if err := wire.OpaqueDigests(m.DetailCommitment); err != nil {
		return nil, err
	}
	if _, ok := state.GlassRate.Pay(state.Glass.Get(s, pair(m.Subject, m.Member)).GetMs(), at.TimeMS); !ok {
		return nil, stele.E(op, stele.KindLimit, "the member has opened this chart too often for now", nil).
			WithHint(state.GlassRate.Hint("one more"))
	}
	if state.Broken.Get(s, daily(m.Member, at.TimeMS)).GetN() >= MostInADay {
		return nil, stele.E(op, stele.KindLimit, fmt.Sprintf("the member has opened %d charts in an emergency today", MostInADay), nil).
			WithHint("a day begins at 00:00 UTC")
	}
	return &wire.Event{Subject: m.Subject, Event: &wire.Event_GlassBroken{GlassBroken: &wire.GlassBroken{
		Activation: m.Activation, Member: m.Member, Grantee: m.Grantee, DetailCommitment: m.DetailCommitment,
		UntilMs: at.TimeMS + run.GetTerms().Emergency().Milliseconds(), ReviewByMs: at.TimeMS + run.GetTerms().Review().Milliseconds(),
	}}}, nil
}

// dead is why nobody opens the chart of somebody whose death is recorded, and what to do where the
// person lives.
func dead(op string) *stele.Error {
	return stele.E(op, stele.KindDenied, "a death of this person is recorded, and the chart of who has died does not open in an emergency", nil).
		WithHint("if the person lives, treat as without a chart, and have the mistake undone by a hospital: stele member death certify PATIENT --undo --says WHY --out FILE")
}

// signed fails with KindDenied unless both signed: the grantee key, and the node of a
// member, none of whose keys that is.
func signed(s ledger.Reader, tx *ledger.Tx, run *wire.Consortium, m *wire.BreakGlass) error {
	const op = "break glass"
	id, err := stele.SubjectFrom(m.Member)
	if err != nil || run.Member(id) == nil {
		return stele.E(op, stele.KindDenied, "not for a member of the consortium", nil)
	}
	node, row := wire.Key(run.Member(id).Node), state.Subjects.Get(s, m.Member)
	switch grantee := wire.Key(m.Grantee); {
	case !tx.SignedBy(node):
		return stele.E(op, stele.KindDenied, "not signed by the member's node", nil)
	case !tx.SignedBy(grantee):
		return stele.E(op, stele.KindDenied, "not signed by the grantee's key", nil)
	case grantee == node || state.Holds(row, grantee):
		return stele.E(op, stele.KindDenied, "the grantee's key is the member's own", nil).
			WithHint("draw one for this activation alone")
	}
	return nil
}

// activation returns the row of an activation that has been, or nil.
func activation(s ledger.Reader, id []byte) *state.GrantRow {
	if row := state.Grants.Get(s, id); row != nil && len(row.Member) != 0 {
		return row
	}
	return nil
}

// over reports whether an activation holds no more.
func over(row *state.GrantRow, timeMS int64) bool {
	return state.GrantStatus(row, nil, timeMS) != stele.GrantActive
}

func endEarly(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m *wire.EndEmergency) (*wire.Event, error) {
	const op = "end emergency"
	row := activation(s, m.Activation)
	if row == nil || !tx.SignedBy(wire.Key(row.Grantee)) && !state.SignedFor(state.Subjects.Get(s, row.Member), tx) {
		return nil, stele.E(op, stele.KindDenied, "no such activation by a key that signed", nil)
	}
	if over(row, at.TimeMS) {
		return nil, stele.E(op, stele.KindExists, "it is over already", nil)
	}
	return ended(row, m.Activation, true), nil
}

func ended(row *state.GrantRow, id []byte, early bool) *wire.Event {
	return &wire.Event{Subject: row.Subject, Event: &wire.Event_EmergencyEnded{EmergencyEnded: &wire.EmergencyEnded{Activation: id, Early: early}}}
}

func review(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m *wire.ReviewEmergency) (*wire.Event, error) {
	const op = "review emergency"
	row := activation(s, m.Activation)
	member := row != nil && state.SignedFor(state.Subjects.Get(s, row.Member), tx)
	switch {
	case row == nil || !member && !state.SignedFor(state.Speaking(s, row.Subject), tx):
		return nil, stele.E(op, stele.KindDenied, "no such activation of a subject or member whose key signed", nil)
	case !member && state.Died(s, row.Subject) != 0:
		return nil, state.Lives(s, op, row.Subject)
	case tx.SignedBy(wire.Key(row.Grantee)):
		return nil, stele.E(op, stele.KindDenied, "nobody reviews what they did themselves", nil)
	case row.Outcome != 0:
		return nil, stele.E(op, stele.KindExists, "it has been reviewed", nil)
	case !over(row, at.TimeMS) && state.Died(s, row.Subject) == 0: // or it would be said of what comes after
		return nil, stele.E(op, stele.KindInvalid, "it is not over", nil).WithHint("end it first")
	case wire.Review_name[int32(m.Outcome)] == "" || m.Outcome == wire.Review_REVIEW_UNSPECIFIED:
		return nil, stele.E(op, stele.KindInvalid, "an outcome that there is not", nil)
	}
	if err := wire.OpaqueDigests(m.Commitment); err != nil {
		return nil, err
	}
	return &wire.Event{Subject: row.Subject, Event: &wire.Event_EmergencyReviewed{EmergencyReviewed: &wire.EmergencyReviewed{
		Activation: m.Activation, Outcome: m.Outcome, Commitment: m.Commitment, Late: row.ReviewByMs <= at.TimeMS,
	}}}, nil
}

// Apply keeps the slots, the rows of activations among the grants, and both deadlines.
func (Contract) Apply(s ledger.Writer, e *wire.Event) {
	switch m := e.Event.(type) {
	case *wire.Event_EmergencySet:
		row := state.Subjects.Get(s, e.Subject)
		row.Emergency = m.EmergencySet.Commitment
		state.Subjects.Set(s, e.Subject, row)
		state.SlotRate.Count(s, state.Account(s, e.Subject), e.TimeMs)
	case *wire.Event_GlassBroken:
		broken(s, e, m.GlassBroken)
	case *wire.Event_EmergencyEnded:
		row := state.Grants.Get(s, m.EmergencyEnded.Activation)
		row.Status = uint32(stele.GrantEnded)
		state.Grants.Set(s, m.EmergencyEnded.Activation, row)
		ledger.ClearDeadline(s, end(row, m.EmergencyEnded.Activation))
	case *wire.Event_GrantRevoked: // whose status contract/grants keeps
		if row := activation(s, m.GrantRevoked.Grant); row != nil {
			ledger.ClearDeadline(s, end(row, m.GrantRevoked.Grant))
		}
	case *wire.Event_EmergencyReviewed:
		row := state.Grants.Get(s, m.EmergencyReviewed.Activation)
		row.Outcome = uint32(m.EmergencyReviewed.Outcome)
		if !over(row, e.TimeMs) { // a death has stopped it: it runs on no more, if that is undone
			row.Status = uint32(stele.GrantEnded)
			ledger.ClearDeadline(s, end(row, m.EmergencyReviewed.Activation))
		}
		state.Grants.Set(s, m.EmergencyReviewed.Activation, row)
		ledger.ClearDeadline(s, reviewBy(row, m.EmergencyReviewed.Activation))
	case *wire.Event_ReviewOverdue:
		ledger.ClearDeadline(s, reviewBy(state.Grants.Get(s, m.ReviewOverdue.Activation), m.ReviewOverdue.Activation))
	}
}

func broken(s ledger.Writer, e *wire.Event, g *wire.GlassBroken) {
	row := &state.GrantRow{
		Subject: e.Subject, Action: uint32(stele.ActionRead), Grantee: g.Grantee, EndMs: g.UntilMs, Commitment: g.DetailCommitment,
		Status: uint32(stele.GrantActive), Height: e.Height, Member: g.Member, ReviewByMs: g.ReviewByMs,
	}
	state.Grants.Set(s, g.Activation, row)
	ledger.SetDeadline(s, end(row, g.Activation))
	ledger.SetDeadline(s, reviewBy(row, g.Activation))
	key := pair(e.Subject, g.Member)
	paid, _ := state.GlassRate.Pay(state.Glass.Get(s, key).GetMs(), e.TimeMs)
	state.Glass.Set(s, key, &state.PaidRow{Ms: paid})
	day := daily(g.Member, e.TimeMs)
	state.Broken.Set(s, day, &state.CountRow{N: state.Broken.Get(s, day).GetN() + 1})
}

// Due ends an activation whose time has come, and says of one that no review has.
func (Contract) Due(_ ledger.Moment, s ledger.Reader, d ledger.Deadline) *wire.Event {
	if d.Kind != state.DueEmergency && d.Kind != state.DueReview {
		return nil
	}
	switch row := activation(s, d.ID); {
	case row != nil && d.Kind == state.DueEmergency:
		return ended(row, d.ID, false)
	case row != nil:
		return &wire.Event{Subject: row.Subject, Event: &wire.Event_ReviewOverdue{ReviewOverdue: &wire.ReviewOverdue{Activation: d.ID}}}
	}
	return nil
}

func end(row *state.GrantRow, id []byte) ledger.Deadline {
	return ledger.Deadline{TimeMS: row.EndMs, Kind: state.DueEmergency, ID: id}
}

func reviewBy(row *state.GrantRow, id []byte) ledger.Deadline {
	return ledger.Deadline{TimeMS: row.ReviewByMs, Kind: state.DueReview, ID: id}
}

// pair is the key of what a member did to a subject.
func pair(subject, member []byte) []byte {
	return append(append(make([]byte, 0, len(subject)+len(member)), subject...), member...)
}

// daily is the key of what a member did on the day of a block time.
func daily(member []byte, timeMS int64) []byte {
	day := timeMS / (24 * time.Hour).Milliseconds()
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, len(member)+8), member...), uint64(day))
}
