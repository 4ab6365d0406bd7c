package asking_test

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/credential/credentialtest"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// world is a member's node on which one grant stands and was opened under.
type world struct {
	newest     stele.Block
	subjects   map[stele.Subject]stele.Keys
	grant      stele.Grant
	access     stele.Access
	consortium stele.Consortium

	own     time.Time // the member's clock
	signers []wire.Signer
	card    *wire.Card
	vouched []wire.Signer
	detail  *wire.AccessDetail
	doc     consent.Grant
	asked   *wire.ReadRequest

	patient, doctor, hospital, member stele.Subject
	key, doctorKey, hospitalKey       wire.Ed25519

	papers *credentialtest.Town // nil: nobody issues credentials

	activation *wire.AccessDetail // in an emergency
	above      []*above           // the delegations that the grant was given under

	says     slot.Slot     // the patient, of emergencies
	capsules slot.Capsules // that go with it
	brought  bool          // it has come to the member

	slotless bool // the member takes none
}

func (w *world) Slot(subject stele.Subject, commitment stele.Digest) (slot.Slot, error) {
	if !w.brought || subject != w.patient || commitment != w.subjects[w.patient].Emergency {
		return slot.Slot{}, errAbsent
	}
	return w.says, nil
}

func (w *world) Capsules(stele.Subject, stele.Digest) (slot.Capsules, error) { return w.capsules, nil }

var errAbsent = stele.E("test", stele.KindNotFound, "absent", nil)

func (w *world) Newest() stele.Block { return w.newest }
func (w *world) Subject(s stele.Subject) (stele.Keys, error) {
	if k, ok := w.subjects[s]; ok {
		return k, nil
	}
	return stele.Keys{}, errAbsent
}
func (w *world) Grant(id stele.ID) (stele.Grant, error) {
	for _, d := range w.above {
		if d.row.ID == id {
			return d.row, nil
		}
	}
	if id != w.grant.ID {
		return stele.Grant{}, errAbsent
	}
	return w.grant, nil
}
func (w *world) Access(id stele.ID) (stele.Access, error) {
	if id != w.access.Request {
		return stele.Access{}, errAbsent
	}
	return w.access, nil
}
func (w *world) Anchor(stele.Subject, stele.ID) (stele.Anchor, error) {
	return stele.Anchor{}, errAbsent
}
func (w *world) StatusList(of stele.Subject) (stele.StatusList, error) {
	if w.papers == nil {
		return stele.StatusList{}, errAbsent
	}
	return w.papers.StatusList(of)
}
func (w *world) Consortium() (stele.Consortium, error) { return w.consortium, nil }

