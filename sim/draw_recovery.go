package sim

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// guarded draws a subject that is likely to have guardians, and somebody who may sign for it.
func (p *pen) guarded() ([]byte, wire.Signer) {
	for range 12 {
		subject, by := p.subject()
		if circle, frozen, _ := p.model.Guards(subject); circle != nil || len(frozen) > 0 {
			return subject, by
		}
	}
	return p.subject()
}

// deviceOf draws a device of a subject, frozen or not, or nobody's.
func (p *pen) deviceOf(subject []byte) wire.Signer {
	devices := p.model.Keys([20]byte(subject))
	if _, frozen, _ := p.model.Guards(subject); len(frozen) > 0 && (p.one(3) || len(devices) == 0) {
		devices = frozen
	}
	if len(devices) == 0 || p.one(12) {
		return p.signer(p.name("key", 40))
	}
	return p.signers[string(devices[p.IntN(len(devices))].Signing.Key)]
}

// circle draws guardians: one of a few sets, so that they can be found again by the root.
func (p *pen) circle() *wire.Guardians {
	if p.one(12) {
		return new(wire.Guardians)
	}
	circle, _ := p.circleOf(p.IntN(6))
	circle = proto.CloneOf(circle)
	switch p.IntN(60) {
	case 0:
		circle.Number = []uint32{0, 2, 17}[p.IntN(3)]
	case 1:
		circle.Needed = []uint32{0, 1, circle.Number}[p.IntN(3)]
	case 2:
		circle.WaitMs = []int64{0, -1, 2*24*3_600_000 - 1, 14*24*3_600_000 + 1}[p.IntN(4)]
	case 3:
		circle.Root = circle.Root[:p.IntN(32)]
	}
	return circle
}

// circleOf is one of the sets.
func (p *pen) circleOf(n int) (*wire.Guardians, []*wire.SpeakAsGuardian) {
	var names []string
	var kinds []wire.GuardianKind
	for i := range 3 + n%3 {
		names, kinds = append(names, fmt.Sprintf("guardian%d", (n+i)%7)), append(kinds, wire.GuardianKind(1+i%2+n%2))
		p.signer(names[i])
	}
	return ledgertest.Circle(2, (48*time.Hour + time.Duration(n)*time.Hour).Milliseconds(), names, kinds)
}

func (p *pen) announce() (*wire.Transaction, []wire.Signer) {
	subject, by := p.subject()
	m := &wire.AnnounceChange{Change: p.id("change", subject), Subject: subject, By: by.Public()}
	switch {
	case p.one(60):
	case p.one(3):
		m.What = &wire.Change{Change: &wire.Change_Remove{Remove: p.deviceOf(subject).Public()}}
	default:
		m.What = &wire.Change{Change: &wire.Change_Guardians{Guardians: p.circle()}}
	}
	return &wire.Transaction{Message: &wire.Transaction_AnnounceChange{AnnounceChange: m}}, []wire.Signer{by}
}

// waiting draws a change that waits, of the subject if it can be, or an id that is nobody's.
func (p *pen) waiting(subject []byte) []byte {
	if ids := p.model.Changes(subject); len(ids) > 0 && !p.one(10) {
		return ids[p.IntN(len(ids))]
	}
	return p.id("change", subject)
}

func (p *pen) vetoChange() (*wire.Transaction, []wire.Signer) {
	subject, _ := p.subject()
	by := p.deviceOf(subject)
	return &wire.Transaction{Message: &wire.Transaction_VetoChange{VetoChange: &wire.VetoChange{Change: p.waiting(subject), By: by.Public()}}}, []wire.Signer{by}
}

func (p *pen) freeze() (*wire.Transaction, []wire.Signer) {
	subject, by := p.subject()
	return &wire.Transaction{Message: &wire.Transaction_FreezeDevice{FreezeDevice: &wire.FreezeDevice{
		Subject: subject, Device: p.deviceOf(subject).Public(), By: by.Public(), Thaw: p.one(2)}}}, []wire.Signer{by}
}

func (p *pen) speak() (*wire.Transaction, []wire.Signer) {
	subject, _ := p.guarded()
	set := p.IntN(6)
	for n := range 6 {
		if circle, _ := p.circleOf(n); proto.Equal(circle, func() *wire.Guardians { c, _, _ := p.model.Guards(subject); return c }()) && !p.one(12) {
			set = n
		}
	}
	_, shows := p.circleOf(set)
	m := shows[p.IntN(len(shows))]
	var who wire.Guardian
	if err := proto.Unmarshal(m.Guardian, &who); err != nil {
		panic(err)
	}
	m.Subject = subject
	switch p.IntN(60) {
	case 0:
		m.Index++
	case 1:
		m.Salt = p.digest()
	case 2:
		m.Path = m.Path[:len(m.Path)-1]
	}
	word := new(wire.GuardianWord)
	switch p.IntN(10) {
	case 0:
		word = nil
	case 1:
		word.Word = &wire.GuardianWord_Freeze{Freeze: p.deviceOf(subject).Public()}
	case 2, 3:
		word.Word = &wire.GuardianWord_Thaw{Thaw: p.deviceOf(subject).Public()}
	case 4:
		word.Word = &wire.GuardianWord_Stop{Stop: p.waiting(subject)}
	default:
		d := p.device(p.name("new", 2))
		if !p.one(8) {
			d = &wire.Device{Signing: d.Signing, SealSuite: wire.SuiteSeal, SealKey: ledgertest.SealKey("seal0")}
		}
		word.Word = &wire.GuardianWord_Recover{Recover: d}
	}
	m.Word = word
	by := []wire.Signer{p.signers[string(who.Key.Key)]}
	if d := word.GetRecover(); d != nil && !p.one(3) {
		by = distinct(append(by, p.signers[string(d.Signing.Key)]))
	}
	return &wire.Transaction{Message: &wire.Transaction_SpeakAsGuardian{SpeakAsGuardian: m}}, by
}

func (p *pen) vetoRecovery() (*wire.Transaction, []wire.Signer) {
	subject, _ := p.guarded()
	for range 6 {
		if _, _, waits := p.model.Guards(subject); waits {
			break
		}
		subject, _ = p.guarded()
	}
	by := p.deviceOf(subject)
	return &wire.Transaction{Message: &wire.Transaction_VetoRecovery{VetoRecovery: &wire.VetoRecovery{Subject: subject, By: by.Public()}}}, []wire.Signer{by}
}
