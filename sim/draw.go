package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// pen draws transactions: mostly some that a town's people would sign, and any
// of them spoilt. Names are few, so that what is drawn meets what was drawn before; whose keys sign
// for whom is asked of the model, or nearly all would be refused for that alone.
type pen struct {
	*rand.Rand
	chain   string
	members int
	model   *ledgertest.Model
	now     time.Time // of the block that they are for
	signers map[string]wire.Signer
	fresh   int
	grants  []drawn // given so far, whether or not the ledger took them
	sent    []sent  // earlier transactions
	seals   map[string][]byte
}

// drawn is a grant and the name of its grantee's key.
type drawn struct {
	id  []byte
	key string
}

// sent is a transaction as it is carried, and whether its signatures check.
type sent struct {
	raw   []byte
	sound bool
}

// signer returns the key of a name, always the same. It is found by its public key, too: the model
// knows keys and no names.
func (p *pen) signer(name string) wire.Signer {
	if p.signers[name] == nil {
		p.signers[name] = ledgertest.Signer(name)
		p.signers[string(p.signers[name].Public().Key)] = p.signers[name]
	}
	return p.signers[name]
}

// one reports whether something happens that does once in n times.
func (p *pen) one(n int) bool { return p.IntN(n) == 0 }

// name draws one of n names.
func (p *pen) name(kind string, n int) string { return fmt.Sprint(kind, p.IntN(n)) }

// id draws an id of an owner: mostly a new one, at times one that was drawn before,
// now and then one that is nobody's.
func (p *pen) id(kind string, owner []byte) []byte {
	if p.one(60) {
		owner = nil
	}
	if p.one(8) && p.fresh > 0 {
		return ledgertest.IDOf(fmt.Sprint(kind, p.IntN(p.fresh)), owner)
	}
	p.fresh++
	return ledgertest.IDOf(fmt.Sprint(kind, p.fresh-1), owner)
}

// digest draws 32 bytes, now and then fewer.
func (p *pen) digest() []byte {
	raw := make([]byte, 32)
	for i := range raw {
		raw[i] = byte(p.Uint32())
	}
	if p.one(60) {
		return raw[:p.IntN(32)]
	}
	return raw
}

// subject draws a subject and somebody who may sign for it; now and then
// somebody else.
func (p *pen) subject() ([]byte, wire.Signer) {
	subject := ledgertest.Subject(p.name("s", 12))
	devices := p.model.Keys(subject)
	if len(devices) == 0 || p.one(10) {
		return subject[:], p.signer(p.name("s", 12))
	}
	return subject[:], p.signers[string(devices[p.IntN(len(devices))].Signing.Key)]
}

// next draws a transaction and says whether its signatures check.
func (p *pen) next() sent {
	if len(p.sent) > 0 && p.one(7) {
		return p.sent[p.IntN(len(p.sent))] // again: soon or long after
	}
	tx, by := p.message()
	tx.Chain, tx.Nonce = p.chain, ledgertest.ID(fmt.Sprint("nonce ", p.Uint64()))
	tx.ExpiresMs = p.now.Add(time.Duration(1+p.IntN(600_000)) * time.Millisecond).UnixMilli()
	p.spoil(tx)
	raw := wire.Marshal(tx)
	signed := wire.SignBytes(wire.TagTransaction, raw, by...)
	s := sent{sound: true}
	switch {
	case p.one(40): // signed by nobody, wrongly, twice, for another kind, by somebody else
		s.sound = false
		first := signed.Signatures[0]
		switch p.IntN(5) {
		case 0:
			signed.Signatures = nil
		case 1:
			first.Signature[p.IntN(64)] ^= 1 << p.IntN(8)
		case 2:
			signed.Signatures = append(signed.Signatures, proto.CloneOf(first))
		case 3:
			signed = wire.SignBytes(wire.TagParcel, raw, by...)
		case 4:
			first.Key = p.signer(p.name("stranger", 3)).Public()
		}
	case p.one(40):
		signed = wire.SignBytes(wire.TagTransaction, raw, p.signer(p.name("stranger", 3)))
	case p.one(40):
		by = append(by, p.signer(p.name("stranger", 3)))
		signed = wire.SignBytes(wire.TagTransaction, raw, by...)
	}
	s.raw = wire.Marshal(signed)
	if p.one(100) {
		s.raw = s.raw[:p.IntN(len(s.raw))]
		s.sound = s.sound && stillSigned(s.raw)
	}
	p.sent = append(p.sent, s)
	return s
}

