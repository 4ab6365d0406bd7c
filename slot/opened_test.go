package slot_test

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	. "github.com/stele-health/stele/slot"
)

// TestR16WhatWasOpenedIsHeldForItsSubjectAndCommitmentAlone, and what could not be opened is tried again.
func TestR16WhatWasOpenedIsHeldForItsSubjectAndCommitmentAlone(t *testing.T) {
	held := map[stele.Digest][]byte{}
	box, salt := member(t, held), seal.NewSalt()
	asked, from := 0, box.Envelope
	box.Envelope = func(s stele.Subject, c stele.Digest) ([]byte, error) { asked++; return from(s, c) }
	o := &Opened{Box: box}
	document, _ := Slot{Nothing: true}.Document()
	c, empty := Commit(salt, document), Commit(salt, nil)
	if _, err := o.Slot(alice, c); stele.KindOf(err) != stele.KindNotFound {
		t.Fatalf("what did not come: %v", err)
	}
	held[c], _ = Seal(box.Key.Public(), box.Member, alice, salt, document)
	held[empty], _ = Seal(box.Key.Public(), box.Member, alice, salt, nil)
	for range 3 {
		if s, err := o.Slot(alice, c); err != nil || !s.Nothing {
			t.Errorf("%v, %v", s, err)
		}
		if s, err := o.Slot(alice, empty); err != nil || s.Nothing {
			t.Errorf("of another commitment: %v, %v", s, err)
		}
		if _, err := o.Slot(bob, c); stele.KindOf(err) != stele.KindProof {
			t.Errorf("of another subject: %v", err)
		}
	}
	if asked != 1+2+3 {
		t.Errorf("%d envelopes were opened", asked)
	}
}
