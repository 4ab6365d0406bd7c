package asking_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/slot"
)

// restricting has the patient restrict results, and a folio, everywhere but in an emergency; and
// allergies, in an emergency, too.
func restricting(w *world) *world {
	w.says.Restrictions = []slot.Restriction{
		{Categories: []stele.Category{stele.Results}}, {Records: []slot.Record{{Folio: stele.Digest{5}}}},
		{Categories: []stele.Category{stele.Allergies}, InEmergencies: true},
	}
	w.brought = true
	w.commit(3)
	return w
}

// TestR16WhatIsRestrictedIsForNobodyButItsOwner: not by a grant, from whomever, nor by who acts for
// the patient; in an emergency where she said so.
func TestR16WhatIsRestrictedIsForNobodyButItsOwner(t *testing.T) {
	emergency := func() *world {
		w := newEmergencyWorld(t)
		w.show()
		return w
	}
	gave := func() *world {
		w := newWorld()
		membersGave(w)
		return w
	}
	for what, c := range map[string]struct {
		world     *world
		restricts string // of results, a medicine in the folio, and an allergy, the first letters
	}{
		"by a grant":                      {newWorld(), "rma"},
		"by a grant of members":           {gave(), "rma"},
		"by a grant that a delegate gave": {motherGave(), "rma"},
		"by one of two removes":           {sitterGave(), "rma"},
		"by who acts for the patient":     {motherOpens(), "rma"},
		"in an emergency":                 {emergency(), "a"},
	} {
		r, why := restricting(c.world).judge(t, nil)
		if why != Permitted {
			t.Errorf("%s: %q", what, why)
			continue
		}
		got := ""
		for _, f := range []struct {
			letter string
			folio  stele.Digest
			label  stele.Label
		}{
			{"r", stele.Digest{1}, stele.Label{Category: stele.Results}}, {"m", stele.Digest{5}, stele.Label{Category: stele.Medications}},
			{"a", stele.Digest{2}, stele.Label{Category: stele.Allergies}}, {"v", stele.Digest{3}, stele.Label{Category: stele.Medications}},
		} {
			switch why := r.Restricts(f.folio, f.label); why {
			case Permitted:
			case Reason(slot.DenyRestricted):
				got += f.letter
			default:
				t.Errorf("%s: %q", what, why)
			}
		}
		if got != c.restricts {
			t.Errorf("%s: restricted are %q, want %q", what, got, c.restricts)
		}
	}

	// The patient herself, who opens by a grant that she gave herself.
	w := restricting(newWorld())
	w.subjects[w.patient] = stele.Keys{Subject: w.patient, Signing: w.subjects[w.doctor].Signing, Emergency: w.subjects[w.patient].Emergency}
	w.card.Subject, w.doc.Actor.Party = w.patient[:], consent.Party{Subject: w.patient, Name: "Ada Quill"}
	for _, brought := range []bool{true, false} {
		w.brought = brought
		if r, why := w.judge(t, nil); why != Permitted || r.Restricts(stele.Digest{5}, stele.Label{Category: stele.Results}) != Permitted || r.Again() != Permitted {
			t.Errorf("for the patient herself: %q", why)
		}
	}
}

// TestR16WhoDoesNotKnowWhatIsRestrictedOpensNothing: the slot that counts has not come to the member,
// or cannot be read there; and before it was judged nothing is covered.
func TestR16WhoDoesNotKnowWhatIsRestrictedOpensNothing(t *testing.T) {
	then := newEmergencyWorld(t)
	then.show()
	for what, w := range map[string]*world{"by a grant": newWorld(), "in an emergency": then} {
		restricting(w).brought = false
		r, why := w.judge(t, nil)
		if !strings.Contains(string(why), "has not come to the member") {
			t.Errorf("%s: %q", what, why)
		}
		if r.Restricts(stele.Digest{}, stele.Label{Category: stele.Medications}) == Permitted {
			t.Errorf("%s: it restricts nothing", what)
		}
	}
	w := restricting(newWorld())
	w.slotless = true
	if _, why := w.judge(t, nil); !strings.Contains(string(why), "has not come to the member") {
		t.Errorf("at a member that takes no slots: %q", why)
	}

	w.slotless = false

	// In a network that was founded before members had keys for it nobody restricts anything.
	w.brought, w.consortium.Members = false, []stele.Member{{Subject: w.member}}
	if _, why := w.judge(t, nil); why != Permitted {
		t.Errorf("at a member without a key: %q", why)
	}
	w.consortium.Members = []stele.Member{{Subject: w.member, SealKey: []byte{1}}}
	if _, why := w.judge(t, nil); why == Permitted {
		t.Error("a member with a key opens without knowing what is restricted")
	}
}

