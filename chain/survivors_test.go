package chain

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// TestABatchTakesWhatASingleCheckTakes: among signatures that are good, enough for
// a batch, one object that a single check refuses, in each way that a batch alone
// would not see.
func TestABatchTakesWhatASingleCheckTakes(t *testing.T) {
	key := wire.NewEd25519()
	sign := func(body byte) *wire.Signed { return wire.SignBytes(wire.TagTransaction, []byte{body}, key) }
	for name, spoil := range map[string]func(*wire.Signed){
		"one key twice":       func(s *wire.Signed) { s.Signatures = append(s.Signatures, s.Signatures[0]) },
		"a longer signature":  func(s *wire.Signed) { s.Signatures[0].Signature = append(s.Signatures[0].Signature, 0) },
		"a shorter signature": func(s *wire.Signed) { s.Signatures[0].Signature = s.Signatures[0].Signature[:63] },
		"no signature": func(s *wire.Signed) {
			s.Signatures = append(s.Signatures, &wire.Signature{Key: wire.NewEd25519().Public()})
		},
		"a key of another length": func(s *wire.Signed) { s.Signatures[0].Key.Key = s.Signatures[0].Key.Key[:31] },
		"a key of small order":    func(s *wire.Signed) { s.Signatures[0].Key.Key = make([]byte, 32) },
	} {
		var objects []object
		for i := range 4 * smallest {
			objects = append(objects, objectOf(wire.TagTransaction, sign(byte(i))))
		}
		bad := sign(200)
		spoil(bad)
		objects = append(objects, objectOf(wire.TagTransaction, bad))
		if checkBatch(objects) {
			t.Errorf("%s: the batch takes it", name)
		}
		v := NewVerifier(10_000)
		v.warm(objects)
		if _, err := v.Check(wire.TagTransaction, bad); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := v.Check(wire.TagTransaction, objects[0].signed); err != nil {
			t.Errorf("%s: a good one beside it: %v", name, err)
		}
	}
}

// TestParcelsAreAsLargeAsTheyMayBe: what is packed is never refused for its size or
// number, and is not much smaller than it may be.
func TestParcelsAreAsLargeAsTheyMayBe(t *testing.T) {
	n := &Node{chain: "town-1"}
	n.config.Signer = wire.NewEd25519()
	for _, size := range []int{100, 5000, stele.MaxTransaction - 1, stele.MaxTransaction} {
		var list []*ticket
		for range 2 * stele.MaxInParcel {
			list = append(list, &ticket{raw: make([]byte, size)})
		}
		k := fitting(list)
		parcel := n.parcel(list[:k])
		switch {
		case len(parcel) > stele.MaxParcel || k > stele.MaxInParcel:
			t.Errorf("%d transactions of %d bytes make a parcel of %d", k, size, len(parcel))
		case k < stele.MaxInParcel && len(parcel)+size+2048 < stele.MaxParcel:
			t.Errorf("%d transactions of %d bytes make a parcel of only %d", k, size, len(parcel))
		}
	}
}

// TestAVerdictIsAwaitedWhereItMayCome: of the parcels that held a transaction the newest
// are known, and it expires only once it was in one.
func TestAVerdictIsAwaitedWhereItMayCome(t *testing.T) {
	c := newCounter()
	wait := &ticket{key: stele.Digest{1}, id: stele.Digest{2}, expires: 1000, done: make(chan struct{})}
	c.byKey[wait.key], c.byID[wait.id] = wait, []*ticket{wait}
	late := Event{Block: stele.Block{Time: time.UnixMilli(2000)}}
	c.decided(nil, late)
	if c.byKey[wait.key] == nil {
		t.Fatal("it expired before it was in a parcel")
	}
	for i := range byte(9) {
		c.sent([]*ticket{wait}, stele.Digest{9, i})
	}
	for i := range byte(9) {
		if is := wait.isIn(map[stele.Digest]bool{{9, i}: true}); is != (i > 0) {
			t.Errorf("parcel %d of nine: %v", i+1, is)
		}
	}
	c.decided(nil, Event{Block: stele.Block{Time: time.UnixMilli(999)}})
	if c.byKey[wait.key] == nil {
		t.Fatal("it expired too early")
	}
	c.decided(nil, late)
	if c.byKey[wait.key] != nil || stele.KindOf(wait.err) != stele.KindInvalid {
		t.Errorf("it does not expire: %v", wait.err)
	}
}
