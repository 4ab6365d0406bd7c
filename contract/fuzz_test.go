package contract_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/contract/identity"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// small is a town with a patient, grants, an access and an anchor, the same each
// time.
func small(t testing.TB) *script {
	s := found(t, 2)
	s.block("+1s", "subject ann\nsubject bob\ngive r to=doctor\ngive w action=write to=lab")
	s.block("+1s", "open o grant=r by=doctor\nanchor a grant=w by=lab\nadmit bob\nlist bob\nbreak e to=doctor")
	return s
}

// actors are whose keys a fuzzer may sign with.
var actors = []string{"ann", "bob", "doctor", "lab", "member1", "member1's trustee", "member2"}

// FuzzTransaction puts a transaction of a stranger's making, signed by keys that
// the town knows, into two equal towns. Both say the same, whether it would be
// taken is said beforehand, a refusal has a kind and changes nothing, and a second
// try gets the first answer.
func FuzzTransaction(f *testing.F) {
	now, empty := small(f).town.Time, small(f).town.Block(0).AppHash
	add := func(signers uint8, m *wire.Transaction) {
		m.Chain, m.Nonce, m.ExpiresMs = "town", make([]byte, 16), now.Add(time.Minute).UnixMilli()
		f.Add(signers, wire.Marshal(m))
	}
	ann := ledgertest.Subject("ann")
	fresh, member := ledgertest.Signer("fresh").Public(), ledgertest.Subject("member1")
	r, w := ledgertest.IDOf("r", ann[:]), ledgertest.IDOf("w", ann[:])
	add(0, &wire.Transaction{Message: &wire.Transaction_CreateSubject{CreateSubject: &wire.CreateSubject{KeyDocument: ledgertest.Document("cara"), Emergency: make([]byte, 32)}}})
	add(1, &wire.Transaction{Message: &wire.Transaction_ClaimSubject{ClaimSubject: &wire.ClaimSubject{Subject: ann[:], Device: ledgertest.Device("bob")}}})
	add(1, &wire.Transaction{Message: &wire.Transaction_AddDevice{AddDevice: &wire.AddDevice{Subject: ann[:], Device: ledgertest.Device("bob")}}})
	add(3, &wire.Transaction{Message: &wire.Transaction_RotateKeys{RotateKeys: &wire.RotateKeys{Subject: ann[:], Old: ledgertest.Signer("ann").Public(), Device: ledgertest.Device("bob")}}})
	add(1, &wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
		Grant: ledgertest.IDOf("new", ann[:]), Subject: ann[:], Action: 1, Grantee: fresh, NotBeforeMs: now.UnixMilli(), EndMs: now.Add(time.Hour).UnixMilli(), Commitment: make([]byte, 32),
	}}})
	add(1, &wire.Transaction{Message: &wire.Transaction_RevokeGrant{RevokeGrant: &wire.RevokeGrant{Grant: r}}})
	add(4, &wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
		Request: ledgertest.IDOf("again", r), Grant: r, DetailCommitment: make([]byte, 32), ReaderKeyHash: make([]byte, 32), WindowMs: 300_000,
	}}})
	add(8, &wire.Transaction{Message: &wire.Transaction_MakeAnchor{MakeAnchor: &wire.MakeAnchor{
		Submission: ledgertest.IDOf("more", w), Grant: w, Root: make([]byte, 32), SourceCommitment: make([]byte, 32), CountCommitment: make([]byte, 32),
	}}})
	add(32, &wire.Transaction{Message: &wire.Transaction_PostReceipts{PostReceipts: &wire.PostReceipts{Batch: ledgertest.IDOf("batch", member[:]), Root: make([]byte, 32), Count: 1}}})
	admitted := admission("ann", "GB", "US-CA").GetAdmitIssuer()
	bob := ledgertest.Subject("bob")
	add(16|64, &wire.Transaction{Message: &wire.Transaction_AdmitIssuer{AdmitIssuer: admitted}})
	add(16|64, &wire.Transaction{Message: &wire.Transaction_DismissIssuer{DismissIssuer: &wire.DismissIssuer{Subject: bob[:], Certificate: ledgertest.Bytes("certificate bob", 32)}}})
	add(2, &wire.Transaction{Message: &wire.Transaction_PostStatusList{PostStatusList: &wire.PostStatusList{Subject: bob[:], Epoch: 2, Hash: make([]byte, 32)}}})
	add(2, &wire.Transaction{Message: &wire.Transaction_SetEmergency{SetEmergency: &wire.SetEmergency{Subject: bob[:], Commitment: make([]byte, 32)}}})
	add(4|16, &wire.Transaction{Message: &wire.Transaction_BreakGlass{BreakGlass: &wire.BreakGlass{
		Activation: ledgertest.IDOf("again", bob[:]), Subject: bob[:], Member: member[:], Grantee: ledgertest.Signer("doctor").Public(), DetailCommitment: make([]byte, 32),
	}}})
	e := ledgertest.IDOf("e", ann[:])
	add(4, &wire.Transaction{Message: &wire.Transaction_EndEmergency{EndEmergency: &wire.EndEmergency{Activation: e}}})
	add(1, &wire.Transaction{Message: &wire.Transaction_ReviewEmergency{ReviewEmergency: &wire.ReviewEmergency{Activation: e, Outcome: 1, Commitment: make([]byte, 32)}}})
	f.Fuzz(func(t *testing.T, signers uint8, body []byte) {
		var keys []wire.Signer
		for i, name := range actors {
			if signers>>i&1 == 1 {
				keys = append(keys, ledgertest.Signer(name))
			}
		}
		raw := wire.Marshal(wire.SignBytes(wire.TagTransaction, body, keys...))
		a, b := small(t), small(t)
		_, admitted := a.town.Ledger.Admit(raw)
		one, two := a.town.Block(0, a.town.Parcel(raw)), b.town.Block(0, b.town.Parcel(raw))
		if one.AppHash != two.AppHash {
			t.Fatal("two nodes disagree")
		}
		if len(one.Verdicts) != 1 {
			t.Fatalf("%d verdicts", len(one.Verdicts))
		}
		v := one.Verdicts[0]
		if (admitted == nil) != (v.Err == nil) {
			t.Fatalf("first %v, then %v", admitted, v.Err)
		}
		again := a.town.Block(time.Second, a.town.Parcel(raw))
		if v.Err == nil {
			if w := again.Verdicts[0]; w.Err != nil || w.Outcome.Seq != v.Outcome.Seq || !bytes.Equal(w.Outcome.Event, v.Outcome.Event) {
				t.Fatalf("the second answer is %v, %v", w.Outcome, w.Err)
			}
			return
		}
		if stele.KindOf(v.Err) == stele.KindOther {
			t.Fatalf("refused without a kind: %v", v.Err)
		}
		if one.AppHash != empty {
			t.Fatal("a refused transaction left something")
		}
	})
}

