package vault

import (
	"context"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/wire"
)

// TestR26CardWithoutItsHolderIsRefused: a public card and a grantee key in the
// wrong hands get no labels out of a vault.
func TestR26CardWithoutItsHolderIsRefused(t *testing.T) {
	w := newWorld(t, 1, 0)
	w.delivered(0, plainFolio(stele.Results, 2024, 1, 40))
	r := w.reader(nil)
	ask := func(signers ...wire.Signer) error {
		member := w.sites[0].subject
		r.req.Audience = member[:]
		_, err := w.v(0).ListFolios(context.Background(), &wire.ListFoliosRequest{Request: wire.Sign(wire.TagRead, r.req, signers...)})
		return err
	}
	for name, signers := range map[string][]wire.Signer{
		"the grantee key alone": {r.key},
		"a thief's key beside":  {r.key, wire.NewEd25519()},
		"the holder alone":      {w.doctorKey},
	} {
		if err := ask(signers...); err != ErrDenied {
			t.Errorf("%s: %v, want denied", name, err)
		}
	}
	if err := ask(w.doctorKey, r.key); err != nil {
		t.Errorf("grantee and holder: %v", err)
	}
}

// TestR26IssuerSpeaksForItsOwnPeopleOnly: another member's issuer can't make
// somebody one of the clinic's.
func TestR26IssuerSpeaksForItsOwnPeopleOnly(t *testing.T) {
	w := newWorld(t, 1, 0)
	w.delivered(0, plainFolio(stele.Results, 2024, 1, 40))
	clinic, clinicKey, other := subjectNamed("clinic"), wire.NewEd25519(), wire.NewEd25519()
	w.ledger.change(func() {
		w.ledger.subjects[clinic] = stele.Keys{Subject: clinic, Signing: []stele.PublicKey{wire.Key(clinicKey.Public())}}
		w.ledger.consortium.Issuers = append(w.ledger.consortium.Issuers, wire.Key(clinicKey.Public()), wire.Key(other.Public()))
	})
	for name, c := range map[string]struct {
		issuer wire.Signer
		want   error
	}{"another member's issuer": {other, ErrDenied}, "its own": {clinicKey, nil}} {
		r := w.reader(func(g *consent.Grant, d *wire.AccessDetail) {
			g.Actor = consent.Actor{Kind: consent.Organisation, Party: consent.Party{Subject: clinic, Name: "City Clinic"}}
			d.Card = wire.Sign(wire.TagCard, &wire.Card{
				Chain: chain, Subject: w.doctor[:], Name: "Dr. Bo Lark", Kind: "practitioner", Organisation: clinic[:],
				ExpiresMs: w.now().UnixMilli() + 1e6,
			}, w.doctorKey, c.issuer)
		})
		if _, err := r.list(0); err != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