// stillSigned reports whether what was cut off was a whole signature of several.
func stillSigned(raw []byte) bool {
	signed := new(wire.Signed)
	if proto.Unmarshal(raw, signed) != nil {
		return false
	}
	_, err := wire.Check(wire.TagTransaction, signed)
	return err == nil
}

// spoil breaks what every transaction has in common.
func (p *pen) spoil(tx *wire.Transaction) {
	switch {
	case p.one(60):
		// At both bounds, block time and 10 minutes after it, and beside each.
		tx.ExpiresMs = p.now.UnixMilli() + []int64{0, -1, 1, 600_000, 600_001, -3_600_000, 1 << 50}[p.IntN(7)]
	case p.one(100):
		tx.Chain = "another town"
	case p.one(100):
		tx.Nonce = tx.Nonce[:p.IntN(16)]
	case p.one(150):
		tx.Message = nil
	}
}

// message draws what is asked for. First enough subjects have to be there for anything else to be
// taken.
func (p *pen) message() (*wire.Transaction, []wire.Signer) {
	if len(p.model.Subjects()) < p.members+6 && !p.one(4) {
		return p.create()
	}
	switch p.IntN(50) {
	case 40, 41:
		return p.announce()
	case 42:
		return p.vetoChange()
	case 43:
		return p.freeze()
	case 44, 45, 46:
		return p.speak()
	case 47:
		return p.vetoRecovery()
	case 37, 38:
		return p.merge()
	case 39:
		return p.part()
	case 32, 33:
		return p.enrol()
	case 34:
		return p.claim()
	case 35:
		return p.giveTogether()
	case 36, 48, 49:
		return p.death()
	case 28:
		return p.delegate()
	case 29, 30:
		return p.giveFor()
	case 31:
		return p.revokeFor()
	case 23:
		return p.setSlot()
	case 24, 25:
		return p.breakGlass()
	case 26:
		return p.endEmergency()
	case 27:
		return p.review()
	case 20:
		return p.admit()
	case 21:
		return p.dismiss()
	case 22:
		return p.list()
	case 0:
		return p.create()
	case 2:
		return p.rotate()
	case 3:
		return p.add()
	case 1, 4, 5, 6, 7:
		return p.give()
	case 8, 9:
		return p.revoke()
	case 10, 11, 12:
		return p.anchor()
	case 13:
		return p.receipts()
	}
	return p.access()
}

// device draws a device with a signing key, now and then with a key to seal to, right or not.
func (p *pen) device(key string) *wire.Device {
	d := &wire.Device{Signing: p.signer(key).Public()}
	if p.one(3) {
		d.SealSuite, d.SealKey = wire.SuiteSeal, p.sealKey()
	}
	if p.one(40) {
		// 1,216 bytes are an X-Wing key: 1,184 of ML-KEM-768, then 32 of X25519.
		d.SealSuite, d.SealKey = []uint32{0, 1, 2}[p.IntN(3)], p.sealKey()[:[]int{0, 1, 1215, 1216}[p.IntN(4)]]
	}
	if len(d.SealKey) == 1216 && p.one(40) { // a point of small order, or a coefficient too large
		copy(d.SealKey[p.IntN(2)*1184:], [][]byte{make([]byte, 32), {0xff, 0xff, 0xff}}[p.IntN(2)])
	}
	return d
}

// sealKey draws one of a few keys: making one takes time.
func (p *pen) sealKey() []byte {
	name := p.name("seal", 3)
	if p.seals == nil {
		p.seals = map[string][]byte{}
	}
	if p.seals[name] == nil {
		p.seals[name] = ledgertest.SealKey(name)
	}
	return slices.Clone(p.seals[name])
}

// create draws a new subject, or one that is there already, of one device or several.
func (p *pen) create() (*wire.Transaction, []wire.Signer) {
	name := p.name("s", 12)
	by, document := []wire.Signer{p.signer(name)}, ledgertest.Document(name)
	if p.one(3) { // one of its own, with more devices
		p.fresh++
		doc := &wire.KeyDocument{Salt: ledgertest.Bytes(fmt.Sprint(p.fresh), 16)}
		by = nil
		for range 1 + p.IntN(4) {
			key := p.name("key", 40)
			doc.Devices = append(doc.Devices, p.device(key))
			by = append(by, p.signer(key))
		}
		if p.one(10) {
			doc.Salt = doc.Salt[:p.IntN(16)]
		}
		document = wire.Marshal(doc)
		by = distinct(by)
	}
	return &wire.Transaction{Message: &wire.Transaction_CreateSubject{CreateSubject: &wire.CreateSubject{KeyDocument: document, Emergency: p.slot()}}}, by
}

