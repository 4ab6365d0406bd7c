package sim

import (
	"fmt"

	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// enrol draws a person without a device, enrolled by a member with a slip, now and then by
// somebody who is none.
func (p *pen) enrol() (*wire.Transaction, []wire.Signer) {
	slip, member := p.name("s", 12), fmt.Sprintf("member%d", 1+p.IntN(p.members+1))
	document := ledgertest.Document(slip)
	if p.one(12) {
		document = wire.Marshal(&wire.KeyDocument{Salt: ledgertest.Bytes(slip, 16), Devices: []*wire.Device{{Signing: p.signer(slip).Public()}, p.device(p.name("key", 40))}})
	}
	subject := ledgertest.Subject(member)
	return &wire.Transaction{Message: &wire.Transaction_CreateSubject{CreateSubject: &wire.CreateSubject{
		KeyDocument: document, Emergency: p.slot(), Member: subject[:]}}}, []wire.Signer{p.signer(slip), p.signer(member)}
}

// unclaimed draws a subject whom nobody has claimed, if it finds one, and the key of its slip.
func (p *pen) unclaimed() (subject []byte, slip wire.Signer) {
	for _, s := range p.model.Subjects() {
		if key := p.model.Slip(s[:]); key != nil && (subject == nil || p.one(2)) {
			subject, slip = s[:], p.signers[string(key.Key)]
		}
	}
	if subject == nil {
		subject, slip = p.subject()
	}
	return subject, slip
}

// claim draws a claim: by slip, new device and some member.
func (p *pen) claim() (*wire.Transaction, []wire.Signer) {
	subject, slip := p.unclaimed()
	key := p.name("key", 40)
	d := p.device(key)
	if !p.one(6) {
		d.SealSuite, d.SealKey = wire.SuiteSeal, p.sealKey()
	}
	by := distinct([]wire.Signer{slip, p.signer(key), p.signer(fmt.Sprintf("member%d", 1+p.IntN(p.members)))})
	if p.one(8) {
		by = by[:len(by)-1]
	}
	return &wire.Transaction{Message: &wire.Transaction_ClaimSubject{ClaimSubject: &wire.ClaimSubject{Subject: subject, Device: d}}}, by
}

// giveTogether draws a grant that members give for somebody whom nobody has claimed.
func (p *pen) giveTogether() (*wire.Transaction, []wire.Signer) {
	g, _ := p.draft()
	g.Subject, _ = p.unclaimed()
	g.Grant = p.id("grant", g.Subject)
	p.grants[len(p.grants)-1].id = g.Grant
	var by []wire.Signer
	for i := range p.members {
		if p.one(2) {
			by = append(by, p.signer(fmt.Sprintf("member%d", 1+i)))
		}
	}
	if len(by) == 0 {
		by = append(by, p.signer("member1"))
	}
	return giving(g), by
}
