package store_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract/access"
	"github.com/stele-health/stele/contract/consortium"
	"github.com/stele-health/stele/contract/grants"
	"github.com/stele-health/stele/contract/identity"
	"github.com/stele-health/stele/contract/records"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/ledger/ledgertest"
	"github.com/stele-health/stele/store"
	"github.com/stele-health/stele/wire"
)

func contracts() []ledger.Contract {
	return []ledger.Contract{consortium.Contract{}, identity.Contract{}, grants.Contract{}, access.Contract{}, records.Contract{}}
}

// believed takes every signature for good, so that a benchmark measures the
// ledger alone.
func believed(_ wire.Tag, s *wire.Signed) ([]stele.PublicKey, error) {
	var keys []stele.PublicKey
	for _, sig := range s.Signatures {
		keys = append(keys, wire.Key(sig.Key))
	}
	return keys, nil
}

// unsigned is a name's public key over an empty signature.
type unsigned struct{ key *wire.PublicKey }

func (u unsigned) Public() *wire.PublicKey  { return u.key }
func (u unsigned) Sign(stele.Digest) []byte { return make([]byte, 64) }

func signer(name string) wire.Signer {
	return unsigned{ledgertest.Signer(name).Public()}
}

// everybodys is the one seal key that all people have.
var everybodys = sync.OnceValue(func() []byte { return ledgertest.SealKey("everybody") })

// person is the key document of one of the people.
func person(name string) []byte {
	return wire.Marshal(&wire.KeyDocument{
		Devices: []*wire.Device{{Signing: signer(name).Public(), SealSuite: wire.SuiteSeal, SealKey: everybodys()}},
		Salt:    ledgertest.Bytes("salt "+name, 16),
	})
}

// people creates subjects p0, p1, … with a read grant each, whose key is d0, d1,
// …; each has one device that reads.
func people(w *ledgertest.Town, n int) map[string]stele.Subject {
	subjects := map[string]stele.Subject{}
	var packs [][]byte
	for first := 0; first < n; first += 100 {
		var creates, gives [][]byte
		for i := first; i < min(first+100, n); i++ {
			name := fmt.Sprintf("p%d", i)
			doc := person(name)
			subject := stele.SubjectOf(doc)
			subjects[name] = subject
			creates = append(creates, w.Tx(&wire.Transaction{Message: &wire.Transaction_CreateSubject{
				CreateSubject: &wire.CreateSubject{KeyDocument: doc, Emergency: ledgertest.Bytes("slot "+name, 32)}}}, signer(name)))
			gives = append(gives, w.Tx(&wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
				Grant: ledgertest.IDOf(name, subject[:]), Subject: subject[:], Action: 1, Grantee: signer(fmt.Sprintf("d%d", i)).Public(),
				EndMs: w.Time.Add(24 * time.Hour).UnixMilli(), Commitment: ledgertest.Bytes(name, 32),
			}}}, signer(name)))
		}
		packs = append(packs, w.Parcel(creates...), w.Parcel(gives...))
	}
	w.Block(time.Second, packs...)
	return subjects
}

// accesses makes a block's parcels: n accesses, each of somebody's chart.
func accesses(w *ledgertest.Town, r *rand.Rand, block, n, people int) (parcels [][]byte) {
	for first := 0; first < n; first += 500 {
		var txs [][]byte
		for i := first; i < min(first+500, n); i++ {
			who, request := r.IntN(people), fmt.Sprintf("%d in %d", i, block)
			name := fmt.Sprintf("p%d", who)
			subject := stele.SubjectOf(person(name))
			grant := ledgertest.IDOf(name, subject[:])
			txs = append(txs, w.Tx(&wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
				Request: ledgertest.IDOf(request, grant), Grant: grant,
				DetailCommitment: ledgertest.Bytes("detail "+request, 32), ReaderKeyHash: ledgertest.Bytes("reader "+request, 32), WindowMs: 300_000,
			}}}, signer(fmt.Sprintf("d%d", who))))
		}
		parcels = append(parcels, w.Parcel(txs...))
	}
	return parcels
}

