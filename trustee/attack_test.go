package trustee

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stele-health/stele/wire/wiretest"

	"google.golang.org/protobuf/proto"

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
	w.book.Network.Issuers = append(w.book.Network.Issuers, wire.Key(clinic.sign.Public()), wire.Key(other.sign.Public()))
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

// TestR43CardThatMayNotBeShownOpensNothing: the patient would read the name in her log.
func TestR43CardThatMayNotBeShownOpensNothing(t *testing.T) {
	w := newTown(t)
	for name, good := range map[string]bool{"Dr Okafor": true, "Dr Okafor\x1b[2K": false, "Dr\nOkafor": false, "Dr \u202erofakO": false, "": false} {
		_, err := w.open(nil, func(d *wire.AccessDetail) {
			d.Card = wire.Sign(wire.TagCard, &wire.Card{
				Chain: chainID, Subject: w.doctor.subject[:], Name: name, Kind: "practitioner", Role: "doctor", ExpiresMs: w.now().UnixMilli() + 1e9,
			}, w.doctor.sign, w.issuer)
		}).ask(0)
		if (err == nil) != good || err != nil && stele.KindOf(err) != stele.KindDenied {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestLaw8NoRequestStopsATrustee: requests signed by the right keys, with
// anything in their fields, in the detail, the card or the capsules, are refused
// alike and nothing panics.
func TestLaw8NoRequestStopsATrustee(t *testing.T) {
	w := newTown(t)
	r := rand.New(rand.NewPCG(3, 4))
	released := 0
	for range 400 {
		o := w.open(nil, func(d *wire.AccessDetail) {
			if r.IntN(2) == 0 {
				card := proto.CloneOf(w.cardOf(d))
				wiretest.Bend(r, card.ProtoReflect())
				d.Card = wire.Sign(wire.TagCard, card, w.doctor.sign, w.issuer)
			}
			if r.IntN(2) == 0 {
				wiretest.Bend(r, d.ProtoReflect())
			}
		})
		o.read.Audience, o.read.AtMs = w.members[0][:], w.now().UnixMilli()
		in := &wire.ReleaseRequest{Capsules: []*wire.CapsuleRef{proto.CloneOf(o.refs[0]), proto.CloneOf(o.refs[1])}}
		if r.IntN(2) == 0 {
			read := proto.CloneOf(&o.read)
			wiretest.Bend(r, read.ProtoReflect())
			in.Request = wire.Sign(wire.TagRead, read, o.grantee, w.doctor.sign)
		} else {
			in.Request = wire.Sign(wire.TagRead, &o.read, o.grantee, w.doctor.sign)
			wiretest.Bend(r, in.ProtoReflect())
		}
		if _, err := w.trustees[0].Release(context.Background(), in); err == nil {
			released++
		} else if err != error(refusal) {
			t.Fatalf("another refusal than the one: %v", err)
		}
	}
	t.Logf("%d of 400 released", released)
	for _, in := range []*wire.DetailsRequest{nil, {}, {Request: &wire.Signed{}}, {Request: &wire.Signed{Signatures: []*wire.Signature{{}}}}} {
		if _, err := w.trustees[0].Details(context.Background(), in); stele.KindOf(err) != stele.KindDenied {
			t.Error(err)
		}
	}
}

// cardOf returns the card in a detail.
func (w *town) cardOf(d *wire.AccessDetail) *wire.Card {
	card := new(wire.Card)
	if err := wire.Decode(d.Card.Body, card); err != nil {
		w.t.Fatal(err)
	}
	return card
}
