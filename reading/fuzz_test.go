package reading

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
	"github.com/stele-health/stele/wire"
)

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
	o := &open{reading: reading{Reader: New(wallet.NewSession(nil, nil, proof.History{{Consortium: &wire.Consortium{Chain: "town", Committee: &wire.Committee{
		Suite: wire.SuiteCommittee, Epoch: 1, Threshold: 1, Key: committee.Key, Shares: committee.Shares,
	}}}}))}}
	f.Fuzz(func(t *testing.T, rawItem, rawAnswer []byte) {
		item, answer := new(wire.FolioItem), new(wire.GetRecordsResponse)
		if wire.Decode(rawItem, item) != nil || wire.Decode(rawAnswer, answer) != nil {
			return
		}
		if len(o.sound(t.Context(), members.Member{}, []*wire.FolioItem{item})) != 0 {
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
		records, _, err := folio.open(answer)
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

// FuzzEvidence checks evidence against a trustee of whom the fuzzer has the key. Nobody else is ever convicted, and what proves
// nothing is KindProof.
func FuzzEvidence(f *testing.F) {
	w, trustee, document := wallettest.NewWallet(f), wire.Ed25519FromSeed([32]byte{1}), []byte("document")
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
	labels, err := capsuleLabels(founding, receipt, [][]byte{head}, nil, stele.ID{})
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
		}))
	}
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, body, evidence []byte) {
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
	})
}
