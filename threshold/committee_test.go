package threshold

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

// network is a committee with all its shares and some sealed folio keys.
type network struct {
	committee stele.Committee
	shares    []*Share
	capsules  [][]byte
	labels    [][]byte
	keys      [][32]byte
}

func newNetwork(t testing.TB, threshold, members, capsules int) *network {
	t.Helper()
	committee, shares, err := Ceremony{"test-1", 1, threshold, members}.Rehearse()
	if err != nil {
		t.Fatal(err)
	}
	n := &network{committee: committee, shares: shares}
	for i := range capsules {
		var key [32]byte
		rand.Read(key[:])
		label := fmt.Appendf(nil, "chain subject folio %d", i)
		capsule, err := Encrypt(committee.Key, label, &key)
		if err != nil {
			t.Fatal(err)
		}
		n.capsules, n.labels, n.keys = append(n.capsules, capsule), append(n.labels, label), append(n.keys, key)
	}
	return n
}

func (n *network) batch(t testing.TB) *Batch {
	t.Helper()
	b, err := CheckBatch(n.committee, n.capsules, n.labels)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (n *network) verified(t testing.TB, b *Batch, index int, context string) *Verified {
	t.Helper()
	partials, proof, err := n.shares[index-1].Partials(b, []byte(context))
	if err != nil {
		t.Fatal(err)
	}
	v, err := b.VerifyPartials(index, []byte(context), partials, proof)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wantKind fails the test unless err is of the kind.
func wantKind(t *testing.T, what string, err error, kind stele.Kind) {
	t.Helper()
	if err == nil || stele.KindOf(err) != kind {
		t.Errorf("%s: error %v of kind %v, want kind %v", what, err, stele.KindOf(err), kind)
	}
}

// wantMember fails the test unless err blames the member.
func wantMember(t *testing.T, what string, err error, index int) {
	t.Helper()
	if bad, ok := errors.AsType[BadMember](err); !ok || bad.Index != index {
		t.Errorf("%s: error %v blames %v, want member %d", what, err, bad.Index, index)
	}
}

func wantCapsule(t *testing.T, what string, err error, place int) {
	t.Helper()
	if bad, ok := errors.AsType[BadCapsule](err); !ok || bad.Place != place {
		t.Errorf("%s: error %v blames %v, want capsule %d", what, err, bad.Place, place)
	}
}

func TestR04AnyThresholdOpensAndOneLessDoesNot(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {2, 3}, {3, 4}, {5, 7}} {
		threshold, members := size[0], size[1]
		n := newNetwork(t, threshold, members, 3)
		b := n.batch(t)
		all := make([]*Verified, members)
		for i := range all {
			all[i] = n.verified(t, b, i+1, "request")
		}
		for set := range 1 << members {
			var chosen []*Verified
			for i := range all {
				if set>>i&1 == 1 {
					chosen = append(chosen, all[i])
				}
			}
			keys, err := b.Combine(chosen...)
			if len(chosen) < threshold {
				wantKind(t, "too few", err, stele.KindInvalid)
				continue
			}
			if err != nil {
				t.Fatalf("%d of %d, set %b: %v", threshold, members, set, err)
			}
			for i := range keys {
				if keys[i] != n.keys[i] {
					t.Fatalf("%d of %d, set %b: capsule %d opened to another key", threshold, members, set, i)
				}
			}
		}
	}
}

// The refusal of t−1 is not only a count: interpolating t−1 of them gives
// another point.
func TestR04OneLessInterpolatesToNothing(t *testing.T) {
	n := newNetwork(t, 3, 4, 1)
	b := n.batch(t)
	few := []*Verified{n.verified(t, b, 1, "x"), n.verified(t, b, 2, "x")}
	b.committee.Threshold = 2
	keys, err := b.Combine(few...)
	if err != nil {
		t.Fatal(err)
	}
	if keys[0] == n.keys[0] {
		t.Fatal("two of three shares opened the capsule")
	}
}

func TestR04BadPartialNamesItsAuthor(t *testing.T) {
	n := newNetwork(t, 2, 3, 4)
	b := n.batch(t)
	partials, proof, err := n.shares[1].Partials(b, []byte("c"))
	if err != nil {
		t.Fatal(err)
	}
	other, _, _ := n.shares[2].Partials(b, []byte("c"))
	identity := make([]byte, 32)
	nonCanonical := bytes.Repeat([]byte{0xff}, 32)
	swapped := [][]byte{partials[1], partials[0], partials[2], partials[3]}
	cases := map[string]struct {
		partials [][]byte
		proof    []byte
	}{
		"another share's partial": {replace(partials, 3, other[3]), proof},
		"swapped":                 {swapped, proof},
		"identity":                {replace(partials, 0, identity), proof},
		"non-canonical":           {replace(partials, 0, nonCanonical), proof},
		"short partial":           {replace(partials, 0, partials[0][:31]), proof},
		"one missing":             {partials[:3], proof},
		"one too many":            {append(append([][]byte{}, partials...), partials[0]), proof},
		"flipped challenge":       {partials, flip(proof, 2)},
		"flipped answer":          {partials, flip(proof, 40)},
		"short proof":             {partials, proof[:65]},
		"no proof":                {partials, nil},
	}
	for name, c := range cases {
		_, err := b.VerifyPartials(2, []byte("c"), c.partials, c.proof)
		wantKind(t, name, err, stele.KindProof)
		wantMember(t, name, err, 2)
	}
	for _, index := range []int{0, -1, 4, 1, 3} {
		_, err := b.VerifyPartials(index, []byte("c"), partials, proof)
		wantKind(t, fmt.Sprint("as index ", index), err, stele.KindProof)
	}
	if _, err := b.VerifyPartials(2, []byte("c"), partials, proof); err != nil {
		t.Fatal(err)
	}
}

// A trustee who has its share and lies so that the errors cancel in a plain sum
// is caught by the weights.
func TestR04CancellingLiesAreSeen(t *testing.T) {
	n := newNetwork(t, 2, 3, 2)
	b := n.batch(t)
	s, y := n.shares[0], base(n.shares[0].secret)
	prove := func(by *point) error {
		p0, p1 := times(s.secret, b.capsules[0].u), times(s.secret, b.capsules[1].u)
		lies := [][]byte{encodePoint(p0.Add(p0, by)), encodePoint(p1.Sub(p1, by))}
		st := newStatement(b, 1, y, nil, lies)
		m := sumPublic(st.weights, b.us())
		k := randomScalar()
		c := st.challenge(m, times(s.secret, m), base(k), times(k, m))
		proof := append([]byte{0x01, 0x02}, encodeScalar(c)...)
		answer := newScalar().Mul(c, s.secret)
		_, err := b.VerifyPartials(1, nil, lies, append(proof, encodeScalar(answer.Add(answer, k))...))
		return err
	}
	if err := prove(newPoint()); err != nil {
		t.Fatalf("the same way without a lie: %v", err)
	}
	wantKind(t, "cancelling", prove(base(scalarOf(7))), stele.KindProof)
}

func TestR04CombineRefusesMixedAndDoubledPartials(t *testing.T) {
	n := newNetwork(t, 2, 3, 2)
	b := n.batch(t)
	one, two := n.verified(t, b, 1, "c"), n.verified(t, b, 2, "c")
	_, err := b.Combine(one, two, one)
	wantKind(t, "doubled", err, stele.KindInvalid)
	wantMember(t, "doubled", err, 1)
	_, err = b.Combine(one, nil)
	wantKind(t, "nil", err, stele.KindInvalid)
	_, err = b.Combine(one, &Verified{})
	wantKind(t, "zero", err, stele.KindInvalid)

	half, err := CheckBatch(n.committee, n.capsules[:1], n.labels[:1])
	if err != nil {
		t.Fatal(err)
	}
	_, err = half.Combine(one, two)
	wantKind(t, "of another batch", err, stele.KindInvalid)
	_, err = new(Batch).Combine(one, two)
	wantKind(t, "unchecked batch", err, stele.KindInvalid)
}

func TestR05PartialsFitOneContextEpochAndBatch(t *testing.T) {
	n := newNetwork(t, 2, 3, 3)
	b := n.batch(t)
	partials, proof, err := n.shares[0].Partials(b, []byte("request 1"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.VerifyPartials(1, []byte("request 2"), partials, proof)
	wantKind(t, "another request", err, stele.KindProof)

	later := n.committee
	later.Epoch++
	b2, err := CheckBatch(later, n.capsules, n.labels)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b2.VerifyPartials(1, []byte("request 1"), partials, proof)
	wantKind(t, "another epoch", err, stele.KindProof)
	_, _, err = n.shares[0].Partials(b2, nil)
	wantKind(t, "share of another epoch", err, stele.KindInvalid)

	b3, err := CheckBatch(n.committee, n.capsules[:2], n.labels[:2])
	if err != nil {
		t.Fatal(err)
	}
	_, err = b3.VerifyPartials(1, []byte("request 1"), partials[:2], proof)
	wantKind(t, "fewer capsules", err, stele.KindProof)
}

func TestShareOfAnotherCommitteeIsRefused(t *testing.T) {
	n, other := newNetwork(t, 2, 3, 1), newNetwork(t, 2, 3, 1)
	b := n.batch(t)
	_, _, err := other.shares[0].Partials(b, nil)
	wantKind(t, "foreign share", err, stele.KindInvalid)
	_, _, err = new(Share).Partials(b, nil)
	wantKind(t, "zero share", err, stele.KindInvalid)
	_, _, err = n.shares[1].Partials(new(Batch), nil)
	wantKind(t, "unchecked batch", err, stele.KindInvalid)
	_, _, err = n.shares[1].Partials(nil, nil)
	wantKind(t, "no batch", err, stele.KindInvalid)
}

func TestCommitteeMustFitTogether(t *testing.T) {
	n := newNetwork(t, 3, 5, 0)
	if err := CheckCommittee(n.committee); err != nil {
		t.Fatal(err)
	}
	change := func(f func(c *stele.Committee)) error {
		c := copyCommittee(n.committee)
		f(&c)
		return CheckCommittee(c)
	}
	for name, f := range map[string]func(c *stele.Committee){
		"key":           func(c *stele.Committee) { c.Key = encodePoint(base(scalarOf(5))) },
		"identity key":  func(c *stele.Committee) { c.Key = make([]byte, 32) },
		"early share":   func(c *stele.Committee) { c.Shares[0] = c.Shares[1] },
		"late share":    func(c *stele.Committee) { c.Shares[4] = c.Shares[1] },
		"threshold 0":   func(c *stele.Committee) { c.Threshold = 0 },
		"threshold 6":   func(c *stele.Committee) { c.Threshold = 6 },
		"threshold 2":   func(c *stele.Committee) { c.Threshold = 2 },
		"missing share": func(c *stele.Committee) { c.Shares[2] = nil },
		"no shares":     func(c *stele.Committee) { c.Shares = nil },
	} {
		wantKind(t, name, change(f), stele.KindProof)
	}
	wantMember(t, "late share", change(func(c *stele.Committee) { c.Shares[4] = c.Shares[1] }), 5)
}

func TestThresholdFor(t *testing.T) {
	for n, want := range map[int]int{1: 1, 3: 3, 4: 3, 5: 4, 7: 5, 10: 7} {
		if got := ThresholdFor(n); got != want {
			t.Errorf("ThresholdFor(%d) = %d, want %d", n, got, want)
		}
	}
}

func TestShareRoundTripAndRedaction(t *testing.T) {
	n := newNetwork(t, 2, 3, 1)
	s := n.shares[2]
	got, err := ParseShare(s.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if got.Epoch() != 1 || got.Index() != 3 || got.secret.Equal(s.secret) != 1 {
		t.Fatal("a share changed on its way through bytes")
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		for _, thing := range []any{s, *s} {
			if text := fmt.Sprintf(verb, thing); !strings.Contains(text, "[redacted]") || len(text) > 20 {
				t.Errorf("%s prints %q", verb, text)
			}
		}
	}
	raw := s.Bytes()
	zero := append(append([]byte{}, raw[:12]...), make([]byte, 32)...)
	index0 := append([]byte{}, raw...)
	index0[10], index0[11] = 0, 0
	for name, b := range map[string][]byte{
		"zero scalar": zero, "index 0": index0, "short": raw[:43], "long": append(raw[:44:44], 0), "suite": flip(raw, 1), "empty": nil,
		"order": append(append([]byte{}, raw[:12]...), bytes.Repeat([]byte{0xff}, 32)...),
	} {
		_, err := ParseShare(b)
		wantKind(t, name, err, stele.KindInvalid)
	}
}

func replace(list [][]byte, i int, b []byte) [][]byte {
	out := append([][]byte{}, list...)
	out[i] = b
	return out
}

func flip(b []byte, i int) []byte {
	out := bytes.Clone(b)
	out[i] ^= 1
	return out
}

func TestSecondGeneratorIsIndependent(t *testing.T) {
	if isIdentity(second) || second.Equal(generator) == 1 {
		t.Fatal("the second generator is degenerate")
	}
}
