package delivery

import (
	"os"
	"testing"
)

// TestTornListOfDeliveriesIsMended cuts the list in the midst of a fingerprint,
// as a crash does: what stood before is known, and so is what is added after.
func TestTornListOfDeliveriesIsMended(t *testing.T) {
	s := newDesk(t)
	path := s.w.Beside("")
	list := func() *deliveredSet {
		t.Helper()
		s.set = nil // another process
		set, err := s.delivered()
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	a, b, c, d := [16]byte{1}, [16]byte{2}, [16]byte{3}, [16]byte{4}
	if err := list().add([][16]byte{a, b, c}); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path+".delivered", 37); err != nil {
		t.Fatal(err)
	}
	if set := list(); !set.has(a) || !set.has(b) || set.has(c) {
		t.Error("after the cut the first two should be known, the third not")
	}
	if err := list().add([][16]byte{d}); err != nil {
		t.Fatal(err)
	}
	if set := list(); !set.has(a) || !set.has(b) || !set.has(d) || len(set.known) != 3 {
		t.Errorf("%d known after the next delivery, want 3", len(set.known))
	}
}
