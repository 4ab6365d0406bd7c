package threshold

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stele-health/stele"
	"pgregory.net/rapid"
)

func TestR05MovedCapsuleIsRefused(t *testing.T) {
	n := newNetwork(t, 2, 3, 5)
	for i := range n.capsules {
		if err := Check(n.capsules[i], n.committee.Key, n.labels[i]); err != nil {
			t.Fatal(err)
		}
	}
	wantKind(t, "another label", Check(n.capsules[0], n.committee.Key, n.labels[1]), stele.KindProof)
	wantKind(t, "another committee", Check(n.capsules[0], encodePoint(base(scalarOf(3))), n.labels[0]), stele.KindProof)
	wantKind(t, "identity committee", Check(n.capsules[0], make([]byte, 32), n.labels[0]), stele.KindProof)
	labels := append([][]byte{}, n.labels...)
	labels[3] = n.labels[2]
	_, err := CheckBatch(n.committee, n.capsules, labels)
	wantKind(t, "batch", err, stele.KindProof)
	wantCapsule(t, "batch", err, 3)
}

// Every byte of a capsule counts: none can be changed without being noticed, by
// the single check and by the batch alike.
func TestR05EveryBitOfACapsuleIsBound(t *testing.T) {
	n := newNetwork(t, 1, 1, 3)
	for i := range CapsuleLen {
		bad := flip(n.capsules[1], i)
		wantKind(t, "single", Check(bad, n.committee.Key, n.labels[1]), stele.KindProof)
		_, err := CheckBatch(n.committee, replace(n.capsules, 1, bad), n.labels)
		wantKind(t, "batch", err, stele.KindProof)
		wantCapsule(t, "batch", err, 1)
	}
}

// Errors that would cancel in an unweighted sum are still seen.
func TestBatchOfCancellingCapsulesIsRefused(t *testing.T) {
	n := newNetwork(t, 1, 1, 2)
	one := newScalar()
	shift := func(b []byte, by int) []byte {
		f, err := decodeScalar(b[CapsuleLen-32:])
		if err != nil {
			t.Fatal(err)
		}
		one = scalarOf(1)
		if by < 0 {
			one.Neg(one)
		}
		return append(bytes.Clone(b[:CapsuleLen-32]), encodeScalar(f.Add(f, one))...)
	}
	_, err := CheckBatch(n.committee, [][]byte{shift(n.capsules[0], 1), shift(n.capsules[1], -1)}, n.labels)
	wantKind(t, "cancelling", err, stele.KindProof)
	wantCapsule(t, "cancelling", err, 0)
}

// TDH2's proof says that u and ū have the same exponent; a capsule whose u was
// taken from somebody else's and multiplied is the attack it stops.
func TestR05RerandomisedCapsuleIsRefused(t *testing.T) {
	n := newNetwork(t, 1, 1, 1)
	c, err := parseCapsule(n.capsules[0])
	if err != nil {
		t.Fatal(err)
	}
	// u' = u + G; the thief knows no exponent of u', only the sum's public part.
	u := newPoint().Add(c.u, base(scalarOf(1)))
	uBar := newPoint().Add(c.uBar, second)
	forged := binary.BigEndian.AppendUint16(nil, SuiteCapsule)
	forged = append(forged, c.masked[:]...)
	for _, p := range []*point{u, uBar, c.w, c.wBar} {
		forged = append(forged, encodePoint(p)...)
	}
	e := capsuleChallenge(n.committee.Key, []byte("mine"), c.masked[:], forged[34:])
	forged = append(forged, encodeScalar(newScalar().Add(c.f, e))...)
	wantKind(t, "forged", Check(forged, n.committee.Key, []byte("mine")), stele.KindProof)
}

// A proof made for G only, with an unrelated ū, must fail; TDH2 without the
// second equation is not CCA-secure.
func TestCapsuleWithUnrelatedSecondPointIsRefused(t *testing.T) {
	key := encodePoint(base(scalarOf(11)))
	r, s := randomScalar(), randomScalar()
	out := binary.BigEndian.AppendUint16(nil, SuiteCapsule)
	out = append(out, make([]byte, 32)...)
	out = append(out, encodePoint(base(r))...)
	out = append(out, encodePoint(times(randomScalar(), second))...)
	out = append(out, encodePoint(base(s))...)
	out = append(out, encodePoint(times(s, second))...)
	e := capsuleChallenge(key, nil, out[2:34], out[34:])
	out = append(out, encodeScalar(e.Add(e.Mul(e, r), s))...)
	wantKind(t, "unrelated", Check(out, key, nil), stele.KindProof)
	_, err := CheckBatch(stele.Committee{Threshold: 1, Key: key, Shares: [][]byte{key}}, [][]byte{out}, [][]byte{nil})
	wantCapsule(t, "unrelated in a batch", err, 0)
}

