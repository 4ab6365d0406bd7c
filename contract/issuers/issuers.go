// Package issuers is the contract for whose credentials count: the consortium admits
// licensing boards and accreditors by the hash of a certificate, for kinds and
// jurisdictions, and dismisses them; and whoever issues credentials posts the hash of
// its newest list of those that hold, so that all members judge by the same list.
//
// Until the consortium votes, what it decides is a transaction that carries current keys
// of more than two thirds of its members' subjects. A credential itself never comes
// here, nor whom it is about: certificates and lists stand on the ledger as hashes.
//
// What the consortium has admitted is part of the consortium's one row
// (wire.Consortium), and stands in its own log: it counts from the block on that has
// the event, and no longer than up to that of its dismissal. Start with Decide.
package issuers

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
	MaxIssuers       = 256 // admitted at a time, by certificate
	MaxJurisdictions = 32  // of one of them
)

// Contract is the issuers contract.
type Contract struct{}

// Decide answers AdmitIssuer, DismissIssuer and PostStatusList.
func (Contract) Decide(at ledger.Moment, s ledger.Reader, tx *ledger.Tx) (*wire.Event, error) {
	switch m := tx.Body.Message.(type) {
	case *wire.Transaction_AdmitIssuer:
		return admit(at, s, tx, m.AdmitIssuer.GetIssuer())
	case *wire.Transaction_DismissIssuer:
		return dismiss(s, tx, m.DismissIssuer)
	case *wire.Transaction_PostStatusList:
		return post(at, s, tx, m.PostStatusList)
	}
	return nil, nil
}

func admit(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, issuer *wire.CredentialIssuer) (*wire.Event, error) {
	const op = "admit issuer"
	run, err := decided(s, tx, op)
	if err != nil {
		return nil, err
	}
	if err := valid(issuer); err != nil {
		return nil, err
	}
	before := run.CredentialIssuer(issuer.Subject, issuer.Certificate)
	switch {
	case !state.Subjects.Has(s, issuer.Subject):
		return nil, stele.E(op, stele.KindDenied, "no such subject", nil)
	case before != nil && before.Kinds == issuer.Kinds && slices.Equal(before.Jurisdictions, issuer.Jurisdictions):
		return nil, stele.E(op, stele.KindExists, "the issuer is admitted already, for just that", nil)
	case before == nil && len(run.CredentialIssuers) >= MaxIssuers:
		return nil, stele.E(op, stele.KindInvalid, fmt.Sprintf("more than %d issuers", MaxIssuers), nil).
			WithHint("dismiss those that issue no more")
	}
	if !state.IssuerRate.Allows(s, run.Subject, at.TimeMS) {
		return nil, stele.E(op, stele.KindLimit, "too many issuers have been admitted for now", nil).
			WithHint(state.IssuerRate.Hint("one more"))
	}
	return &wire.Event{Subject: run.Subject, Event: &wire.Event_IssuerAdmitted{IssuerAdmitted: &wire.IssuerAdmitted{Issuer: issuer}}}, nil
}

// dismiss has no rate: each dismissal ends an admission, and one that is urgent must not wait.
func dismiss(s ledger.Reader, tx *ledger.Tx, m *wire.DismissIssuer) (*wire.Event, error) {
	const op = "dismiss issuer"
	run, err := decided(s, tx, op)
	if err != nil {
		return nil, err
	}
	if run.CredentialIssuer(m.Subject, m.Certificate) == nil {
		return nil, stele.E(op, stele.KindDenied, "no such issuer", nil)
	}
	return &wire.Event{Subject: run.Subject, Event: &wire.Event_IssuerDismissed{IssuerDismissed: &wire.IssuerDismissed{
		Subject: m.Subject, Certificate: m.Certificate,
	}}}, nil
}

// decided returns the consortium, when more than two thirds of its members signed: members
// are counted, not keys. It fails with KindDenied.
func decided(s ledger.Reader, tx *ledger.Tx, op string) (*wire.Consortium, error) {
	run := ledger.Consortium.Get(s, nil)
	spoke, all := len(tx.Keys), len(run.GetMembers())
	if 3*spoke > 2*all { // or it is too few whosever keys they are, and costs no reading
		spoke = len(state.Voices(s, tx))
	}
	if 3*spoke <= 2*all {
		return nil, stele.E(op, stele.KindDenied, fmt.Sprintf("signed for %d of %d members at most; it takes more than two thirds", spoke, all), nil)
	}
	return run, nil
}

func post(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m *wire.PostStatusList) (*wire.Event, error) {
	const op = "post status list"
	subject := state.Speaking(s, m.Subject)
	if subject == nil || !state.SignedFor(subject, tx) {
		return nil, stele.E(op, stele.KindDenied, "not signed by a current key of the subject", nil)
	}
	if err := wire.OpaqueDigests(m.Hash); err != nil {
		return nil, err
	}
	switch last := state.Statuses.Get(s, m.Subject).GetEpoch(); {
	case m.Epoch <= last && m.Epoch > 0:
		return nil, stele.E(op, stele.KindExists, fmt.Sprintf("a list of epoch %d has been posted; the next is %d", m.Epoch, last+1), nil)
	case m.Epoch != last+1:
		return nil, stele.E(op, stele.KindInvalid, fmt.Sprintf("the next list is of epoch %d, not %d", last+1, m.Epoch), nil)
	}
	if !state.StatusRate.Allows(s, state.Account(s, m.Subject), at.TimeMS) {
		return nil, stele.E(op, stele.KindLimit, "too many status lists have been posted for now", nil).
			WithHint(state.StatusRate.Hint("one more"))
	}
	return &wire.Event{Subject: m.Subject, Event: &wire.Event_StatusListPosted{StatusListPosted: &wire.StatusListPosted{
		Epoch: m.Epoch, Hash: m.Hash,
	}}}, nil
}

// Apply keeps the issuers in the consortium's row, and the table of status lists.
func (Contract) Apply(s ledger.Writer, e *wire.Event) {
	switch m := e.Event.(type) {
	case *wire.Event_IssuerAdmitted:
		ledger.Consortium.Set(s, nil, ledger.Consortium.Get(s, nil).After(e))
		state.IssuerRate.Count(s, e.Subject, e.TimeMs)
	case *wire.Event_IssuerDismissed:
		ledger.Consortium.Set(s, nil, ledger.Consortium.Get(s, nil).After(e))
	case *wire.Event_StatusListPosted:
		state.Statuses.Set(s, e.Subject, &state.StatusRow{Epoch: m.StatusListPosted.Epoch, Hash: m.StatusListPosted.Hash, TimeMs: e.TimeMs})
		state.StatusRate.Count(s, state.Account(s, e.Subject), e.TimeMs)
	}
}

// Due answers nothing: nobody is admitted for a term, and how old a list may be is for
// whoever reads it.
func (Contract) Due(ledger.Moment, ledger.Reader, ledger.Deadline) *wire.Event { return nil }
