package vault

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
	w.ledger.Change(func() {
		w.ledger.Subjects[clinic] = stele.Keys{Subject: clinic, Signing: []stele.PublicKey{wire.Key(clinicKey.Public())}}
		w.ledger.Network.Issuers = append(w.ledger.Network.Issuers, wire.Key(clinicKey.Public()), wire.Key(other.Public()))
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

// TestR43CardThatMayNotBeShownOpensNothing: the patient would read the name in her log.
func TestR43CardThatMayNotBeShownOpensNothing(t *testing.T) {
	w := newWorld(t, 1, 0)
	w.delivered(0, plainFolio(stele.Results, 2024, 1, 40))
	for name, want := range map[string]error{"Dr. Bo Lark": nil, "Dr. Bo Lark\x1b[2K": ErrDenied, "Dr.\nBo": ErrDenied, "Dr. \u202ekraL": ErrDenied, "": ErrDenied} {
		r := w.reader(func(_ *consent.Grant, d *wire.AccessDetail) {
			d.Card = wire.Sign(wire.TagCard, &wire.Card{
				Chain: chain, Subject: w.doctor[:], Name: name, Kind: "practitioner", Role: "doctor", ExpiresMs: w.now().UnixMilli() + 1e6,
			}, w.doctorKey, w.issuer)
		})
		if _, err := r.list(0); err != want {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
}

// TestLaw6NobodyDeliversInAnothersName: who may write says in its own name what
// it delivers; the source that consents are decided on signs.
func TestLaw6NobodyDeliversInAnothersName(t *testing.T) {
	w := newWorld(t, 1, 0)
	forge := func(signers ...wire.Signer) error {
		sub := w.submission(0, plainFolio(stele.Results, 2024, 1, 40))
		sub.Head = wire.SignBytes(wire.TagSubmission, sub.Head.Body, signers...)
		w.anchor(sub)
		_, err := w.put(0, sub)
		return err
	}
	for name, signers := range map[string][]wire.Signer{
		"the anchor key alone": {w.writeKey}, "another's beside": {w.writeKey, w.doctorKey}, "the source alone": {w.sourceKey},
	} {
		if err := forge(signers...); stele.KindOf(err) != stele.KindDenied {
			t.Errorf("%s: %v, want denied", name, err)
		}
	}
	if err := forge(w.writeKey, w.sourceKey); err != nil {
		t.Error(err)
	}
}

// TestLaw8NoRequestStopsAVault: requests signed by the right keys, with anything
// in their fields, are answered with an error and nothing panics.
func TestLaw8NoRequestStopsAVault(t *testing.T) {
	w := newWorld(t, 2, 0)
	w.delivered(0, plainFolio(stele.Results, 2024, 2, 40))
	r := rand.New(rand.NewPCG(5, 6))
	v, background, member := w.v(0), context.Background(), w.sites[0].subject
	stored := 0
	for range 300 {
		sub := w.submission(0, plainFolio(stele.Results, 2024, 2, 40), plainFolio(stele.Allergies, 0, 1, 10))
		wiretest.Bend(r, sub.ProtoReflect())
		if r.IntN(2) == 0 {
			head := new(wire.SubmissionHead)
			if wire.Decode(sub.GetHead().GetBody(), head) == nil {
				wiretest.Bend(r, head.ProtoReflect())
				sub.Head = wire.Sign(wire.TagSubmission, head, w.writeKey, w.sourceKey)
			}
		}
		if _, err := v.PutSubmission(background, &wire.PutSubmissionRequest{Submission: sub}); err == nil {
			stored++
		}
		reading := w.reader(func(_ *consent.Grant, d *wire.AccessDetail) { wiretest.Bend(r, d.ProtoReflect()) })
		reading.req.Audience = member[:]
		read := proto.CloneOf(reading.req)
		wiretest.Bend(r, read.ProtoReflect())
		signed := wire.Sign(wire.TagRead, read, reading.key, w.doctorKey)
		_, _ = v.ListFolios(background, &wire.ListFoliosRequest{Request: signed})
		_, _ = collect(v, &wire.GetRecordsRequest{Request: signed, Folios: [][]byte{nil, {1}, make([]byte, 16)}})
		other, nonce := w.sites[1].subject, stele.NewID()
		ask := &wire.MemberRequest{
			Chain: chain, Audience: member[:], Member: other[:], AtMs: w.now().UnixMilli(), Nonce: nonce[:],
			Ask: &wire.MemberRequest_GetCopy{GetCopy: &wire.GetCopy{Submission: other[:16]}},
		}
		wiretest.Bend(r, ask.ProtoReflect())
		from := wire.Sign(wire.TagMember, ask, w.sites[1].key)
		_, _ = v.GetCopy(background, &wire.GetCopyRequest{Request: from})
		_, _ = v.ListCopies(background, &wire.ListCopiesRequest{Request: from})
		_, _ = v.PutCopy(background, &wire.PutCopyRequest{Request: from, Submission: wire.Marshal(sub)})
	}
	t.Logf("%d of 300 stored", stored)
	if err := w.readAll(0); err != nil {
		t.Error(err)
	}
}
