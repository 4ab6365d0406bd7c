package proof_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"testing"
	"testing/cryptotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/vectortest"
	"github.com/stele-health/stele/wire"
)

// openingVector is one chart on its way from a source to a reader: delivered,
// anchored, granted, asked for, released, opened. The fields stand in
// docs/protocol.md.
type openingVector struct {
	About     string           `json:"about"`
	Chain     string           `json:"chain"`
	Committee vectortest.Hex   `json:"committee"` // a Committee
	Members   []memberVector   `json:"members"`
	Patient   personVector     `json:"patient"`
	Source    personVector     `json:"source"`
	Doctor    personVector     `json:"doctor"`
	Card      vectortest.Hex   `json:"card"` // Signed
	Grant     grantVector      `json:"grant"`
	Delivery  deliveryVector   `json:"delivery"`
	Access    accessVector     `json:"access"`
	Request   vectortest.Hex   `json:"read_request"` // Signed, for the first member
	Listed    []vectortest.Hex `json:"listed"`       // FolioItem
	Release   []releaseVector  `json:"releases"`
	Records   []recordsVector  `json:"records"`
	Opened    []openedVector   `json:"opened"`
}

type memberVector struct {
	Subject stele.Subject  `json:"subject"`
	Trustee vectortest.Hex `json:"trustee"` // PublicKey
	Share   uint32         `json:"share"`
}

type personVector struct {
	Subject  stele.Subject  `json:"subject"`
	Document vectortest.Hex `json:"key_document"`
	Signing  vectortest.Hex `json:"signing_seed"`
	Seal     vectortest.Hex `json:"seal_seed"`
}

type grantVector struct {
	ID         stele.ID       `json:"id"`
	Grantee    vectortest.Hex `json:"grantee_seed"`
	Document   string         `json:"document"`
	Salt       vectortest.Hex `json:"salt"`
	Commitment stele.Digest   `json:"commitment"`
	Package    vectortest.Hex `json:"package"` // envelope to the doctor
}

type deliveryVector struct {
	Submission       vectortest.Hex `json:"submission"` // a Submission
	Root             stele.Digest   `json:"root"`
	SourceCommitment stele.Digest   `json:"source_commitment"`
	CountCommitment  stele.Digest   `json:"count_commitment"`
}

type accessVector struct {
	Request    stele.ID       `json:"request"`
	Detail     vectortest.Hex `json:"detail"` // an AccessDetail
	Salt       vectortest.Hex `json:"salt"`
	Commitment stele.Digest   `json:"commitment"`
	ReaderSeed vectortest.Hex `json:"reader_seed"`
	ReaderHash stele.Digest   `json:"reader_key_hash"`
}

type releaseVector struct {
	What    string         `json:"what"`
	Member  int            `json:"member"` // index in members
	Sealed  vectortest.Hex `json:"sealed"`
	Context stele.Digest   `json:"context"`
	OK      bool           `json:"ok"`
	Detail  vectortest.Hex `json:"detail"` // a SealedDetail to the patient
}

type recordsVector struct {
	What     string         `json:"what"`
	Folio    int            `json:"folio"`    // index in listed
	Response vectortest.Hex `json:"response"` // a GetRecordsResponse
	OK       bool           `json:"ok"`
}

type openedVector struct {
	Digest       stele.Digest     `json:"folio_digest"`
	CapsuleLabel stele.Digest     `json:"capsule_label"`
	Key          vectortest.Hex   `json:"key"`
	Handles      []stele.ID       `json:"handles"`
	Leaves       []vectortest.Hex `json:"leaves"`
	Resources    []string         `json:"resources"`
}

// maker makes the vector.
type maker struct {
	t       *testing.T
	v       *openingVector
	c       stele.Committee
	shares  []*threshold.Share
	patient *seal.SealKey
	reader  *seal.SealKey
}

func seed(name string) []byte {
	sum := sha256.Sum256([]byte("stele.v1.vector " + name))
	return sum[:]
}

func idOf(name string) stele.ID { return stele.ID(seed("id " + name)[:16]) }

func saltOf(name string) seal.Salt { return seal.Salt(seed("salt " + name)) }

func (m *maker) signer(name string) wire.Signer {
	return wire.Ed25519FromSeed([32]byte(seed("signing " + name)))
}

