package directory_test

import (
	"testing"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/directory"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/slot"
)

// TestR16WhatWasOpenedIsHeldForItsSubjectAndCommitmentAlone, and what could not be opened is tried again.
func TestR16WhatWasOpenedIsHeldForItsSubjectAndCommitmentAlone(t *testing.T) {
	held := map[stele.Digest][]byte{}
	key, err := seal.NewSealKey()
	if err != nil {
		t.Fatal(err)
	}
	asked, salt := 0, seal.NewSalt()
	alice, bob := stele.SubjectOf([]byte("alice")), stele.SubjectOf([]byte("bob"))
	box := slot.Box{Key: key, Member: stele.SubjectOf([]byte("lakeview")), Envelope: func(_ stele.Subject, c stele.Digest) ([]byte, error) {
		if asked++; held[c] == nil {
			return nil, stele.E("test", stele.KindNotFound, "absent", nil)
		}
		return held[c], nil
	}}
	o := &Opened{Box: box}
	document, _ := slot.Slot{Nothing: true}.Document()
	c, empty := slot.Commit(salt, document), slot.Commit(salt, nil)
	if _, err := o.Slot(alice, c); stele.KindOf(err) != stele.KindNotFound {
		t.Fatalf("what did not come: %v", err)
	}
	held[c], _ = slot.Seal(box.Key.Public(), box.Member, alice, salt, document)
	held[empty], _ = slot.Seal(box.Key.Public(), box.Member, alice, salt, nil)
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

// TestR44WhatWasOpenedIsHeldWithinABound: of the people who have slots there are more than a member has memory for.
func TestR44WhatWasOpenedIsHeldWithinABound(t *testing.T) {
	key, err := seal.NewSealKey()
	if err != nil {
		t.Fatal(err)
	}
	asked, member, salt := 0, stele.SubjectOf([]byte("lakeview")), seal.NewSalt()
	c := slot.Commit(salt, nil)
	o := &Opened{Box: slot.Box{Key: key, Member: member, Envelope: func(s stele.Subject, _ stele.Digest) ([]byte, error) {
		asked++
		return slot.Seal(key.Public(), member, s, salt, nil)
	}}}
	const most = 1024
	for i := range most + 2 { // the last is beside one that was held before
		if _, err := o.Slot(stele.SubjectOf([]byte{byte(i % (most + 1)), byte(i % (most + 1) >> 8)}), c); err != nil {
			t.Fatal(err)
		}
	}
	if asked != most+2 {
		t.Errorf("%d envelopes were opened: the first is held beyond the bound", asked)
	}
}
