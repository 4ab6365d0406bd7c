package ledgertest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Town is a consortium of members and its ledger, block by block. Keys, ids and
// digests are derived from names.
type Town struct {
	T       testing.TB
	Chain   string
	Genesis []byte
	Members []string
	Ledger  *ledger.Ledger
	Time    time.Time // of the newest block
	Height  int64
	Blocks  []stele.Proposal // written so far
	Hashes  []stele.Digest   // app hash by height, 0 is the genesis

	nonce uint64
}

// Begin is the time of a town's genesis.
var Begin = time.Date(2030, 1, 1, 8, 0, 0, 0, time.UTC)

// Found founds a town of n members over an empty store.
func Found(t testing.TB, n int, store ledger.Store, contracts []ledger.Contract, check ledger.CheckSignatures) *Town {
	t.Helper()
	w := &Town{T: t, Chain: "town", Time: Begin}
	for i := range n {
		w.Members = append(w.Members, memberName(i))
	}
	w.Genesis = wire.Marshal(Genesis(w.Chain, n))
	w.Open(store, contracts, check)
	hash, err := w.Ledger.Found(w.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	w.Hashes = []stele.Digest{hash}
	return w
}

// Genesis is the genesis of a town of n members, "member1" and on, whose node
// and trustee keys are named after them: "member1's node".
func Genesis(chain string, n int) *wire.Genesis {
	g := &wire.Genesis{Chain: chain, TimeMs: Begin.UnixMilli(), Terms: new(wire.Terms), Committee: &wire.Committee{
		Suite: wire.SuiteCommittee, Threshold: uint32(2*n/3 + 1), Key: Bytes("committee", 32),
	}}
	for i := range n {
		name := memberName(i)
		g.Committee.Shares = append(g.Committee.Shares, Bytes("share of "+name, 32))
		g.Members = append(g.Members, &wire.Member{
			KeyDocument: Document(name), Kind: []string{"hospital", "laboratory", "hospital", "clinic"}[i%4], Share: uint32(i + 1),
			Node: Signer(name + "'s node").Public(), Trustee: Signer(name + "'s trustee").Public(),
			SealKey: sealKey(name + "'s seal key"),
		})
	}
	return g
}

func sealKey(name string) []byte {
	key, err := seal.SealKeyFromSeed(Bytes(name, seal.SeedLen))
	if err != nil {
		panic(err)
	}
	return key.Public()
}

func memberName(i int) string { return fmt.Sprintf("member%d", i+1) }

// Open goes on over a store, which holds the town's blocks or nothing.
func (w *Town) Open(store ledger.Store, contracts []ledger.Contract, check ledger.CheckSignatures) {
	w.T.Helper()
	l, err := ledger.New(store, contracts, check)
	if err != nil {
		w.T.Fatal(err)
	}
	w.T.Cleanup(l.Close)
	w.Ledger = l
}

// Tx signs a transaction; chain, nonce and an expiry one minute from the newest
// block are filled in where they are missing.
func (w *Town) Tx(tx *wire.Transaction, signers ...wire.Signer) []byte {
	if tx.Chain == "" {
		tx.Chain = w.Chain
	}
	if tx.Nonce == nil {
		w.nonce++
		tx.Nonce = binary.BigEndian.AppendUint64(make([]byte, 8), w.nonce)
	}
	if tx.ExpiresMs == 0 {
		tx.ExpiresMs = w.Time.Add(time.Minute).UnixMilli()
	}
	return wire.Marshal(wire.Sign(wire.TagTransaction, tx, signers...))
}

// Parcel packs transactions as the first member's node does.
func (w *Town) Parcel(txs ...[]byte) []byte {
	w.nonce++
	subject := Subject(w.Members[0])
	return wire.Marshal(wire.Sign(wire.TagParcel, &wire.Parcel{
		Chain: w.Chain, Member: subject[:], Nonce: binary.BigEndian.AppendUint64(make([]byte, 8), w.nonce), Transactions: txs,
	}, Signer(w.Members[0]+"'s node")))
}

// Block writes a block of parcels some time after the newest one.
func (w *Town) Block(after time.Duration, parcels ...[]byte) stele.Executed {
	w.T.Helper()
	w.Time, w.Height = w.Time.Add(after), w.Height+1
	p := stele.Proposal{Height: w.Height, Time: w.Time, Parcels: parcels}
	done := Write(w.T, w.Ledger, p)
	w.Blocks, w.Hashes = append(w.Blocks, p), append(w.Hashes, done.AppHash)
	return done
}

// Write executes and commits a block.
func Write(t testing.TB, l *ledger.Ledger, p stele.Proposal) stele.Executed {
	t.Helper()
	done, err := l.Execute(p)
	if err == nil {
		err = l.Commit()
	}
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// Bytes returns n ≤ 32 bytes that a name stands for.
func Bytes(name string, n int) []byte {
	sum := sha256.Sum256([]byte("ledgertest " + name))
	return sum[:n]
}

// ID returns the id that a name stands for.
func ID(name string) []byte { return Bytes("id "+name, 16) }

// IDOf returns the id of an owner that a name stands for (stele.ID.Of).
func IDOf(name string, owner []byte) []byte {
	id := stele.ID(ID(name)).Of(owner)
	return id[:]
}

// Signer returns the key that a name stands for.
func Signer(name string) wire.Signer { return wire.Ed25519FromSeed([32]byte(Bytes("key "+name, 32))) }

// Device is a device that signs with a name's key.
func Device(name string) *wire.Device { return &wire.Device{Signing: Signer(name).Public()} }

// SealKey is the seal key that a name stands for.
func SealKey(name string) []byte {
	key, err := seal.SealKeyFromSeed(Bytes("seal key "+name, 32))
	if err != nil {
		panic(err)
	}
	return key.Public()
}

// Document is the genesis key document of a name: one device, of the same name.
func Document(name string) []byte {
	return wire.Marshal(&wire.KeyDocument{Devices: []*wire.Device{Device(name)}, Salt: Bytes("salt "+name, 16)})
}

// Subject is the subject of a name's document.
func Subject(name string) stele.Subject { return stele.SubjectOf(Document(name)) }
