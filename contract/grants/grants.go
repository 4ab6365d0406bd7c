// Package grants is the contract for consents: giving, taking back, and their
// ending by themselves, for reading and for writing.
//
// What a grant allows stands in a document that the ledger never sees; here are
// its random id, a key made for this grant alone, when it holds, how often it
// may be used, and a commitment to the document. Nothing here says who was
// granted what, and there is no way to write down a refusal of consent (R11):
// without a grant there is simply nothing.
//
// An end holds by comparison with block time; the GrantEnded event that follows
// only makes it visible.
//
// A grant to delegate lets somebody act for the subject: read under it (contract/access),
// give grants and take those back. What they give names the delegation, ends with it at the
// latest, and opens nothing once it has been taken back (state.Standing). A delegation may
// give one more, which gives none on. Which acts it is for stands in its document, and
// trustees judge that.
//
// Who holds a grant of any kind may give it back, by the key that it was given to: nobody reads, writes or
// acts for somebody against their will. It is a revocation of which the event says who it was by, and what was
// given under a delegation falls with it as where the subject takes it back.
//
// While a death is recorded the keys of the dead take nothing back, neither what they gave nor what who acts gave:
// who finds the phone turns nobody out. Nor do members end a delegation that they gave, for nobody could give another;
// whoever holds a grant gives it back all the same, and who acts takes back what they gave.
//
// For a subject that is merged into another (contract/merge) that one's keys give and take back, and
// what they gave opens nothing any more when the two are parted.
//
// For a subject whom nobody has claimed (contract/identity) two members of different kinds give
// together, not for long, and each of them can take it back, as can whoever claims the subject.
package grants

import (
	"fmt"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/wire"
)

// MaxTerm bounds how long a grant may last: nothing is for ever.
const MaxTerm = 100 * 366 * 24 * time.Hour

// How long a grant lasts at most that two members give for a person who was enrolled without a
// device: as long as somebody is cared for, and as long as a source goes on writing. Whoever acts for the
// person, a newborn's parent, does so to the end of MaxTerm.
const (
	CareTerm   = 90 * 24 * time.Hour  // to read
	SourceTerm = 366 * 24 * time.Hour // to write
)

// Contract is the grants contract.
type Contract struct{}

// Decide answers GiveGrant and RevokeGrant.
func (Contract) Decide(at ledger.Moment, s ledger.Reader, tx *ledger.Tx) (*wire.Event, error) {
	switch m := tx.Body.Message.(type) {
	case *wire.Transaction_GiveGrant:
		return give(at, s, tx, m.GiveGrant)
	case *wire.Transaction_RevokeGrant:
		return revoke(at, s, tx, m.RevokeGrant)
	}
	return nil, nil
}

func give(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m *wire.GiveGrant) (*wire.Event, error) {
	const op = "give grant"
	by, members, err := giver(at, s, tx, m)
	if err != nil {
		return nil, err
	}
	if state.Grants.Has(s, m.Grant) { // asked first: it may be an earlier release's
		return nil, stele.E(op, stele.KindExists, "there is such a grant already", nil)
	}
	if err := wire.OwnID(m.Grant, m.Subject); err != nil {
		return nil, err
	}
	if err := tx.Sound(func() error { return wire.ValidKey(m.Grantee) }); err != nil {
		return nil, err
	}
	action := stele.Action(m.Action)
	if m.Action > 3 || action != stele.ActionRead && action != stele.ActionWrite && action != stele.ActionDelegate {
		return nil, stele.E(op, stele.KindInvalid, "an action is read, write or delegate", nil)
	}
	if err := wire.OpaqueDigests(m.Commitment); err != nil {
		return nil, err
	}
	switch {
	case m.EndMs <= at.TimeMS:
		return nil, stele.E(op, stele.KindInvalid, "the end has passed already", nil).
			WithHint("give a later end, and check this machine's clock")
	case m.EndMs <= m.NotBeforeMs || m.NotBeforeMs < 0 || m.EndMs > at.TimeMS+MaxTerm.Milliseconds():
		return nil, stele.E(op, stele.KindInvalid, "a grant begins before it ends, within a hundred years", nil)
	case members != nil && m.EndMs > at.TimeMS+careTerm(action).Milliseconds():
		return nil, stele.E(op, stele.KindInvalid, fmt.Sprintf("members give for %v at most, for a person whom nobody has claimed", careTerm(action)), nil)
	case by != nil && m.EndMs > by.EndMs:
		return nil, stele.E(op, stele.KindInvalid, "it ends after the delegation that it is given under", nil)
	}
	rate := state.GrantRate
	if by != nil {
		rate = state.DelegateRate
	}
	if !rate.Allows(s, state.Account(s, m.Subject), at.TimeMS) {
		return nil, stele.E(op, stele.KindLimit, "too many grants have been given for now", nil).
			WithHint(rate.Hint("one more"))
	}
	return &wire.Event{Subject: m.Subject, Event: &wire.Event_GrantGiven{GrantGiven: &wire.GrantGiven{
		Grant: m.Grant, Action: m.Action, Grantee: m.Grantee, NotBeforeMs: m.NotBeforeMs, EndMs: m.EndMs,
		MaxUses: m.MaxUses, Commitment: m.Commitment, Delegation: m.Delegation,
		Members: members,
	}}}, nil
}

