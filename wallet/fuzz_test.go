package wallet

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// emptyWallet makes a patient's wallet in a temporary folder.
func emptyWallet(t testing.TB) *Wallet {
	t.Helper()
	w, err := Create(filepath.Join(t.TempDir(), "w"+Suffix), "correct horse", pebblestore.Folders{}, Options{Kind: Patient, Name: "Elena", WorkFactor: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// FuzzState reads a state of an earlier release that is sealed by the right key but says
// anything.
func FuzzState(f *testing.F) {
	w := emptyWallet(f)
	state, err := json.Marshal(stateFile{
		State: State{Collected: map[stele.Subject]uint64{{1}: 2}}, Contents: links.Contents{Links: []links.Link{{Number: "4711", Name: "Zoë"}}},
		Held: []Held{{Grant: stele.NewID(), Salt: []byte{1}, KeyIndex: 7, End: time.Unix(1, 0)}},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(state)
	f.Add([]byte(`{"held":[{"grant":"x"}]}`))
	f.Add([]byte(`null`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, state []byte) {
		mine := &Wallet{path: filepath.Join(dir, "w"), keys: w.keys}
		if err := os.WriteFile(mine.path+stateSuffix, mine.stateSeal().Seal(nil, nil, state, []byte(mine.keys.Kind())), 0o600); err != nil {
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

// FuzzPackage seals whatever a fuzzer makes to the wallet, as anybody can, and has
// it unpacked. What is taken is a grant to one of the wallet's own keys.
func FuzzPackage(f *testing.F) {
	w := emptyWallet(f)
	s, me := NewSession(w, nil, nil), w.Subject()
	now := time.Unix(1_800_000_000, 0).UTC()
	patient := consent.Party{Subject: stele.SubjectOf([]byte("patient")), Name: "Mira Holm"}
	g := consent.Grant{
		ID: stele.ID{1}, Patient: patient, Action: stele.ActionRead, Grantee: wire.Key(w.Keyring().OneTime(3).Public()),
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
		sealed, err := seal.SealTo(w.Keyring().SealKey().Public(), seal.TagDocument, me[:], raw)
		if err != nil {
			t.Fatal(err)
		}
		held, ok := s.unpack(sealed)
		if !ok {
			return
		}
		got, err := consent.Parse(held.Document)
		if err != nil || got.ID != held.Grant || got.Grantee != wire.Key(w.Keyring().OneTime(held.KeyIndex).Public()) || held.Says == "" {
			t.Fatalf("%+v was taken: %v", held, err)
		}
	})
}

// FuzzRequest reads whatever a fuzzer makes as a post and as what is in its envelope, as anybody
// with a card can send. What is taken is to the owner, of the card's holder, and can be answered.
func FuzzRequest(f *testing.F) {
	me, from, key := stele.SubjectOf([]byte("patient")), stele.SubjectOf([]byte("doctor")), wire.Ed25519FromSeed([32]byte{7})
	id := stele.ID{1}
	padded := func(body []byte) []byte {
		out := make([]byte, max(stele.RequestSize, 2+len(body)))
		binary.BigEndian.PutUint16(out, uint16(len(body)))
		copy(out[2:], body)
		return out
	}
	f.Add(wire.Marshal(&wire.AccessPost{Chain: "town", To: me[:], From: from[:], Sealed: [][]byte{{1}}}), padded(wire.Marshal(&wire.AccessRequest{
		Request: id[:], Key: key.Public(), Categories: []string{"allergies"}, Purpose: "TREAT", ForS: 3600, Reason: "a fall",
	})))
	f.Add([]byte{}, []byte{0, 1, 2})
	f.Fuzz(func(t *testing.T, body, plain []byte) {
		post, err := readPost(wire.SignBytes(wire.TagAsk, bytes.Clone(body), key), "town", me, from, []stele.PublicKey{wire.Key(key.Public())})
		if err == nil && (post.Chain != "town" || string(post.To) != string(me[:]) || string(post.From) != string(from[:])) {
			t.Fatalf("%v is taken", post)
		}
		if post, err := readPost(wire.SignBytes(wire.TagAsk, bytes.Clone(body), wire.NewEd25519()), "town", me, from, []stele.PublicKey{wire.Key(key.Public())}); err == nil {
			t.Fatalf("%v is taken, of another's key", post)
		}
		r, err := parseRequest(plain)
		if err != nil {
			if stele.KindOf(err) == stele.KindOther {
				t.Fatalf("refused without a kind: %v", err)
			}
			return
		}
		if len(plain) != stele.RequestSize || r.Terms.check() != nil {
			t.Fatalf("%v is taken", r)
		}
	})
}

// FuzzPatientProposal reads a file that goes round among members: what is taken shows what it commits
// to, and is carried on as it came.
func FuzzPatientProposal(f *testing.F) {
	key, subject, salt := wire.NewEd25519(), stele.Subject{7}, seal.Salt{1}
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	g := consent.Grant{
		ID: stele.NewIDOf(subject[:]), Action: stele.ActionRead, Patient: consent.Party{Subject: subject, Name: "Birch, Baby"},
		Actor:   consent.Actor{Kind: consent.Organisation, Party: consent.Party{Subject: stele.Subject{8}, Name: "Northside"}},
		Grantee: wire.Key(key.Public()), Purposes: []stele.Purpose{stele.Treatment}, Categories: []stele.Category{stele.Allergies},
		NotBefore: now, End: now.Add(time.Hour), Policy: PolicyText, Language: "en", Wording: consent.CurrentWording,
		Signed: consent.Signature{At: now, By: consent.Party{Subject: stele.Subject{9}, Name: "Elm"}},
	}
	document, err := consent.Marshal(g)
	if err != nil {
		f.Fatal(err)
	}
	giving := committing(g, seal.Commit(salt, seal.TagGrant, document), stele.ID{})
	c := seal.Commit(salt, seal.TagMerge, []byte("her sister came"))
	merging := &wire.Transaction{Message: &wire.Transaction_MergeSubjects{MergeSubjects: &wire.MergeSubjects{From: subject[:], Into: subject[:], Commitment: c[:]}}}
	for _, p := range []*wire.Proposal{
		{Signed: wire.Sign(wire.TagTransaction, giving, key), Document: document, Salt: salt[:], KeyIndex: 3},
		{Signed: wire.Sign(wire.TagTransaction, merging, key), Document: []byte("her sister came"), Salt: salt[:]},
	} {
		if _, err := ReadProposal(wire.Marshal(p)); err != nil {
			f.Fatal(err)
		}
		f.Add(wire.Marshal(p))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := ReadProposal(raw)
		if err != nil {
			if stele.KindOf(err) != stele.KindInvalid {
				t.Fatal(err)
			}
			return
		}
		again, err := ReadProposal(p.Bytes())
		if err != nil || len(p.For) == 0 || (p.Grant == nil) == (p.Why == "") || again.Says() != p.Says() {
			t.Fatalf("%x is taken for %+v, and again for %+v, %v", raw, p, again, err)
		}
	})
}
