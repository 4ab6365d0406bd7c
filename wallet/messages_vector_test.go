package wallet

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/vectortest"
	"github.com/stele-health/stele/wire"
)

// messageVectors are what people sign and send beside the ledger. The fields stand in
// docs/protocol/services.md.
type messageVectors struct {
	About  string        `json:"about"`
	Chain  string        `json:"chain"`
	Asks   []askVector   `json:"asks"`
	Deaths []deathVector `json:"deaths"`
	Papers []paperVector `json:"papers"`
	Breaks []breakVector `json:"activations"`
}

type askVector struct {
	What   string         `json:"what"`
	Signed vectortest.Hex `json:"signed"`
	To     stele.Subject  `json:"to"`
	From   stele.Subject  `json:"from"`
	Holder vectortest.Hex `json:"holder"` // key of who asks, of suite 1
	Seed   vectortest.Hex `json:"seed"`   // of the seal key of who is asked
	Asked  *askedVector   `json:"request"`
}

type askedVector struct {
	ID          stele.ID            `json:"id"`
	For         stele.Subject       `json:"for"` // zero: who is asked
	Key         vectortest.Hex      `json:"key"` // suite 1
	KeyIndex    uint32              `json:"key_index"`
	Categories  []stele.Category    `json:"categories"`
	Sensitivity []stele.Sensitivity `json:"sensitivity"`
	Purpose     stele.Purpose       `json:"purpose"`
	Seconds     int64               `json:"for_s"`
	Reason      string              `json:"reason"`
}

type deathVector struct {
	What        string         `json:"what"`
	Certificate vectortest.Hex `json:"certificate"`
	OK          bool           `json:"ok"`
	Subject     stele.Subject  `json:"subject"`
	Mistaken    bool           `json:"mistaken"`
	Died        string         `json:"died"`
	Salt        vectortest.Hex `json:"salt"`
	Commitment  vectortest.Hex `json:"commitment"`
}

type paperVector struct {
	What  string         `json:"what"`
	Paper vectortest.Hex `json:"paper"`
	OK    bool           `json:"ok"`
}

type breakVector struct {
	What       string         `json:"what"`
	Signed     vectortest.Hex `json:"signed"`
	OK         bool           `json:"ok"`
	Activation stele.ID       `json:"activation"`
	Reason     string         `json:"reason"`
}

const vectorChain = "vectors"

var (
	vectorAsker, vectorAsked = stele.SubjectOf([]byte("vector asker")), stele.SubjectOf([]byte("vector asked"))
	vectorKey                = wire.Ed25519FromSeed(sha256.Sum256([]byte("vector key")))
	vectorSeed               = sha256.Sum256([]byte("vector seal seed"))
	vectorAt                 = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
)

// TestMessageVectors: the file is what this code computes, and what it says of each is what this code
// says: envelopes are random and stay as they are.
func TestMessageVectors(t *testing.T) {
	old := new(messageVectors)
	if !vectortest.Redrawing() {
		vectortest.Read(t, "messages.json", old)
	}
	vectortest.Reproduced(t, "messages.json", &messageVectors{
		About: "What people sign and send beside the ledger. Bytes are hexadecimal.", Chain: vectorChain,
		Asks: askVectors(t, old.Asks), Deaths: deathVectors(t), Papers: paperVectors(t), Breaks: breakVectors(t),
	})
}

