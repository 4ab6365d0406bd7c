package issuers

import (
	"fmt"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// valid fails with KindInvalid unless an issuer has all that it is admitted by, in its one
// form: a hash that is no text, kinds that are known, codes of jurisdictions in ascending
// order. Nothing in it is a place for words (law 4).
func valid(issuer *wire.CredentialIssuer) error {
	const op = "admit issuer"
	if err := wire.Opaque(issuer.GetCertificate(), len(stele.Digest{}), "a certificate's hash"); err != nil {
		return err
	}
	if wire.CredentialKinds(issuer.Kinds) == nil {
		return stele.E(op, stele.KindInvalid, "an issuer is admitted for licences, accreditations or both", nil)
	}
	if n := len(issuer.Jurisdictions); n == 0 || n > MaxJurisdictions {
		return stele.E(op, stele.KindInvalid, fmt.Sprintf("an issuer has 1 to %d jurisdictions", MaxJurisdictions), nil)
	}
	for i, code := range issuer.Jurisdictions {
		switch {
		case !jurisdiction(code):
			return stele.E(op, stele.KindInvalid, "a jurisdiction is a code of ISO 3166, like GB or US-CA", nil)
		case i > 0 && code <= issuer.Jurisdictions[i-1]:
			return stele.E(op, stele.KindInvalid, "jurisdictions stand in ascending order, each once", nil)
		}
	}
	return nil
}

// jurisdiction reports whether a code is one of ISO 3166-1 alpha-2 or ISO 3166-2, by its
// form: [A-Z]{2}(-[A-Z0-9]{1,3})?
func jurisdiction(code string) bool {
	if len(code) != 2 && (len(code) < 4 || len(code) > 6 || code[2] != '-') {
		return false
	}
	for i := range len(code) {
		letter, digit := 'A' <= code[i] && code[i] <= 'Z', '0' <= code[i] && code[i] <= '9'
		if i != 2 && !letter && (i < 2 || !digit) {
			return false
		}
	}
	return true
}