// TestR16ARestrictionCountsFromTheNextBlockOn: what was judged before is judged again, and opens
// nothing more, either way; a patient who had said nothing is heard, too.
func TestR16ARestrictionCountsFromTheNextBlockOn(t *testing.T) {
	for what, first := range map[string]*world{"restricted": restricting(newWorld()), "nothing said": newWorld()} {
		r, why := first.judge(t, nil)
		if why != Permitted || r.Again() != Permitted {
			t.Fatalf("%s: %q, %q", what, why, r.Again())
		}
		first.commit(4)
		if why := r.Again(); !strings.Contains(string(why), "the patient has changed") {
			t.Errorf("%s, and then changed: %q", what, why)
		}
	}
}

// TestTheCapsuleOfARecordIsJudgedByAllDocuments: by the grant, which names it, by who acts for the
// patient, and by what was asked for; where a grant names no record, and in an emergency, as its folio is.
func TestTheCapsuleOfARecordIsJudgedByAllDocuments(t *testing.T) {
	handle, label := stele.NewID(), stele.Label{Category: stele.Results}
	for what, c := range map[string]struct {
		world  *world
		change func(*world)
		want   bool
	}{
		"as it should be":           {motherGave(), func(*world) {}, true},
		"not the delegate's":        {motherGave(), func(w *world) { w.above[0].doc.Categories = []stele.Category{stele.Allergies} }, false},
		"not asked for":             {motherGave(), func(w *world) { w.detail.Categories = []string{"allergies"} }, false},
		"not named by the grant":    {motherGave(), func(w *world) { w.doc.Records = []stele.ID{stele.NewID()} }, false},
		"a grant for folios":        {motherGave(), func(w *world) { w.doc.Records = nil }, true},
		"not the mother's folios":   {motherGave(), func(w *world) { w.doc.Records, w.above[0].doc.Categories = nil, []stele.Category{stele.Allergies} }, false},
		"another category's folios": {motherGave(), func(w *world) { w.doc.Records, w.doc.Categories = nil, []stele.Category{stele.Allergies} }, false},
		"of another category":       {motherGave(), func(w *world) { w.doc.Categories = []stele.Category{stele.Allergies} }, false},
		"by the patient's own word": {newWorld(), func(*world) {}, true},
	} {
		c.world.doc.Records = []stele.ID{handle}
		c.change(c.world)
		r, why := c.world.judge(t, nil)
		if why != Permitted {
			t.Errorf("%s: %q", what, why)
			continue
		}
		if got := r.CoversCapsule(label, handle); (got == Permitted) != c.want {
			t.Errorf("%s: %q", what, got)
		}
		if len(c.world.doc.Records) > 0 && r.Covers(label) == Permitted {
			t.Errorf("%s: the folio is covered", what)
		}
	}
	w := newEmergencyWorld(t)
	w.show()
	r, why := w.judge(t, nil)
	if why != Permitted || r.CoversCapsule(stele.Label{Category: stele.Allergies}, handle) != Permitted || r.CoversCapsule(label, handle) == Permitted {
		t.Errorf("in an emergency: %q", why)
	}
}

// TestR16WhatLiesBesideARestrictedRecordIsJudgedByItself: a record is kept back, its folio's key, and no other
// record; capsules of what is restricted since go to nobody, and in an emergency what holds then.
func TestR16WhatLiesBesideARestrictedRecordIsJudgedByItself(t *testing.T) {
	one, other, third := stele.ID{1}, stele.ID{2}, stele.ID{3}
	folio, label := stele.Digest{9}, stele.Label{Category: stele.Allergies}
	says := func(w *world) *world {
		w.says = slot.Slot{Capsules: stele.Digest{1}, Restrictions: []slot.Restriction{
			{Records: []slot.Record{{Folio: folio, Handle: one}}, InEmergencies: true}, {Records: []slot.Record{{Folio: folio, Handle: other}}},
		}}
		w.capsules = slot.Capsules{folio: {{Handle: one[:]}, {Handle: other[:]}, {Handle: third[:]}, {Handle: []byte("short")}}}
		w.brought = true
		w.commit(3)
		return w
	}
	emergency := newEmergencyWorld(t)
	emergency.show()
	for what, c := range map[string]struct {
		world *world
		open  []stele.ID
	}{
		"by a grant":      {says(newWorld()), []stele.ID{third}},
		"in an emergency": {says(emergency), []stele.ID{other, third}},
	} {
		r, why := c.world.judge(t, nil)
		if why != Permitted || r.Restricts(folio, label) == Permitted || r.Restricts(stele.Digest{8}, label) != Permitted {
			t.Errorf("%s: %q", what, why)
		}
		var open []stele.ID
		for _, s := range r.Siblings(folio, label) {
			open = append(open, stele.ID(s.Handle))
		}
		if !slices.Equal(open, c.open) || len(r.Siblings(stele.Digest{8}, label)) != 0 {
			t.Errorf("%s, open are %v", what, open)
		}
		for _, id := range []stele.ID{one, other, third} {
			if got := r.RestrictsRecord(folio, id, label); (got == Permitted) != slices.Contains(c.open, id) {
				t.Errorf("%s, %v: %q", what, id, got)
			}
		}
	}
}
