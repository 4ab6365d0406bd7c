// Package sdjwt makes, shows and verifies credentials of which the holder discloses what
// she chooses: SD-JWT VCs, and the status lists by which their issuers take them back.
//
//	issued, err := issuer.Issue(Credential{…, Claims: Claims{
//		"jurisdiction": "GB", "family_name": Hidden{"Okafor"}}})
//	shown, err := issued.Disclose("family_name")
//	bound, err := shown.Bind(holderKey, Binding{Audience: …, Nonce: …}, now)
//	verified, err := Verify(bound.Compact(), Check{…})
//
// The rules: RFC 9901 (SD-JWT, compact serialization), draft-ietf-oauth-sd-jwt-vc-19,
// draft-ietf-oauth-status-list-20. Of what these leave open, this room takes one way: ES256
// on P-256 (RFC 7518), SHA-256, the issuer's certificate alone in x5c, the holder's key as
// cnf.jwk, lists of two bits. JOSE is go-jose's; nobody else imports it.
//
// Promises: what [Verify] returns was signed by a certificate that the caller trusts for its
// issuer, holds at the time that the caller names, and was bound by the holder's key to the
// caller's audience and nonce, or was wanted without. What the rules refuse, and what is odd
// or too large, is refused with KindInvalid, and no error holds a claim's value. Numbers stay
// as they are written. The room reads no clock, fetches nothing that a token names, and draws
// from crypto/rand only: salts, signatures and the serial numbers of certificates.
//
// It builds no chain of certificates and does not know what kinds of credentials there are:
// the caller says whom it trusts, and what a credential of that type must say and for how
// long. A signature of ECDSA has a twin (r, n-s) that verifies too, which anybody can make:
// so neither a credential's bytes nor their hash name it. What was shown stays bound,
// because sd_hash and whoever fixes a list's hash fix the bytes.
//
// Start with credential.go, then verify.go; reveal.go is the heart of RFC 9901.
package sdjwt
