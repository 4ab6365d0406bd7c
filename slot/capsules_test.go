package slot_test

import (
	"bytes"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	. "github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// TestR16CapsulesAreThoseThatTheDocumentNames: others, or none in their place, are no capsules.
func TestR16CapsulesAreThoseThatTheDocumentNames(t *testing.T) {
	held := map[stele.Digest][]byte{}
	m, salt := member(t, held), seal.NewSalt()
	handle := stele.ID{1}
	good, err := Capsules{stele.Digest{1}: {{Handle: handle[:], Capsule: make([]byte, threshold.CapsuleLen)}}, stele.Digest{2}: nil}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for what, beside := range map[string][]byte{"": good, "none": nil, "others": append(bytes.Clone(good), 0)} {
		held[stele.Digest{}] = beside
		got, err := m.CapsulesOf(Slot{Capsules: wire.SlotCapsulesDigest(good)}, alice, Commit(salt, nil))
		if (err == nil) != (what == "") || err == nil && len(got[stele.Digest{1}]) != 1 {
			t.Errorf("%q: %v, %v", what, got, err)
		}
	}
	if got, err := m.CapsulesOf(Slot{}, alice, stele.Digest{}); err != nil || len(got) != 0 {
		t.Errorf("where the document names none: %v, %v", got, err)
	}
}

// TestR44CapsulesHaveABound, of which the longest fit the length that members take.
func TestR44CapsulesHaveABound(t *testing.T) {
	c := Capsules{}
	for i := range MaxCapsules {
		handle := stele.ID{byte(i), byte(i >> 8)}
		c[stele.Digest{byte(i), byte(i >> 8)}] = []*wire.RecordCapsule{{Handle: handle[:], Capsule: make([]byte, threshold.CapsuleLen)}}
	}
	raw, err := c.Encode()
	if err != nil || len(raw) > MaxCapsulesLen {
		t.Fatalf("%d bytes of %d: %v", len(raw), MaxCapsulesLen, err)
	}
	if got, err := ReadCapsules(raw); err != nil || len(got) != MaxCapsules {
		t.Errorf("%d folios, %v", len(got), err)
	}
	c[stele.Digest{255, 255}] = c[stele.Digest{}]
	if _, err := c.Encode(); stele.KindOf(err) != stele.KindUsage {
		t.Errorf("one more: %v", err)
	}
	if _, err := ReadCapsules(append(raw, make([]byte, 100)...)); err == nil {
		t.Error("longer ones are read")
	}
}
