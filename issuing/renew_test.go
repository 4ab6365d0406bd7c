package issuing_test

import (
	"crypto/sha256"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/sdjwt"
	"github.com/stele-health/stele/wire"
)

// TestAnIssuersCertificateIsRenewed: the next one is used once the members have admitted it, and not
// before; what was issued with the old one holds until they dismiss that.
func TestAnIssuersCertificateIsRenewed(t *testing.T) { town.In(t, renews) }

func renews(t *testing.T, w *town.Town) {
	ctx, b := t.Context(), newBoard(w)
	b.license()
	before, err := b.Issuing.Issuer()
	w.Must(err)
	next, err := b.Issuing.Renew()
	w.Must(err)
	if again, err := b.Issuing.Renew(); err != nil || string(again) != string(next) || string(next) == string(before.Certificate) {
		t.Errorf("the next one is made twice, or not anew: %v", err)
	}
	if now, err := b.Issuing.Issuer(); err != nil || string(now.Certificate) != string(before.Certificate) {
		t.Errorf("it issues with what nobody has admitted: %v", err)
	}
	subject, hash := b.Subject(), sha256.Sum256(next)
	w.Decide(&wire.Transaction{Message: &wire.Transaction_AdmitIssuer{AdmitIssuer: &wire.AdmitIssuer{Issuer: &wire.CredentialIssuer{
		Subject: subject[:], Certificate: hash[:], Kinds: wire.CredentialKindBits(credential.Licence), Jurisdictions: []string{"GB"},
	}}}})
	w.Must(b.FollowNow(ctx))
	now, err := b.Issuing.Issuer()
	if err != nil || string(now.Certificate) != string(next) {
		t.Fatalf("it goes on with the old one: %v", err)
	}
	b.license()
	b.post()
	_, err = b.doctor.Collect(ctx)
	w.Must(err)
	w.Must(b.doctor.FollowNow(ctx))
	held, err := b.doctor.Credentials()
	w.Must(err)
	if len(held) != 2 {
		t.Fatalf("the doctor holds %d licences", len(held))
	}
	run, lists := stele.Consortium{CredentialIssuers: b.doctor.Consortium().Issuing()}, func(issuer stele.Subject) [][]byte { return b.doctor.StatusLists(ctx, issuer) }
	for i, h := range held {
		to := sdjwt.Binding{Audience: "somebody", Nonce: "n"}
		token, err := sdjwt.Parse(h.Token)
		w.Must(err)
		bound, err := token.Bind(b.doctor.Keyring().CredentialKey(), to, b.Clock())
		w.Must(err)
		if _, err := credential.Presented(run, []string{bound.Compact()}, to, lists, b.Clock()); err != nil {
			t.Errorf("licence %d: %v", i, err)
		}
	}
}

// TestWhoIsNotAdmittedRenewsAtOnce: of who gives roles alone the members admit no certificate.
func TestWhoIsNotAdmittedRenewsAtOnce(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h := w.Orgs["Lakeview"]
		next, err := h.Issuing.Renew()
		w.Must(err)
		if now, err := h.Issuing.Issuer(); err != nil || string(now.Certificate) != string(next) {
			t.Errorf("it goes on with the old one: %v", err)
		}
	})
}
