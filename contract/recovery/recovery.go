// Package recovery is the contract for a lost or stolen device: what waits before it holds, what another
// device stops at once, and what guardians do together.
//
// A thief with one device must not be able to destroy. So taking a device out and naming guardians are announced
// (AnnounceChange), hold after 72 hours, and another device of the subject vetoes them. One device freezes another at
// once, which then signs nothing and still vetoes; without guardians two devices stop each other's changes for ever, and the
// one that froze the other goes on signing.
//
// Guardians hold no share of anything and see nothing. Who they are the ledger does not know: it keeps a Merkle root over
// salted commitments, and learns of each the key and the kind when it speaks (SpeakAsGuardian). Each has one word of a kind,
// its newest; when as many want the same as are needed, of more than one kind, it happens. A device that they
// freeze vetoes no change any more, or a thief's would stop its own removal for ever, and what it announced ends. What they
// recover waits for as long as the subject chose, 48 hours at least, while any device, frozen or not, may veto it, and each
// guardian may take its word back; meanwhile nobody replaces the guardians. Then the new device is the subject's, and no other. That
// it is there, its key says by signing the first guardian's word.
//
// Vetoes and attempts are limited both ways: after a veto no guardian approves for a week, in which the subject can
// replace them, unless as many as are needed stop that; and what begins to wait within thirty days of one is not vetoed, so that a
// thief delays a recovery and does not prevent it. For 72 hours after a recovery nothing is announced.
//
// Of somebody dead, and of a subject that is merged into another, nothing is announced; nobody recovers the keys of
// somebody dead, and a death ends a recovery that waits. Members have no guardians: their keys vote. What a thief has said as
// the subject before, a merge or a delegation, a recovery leaves: the wallet looks through it. Start with Decide; guardians.go is
// what they do.
package recovery

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/guardian"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/wire"
)

// Limits.
const (
	MaxWaiting   = 4                   // changes that one device has announced and that wait
	WordHolds    = 14 * 24 * time.Hour // from a guardian's word to when it no longer counts towards as many as are needed
	AfterVeto    = 7 * 24 * time.Hour  // in which no guardian approves
	BetweenVetos = 30 * 24 * time.Hour // of recoveries
)

// Contract is the recovery contract.
type Contract struct{}

// Decide answers AnnounceChange, VetoChange, FreezeDevice, SpeakAsGuardian and VetoRecovery.
func (Contract) Decide(at ledger.Moment, s ledger.Reader, tx *ledger.Tx) (*wire.Event, error) {
	switch m := tx.Body.Message.(type) {
	case *wire.Transaction_AnnounceChange:
		return announce(at, s, tx, m.AnnounceChange)
	case *wire.Transaction_VetoChange:
		return vetoChange(s, tx, m.VetoChange)
	case *wire.Transaction_FreezeDevice:
		return freeze(at, s, tx, m.FreezeDevice)
	case *wire.Transaction_SpeakAsGuardian:
		return speak(at, s, tx, m.SpeakAsGuardian)
	case *wire.Transaction_VetoRecovery:
		return vetoRecovery(s, tx, m.VetoRecovery)
	}
	return nil, nil
}

// device returns a subject's row if a device of it that is not frozen signed, and its owner can say something now.
func device(s ledger.Reader, tx *ledger.Tx, op string, subject []byte, by *wire.PublicKey) (*state.SubjectRow, error) {
	row := state.Subjects.Get(s, subject)
	if row == nil || !state.Holds(row, wire.Key(by)) || !tx.SignedBy(wire.Key(by)) {
		return nil, stele.E(op, stele.KindDenied, "not signed by a current key of the subject", nil)
	}
	return row, state.Lives(s, op, subject)
}

