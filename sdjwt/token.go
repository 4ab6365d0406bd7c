package sdjwt

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
)

// What a token may be at most. Whoever makes more is refused before much is computed.
const (
	maxToken       = 64 << 10 // bytes
	maxDisclosures = 128
	maxDepth       = 8 // objects and lists in each other, the payload being the first
)

// The types in the headers.
const (
	typCredential = "dc+sd-jwt"
	typBinding    = "kb+jwt"
	typStatusList = "statuslist+jwt"
)

// A Token is a credential as it is handed on: what its issuer signed, disclosures, and, once
// it is bound, the signature with which its holder shows it. It is well-formed; whether its
// signatures hold, [Verify] says. It prints as [redacted].
type Token struct {
	issued      *jwt
	disclosures []*disclosure
	binding     *jwt           // nil: not bound
	claims      map[string]any // the payload with what is disclosed
	credential  Credential
}

// A Binding says for whom and for what a credential is shown (RFC 9901 §4.3).
type Binding struct {
	Audience string // who is to judge it
	Nonce    string // the one transaction that it is shown for
}

// Parse reads a credential in compact form, with or without a key binding, and checks what
// can be checked without a key and a time: its form, and that each disclosure has its digest
// and each digest is there once. It fails with KindInvalid.
func Parse(compact string) (*Token, error) {
	t, err := parse(compact, typCredential)
	if err == nil {
		err = t.readCredential()
	}
	if err != nil {
		return nil, stele.E("read credential", stele.KindInvalid, "", err)
	}
	return t, nil
}

// parse reads any SD-JWT or SD-JWT+KB (RFC 9901 §4).
func parse(compact, typ string) (*Token, error) {
	if len(compact) > maxToken || strings.Count(compact, "~") > maxDisclosures+1 {
		return nil, invalid("it is too large")
	}
	parts := strings.Split(compact, "~")
	last := len(parts) - 1
	if last == 0 {
		return nil, invalid("it is no SD-JWT: there is no ~")
	}
	issued, err := readJWT(parts[0], typ)
	if err != nil {
		return nil, err
	}
	t := &Token{issued: issued}
	for _, encoded := range parts[1:last] {
		d, err := parseDisclosure(encoded)
		if err != nil {
			return nil, err
		}
		t.disclosures = append(t.disclosures, d)
	}
	if parts[last] != "" {
		if t.binding, err = readJWT(parts[last], typBinding); err != nil {
			return nil, err
		}
	}
	t.claims, err = reveal(issued.payload, t.disclosures)
	return t, err
}

// readCredential reads the claims as a credential, and checks what a SD-JWT VC must not hide.
func (t *Token) readCredential() (err error) {
	for name := range mustBeOpen {
		if hides(t.issued.payload[name]) {
			return invalid(name + " is hidden in part")
		}
	}
	for _, d := range t.disclosures {
		if d.within == nil && mustBeOpen[d.path] {
			return invalid(d.path + " is hidden")
		}
	}
	t.credential, err = credential(t.claims)
	return err
}

// Credential returns what the token says with its disclosures. Nobody has verified it.
func (t *Token) Credential() Credential { return t.credential }

// Compact returns the token as it is sent.
func (t *Token) Compact() string {
	if t.binding == nil {
		return t.unbound()
	}
	return t.unbound() + t.binding.compact
}

// unbound is the token without key binding: what sd_hash is of.
func (t *Token) unbound() string {
	var b strings.Builder
	b.WriteString(t.issued.compact + "~")
	for _, d := range t.disclosures {
		b.WriteString(d.encoded + "~")
	}
	return b.String()
}

// hash is sd_hash (RFC 9901 §4.3.1).
func (t *Token) hash() string {
	sum := sha256.Sum256([]byte(t.unbound()))
	return encode64(sum[:])
}

// Paths returns what the holder may disclose, sorted: names of claims, and of what is in
// them, "address/locality", "nationalities/1" (from 0, as the issuer signed them; names are
// escaped as in RFC 6901).
func (t *Token) Paths() []string {
	var paths []string
	for _, d := range t.disclosures {
		paths = append(paths, d.path)
	}
	slices.Sort(paths)
	return paths
}

// Disclose returns the token with what is named by paths, and with what that stands in, and
// nothing else hidden. It fails with KindInvalid for a path that is not in Paths, and for a
// token that is bound.
func (t *Token) Disclose(paths ...string) (*Token, error) {
	const op = "disclose credential"
	if t.binding != nil {
		return nil, stele.E(op, stele.KindInvalid, "it is bound already", nil)
	}
	chosen := map[*disclosure]bool{}
	for _, path := range paths {
		i := slices.IndexFunc(t.disclosures, func(d *disclosure) bool { return d.path == path })
		if i < 0 {
			return nil, stele.E(op, stele.KindInvalid, "there is nothing hidden of that name", nil)
		}
		for d := t.disclosures[i]; d != nil; d = d.within {
			chosen[d] = true
		}
	}
	less := &Token{issued: t.issued}
	for _, d := range t.disclosures {
		if chosen[d] {
			less.disclosures = append(less.disclosures, d)
		}
	}
	return Parse(less.Compact())
}

// Bind returns the token with a key binding, signed at a time by the holder's key, which must
// be the one that the credential names. It fails with KindInvalid.
func (t *Token) Bind(holder *ecdsa.PrivateKey, to Binding, at time.Time) (*Token, error) {
	const op = "bind credential"
	named := t.credential.Holder
	switch {
	case t.binding != nil:
		return nil, stele.E(op, stele.KindInvalid, "it is bound already", nil)
	case to.Audience == "" || to.Nonce == "":
		return nil, stele.E(op, stele.KindInvalid, "a key binding needs an audience and a nonce", nil)
	case holder == nil || named == nil || !named.Equal(&holder.PublicKey):
		return nil, stele.E(op, stele.KindInvalid, "the key is not the one that the credential names", nil)
	}
	compact, err := sign(holder, typBinding, nil, map[string]any{
		"aud": to.Audience, "nonce": to.Nonce, "iat": seconds(at), "sd_hash": t.hash()})
	if err != nil {
		return nil, stele.E(op, stele.KindOf(err), "", err)
	}
	return Parse(t.unbound() + compact)
}

// Format prints [redacted], whatever the verb.
func (Token) Format(f fmt.State, _ rune) { io.WriteString(f, "[redacted]") }