func askVectors(t *testing.T, old []askVector) (all []askVector) {
	seal1, err := seal.SealKeyFromSeed(vectorSeed[:])
	if err != nil {
		t.Fatal(err)
	}
	id, child := vectorID("request"), stele.SubjectOf([]byte("vector child"))
	request := func() *wire.AccessRequest {
		return &wire.AccessRequest{
			Request: id[:], Key: vectorKey.Public(), KeyIndex: 7, Categories: []string{"allergies", "medications"}, Sensitivity: []string{"PSY"},
			Purpose: "TREAT", ForS: 86400, Reason: "before your operation",
		}
	}
	type change struct {
		what    string
		request func(*wire.AccessRequest)
		plain   func([]byte)
		context []byte
		post    func(*wire.AccessPost)
		signer  wire.Signer
	}
	for i, c := range []change{
		{what: "a request"},
		{what: "of somebody else's chart", request: func(r *wire.AccessRequest) { r.Subject = child[:] }},
		{what: "of no subject", request: func(r *wire.AccessRequest) { r.Subject = child[:19] }},
		{what: "of the whole chart", request: func(r *wire.AccessRequest) { r.Categories, r.Sensitivity = []string{"all"}, nil }},
		{what: "of all and a part", request: func(r *wire.AccessRequest) { r.Categories = []string{"all", "allergies"} }},
		{what: "of nothing", request: func(r *wire.AccessRequest) { r.Categories = nil }},
		{what: "of an unknown part", request: func(r *wire.AccessRequest) { r.Categories = []string{"horoscopes"} }},
		{what: "without a reason", request: func(r *wire.AccessRequest) { r.Reason = "" }},
		{what: "for no time", request: func(r *wire.AccessRequest) { r.ForS = 59 }},
		{what: "for longer than ten years", request: func(r *wire.AccessRequest) { r.ForS = 10*366*86400 + 1 }},
		{what: "something behind it", plain: func(p []byte) { p[len(p)-1] = 1 }},
		{what: "longer than it is", plain: func(p []byte) { binary.BigEndian.PutUint16(p, stele.RequestSize-1) }},
		{what: "sealed as another asker's", context: requestContext(vectorAsked, child)},
		{what: "to somebody else", post: func(p *wire.AccessPost) { p.To = child[:] }},
		{what: "from somebody else", post: func(p *wire.AccessPost) { p.From = child[:] }},
		{what: "of another network", post: func(p *wire.AccessPost) { p.Chain = "other" }},
		{what: "signed by somebody else", signer: wire.Ed25519FromSeed([32]byte{1})},
	} {
		v := askVector{What: c.what, To: vectorAsked, From: vectorAsker, Holder: vectorKey.Public().Key, Seed: vectorSeed[:]}
		if i < len(old) && old[i].What == c.what {
			v.Signed = old[i].Signed
		} else {
			v.Signed = newAsk(t, seal1, c.what, request(), c.request, c.plain, c.context, c.post, c.signer)
		}
		v.Asked = readAskVector(seal1, v.Signed)
		all = append(all, v)
	}
	return all
}

// newAsk makes a post with a request in an envelope, changed in one place.
func newAsk(t *testing.T, to *seal.SealKey, what string, r *wire.AccessRequest, request func(*wire.AccessRequest), change func([]byte), context []byte, post func(*wire.AccessPost), signer wire.Signer) []byte {
	t.Logf("%s is made anew", what)
	if request != nil {
		request(r)
	}
	body := wire.Marshal(r)
	plain := make([]byte, stele.RequestSize)
	binary.BigEndian.PutUint16(plain, uint16(len(body)))
	copy(plain[2:], body)
	if change != nil {
		change(plain)
	}
	if context == nil {
		context = requestContext(vectorAsked, vectorAsker)
	}
	envelope, err := seal.SealTo(to.Public(), seal.TagRequest, context, plain)
	if err != nil {
		t.Fatal(err)
	}
	member := stele.SubjectOf([]byte("vector member"))
	p := &wire.AccessPost{Chain: vectorChain, Audience: member[:], To: vectorAsked[:], From: vectorAsker[:], Sealed: [][]byte{envelope}, AtMs: vectorAt.UnixMilli()}
	if post != nil {
		post(p)
	}
	if signer == nil {
		signer = vectorKey
	}
	return wire.Marshal(wire.Sign(wire.TagAsk, p, signer))
}