func announce(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m *wire.AnnounceChange) (*wire.Event, error) {
	const op = "announce change"
	row, err := device(s, tx, op, m.Subject, m.By)
	if err != nil {
		return nil, err
	}
	if len(row.Into) != 0 {
		return nil, stele.E(op, stele.KindExists, "the subject is merged into another, whose keys speak for it", nil).
			WithHint("do it there, or part the two first")
	}
	term := ledger.Consortium.Get(s, nil).GetTerms().Change()
	if err := wire.OwnID(m.Change, m.Subject); err != nil {
		return nil, err
	}
	guard := state.Guards.Get(s, m.Subject)
	switch {
	case state.Changes.Has(s, m.Change):
		return nil, stele.E(op, stele.KindExists, "there is such a change already", nil)
	case guard.GetRecoveredMs() != 0 && at.TimeMS < guard.RecoveredMs+term.Milliseconds():
		return nil, stele.E(op, stele.KindLimit, "the subject was recovered a short while ago, and changes nothing else yet", nil).
			WithHint("wait for " + term.String() + " after the recovery")
	}
	waiting := 0
	for _, id := range guard.GetChanges() {
		if wire.Key(state.Changes.Get(s, id).By) == wire.Key(m.By) {
			waiting++
		}
	}
	if waiting >= MaxWaiting || !state.ChangeRate.Allows(s, account(m.Subject, m.By), at.TimeMS) {
		return nil, stele.E(op, stele.KindLimit, "this device has announced too much for now", nil).WithHint(state.ChangeRate.Hint("one more change"))
	}
	if err := sound(s, tx, row, guard, m.What, term); err != nil {
		return nil, err
	}
	return &wire.Event{Subject: m.Subject, Event: &wire.Event_ChangeAnnounced{ChangeAnnounced: &wire.ChangeAnnounced{
		Change: m.Change, By: m.By, What: m.What, UntilMs: at.TimeMS + term.Milliseconds()}}}, nil
}

// sound fails unless a change could be made now, and waits for nothing of its kind.
func sound(s ledger.Reader, tx *ledger.Tx, row *state.SubjectRow, guard *state.GuardRow, what *wire.Change, term time.Duration) error {
	const op = "announce change"
	switch what := what.GetChange().(type) {
	case *wire.Change_Remove:
		key := wire.Key(what.Remove)
		if !state.Holds(row, key) && !state.Frozen(row, key) {
			return stele.E(op, stele.KindInvalid, "the subject has no such device", nil)
		}
		for _, id := range guard.GetChanges() {
			if other := state.Changes.Get(s, id).What.GetRemove(); other != nil && wire.Key(other) == key {
				return stele.E(op, stele.KindExists, "that has been announced already", nil)
			}
		}
		if !leaves(row, key) {
			return stele.E(op, stele.KindInvalid, "no other device that signs would be left", nil).WithHint("add the new device first")
		}
		return nil
	case *wire.Change_Guardians:
		if subject, err := stele.SubjectFrom(row.Subject); err != nil || ledger.Consortium.Get(s, nil).Member(subject) != nil {
			return stele.E(op, stele.KindDenied, "a member has no guardians: its keys vote", nil).WithHint("keep another device of the organisation elsewhere")
		}
		if guard.GetRecovers() != nil {
			return stele.E(op, stele.KindExists, "a recovery waits, and guardians are not replaced under way", nil).
				WithHint("if it is not yours, veto it first")
		}
		return tx.Sound(func() error { return able(what.Guardians, term) })
	}
	return stele.E(op, stele.KindInvalid, "a change of an unknown kind", nil)
}

// able fails with KindInvalid unless guardians could do something together (R28), or there are none.
func able(g *wire.Guardians, term time.Duration) error {
	if proto.Equal(g, &wire.Guardians{}) {
		return nil
	}
	return guardian.Check(g, min(guardian.MinWait, term))
}

// leaves reports whether a device that signs is left without one.
func leaves(row *state.SubjectRow, key stele.PublicKey) bool {
	return slices.ContainsFunc(row.Devices, func(d *wire.Device) bool { return wire.Key(d.Signing) != key })
}