func careTerm(action stele.Action) time.Duration {
	switch action {
	case stele.ActionRead:
		return CareTerm
	case stele.ActionWrite:
		return SourceTerm
	}
	return MaxTerm
}

// giver returns by whom a grant is given for the subject: the delegation of who acts for it, or two
// members where nobody has claimed it; neither where the subject does. It fails with KindDenied.
func giver(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m *wire.GiveGrant) (by *state.GrantRow, members [][]byte, err error) {
	const op = "give grant"
	row := state.Speaking(s, m.Subject)
	switch {
	case len(m.Delegation) != 0:
		by = state.Acting(s, tx, m.Delegation, at.TimeMS)
		if by == nil || string(by.Subject) != string(m.Subject) {
			return nil, nil, stele.E(op, stele.KindDenied, "not signed by who acts for the subject now", nil)
		}
		if len(by.Delegation) != 0 && stele.Action(m.Action) == stele.ActionDelegate {
			return nil, nil, stele.E(op, stele.KindDenied, "a delegation that was given by a delegate gives none on", nil)
		}
		return by, nil, nil
	case state.Died(s, m.Subject) != 0:
		return nil, nil, stele.E(op, stele.KindDenied, "the subject has died", nil).
			WithHint("an executor gives grants from then on; where it is a mistake: stele member death certify PATIENT --undo --says WHY --out FILE")
	case len(row.GetEnrolled()) != 0:
		if members = state.Carers(s, tx); members == nil {
			return nil, nil, stele.E(op, stele.KindDenied, "nobody has claimed the subject, and no two members of different kinds signed", nil)
		}
		return nil, members, nil
	case row == nil || !state.SignedFor(row, tx):
		return nil, nil, stele.E(op, stele.KindDenied, "not signed by a current key of the subject", nil)
	}
	return nil, nil, nil
}

// gave returns the member that signed, one of those that gave a grant; nil where none did.
func gave(s ledger.Reader, row *state.GrantRow, tx *ledger.Tx) []byte {
	for _, member := range row.GetMembers() {
		if state.SignedFor(state.Subjects.Get(s, member), tx) {
			return member
		}
	}
	return nil
}

// holds reports whether whom a grant was given to signed. Nobody was given an opening in an
// emergency: who opened ends it by a message of its own (contract/emergency).
func holds(row *state.GrantRow, tx *ledger.Tx) bool {
	return len(row.Member) == 0 && tx.SignedBy(wire.Key(row.Grantee))
}

// notOf is one answer for a grant that is not and for one of others, so that nobody learns which there are.
func notOf(op string) error {
	return stele.E(op, stele.KindDenied, "no such grant of a subject whose key signed", nil).
		WithHint("stele wallet grants lists what you gave, which you can take back, and what you hold")
}

func revoke(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m *wire.RevokeGrant) (*wire.Event, error) {
	const op = "revoke grant"
	row := state.Grants.Get(s, m.Grant)
	e := &wire.GrantRevoked{Grant: m.Grant, Delegation: m.Delegation}
	switch {
	case row != nil && len(m.Delegation) != 0:
		if string(row.Delegation) != string(m.Delegation) || state.Acting(s, tx, m.Delegation, at.TimeMS) == nil {
			return nil, stele.E(op, stele.KindDenied, "no such grant of a delegation whose key signed, and that holds now", nil)
		}
	case row == nil:
		return nil, notOf(op)
	case state.SignedFor(state.Speaking(s, row.Subject), tx): // who else signed does not count
	default:
		if e.Member = gave(s, row, tx); e.Member == nil {
			e.Returned = holds(row, tx)
		}
		if e.Member == nil && !e.Returned {
			return nil, notOf(op)
		}
	}
	if status := state.GrantStatus(row, state.Uses.Get(s, m.Grant), at.TimeMS); status != stele.GrantActive && status != stele.GrantUsedUp {
		return nil, stele.E(op, stele.KindExists, "the grant is over already: "+status.String(), nil)
	}
	own := e.Member == nil && !e.Returned && len(m.Delegation) == 0 // by the subject's keys
	if err := state.Lives(s, op, row.Subject); own && err != nil {
		return nil, err
	}
	if stele.Action(row.Action) == stele.ActionDelegate && e.Member != nil && state.Died(s, row.Subject) != 0 {
		return nil, stele.E(op, stele.KindDenied, "the subject has died, and who acts from then on is not turned out", nil).
			WithHint("who acts gives it back by their own wallet; where the death is a mistake, have it undone first: stele member death certify PATIENT --undo --says WHY --out FILE")
	}
	return &wire.Event{Subject: row.Subject, Event: &wire.Event_GrantRevoked{GrantRevoked: e}}, nil
}

