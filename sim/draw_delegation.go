package sim

import (
	"fmt"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// delegate draws a grant to act for a subject: for some minutes, or for so long that its end
// is told of beforehand.
func (p *pen) delegate() (*wire.Transaction, []wire.Signer) {
	g, by := p.draft()
	g.Action, g.MaxUses = uint32(stele.ActionDelegate), g.MaxUses*p.Uint32N(2)
	if p.one(3) {
		g.EndMs += (150*24*time.Hour + time.Duration(p.IntN(300)-60)*time.Second).Milliseconds()
	}
	return giving(g), []wire.Signer{by}
}

// delegation draws a delegation, if it finds one, with its key, and its subject.
func (p *pen) delegation() (id []byte, by wire.Signer, subject stele.Subject) {
	for range 40 {
		if id, by = p.grant(); p.model.Delegates(id) {
			break
		}
	}
	subject, _ = p.model.Owner(id)
	return id, by, subject
}

// giveFor draws what somebody gives who acts for a subject: mostly a grant that the
// delegation may give, now and then another subject's, one that ends later, or a delegation.
func (p *pen) giveFor() (*wire.Transaction, []wire.Signer) {
	g, _ := p.draft()
	drawn := &p.grants[len(p.grants)-1]
	id, by, subject := p.delegation()
	g.Delegation = id
	if !p.one(12) && !subject.IsZero() {
		g.Subject = subject[:]
		g.Grant = p.id("grant", g.Subject)
		drawn.id = g.Grant
	}
	if g.Action = 1 + p.Uint32N(3); !p.one(6) {
		g.EndMs = p.now.Add(time.Duration(1+p.IntN(120)) * time.Second).UnixMilli()
	}
	return giving(g), []wire.Signer{by}
}

// revokeFor draws the end of a grant by who gave it for the subject, or by who did not.
func (p *pen) revokeFor() (*wire.Transaction, []wire.Signer) {
	id, by, _ := p.delegation()
	grant, _ := p.grant()
	for range 40 {
		if under := p.model.Delegation(grant); string(under) == string(id) {
			break
		}
		grant, _ = p.grant()
	}
	return &wire.Transaction{Message: &wire.Transaction_RevokeGrant{RevokeGrant: &wire.RevokeGrant{Grant: grant, Delegation: id}}}, []wire.Signer{by}
}

// death draws the word of a member's node and of who acts for a subject that it has died, or has
// not; now and then of one of them alone, of another subject, or by the subject's own key.
func (p *pen) death() (*wire.Transaction, []wire.Signer) {
	id, by, subject := p.delegation()
	name := fmt.Sprintf("member%d", 1+p.IntN(p.members+1))
	member := ledgertest.Subject(name)
	if p.one(12) {
		other, _ := p.subject()
		subject = stele.Subject(other)
	}
	signers := distinct([]wire.Signer{by, p.signer(name + "'s node")})
	if p.one(10) {
		signers = signers[p.IntN(len(signers)):][:1]
	}
	if p.one(4) { // by its own key, in the place of who acts for it
		id, signers = nil, distinct(append(p.side(p.speaking(subject)), p.signer(name+"'s node")))
	}
	d := &wire.RecordDeath{Subject: subject[:], Member: member[:], Delegation: id, Commitment: p.slot(), AsOf: p.asOf()}
	if p.model.Died(subject) != p.one(6) { // mostly what the ledger does not say already
		return &wire.Transaction{Message: &wire.Transaction_UndoDeath{UndoDeath: &wire.UndoDeath{
			Subject: d.Subject, Member: d.Member, Delegation: d.Delegation, Commitment: d.Commitment, AsOf: d.AsOf}}}, signers
	}
	return &wire.Transaction{Message: &wire.Transaction_RecordDeath{RecordDeath: d}}, signers
}

// asOf draws the newest block that a certificate knows: mostly the newest, now and then an old one, or one to come.
func (p *pen) asOf() int64 {
	if p.one(8) {
		return max(p.model.Height()+2-int64(p.IntN(6)), 0)
	}
	return p.model.Height()
}