func (m *maker) check(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *maker) person(name string) personVector {
	key, err := seal.SealKeyFromSeed(seed("seal " + name))
	m.check(err)
	document := wire.Marshal(&wire.KeyDocument{
		Devices: []*wire.Device{{Signing: m.signer(name).Public(), SealSuite: wire.SuiteSeal, SealKey: key.Public()}}, Salt: seed("document " + name)[:16],
	})
	return personVector{stele.SubjectOf(document), document, seed("signing " + name), key.Seed()}
}

func makeOpening(t *testing.T) *openingVector {
	cryptotest.SetGlobalRandom(t, 1)
	m := &maker{t: t, v: &openingVector{
		About: "A chart from its source to a reader. Bytes are hexadecimal; messages are those of wire/*.proto.", Chain: "vectors",
	}}
	var err error
	m.c, m.shares, err = threshold.Ceremony{Chain: m.v.Chain, Epoch: 1, Threshold: 3, Members: 4}.Rehearse()
	m.check(err)
	m.v.Committee = wire.Marshal(&wire.Committee{
		Suite: wire.SuiteCommittee, Epoch: m.c.Epoch, Threshold: uint32(m.c.Threshold), Key: m.c.Key, Shares: m.c.Shares,
	})
	for i := range m.shares {
		name := "member " + string(rune('1'+i))
		m.v.Members = append(m.v.Members, memberVector{m.person(name).Subject, wire.Marshal(m.signer("trustee " + name).Public()), uint32(i + 1)})
	}
	m.v.Patient, m.v.Source, m.v.Doctor = m.person("patient"), m.person("source"), m.person("doctor")
	m.patient, err = seal.SealKeyFromSeed(m.v.Patient.Seal)
	m.check(err)
	m.reader, err = seal.SealKeyFromSeed(seed("reader"))
	m.check(err)
	doctorSeal, err := seal.SealKeyFromSeed(m.v.Doctor.Seal)
	m.check(err)
	m.v.Card = wire.Marshal(wire.Sign(wire.TagCard, &wire.Card{
		Chain: m.v.Chain, Subject: m.v.Doctor.Subject[:], Name: "Dr Lina Haddad", Kind: "practitioner", Role: "doctor",
		Organisation: m.v.Source.Subject[:], Facility: "hospital", SealKey: doctorSeal.Public(), ExpiresMs: 1_900_000_000_000,
	}, m.signer("doctor"), m.signer("source")))
	m.grant(doctorSeal.Public())
	m.deliver()
	m.access()
	m.release()
	m.read()
	return m.v
}

func (m *maker) grant(to []byte) {
	at := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	grantee := m.signer("pairwise")
	g := consent.Grant{
		ID: idOf("grant").Of(m.v.Patient.Subject[:]), Patient: consent.Party{Subject: m.v.Patient.Subject, Name: "Şule Şahin"}, Action: stele.ActionRead,
		Actor: consent.Actor{Kind: consent.Practitioner, Party: consent.Party{Subject: m.v.Doctor.Subject, Name: "Dr Lina Haddad"},
			At: consent.Party{Subject: m.v.Source.Subject, Name: "Lakeview Hospital"}},
		Grantee: wire.Key(grantee.Public()), Purposes: []stele.Purpose{stele.Treatment},
		Categories: []stele.Category{stele.Medications, stele.Results}, From: consent.Date{Year: 2026, Month: 3},
		NotBefore: at, End: at.AddDate(0, 0, 1), Policy: "https://stele.health/policy/1", Language: "en", Wording: consent.CurrentWording,
		Signed: consent.Signature{At: at, By: consent.Party{Subject: m.v.Patient.Subject, Name: "Şule Şahin"}},
	}
	document, err := consent.Marshal(g)
	m.check(err)
	salt, doctor := saltOf("grant"), m.v.Doctor.Subject
	sealed, err := seal.SealTo(to, seal.TagDocument, doctor[:], wire.Marshal(&wire.GrantPackage{
		Subject: m.v.Patient.Subject[:], Grant: g.ID[:], Document: document, Salt: salt[:], KeyIndex: 7,
	}))
	m.check(err)
	m.v.Grant = grantVector{g.ID, seed("signing pairwise"), string(document), salt[:], seal.Commit(salt, seal.TagGrant, document), sealed}
}