// Apply keeps the table of grants and the time index.
func (Contract) Apply(s ledger.Writer, e *wire.Event) {
	switch m := e.Event.(type) {
	case *wire.Event_GrantGiven:
		g := m.GrantGiven
		turn := uint32(0)
		if of := state.Subjects.Get(s, e.Subject); len(of.Into) != 0 && len(g.Delegation) == 0 {
			turn = of.Turn
		}
		state.Grants.Set(s, g.Grant, &state.GrantRow{
			Subject: e.Subject, Action: g.Action, Grantee: g.Grantee, NotBeforeMs: g.NotBeforeMs, EndMs: g.EndMs,
			MaxUses: g.MaxUses, Commitment: g.Commitment, Status: uint32(stele.GrantActive), Height: e.Height, Delegation: g.Delegation,
			Members: g.Members, Turn: turn,
		})
		ledger.SetDeadline(s, end(g.EndMs, g.Grant))
		state.GrantRate.Count(s, state.Account(s, e.Subject), e.TimeMs)
	case *wire.Event_GrantRevoked:
		row := close(s, m.GrantRevoked.Grant, stele.GrantRevoked, m.GrantRevoked.Returned)
		ledger.ClearDeadline(s, end(row.EndMs, m.GrantRevoked.Grant))
	case *wire.Event_GrantEnded:
		row := close(s, m.GrantEnded.Grant, stele.GrantEnded, false)
		ledger.ClearDeadline(s, end(row.EndMs, m.GrantEnded.Grant))
	case *wire.Event_AccessPermitted:
		used(s, m.AccessPermitted.Grant, func(row *state.UseRow) {
			row.Uses = m.AccessPermitted.Use
			row.PaidMs, _ = state.AccessRate.Pay(row.PaidMs, e.TimeMs)
		})
	case *wire.Event_Anchored: // a use of a write grant
		used(s, m.Anchored.Grant, func(row *state.UseRow) {
			row.Uses++
			row.PaidMs, _ = state.AnchorRate.Pay(row.PaidMs, e.TimeMs)
		})
	case *wire.Event_AccessRefused:
		used(s, m.AccessRefused.Grant, func(row *state.UseRow) {
			if minute := state.Minute(e.TimeMs); row.RefusedMinute != minute {
				row.RefusedMinute, row.Refused = minute, 0
			}
			row.Refused++
			row.Refusals++
		})
	}
}

func used(s ledger.Writer, grant []byte, change func(*state.UseRow)) {
	row := state.Uses.Get(s, grant)
	if row == nil {
		row = new(state.UseRow)
	}
	change(row)
	state.Uses.Set(s, grant, row)
}

func close(s ledger.Writer, id []byte, status stele.GrantStatus, returned bool) *state.GrantRow {
	row := state.Grants.Get(s, id)
	row.Status, row.Returned = uint32(status), returned
	state.Grants.Set(s, id, row)
	return row
}

// Due ends a grant whose time has come.
func (Contract) Due(at ledger.Moment, s ledger.Reader, d ledger.Deadline) *wire.Event {
	if d.Kind != state.DueGrant {
		return nil
	}
	row := state.Grants.Get(s, d.ID)
	if row == nil || stele.GrantStatus(row.Status) != stele.GrantActive {
		return nil
	}
	return &wire.Event{Subject: row.Subject, Event: &wire.Event_GrantEnded{GrantEnded: &wire.GrantEnded{Grant: d.ID}}}
}

func end(ms int64, grant []byte) ledger.Deadline {
	return ledger.Deadline{TimeMS: ms, Kind: state.DueGrant, ID: grant}
}