func vetoChange(s ledger.Reader, tx *ledger.Tx, m *wire.VetoChange) (*wire.Event, error) {
	const op = "veto change"
	change := state.Changes.Get(s, m.Change)
	row, by := state.Subjects.Get(s, change.GetSubject()), wire.Key(m.By)
	switch {
	case change == nil || !tx.SignedBy(by) || !state.Holds(row, by) && !state.Frozen(row, by):
		return nil, stele.E(op, stele.KindDenied, "no change that waits of a subject whose key signed", nil)
	case by == wire.Key(change.By):
		return nil, stele.E(op, stele.KindDenied, "the device that announced a change does not veto it", nil).WithHint("another device does, or guardians")
	case state.Guarded(row, by):
		return nil, stele.E(op, stele.KindDenied, "guardians froze this device, and it vetoes recoveries only", nil)
	}
	if err := state.Lives(s, op, change.Subject); err != nil {
		return nil, err
	}
	return stopped(change.Subject, m.Change, m.By), nil
}

func stopped(subject, change []byte, by *wire.PublicKey) *wire.Event {
	return &wire.Event{Subject: subject, Event: &wire.Event_ChangeStopped{ChangeStopped: &wire.ChangeStopped{Change: change, By: by}}}
}

func freeze(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m *wire.FreezeDevice) (*wire.Event, error) {
	const op = "freeze device"
	row, err := device(s, tx, op, m.Subject, m.By)
	if err != nil {
		return nil, err
	}
	switch key := wire.Key(m.Device); {
	case key == wire.Key(m.By):
		return nil, stele.E(op, stele.KindInvalid, "a device does not freeze itself", nil)
	case !m.Thaw && !state.Holds(row, key), m.Thaw && !state.Frozen(row, key):
		return nil, stele.E(op, stele.KindInvalid, "the subject has no such device", nil)
	case m.Thaw && state.Guarded(row, key):
		return nil, stele.E(op, stele.KindDenied, "guardians froze this device, and they let it sign again", nil)
	case !state.ChangeRate.Allows(s, account(m.Subject, m.By), at.TimeMS):
		return nil, stele.E(op, stele.KindLimit, "this device has announced too much for now", nil).WithHint(state.ChangeRate.Hint("one more"))
	}
	return &wire.Event{Subject: m.Subject, Event: &wire.Event_DeviceFrozen{DeviceFrozen: &wire.DeviceFrozen{Device: m.Device, By: m.By, Thawed: m.Thaw}}}, nil
}

// account is the key in the table of rates of what one device does to the others.
func account(subject []byte, by *wire.PublicKey) []byte { return slices.Concat(subject, by.Key) }

// Apply keeps guardians, what waits, and who is frozen.
func (Contract) Apply(s ledger.Writer, e *wire.Event) {
	switch m := e.Event.(type) {
	case *wire.Event_ChangeAnnounced:
		c := m.ChangeAnnounced
		guard := guarding(s, e.Subject)
		guard.Changes = append(guard.Changes, c.Change)
		state.Guards.Set(s, e.Subject, guard)
		row := &state.ChangeRow{Subject: e.Subject, By: c.By, What: c.What, UntilMs: c.UntilMs}
		state.Changes.Set(s, c.Change, row)
		ledger.SetDeadline(s, due(row, c.Change))
		state.ChangeRate.Count(s, account(e.Subject, c.By), e.TimeMs)
	case *wire.Event_ChangeStopped:
		over(s, m.ChangeStopped.Change)
	case *wire.Event_ChangeMade:
		over(s, m.ChangeMade.Change)
		switch what := m.ChangeMade.What.Change.(type) {
		case *wire.Change_Remove:
			row := state.Subjects.Get(s, e.Subject)
			takeOut(row, wire.Key(what.Remove))
			state.Subjects.Set(s, e.Subject, row)
			forget(s, e.Subject, func(c *state.ChangeRow) bool { return wire.Key(c.By) == wire.Key(what.Remove) })
		case *wire.Change_Guardians:
			guard := guarding(s, e.Subject)
			guard.VetoedMs = 0 // that was of the others
			if guard.Guardians, guard.Words = what.Guardians, nil; what.Guardians.Number == 0 {
				guard.Guardians = nil
			}
			state.Guards.Set(s, e.Subject, guard)
		}
	case *wire.Event_DeviceFrozen:
		f := m.DeviceFrozen
		chill(s, e.Subject, f.Device, !f.Thawed, false)
		state.ChangeRate.Count(s, account(e.Subject, f.By), e.TimeMs)
	case *wire.Event_GuardianSpoke:
		heard(s, e, m.GuardianSpoke)
	case *wire.Event_RecoveryStopped:
		guard := guarding(s, e.Subject)
		stop(s, e.Subject, guard)
		if m.RecoveryStopped.By != nil {
			guard.VetoedMs = e.TimeMs
		}
		state.Guards.Set(s, e.Subject, guard)
	case *wire.Event_SubjectRecovered:
		recovered(s, e, m.SubjectRecovered.Device)
	case *wire.Event_DeathRecorded:
		if guard := state.Guards.Get(s, e.Subject); guard.GetRecovers() != nil {
			stop(s, e.Subject, guard)
			state.Guards.Set(s, e.Subject, guard)
		}
	case *wire.Event_KeysRotated:
		follow(s, e.Subject, m.KeysRotated.Old, m.KeysRotated.Device.Signing)
	}
}

