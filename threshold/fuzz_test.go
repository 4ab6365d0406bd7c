package threshold

import (
	"bytes"
	"testing"

	"github.com/stele-health/stele"
)

func FuzzCapsule(f *testing.F) {
	n := newNetwork(f, 1, 1, 1)
	f.Add(n.capsules[0])
	f.Add([]byte{})
	f.Add(make([]byte, CapsuleLen))
	f.Fuzz(func(t *testing.T, b []byte) {
		single := Check(b, n.committee.Key, n.labels[0])
		_, batch := CheckBatch(n.committee, [][]byte{b}, n.labels)
		if (single == nil) != (batch == nil) {
			t.Fatalf("single check says %v, batch says %v", single, batch)
		}
		if single == nil && !bytes.Equal(b, n.capsules[0]) {
			t.Fatal("a forged capsule passed")
		}
	})
}

func FuzzPartials(f *testing.F) {
	n := newNetwork(f, 1, 1, 1)
	b := n.batch(f)
	partials, proof, err := n.shares[0].Partials(b, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(partials[0], proof)
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, partial, p []byte) {
		_, err := b.VerifyPartials(1, nil, [][]byte{partial}, p)
		if err == nil && !(bytes.Equal(partial, partials[0]) && bytes.Equal(p, proof)) {
			t.Fatal("forged partials passed")
		}
	})
}

func FuzzDealing(f *testing.F) {
	c := Ceremony{"chain", 1, 2, 3}
	d, _, err := c.Deal(1)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(d.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := ParseDealing(b)
		if err != nil {
			if stele.KindOf(err) != stele.KindInvalid {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Equal(d.Bytes(), b) {
			t.Fatal("a dealing has two encodings")
		}
		_ = c.VerifyDealing(d)
	})
}

func FuzzSecrets(f *testing.F) {
	_, subs, err := Ceremony{"chain", 1, 1, 1}.Deal(1)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(subs[0].Bytes())
	f.Add(newNetwork(f, 1, 1, 0).shares[0].Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := ParseSubshare(b); err == nil && !bytes.Equal(s.Bytes(), b) {
			t.Fatal("a subshare has two encodings")
		}
		if s, err := ParseShare(b); err == nil && !bytes.Equal(s.Bytes(), b) {
			t.Fatal("a share has two encodings")
		}
	})
}