// readAskVector is what the wallet of who is asked reads; nil: refused.
func readAskVector(key *seal.SealKey, raw []byte) *askedVector {
	signed := new(wire.Signed)
	if wire.Decode(raw, signed) != nil {
		return nil
	}
	post, err := readPost(signed, vectorChain, vectorAsked, vectorAsker, []stele.PublicKey{wire.Key(vectorKey.Public())})
	if err != nil {
		return nil
	}
	plain, err := key.Open(seal.TagRequest, requestContext(vectorAsked, vectorAsker), post.Sealed[0])
	if err != nil {
		return nil
	}
	r, err := parseRequest(plain)
	if err != nil {
		return nil
	}
	named := new(wire.PublicKey)
	_ = wire.Decode(r.Key, named)
	return &askedVector{
		ID: r.ID, For: r.For, Key: named.Key, KeyIndex: r.KeyIndex, Categories: r.Terms.Categories, Sensitivity: append([]stele.Sensitivity{}, r.Terms.Sensitivity...),
		Purpose: r.Terms.Purpose, Seconds: int64(r.Terms.For / time.Second), Reason: r.Terms.Reason,
	}
}

// certificateOf is a certificate, changed in one place.
func certificateOf(change func(*wire.DeathCertificate), signers ...wire.Signer) []byte {
	member := stele.SubjectOf([]byte("vector member"))
	m := &wire.DeathCertificate{
		Chain: vectorChain, Subject: vectorAsked[:], Member: member[:], Died: "2026-11-29", Says: "Dr Okafor, ward 4", AtMs: vectorAt.UnixMilli(), Accreditation: "a~", AsOf: 1066,
	}
	if change != nil {
		change(m)
	}
	if signers == nil {
		signers = []wire.Signer{vectorKey}
	}
	return wire.Marshal(wire.Sign(wire.TagDeath, m, signers...))
}

func deathVectors(*testing.T) (all []deathVector) {
	for _, c := range []struct {
		what string
		raw  []byte
	}{
		{"a certificate", certificateOf(nil)},
		{"of a month", certificateOf(func(m *wire.DeathCertificate) { m.Died = "2026-11" })},
		{"of a mistake", certificateOf(func(m *wire.DeathCertificate) { m.Died, m.Mistaken = "", true })},
		{"of a mistake, with a date", certificateOf(func(m *wire.DeathCertificate) { m.Mistaken = true })},
		{"without a date", certificateOf(func(m *wire.DeathCertificate) { m.Died = "" })},
		{"of a day to come", certificateOf(func(m *wire.DeathCertificate) { m.Died = "2026-12-01" })},
		{"of a day that is none", certificateOf(func(m *wire.DeathCertificate) { m.Died = "2026-02-30" })},
		{"without a reason", certificateOf(func(m *wire.DeathCertificate) { m.Says = "" })},
		{"of three days ago", certificateOf(func(m *wire.DeathCertificate) { m.AtMs -= CertificateLives.Milliseconds() })},
		{"of more than three days ago", certificateOf(func(m *wire.DeathCertificate) { m.AtMs -= CertificateLives.Milliseconds() + 1 })},
		{"of five minutes to come", certificateOf(func(m *wire.DeathCertificate) { m.AtMs += stele.Fresh.Milliseconds() })},
		{"of more to come", certificateOf(func(m *wire.DeathCertificate) { m.AtMs += stele.Fresh.Milliseconds() + 1 })},
		{"as of no block", certificateOf(func(m *wire.DeathCertificate) { m.AsOf = -1 })},
		{"of nobody", certificateOf(func(m *wire.DeathCertificate) { m.Subject = nil })},
		{"signed by two", certificateOf(nil, vectorKey, wire.Ed25519FromSeed([32]byte{1}))},
		{"under another tag", wire.Marshal(wire.Sign(wire.TagOwn, &wire.DeathCertificate{Chain: vectorChain, Subject: vectorAsked[:], Member: vectorAsked[:], Died: "2026", Says: "x"}, vectorKey))},
		{"nothing", nil},
	} {
		d, _, _, err := readCertificate(c.raw)
		if err == nil {
			err = cmp.Or(d.check(vectorAt), d.young(vectorAt))
		}
		salt := sha256.Sum256([]byte(c.what))
		v := deathVector{What: c.what, Certificate: c.raw, OK: err == nil, Salt: salt[:]}
		commitment := seal.Commit(salt, seal.TagDeath, c.raw)
		if v.Commitment = commitment[:]; v.OK {
			v.Subject, v.Mistaken, v.Died = d.Subject, d.Mistaken, d.Died
		}
		all = append(all, v)
	}
	return all
}

