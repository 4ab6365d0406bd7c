package slot_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	. "github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

var alice, lakeview, bob = stele.SubjectOf([]byte("alice")), stele.SubjectOf([]byte("lakeview")), stele.SubjectOf([]byte("bob"))

// drawn is any slot in order.
func drawn(t *rapid.T) Slot {
	if rapid.IntRange(0, 9).Draw(t, "nothing") == 0 {
		return Slot{Nothing: true}
	}
	code := rapid.StringMatching(`[a-z][a-z0-9-]{0,12}`)
	return Slot{
		Categories:  rapid.SliceOfDistinct(rapid.SampledFrom(stele.Categories()), rapid.ID[stele.Category]).Draw(t, "categories"),
		Sensitivity: rapid.SliceOfDistinct(rapid.SampledFrom(stele.Sensitivities()), rapid.ID[stele.Sensitivity]).Draw(t, "sensitivity"),
		Roles:       rapid.SliceOfN(code, 0, 4).Draw(t, "roles"),
		Facilities:  rapid.SliceOfN(code, 0, 4).Draw(t, "facilities"),
		Excluded: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) stele.Subject {
			return stele.SubjectOf(rapid.SliceOfN(rapid.Byte(), 1, 4).Draw(t, "who"))
		}), 0, 12).Draw(t, "excluded"),
	}
}

// TestADocumentHasOneForm: what is written is read as it was meant, and no other bytes mean it.
func TestADocumentHasOneForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawn(t)
		document, err := s.Document()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Read(document)
		if err != nil {
			t.Fatal(err)
		}
		again, err := got.Document()
		if err != nil || !bytes.Equal(again, document) {
			t.Fatalf("%v was written otherwise: %v", s, err)
		}
		for _, c := range stele.Categories() {
			for _, l := range []stele.Label{{Category: c}, {Category: c, Sensitivity: []stele.Sensitivity{stele.HIV}}} {
				if s.Covers(l) != got.Covers(l) {
					t.Fatalf("%v: %v before, %v after", l, s.Covers(l), got.Covers(l))
				}
			}
		}
		asking := Asking{Who: bob, Organisation: lakeview, Role: "a", Facility: "b"}
		if s.Allows(asking) != got.Allows(asking) {
			t.Fatal("it allows something else")
		}
	})
	if s, err := Read(nil); err != nil || !reflect.DeepEqual(s, Slot{}) {
		t.Errorf("no bytes: %v, %v", s, err)
	}
}

// TestR34WhatIsNotUnderstoodInADocumentRefusesIt.
func TestR34WhatIsNotUnderstoodInADocumentRefusesIt(t *testing.T) {
	for what, document := range map[string][]byte{
		"an unknown field":         {0x78, 1},
		"an unknown category":      wire.Marshal(&wire.EmergencySlot{Categories: []string{"everything"}}),
		"an unknown sensitivity":   wire.Marshal(&wire.EmergencySlot{Sensitivity: []string{"XYZ"}}),
		"categories out of order":  wire.Marshal(&wire.EmergencySlot{Categories: []string{"problems", "allergies"}}),
		"a category twice":         wire.Marshal(&wire.EmergencySlot{Categories: []string{"problems", "problems"}}),
		"sensitivity out of order": wire.Marshal(&wire.EmergencySlot{Sensitivity: []string{"PSY", "HIV"}}),
		"roles out of order":       wire.Marshal(&wire.EmergencySlot{Roles: []string{"nurse", "doctor"}}),
		"a role that is no code":   wire.Marshal(&wire.EmergencySlot{Roles: []string{"Chief Doctor"}}),
		"facilities twice":         wire.Marshal(&wire.EmergencySlot{Facilities: []string{"clinic", "clinic"}}),
		"somebody of 19 bytes":     wire.Marshal(&wire.EmergencySlot{Excluded: [][]byte{alice[:19]}}),
		"somebody twice":           wire.Marshal(&wire.EmergencySlot{Excluded: [][]byte{alice[:], alice[:]}}),
		"nothing, and more":        wire.Marshal(&wire.EmergencySlot{Nothing: true, Roles: []string{"doctor"}}),
		"false, written out":       {0x08, 0},
		"fields out of order":      append(wire.Marshal(&wire.EmergencySlot{Roles: []string{"doctor"}}), wire.Marshal(&wire.EmergencySlot{Categories: []string{"problems"}})...),
		"no message":               {0xff},
		"too long":                 wire.Marshal(&wire.EmergencySlot{Roles: strings.Split(strings.Repeat("x,", 1400)+"y", ",")}),
	} {
		if s, err := Read(document); stele.KindOf(err) != stele.KindInvalid && stele.KindOf(err) != stele.KindUsage {
			t.Errorf("%s: %v, %v", what, s, err)
		}
	}
	many := Slot{}
	for i := range 200 {
		many.Excluded = append(many.Excluded, stele.SubjectOf([]byte{byte(i), byte(i >> 8)}))
	}
	if _, err := many.Document(); stele.KindOf(err) != stele.KindUsage {
		t.Errorf("more than there is room for: %v", err)
	}
	many.Excluded = many.Excluded[:180]
	if _, err := many.Document(); err != nil {
		t.Errorf("180 people: %v", err)
	}
}

