package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"
)

// TestRecentNeverForgetsADoneTransaction goes through ages: of the newest two,
// what was added may be held, and hardly anything else is.
func TestRecentNeverForgetsADoneTransaction(t *testing.T) {
	const each = 20_000
	key := func(age uint64, n int) []byte {
		id := sha256.Sum256(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, age), uint64(n)))
		return doneKey(age, id[:])
	}
	var r recent
	for age := uint64(3); age < 7; age++ {
		for n := range each {
			r.add(key(age, n))
		}
		mistaken := 0
		for n := range each {
			if !r.mayHold(key(age, n)) || age > 3 && !r.mayHold(key(age-1, n)) {
				t.Fatalf("transaction %d is taken for a new one in age %d", n, age)
			}
			if r.mayHold(key(age, each+n)) {
				mistaken++
			}
		}
		if mistaken > 3 {
			t.Errorf("age %d: %d of %d new transactions look known", age, mistaken, each)
		}
	}
	// An age long past leaves the newer one in its place alone.
	r.add(key(4, 0))
	if !r.mayHold(key(6, 0)) {
		t.Error("an old transaction has the newest forgotten")
	}
	if !r.mayHold(key(1, 0)) {
		t.Error("an age that is not remembered was ruled out")
	}
	if r.mayHold(key(8, 0)) {
		t.Error("an age without a transaction holds one")
	}
}