func paperVectors(t *testing.T) (all []paperVector) {
	certificate := certificateOf(nil)
	d, _, _, err := readCertificate(certificate)
	if err != nil {
		t.Fatal(err)
	}
	grant, salt := stele.ID{1, 2, 3}, seal.Salt(sha256.Sum256([]byte("paper")))
	for _, c := range []struct {
		what   string
		change func(*wire.DeathPaper, *wire.Transaction)
	}{
		{"a paper", nil},
		{"another certificate", func(p *wire.DeathPaper, _ *wire.Transaction) {
			p.Certificate = certificateOf(func(m *wire.DeathCertificate) { m.Says = "nobody" })
		}},
		{"an undoing of what was not undone", func(_ *wire.DeathPaper, tx *wire.Transaction) {
			m := tx.GetRecordDeath()
			tx.Message = &wire.Transaction_UndoDeath{UndoDeath: &wire.UndoDeath{Subject: m.Subject, Member: m.Member, Delegation: m.Delegation, Commitment: m.Commitment, AsOf: m.AsOf}}
		}},
		{"another salt", func(p *wire.DeathPaper, _ *wire.Transaction) { p.Salt = make([]byte, 32) }},
		{"another subject", func(_ *wire.DeathPaper, tx *wire.Transaction) { tx.GetRecordDeath().Subject = make([]byte, 20) }},
		{"another member", func(_ *wire.DeathPaper, tx *wire.Transaction) { tx.GetRecordDeath().Member = make([]byte, 20) }},
		{"as of another block", func(_ *wire.DeathPaper, tx *wire.Transaction) { tx.GetRecordDeath().AsOf++ }},
		{"another delegation", func(p *wire.DeathPaper, _ *wire.Transaction) { p.Delegation = make([]byte, 16) }},
		{"something else", func(_ *wire.DeathPaper, tx *wire.Transaction) {
			tx.Message = &wire.Transaction_RevokeGrant{RevokeGrant: &wire.RevokeGrant{Grant: grant[:]}}
		}},
	} {
		tx := d.transaction(grant[:], salt)
		tx.Chain, tx.Nonce, tx.ExpiresMs = vectorChain, make([]byte, 16), vectorAt.Add(RoundLives).UnixMilli()
		p := &wire.DeathPaper{Certificate: certificate, Salt: salt[:], Delegation: grant[:]}
		if c.change != nil {
			c.change(p, tx)
		}
		p.Transaction = wire.Marshal(wire.Sign(wire.TagTransaction, tx, vectorKey))
		raw := wire.Marshal(p)
		_, _, _, err := readPaper(raw)
		all = append(all, paperVector{c.what, raw, err == nil})
	}
	return all
}

