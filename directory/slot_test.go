package directory

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// envelope is something of an envelope's length.
func envelope(n byte) []byte { return bytes.Repeat([]byte{n}, slot.EnvelopeLen) }

// sealed is a slot of a holder's, and put brings it.
func (p *place) sealed(h holder, n byte) *wire.SealedSlot {
	c := stele.Digest{n}
	return &wire.SealedSlot{Chain: "town-1", Audience: ourMember[:], Subject: h.subject[:], Commitment: c[:], Envelope: envelope(n), AtMs: p.now.UnixMilli()}
}

func (p *place) put(m *wire.SealedSlot, signers ...wire.Signer) error {
	_, err := p.PutSlot(context.Background(), &wire.PutSlotRequest{Slot: wire.Sign(wire.TagSlot, m, signers...)})
	return err
}

func (p *place) has(h holder, n byte) bool {
	p.t.Helper()
	got, err := p.Slot(h.subject, stele.Digest{n})
	if err != nil && stele.KindOf(err) != stele.KindNotFound {
		p.t.Fatal(err)
	}
	if err == nil && !bytes.Equal(got, envelope(n)) {
		p.t.Errorf("slot %d is another", n)
	}
	return err == nil
}

// TestR25ADirectoryTakesNobodyElsesSlot: it is signed by a current key of the patient's, just now, for
// this member; and whatever is wrong, the answer is one.
func TestR25ADirectoryTakesNobodyElsesSlot(t *testing.T) {
	p := newPlace(t)
	h, other := p.holder("Ada Quill", ""), p.holder("Bo Lark", "")
	if err := p.put(p.sealed(h, 1), h.key); err != nil || !p.has(h, 1) {
		t.Fatal(err)
	}
	first := ""
	for what, put := range map[string]func() error{
		"somebody else's signature": func() error { return p.put(p.sealed(h, 2), other.key) },
		"no signature": func() error {
			_, err := p.PutSlot(t.Context(), &wire.PutSlotRequest{Slot: &wire.Signed{Body: wire.Marshal(p.sealed(h, 2))}})
			return err
		},
		"nothing":        func() error { _, err := p.PutSlot(t.Context(), &wire.PutSlotRequest{}); return err },
		"two signatures": func() error { return p.put(p.sealed(h, 2), h.key, other.key) },
		"another tag": func() error {
			_, err := p.PutSlot(t.Context(), &wire.PutSlotRequest{Slot: wire.Sign(wire.TagOwn, p.sealed(h, 2), h.key)})
			return err
		},
		"another network": func() error { m := p.sealed(h, 2); m.Chain = "town-2"; return p.put(m, h.key) },
		"another member":  func() error { m := p.sealed(h, 2); m.Audience = h.subject[:]; return p.put(m, h.key) },
		"nobody's":        func() error { m := p.sealed(h, 2); m.Subject = make([]byte, 20); return p.put(m, h.key) },
		"six minutes old": func() error { m := p.sealed(h, 2); m.AtMs -= 360_000; return p.put(m, h.key) },
		"of in a while":   func() error { m := p.sealed(h, 2); m.AtMs += 360_000; return p.put(m, h.key) },
	} {
		err := put()
		if stele.KindOf(err) != stele.KindDenied || p.has(h, 2) {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if first == "" {
			first = err.Error()
		}
		if err.Error() != first {
			t.Errorf("%s is refused differently: %v", what, err)
		}
	}
	for what, change := range map[string]func(*wire.SealedSlot){
		"a shorter envelope": func(m *wire.SealedSlot) { m.Envelope = m.Envelope[1:] },
		"a longer one":       func(m *wire.SealedSlot) { m.Envelope = append(m.Envelope, 0) },
		"no commitment":      func(m *wire.SealedSlot) { m.Commitment = nil },
	} {
		m := p.sealed(h, 2)
		change(m)
		if err := p.put(m, h.key); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	p.reopen()
	if !p.has(h, 1) || p.has(other, 1) {
		t.Error("after a restart")
	}
}

// TestTheMemberThatEnrolledSomebodyBringsWhatTheLedgerHas, until they have claimed their chart, and
// nothing else; no other member does.
func TestTheMemberThatEnrolledSomebodyBringsWhatTheLedgerHas(t *testing.T) {
	p := newPlace(t)
	member, other, h := p.holder("Northside", ""), p.holder("Lakeview", ""), p.holder("Pia Paper", "")
	p.book.subjects[h.subject] = stele.Keys{Subject: h.subject, Enrolled: member.subject, Emergency: stele.Digest{1}}
	for what, put := range map[string]error{
		"another member":     p.put(p.sealed(h, 1), other.key),
		"the slip's key":     p.put(p.sealed(h, 1), h.key),
		"another commitment": p.put(p.sealed(h, 2), member.key),
	} {
		if stele.KindOf(put) != stele.KindDenied {
			t.Errorf("%s: %v", what, put)
		}
	}
	if err := p.put(p.sealed(h, 1), member.key); err != nil || !p.has(h, 1) {
		t.Errorf("who enrolled: %v", err)
	}
	p.book.subjects[h.subject] = stele.Keys{Subject: h.subject, Signing: []stele.PublicKey{wire.Key(h.key.Public())}, Emergency: stele.Digest{1}}
	if err := p.put(p.sealed(h, 1), member.key); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("after the claim: %v", err)
	}
	if err := p.put(p.sealed(h, 1), h.key); err != nil {
		t.Errorf("the person herself: %v", err)
	}
}

// TestTheSlotThatCountsStaysAndTwoMoreAtMost: whatever is brought after it, what the ledger has
// a commitment to is there; and an old one that is sent once more takes no newer one's place.
func TestTheSlotThatCountsStaysAndTwoMoreAtMost(t *testing.T) {
	p := newPlace(t)
	h := p.holder("Ada Quill", "")
	counts := func(n byte) {
		keys := p.book.subjects[h.subject]
		keys.Emergency = stele.Digest{n}
		p.book.subjects[h.subject] = keys
	}
	var old *wire.SealedSlot
	for n := byte(1); n <= 6; n++ {
		m := p.sealed(h, n)
		if n == 3 {
			old = m
		}
		if err := p.put(m, h.key); err != nil {
			t.Fatal(err)
		}
		if n == 2 {
			counts(2)
		}
		p.now = p.now.Add(time.Second)
	}
	for n, want := range []bool{false, false, true, false, false, true, true} {
		if p.has(h, byte(n)) != want {
			t.Errorf("slot %d is there: %v", n, !want)
		}
	}
	if err := p.put(old, h.key); stele.KindOf(err) != stele.KindExists || !p.has(h, 5) || p.has(h, 3) {
		t.Errorf("an old one: %v", err)
	}
	counts(3) // which it is after all
	if err := p.put(old, h.key); err != nil || !p.has(h, 3) {
		t.Errorf("an old one that counts: %v", err)
	}
	taken := 0
	for range 2 * slotBurst {
		if p.put(p.sealed(h, 7), h.key) == nil {
			taken++
		}
	}
	if taken == 0 || taken > slotBurst {
		t.Errorf("%d were taken at once", taken)
	}
}

// TestWhatCountsAgainAfterPartingIsThere: while a chart is merged who speaks for it says what opens, as
// often as they like, and takes no place of what the ledger puts back once it is parted.
func TestWhatCountsAgainAfterPartingIsThere(t *testing.T) {
	p := newPlace(t)
	member, ann, doe := p.holder("Northside", ""), p.holder("Ann", ""), p.holder("Doe", "")
	apart := stele.Keys{Subject: doe.subject, Enrolled: member.subject, Emergency: stele.Digest{1}}
	p.book.subjects[doe.subject] = apart
	if err := p.put(p.sealed(doe, 1), member.key); err != nil {
		t.Fatal(err)
	}
	for n := byte(1); n <= 5; n++ {
		p.now = p.now.Add(time.Hour)
		p.book.subjects[doe.subject] = stele.Keys{
			Subject: doe.subject, Into: ann.subject, Signing: []stele.PublicKey{wire.Key(ann.key.Public())}, Emergency: stele.Digest{n}, Before: stele.Digest{1},
		}
		m := p.sealed(doe, n)
		if n == 1 { // she does not know what it says
			m.Envelope = envelope(9)
		}
		if err := p.put(m, ann.key); (n == 1) != (stele.KindOf(err) == stele.KindExists) || n > 1 && err != nil {
			t.Fatal(n, err)
		}
	}
	p.book.subjects[doe.subject] = apart
	if !p.has(doe, 1) || p.has(doe, 2) {
		t.Error("what counts on the ledger is not at the member any more, or all that ever was is")
	}
}

// FuzzSlot signs whatever a fuzzer makes with the patient's key: what is taken is theirs, for
// this member, and of the one length.
func FuzzSlot(f *testing.F) {
	p := newPlace(f)
	h := p.holder("Ada Quill", "")
	rest := p.sealed(h, 1)
	rest.Envelope = nil
	f.Add(wire.Marshal(rest), slot.EnvelopeLen)
	f.Add([]byte{}, 0)
	f.Fuzz(func(t *testing.T, rest []byte, length int) { // of the envelope, which is nothing but long
		body := bytes.Clone(rest)
		if length > 0 && length < 4096 {
			body = append(body, wire.Marshal(&wire.SealedSlot{Envelope: make([]byte, length)})...)
		}
		_, err := p.PutSlot(context.Background(), &wire.PutSlotRequest{Slot: wire.SignBytes(wire.TagSlot, body, h.key)})
		if err != nil {
			if stele.KindOf(err) == stele.KindOther {
				t.Fatalf("refused without a kind: %v", err)
			}
			return
		}
		var m wire.SealedSlot
		if wire.Decode(body, &m) != nil || string(m.Subject) != string(h.subject[:]) || m.Chain != "town-1" || len(m.Envelope) != slot.EnvelopeLen {
			t.Fatalf("%v was taken", &m)
		}
	})
}

// TestWhoSpokeForAMergedChartUsesUpNothingOfItsOwners: what they bring meanwhile has a bound of its own.
func TestWhoSpokeForAMergedChartUsesUpNothingOfItsOwners(t *testing.T) {
	p := newPlace(t)
	doe, ann := p.holder("Doe", ""), p.holder("Ann", "")
	apart := p.book.subjects[doe.subject]
	p.book.subjects[doe.subject] = stele.Keys{Subject: doe.subject, Into: ann.subject, Signing: []stele.PublicKey{wire.Key(ann.key.Public())}}
	taken := 0
	for range 2 * slotBurst {
		p.now = p.now.Add(time.Millisecond)
		if p.put(p.sealed(doe, 2), ann.key) == nil {
			taken++
		}
	}
	p.book.subjects[doe.subject] = apart
	if err := p.put(p.sealed(doe, 3), doe.key); err != nil || taken != slotBurst {
		t.Errorf("who spoke for it brought %d; parted, its owner's first: %v", taken, err)
	}
}
