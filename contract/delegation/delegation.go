// Package delegation is the contract for what only a delegation has: the notice that it will
// end. Giving and taking back is as of any grant (contract/grants), reading under it as
// under any (contract/access).
//
// A parent acts for a child until the day the child comes of age, and a date of birth must
// not be read from the ledger (R9). So the day stands in the document, where trustees and
// wallets judge by it, and the delegation's end on the ledger is drawn at random within the
// sixty days after it. The notice stands in the subject's log a hundred and fifty days before
// that end, and so at least ninety before the day. Every delegation has it, a parent's or not:
// the ledger cannot tell. Start with Due.
package delegation

import (
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/wire"
)

// Notice is how long before its end a delegation's notice is written. One that is given for
// a shorter time has none.
const Notice = 150 * 24 * time.Hour

// Contract is the delegation contract.
type Contract struct{}

// Decide answers nothing: a delegation is given like any grant.
func (Contract) Decide(ledger.Moment, ledger.Reader, *ledger.Tx) (*wire.Event, error) {
	return nil, nil
}

// Apply keeps the deadlines of notices. It reads rows that contract/grants has written of the
// same event, before it in contract.All.
func (Contract) Apply(s ledger.Writer, e *wire.Event) {
	switch m := e.Event.(type) {
	case *wire.Event_GrantGiven:
		if g := m.GrantGiven; stele.Action(g.Action) == stele.ActionDelegate && g.EndMs-Notice.Milliseconds() > e.TimeMs {
			ledger.SetDeadline(s, notice(g.EndMs, g.Grant))
		}
	case *wire.Event_GrantRevoked:
		if row := state.Grants.Get(s, m.GrantRevoked.Grant); stele.Action(row.Action) == stele.ActionDelegate {
			ledger.ClearDeadline(s, notice(row.EndMs, m.GrantRevoked.Grant))
		}
	case *wire.Event_DelegationEnding:
		ledger.ClearDeadline(s, notice(m.DelegationEnding.EndMs, m.DelegationEnding.Grant))
	}
}

// Due says of a delegation that it will end.
func (Contract) Due(_ ledger.Moment, s ledger.Reader, d ledger.Deadline) *wire.Event {
	if d.Kind != state.DueNotice {
		return nil
	}
	row := state.Grants.Get(s, d.ID)
	if row == nil {
		return nil
	}
	return &wire.Event{Subject: row.Subject, Event: &wire.Event_DelegationEnding{DelegationEnding: &wire.DelegationEnding{Grant: d.ID, EndMs: row.EndMs}}}
}

func notice(endMS int64, grant []byte) ledger.Deadline {
	return ledger.Deadline{TimeMS: endMS - Notice.Milliseconds(), Kind: state.DueNotice, ID: grant}
}