func guarding(s ledger.Reader, subject []byte) *state.GuardRow {
	if row := state.Guards.Get(s, subject); row != nil {
		return row
	}
	return new(state.GuardRow)
}

// over forgets a change that waited.
func over(s ledger.Writer, id []byte) {
	row := state.Changes.Get(s, id)
	guard := state.Guards.Get(s, row.Subject)
	guard.Changes = slices.DeleteFunc(guard.Changes, func(other []byte) bool { return string(other) == string(id) })
	state.Guards.Set(s, row.Subject, guard)
	ledger.ClearDeadline(s, due(row, id))
	state.Changes.Delete(s, id)
}

// forget ends those of a subject's changes that wait.
func forget(s ledger.Writer, subject []byte, which func(*state.ChangeRow) bool) {
	for _, id := range slices.Clone(state.Guards.Get(s, subject).GetChanges()) {
		if which(state.Changes.Get(s, id)) {
			over(s, id)
		}
	}
}

// takeOut takes a device out, frozen or not.
func takeOut(row *state.SubjectRow, key stele.PublicKey) {
	row.Devices = slices.DeleteFunc(row.Devices, func(d *wire.Device) bool { return wire.Key(d.Signing) == key })
	row.Frozen = slices.DeleteFunc(row.Frozen, func(f *state.FrozenRow) bool { return wire.Key(f.Device.Signing) == key })
}

// chill freezes a device, or lets it sign again. One that another device froze guardians freeze harder: what it announced
// ends, too.
func chill(s ledger.Writer, subject []byte, device *wire.PublicKey, freeze, guarded bool) {
	row, key := state.Subjects.Get(s, subject), wire.Key(device)
	var which *wire.Device
	for _, d := range row.Devices {
		if wire.Key(d.Signing) == key {
			which = d
		}
	}
	for _, f := range row.Frozen {
		if wire.Key(f.Device.Signing) == key {
			which = f.Device
		}
	}
	if guarded {
		forget(s, subject, func(c *state.ChangeRow) bool { return wire.Key(c.By) == key })
	}
	if takeOut(row, key); freeze {
		row.Frozen = append(row.Frozen, &state.FrozenRow{Device: which, Guarded: guarded})
	} else {
		row.Devices = append(row.Devices, which)
	}
	state.Subjects.Set(s, subject, row)
}