// newWorld is a world in which the reading is permitted.
func newWorld() *world {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	w := &world{
		newest: stele.Block{Height: 10, Time: now}, own: now, subjects: map[stele.Subject]stele.Keys{},
		patient: stele.SubjectOf([]byte("patient")), doctor: stele.SubjectOf([]byte("doctor")),
		hospital: stele.SubjectOf([]byte("hospital")), member: stele.SubjectOf([]byte("member")),
		key: wire.NewEd25519(), doctorKey: wire.NewEd25519(), hospitalKey: wire.NewEd25519(),
	}
	w.subjects[w.patient] = stele.Keys{Subject: w.patient, Signing: []stele.PublicKey{wire.Key(wire.NewEd25519().Public())}}
	w.subjects[w.doctor] = stele.Keys{Subject: w.doctor, Signing: []stele.PublicKey{wire.Key(w.doctorKey.Public())}}
	w.subjects[w.hospital] = stele.Keys{Subject: w.hospital, Signing: []stele.PublicKey{wire.Key(w.hospitalKey.Public())}}
	w.consortium = stele.Consortium{Chain: "town", Issuers: []stele.PublicKey{wire.Key(w.hospitalKey.Public())}}
	w.signers, w.vouched = []wire.Signer{w.key, w.doctorKey}, []wire.Signer{w.doctorKey, w.hospitalKey}
	w.card = &wire.Card{
		Chain: "town", Subject: w.doctor[:], Organisation: w.hospital[:], Name: "Dr. Bo Lark", Kind: "practitioner", Role: "doctor",
		ExpiresMs: now.Add(time.Hour).UnixMilli(),
	}
	w.doc = consent.Grant{
		ID: stele.NewID(), Patient: consent.Party{Subject: w.patient, Name: "Ada Quill"}, Action: stele.ActionRead,
		Actor:   consent.Actor{Kind: consent.Practitioner, Party: consent.Party{Subject: w.doctor, Name: "Dr. Bo Lark"}},
		Grantee: wire.Key(w.key.Public()), Purposes: []stele.Purpose{stele.Treatment},
		Categories: []stele.Category{stele.Allergies, stele.Results}, NotBefore: now.Add(-time.Hour), End: now.Add(24 * time.Hour),
		Policy: "https://stele.health/policy/1", Language: "en", Wording: consent.CurrentWording,
		Signed: consent.Signature{At: now.Add(-time.Hour), By: consent.Party{Subject: w.patient, Name: "Ada Quill"}},
	}
	request, grant := stele.NewID(), w.doc.ID
	w.detail = &wire.AccessDetail{Request: request[:], Subject: w.patient[:], Purpose: "TREAT", Categories: []string{"results"}}
	w.grant = stele.Grant{
		ID: w.doc.ID, Subject: w.patient, Action: stele.ActionRead, Grantee: w.doc.Grantee, NotBefore: w.doc.NotBefore, End: w.doc.End,
		Status: stele.GrantActive,
	}
	w.access = stele.Access{Request: request, Subject: w.patient, Grant: w.doc.ID, Height: 10, At: now, Until: now.Add(time.Minute)}
	w.asked = &wire.ReadRequest{
		Chain: "town", Audience: w.member[:], Subject: w.patient[:], Request: request[:], Grant: grant[:],
		ReaderKey: []byte("reader"), AtMs: now.UnixMilli(),
	}
	w.access.ReaderKey = sha256.Sum256(w.asked.ReaderKey)
	return w
}

// judge commits to what the world says, on its ledger too, and judges. sent changes
// the request after that, then those on the ledger are another's.
func (w *world) judge(t *testing.T, sent func(*wire.ReadRequest)) (*Reading, Reason) {
	t.Helper()
	w.detail.Card = wire.Sign(wire.TagCard, w.card, w.vouched...)
	document, err := consent.Marshal(w.doc)
	if err != nil {
		t.Fatal(err)
	}
	s1, s2 := seal.NewSalt(), seal.NewSalt()
	w.asked.Detail, w.asked.DetailSalt = wire.Marshal(w.detail), s1[:]
	w.asked.Document, w.asked.DocumentSalt = document, s2[:]
	w.access.Detail = seal.Commit(s1, seal.TagDetail, w.asked.Detail)
	w.grant.Commitment = seal.Commit(s2, seal.TagGrant, document)
	if w.activation != nil {
		w.activation.Card = w.detail.Card
		w.asked.Document = wire.Marshal(w.activation)
		w.grant.Commitment = seal.Commit(s2, seal.TagDetail, w.asked.Document)
	}
	w.commitAbove(t)
	if sent != nil {
		sent(w.asked)
	}
	j := Judge{Ledger: w, Chain: "town", Member: w.member, Clock: func() time.Time { return w.own }, Slots: w}
	if w.slotless {
		j.Slots = nil
	}
	return j.Read(wire.Sign(wire.TagRead, w.asked, w.signers...))
}

// membersGave has two members have given the grant.
func membersGave(w *world) {
	w.grant.Members = []stele.Subject{stele.SubjectOf([]byte("a hospital")), stele.SubjectOf([]byte("a clinic"))}
	w.doc.Signed.By = consent.Party{Subject: w.grant.Members[1], Name: "A Clinic"}
	w.doc.Sensitivity = nil
}