// deliver seals two folios: medicines of 2026, of which one record lies before
// the grant's dates, and results.
func (m *maker) deliver() {
	sub, heads, total := &wire.Submission{}, [][]byte(nil), 0
	for f, folio := range []struct {
		category stele.Category
		records  [][2]string
	}{
		{stele.Medications, [][2]string{
			{"2026-01-07", `{"resourceType":"MedicationRequest","status":"active"}`},
			{"2026-03-26", `{"resourceType":"MedicationRequest","status":"completed"}`},
			{"2026-04", `{"resourceType":"MedicationRequest","note":[{"text":"günde üç"}]}`}}},
		{stele.Results, [][2]string{{"2026-10-29T08:00:00+03:00", `{"resourceType":"Observation","valueString":"<&>"}`}}},
	} {
		name := string(rune('a' + f))
		key, id := seal.Key(seed("key "+name)), idOf("folio "+name)
		label := wire.Marshal(&wire.Label{Category: string(folio.category), Year: 2026, Source: m.v.Source.Subject[:]})
		salt, keyCommitment := saltOf("label "+name), key.Commitment()
		labelCommitment := seal.Commit(salt, seal.TagLabel, label)
		w := &wire.Folio{Label: &wire.LabelOpening{Label: label, Salt: salt[:]}}
		opened := openedVector{Key: key[:]}
		for i, r := range folio.records {
			handle := idOf("record " + name + string(rune('0'+i)))
			cover := wire.Marshal(&wire.Cover{Handle: handle[:], Type: "MedicationRequest", When: r[0], Size: uint32(len(r[1]))})
			ciphertext, commitment := seal.SealRecord(&key, handle, cover, []byte(r[1]))
			record := &wire.SealedRecord{Suite: wire.SuiteSeal, Cover: cover, Ciphertext: ciphertext, PlaintextCommitment: commitment[:],
				Provenance: wire.Marshal(&wire.Provenance{Attester: m.v.Source.Subject[:]})}
			w.Records = append(w.Records, record)
			leaf := proof.RecordLeaf(record)
			opened.Handles, opened.Leaves, opened.Resources = append(opened.Handles, handle), append(opened.Leaves, leaf[:]), append(opened.Resources, r[1])
			total++
		}
		root := proof.RecordsRoot(w.Records)
		head := &wire.FolioHead{Suite: wire.SuiteSeal, Folio: id[:], LabelCommitment: labelCommitment[:], KeyCommitment: keyCommitment[:],
			RecordsRoot: root[:], Records: uint32(len(w.Records))}
		w.Head = wire.Marshal(head)
		opened.Digest = wire.FolioDigest(w.Head)
		opened.CapsuleLabel = stele.Digest(wire.CapsuleLabelBytes(m.v.Chain, m.c.Key, m.v.Patient.Subject, head, opened.Digest))
		var err error
		w.Capsule, err = threshold.Encrypt(m.c.Key, opened.CapsuleLabel[:], (*[32]byte)(&key))
		m.check(err)
		envelope, err := seal.SealTo(m.patient.Public(), seal.TagFolioKey, wire.FolioKeyContext(m.v.Patient.Subject, id[:]), key[:])
		m.check(err)
		keyID := m.patient.ID()
		w.Envelopes = []*wire.Envelope{{KeyId: keyID[:], Sealed: envelope}}
		sub.Folios, heads, m.v.Opened = append(sub.Folios, w), append(heads, w.Head), append(m.v.Opened, opened)
	}
	grant, root, source := idOf("write grant").Of(m.v.Patient.Subject[:]), proof.SubmissionRoot(heads), m.v.Source.Subject
	id := idOf("submission").Of(grant[:])
	sourceSalt, countSalt := saltOf("source"), saltOf("count")
	count := seal.Commit(countSalt, seal.TagCount, binary.BigEndian.AppendUint32(nil, uint32(total)))
	sub.CountSalt = countSalt[:]
	content := proof.SubmissionContent(sub.Folios)
	sub.Head = wire.Sign(wire.TagSubmission, &wire.SubmissionHead{
		Chain: m.v.Chain, Submission: id[:], Subject: m.v.Patient.Subject[:], Grant: grant[:], Root: root[:], Source: source[:],
		SourceSalt: sourceSalt[:], CountCommitment: count[:], MadeMs: 1_795_250_000_000, Home: m.v.Members[0].Subject[:], Content: content[:],
	}, m.signer("anchor"), m.signer("source"))
	m.v.Delivery = deliveryVector{wire.Marshal(sub), root, seal.Commit(sourceSalt, seal.TagSource, source[:]), count}
	leaves := []stele.Digest{proof.FolioLeaf(heads[0]), proof.FolioLeaf(heads[1])}
	for i, f := range sub.Folios {
		path, err := merkle.InclusionOf(leaves, i)
		m.check(err)
		item := &wire.FolioItem{Submission: id[:], Head: f.Head, Label: f.Label, Capsule: f.Capsule, Index: uint32(i), Folios: 2, Envelopes: f.Envelopes}
		for _, p := range path {
			item.Path = append(item.Path, p[:])
		}
		m.v.Listed = append(m.v.Listed, wire.Marshal(item))
	}
}