// follow names a device by its new key where something waits for it, and counts on what it has announced: its rotation is
// no way out.
func follow(s ledger.Writer, subject []byte, old, fresh *wire.PublicKey) {
	if spent := state.Rates.Get(s, account(subject, old)); spent != nil {
		state.Rates.Set(s, account(subject, fresh), spent)
	}
	guard := state.Guards.Get(s, subject)
	if guard == nil {
		return
	}
	is := func(k *wire.PublicKey) bool { return k != nil && wire.Key(k) == wire.Key(old) }
	for _, id := range guard.Changes {
		row := state.Changes.Get(s, id)
		if is(row.By) {
			row.By = fresh
		}
		if is(row.What.GetRemove()) {
			row.What = &wire.Change{Change: &wire.Change_Remove{Remove: fresh}}
		}
		state.Changes.Set(s, id, row)
	}
	for _, w := range guard.Words {
		if is(w.Other.GetFreeze()) {
			w.Other = &wire.GuardianWord{Word: &wire.GuardianWord_Freeze{Freeze: fresh}}
		}
	}
	state.Guards.Set(s, subject, guard)
}

// Due makes a change whose time has come, or says that it can't be made; and recovers a subject.
func (Contract) Due(_ ledger.Moment, s ledger.Reader, d ledger.Deadline) *wire.Event {
	switch d.Kind {
	case state.DueChange:
		row := state.Changes.Get(s, d.ID)
		if !possible(s, row) {
			return stopped(row.Subject, d.ID, nil)
		}
		return &wire.Event{Subject: row.Subject, Event: &wire.Event_ChangeMade{ChangeMade: &wire.ChangeMade{Change: d.ID, What: row.What}}}
	case state.DueRecovery:
		if state.Died(s, d.ID) != 0 {
			return &wire.Event{Subject: d.ID, Event: &wire.Event_RecoveryStopped{RecoveryStopped: &wire.RecoveryStopped{}}}
		}
		return &wire.Event{Subject: d.ID, Event: &wire.Event_SubjectRecovered{SubjectRecovered: &wire.SubjectRecovered{Device: state.Guards.Get(s, d.ID).Recovers}}}
	}
	return nil
}

// possible reports whether a change can still be made: somebody has to be left who signs.
func possible(s ledger.Reader, c *state.ChangeRow) bool {
	key := c.What.GetRemove()
	return state.Died(s, c.Subject) == 0 && (key == nil || leaves(state.Subjects.Get(s, c.Subject), wire.Key(key)))
}

func due(row *state.ChangeRow, id []byte) ledger.Deadline {
	return ledger.Deadline{TimeMS: row.UntilMs, Kind: state.DueChange, ID: id}
}

func held(guard *state.GuardRow, subject []byte) ledger.Deadline {
	return ledger.Deadline{TimeMS: guard.UntilMs, Kind: state.DueRecovery, ID: subject}
}

// halt ends a recovery that waits, if one does.
func halt(s ledger.Writer, subject []byte, guard *state.GuardRow) {
	if guard.Recovers != nil {
		ledger.ClearDeadline(s, held(guard, subject))
		guard.Recovers, guard.UntilMs = nil, 0
	}
}

// stop ends a recovery that waits, and what guardians want of any.
func stop(s ledger.Writer, subject []byte, guard *state.GuardRow) {
	halt(s, subject, guard)
	for _, w := range guard.Words {
		w.Recover, w.RecoverMs = nil, 0
	}
}

// recovered makes a device the subject's, and no other; what the old ones announced comes to nothing.
func recovered(s ledger.Writer, e *wire.Event, device *wire.Device) {
	forget(s, e.Subject, func(*state.ChangeRow) bool { return true })
	guard := state.Guards.Get(s, e.Subject)
	halt(s, e.Subject, guard)
	for _, w := range guard.Words {
		w.Recover, w.RecoverMs, w.Other, w.OtherMs = nil, 0, nil, 0
	}
	guard.RecoveredMs = e.TimeMs
	state.Guards.Set(s, e.Subject, guard)
	row := state.Subjects.Get(s, e.Subject)
	row.Devices, row.Frozen = []*wire.Device{device}, nil
	state.Subjects.Set(s, e.Subject, row)
}
