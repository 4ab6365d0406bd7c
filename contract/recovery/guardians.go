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

func speak(at ledger.Moment, s ledger.Reader, tx *ledger.Tx, m *wire.SpeakAsGuardian) (*wire.Event, error) {
	const op = "speak as guardian"
	guard, row := state.Guards.Get(s, m.Subject), state.Subjects.Get(s, m.Subject)
	who, err := guardian.Open(guard.GetGuardians(), m)
	if err != nil || !tx.SignedBy(wire.Key(who.Key)) {
		return nil, stele.E(op, stele.KindDenied, "not signed by a guardian of the subject", nil)
	}
	before := word(guard, who.Key)
	if before != nil && before.Kind != who.Kind {
		return nil, stele.E(op, stele.KindDenied, "this key has spoken as a guardian of another kind", nil)
	}
	if state.Died(s, m.Subject) != 0 {
		return nil, stele.E(op, stele.KindDenied, "a death of this person is recorded, and nobody recovers the keys of who has died", nil).
			WithHint("an executor acts for who has died; where that is a mistake, it is undone first: stele member death certify PATIENT --undo --says WHY --out FILE")
	}
	if _, ok := wordRate.Pay(before.GetPaidMs(), at.TimeMS); !ok {
		return nil, stele.E(op, stele.KindLimit, "this guardian has spoken too often for now", nil).WithHint(wordRate.Hint("one more word"))
	}
	spoke := &wire.GuardianSpoke{Guardian: who.Key, Kind: who.Kind, Word: m.Word}
	switch w := m.Word.GetWord().(type) {
	case *wire.GuardianWord_Recover:
		switch err := tx.Sound(func() error { return state.ValidDevice(w.Recover) }); {
		case err != nil:
			return nil, err
		case len(w.Recover.SealKey) == 0:
			return nil, stele.E(op, stele.KindInvalid, "the only device reads, and needs a seal key", nil)
		case state.Holds(row, wire.Key(w.Recover.Signing)) || state.Frozen(row, wire.Key(w.Recover.Signing)):
			return nil, stele.E(op, stele.KindExists, "the key is a device's already", nil)
		case wire.Key(w.Recover.Signing) == wire.Key(who.Key):
			return nil, stele.E(op, stele.KindInvalid, "one key has one word: a guardian's own is no device of the subject's", nil)
		case !tx.SignedBy(wire.Key(w.Recover.Signing)) && !wanted(guard, w.Recover):
			return nil, stele.E(op, stele.KindDenied, "the new key has not signed: it does so with the first guardian that approves it", nil)
		case guard.VetoedMs != 0 && at.TimeMS < guard.VetoedMs+AfterVeto.Milliseconds():
			return nil, stele.E(op, stele.KindLimit, "a recovery was vetoed less than a week ago", nil).
				WithHint("ask the person: whoever holds a device of theirs stopped it")
		}
		if guard.Recovers == nil && agree(guard, who, func(o *state.WordRow) bool { return proto.Equal(o.Recover, w.Recover) && fresh(o.RecoverMs, at.TimeMS) }) {
			spoke.Enough, spoke.UntilMs = true, at.TimeMS+guard.Guardians.WaitMs
		}
		return said(m.Subject, spoke), nil
	case *wire.GuardianWord_Freeze:
		if key := wire.Key(w.Freeze); !state.Holds(row, key) && !(state.Frozen(row, key) && !state.Guarded(row, key)) {
			return nil, stele.E(op, stele.KindInvalid, "the subject has no such device", nil)
		}
	case *wire.GuardianWord_Thaw:
		if !state.Frozen(row, wire.Key(w.Thaw)) {
			return nil, stele.E(op, stele.KindInvalid, "no such device is frozen", nil)
		}
	case *wire.GuardianWord_Stop:
		if change := state.Changes.Get(s, w.Stop); string(change.GetSubject()) != string(m.Subject) {
			return nil, stele.E(op, stele.KindInvalid, "no such change waits", nil)
		}
	case nil:
		return said(m.Subject, spoke), nil
	default:
		return nil, stele.E(op, stele.KindInvalid, "a word of an unknown kind", nil)
	}
	spoke.Enough = agree(guard, who, func(o *state.WordRow) bool { return proto.Equal(o.Other, m.Word) && fresh(o.OtherMs, at.TimeMS) })
	return said(m.Subject, spoke), nil
}

func said(subject []byte, spoke *wire.GuardianSpoke) *wire.Event {
	return &wire.Event{Subject: subject, Event: &wire.Event_GuardianSpoke{GuardianSpoke: spoke}}
}

// wordRate is how often one guardian speaks.
var wordRate = ledger.Rate{Burst: 16, Every: 3 * time.Hour}

