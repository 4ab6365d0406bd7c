package trustee

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/wire"
)

// TestR26CardWithoutItsHolderIsRefused: the doctor's card is public. Who has got
// hold of a grantee key, by having it slipped to the patient in the doctor's
// name, shows that card; without the doctor's own signature it opens nothing.
func TestR26CardWithoutItsHolderIsRefused(t *testing.T) {
	w := newTown(t)
	o := w.open(nil, nil)
	o.read.Audience, o.read.AtMs = w.members[0][:], w.now().UnixMilli()
	for name, signers := range map[string][]wire.Signer{
		"the grantee key alone":     {o.grantee},
		"a thief's key beside":      {o.grantee, w.thief.sign},
		"the holder alone":          {w.doctor.sign},
		"a third signature as well": {o.grantee, w.doctor.sign, w.thief.sign},
	} {
		if _, err := o.send(0, wire.Sign(wire.TagRead, &o.read, signers...)); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("%s: %v, want denied", name, err)
		}
	}
	if _, err := o.send(0, wire.Sign(wire.TagRead, &o.read, w.doctor.sign, o.grantee)); err != nil {
		t.Errorf("grantee and holder: %v", err)
	}
}

// TestR26IssuerSpeaksForItsOwnPeopleOnly: a grant to an organisation is not
// opened by a card that another member's issuer made for its own puppet.
func TestR26IssuerSpeaksForItsOwnPeopleOnly(t *testing.T) {
	w := newTown(t)
	clinic, other := w.person("City Clinic"), w.person("Another Member")
	w.book.consortium.Issuers = append(w.book.consortium.Issuers, wire.Key(clinic.sign.Public()), wire.Key(other.sign.Public()))
	toClinic := func(g *consent.Grant) {
		g.Actor = consent.Actor{Kind: consent.Organisation, Party: consent.Party{Subject: clinic.subject, Name: "City Clinic"}}
	}
	by := func(signers ...wire.Signer) func(*wire.AccessDetail) {
		return func(d *wire.AccessDetail) {
			card := &wire.Card{
				Chain: chainID, Subject: w.doctor.subject[:], Name: "Dr Okafor", Kind: "practitioner", Role: "doctor",
				Organisation: clinic.subject[:], ExpiresMs: w.now().UnixMilli() + 1e9,
			}
			d.Card = wire.Sign(wire.TagCard, card, append(signers, w.doctor.sign)...)
		}
	}
	if _, err := w.open(toClinic, by(other.sign)).ask(0); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("another member's issuer spoke for the clinic: %v", err)
	}
	if _, err := w.open(toClinic, by(clinic.sign)).ask(0); err != nil {
		t.Errorf("the clinic's own issuer: %v", err)
	}
}
