package slot_test

import (
	"bytes"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	. "github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// FuzzSlot reads documents, and envelopes of whatever somebody sealed to a member: what is
// taken is in its one form, and what was committed to.
func FuzzSlot(f *testing.F) {
	held := map[stele.Digest][]byte{}
	m, salt := member(f, held), seal.Salt{7}
	full := wire.Marshal(&wire.EmergencySlot{Categories: []string{"allergies"}, Sensitivity: []string{"HIV"}, Roles: []string{"doctor"}, Excluded: [][]byte{bob[:]}})
	f.Add([]byte{}, []byte{})
	f.Add(full, append(append(salt[:], 0, byte(len(full))), full...))
	f.Add([]byte{8, 1}, append(salt[:], 0, 2, 8, 1))
	f.Fuzz(func(t *testing.T, document, plain []byte) {
		if s, err := Read(document); err == nil {
			again, err := s.Document()
			if err != nil || !bytes.Equal(again, document) {
				t.Fatalf("%v was taken in a form that it is not written in: %v", s, err)
			}
			if s.Nothing && s.Covers(stele.Label{Category: stele.Allergies}) == Permitted {
				t.Fatal("nothing opens something")
			}
		}
		if len(plain) < 4096 {
			plain = append(plain, make([]byte, 4096-len(plain))...)
		}
		c := Commit(salt, document)
		var err error
		if held[c], err = seal.SealTo(m.Key.Public(), seal.TagSlot, wire.SlotContext(alice, c, m.Member), plain); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Slot(alice, c); err == nil && !bytes.Equal(plain[34:34+len(document)], document) {
			t.Fatal("another document was taken")
		}
	})
}