func (m *maker) access() {
	request, salt := idOf("request").Of(m.v.Grant.ID[:]), saltOf("detail")
	card := &wire.Signed{}
	m.check(wire.Decode(m.v.Card, card))
	detail := wire.Marshal(&wire.AccessDetail{Request: request[:], Subject: m.v.Patient.Subject[:], Card: card, Purpose: "TREAT", Reason: "second opinion"})
	m.v.Access = accessVector{request, detail, salt[:], seal.Commit(salt, seal.TagDetail, detail), m.reader.Seed(), m.reader.ID()}
	grant := m.v.Grant.ID
	m.v.Request = wire.Marshal(wire.Sign(wire.TagRead, &wire.ReadRequest{
		Chain: m.v.Chain, Audience: m.v.Members[0].Subject[:], Subject: m.v.Patient.Subject[:], Request: request[:], Grant: grant[:],
		Document: []byte(m.v.Grant.Document), DocumentSalt: m.v.Grant.Salt, Detail: detail, DetailSalt: salt[:], ReaderKey: m.reader.Public(),
		AtMs: 1_795_255_000_000,
	}, m.signer("pairwise"), m.signer("doctor")))
}

// release answers as each of the four trustees would, and once more as a liar.
func (m *maker) release() {
	var capsules, labels, shown [][]byte
	for i, raw := range m.v.Listed {
		item := &wire.FolioItem{}
		m.check(wire.Decode(raw, item))
		capsules, labels, shown = append(capsules, item.Capsule), append(labels, m.v.Opened[i].CapsuleLabel[:]), append(shown, item.Label.Label)
	}
	batch, err := threshold.CheckBatch(m.c, capsules, labels)
	m.check(err)
	digest, request, grant, hash := wire.CapsulesDigest(capsules, labels), m.v.Access.Request, m.v.Grant.ID, m.v.Access.ReaderHash
	answer := func(what string, i int, change func(*wire.Released)) {
		member := m.v.Members[i].Subject
		receipt := &wire.Receipt{
			Chain: m.v.Chain, Member: member[:], Share: uint32(i + 1), Epoch: m.c.Epoch, Request: request[:], Subject: m.v.Patient.Subject[:],
			Grant: grant[:], Height: 42, TimeMs: 1_795_255_000_500, Capsules: digest[:], Count: uint32(len(capsules)), ReaderKeyHash: hash[:],
		}
		context := wire.ReleaseContext(receipt)
		partials, equal, err := m.shares[i].Partials(batch, context)
		m.check(err)
		answer := wire.AnswerDigest(partials, equal)
		receipt.Answer = answer[:]
		released := &wire.Released{Share: uint32(i + 1), Epoch: m.c.Epoch, Partials: partials, Proof: equal,
			Receipt: wire.Sign(wire.TagReceipt, receipt, m.signer("trustee member "+string(rune('1'+i))))}
		if change != nil {
			change(released)
		}
		sealed, err := seal.SealTo(m.reader.Public(), seal.TagRelease, wire.ReleasedContext(member, request), wire.Marshal(released))
		m.check(err)
		id := idOf("detail " + what)
		account, err := seal.SealTo(m.patient.Public(), seal.TagAccount, wire.DetailContext(member, id), wire.Marshal(&wire.Detail{
			Member: member[:], TimeMs: receipt.TimeMs, Released: true, Request: request[:], Grant: grant[:], Detail: m.v.Access.Detail,
			DetailSalt: m.v.Access.Salt, Labels: shown, Records: 4, Receipt: released.Receipt,
		}))
		m.check(err)
		keyID := m.patient.ID()
		m.v.Release = append(m.v.Release, releaseVector{what, i, sealed, stele.Digest(context), change == nil,
			wire.Marshal(&wire.SealedDetail{Id: id[:], KeyId: keyID[:], Sealed: account})})
	}
	for i := range m.shares {
		answer("trustee "+string(rune('1'+i)), i, nil)
	}
	answer("two partials changed places", 1, func(r *wire.Released) { r.Partials[0], r.Partials[1] = r.Partials[1], r.Partials[0] })
	answer("the same, and the receipt signs that answer", 1, func(r *wire.Released) {
		r.Partials[0], r.Partials[1] = r.Partials[1], r.Partials[0]
		receipt, digest := &wire.Receipt{}, wire.AnswerDigest(r.Partials, r.Proof)
		m.check(wire.Decode(r.Receipt.Body, receipt))
		receipt.Answer = digest[:]
		r.Receipt = wire.Sign(wire.TagReceipt, receipt, m.signer("trustee member 2"))
	})
	answer("a receipt of another trustee", 1, func(r *wire.Released) {
		r.Receipt = wire.SignBytes(wire.TagReceipt, r.Receipt.Body, m.signer("trustee member 3"))
	})
	answer("a receipt for more", 1, func(r *wire.Released) {
		receipt := &wire.Receipt{}
		m.check(wire.Decode(r.Receipt.Body, receipt))
		receipt.Count++
		r.Receipt = wire.Sign(wire.TagReceipt, receipt, m.signer("trustee member 2"))
	})
}

