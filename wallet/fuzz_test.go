package wallet

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// newWallet makes a wallet of one kind in a temporary folder.
func newWallet(t testing.TB) *Wallet {
	t.Helper()
	w, err := Create(filepath.Join(t.TempDir(), "w"+Suffix), "correct horse", Options{Kind: Patient, Name: "Elena", WorkFactor: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// FuzzWalletFile opens a wallet file of a stranger's making, and a state of an earlier
// release that is sealed by the right key but says anything.
func FuzzWalletFile(f *testing.F) {
	w := newWallet(f)
	sealed, err := os.ReadFile(w.path)
	if err != nil {
		f.Fatal(err)
	}
	state, err := json.Marshal(stateFile{
		State: State{Collected: map[stele.Subject]uint64{{1}: 2}}, Links: []Link{{Number: "4711", Name: "Zoë"}},
		Held: []Held{{Grant: stele.NewID(), Salt: []byte{1}, KeyIndex: 7, End: time.Unix(1, 0)}},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed, state)
	f.Add(sealed[:len(sealed)-1], []byte(`{"held":[{"grant":"x"}]}`))
	f.Add([]byte("age-encryption.org/v1\n-> scrypt AAAA 60\n"), []byte(`null`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, file, state []byte) {
		s, err := openSecrets(file, "correct horse")
		if err == nil && (s.Version != 1 || len(s.Seed) != 32) {
			t.Fatalf("%+v was opened", s.Version)
		}
		mine := &Wallet{path: filepath.Join(dir, "w"), secrets: w.secrets}
		if err := os.WriteFile(mine.path+stateSuffix, mine.stateSeal().Seal(nil, nil, state, []byte(mine.secrets.Kind)), 0o600); err != nil {
			t.Fatal(err)
		}
		learned, err := mine.readState()
		if err != nil {
			if kind := stele.KindOf(err); kind != stele.KindInvalid && kind != stele.KindProof {
				t.Fatalf("refused as %v: %v", kind, err)
			}
			return
		}
		again, err := json.Marshal(learned)
		if err != nil {
			t.Fatalf("what was read can't be written: %v", err)
		}
		if err := json.Unmarshal(again, new(stateFile)); err != nil {
			t.Fatalf("what was written can't be read: %v", err)
		}
		if err := os.WriteFile(mine.path+stateSuffix, state, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := mine.readState(); stele.KindOf(err) != stele.KindProof {
			t.Fatalf("a state that nobody sealed: %v", err)
		}
	})
}

// FuzzDelivered reads the list of what was delivered, cut anywhere.
func FuzzDelivered(f *testing.F) {
	f.Add(make([]byte, 47))
	f.Add([]byte{})
	path := filepath.Join(f.TempDir(), "w"+Suffix)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(path+".delivered", raw, 0o600); err != nil {
			t.Fatal(err)
		}
		set, err := (&Session{Wallet: &Wallet{path: path}}).delivered()
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+16 <= len(raw); i += 16 {
			if !set.has([16]byte(raw[i : i+16])) {
				t.Fatal("a fingerprint is lost")
			}
		}
		if len(set.known) > len(raw)/16 {
			t.Fatal("a fingerprint that was not there")
		}
	})
}

// FuzzPackage seals whatever a fuzzer makes to the wallet, as anybody can, and has
// it unpacked. What is taken is a grant to one of the wallet's own keys.
func FuzzPackage(f *testing.F) {
	w := newWallet(f)
	s, me := &Session{Wallet: w}, w.Subject()
	now := time.Unix(1_800_000_000, 0).UTC()
	patient := consent.Party{Subject: stele.SubjectOf([]byte("patient")), Name: "Mira Holm"}
	g := consent.Grant{
		ID: stele.ID{1}, Patient: patient, Action: stele.ActionRead, Grantee: wire.Key(w.OneTime(3).Public()),
		Actor:    consent.Actor{Kind: consent.Practitioner, Party: consent.Party{Subject: me, Name: "Elena"}},
		Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{stele.Allergies}, NotBefore: now, End: now.Add(time.Hour),
		Policy: "https://stele.health/policy/1", Language: "en", Wording: consent.CurrentWording, Signed: consent.Signature{At: now, By: patient},
	}
	document, err := consent.Marshal(g)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wire.Marshal(&wire.GrantPackage{Grant: g.ID[:], Subject: patient.Subject[:], Document: document, Salt: make([]byte, seal.SaltLen), KeyIndex: 3}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, ok := s.unpack(raw); ok {
			t.Fatal("what nobody sealed was unpacked")
		}
		sealed, err := seal.SealTo(w.SealKey().Public(), seal.TagDocument, me[:], raw)
		if err != nil {
			t.Fatal(err)
		}
		held, ok := s.unpack(sealed)
		if !ok {
			return
		}
		got, err := consent.Parse(held.Document)
		if err != nil || got.ID != held.Grant || got.Grantee != wire.Key(w.OneTime(held.KeyIndex).Public()) || held.Says == "" {
			t.Fatalf("%+v was taken: %v", held, err)
		}
	})
}

// FuzzListing reads folios as vaults list them, and records as they hand them out.
func FuzzListing(f *testing.F) {
	key, salt, id := seal.NewKey(), seal.NewSalt(), stele.NewID()
	label := wire.Marshal(&wire.Label{Category: "results", Year: 2026, Source: id[:]})
	commitment, held := seal.Commit(salt, seal.TagLabel, label), key.Commitment()
	cover := wire.Marshal(&wire.Cover{Handle: id[:], Type: "Observation", When: "2026"})
	sealed, plain := seal.SealRecord(&key, id, cover, []byte("resource"))
	f.Add(wire.Marshal(&wire.FolioItem{
		Submission: id[:], Head: wire.Marshal(&wire.FolioHead{Suite: wire.SuiteSeal, Folio: id[:], LabelCommitment: commitment[:], KeyCommitment: held[:], Records: 1}),
		Label: &wire.LabelOpening{Label: label, Salt: salt[:]}, Folios: 1,
	}), wire.Marshal(&wire.GetRecordsResponse{Folio: wire.FolioName(id[:], id[:]), Records: []*wire.SealedRecord{{Suite: wire.SuiteSeal, Cover: cover, Ciphertext: sealed, PlaintextCommitment: plain[:]}}}))
	f.Add([]byte{}, []byte{})
	committee, _, err := threshold.Ceremony{Chain: "town", Epoch: 1, Threshold: 1, Members: 1}.Rehearse()
	if err != nil {
		f.Fatal(err)
	}
	o := &open{reading: reading{s: &Session{History: proof.History{{Consortium: &wire.Consortium{Chain: "town", Committee: &wire.Committee{
		Suite: wire.SuiteCommittee, Epoch: 1, Threshold: 1, Key: committee.Key, Shares: committee.Shares,
	}}}}}}}
	f.Fuzz(func(t *testing.T, rawItem, rawAnswer []byte) {
		item, answer := new(wire.FolioItem), new(wire.GetRecordsResponse)
		if wire.Decode(rawItem, item) != nil || wire.Decode(rawAnswer, answer) != nil {
			return
		}
		if len(o.sound(t.Context(), Member{}, []*wire.FolioItem{item})) != 0 {
			t.Fatal("a capsule that nobody made for this place")
		}
		folio, err := readFolio(item)
		if err != nil {
			return
		}
		if folio.ID() != stele.ID(folio.Head.Folio) || len(item.Submission) != 16 {
			t.Fatal("a folio without a name")
		}
		folio.key, folio.unlocked = key, true
		records, err := folio.open(answer, true)
		if err == nil && len(records) != len(answer.Records) {
			t.Fatal("records are missing")
		}
		for _, r := range records {
			if string(r.JSON) != "resource" {
				t.Fatal("a record that nobody sealed")
			}
		}
	})
}

// FuzzEvidence checks evidence against a trustee of whom the fuzzer has the key, and
// details as a member hands them out. Nobody else is ever convicted, and what proves
// nothing is KindProof.
func FuzzEvidence(f *testing.F) {
	w, trustee, document := newWallet(f), wire.Ed25519FromSeed([32]byte{1}), []byte("document")
	committee, shares, err := threshold.Ceremony{Chain: "town", Epoch: 1, Threshold: 1, Members: 1}.Rehearse()
	if err != nil {
		f.Fatal(err)
	}
	member, subject, request, folio := stele.SubjectOf(document), w.Subject(), stele.ID{1}, stele.ID{2}
	founding := &wire.Consortium{
		Chain: "town", Committee: &wire.Committee{Suite: wire.SuiteCommittee, Epoch: 1, Threshold: 1, Key: committee.Key, Shares: committee.Shares},
		Members: []*wire.Member{{KeyDocument: document, Trustee: trustee.Public(), Share: 1}},
	}
	head := wire.Marshal(&wire.FolioHead{Suite: wire.SuiteSeal, Folio: folio[:], LabelCommitment: make([]byte, 32), KeyCommitment: make([]byte, 32), RecordsRoot: make([]byte, 32), Records: 1})
	receipt := &wire.Receipt{Chain: "town", Member: member[:], Share: 1, Epoch: 1, Request: request[:], Subject: subject[:], Count: 1, ReaderKeyHash: make([]byte, 32), Grant: make([]byte, 16)}
	labels, err := capsuleLabels(founding, receipt, [][]byte{head})
	if err != nil {
		f.Fatal(err)
	}
	key := seal.NewKey()
	capsule, err := threshold.Encrypt(committee.Key, labels[0], (*[32]byte)(&key))
	if err != nil {
		f.Fatal(err)
	}
	batch, err := threshold.CheckBatch(committee, [][]byte{capsule}, labels)
	if err != nil {
		f.Fatal(err)
	}
	digest := wire.CapsulesDigest([][]byte{capsule}, labels)
	receipt.Capsules = digest[:]
	partials, proven, err := shares[0].Partials(batch, wire.ReleaseContext(receipt))
	if err != nil {
		f.Fatal(err)
	}
	lie := append([]byte{}, proven...)
	lie[len(lie)-1] ^= 1
	for _, p := range [][]byte{proven, lie} {
		answer := wire.AnswerDigest(partials, p)
		receipt.Answer = answer[:]
		f.Add(wire.Marshal(receipt), wire.Marshal(&wire.Misrelease{
			Released: &wire.Released{Share: 1, Partials: partials, Proof: p}, Capsules: [][]byte{capsule}, Heads: [][]byte{head},
		}), []byte{})
	}
	f.Add([]byte{}, []byte{}, wire.Marshal(&wire.Detail{}))
	f.Fuzz(func(t *testing.T, body, evidence, detail []byte) {
		m := new(wire.Misrelease)
		if wire.Decode(evidence, m) != nil {
			return
		}
		if _, err := CheckMisrelease(proof.History{{Consortium: founding}}, m); err != nil && stele.KindOf(err) != stele.KindProof {
			t.Fatalf("refused as %v: %v", stele.KindOf(err), err)
		}
		if m.Released != nil {
			m.Released.Receipt = wire.SignBytes(wire.TagReceipt, body, trustee)
		}
		who, err := CheckMisrelease(proof.History{{Consortium: founding}}, m)
		if err != nil && stele.KindOf(err) != stele.KindProof || err == nil && who != member {
			t.Fatalf("%v is convicted: %v", who, err)
		}
		claimed := new(wire.Receipt)
		if err == nil && wire.Decode(body, claimed) == nil && string(m.Released.Proof) == string(proven) && len(m.Released.Partials) == 1 && string(m.Released.Partials[0]) == string(partials[0]) &&
			string(wire.ReleaseContext(claimed)) == string(wire.ReleaseContext(receipt)) {
			t.Fatal("an honest answer is convicted")
		}
		id := stele.ID{5}
		sealed, err := seal.SealTo(w.SealKey().Public(), seal.TagAccount, wire.DetailContext(member, id), detail)
		if err != nil {
			t.Fatal(err)
		}
		s := &Session{Wallet: w}
		got := s.openDetail(Member{Subject: member}, &wire.SealedDetail{Id: id[:], Sealed: sealed})
		if (got != nil) != (wire.Decode(detail, new(wire.Detail)) == nil) {
			t.Fatal("a detail is lost, or made up")
		}
		if s.openDetail(Member{Subject: member}, &wire.SealedDetail{Id: id[:], Sealed: detail}) != nil {
			t.Fatal("a detail that nobody sealed")
		}
	})
}

// nobody is a member's node that does not answer.
type nobody struct{ Ledger }

func (nobody) Keys(context.Context, stele.Subject) ([]*wire.Device, error) {
	return nil, stele.E("dial", stele.KindUnreachable, "nobody there", nil)
}

// FuzzAsked reads what a trustee says that it kept of an asking, and the card in it,
// which an issuer signed whatever it says. Nothing is a gap but what nobody can have
// believed; what is told is told once.
func FuzzAsked(f *testing.F) {
	w, issuer, document := newWallet(f), wire.NewEd25519(), []byte("document")
	member, subject := stele.SubjectOf(document), w.Subject()
	s := &Session{Wallet: w, Network: &Network{Members: []Member{{Subject: member, Name: "Elm", Ledger: nobody{}}}}, Clock: time.Now, History: proof.History{{Consortium: &wire.Consortium{
		Chain: "town", Members: []*wire.Member{{KeyDocument: document}}, Issuers: []*wire.PublicKey{issuer.Public()}, Committee: &wire.Committee{Threshold: 1},
	}}}}
	f.Add(wire.Marshal(&wire.Card{Chain: "town", Subject: subject[:], Name: "Elena", Kind: "patient"}), []byte("reason"), make([]byte, 16), false)
	f.Add([]byte{}, []byte{}, []byte{}, true)
	f.Fuzz(func(t *testing.T, body, detail, request []byte, released bool) {
		signed := wire.SignBytes(wire.TagCard, body, issuer)
		cards := s.cards(t.Context(), 0)
		got, err := cards.Read(signed)
		if err == nil && (got.Says.Chain != "town" || len(got.Says.Subject) != 20) {
			t.Fatalf("%v passes for a card", got)
		}
		if _, err := cards.Read(wire.SignBytes(wire.TagCard, body, wire.Ed25519FromSeed([32]byte{9}))); err == nil {
			t.Fatal("a card that no issuer signed")
		}
		report, told, lines := &Report{said: map[string]bool{}, gaps: map[string]int{}}, w.newTold(), 0
		for _, raw := range [][]byte{detail, detail, wire.Marshal(&wire.AccessDetail{Card: signed})} {
			if err := told.addDetail(0, &wire.Detail{Member: member[:], Request: request, Detail: raw, Released: released}); err != nil {
				t.Fatal(err)
			}
		}
		told.sort()
		r := reckoning{
			s: s, report: report, told: told, groups: told.groups(), judge: proof.NewAccount(s.History, subject), cards: map[[32]byte]known{},
			each: func(Line) error { lines++; return nil },
		}
		attempts, err := r.attempts()
		if err != nil || len(attempts) != 1 {
			t.Fatalf("%d askings, %v", len(attempts), err)
		}
		if err := r.attempt(t.Context(), attempts[0]); err != nil {
			t.Fatal(err)
		}
		believed := slices.DeleteFunc(slices.Clone(report.Gaps), func(g string) bool { return strings.HasPrefix(g, "Elm: kept an asking with") })
		if released != (len(believed) > 0) || released != (lines == 0) {
			t.Fatalf("gaps %q, %d lines", report.Gaps, lines)
		}
	})
}

// FuzzToldReceipt reads what a trustee hands out as a receipt, and as the proof of its
// posting. Nothing of it makes a line of the account, and whoever made it up is named.
func FuzzToldReceipt(f *testing.F) {
	w, document := newWallet(f), []byte("document")
	member := stele.SubjectOf(document)
	s := &Session{Wallet: w, Network: &Network{Members: []Member{{Subject: member, Name: "Elm", Ledger: nobody{}}}}, Clock: time.Now, History: proof.History{{Consortium: &wire.Consortium{
		Chain: "town", Members: []*wire.Member{{KeyDocument: document}}, Committee: &wire.Committee{Threshold: 1},
	}}}}
	receipt := &wire.Signed{Body: wire.Marshal(&wire.Receipt{Chain: "town", Member: member[:], Request: make([]byte, 16)})}
	f.Add(wire.Marshal(&wire.ReceiptProof{Receipt: receipt, Batch: make([]byte, 16), Entry: &wire.EntryProof{Event: []byte{1}}}))
	f.Add(wire.Marshal(&wire.ReceiptProof{Batch: make([]byte, 16)}))
	f.Add(append([]byte{0x0a, byte(2 + len(wire.Marshal(receipt)))}, append(wire.Marshal(receipt), 0x78, 0x01)...)) // field 15 beside what is signed
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		p := new(wire.ReceiptProof)
		if wire.Decode(raw, p) != nil {
			return
		}
		p.ProtoReflect().SetUnknown(nil) // is nobody's, as what stands beside a signature is
		p.Receipt = plainSigned(p.Receipt)
		report, told, lines := &Report{said: map[string]bool{}, gaps: map[string]int{}}, w.newTold(), 0
		for range 2 {
			if err := told.addReceipt(0, p); err != nil {
				t.Fatal(err)
			}
		}
		again, entry, err := told.receiptOf(told.rows[1])
		if err != nil || string(wire.Marshal(again)) != string(wire.Marshal(p)) || (entry > 0) != (p.Entry != nil) || len(told.posted) > 1 {
			t.Fatalf("%v became %v, %v", p, again, err)
		}
		told.sort()
		r := reckoning{
			s: s, report: report, told: told, groups: told.groups(), judge: proof.NewAccount(s.History, w.Subject()), postings: map[int64]posting{},
			each: func(Line) error { lines++; return nil },
		}
		attempts, err := r.attempts()
		if err != nil || len(attempts) != 1 || r.attempt(t.Context(), attempts[0]) != nil {
			t.Fatalf("%d askings, %v", len(attempts), err)
		}
		if len(report.Gaps) == 0 || lines > 0 || told.rows[0].proved {
			t.Fatalf("gaps %q, %d lines", report.Gaps, lines)
		}
	})
}
