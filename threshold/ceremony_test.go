package threshold

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stele-health/stele"
)

// dealt is a ceremony after everyone has dealt: dealings, and subshares by
// receiver − 1 and dealer − 1.
type dealt struct {
	Ceremony
	dealings []*Dealing
	received [][]*Subshare
}

func deal(t testing.TB, c Ceremony) *dealt {
	t.Helper()
	d := &dealt{Ceremony: c, received: make([][]*Subshare, c.Members)}
	for i := range c.Members {
		dealing, subs, err := c.Deal(i + 1)
		if err != nil {
			t.Fatal(err)
		}
		if dealing, err = ParseDealing(dealing.Bytes()); err != nil {
			t.Fatal(err)
		}
		d.dealings = append(d.dealings, dealing)
		for j, s := range subs {
			if s, err = ParseSubshare(s.Bytes()); err != nil {
				t.Fatal(err)
			}
			d.received[j] = append(d.received[j], s)
		}
	}
	return d
}

func TestCeremonyGivesEveryMemberTheSameCommittee(t *testing.T) {
	d := deal(t, Ceremony{"chain", 7, 3, 4})
	public, err := d.Committee(d.dealings)
	if err != nil {
		t.Fatal(err)
	}
	for i := range d.Members {
		c, s, err := d.Sum(i+1, d.dealings, d.received[i])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(public, c); diff != "" {
			t.Fatalf("member %d sees another committee:\n%s", i+1, diff)
		}
		if s.Index() != i+1 || s.Epoch() != 7 || !bytes.Equal(encodePoint(base(s.secret)), c.Shares[i]) {
			t.Fatalf("member %d got another share", i+1)
		}
	}
}

func TestCeremonyNamesTheBadDealer(t *testing.T) {
	c := Ceremony{"chain", 1, 2, 3}
	for _, other := range []Ceremony{{"other", 1, 2, 3}, {"chain", 2, 2, 3}, {"chain", 1, 2, 4}, {"chain", 1, 3, 3}} {
		dealing, _, err := other.Deal(2)
		if err != nil {
			t.Fatal(err)
		}
		err = c.VerifyDealing(dealing)
		wantKind(t, "dealt for another ceremony", err, stele.KindProof)
		wantMember(t, "dealt for another ceremony", err, 2)
	}

	d := deal(t, c)
	d.received[0][2].value.Add(d.received[0][2].value, scalarOf(1))
	_, _, err := d.Sum(1, d.dealings, d.received[0])
	wantKind(t, "wrong subshare", err, stele.KindProof)
	wantMember(t, "wrong subshare", err, 3)
	if _, _, err := d.Sum(2, d.dealings, d.received[1]); err != nil {
		t.Fatalf("member 2 got right ones: %v", err)
	}

	d = deal(t, c)
	_, _, err = d.Sum(1, d.dealings, d.received[1])
	wantKind(t, "somebody else's subshares", err, stele.KindProof)
	_, _, err = d.Sum(1, d.dealings[:2], d.received[0])
	wantMember(t, "silent dealer", err, 3)
	_, _, err = d.Sum(1, []*Dealing{d.dealings[0], d.dealings[1], d.dealings[1]}, d.received[0])
	wantMember(t, "double dealer", err, 2)
	_, _, err = d.Sum(1, d.dealings, d.received[0][:2])
	wantKind(t, "missing subshare", err, stele.KindInvalid)
	_, _, err = d.Sum(1, append(d.dealings[:2:2], nil), d.received[0])
	wantKind(t, "nil dealing", err, stele.KindInvalid)
	_, _, err = d.Sum(1, d.dealings, append(d.received[0][:2:2], nil))
	wantKind(t, "nil subshare", err, stele.KindInvalid)
}

// The last dealer chooses commitments that cancel the others', so that the key is
// its own. It cannot prove that it knows the constant term, nor borrow another's
// proof.
func TestRogueDealerIsRefused(t *testing.T) {
	d := deal(t, Ceremony{"chain", 1, 2, 3})
	mine, _, err := d.Deal(3)
	if err != nil {
		t.Fatal(err)
	}
	rogue := newPoint().Set(mine.commitments[0])
	for _, other := range d.dealings[:2] {
		rogue.Sub(rogue, other.commitments[0])
	}
	mine.commitments[0] = rogue
	wantMember(t, "rogue key", d.VerifyDealing(mine), 3)

	borrowed, err := ParseDealing(d.dealings[0].Bytes())
	if err != nil {
		t.Fatal(err)
	}
	borrowed.dealer = 3
	wantMember(t, "borrowed dealing", d.VerifyDealing(borrowed), 3)
	wantKind(t, "no dealer", d.VerifyDealing(&Dealing{}), stele.KindProof)
}

func TestImpossibleCeremoniesAreRefused(t *testing.T) {
	for _, c := range []Ceremony{{}, {"c", 1, 0, 1}, {"c", 1, 2, 1}, {"", 1, 1, 1}, {"c", 1, 1, MaxMembers + 1}} {
		_, _, err := c.Deal(1)
		wantKind(t, "deal", err, stele.KindInvalid)
		_, err = c.Committee(nil)
		wantKind(t, "committee", err, stele.KindInvalid)
		_, _, err = c.Rehearse()
		wantKind(t, "rehearse", err, stele.KindInvalid)
	}
	_, _, err := Ceremony{"c", 1, 1, 2}.Deal(3)
	wantKind(t, "no such dealer", err, stele.KindInvalid)
}

func TestSubsharesFitOneReceiver(t *testing.T) {
	d := deal(t, Ceremony{"chain", 1, 2, 3})
	if err := d.VerifySubshare(d.dealings[0], d.received[1][0]); err != nil {
		t.Fatal(err)
	}
	wantMember(t, "of another dealer", d.VerifySubshare(d.dealings[0], d.received[1][1]), 1)
	s := *d.received[1][0]
	s.receiver = 3
	wantMember(t, "for another receiver", d.VerifySubshare(d.dealings[0], &s), 1)
	s = *d.received[1][0]
	s.epoch = 2
	wantMember(t, "of another epoch", d.VerifySubshare(d.dealings[0], &s), 1)
}

func TestDealingDecoderRefuses(t *testing.T) {
	d, _, err := Ceremony{"chain", 1, 2, 3}.Deal(2)
	if err != nil {
		t.Fatal(err)
	}
	raw := d.Bytes()
	for name, b := range map[string][]byte{
		"empty": nil, "header only": raw[:6], "short": raw[:len(raw)-1], "long": append(bytes.Clone(raw), 0),
		"dealer 0":            put(raw, 2, 0, 0),
		"t 0":                 put(raw, 4, 0, 0),
		"t 3":                 put(raw, 4, 0, 3),
		"identity commitment": put(raw, 6, make([]byte, 32)...),
		"non-canonical point": put(raw, 6, bytes.Repeat([]byte{0xff}, 32)...),
		"scalar over order":   put(raw, len(raw)-32, bytes.Repeat([]byte{0xff}, 32)...),
	} {
		_, err := ParseDealing(b)
		wantKind(t, name, err, stele.KindInvalid)
	}
}

func put(b []byte, at int, with ...byte) []byte {
	b = bytes.Clone(b)
	copy(b[at:], with)
	return b
}
