package ledgertest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

const day = 24 * 3600_000

// modelGuard is a subject's guardians, what each of them wants, the recovery that waits, and who is frozen.
type modelGuard struct {
	circle *wire.Guardians
	words  []*modelWord
	waits  *wire.Device
	until  int64
	vetoed int64
	done   int64 // when it was recovered last

	frozen []modelFrozen
}

type modelWord struct {
	key       *wire.PublicKey
	kind      wire.GuardianKind
	recover   *wire.Device
	other     *wire.GuardianWord
	recoverAt int64
	otherAt   int64
	spent     debt
}

type modelFrozen struct {
	device  *wire.Device
	guarded bool
}

type modelChange struct {
	subject string
	by      *wire.PublicKey
	what    *wire.Change
	until   int64
}

func (m *Model) guard(subject []byte) *modelGuard {
	g := m.guards[string(subject)]
	if g == nil {
		g = new(modelGuard)
		m.guards[string(subject)] = g
	}
	return g
}

// frost is the place of a frozen device with a key, or -1.
func (g *modelGuard) frost(key *wire.PublicKey) int {
	return slices.IndexFunc(g.frozen, func(f modelFrozen) bool { return proto.Equal(f.device.Signing, key) })
}

// hard reports whether guardians froze a device.
func (g *modelGuard) hard(key *wire.PublicKey) bool {
	at := g.frost(key)
	return at >= 0 && g.frozen[at].guarded
}

// Guards returns a subject's guardians, the devices that are frozen, and whether a recovery waits.
func (m *Model) Guards(subject []byte) (circle *wire.Guardians, frozen []*wire.Device, waits bool) {
	g := m.guards[string(subject)]
	if g == nil {
		return nil, nil, false
	}
	for _, f := range g.frozen {
		frozen = append(frozen, f.device)
	}
	return g.circle, frozen, g.waits != nil
}

// Changes returns the ids of what has been announced for a subject and waits.
func (m *Model) Changes(subject []byte) (ids [][]byte) {
	for id, c := range m.changes {
		if c.subject == string(subject) {
			ids = append(ids, []byte(id))
		}
	}
	slices.SortFunc(ids, slices.Compare)
	return ids
}

// left reports whether a device that signs is left without one.
func (m *Model) left(subject []byte, key *wire.PublicKey) bool {
	return slices.ContainsFunc(m.keys[string(subject)], func(d *wire.Device) bool { return !proto.Equal(d.Signing, key) })
}

func (m *Model) announce(tx []byte, b *wire.AnnounceChange, by signers) Foretold {
	var wrong defects
	g := m.guard(b.Subject)
	wrong.when(m.device(b.Subject, b.By) < 0 || !by.have(b.By) || m.dead(string(b.Subject)), stele.KindDenied)
	wrong.when(m.Merged(b.Subject) != nil || m.changes[string(b.Change)] != nil, stele.KindExists)
	wrong.when(notOwn(b.Change, b.Subject), stele.KindInvalid)
	wrong.when(g.done != 0 && m.time < g.done+3*day, stele.KindLimit)
	waiting := 0
	for _, c := range m.changes {
		if c.subject == string(b.Subject) {
			if proto.Equal(c.by, b.By) {
				waiting++
			}
			wrong.when(b.What.GetRemove() != nil && proto.Equal(c.what.GetRemove(), b.What.GetRemove()), stele.KindExists)
		}
	}
	spent := m.of("changes", string(b.Subject)+string(b.By.GetKey()))
	wrong.when(waiting >= 4 || spent.over(m.time, 16, 3*3600_000), stele.KindLimit)
	switch what := b.What.GetChange().(type) {
	case *wire.Change_Remove:
		wrong.when(m.device(b.Subject, what.Remove) < 0 && g.frost(what.Remove) < 0 || !m.left(b.Subject, what.Remove), stele.KindInvalid)
	case *wire.Change_Guardians:
		c := what.Guardians
		none := c.Number == 0 && c.Needed == 0 && c.WaitMs == 0 && len(c.Root) == 0
		wrong.when(slices.ContainsFunc(m.members(), func(s stele.Subject) bool { return string(s[:]) == string(b.Subject) }), stele.KindDenied)
		wrong.when(g.waits != nil, stele.KindExists)
		wrong.when(!none && (len(c.Root) != 32 || c.Number < 3 || c.Number > 16 || c.Needed < 2 || c.Needed >= c.Number || c.WaitMs < 2*day || c.WaitMs > 14*day), stele.KindInvalid)
	default:
		wrong.when(true, stele.KindInvalid)
	}
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	spent.add(m.time, 3*3600_000)
	c := &modelChange{string(b.Subject), b.By, b.What, m.time + 3*day}
	m.changes[string(b.Change)] = c
	return m.write(c.subject, tx, &wire.Event{Event: &wire.Event_ChangeAnnounced{ChangeAnnounced: &wire.ChangeAnnounced{Change: b.Change, By: b.By, What: b.What, UntilMs: c.until}}})
}

