package delivery

import (
	"os"
	"testing"
)

// FuzzDelivered reads the list of what was delivered, cut anywhere.
func FuzzDelivered(f *testing.F) {
	f.Add(make([]byte, 47))
	f.Add([]byte{})
	s := newDesk(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(s.w.Beside(".delivered"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		s.set = nil // another process
		set, err := s.delivered()
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+16 <= len(raw); i += 16 {
			if !set.has([16]byte(raw[i : i+16])) {
				t.Fatal("a fingerprint is lost")
			}
		}
		if len(set.known) > len(raw)/16 {
			t.Fatal("a fingerprint that was not there")
		}
	})
}