// distinct leaves out signers that come twice: the same key signs once.
func distinct(by []wire.Signer) (out []wire.Signer) {
	seen := map[string]bool{}
	for _, s := range by {
		if key := string(s.Public().Key); !seen[key] {
			seen[key] = true
			out = append(out, s)
		}
	}
	return out
}

// rotate draws the change of a device's key, signed by the old and the new one.
func (p *pen) rotate() (*wire.Transaction, []wire.Signer) {
	subject, old := p.subject()
	key := p.name("key", 40)
	return &wire.Transaction{Message: &wire.Transaction_RotateKeys{RotateKeys: &wire.RotateKeys{
		Subject: subject, Old: old.Public(), Device: p.device(key)}}}, distinct([]wire.Signer{old, p.signer(key)})
}

func (p *pen) add() (*wire.Transaction, []wire.Signer) {
	subject, old := p.subject()
	key := p.name("key", 40)
	return &wire.Transaction{Message: &wire.Transaction_AddDevice{AddDevice: &wire.AddDevice{Subject: subject, Device: p.device(key)}}},
		distinct([]wire.Signer{old, p.signer(key)})
}

func (p *pen) give() (*wire.Transaction, []wire.Signer) {
	g, by := p.draft()
	return giving(g), []wire.Signer{by}
}

func giving(g *wire.GiveGrant) *wire.Transaction {
	return &wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: g}}
}

// draft draws a grant of five minutes at most, every other one a day longer: some end while they
// are used.
func (p *pen) draft() (*wire.GiveGrant, wire.Signer) {
	subject, by := p.subject()
	key := p.name("k", 4)
	g := &wire.GiveGrant{
		Grant: p.id("grant", subject), Subject: subject, Action: 1 + p.Uint32N(2), Grantee: p.signer(key).Public(), Commitment: p.digest(),
		EndMs: p.now.Add(time.Duration(p.IntN(300)) * time.Second).UnixMilli(), MaxUses: p.Uint32N(5),
	}
	if p.one(2) {
		g.EndMs += 24 * 3_600_000
	}
	if p.one(4) {
		g.NotBeforeMs = p.now.Add(time.Duration(p.IntN(120)-60) * time.Second).UnixMilli()
	}
	switch p.IntN(80) {
	case 0:
		g.EndMs = []int64{0, -1, 1 << 62, p.now.UnixMilli() + 101*366*24*3_600_000}[p.IntN(4)]
	case 1:
		g.Action = []uint32{0, 3, 257}[p.IntN(3)]
	case 2:
		g.NotBeforeMs = []int64{-1, g.EndMs, g.EndMs - 1}[p.IntN(3)]
	case 3:
		g.Grant = g.Grant[:p.IntN(16)]
	}
	p.grants = append(p.grants, drawn{g.Grant, key})
	return g, by
}

// grant draws a grant, the newest more often, with its key or another.
func (p *pen) grant() (id []byte, by wire.Signer) {
	if len(p.grants) == 0 {
		return p.id("grant", nil), p.signer(p.name("k", 4))
	}
	at := p.IntN(len(p.grants))
	for range p.IntN(6) { // more often one that may hold
		if status, _, ok := p.model.Grant(idOf(p.grants[at].id)); ok && status == stele.GrantActive {
			break
		}
		at = p.IntN(len(p.grants))
	}
	g := p.grants[at]
	if p.one(20) {
		return g.id, p.signer(p.name("k", 4))
	}
	return g.id, p.signer(g.key)
}

// idOf reads an id, zero when it is none.
func idOf(raw []byte) stele.ID {
	id, _ := stele.IDFrom(raw)
	return id
}

// revoke draws the end of a grant, mostly by whose grant it is, else by who holds it or by somebody.
func (p *pen) revoke() (*wire.Transaction, []wire.Signer) {
	id, holder := p.grant()
	by := p.signer(p.name("s", 12))
	if owner, ok := p.model.Owner(id); ok && !p.one(10) {
		if devices := p.model.Keys(owner); len(devices) > 0 {
			by = p.signers[string(devices[p.IntN(len(devices))].Signing.Key)]
		}
	}
	if p.one(6) { // who holds it gives it back
		by = holder
	}
	return &wire.Transaction{Message: &wire.Transaction_RevokeGrant{RevokeGrant: &wire.RevokeGrant{Grant: id}}}, []wire.Signer{by}
}