// member is somebody to whom slots are sealed.
func member(t testing.TB, held map[stele.Digest][]byte) Box {
	key, err := seal.NewSealKey()
	if err != nil {
		t.Fatal(err)
	}
	return Box{Key: key, Member: lakeview, Envelope: func(_ stele.Subject, c stele.Digest) ([]byte, error) {
		if held[c] == nil {
			return nil, stele.E("test", stele.KindNotFound, "absent", nil)
		}
		return held[c], nil
	}, Beside: func(stele.Subject, stele.Digest) ([]byte, error) { return held[stele.Digest{}], nil }}
}

// TestR17AFilledSlotAndAnEmptyOneAreAlike: on the wire, whatever was said, there is one length,
// and nothing that both envelopes of one slot have in common.
func TestR17AFilledSlotAndAnEmptyOneAreAlike(t *testing.T) {
	held := map[stele.Digest][]byte{}
	m, salt := member(t, held), seal.NewSalt()
	most := Slot{Roles: []string{strings.Repeat("r", 40)}, Categories: stele.Categories(), Sensitivity: stele.Sensitivities()}
	for i := range 20 {
		most.Excluded = append(most.Excluded, stele.SubjectOf([]byte{byte(i), byte(i >> 8)}))
	}
	for _, s := range []Slot{{}, {Nothing: true}, {Excluded: []stele.Subject{bob}}, most} {
		document, err := s.Document()
		if err != nil {
			t.Fatal(err)
		}
		one, err := Seal(m.Key.Public(), m.Member, alice, salt, document)
		if err != nil || len(one) != EnvelopeLen {
			t.Fatalf("%v is sealed in %d bytes, %v", s, len(one), err)
		}
		other, err := Seal(m.Key.Public(), m.Member, alice, salt, document)
		if err != nil || bytes.Equal(one[34:], other[34:]) {
			t.Errorf("the same slot is sealed alike twice, %v", err)
		}
		c := Commit(salt, document)
		held[c] = one
		if got, err := m.Slot(alice, c); err != nil || got.Nothing != s.Nothing || len(got.Excluded) != len(s.Excluded) {
			t.Errorf("%v was opened as %v, %v", s, got, err)
		}
	}
	if _, err := Seal(m.Key.Public(), m.Member, alice, salt, []byte{0x78, 1}); err == nil {
		t.Error("what nobody reads is sealed")
	}
}