// BenchmarkAccess is one access among 1,000 a block over 10,000 subjects, on a
// real disk, without checking signatures.
func BenchmarkAccess(b *testing.B) {
	const subjects, perBlock = 10_000, 1000
	s, err := store.Open(b.TempDir(), vfs.Default, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	w := ledgertest.Found(b, 4, s, contracts(), believed)
	people(w, subjects)
	r := rand.New(rand.NewPCG(1, 1))
	b.ResetTimer()
	for i := 0; i < b.N; i += perBlock {
		b.StopTimer()
		parcels := accesses(w, r, i, perBlock, subjects)
		b.StartTimer()
		if done := w.Block(time.Second, parcels...); done.Events != perBlock {
			b.Fatalf("%d events", done.Events)
		}
	}
}

// TestLaw8TheLedgerGoesOnAfterACrash cuts the power after each block: the ledger
// stands at a block it had reached, and the same blocks lead to the same hash.
func TestLaw8TheLedgerGoesOnAfterACrash(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	fs := vfs.NewCrashableMem()
	s := openAt(t, "state", fs)
	w := ledgertest.Found(t, 1, s, contracts(), believed)
	t.Cleanup(func() { w.Ledger.Close(); _ = s.Close() })
	people(w, 50)
	for i := range 8 {
		w.Block(time.Second, accesses(w, r, i, 100, 50)...)
		if _, err := w.Ledger.Execute(stele.Proposal{Height: w.Height + 1, Time: w.Time, Parcels: accesses(w, r, 100+i, 10, 50)}); err != nil {
			t.Fatal(err) // executed, never committed
		}
		again := openAt(t, "state", fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(101), RNG: r}))
		l, err := ledger.New(again, contracts(), believed)
		if err != nil {
			t.Fatal(err)
		}
		height, hash, err := l.Position()
		if err != nil || height != w.Height || hash != w.Hashes[height] {
			t.Fatalf("stands at %d (%v), want %d", height, err, w.Height)
		}
		next := stele.Proposal{Height: height + 1, Time: w.Time.Add(time.Second), Parcels: accesses(w, r, 200+i, 20, 50)}
		there, here := ledgertest.Write(t, l, next), stele.Executed{}
		if here, err = w.Ledger.Execute(next); err != nil || here.AppHash != there.AppHash || there.Events != 20 {
			t.Fatalf("after the crash a block leads elsewhere: %v", err)
		}
		l.Close()
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReplayOnMemoryGivesTheSameAppHash: what the store is makes no difference.
func TestReplayOnMemoryGivesTheSameAppHash(t *testing.T) {
	w := ledgertest.Found(t, 1, fresh(t), contracts(), believed)
	t.Cleanup(w.Ledger.Close)
	people(w, 300)
	for i := range 10 {
		w.Block(time.Minute, accesses(w, rand.New(rand.NewPCG(3, uint64(i))), i, 200, 300)...)
	}
	l, err := ledger.New(ledger.NewMemory(), contracts(), believed)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if hash, err := l.Found(w.Genesis); err != nil || hash != w.Hashes[0] {
		t.Fatal(err)
	}
	for i, p := range w.Blocks {
		if done := ledgertest.Write(t, l, p); done.AppHash != w.Hashes[i+1] {
			t.Fatalf("block %d has another app hash", p.Height)
		}
	}
}

// TestReadingDoesNotHoldUpBlocks: a state stays readable while it is read, long
// after the ledger has let go of it.
func TestReadingDoesNotHoldUpBlocks(t *testing.T) {
	w := ledgertest.Found(t, 1, fresh(t), contracts(), believed)
	people(w, 100)
	stop, stopped := make(chan struct{}), make(chan error, 4)
	for range 4 {
		go func() {
			for {
				select {
				case <-stop:
					stopped <- nil
					return
				default:
				}
				if _, err := w.Ledger.ProveLog(ledgertest.Subject("member1"), 0, 0); err != nil && stele.KindOf(err) != stele.KindBusy {
					stopped <- err
					return
				}
			}
		}()
	}
	for i := range 30 {
		w.Block(time.Second, accesses(w, rand.New(rand.NewPCG(4, uint64(i))), i, 100, 100)...)
	}
	close(stop)
	for range 4 {
		if err := <-stopped; err != nil {
			t.Fatal(err)
		}
	}
	w.Ledger.Close()
}
