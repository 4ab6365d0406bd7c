package town

import (
	"crypto/sha256"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/wire"
)

// Admits has the members admit an issuer, for credentials of a kind in a jurisdiction.
func (w *Town) Admits(issuer *client.Session, kind stele.CredentialKind, in string) {
	w.T.Helper()
	by, err := issuer.Issuing.Issuer()
	w.Must(err)
	subject, hash := issuer.Subject(), sha256.Sum256(by.Certificate)
	w.Decide(&wire.Transaction{Message: &wire.Transaction_AdmitIssuer{AdmitIssuer: &wire.AdmitIssuer{
		Issuer: &wire.CredentialIssuer{Subject: subject[:], Certificate: hash[:], Kinds: wire.CredentialKindBits(kind), Jurisdictions: []string{in}},
	}}})
}

// Decide has all members sign a transaction, and puts it on the ledger.
func (w *Town) Decide(tx *wire.Transaction) {
	w.T.Helper()
	var signers []wire.Signer
	for _, name := range w.Names {
		signers = append(signers, w.Orgs[name].Keyring().Signer())
	}
	_, err := w.Orgs[w.Names[0]].Submit(w.T.Context(), tx, signers...)
	w.Must(err)
}
