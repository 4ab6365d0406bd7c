package asking_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/wire"
)

// herself has the patient ask for her own chart, by a grant that she gave herself.
func herself(w *world) wire.Ed25519 {
	device := wire.NewEd25519()
	w.subjects[w.patient] = stele.Keys{Subject: w.patient, Signing: []stele.PublicKey{wire.Key(device.Public())}}
	w.doc.Actor.Party = consent.Party{Subject: w.patient, Name: "Ada Quill"}
	w.doc.Purposes, w.detail.Purpose = []stele.Purpose{stele.PatientRequest}, string(stele.PatientRequest)
	w.card = &wire.Card{Chain: "town", Subject: w.patient[:], Kind: "patient", ExpiresMs: w.own.Add(time.Hour).UnixMilli()}
	w.vouched, w.signers = []wire.Signer{device}, []wire.Signer{w.key, device}
	return device
}

// TestAPatientAsksForHerOwnChartWithoutAnIssuersWord: the ledger says who she is, and nothing else is
// opened so: no other chart, under nobody else's grant, by no key that is hers no more.
func TestAPatientAsksForHerOwnChartWithoutAnIssuersWord(t *testing.T) {
	other := wire.NewEd25519()
	for _, c := range []struct {
		what   string
		change func(*world)
		want   string // a part of it; empty: permitted
	}{
		{"as it should be", func(*world) {}, ""},
		{"a grant to a doctor", func(w *world) { w.doc.Actor.Party = consent.Party{Subject: w.doctor, Name: "Dr. Bo Lark"} }, "the own chart alone"},
		{"a grant to a role", func(w *world) {
			w.doc.Actor = consent.Actor{Kind: consent.RoleAtFacility, Role: "doctor", FacilityKind: "hospital"}
		}, "the own chart alone"},
		{"another purpose", func(w *world) { w.detail.Purpose = string(stele.Treatment) }, "purpose"},
		{"without the grantee key", func(w *world) { w.signers = w.signers[1:] }, "not signed by the grantee"},
		{"without her own key", func(w *world) { w.signers = w.signers[:1] }, "current key of the patient"},
		{"a key that is hers no more", func(w *world) {
			w.subjects[w.patient] = stele.Keys{Subject: w.patient, Signing: []stele.PublicKey{wire.Key(other.Public())}}
		}, "does not hold"},
		{"somebody else's key", func(w *world) { w.vouched, w.signers[1] = []wire.Signer{other}, other }, "does not hold"},
		{"a doctor's own card, for her chart", func(w *world) {
			w.card.Subject, w.vouched, w.signers[1] = w.doctor[:], []wire.Signer{w.doctorKey}, w.doctorKey
		}, "does not hold"},
		{"a name on it", func(w *world) { w.card.Name = "Ada Quill" }, "does not hold"},
		{"a role on it", func(w *world) { w.card.Role = "doctor" }, "does not hold"},
		{"a facility on it", func(w *world) { w.card.Facility = "emergency-department" }, "does not hold"},
		{"another kind on it", func(w *world) { w.card.Kind = "practitioner" }, "does not hold"},
		{"no kind on it", func(w *world) { w.card.Kind = "" }, "does not hold"},
		{"of somebody else, by her own key", func(w *world) { w.card.Subject = w.doctor[:] }, "does not hold"},
		{"of nobody, by her own key", func(w *world) { w.card.Subject = nil }, "does not hold"},
		{"signed by another, too", func(w *world) { w.vouched = append(w.vouched, other) }, "does not hold"},
		{"an organisation on it", func(w *world) { w.card.Organisation = w.hospital[:] }, "does not hold"},
		{"another network's", func(w *world) { w.card.Chain = "village" }, "another network"},
		{"that has expired", func(w *world) { w.card.ExpiresMs = w.own.UnixMilli() }, "card has expired"},
		{"by nobody", func(w *world) { w.vouched = nil }, "does not hold"},
	} {
		w := newWorld()
		herself(w)
		c.change(w)
		r, why := w.judge(t, nil)
		if string(why) != c.want && (c.want == "" || !strings.Contains(string(why), c.want)) {
			t.Errorf("%s: %q, want %q", c.what, why, c.want)
		}
		if c.want == "" && !r.Card.Self() {
			t.Errorf("%s: it is not taken for her own asking", c.what)
		}
	}
	w := newWorld()
	herself(w)
	r, _ := w.judge(t, nil)
	w.subjects[w.patient] = stele.Keys{Subject: w.patient, Signing: []stele.PublicKey{wire.Key(other.Public())}}
	if why := r.Again(); !strings.Contains(string(why), "current key of the patient") {
		t.Errorf("when her key was rotated out meanwhile: %q", why)
	}
	if r, why := newWorld().judge(t, nil); why != Permitted || r.Card.Self() {
		t.Errorf("a doctor's asking is taken for her own: %q", why)
	}
}