// access draws an opening, mostly with a window that may be (1 to 900,000 ms).
func (p *pen) access() (*wire.Transaction, []wire.Signer) {
	grant, by := p.grant()
	a := &wire.OpenAccess{Request: p.id("request", grant), Grant: grant, DetailCommitment: p.digest(), ReaderKeyHash: p.digest(), WindowMs: 1 + p.Uint32N(900_000)}
	if p.one(50) {
		a.WindowMs = []uint32{0, 900_001, 1 << 31}[p.IntN(3)]
	}
	return &wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: a}}, []wire.Signer{by}
}

// anchor draws an anchor under a grant, which may be one for reading.
func (p *pen) anchor() (*wire.Transaction, []wire.Signer) {
	grant, by := p.grant()
	return &wire.Transaction{Message: &wire.Transaction_MakeAnchor{MakeAnchor: &wire.MakeAnchor{
		Submission: p.id("submission", grant), Grant: grant, Root: p.digest(), SourceCommitment: p.digest(), CountCommitment: p.digest()}}}, []wire.Signer{by}
}

// issuer draws one of a few issuers with one of a few certificates.
func (p *pen) issuer() (subject, certificate []byte) {
	of := ledgertest.Subject(p.name("s", 12))
	return of[:], ledgertest.Bytes(p.name("certificate", 3), 32)
}

// consent draws who signs for the consortium: all members, or some and perhaps others.
func (p *pen) consent() (by []wire.Signer) {
	for i := range p.members {
		if !p.one(6) {
			by = append(by, p.signer(fmt.Sprintf("member%d", i+1)))
		}
	}
	if len(by) == 0 || p.one(6) {
		by = append(by, p.signer(p.name("s", 12)))
	}
	return by
}

// admit draws an issuer with what it may issue, now and then nothing that there is.
func (p *pen) admit() (*wire.Transaction, []wire.Signer) {
	subject, certificate := p.issuer()
	i := &wire.CredentialIssuer{Subject: subject, Certificate: certificate, Kinds: 1 + p.Uint32N(3), Jurisdictions: []string{"GB", "US-CA", "US-NY"}[p.IntN(3):]}
	switch p.IntN(20) {
	case 0:
		i.Kinds = []uint32{0, 4, 7}[p.IntN(3)]
	case 1:
		i.Jurisdictions = [][]string{nil, {"US", "GB"}, {"GB", "GB"}, {"gb"}, {"GB-"}, {"Dr Roe"}}[p.IntN(6)]
	case 2:
		i.Certificate = i.Certificate[:p.IntN(32)]
	}
	return &wire.Transaction{Message: &wire.Transaction_AdmitIssuer{AdmitIssuer: &wire.AdmitIssuer{Issuer: i}}}, p.consent()
}

func (p *pen) dismiss() (*wire.Transaction, []wire.Signer) {
	subject, certificate := p.issuer()
	return &wire.Transaction{Message: &wire.Transaction_DismissIssuer{DismissIssuer: &wire.DismissIssuer{Subject: subject, Certificate: certificate}}}, p.consent()
}

// list draws the hash of a status list, mostly the next of its issuer.
func (p *pen) list() (*wire.Transaction, []wire.Signer) {
	subject, by := p.subject()
	l := &wire.PostStatusList{Subject: subject, Epoch: p.model.Lists(stele.Subject(subject)) + 1, Hash: p.digest()}
	if p.one(6) {
		l.Epoch = p.Uint64N(4)
	}
	return &wire.Transaction{Message: &wire.Transaction_PostStatusList{PostStatusList: l}}, []wire.Signer{by}
}

// receipts draws a batch of receipts: of a member, or of one more than there are.
func (p *pen) receipts() (*wire.Transaction, []wire.Signer) {
	member := fmt.Sprintf("member%d", 1+p.IntN(p.members+1))
	by, owner := p.signer(member+"'s trustee"), ledgertest.Subject(member)
	b := &wire.PostReceipts{Batch: p.id("batch", owner[:]), Root: p.digest(), Count: 1 + p.Uint32N(100)}
	if p.one(10) {
		b.Count = []uint32{0, 1 << 20, 1<<20 + 1}[p.IntN(3)]
	}
	return &wire.Transaction{Message: &wire.Transaction_PostReceipts{PostReceipts: b}}, []wire.Signer{by}
}