// FuzzParcel gives a node bytes as a parcel. What Check refuses has no verdicts
// and leaves no trace when it stands in a block all the same.
func FuzzParcel(f *testing.F) {
	s, empty := small(f), small(f).town.Block(0).AppHash
	tx := s.town.Tx(&wire.Transaction{Message: &wire.Transaction_RevokeGrant{RevokeGrant: &wire.RevokeGrant{Grant: s.id("r")}}}, ledgertest.Signer("ann"))
	f.Add(s.town.Parcel(tx, []byte("garbage"), tx))
	f.Add([]byte{})
	f.Add(wire.Marshal(wire.Sign(wire.TagParcel, &wire.Parcel{Chain: "town"}, ledgertest.Signer("ann"))))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := small(t)
		err := s.town.Ledger.Check(raw)
		done := s.town.Block(0, raw)
		if err == nil {
			return
		}
		if kind := stele.KindOf(err); kind != stele.KindInvalid && kind != stele.KindDenied {
			t.Fatalf("refused as %v: %v", kind, err)
		}
		if len(done.Verdicts) != 0 || done.AppHash != empty {
			t.Fatal("a parcel that is none left something")
		}
	})
}

// FuzzFounding founds a ledger on a genesis of a stranger's making.
func FuzzFounding(f *testing.F) {
	f.Add(wire.Marshal(ledgertest.Genesis("town", 3)))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, genesis []byte) {
		var hashes []stele.Digest
		for range 2 {
			l, err := ledger.New(ledger.NewMemory(), contract.All(), wire.Check)
			if err != nil {
				t.Fatal(err)
			}
			hash, err := l.Found(genesis)
			l.Close()
			if err != nil {
				if stele.KindOf(err) != stele.KindInvalid {
					t.Fatalf("refused as %v: %v", stele.KindOf(err), err)
				}
				return
			}
			hashes = append(hashes, hash)
		}
		if hashes[0] != hashes[1] {
			t.Fatal("two nodes disagree about the genesis")
		}
	})
}

// FuzzRestore restores from a member that changes one event of its snapshot.
func FuzzRestore(f *testing.F) {
	s := small(f)
	head := ledger.Head{Height: s.town.Height, TimeMS: s.town.Time.UnixMilli(), AppHash: s.town.Hashes[s.town.Height]}
	var events [][]byte
	if err := s.town.Ledger.Snapshot(s.town.Height, func(uint64) error { return nil }, func(e []byte) error {
		events = append(events, e)
		return nil
	}); err != nil {
		f.Fatal(err)
	}
	for i, e := range events {
		f.Add(uint8(i), e)
	}
	f.Add(uint8(0), []byte{})
	f.Fuzz(func(t *testing.T, at uint8, raw []byte) {
		i := int(at) % len(events)
		changed := slices.Clone(events)
		changed[i] = raw
		err := ledger.Restore(ledger.NewMemory(), contract.All(), head, func(each func([]byte) error) error {
			for _, e := range changed {
				if err := each(e); err != nil {
					return err
				}
			}
			return nil
		}, nil)
		if same := bytes.Equal(raw, events[i]); same != (err == nil) {
			t.Fatalf("the event is changed: %v; restored: %v", !same, err)
		}
		if err != nil && stele.KindOf(err) != stele.KindProof {
			t.Fatalf("refused as %v: %v", stele.KindOf(err), err)
		}
	})
}

// FuzzDocument reads key documents: one that is taken is written again as the same
// bytes, since its hash is the subject's name.
func FuzzDocument(f *testing.F) {
	f.Add(ledgertest.Document("ann"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := identity.ParseDocument(raw)
		if err != nil {
			if stele.KindOf(err) != stele.KindInvalid {
				t.Fatal(err)
			}
			return
		}
		if n := len(doc.Devices); n == 0 || n > identity.MaxDevices {
			t.Fatalf("%d devices", n)
		}
		for _, d := range doc.Devices {
			if err := wire.ValidKey(d.Signing); err != nil {
				t.Fatal(err)
			}
		}
	})
}
