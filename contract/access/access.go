// Package access is the contract for openings of a chart: it permits or refuses
// them under a read grant or a delegation and writes either into the patient's log, before any
// key is released. It also takes the roots of the trustees' receipts.
//
// A permitted access is bound to one request id, one reader key and a window of
// at most fifteen minutes, for so long the chart is open; keys are released in the first five
// of them alone (package asking). A refusal is an event too, a few a minute and a hundred
// for one grant, so that a stolen key cannot flood a log; further ones, attempts by anybody whose key
// no grant names, and in an emergency those after the patient's death leave the ledger silent.
package access

import (
	"fmt"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/wire"
)

// Limits.
const (
	MaxWindow          = stele.MaxSession
	RefusalsPerMinute  = 3   // per grant
	Refusals           = 100 // per grant altogether: a stolen key must not bury a log
	maxReceiptsInBatch = 1 << 20
)

// Contract is the access contract.
type Contract struct{}

// Decide answers OpenAccess and PostReceipts.
func (Contract) Decide(at ledger.Moment, s ledger.Reader, tx *ledger.Tx) (*wire.Event, error) {
	switch m := tx.Body.Message.(type) {
	case *wire.Transaction_OpenAccess:
		return open(at, s, tx, m.OpenAccess)
	case *wire.Transaction_PostReceipts:
		return post(at, s, tx, m.PostReceipts)
	}
	return nil, nil
}

func open(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m *wire.OpenAccess) (*wire.Event, error) {
	const op = "open access"
	grant := state.Grants.Get(s, m.Grant)
	if grant == nil || stele.Action(grant.Action) == stele.ActionWrite || !tx.SignedBy(wire.Key(grant.Grantee)) {
		return nil, denied()
	}
	if len(grant.Member) != 0 && state.Died(s, grant.Subject) != 0 { // an emergency's, of somebody who has died since
		return nil, denied()
	}
	if state.Accesses.Has(s, m.Request) { // asked first, as of every id: it may be an earlier release's
		return nil, stele.E(op, stele.KindExists, "the request id has been used", nil)
	}
	if err := wire.OwnID(m.Request, m.Grant); err != nil {
		return nil, err
	}
	if err := wire.OpaqueDigests(m.DetailCommitment, m.ReaderKeyHash); err != nil {
		return nil, err
	}
	if m.WindowMs == 0 || int64(m.WindowMs) > MaxWindow.Milliseconds() {
		return nil, stele.E(op, stele.KindInvalid, fmt.Sprintf("the window is 1 ms to %v", MaxWindow), nil)
	}
	uses := state.Uses.Get(s, m.Grant)
	if refusal := why(at, s, grant, uses); refusal != wire.Refusal_REFUSAL_UNSPECIFIED {
		return refuse(at, grant, uses, m, refusal)
	}
	if _, ok := state.AccessRate.Pay(uses.GetPaidMs(), at.TimeMS); !ok {
		return nil, stele.E(op, stele.KindLimit, "the grant has been used too often for now", nil).
			WithHint(state.AccessRate.Hint("one opening more"))
	}
	until := min(at.TimeMS+int64(m.WindowMs), grant.EndMs)
	return &wire.Event{Subject: grant.Subject, Event: &wire.Event_AccessPermitted{AccessPermitted: &wire.AccessPermitted{
		Request: m.Request, Grant: m.Grant, DetailCommitment: m.DetailCommitment, ReaderKeyHash: m.ReaderKeyHash,
		UntilMs: until, Use: uses.GetUses() + 1,
	}}}, nil
}

// why says what stands against an access; nothing when it may go on.
func why(at ledger.Moment, s ledger.Reader, grant *state.GrantRow, uses *state.UseRow) wire.Refusal {
	switch state.Standing(s, grant, uses, at.TimeMS) {
	case stele.GrantRevoked:
		return wire.Refusal_REFUSAL_REVOKED
	case stele.GrantEnded:
		return wire.Refusal_REFUSAL_ENDED
	case stele.GrantUsedUp:
		return wire.Refusal_REFUSAL_USED_UP
	}
	if at.TimeMS < grant.NotBeforeMs {
		return wire.Refusal_REFUSAL_NOT_YET
	}
	return wire.Refusal_REFUSAL_UNSPECIFIED
}

func refuse(at ledger.Moment, grant *state.GrantRow, uses *state.UseRow, m *wire.OpenAccess, refusal wire.Refusal) (*wire.Event, error) {
	thisMinute := uses.GetRefusedMinute() == state.Minute(at.TimeMS) && uses.GetRefused() >= RefusalsPerMinute
	if thisMinute || uses.GetRefusals() >= Refusals {
		return nil, denied()
	}
	return &wire.Event{Subject: grant.Subject, Event: &wire.Event_AccessRefused{AccessRefused: &wire.AccessRefused{
		Request: m.Request, Grant: m.Grant, DetailCommitment: m.DetailCommitment, Refusal: refusal,
	}}}, nil
}

// denied is one answer for every reason, so that nobody learns which grants
// exist.
func denied() error {
	return stele.E("open access", stele.KindDenied, "no access", nil)
}

func post(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m *wire.PostReceipts) (*wire.Event, error) {
	const op = "post receipts"
	members := ledger.Consortium.Get(s, nil).GetMembers()
	i := slices.IndexFunc(members, func(m *wire.Member) bool { return tx.SignedBy(wire.Key(m.Trustee)) })
	if i < 0 {
		return nil, stele.E(op, stele.KindDenied, "not signed by a trustee", nil)
	}
	subject := stele.SubjectOf(members[i].KeyDocument)
	if state.Batches.Has(s, m.Batch) {
		return nil, stele.E(op, stele.KindExists, "there is such a batch already", nil)
	}
	if err := wire.OwnID(m.Batch, subject[:]); err != nil {
		return nil, err
	}
	if err := wire.OpaqueDigests(m.Root); err != nil {
		return nil, err
	}
	if m.Count == 0 || m.Count > maxReceiptsInBatch {
		return nil, stele.E(op, stele.KindInvalid, fmt.Sprintf("a batch has 1 to %d receipts", maxReceiptsInBatch), nil)
	}
	if !state.ReceiptRate.Allows(s, subject[:], at.TimeMS) {
		return nil, stele.E(op, stele.KindLimit, "this trustee has posted too often for now", nil).
			WithHint("put more receipts into one batch")
	}
	return &wire.Event{Subject: subject[:], Event: &wire.Event_ReceiptsPosted{ReceiptsPosted: &wire.ReceiptsPosted{
		Batch: m.Batch, Root: m.Root, Count: m.Count,
	}}}, nil
}

// Apply keeps the tables of accesses and receipt batches.
func (Contract) Apply(s ledger.Writer, e *wire.Event) {
	switch m := e.Event.(type) {
	case *wire.Event_AccessPermitted:
		state.Accesses.Set(s, m.AccessPermitted.Request, ledger.PlaceOf(e))
	case *wire.Event_ReceiptsPosted:
		state.Batches.Set(s, m.ReceiptsPosted.Batch, ledger.PlaceOf(e))
		state.ReceiptRate.Count(s, e.Subject, e.TimeMs)
	}
}

// Due answers nothing: a window ends by comparison.
func (Contract) Due(ledger.Moment, ledger.Reader, ledger.Deadline) *wire.Event { return nil }