// TestEveryRuleRefuses: each rule about who may read, and what stands on both sides
// of its border.
func TestEveryRuleRefuses(t *testing.T) {
	other := stele.SubjectOf([]byte("somebody else"))
	for _, c := range []struct {
		what   string
		change func(*world)
		sent   func(*wire.ReadRequest)
		want   Reason // a part of it; empty: permitted
	}{
		{what: "as it should be"},
		{"three signatures", func(w *world) { w.signers = append(w.signers, w.hospitalKey) }, nil, "malformed"},
		{"a document that is too long", nil, func(r *wire.ReadRequest) { r.Document = make([]byte, stele.MaxDocument+1) }, "malformed"},
		{"another network", nil, func(r *wire.ReadRequest) { r.Chain = "village" }, "another network or member"},
		{"another member", nil, func(r *wire.ReadRequest) { r.Audience = other[:] }, "another network or member"},
		{"made five minutes ago", nil, func(r *wire.ReadRequest) { r.AtMs -= stele.Fresh.Milliseconds() }, ""},
		{"made longer ago", nil, func(r *wire.ReadRequest) { r.AtMs -= stele.Fresh.Milliseconds() + 1 }, "not made just now"},
		{"made in the future", nil, func(r *wire.ReadRequest) { r.AtMs += stele.Fresh.Milliseconds() + 1 }, "not made just now"},
		{"the own clock is behind the blocks", func(w *world) { w.own = w.own.Add(-stele.Fresh - 1) }, nil, "not made just now"},

		{"nobody's chart", func(w *world) { delete(w.subjects, w.patient) }, nil, "no such patient"},
		{"the node follows another chain", func(w *world) { w.consortium.Chain = "village" }, nil, "does not know the consortium"},
		{"no detail", nil, func(r *wire.ReadRequest) { r.Detail = []byte("?") }, "did not say who they are"},
		{"a card of another network", func(w *world) { w.card.Chain = "village" }, nil, "of another network"},
		{"a card whose words no screen may show", func(w *world) { w.card.Name = "Dr\x1b[2K" }, nil, "does not hold"},
		{"a card that is too large", func(w *world) { w.card.SealKey = make([]byte, stele.MaxCard) }, nil, "too large"},
		{"a card without its holder", func(w *world) { w.vouched = w.vouched[1:] }, nil, "not signed by its holder"},
		{"a card without an issuer", func(w *world) { w.vouched = w.vouched[:1] }, nil, "not signed by an issuer"},
		{"a card of an organisation that did not sign", func(w *world) {
			w.subjects[other] = stele.Keys{Signing: []stele.PublicKey{wire.Key(wire.NewEd25519().Public())}}
			w.card.Organisation = other[:]
		}, nil, "organisation that it names"},
		{"a card of an organisation that is none", func(w *world) { w.card.Organisation = []byte{1} }, nil, "does not hold"},
		{"a card of a holder who is nobody", func(w *world) { delete(w.subjects, w.doctor) }, nil, "does not hold"},
		{"a card that expires now", func(w *world) { w.card.ExpiresMs = w.own.UnixMilli() }, nil, "card has expired"},
		{"a card that expires in a moment", func(w *world) { w.card.ExpiresMs = w.own.UnixMilli() + 1 }, nil, ""},
		{"a card that expires by block time", func(w *world) {
			w.newest.Time, w.card.ExpiresMs = w.own.Add(time.Second), w.own.UnixMilli()+1000
		}, nil, "card has expired"},

		{"a reason of two kilobytes", func(w *world) { w.detail.Reason = strings.Repeat("x", stele.MaxReason) }, nil, ""},
		{"a longer reason", func(w *world) { w.detail.Reason = strings.Repeat("x", stele.MaxReason+1) }, nil, TooLong},
		{"a longer detail", func(w *world) { w.detail.Purpose = strings.Repeat("x", stele.MaxDetail) }, nil, TooLong},

		{"no block yet", func(w *world) { w.newest = stele.Block{} }, nil, "node was behind"},
		{"a block as old as may be", func(w *world) { w.newest.Time = w.own.Add(-stele.StaleAfter) }, nil, ""},
		{"an older block", func(w *world) { w.newest.Time = w.own.Add(-stele.StaleAfter - 1) }, nil, "node was behind"},

		{"no grant", nil, func(r *wire.ReadRequest) { r.Grant = nil }, "there was no grant"},
		{"an unknown grant", nil, func(r *wire.ReadRequest) { r.Grant = append([]byte{1}, r.Grant[1:]...) }, "there was no grant"},
		{"another patient's grant", func(w *world) { w.grant.Subject = other }, nil, "there was no grant"},
		{"the grantee did not sign", func(w *world) { w.signers = w.signers[1:] }, nil, "not signed by the grantee"},
		{"an emergency", func(w *world) { w.grant.Emergency = true }, nil, "what is shown of the emergency"},
		{"the death of the patient is recorded: what she gave goes on", func(w *world) { w.grant.Died = true }, nil, ""},
		{"members for direct care", func(w *world) { membersGave(w) }, nil, ""},
		{"members for more than care", func(w *world) { membersGave(w); w.doc.Purposes = []stele.Purpose{stele.Treatment, stele.Payment} }, nil, "direct care alone"},
		{"members at the patient's request", func(w *world) { membersGave(w); w.doc.Purposes = []stele.Purpose{stele.PatientRequest} }, nil, "direct care alone"},
		{"members what is sensitive", func(w *world) { membersGave(w); w.doc.Sensitivity = []stele.Sensitivity{stele.PSY} }, nil, "direct care alone"},
		{"members in the patient's name", func(w *world) { membersGave(w); w.doc.Signed.By = w.doc.Patient }, nil, "direct care alone"},
		{"a grant to write", func(w *world) { w.grant.Action = stele.ActionWrite }, nil, "not for reading"},
		{"taken back", func(w *world) { w.grant.Status = stele.GrantRevoked }, nil, "taken back"},
		{"ended on the ledger", func(w *world) { w.grant.Status = stele.GrantEnded }, nil, "has ended"},
		{"ends now", func(w *world) { w.grant.End = w.own }, nil, "has ended"},
		{"ends by block time", func(w *world) { w.newest.Time, w.grant.End = w.own.Add(time.Second), w.own.Add(time.Second) }, nil, "has ended"},
		{"used up by this opening", func(w *world) { w.grant.Status = stele.GrantUsedUp }, nil, ""},
		{"a status that nobody knows", func(w *world) { w.grant.Status = 9 }, nil, "not in force"},
		{"begins in a moment", func(w *world) { w.grant.NotBefore = w.own.Add(1) }, nil, "has not begun"},

		{"an opening that is not there", func(w *world) { w.access.Request = stele.NewID() }, nil, "not on the ledger"},
		{"an opening of another chart", func(w *world) { w.access.Subject = other }, nil, "another one"},
		{"an opening under another grant", func(w *world) { w.access.Grant = stele.NewID() }, nil, "another one"},
		{"an opening in a block to come", func(w *world) { w.access.Height = 11 }, nil, "not in a final block"},
		{"at the end of its window", func(w *world) { w.access.Until = w.own }, nil, ""},
		{"after its window", func(w *world) { w.access.Until = w.own.Add(-1) }, nil, "time had run out"},
		{"another reader key", nil, func(r *wire.ReadRequest) { r.ReaderKey = []byte("another") }, "another reader key"},
		{"the holder did not sign", func(w *world) { w.signers = w.signers[:1] }, nil, "not signed by the holder"},

		{"another salt of the detail", nil, func(r *wire.ReadRequest) { s := seal.NewSalt(); r.DetailSalt = s[:] }, "not those on the ledger"},
		{"the detail of another opening", func(w *world) { w.detail.Request = make([]byte, 16) }, nil, "of another opening"},
		{"the detail of another patient", func(w *world) { w.detail.Subject = other[:] }, nil, "of another opening"},
		{"another document", nil, func(r *wire.ReadRequest) { r.Document = append([]byte(" "), r.Document...) }, "not the one on the ledger"},
		{"a document of another grant", func(w *world) { w.doc.ID = stele.NewID() }, nil, "of another grant"},
		{"a document of another patient", func(w *world) { w.doc.Patient.Subject, w.doc.Signed.By.Subject = other, other }, nil, "of another grant"},
		{"a document of another key", func(w *world) { w.doc.Grantee = wire.Key(wire.NewEd25519().Public()) }, nil, "of another grant"},
		{"a document to write", func(w *world) { w.doc.Action = stele.ActionWrite }, nil, "of another grant"},
		{"another purpose", func(w *world) { w.detail.Purpose = "HRESCH" }, nil, Reason(consent.DenyPurpose)},
		{"for somebody else", func(w *world) { w.doc.Actor.Subject = other }, nil, Reason(consent.DenyWho)},
	} {
		w := newWorld()
		if c.change != nil {
			c.change(w)
		}
		r, why := w.judge(t, c.sent)
		if c.want == Permitted && why != Permitted || !strings.Contains(string(why), string(c.want)) || c.want != Permitted && why == Permitted {
			t.Errorf("%s: %q, want %q", c.what, why, c.want)
		}
		if r == nil {
			t.Fatalf("%s: no reading", c.what)
		}
	}
}