// TestR25AnEnvelopeOpensForItsSubjectMemberAndCommitmentOnly.
func TestR25AnEnvelopeOpensForItsSubjectMemberAndCommitmentOnly(t *testing.T) {
	held := map[stele.Digest][]byte{}
	m, salt := member(t, held), seal.NewSalt()
	document, _ := Slot{Nothing: true}.Document()
	c, empty := Commit(salt, document), Commit(salt, nil)
	held[c], _ = Seal(m.Key.Public(), m.Member, alice, salt, document)
	if _, err := m.Slot(alice, c); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Slot(bob, c); stele.KindOf(err) != stele.KindProof {
		t.Errorf("for another subject: %v", err)
	}
	held[empty] = held[c]
	if _, err := m.Slot(alice, empty); stele.KindOf(err) != stele.KindProof {
		t.Errorf("for another commitment: %v", err)
	}
	elsewhere := m
	elsewhere.Member = bob
	if _, err := elsewhere.Slot(alice, c); stele.KindOf(err) != stele.KindProof {
		t.Errorf("at another member: %v", err)
	}
	if _, err := m.Slot(alice, stele.Digest{1}); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("what did not come: %v", err)
	}
	// A patient who seals something else than she committed to opens nothing.
	for what, plain := range map[string][]byte{
		"another document":       append(salt[:], make([]byte, 4064)...),
		"a shorter one":          append(append([]byte{}, salt[:]...), 0, 2, 8, 1),
		"a longer length":        append(append(append([]byte{}, salt[:]...), 0xff, 0xff, 8, 1), make([]byte, 4060)...),
		"something in the zeros": append(append(append([]byte{}, salt[:]...), 0, 2, 8, 1), bytes.Repeat([]byte{1}, 4060)...),
	} {
		held[c], _ = seal.SealTo(m.Key.Public(), seal.TagSlot, wire.SlotContext(alice, c, m.Member), plain)
		if s, err := m.Slot(alice, c); stele.KindOf(err) != stele.KindProof && stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: %v, %v", what, s, err)
		}
	}
	unread := []byte{0x78, 1}
	c = Commit(salt, unread)
	plain := append(append(append([]byte{}, salt[:]...), 0, 2, 0x78, 1), make([]byte, 4060)...)
	held[c], _ = seal.SealTo(m.Key.Public(), seal.TagSlot, wire.SlotContext(alice, c, m.Member), plain)
	if s, err := m.Slot(alice, c); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("a document that is not understood: %v, %v", s, err)
	}
}

// TestR17WhatWouldOpenIsSaidInSentences.
func TestR17WhatWouldOpenIsSaidInSentences(t *testing.T) {
	name := func(s stele.Subject) string {
		return map[stele.Subject]string{bob: "Dr Bob Lark", lakeview: "Lakeview Hospital"}[s]
	}
	for _, c := range []struct {
		slot Slot
		want string
	}{
		{Slot{}, "In an emergency, without asking you, your allergies, medicines, health problems, medical devices, advance directives and emergency summary can be opened.\n" +
			"By anybody with a licence and a role at an accredited facility. Each opening stands in your log, with who it was and why.\n" +
			"Nothing of it that is marked as sensitive or could not be classified."},
		{Slot{Nothing: true}, "In an emergency nobody opens anything of your chart without a grant of yours."},
		{Slot{Categories: []stele.Category{stele.Allergies}, Sensitivity: []stele.Sensitivity{stele.HIV, stele.PSY}, Roles: []string{"emergency-doctor", "surgeon"},
			Facilities: []string{"emergency-department"}, Excluded: []stele.Subject{lakeview, bob}},
			"In an emergency, without asking you, your allergies can be opened.\n" +
				"By somebody with a licence and the role of emergency-doctor or surgeon at a facility accredited as emergency-department. Each opening stands in your log, with who it was and why.\n" +
				"Of what is marked as sensitive, only: HIV and mental health.\n" +
				"Not by Dr Bob Lark or Lakeview Hospital: they open nothing in an emergency."},
	} {
		if got := strings.Join(c.slot.Say(name), "\n"); got != c.want {
			t.Errorf("it says:\n%s\nwant:\n%s", got, c.want)
		}
	}
}