// breakVectors are what a practitioner sends to her member's desk, and whether its parts hold
// together: what of it the ledger and the credentials say is no part of this.
func breakVectors(t *testing.T) (all []breakVector) {
	id := vectorID("activation")
	member := stele.SubjectOf([]byte("vector member"))
	salt := seal.Salt(sha256.Sum256([]byte("vector detail")))
	for _, c := range []struct {
		what   string
		ok     bool
		change func(*wire.Activate, *wire.AccessDetail, *wire.BreakGlass)
		tag    wire.Tag
	}{
		{what: "an activation", ok: true},
		{what: "another detail", change: func(a *wire.Activate, _ *wire.AccessDetail, _ *wire.BreakGlass) { a.Detail = append(a.Detail, 0x32, 0) }},
		{what: "another salt", change: func(a *wire.Activate, _ *wire.AccessDetail, _ *wire.BreakGlass) { a.DetailSalt = make([]byte, 32) }},
		{what: "another patient's detail", change: func(_ *wire.Activate, d *wire.AccessDetail, _ *wire.BreakGlass) { d.Subject = vectorAsker[:] }},
		{what: "another activation's detail", change: func(_ *wire.Activate, d *wire.AccessDetail, _ *wire.BreakGlass) { d.Request = make([]byte, 16) }},
		{what: "another purpose", change: func(_ *wire.Activate, d *wire.AccessDetail, _ *wire.BreakGlass) { d.Purpose = "TREAT" }},
		{what: "no reason", change: func(_ *wire.Activate, d *wire.AccessDetail, _ *wire.BreakGlass) { d.Reason = "" }},
		{what: "another member's", change: func(_ *wire.Activate, _ *wire.AccessDetail, b *wire.BreakGlass) { b.Member = vectorAsker[:] }},
		{what: "under another tag", tag: wire.TagRead},
	} {
		detail := &wire.AccessDetail{Request: id[:], Subject: vectorAsked[:], Purpose: "ETREAT", Reason: "unconscious after a fall"}
		glass := &wire.BreakGlass{Activation: id[:], Subject: vectorAsked[:], Member: member[:], Grantee: wire.Ed25519FromSeed([32]byte{9}).Public()}
		a := &wire.Activate{Chain: vectorChain, Audience: member[:], DetailSalt: salt[:], Credentials: []string{"licence~", "role~", "accreditation~"}, AtMs: vectorAt.UnixMilli()}
		change := c.change
		if change == nil {
			change = func(*wire.Activate, *wire.AccessDetail, *wire.BreakGlass) {}
		}
		change(proto.CloneOf(a), detail, glass) // what is committed to
		a.Detail = wire.Marshal(detail)
		commitment := seal.Commit(salt, seal.TagDetail, a.Detail)
		glass.DetailCommitment = commitment[:]
		change(a, detail, glass) // and what is changed afterwards
		a.Transaction = wire.Marshal(&wire.Transaction{
			Chain: vectorChain, Nonce: make([]byte, 16), ExpiresMs: vectorAt.Add(5 * time.Minute).UnixMilli(), Message: &wire.Transaction_BreakGlass{BreakGlass: glass},
		})
		tag := wire.TagActivate
		if c.tag != "" {
			tag = c.tag
		}
		raw := wire.Marshal(wire.Sign(tag, a, vectorKey))
		if holds := holdsTogether(raw, member); holds != c.ok {
			t.Errorf("%s: %v", c.what, holds)
		}
		all = append(all, breakVector{c.what, raw, c.ok, id, detail.Reason})
	}
	return all
}

// holdsTogether is what section 15.9 asks of an Activate by itself.
func holdsTogether(raw []byte, member stele.Subject) bool {
	signed, a, tx, d := new(wire.Signed), new(wire.Activate), new(wire.Transaction), new(wire.AccessDetail)
	if wire.Decode(raw, signed) != nil {
		return false
	}
	keys, err := wire.Open(wire.TagActivate, signed, a)
	if err != nil || len(keys) != 1 || wire.DecodeKnown(a.Transaction, tx) != nil || wire.DecodeKnown(a.Detail, d) != nil {
		return false
	}
	b := tx.GetBreakGlass()
	salt, err := seal.SaltFrom(a.DetailSalt)
	return err == nil && b != nil && a.Chain == vectorChain && tx.Chain == vectorChain && slices.Equal(a.Audience, member[:]) && slices.Equal(b.Member, member[:]) &&
		seal.CheckCommit(stele.Digest(b.DetailCommitment), salt, seal.TagDetail, a.Detail) == nil &&
		slices.Equal(d.Request, b.Activation) && slices.Equal(d.Subject, b.Subject) && d.Purpose == "ETREAT" && d.Reason != ""
}

func vectorID(of string) stele.ID {
	sum := sha256.Sum256([]byte("vector " + of))
	return stele.ID(sum[:16])
}