// TestWhatMayHaveChangedIsJudgedAgain: everything that can change from block to
// block counts once more before something goes out.
func TestWhatMayHaveChangedIsJudgedAgain(t *testing.T) {
	for what, change := range map[string]func(*world){
		"revoked": func(w *world) { w.grant.Status = stele.GrantRevoked },
		"ended":   func(w *world) { w.own = w.grant.End; w.newest.Time = w.own },
		"the card ran out": func(w *world) {
			w.grant.End = w.own.Add(48 * time.Hour)
			w.own = w.own.Add(time.Hour)
			w.newest.Time = w.own
		},
		"the window ran out":  func(w *world) { w.own = w.own.Add(time.Minute + 1); w.newest.Time = w.own },
		"the node got behind": func(w *world) { w.own = w.own.Add(stele.StaleAfter + 1) },
	} {
		w := newWorld()
		r, why := w.judge(t, nil)
		if why != Permitted || r.Again() != Permitted {
			t.Fatalf("%s: %q", what, why)
		}
		if change(w); r.Again() == Permitted {
			t.Errorf("%s: it goes out all the same", what)
		}
	}
}

// TestWhoAsksIsKnownBeforeAnythingElse: a patient is told who tried, whatever the
// grant says; and of whom it is not known that they asked.
func TestWhoAsksIsKnownBeforeAnythingElse(t *testing.T) {
	w := newWorld()
	w.grant.Status = stele.GrantRevoked
	if r, _ := w.judge(t, nil); r.Card == nil || r.Card.Subject() != w.doctor || !r.Attributed || r.Card.Issuer != wire.Key(w.hospitalKey.Public()) {
		t.Errorf("%+v asks", r.Card)
	}
	w = newWorld()
	w.signers = w.signers[:1]
	if r, _ := w.judge(t, nil); r.Card == nil || r.Attributed {
		t.Errorf("%+v asks, it is said", r.Card)
	}
	w = newWorld()
	w.vouched = w.vouched[:1]
	if r, _ := w.judge(t, nil); r.Card != nil {
		t.Errorf("%+v, by a card that no issuer signed", r.Card)
	}
}

