// Package delegation is the contract for what only a delegation has: the notice that it will
// end, and a word in recording a death. Giving and taking back is as of any grant (contract/grants), reading under it as
// under any (contract/access).
//
// A parent acts for a child until the day the child comes of age, and a date of birth must
// not be read from the ledger (R9). So the day stands in the document, where trustees and
// wallets judge by it, and the delegation's end on the ledger is drawn at random within the
// sixty days after it. The notice stands in the subject's log a hundred and fifty days before
// that end, and so at least ninety before the day. Every delegation has it, a parent's or not:
// the ledger cannot tell.
//
// A death is a person's. Where several subjects are merged into one, what is said of any of them is said of the person, in the
// log of the one whose keys speak; parted, each keeps what was said (contract/merge). It is recorded by two: the node of a hospital or a clinic, and somebody who acts for the subject. From
// then on the subject's own keys say nothing but that it lives (state.Lives), and nobody opens the chart in an emergency;
// grants go on to their end (contract/grants). Who acts by then is judged by the documents: an executor
// alone (package consent). The same two kinds of signers undo it, for people make mistakes; and
// in the place of who acts, whose delegation may be gone by then, a key of the subject itself does: of its own, also
// while another speaks for it (contract/merge), or of who does. Either says
// as of which block it was certified: a certificate of before the ledger's last word on the person, of whichever of
// their charts, is none any more. Recording has a rate; an undoing waits for nothing, for meanwhile nobody opens the
// chart of somebody who lives.
// Start with Decide.
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

// Decide answers RecordDeath and UndoDeath. A delegation is given like any grant.
func (Contract) Decide(at ledger.Moment, s ledger.Reader, tx *ledger.Tx) (*wire.Event, error) {
	switch m := tx.Body.Message.(type) {
	case *wire.Transaction_RecordDeath:
		d := m.RecordDeath
		if err := death(at, s, tx, d, true); err != nil {
			return nil, err
		}
		return &wire.Event{Subject: state.Speaking(s, d.Subject).Subject, Event: &wire.Event_DeathRecorded{DeathRecorded: &wire.DeathRecorded{
			Member: d.Member, Delegation: d.Delegation, Commitment: d.Commitment}}}, nil
	case *wire.Transaction_UndoDeath:
		d := m.UndoDeath
		if err := death(at, s, tx, d, false); err != nil {
			return nil, err
		}
		return &wire.Event{Subject: state.Dead(s, d.Subject).Subject, Event: &wire.Event_DeathUndone{DeathUndone: &wire.DeathUndone{
			Member: d.Member, Delegation: d.Delegation, Commitment: d.Commitment}}}, nil
	}
	return nil, nil
}

// word is what both messages about a death say.
type word interface {
	GetSubject() []byte
	GetMember() []byte
	GetDelegation() []byte
	GetCommitment() []byte
	GetAsOf() int64
}

// death checks who signed, and that there is something to say.
func death(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m word, died bool) error {
	const op = "record death"
	member, err := stele.SubjectFrom(m.GetMember())
	run := ledger.Consortium.Get(s, nil)
	if err != nil || run.Member(member) == nil || !tx.SignedBy(wire.Key(run.Member(member).Node)) {
		return stele.E(op, stele.KindDenied, "not signed by the node of a member", nil)
	}
	if !stele.CertifiesDeath(run.Member(member).Kind) {
		return stele.E(op, stele.KindDenied, "no member of this kind certifies a death", nil).
			WithHint("a hospital or a clinic does")
	}
	if !died && len(m.GetDelegation()) == 0 {
		err = living(s, tx, m.GetSubject(), wire.Key(run.Member(member).Node))
	} else {
		err = acts(at, s, tx, m, wire.Key(run.Member(member).Node))
	}
	if err != nil {
		return err
	}
	if err := wire.OpaqueDigests(m.GetCommitment()); err != nil {
		return err
	}
	switch dead := state.Died(s, m.GetSubject()) != 0; {
	case m.GetAsOf() < 0 || m.GetAsOf() > at.Height:
		return stele.E(op, stele.KindInvalid, "it was certified as of a block that is none yet", nil)
	case dead && died:
		return stele.E(op, stele.KindExists, "a death of this person is recorded already", nil).
			WithHint("where it is a mistake, have it undone: stele member death certify PATIENT --undo --says WHY --out FILE")
	case !dead && !died:
		return stele.E(op, stele.KindExists, "no death of this person is recorded", nil).
			WithHint("there is nothing to undo: stele patient find says of a number whether a death is recorded")
	case m.GetAsOf() < state.Said(s, m.GetSubject()):
		return stele.E(op, stele.KindDenied, "it was certified before the ledger's last word on this", nil).
			WithHint("have it certified anew: stele member death certify")
	}
	if died && !state.DeathRate.Allows(s, state.Speaking(s, m.GetSubject()).Subject, at.TimeMS) {
		return stele.E(op, stele.KindLimit, "too much has been said of this for now", nil).
			WithHint("a death is recorded twice, and then once a day; it is undone at any time")
	}
	return nil
}

// acts checks that the key of a delegation of the person signed, of whichever of their charts, which is not the node's.
func acts(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m word, node stele.PublicKey) error {
	const op = "record death"
	by := state.Acting(s, tx, m.GetDelegation(), at.TimeMS)
	if by == nil || !state.Same(s, by.Subject, m.GetSubject()) {
		return stele.E(op, stele.KindDenied, "not signed by who acts for the subject now", nil)
	}
	if wire.Key(by.Grantee) == node {
		return stele.E(op, stele.KindDenied, "one key has one word", nil)
	}
	return nil
}

// living checks that a key of the subject signed, its own or one that speaks for it, which is not the node's: who
// is said to have died says so herself, when nobody acts for her any more. Where she was merged into somebody else
// her own key must do: the other may have had the death recorded. Where nobody has claimed the chart, and so has no key,
// two members of different kinds say it, as they give grants of it.
func living(s ledger.Reader, tx *ledger.Tx, subject []byte, node stele.PublicKey) error {
	for _, row := range []*state.SubjectRow{state.Subjects.Get(s, subject), state.Speaking(s, subject)} {
		for _, d := range row.GetDevices() {
			if key := wire.Key(d.GetSigning()); key != node && tx.SignedBy(key) {
				return nil
			}
		}
	}
	if len(state.Speaking(s, subject).GetEnrolled()) == 0 {
		return stele.E("undo death", stele.KindDenied, "not signed by a current key of the subject", nil).
			WithHint("without a delegation the subject itself signs; who acts for it names the delegation")
	}
	if state.Carers(s, tx) == nil {
		return stele.E("undo death", stele.KindDenied, "nobody has claimed the chart, and no two members of different kinds signed", nil).
			WithHint("who certified it is one of them: another one, of another kind, signs with its wallet: stele delegate death FILE --out FILE")
	}
	return nil
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
	case *wire.Event_DeathRecorded:
		said(s, e, e.Height)
		state.DeathRate.Count(s, e.Subject, e.TimeMs)
	case *wire.Event_DeathUndone:
		said(s, e, 0)
	case *wire.Event_DelegationEnding:
		ledger.ClearDeadline(s, notice(m.DelegationEnding.EndMs, m.DelegationEnding.Grant))
	}
}

// said keeps in which block a death was recorded, 0 where it was undone, and when either was said last.
func said(s ledger.Writer, e *wire.Event, died int64) {
	row := state.Subjects.Get(s, e.Subject)
	row.Died, row.Said = died, e.Height
	state.Subjects.Set(s, e.Subject, row)
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