func TestR34UnknownSuiteFailsClosed(t *testing.T) {
	n := newNetwork(t, 1, 1, 1)
	b := n.batch(t)
	partials, proof, err := n.shares[0].Partials(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	d, subs, err := Ceremony{"c", 1, 1, 1}.Deal(1)
	if err != nil {
		t.Fatal(err)
	}
	for suite := range uint16(0x0300) {
		put := func(b []byte) []byte {
			b = bytes.Clone(b)
			binary.BigEndian.PutUint16(b, suite)
			return b
		}
		for _, c := range []struct {
			own uint16
			err error
		}{
			{SuiteCapsule, Check(put(n.capsules[0]), n.committee.Key, n.labels[0])},
			{SuiteProof, errorOf(b.VerifyPartials(1, nil, partials, put(proof)))},
			{SuiteDealing, errorOf(ParseDealing(put(d.Bytes())))},
			{SuiteSubshare, errorOf(ParseSubshare(put(subs[0].Bytes())))},
			{SuiteShare, errorOf(ParseShare(put(n.shares[0].Bytes())))},
		} {
			if (c.err == nil) != (suite == c.own) {
				t.Fatalf("object of suite %#04x labelled %#04x: error %v", c.own, suite, c.err)
			}
		}
	}
}

func errorOf[T any](_ T, err error) error { return err }

// The drill of R34 needs no more than this: open with the old committee, encrypt
// to the new one, under the same label.
func TestR34CapsulesRewrapToANewKey(t *testing.T) {
	before, after := newNetwork(t, 2, 3, 4), newNetwork(t, 3, 4, 0)
	b := before.batch(t)
	keys, err := b.Combine(before.verified(t, b, 3, "drill"), before.verified(t, b, 1, "drill"))
	if err != nil {
		t.Fatal(err)
	}
	after.keys, after.labels = before.keys, before.labels
	for i := range keys {
		c, err := Encrypt(after.committee.Key, after.labels[i], &keys[i])
		if err != nil {
			t.Fatal(err)
		}
		after.capsules = append(after.capsules, c)
	}
	nb := after.batch(t)
	keys, err = nb.Combine(after.verified(t, nb, 1, "x"), after.verified(t, nb, 2, "x"), after.verified(t, nb, 4, "x"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range keys {
		if keys[i] != before.keys[i] {
			t.Fatalf("capsule %d opened to another key after the drill", i)
		}
	}
}

func TestBatchSizes(t *testing.T) {
	n := newNetwork(t, 1, 1, 2)
	for name, c := range map[string]struct{ capsules, labels [][]byte }{
		"empty":        {nil, nil},
		"label short":  {n.capsules, n.labels[:1]},
		"label over":   {n.capsules[:1], n.labels},
		"over maximum": {make([][]byte, MaxBatch+1), make([][]byte, MaxBatch+1)},
	} {
		_, err := CheckBatch(n.committee, c.capsules, c.labels)
		wantKind(t, name, err, stele.KindInvalid)
	}
	_, err := CheckBatch(stele.Committee{}, n.capsules, n.labels)
	wantKind(t, "no committee", err, stele.KindInvalid)
	if _, err := Encrypt(make([]byte, 32), nil, new([32]byte)); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("encrypting to the identity: %v", err)
	}
}

// A batch answers for the bytes it was checked with, whatever the caller does to
// its slices afterwards.
func TestBatchKeepsItsOwnCopy(t *testing.T) {
	n := newNetwork(t, 1, 1, 1)
	b := n.batch(t)
	clear(n.capsules[0])
	clear(n.labels[0])
	clear(n.committee.Shares[0])
	keys, err := b.Combine(n.verified(t, b, 1, "c"))
	if err != nil || keys[0] != n.keys[0] {
		t.Fatalf("the batch changed with its caller's slices: %v", err)
	}
}

// Batch and single checks agree on whatever is mangled.
func TestBatchAgreesWithSingleChecks(t *testing.T) {
	n := newNetwork(t, 1, 1, 6)
	rapid.Check(t, func(t *rapid.T) {
		capsules, labels := append([][]byte{}, n.capsules...), append([][]byte{}, n.labels...)
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			i := rapid.IntRange(0, 5).Draw(t, "capsule")
			switch rapid.IntRange(0, 2).Draw(t, "how") {
			case 0:
				capsules[i] = flip(capsules[i], rapid.IntRange(0, CapsuleLen-1).Draw(t, "byte"))
			case 1:
				labels[i] = append(bytes.Clone(labels[i]), 0)
			case 2:
				j := rapid.IntRange(0, 5).Draw(t, "other")
				capsules[i], capsules[j] = capsules[j], capsules[i]
			}
		}
		all := true
		for i := range capsules {
			all = all && Check(capsules[i], n.committee.Key, labels[i]) == nil
		}
		if _, err := CheckBatch(n.committee, capsules, labels); (err == nil) != all {
			t.Fatalf("batch says %v, singles say %v", err, all)
		}
	})
}