func (m *Model) vetoChange(tx []byte, b *wire.VetoChange, by signers) Foretold {
	c := m.changes[string(b.Change)]
	if c == nil {
		return Foretold{Refused: []stele.Kind{stele.KindDenied}}
	}
	subject := []byte(c.subject)
	g := m.guard(subject)
	if !by.have(b.By) || m.device(subject, b.By) < 0 && g.frost(b.By) < 0 || proto.Equal(b.By, c.by) || g.hard(b.By) || m.dead(c.subject) {
		return Foretold{Refused: []stele.Kind{stele.KindDenied}}
	}
	delete(m.changes, string(b.Change))
	return m.write(c.subject, tx, &wire.Event{Event: &wire.Event_ChangeStopped{ChangeStopped: &wire.ChangeStopped{Change: b.Change, By: b.By}}})
}

func (m *Model) freeze(tx []byte, b *wire.FreezeDevice, by signers) Foretold {
	var wrong defects
	g := m.guard(b.Subject)
	at, frost := m.device(b.Subject, b.Device), g.frost(b.Device)
	wrong.when(m.device(b.Subject, b.By) < 0 || !by.have(b.By) || m.dead(string(b.Subject)), stele.KindDenied)
	wrong.when(proto.Equal(b.By, b.Device) || !b.Thaw && at < 0 || b.Thaw && frost < 0, stele.KindInvalid)
	wrong.when(b.Thaw && g.hard(b.Device), stele.KindDenied)
	spent := m.of("changes", string(b.Subject)+string(b.By.GetKey()))
	wrong.when(spent.over(m.time, 16, 3*3600_000), stele.KindLimit)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	spent.add(m.time, 3*3600_000)
	m.chill(b.Subject, b.Device, !b.Thaw, false)
	return m.write(string(b.Subject), tx, &wire.Event{Event: &wire.Event_DeviceFrozen{DeviceFrozen: &wire.DeviceFrozen{Device: b.Device, By: b.By, Thawed: b.Thaw}}})
}

func (m *Model) chill(subject []byte, key *wire.PublicKey, freeze, guarded bool) {
	g, of := m.guard(subject), string(subject)
	var device *wire.Device
	if at := m.device(subject, key); at >= 0 {
		device = m.keys[of][at]
		m.keys[of] = slices.Delete(slices.Clone(m.keys[of]), at, at+1)
	}
	if at := g.frost(key); at >= 0 {
		device = g.frozen[at].device
		g.frozen = slices.Delete(g.frozen, at, at+1)
	}
	if guarded {
		m.forget(subject, func(c *modelChange) bool { return proto.Equal(c.by, key) })
	}
	if freeze {
		g.frozen = append(g.frozen, modelFrozen{device, guarded})
	} else {
		m.keys[of] = append(m.keys[of], device)
	}
}

// forget ends those of a subject's changes that wait.
func (m *Model) forget(subject []byte, which func(*modelChange) bool) {
	for _, id := range m.Changes(subject) {
		if which(m.changes[string(id)]) {
			delete(m.changes, string(id))
		}
	}
}

// shows returns the guardian that a message shows, or nil.
func shows(circle *wire.Guardians, b *wire.SpeakAsGuardian) *wire.Guardian {
	who := new(wire.Guardian)
	if circle == nil || proto.Unmarshal(b.Guardian, who) != nil || len(b.Salt) != 32 || badKey(who.Key) || who.Kind < 1 || who.Kind > 3 || b.Index >= circle.Number {
		return nil
	}
	mac := hmac.New(sha256.New, b.Salt)
	mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len("stele.v1.guardian"))))
	mac.Write([]byte("stele.v1.guardian"))
	mac.Write(b.Guardian)
	hash := sha256.Sum256(mac.Sum([]byte{0}))
	at, last, path := b.Index, circle.Number-1, b.Path // RFC 9162 §2.1.3.2
	for _, p := range path {
		switch {
		case last == 0 || len(p) != 32:
			return nil
		case at%2 == 1 || at == last:
			hash = sha256.Sum256(slices.Concat([]byte{1}, p, hash[:]))
			for at%2 == 0 && at != 0 {
				at, last = at/2, last/2
			}
		default:
			hash = sha256.Sum256(slices.Concat([]byte{1}, hash[:], p))
		}
		at, last = at/2, last/2
	}
	if last != 0 || string(hash[:]) != string(circle.Root) {
		return nil
	}
	return who
}

