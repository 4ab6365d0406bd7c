package chain

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// signers to draw from: two Ed25519 keys are enough to double and mix.
var drawn = []wire.Signer{wire.Ed25519FromSeed([32]byte{1}), wire.Ed25519FromSeed([32]byte{2}), wire.Ed25519FromSeed([32]byte{3})}

// howMany signatures: few, and as many as may be and one more, of any object and of a
// transaction.
var howMany = []int{0, 1, 2, 3, wire.MaxSignatures, wire.MaxSignatures + 1, wire.MaxTransactionSignatures, wire.MaxTransactionSignatures + 1}

// drawSigned draws an object that may be good or spoiled in any way that
// wire.Check looks at.
func drawSigned(t *rapid.T) *wire.Signed {
	body := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "body")
	s := wire.SignBytes(wire.TagTransaction, body)
	for range rapid.SampledFrom(howMany).Draw(t, "signatures") {
		k := drawn[rapid.IntRange(0, len(drawn)-1).Draw(t, "key")]
		s.Signatures = append(s.Signatures, wire.SignBytes(wire.TagTransaction, body, k).Signatures...)
	}
	if len(s.Signatures) > 0 {
		spoil(t, s, rapid.IntRange(0, len(s.Signatures)-1).Draw(t, "which"))
	}
	return s
}

func spoil(t *rapid.T, s *wire.Signed, i int) {
	sig := proto.Clone(s.Signatures[i]).(*wire.Signature)
	s.Signatures[i] = sig
	switch rapid.IntRange(0, 9).Draw(t, "spoil") {
	case 0:
		sig.Signature[rapid.IntRange(0, 63).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
	case 1:
		sig.Key.Suite = rapid.Uint32Range(0, 3).Draw(t, "suite")
	case 2:
		sig.Key.Key = sig.Key.Key[:31]
	case 3:
		sig.Signature = append(sig.Signature, 0)
	case 4:
		sig.Key = nil
	case 5:
		s.Body = append(s.Body, 1)
	case 6: // a byte moves from the signature to the key
		sig.Key.Key, sig.Signature = append(slices.Clone(sig.Key.Key), sig.Signature[0]), sig.Signature[1:]
	}
}

// With an empty memory, with a full one, after a batch or without: always what
// wire.Check says.
func TestVerifierAnswersLikeCheck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := NewVerifier(rapid.SampledFrom([]int{1, 300, 10_000}).Draw(t, "capacity"))
		var all []*wire.Signed
		for range rapid.IntRange(1, 12).Draw(t, "objects") {
			all = append(all, drawSigned(t))
		}
		if rapid.Bool().Draw(t, "batch") {
			var objects []object
			for _, s := range all {
				objects = append(objects, objectOf(wire.TagTransaction, s))
			}
			v.warm(objects)
		}
		for range 2 {
			for _, s := range all {
				for _, tag := range []wire.Tag{wire.TagTransaction, wire.TagParcel} {
					got, gotErr := v.Check(tag, s)
					want, wantErr := wire.Check(tag, s)
					if diff := cmp.Diff(want, got); diff != "" || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) || stele.KindOf(gotErr) != stele.KindOf(wantErr) {
						t.Fatalf("%v, want %v %s", gotErr, wantErr, diff)
					}
				}
			}
		}
	})
}

// An object that is remembered vouches for no other that differs in anything a
// check depends on.
func TestMemoryBindsEverything(t *testing.T) {
	v := NewVerifier(1000)
	good := wire.SignBytes(wire.TagTransaction, []byte("body"), drawn...)
	if _, err := v.Check(wire.TagTransaction, good); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Check(wire.TagParcel, good); err == nil {
		t.Error("good under another tag")
	}
	for name, change := range map[string]func(*wire.Signed){
		"body":      func(s *wire.Signed) { s.Body[0] ^= 1 },
		"signature": func(s *wire.Signed) { s.Signatures[1].Signature[63] ^= 1 },
		"key":       func(s *wire.Signed) { s.Signatures[1].Key.Key[0] ^= 1 },
		"suite":     func(s *wire.Signed) { s.Signatures[1].Key.Suite = wire.SuiteECDSAP256 },
		"doubled":   func(s *wire.Signed) { s.Signatures[1] = s.Signatures[0] },
		"none":      func(s *wire.Signed) { s.Signatures = nil },
		"moved": func(s *wire.Signed) {
			k, g := s.Signatures[1].Key, s.Signatures[1]
			k.Key, g.Signature = append(k.Key, g.Signature[0]), g.Signature[1:]
		},
	} {
		bad := proto.Clone(good).(*wire.Signed)
		change(bad)
		if _, err := v.Check(wire.TagTransaction, bad); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("%s changed: %v", name, err)
		}
	}
}

