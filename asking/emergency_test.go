package asking_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/sdjwt"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/wire"
)

// newEmergencyWorld is a world in which nobody gave a grant: an emergency doctor has opened the
// chart, and the patient has said nothing of emergencies.
func newEmergencyWorld(t *testing.T) *world {
	w := newRoleWorld(t)
	id := w.grant.ID
	w.grant.Emergency, w.grant.Member, w.brought = true, w.hospital, true
	w.activation = &wire.AccessDetail{Request: id[:], Subject: w.patient[:], Purpose: "ETREAT", Reason: "found without consciousness"}
	w.detail.Purpose, w.detail.Categories = "ETREAT", nil
	w.commit(1)
	return w
}

// commit has the patient say something anew.
func (w *world) commit(n byte) {
	keys := w.subjects[w.patient]
	keys.Emergency = stele.Digest{n}
	w.subjects[w.patient] = keys
}

// TestR25AnEmergencyIsJudgedByCredentialsAndByWhatThePatientSaid.
func TestR25AnEmergencyIsJudgedByCredentialsAndByWhatThePatientSaid(t *testing.T) {
	other := stele.SubjectOf([]byte("somebody else"))
	for _, c := range []struct {
		what   string
		change func(*world)
		sent   func(*wire.ReadRequest)
		want   Reason // a part of it; empty: permitted
	}{
		{what: "as it should be"},
		{"ended, or taken back", func(w *world) { w.grant.Status = stele.GrantEnded }, nil, "has ended"},
		{"taken back by the patient", func(w *world) { w.grant.Status = stele.GrantRevoked }, nil, "taken back"},
		{"a moment after its end", func(w *world) { w.grant.End = w.own }, nil, "has ended"},
		{"the death of the patient is recorded", func(w *world) { w.grant.Died = true }, nil, "once a death is recorded"},
		{"another salt", nil, func(r *wire.ReadRequest) { s := seal.NewSalt(); r.DocumentSalt = s[:] }, "not what is on the ledger"},
		{"another document", nil, func(r *wire.ReadRequest) { r.Document = append(r.Document, 0x32, 0) }, "not what is on the ledger"},
		{"no message", nil, func(r *wire.ReadRequest) { r.Document = nil }, "not what is on the ledger"},
		{"of another activation", func(w *world) { w.activation.Request = other[:16] }, nil, "of another one"},
		{"of another patient", func(w *world) { w.activation.Subject = other[:] }, nil, "of another one"},
		{"without a reason", func(w *world) { w.activation.Reason = "" }, nil, "without a reason"},
		{"for treatment", func(w *world) { w.activation.Purpose = "TREAT" }, nil, "not emergency treatment"},
		{"for treatment, from the beginning on", func(w *world) { w.activation.Purpose, w.detail.Purpose = "TREAT", "TREAT" }, nil, "not emergency treatment"},
		{"and then for treatment", func(w *world) { w.detail.Purpose = "TREAT" }, nil, "not emergency treatment"},

		{"no credentials", func(w *world) { w.papers = nil }, nil, "by credentials, and none were shown"},
		{"an expired licence", func(w *world) { w.papers.Licence.Until = w.own }, nil, "licence does not hold"},
		{"an expired role", func(w *world) { w.papers.Role.Until = w.own }, nil, "role does not hold"},
		{"an expired accreditation", func(w *world) { w.papers.Accreditation.Until = w.own }, nil, "accreditation does not hold"},
		{"a revoked licence", func(w *world) { w.mark(sdjwt.Revoked) }, nil, "it was revoked"},
		{"a suspended licence", func(w *world) { w.mark(sdjwt.Suspended) }, nil, "it was suspended"},
		{"another person's credentials", func(w *world) { w.papers.Licence.Holder, w.papers.Role.Holder = other, other }, nil, "somebody else's"},
		{"another facility's", func(w *world) { w.papers.Accreditation.Holder, w.papers.Role.Issuer = other, other }, nil, "another facility than the card"},
		{"opened by another member", func(w *world) { w.grant.Member = other }, nil, "another facility than the one that opened"},
		{"a status list of the day before yesterday", func(w *world) { w.age(48 * time.Hour) }, nil, ""},

		{"the slot has not come", func(w *world) { w.brought = false }, nil, "has not come to the member"},
		{"a patient without a slot", func(w *world) {
			keys := w.subjects[w.patient]
			keys.Emergency = stele.Digest{}
			w.subjects[w.patient] = keys
		}, nil, "has not come to the member"},
		{"nobody may", func(w *world) { w.says.Nothing = true }, nil, Reason(slot.DenyNothing)},
		{"this doctor may not", func(w *world) { w.says.Excluded = []stele.Subject{w.doctor} }, nil, Reason(slot.DenyExcluded)},
		{"this hospital may not", func(w *world) { w.says.Excluded = []stele.Subject{w.hospital} }, nil, Reason(slot.DenyExcluded)},
		{"somebody else may not", func(w *world) { w.says.Excluded = []stele.Subject{other, w.patient} }, nil, ""},
		{"surgeons may", func(w *world) { w.says.Roles = []string{"surgeon"} }, nil, Reason(slot.DenyRole)},
		{"emergency doctors may", func(w *world) { w.says.Roles = []string{"emergency-doctor", "surgeon"} }, nil, ""},
		{"at pharmacies", func(w *world) { w.says.Facilities = []string{"pharmacy"} }, nil, Reason(slot.DenyFacility)},
		{"at emergency departments", func(w *world) { w.says.Facilities = []string{"emergency-department"} }, nil, ""},
	} {
		w := newEmergencyWorld(t)
		if c.change != nil {
			c.change(w)
		}
		if w.papers != nil {
			w.show()
		}
		r, why := w.judge(t, c.sent)
		if c.want == Permitted && why != Permitted || !strings.Contains(string(why), string(c.want)) || c.want != Permitted && why == Permitted {
			t.Errorf("%s: %q, want %q", c.what, why, c.want)
		}
		if open := r.Emergency != nil && r.Covers(stele.Label{Category: stele.Allergies}) == Permitted; open != (why == Permitted) {
			t.Errorf("%s: allergies are open: %v", c.what, open)
		}
	}
}