// read answers as a vault would: the folio whose records lie partly outside of
// the grant's dates goes out in part.
func (m *maker) read() {
	sub := &wire.Submission{}
	m.check(wire.Decode(m.v.Delivery.Submission, sub))
	answer := func(what string, folio int, ok bool, leaves bool, records ...*wire.SealedRecord) {
		head := &wire.FolioHead{}
		m.check(wire.Decode(sub.Folios[folio].Head, head))
		r := &wire.GetRecordsResponse{Folio: head.Folio, Records: records}
		for i := range sub.Folios[folio].Records {
			if leaves {
				r.Leaves = append(r.Leaves, m.v.Opened[folio].Leaves[i])
			}
		}
		m.v.Records = append(m.v.Records, recordsVector{what, folio, wire.Marshal(r), ok})
	}
	a := sub.Folios[0].Records
	answer("in part", 0, true, true, a[1], a[2])
	answer("whole", 0, true, false, a...)
	answer("whole", 1, true, false, sub.Folios[1].Records...)
	answer("one left out, and not said", 0, false, false, a[1], a[2])
	answer("out of order", 0, false, true, a[2], a[1])
	answer("another folio's", 0, false, true, sub.Folios[1].Records...)
	bad := &wire.SealedRecord{Suite: 1, Cover: a[1].Cover, Ciphertext: a[2].Ciphertext, PlaintextCommitment: a[1].PlaintextCommitment, Provenance: a[1].Provenance}
	answer("another's ciphertext", 0, false, true, bad)
}

