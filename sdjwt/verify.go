package sdjwt

import (
	"crypto/ecdsa"
	"crypto/x509"
	"slices"
	"time"

	"github.com/stele-health/stele"
)

// Trust says whether a certificate may issue as who claims to: nil for yes. It is asked
// before the signature is checked, and its word is not enough.
type Trust func(issuer string, certificate *x509.Certificate) error

// A Check is what a verifier wants.
type Check struct {
	Trust   Trust
	At      time.Time     // when it is judged
	Window  time.Duration // how far the clocks of others may be from At
	Type    string        // the vct that it must have
	Binding *Binding      // nil: it must be shown without key binding
}

// Verified is a credential that holds.
type Verified struct {
	Credential
	Certificate *x509.Certificate // of its issuer
	BoundAt     time.Time         // when its holder says to have shown it; zero without key binding
}

// Verify checks a presentation: RFC 9901 §7.1 and §7.3 in full, SD-JWT VC, and the Check.
// Status is not looked at: that is [StatusList.Of], and what a missing one means is the
// caller's to say, as is how long a credential may last. It fails with KindInvalid.
//
// A key binding where none is wanted is refused (RFC 9901 §4): it would be read as more than
// was checked.
func Verify(presentation string, c Check) (*Verified, error) {
	const op = "verify credential"
	t, err := Parse(presentation)
	if err != nil {
		return nil, stele.E(op, stele.KindInvalid, "", err)
	}
	v := &Verified{Credential: t.credential}
	if v.Certificate, err = t.issued.verifyIssued(c); err != nil {
		return nil, stele.E(op, stele.KindInvalid, "", err)
	}
	if err := t.check(c); err != nil {
		return nil, stele.E(op, stele.KindInvalid, "", err)
	}
	if c.Binding != nil {
		if v.BoundAt, err = t.checkBinding(t.credential.Holder, *c.Binding, c.At, c.Window); err != nil {
			return nil, stele.E(op, stele.KindInvalid, "", err)
		}
	}
	return v, nil
}

// check checks type, times, audience, and whether there is a key binding as wanted.
func (t *Token) check(c Check) error {
	switch {
	case t.credential.Type != c.Type:
		return invalid("it is a credential of another type")
	case c.Binding == nil && t.binding != nil:
		return invalid("it is shown with a key binding, and none is wanted")
	case c.Binding != nil && t.binding == nil:
		return invalid("it is shown without key binding")
	}
	if err := holds(t.claims, c.At, c.Window); err != nil {
		return err
	}
	aud, there := t.claims["aud"]
	if there && (c.Binding == nil || !meant(aud, c.Binding.Audience)) {
		return invalid("it is for somebody else to judge")
	}
	return nil
}

// meant reports whether aud names an audience (RFC 7519 §4.1.3).
func meant(aud any, audience string) bool {
	if list, ok := aud.([]any); ok {
		return slices.Contains(list, any(audience))
	}
	return aud == audience
}

// checkBinding checks the key binding (RFC 9901 §7.3, 5) and returns when it was made.
func (t *Token) checkBinding(holder *ecdsa.PublicKey, want Binding, at time.Time, window time.Duration) (time.Time, error) {
	payload := t.binding.payload
	f := reader{payload: payload}
	made := f.time("iat", true)
	switch {
	case holder == nil:
		return made, invalid("the credential names no key of a holder")
	case want.Audience == "" || want.Nonce == "":
		return made, invalid("a key binding needs an audience and a nonce")
	case payload["aud"] != want.Audience:
		return made, invalid("the key binding is for another audience")
	case payload["nonce"] != want.Nonce:
		return made, invalid("the key binding is for another nonce")
	case payload["sd_hash"] != t.hash():
		return made, invalid("the key binding is of another presentation")
	case f.err != nil:
		return made, f.err
	case made.Before(at.Add(-window)):
		return made, invalid("the key binding is too old")
	}
	if err := holds(payload, at, window); err != nil {
		return made, err
	}
	return made, t.binding.verify(holder)
}