// word is what a guardian wants, nil of one that has never spoken.
func word(guard *state.GuardRow, key *wire.PublicKey) *state.WordRow {
	for _, w := range guard.GetWords() {
		if wire.Key(w.Key) == wire.Key(key) {
			return w
		}
	}
	return nil
}

// wanted reports whether a guardian wants just this device already, with whose word its key has signed.
func wanted(guard *state.GuardRow, device *wire.Device) bool {
	return slices.ContainsFunc(guard.Words, func(w *state.WordRow) bool { return proto.Equal(w.Recover, device) })
}

func fresh(saidMS, nowMS int64) bool { return nowMS < saidMS+WordHolds.Milliseconds() }

// agree reports whether as many guardians want something as are needed, of more than one kind; who is one that says so now,
// nil for nobody.
func agree(guard *state.GuardRow, who *wire.Guardian, wants func(*state.WordRow) bool) bool {
	n, kinds := uint32(0), map[wire.GuardianKind]bool{}
	if who != nil {
		n, kinds[who.Kind] = 1, true
	}
	for _, w := range guard.Words {
		if (who == nil || wire.Key(w.Key) != wire.Key(who.Key)) && wants(w) {
			n, kinds[w.Kind] = n+1, true
		}
	}
	return n >= guard.Guardians.Needed && len(kinds) > 1
}

// heard keeps a guardian's word, and does what enough of them want.
func heard(s ledger.Writer, e *wire.Event, spoke *wire.GuardianSpoke) {
	guard := state.Guards.Get(s, e.Subject)
	w := word(guard, spoke.Guardian)
	if w == nil {
		w = &state.WordRow{Key: spoke.Guardian, Kind: spoke.Kind}
		guard.Words = append(guard.Words, w)
	}
	w.PaidMs, _ = wordRate.Pay(w.PaidMs, e.TimeMs)
	switch m := spoke.Word.GetWord().(type) {
	case nil:
		w.Recover, w.RecoverMs, w.Other, w.OtherMs = nil, 0, nil, 0
	case *wire.GuardianWord_Recover:
		w.Recover, w.RecoverMs = m.Recover, e.TimeMs
	default:
		w.Other, w.OtherMs = spoke.Word, e.TimeMs
	}
	if guard.Recovers != nil && !agree(guard, nil, func(w *state.WordRow) bool { return proto.Equal(w.Recover, guard.Recovers) }) {
		halt(s, e.Subject, guard)
	}
	if !spoke.Enough {
		state.Guards.Set(s, e.Subject, guard)
		return
	}
	if device := spoke.Word.GetRecover(); device != nil {
		guard.Recovers, guard.UntilMs = device, spoke.UntilMs
		ledger.SetDeadline(s, held(guard, e.Subject))
		state.Guards.Set(s, e.Subject, guard)
		forget(s, e.Subject, func(c *state.ChangeRow) bool { return c.What.GetGuardians() != nil }) // they are not replaced under way
		return
	}
	for _, w := range guard.Words { // what is done is wanted no more
		if proto.Equal(w.Other, spoke.Word) {
			w.Other, w.OtherMs = nil, 0
		}
	}
	state.Guards.Set(s, e.Subject, guard)
	switch m := spoke.Word.GetWord().(type) {
	case *wire.GuardianWord_Freeze:
		chill(s, e.Subject, m.Freeze, true, true)
	case *wire.GuardianWord_Thaw:
		chill(s, e.Subject, m.Thaw, false, false)
	case *wire.GuardianWord_Stop:
		over(s, m.Stop)
	}
}

func vetoRecovery(s ledger.Reader, tx *ledger.Tx, m *wire.VetoRecovery) (*wire.Event, error) {
	const op = "veto recovery"
	row, guard, by := state.Subjects.Get(s, m.Subject), state.Guards.Get(s, m.Subject), wire.Key(m.By)
	if !tx.SignedBy(by) || !state.Holds(row, by) && !state.Frozen(row, by) {
		return nil, stele.E(op, stele.KindDenied, "not signed by a device of the subject", nil)
	}
	if err := state.Lives(s, op, m.Subject); err != nil {
		return nil, err
	}
	switch {
	case guard.GetRecovers() == nil:
		return nil, stele.E(op, stele.KindExists, "no recovery waits", nil)
	case guard.VetoedMs != 0 && guard.UntilMs-guard.Guardians.WaitMs < guard.VetoedMs+BetweenVetos.Milliseconds():
		return nil, stele.E(op, stele.KindLimit, "another one was vetoed less than thirty days before this recovery began to wait", nil).
			WithHint("talk to the guardians: each of them can take its word back until the recovery holds")
	}
	return &wire.Event{Subject: m.Subject, Event: &wire.Event_RecoveryStopped{RecoveryStopped: &wire.RecoveryStopped{By: m.By}}}, nil
}
