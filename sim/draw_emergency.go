package sim

import (
	"fmt"

	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// slot draws what an emergency slot commits to, now and then nothing that it could.
func (p *pen) slot() []byte {
	if p.one(40) {
		return p.digest()[:p.IntN(32)]
	}
	return p.digest()
}

func (p *pen) setSlot() (*wire.Transaction, []wire.Signer) {
	subject, by := p.subject()
	return &wire.Transaction{Message: &wire.Transaction_SetEmergency{SetEmergency: &wire.SetEmergency{Subject: subject, Commitment: p.slot()}}}, []wire.Signer{by}
}

// breakGlass draws an opening in an emergency: by a key of the practitioner's and one of a
// member, mostly, or of one more than there are.
func (p *pen) breakGlass() (*wire.Transaction, []wire.Signer) {
	subject, _ := p.subject()
	key, name := p.name("k", 4), fmt.Sprintf("member%d", 1+p.IntN(p.members+1))
	if p.one(20) {
		key = name + []string{"", "'s node"}[p.IntN(2)]
	}
	p.signer(name) // who may end it or review it
	member := ledgertest.Subject(name)
	b := &wire.BreakGlass{Activation: p.id("activation", subject), Subject: subject, Member: member[:], Grantee: p.signer(key).Public(), DetailCommitment: p.digest()}
	switch p.IntN(60) {
	case 0:
		b.Activation = b.Activation[:p.IntN(16)]
	case 1:
		b.DetailCommitment = b.DetailCommitment[:p.IntN(32)]
	case 2:
		b.Member = b.Member[:p.IntN(20)]
	}
	p.grants = append(p.grants, drawn{b.Activation, key})
	by := []wire.Signer{p.signer(key), p.signer(name + "'s node")}
	if p.one(10) {
		by = by[p.IntN(2):][:1]
	}
	return &wire.Transaction{Message: &wire.Transaction_BreakGlass{BreakGlass: b}}, distinct(by)
}

// activation draws an activation, if it finds one, with the key that opened and one of the
// member's.
func (p *pen) activation() (id []byte, grantee, member wire.Signer) {
	for range 40 {
		id, grantee = p.grant()
		if of, ok := p.model.Emergency(id); ok {
			if devices := p.model.Keys(of); len(devices) > 0 {
				return id, grantee, p.signers[string(devices[p.IntN(len(devices))].Signing.Key)]
			}
		}
	}
	return id, grantee, p.signer("member1")
}

func (p *pen) endEmergency() (*wire.Transaction, []wire.Signer) {
	id, grantee, member := p.activation()
	by := []wire.Signer{grantee, member, p.signer(p.name("s", 12))}[p.IntN(3)]
	return &wire.Transaction{Message: &wire.Transaction_EndEmergency{EndEmergency: &wire.EndEmergency{Activation: id}}}, []wire.Signer{by}
}

// review draws what somebody says of an opening: the member, the patient or a stranger, and
// sometimes who opened.
func (p *pen) review() (*wire.Transaction, []wire.Signer) {
	id, grantee, by := p.activation()
	if owner, ok := p.model.Owner(id); ok && p.one(2) {
		if devices := p.model.Keys(owner); len(devices) > 0 {
			by = p.signers[string(devices[p.IntN(len(devices))].Signing.Key)]
		}
	}
	signers := []wire.Signer{by}
	if p.one(8) {
		signers = distinct(append(signers, grantee))
	}
	r := &wire.ReviewEmergency{Activation: id, Outcome: wire.Review(1 + p.IntN(4)), Commitment: p.slot()}
	if p.one(20) {
		r.Outcome = []wire.Review{0, 5, -1}[p.IntN(3)]
	}
	return &wire.Transaction{Message: &wire.Transaction_ReviewEmergency{ReviewEmergency: r}}, signers
}