// TestALabelIsOfTheGrantAndAskedFor.
func TestALabelIsOfTheGrantAndAskedFor(t *testing.T) {
	w := newWorld()
	r, why := w.judge(t, nil)
	if why != Permitted {
		t.Fatal(why)
	}
	for want, labels := range map[bool][]stele.Label{
		true:  {{Category: stele.Results, Year: 2024}},
		false: {{Category: stele.Allergies}, {Category: stele.Vitals}, {Category: stele.Results, Sensitivity: []stele.Sensitivity{stele.HIV}}},
	} {
		for _, l := range labels {
			if got := r.Covers(l); (got == Permitted) != want {
				t.Errorf("%v: %q", l, got)
			}
		}
	}
	if why := r.CoversRecord(stele.Label{Category: stele.Vitals}, stele.NewID(), "2024"); why == Permitted {
		t.Error("a record of a category that is not in the grant")
	}
	for what, raw := range map[string][]byte{
		"an unknown sensitivity": wire.Marshal(&wire.Label{Category: "results", Sensitivity: []string{"XYZ"}, Source: w.hospital[:]}),
		"twice the same":         wire.Marshal(&wire.Label{Category: "results", Sensitivity: []string{"HIV", "HIV"}, Source: w.hospital[:]}),
		"an unknown field":       append(wire.Marshal(&wire.Label{Category: "results", Source: w.hospital[:]}), 0xf8, 0x01, 1),
		"no source":              wire.Marshal(&wire.Label{Category: "results"}),
		"no category":            wire.Marshal(&wire.Label{Source: w.hospital[:]}),
		"before the year 0":      wire.Marshal(&wire.Label{Category: "results", Year: -1, Source: w.hospital[:]}),
		"a long one":             wire.Marshal(&wire.Label{Category: "results", Source: w.hospital[:], Sensitivity: []string{strings.Repeat("x", stele.MaxLabel)}}),
	} {
		if _, ok := ReadLabel(raw); ok {
			t.Errorf("%s passes for a label", what)
		}
	}
}