func (m *Model) speakAsGuardian(tx []byte, b *wire.SpeakAsGuardian, by signers) Foretold {
	g := m.guard(b.Subject)
	who := shows(g.circle, b)
	if who == nil || !by.have(who.Key) || m.dead(string(b.Subject)) {
		return Foretold{Refused: []stele.Kind{stele.KindDenied}}
	}
	at := slices.IndexFunc(g.words, func(w *modelWord) bool { return proto.Equal(w.key, who.Key) })
	said := &modelWord{key: who.Key, kind: who.Kind, spent: debt{at: m.time}}
	if at >= 0 {
		said = g.words[at]
	}
	var wrong defects
	wrong.when(at >= 0 && said.kind != who.Kind, stele.KindDenied)
	wrong.when(said.spent.over(m.time, 16, 3*3600_000), stele.KindLimit)
	switch w := b.Word.GetWord().(type) {
	case nil:
	case *wire.GuardianWord_Recover:
		key := w.Recover.GetSigning()
		wrong.when(badDevice(w.Recover) || len(w.Recover.GetSealKey()) == 0 || proto.Equal(key, who.Key), stele.KindInvalid)
		wrong.when(!by.have(key) && !slices.ContainsFunc(g.words, func(other *modelWord) bool { return proto.Equal(other.recover, w.Recover) }), stele.KindDenied)
		wrong.when(m.device(b.Subject, key) >= 0 || g.frost(key) >= 0, stele.KindExists)
		wrong.when(g.vetoed != 0 && m.time < g.vetoed+7*day, stele.KindLimit)
	case *wire.GuardianWord_Freeze:
		wrong.when(m.device(b.Subject, w.Freeze) < 0 && (g.frost(w.Freeze) < 0 || g.hard(w.Freeze)), stele.KindInvalid)
	case *wire.GuardianWord_Thaw:
		wrong.when(g.frost(w.Thaw) < 0, stele.KindInvalid)
	case *wire.GuardianWord_Stop:
		c := m.changes[string(w.Stop)]
		wrong.when(c == nil || c.subject != string(b.Subject), stele.KindInvalid)
	}
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	if at < 0 {
		g.words = append(g.words, said)
	}
	said.spent.add(m.time, 3*3600_000)
	spoke := &wire.GuardianSpoke{Guardian: who.Key, Kind: who.Kind, Word: b.Word}
	switch w := b.Word.GetWord().(type) {
	case nil:
		said.recover, said.other = nil, nil
	case *wire.GuardianWord_Recover:
		said.recover, said.recoverAt = w.Recover, m.time
	default:
		said.other, said.otherAt = b.Word, m.time
	}
	agree := func(wants func(*modelWord) bool) bool {
		kinds, n := map[wire.GuardianKind]bool{}, uint32(0)
		for _, w := range g.words {
			if wants(w) {
				kinds[w.kind], n = true, n+1
			}
		}
		return n >= g.circle.Needed && len(kinds) > 1
	}
	hadWaited := g.waits != nil
	if g.waits != nil && !agree(func(other *modelWord) bool { return proto.Equal(other.recover, g.waits) }) {
		g.waits = nil
	}
	switch w := b.Word.GetWord().(type) {
	case nil:
	case *wire.GuardianWord_Recover:
		wants := func(other *modelWord) bool {
			return proto.Equal(other.recover, w.Recover) && m.time < other.recoverAt+14*day
		}
		if !hadWaited && agree(wants) {
			spoke.Enough, spoke.UntilMs = true, m.time+g.circle.WaitMs
			g.waits, g.until = w.Recover, spoke.UntilMs
			m.forget(b.Subject, func(c *modelChange) bool { return c.what.GetGuardians() != nil })
		}
	default:
		wants := func(other *modelWord) bool { return proto.Equal(other.other, b.Word) && m.time < other.otherAt+14*day }
		if agree(wants) {
			spoke.Enough = true
			for _, other := range g.words {
				if proto.Equal(other.other, b.Word) {
					other.other = nil
				}
			}
			switch w := w.(type) {
			case *wire.GuardianWord_Freeze:
				m.chill(b.Subject, w.Freeze, true, true)
			case *wire.GuardianWord_Thaw:
				m.chill(b.Subject, w.Thaw, false, false)
			case *wire.GuardianWord_Stop:
				delete(m.changes, string(w.Stop))
			}
		}
	}
	return m.write(string(b.Subject), tx, &wire.Event{Event: &wire.Event_GuardianSpoke{GuardianSpoke: spoke}})
}