// mark has the board say something of the doctor's licence.
func (w *world) mark(s sdjwt.Status) {
	w.papers.Set(w.papers.Board, 7, s)
	w.papers.Lists = w.papers.Lists[1:]
	w.papers.Post(w.papers.Board, w.own)
}

// TestR25AnActivationIsItsPractitionersAlone: a member that activates in somebody's name, or
// somebody who shows another's activation, opens nothing.
func TestR25AnActivationIsItsPractitionersAlone(t *testing.T) {
	w := newEmergencyWorld(t)
	w.show()
	if _, why := w.judge(t, nil); why != Permitted {
		t.Fatal(why)
	}
	w.signers = w.signers[:1] // the activation's key alone, which the member may have drawn
	if _, why := w.judge(t, nil); !strings.Contains(string(why), "not signed by the holder of the card") {
		t.Errorf("without the practitioner's own key: %q", why)
	}

	w = newEmergencyWorld(t)
	w.show()
	nurse, own := stele.SubjectOf([]byte("nurse")), wire.NewEd25519()
	w.subjects[nurse] = stele.Keys{Subject: nurse, Signing: []stele.PublicKey{wire.Key(own.Public())}}
	says := &wire.Card{Chain: "town", Subject: nurse[:], Organisation: w.hospital[:], Name: "Ned Wool", Kind: "practitioner", ExpiresMs: w.card.ExpiresMs}
	theirs := wire.Marshal(&wire.AccessDetail{
		Request: w.activation.Request, Subject: w.activation.Subject, Purpose: "ETREAT", Reason: "mine", Card: wire.Sign(wire.TagCard, says, own, w.hospitalKey),
	})
	_, why := w.judge(t, func(r *wire.ReadRequest) {
		r.Document, w.grant.Commitment = theirs, seal.Commit(seal.Salt(r.DocumentSalt), seal.TagDetail, theirs)
	})
	if !strings.Contains(string(why), "by somebody else") {
		t.Errorf("under another's activation: %q", why)
	}
}

// TestR26AStaleStatusGoesOnInAnEmergencyAndIsMarked, as it does nowhere else.
func TestR26AStaleStatusGoesOnInAnEmergencyAndIsMarked(t *testing.T) {
	for by, want := range map[time.Duration]int{credential.StatusLives: 0, credential.StatusLives + 1: 2} {
		w := newEmergencyWorld(t)
		w.age(by)
		w.show()
		r, why := w.judge(t, nil)
		if why != Permitted || r.Again() != Permitted || len(r.Credentials.Stale) != want {
			t.Errorf("after %v: %q, marked %v", by, why, r.Credentials.Stale)
		}
	}
}

// TestR25WhatThePatientSaysOfEmergenciesCountsFromTheNextBlock.
func TestR25WhatThePatientSaysOfEmergenciesCountsFromTheNextBlock(t *testing.T) {
	w := newEmergencyWorld(t)
	w.show()
	r, why := w.judge(t, nil)
	if why != Permitted || r.Again() != Permitted {
		t.Fatal(why)
	}
	w.commit(2)
	w.says.Nothing = true
	if r.Again() == Permitted {
		t.Error("it goes out by what she said before")
	}
	if _, why := w.judge(t, nil); why != Reason(slot.DenyNothing) {
		t.Errorf("asked once more: %q", why)
	}
}

// TestR25AnEmergencyOpensWhatThePatientAllowsThen and nothing beside.
func TestR25AnEmergencyOpensWhatThePatientAllowsThen(t *testing.T) {
	w := newEmergencyWorld(t)
	w.show()
	open := func(want bool, label stele.Label) {
		t.Helper()
		r, why := w.judge(t, nil)
		if why != Permitted {
			t.Fatal(why)
		}
		if got := r.Covers(label) == Permitted; got != want || r.CoversRecord(label, stele.NewID(), "2024") == Permitted != want {
			t.Errorf("%v is open: %v", label, got)
		}
	}
	hiv := []stele.Sensitivity{stele.HIV}
	for _, c := range stele.Categories() {
		open(strings.Contains("allergies medications problems devices advance-directives summary", string(c)), stele.Label{Category: c})
		open(false, stele.Label{Category: c, Sensitivity: hiv})
	}
	w.says = slot.Slot{Categories: []stele.Category{stele.Results}, Sensitivity: hiv}
	open(true, stele.Label{Category: stele.Results, Sensitivity: hiv})
	open(false, stele.Label{Category: stele.Results, Sensitivity: []stele.Sensitivity{stele.HIV, stele.PSY}})
	open(false, stele.Label{Category: stele.Allergies})
	w.detail.Categories = []string{"vitals"}
	if r, _ := w.judge(t, nil); r.Covers(stele.Label{Category: stele.Results}) == Permitted {
		t.Error("what was not asked for when the chart was opened")
	}
}