// TestOpeningVector: the file opens by what its reader knows, and says itself
// where it does not. What it holds is drawn from a seed; a newer Go may draw
// otherwise, so the bytes are not compared.
func TestOpeningVector(t *testing.T) {
	if vectortest.Redrawing() {
		vectortest.Write(t, "opening.json", makeOpening(t))
	}
	v := &openingVector{}
	vectortest.Read(t, "opening.json", v)
	openAsReader(t, v)
	openAsPatient(t, v)
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func decoded[M interface {
	*T
	proto.Message
}, T any](t *testing.T, raw []byte) M {
	t.Helper()
	m := M(new(T))
	if err := wire.Decode(raw, m); err != nil {
		t.Fatal(err)
	}
	return m
}

func openAsReader(t *testing.T, v *openingVector) {
	c := decoded[*wire.Committee](t, v.Committee)
	committee := stele.Committee{Epoch: c.Epoch, Threshold: int(c.Threshold), Key: c.Key, Shares: c.Shares}
	reader := must(seal.SealKeyFromSeed(v.Access.ReaderSeed))(t)
	var capsules, labels [][]byte
	var heads []*wire.FolioHead
	for i, raw := range v.Listed {
		item := decoded[*wire.FolioItem](t, raw)
		head := must(proof.CheckFolio(v.Delivery.Root, item.Head, item.Index, item.Folios, item.Path))(t)
		must(proof.CheckLabel(head, item.Label))(t)
		label := wire.CapsuleLabelBytes(v.Chain, committee.Key, v.Patient.Subject, head, wire.FolioDigest(item.Head))
		if !bytes.Equal(label, v.Opened[i].CapsuleLabel[:]) {
			t.Errorf("the label of folio %d is another", i)
		}
		heads, capsules, labels = append(heads, head), append(capsules, item.Capsule), append(labels, label)
	}
	batch := must(threshold.CheckBatch(committee, capsules, labels))(t)
	var parts []*threshold.Verified
	for _, r := range v.Release {
		member := v.Members[r.Member]
		raw := must(reader.Open(seal.TagRelease, wire.ReleasedContext(member.Subject, v.Access.Request), r.Sealed))(t)
		released := decoded[*wire.Released](t, raw)
		receipt, err := proof.OpenReceipt(wire.Key(decoded[*wire.PublicKey](t, member.Trustee)), released.Receipt)
		answer := wire.AnswerDigest(released.Partials, released.Proof)
		if err == nil && (!bytes.Equal(wire.ReleaseContext(receipt), r.Context[:]) || r.OK && !bytes.Equal(receipt.Answer, answer[:])) {
			err = errContext
		}
		if err == nil {
			var part *threshold.Verified
			if part, err = batch.VerifyPartials(int(member.Share), r.Context[:], released.Partials, released.Proof); err == nil {
				parts = append(parts, part)
			}
		}
		if (err == nil) != r.OK {
			t.Errorf("%s: %v", r.What, err)
		}
	}
	keys := must(batch.Combine(parts[1:4]...))(t)
	for i, k := range keys {
		if !bytes.Equal(k[:], v.Opened[i].Key) {
			t.Errorf("folio %d opens to another key", i)
		}
	}
	for _, r := range v.Records {
		response, key := decoded[*wire.GetRecordsResponse](t, r.Response), seal.Key(keys[r.Folio])
		places, err := []uint32(nil), error(nil)
		if len(response.Leaves) > 0 {
			places, err = proof.CheckPart(heads[r.Folio], response.Records, response.Leaves)
		} else {
			err = proof.CheckRecords(heads[r.Folio], response.Records)
		}
		if (err == nil) != r.OK {
			t.Errorf("%s: %v", r.What, err)
		}
		for i, record := range response.Records {
			if err != nil {
				break
			}
			place := i
			if places != nil {
				place = int(places[i])
			}
			want := v.Opened[r.Folio]
			got, _, err := seal.OpenRecord(&key, want.Handles[place], record.Cover, record.Ciphertext, stele.Digest(record.PlaintextCommitment))
			if diff := cmp.Diff(want.Resources[place], string(got)); err != nil || diff != "" {
				t.Errorf("%s: %v %s", r.What, err, diff)
			}
		}
	}
}

var errContext = stele.E("", stele.KindProof, "another context", nil)

func openAsPatient(t *testing.T, v *openingVector) {
	key := must(seal.SealKeyFromSeed(v.Patient.Seal))(t)
	for i, raw := range v.Listed {
		item := decoded[*wire.FolioItem](t, raw)
		head := decoded[*wire.FolioHead](t, item.Head)
		got := must(key.Open(seal.TagFolioKey, wire.FolioKeyContext(v.Patient.Subject, head.Folio), item.Envelopes[0].Sealed))(t)
		if !bytes.Equal(got, v.Opened[i].Key) {
			t.Errorf("folio %d: the patient's key opens another", i)
		}
	}
	for _, r := range v.Release {
		sealed := decoded[*wire.SealedDetail](t, r.Detail)
		raw := must(key.Open(seal.TagAccount, wire.DetailContext(v.Members[r.Member].Subject, stele.ID(sealed.Id)), sealed.Sealed))(t)
		if detail := decoded[*wire.Detail](t, raw); !bytes.Equal(detail.Detail, v.Access.Detail) {
			t.Errorf("%s: another detail", r.What)
		}
	}
	doctor := must(seal.SealKeyFromSeed(v.Doctor.Seal))(t)
	raw := must(doctor.Open(seal.TagDocument, v.Doctor.Subject[:], v.Grant.Package))(t)
	if p := decoded[*wire.GrantPackage](t, raw); string(p.Document) != v.Grant.Document || seal.Commit(seal.Salt(p.Salt), seal.TagGrant, p.Document) != v.Grant.Commitment {
		t.Error("another grant document")
	}
	must(consent.Parse([]byte(v.Grant.Document)))(t)
}