func (m *Model) vetoRecovery(tx []byte, b *wire.VetoRecovery, by signers) Foretold {
	var wrong defects
	g := m.guard(b.Subject)
	wrong.when(!by.have(b.By) || m.device(b.Subject, b.By) < 0 && g.frost(b.By) < 0 || m.dead(string(b.Subject)), stele.KindDenied)
	wrong.when(g.waits == nil, stele.KindExists)
	wrong.when(g.waits != nil && g.vetoed != 0 && g.until-g.circle.WaitMs < g.vetoed+30*day, stele.KindLimit)
	if len(wrong) > 0 {
		return Foretold{Refused: wrong}
	}
	g.vetoed = m.time
	return m.stopRecovery(b.Subject, tx, b.By)
}

func (m *Model) stopRecovery(subject, tx []byte, by *wire.PublicKey) Foretold {
	m.endRecovery(m.guard(subject))
	return m.write(string(subject), tx, &wire.Event{Event: &wire.Event_RecoveryStopped{RecoveryStopped: &wire.RecoveryStopped{By: by}}})
}

// endRecovery ends what waits, and what guardians want of any.
func (m *Model) endRecovery(g *modelGuard) {
	g.waits = nil
	for _, w := range g.words {
		w.recover = nil
	}
}

// follow is what becomes of what waits for a device whose key is rotated.
func (m *Model) follow(subject []byte, old, fresh *wire.PublicKey) {
	if spent := m.spent["changes "+string(subject)+string(old.Key)]; spent != nil {
		again := *spent
		m.spent["changes "+string(subject)+string(fresh.Key)] = &again
	}
	for _, c := range m.changes {
		if c.subject != string(subject) {
			continue
		}
		if proto.Equal(c.by, old) {
			c.by = fresh
		}
		if remove := c.what.GetRemove(); remove != nil && proto.Equal(remove, old) {
			c.what = &wire.Change{Change: &wire.Change_Remove{Remove: fresh}}
		}
	}
	for _, w := range m.guard(subject).words {
		if freeze := w.other.GetFreeze(); freeze != nil && proto.Equal(freeze, old) {
			w.other = &wire.GuardianWord{Word: &wire.GuardianWord_Freeze{Freeze: fresh}}
		}
	}
}

// change makes a change whose time has come, or says that it can't be made.
func (m *Model) change(id string) {
	c := m.changes[id]
	delete(m.changes, id)
	subject := []byte(c.subject)
	g, remove := m.guard(subject), c.what.GetRemove()
	if m.dead(c.subject) || remove != nil && !m.left(subject, remove) {
		m.write(c.subject, nil, &wire.Event{Event: &wire.Event_ChangeStopped{ChangeStopped: &wire.ChangeStopped{Change: []byte(id)}}})
		return
	}
	if remove != nil {
		m.keys[c.subject] = slices.DeleteFunc(slices.Clone(m.keys[c.subject]), func(d *wire.Device) bool { return proto.Equal(d.Signing, remove) })
		g.frozen = slices.DeleteFunc(g.frozen, func(f modelFrozen) bool { return proto.Equal(f.device.Signing, remove) })
		m.forget(subject, func(c *modelChange) bool { return proto.Equal(c.by, remove) })
	} else if g.circle, g.words, g.vetoed = c.what.GetGuardians(), nil, 0; g.circle.Number == 0 {
		g.circle = nil
	}
	m.write(c.subject, nil, &wire.Event{Event: &wire.Event_ChangeMade{ChangeMade: &wire.ChangeMade{Change: []byte(id), What: c.what}}})
}

// recoverSubject makes the device that guardians approved the only one, or says that the subject has died.
func (m *Model) recoverSubject(subject string) {
	g := m.guards[subject]
	if m.dead(subject) {
		m.stopRecovery([]byte(subject), nil, nil)
		return
	}
	device := g.waits
	g.waits, g.done, g.frozen = nil, m.time, nil
	for _, w := range g.words {
		w.recover, w.other = nil, nil
	}
	for _, id := range m.Changes([]byte(subject)) {
		delete(m.changes, string(id))
	}
	m.keys[subject] = []*wire.Device{device}
	m.write(subject, nil, &wire.Event{Event: &wire.Event_SubjectRecovered{SubjectRecovered: &wire.SubjectRecovered{Device: device}}})
}
