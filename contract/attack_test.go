package contract_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stele-health/stele/wire/wiretest"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/wire"
)

// TestLaw8NoTransactionStopsTheLedger: transactions signed by keys that count,
// with anything at all in their fields, are refused or answered. One that made a
// contract panic would stop every validator at once.
func TestLaw8NoTransactionStopsTheLedger(t *testing.T) {
	w := ledgertest.Found(t, 2, ledger.NewMemory(), contract.All(), wire.Check)
	ada, clinic, trustee := ledgertest.Signer("ada"), ledgertest.Signer("clinic"), ledgertest.Signer("member1's trustee")
	subject := ledgertest.Subject("ada")
	fresh := 0
	next := func(owner ...byte) []byte { fresh++; return ledgertest.IDOf(fmt.Sprint("fresh ", fresh), owner) }
	read, write, member := ledgertest.IDOf("read", subject[:]), ledgertest.IDOf("write", subject[:]), ledgertest.Subject("member1")
	start := func(i int, tx *wire.Transaction, s ...wire.Signer) {
		if done := w.Block(time.Second, w.Parcel(w.Tx(tx, s...))); done.Verdicts[0].Err != nil {
			t.Fatalf("step %d: %v", i, done.Verdicts[0].Err)
		}
	}
	give := func(grant []byte, action uint32) *wire.Transaction {
		return &wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
			Grant: grant, Subject: subject[:], Action: action, Grantee: clinic.Public(), EndMs: w.Time.Add(time.Hour).UnixMilli(), Commitment: ledgertest.Bytes("c", 32),
		}}}
	}
	start(0, &wire.Transaction{Message: &wire.Transaction_CreateSubject{CreateSubject: &wire.CreateSubject{KeyDocument: ledgertest.Document("ada"), Emergency: ledgertest.Bytes("slot", 32)}}}, ada)
	start(1, give(read, 1), ada)
	start(2, give(write, 2), ada)
	digest := ledgertest.Bytes("digest", 32)
	kinds := []func() *wire.Transaction{
		func() *wire.Transaction { return give(next(subject[:]...), 1) },
		func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_RevokeGrant{RevokeGrant: &wire.RevokeGrant{Grant: next()}}}
		},
		func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
				Request: next(read...), Grant: read, DetailCommitment: digest, ReaderKeyHash: digest, WindowMs: 60_000}}}
		},
		func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_MakeAnchor{MakeAnchor: &wire.MakeAnchor{
				Submission: next(write...), Grant: write, Root: digest, SourceCommitment: digest, CountCommitment: digest}}}
		},
		func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_PostReceipts{PostReceipts: &wire.PostReceipts{Batch: next(member[:]...), Root: digest, Count: 3}}}
		},
		func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_AddDevice{AddDevice: &wire.AddDevice{Subject: subject[:], Device: ledgertest.Device("clinic")}}}
		},
		func() *wire.Transaction {
			return &wire.Transaction{Message: &wire.Transaction_RotateKeys{RotateKeys: &wire.RotateKeys{
				Subject: subject[:], Old: ada.Public(), Device: ledgertest.Device("ada")}}}
		},
		func() *wire.Transaction {
			fresh++
			return &wire.Transaction{Message: &wire.Transaction_CreateSubject{CreateSubject: &wire.CreateSubject{
				KeyDocument: wire.Marshal(&wire.KeyDocument{Devices: []*wire.Device{ledgertest.Device("ada")}, Salt: ledgertest.Bytes(fmt.Sprint(fresh), 16)}), Emergency: ledgertest.Bytes("slot", 32)}}}
		},
	}
	r := rand.New(rand.NewPCG(1, 2))
	passed, refused := 0, 0
	for range 300 {
		var txs [][]byte
		for range 20 {
			tx := kinds[r.IntN(len(kinds))]()
			tx.Chain, tx.Nonce, tx.ExpiresMs = w.Chain, next(), w.Time.Add(time.Minute).UnixMilli()
			wiretest.Bend(r, tx.ProtoReflect())
			txs = append(txs, wire.Marshal(wire.Sign(wire.TagTransaction, tx, ada, clinic, trustee)))
		}
		last := txs[len(txs)-1]
		txs = append(txs, last[:r.IntN(len(last))], last) // torn, and again
		if _, err := w.Ledger.Admit(last); err != nil && stele.KindOf(err) == stele.KindOther {
			t.Fatal(err)
		}
		for _, v := range w.Block(time.Second, w.Parcel(txs...)).Verdicts {
			if v.Err == nil {
				passed++
			} else {
				refused++
			}
		}
	}
	if passed < 500 || refused < 500 {
		t.Errorf("%d passed, %d refused: the test bends too much or too little", passed, refused)
	}
	parcel := w.Parcel(w.Tx(give(next(subject[:]...), 1), ada))
	for range 2000 {
		raw := proto.CloneOf(&wire.Signed{Body: parcel}).Body
		raw[r.IntN(len(raw))] ^= byte(1 + r.IntN(255))
		if w.Ledger.Check(raw[:r.IntN(len(raw)+1)]) == nil {
			t.Fatal("a damaged parcel passed")
		}
	}
}