// What Prefetch has seen costs no signature check any more; and one bad
// signature among many good ones spoils nothing but itself.
func TestPrefetchLeavesOnlyTheBadOne(t *testing.T) {
	v := NewVerifier(10_000)
	parcel := &wire.Parcel{Chain: "c"}
	var txs []*wire.Signed
	for i := range 200 {
		s := wire.SignBytes(wire.TagTransaction, fmt.Append(nil, "body", i), client)
		if i == 77 {
			s.Signatures[0].Signature[0] ^= 1
		}
		txs = append(txs, s)
		parcel.Transactions = append(parcel.Transactions, wire.Marshal(s))
	}
	signed := wire.Sign(wire.TagParcel, parcel, client)
	v.Prefetch([][]byte{wire.Marshal(signed), []byte("noise"), nil})
	if !v.knows(objectOf(wire.TagParcel, signed).name()) {
		t.Error("the parcel itself is not known")
	}
	for i, s := range txs {
		if known := v.knows(objectOf(wire.TagTransaction, s).name()); known != (i != 77) {
			t.Errorf("transaction %d: known %v", i, known)
		}
	}
}

// The memory is bounded.
func TestVerifierForgets(t *testing.T) {
	v := NewVerifier(1000)
	for i := range 20_000 {
		v.remember(digest(fmt.Append(nil, i)))
	}
	held := 0
	for i := range v.shards {
		held += len(v.shards[i].young) + len(v.shards[i].old)
	}
	if held > 1000 || held < 400 {
		t.Errorf("%d held of 1000", held)
	}
	if !v.knows(digest(fmt.Append(nil, 19_999))) {
		t.Error("forgot the newest")
	}
}

// A batch costs less than single checks; the ratio is printed.
func TestBatchPays(t *testing.T) {
	var objects []object
	for i := range 256 {
		k := wire.Ed25519FromSeed([32]byte{byte(i), 9})
		objects = append(objects, objectOf(wire.TagTransaction, wire.SignBytes(wire.TagTransaction, fmt.Append(nil, i), k)))
	}
	measure := func(f func()) time.Duration {
		best := time.Hour
		for range 3 {
			start := time.Now()
			f()
			best = min(best, time.Since(start))
		}
		return best / time.Duration(len(objects))
	}
	single := measure(func() {
		for _, o := range objects {
			if _, err := wire.Check(o.tag, o.signed); err != nil {
				t.Fatal(err)
			}
		}
	})
	for _, n := range []int{8, 16, 64, 256} {
		each := measure(func() {
			for i := 0; i < len(objects); i += n {
				if !checkBatch(objects[i : i+n]) {
					t.Fatal("a good batch failed")
				}
			}
		})
		t.Logf("batches of %d: %s each, single %s, ratio %.2f", n, each, single, float64(each)/float64(single))
	}
}

func FuzzPrefetch(f *testing.F) {
	tx := wire.Marshal(wire.SignBytes(wire.TagTransaction, []byte("body"), client))
	f.Add(wire.Marshal(wire.Sign(wire.TagParcel, &wire.Parcel{Chain: "c", Transactions: [][]byte{tx, tx}}, client)))
	f.Add([]byte{})
	// A key of small order: batch and single check refuse it alike.
	one := append([]byte{1}, make([]byte, 31)...)
	forged := wire.Marshal(&wire.Signed{Body: []byte("body"), Signatures: []*wire.Signature{{
		Key: &wire.PublicKey{Suite: wire.SuiteEd25519, Key: one}, Signature: append(slices.Clone(one), make([]byte, 32)...),
	}}})
	f.Add(wire.Marshal(wire.Sign(wire.TagParcel, &wire.Parcel{Chain: "c", Transactions: [][]byte{tx, forged, tx, tx, tx}}, client)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		v := NewVerifier(100)
		v.Prefetch([][]byte{raw, raw})
		signed := new(wire.Signed)
		if wire.Decode(raw, signed) != nil {
			return
		}
		got, gotErr := v.Check(wire.TagParcel, signed)
		want, wantErr := wire.Check(wire.TagParcel, signed)
		if !slices.Equal(got, want) || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
			t.Fatalf("%v %v, want %v %v", got, gotErr, want, wantErr)
		}
		parcel := new(wire.Parcel)
		if wire.Decode(signed.Body, parcel) != nil {
			return
		}
		for _, raw := range parcel.Transactions {
			tx := new(wire.Signed)
			if wire.Decode(raw, tx) != nil {
				continue
			}
			got, _ := v.Check(wire.TagTransaction, tx)
			if want, _ := wire.Check(wire.TagTransaction, tx); !slices.Equal(got, want) {
				t.Fatalf("a batch says %v of a transaction, a single check %v", got, want)
			}
		}
	})
}

func FuzzTake(f *testing.F) {
	f.Add(wire.Marshal(wire.Sign(wire.TagTransaction, &wire.Transaction{Chain: "c", ExpiresMs: 5}, client)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c := newCounter()
		tk, fresh, err := c.take(raw, stele.Caller{})
		if err != nil {
			return
		}
		if again, second, _ := c.take(raw, stele.Caller{}); !fresh || second || again != tk {
			t.Fatal("two tickets for the same bytes")
		}
		c.close()
		<-tk.done
	})
}
