package sdjwt

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/stele-health/stele"
)

// An Issuer signs credentials and status lists.
type Issuer struct {
	Key         *ecdsa.PrivateKey // P-256
	Certificate []byte            // of that key, DER
}

// Issue signs a credential, with all its disclosures: the holder chooses among them. It fails
// with KindInvalid when what is given makes no credential that [Parse] would read.
func (i Issuer) Issue(c Credential) (*Token, error) {
	const op = "issue credential"
	t, err := i.issue(c)
	if err != nil {
		return nil, stele.E(op, stele.KindOf(err), "", err)
	}
	return t, nil
}

func (i Issuer) issue(c Credential) (*Token, error) {
	payload, err := c.payload()
	if err != nil {
		return nil, err
	}
	var h hiding
	claims, err := h.object(c.Claims, 1)
	if err != nil {
		return nil, err
	}
	for name := range c.Claims {
		if slices.Contains(fields, name) {
			return nil, invalid(name + " is a field of its own")
		}
	}
	maps.Copy(payload, claims)
	if len(h.made) > 0 {
		payload["_sd_alg"] = "sha-256"
	}
	compact, err := i.sign(typCredential, payload)
	if err != nil {
		return nil, err
	}
	t := &Token{issued: &jwt{compact: compact}, disclosures: h.made}
	return Parse(t.Compact())
}

// sign signs with the certificate in the header, which must be of the key.
func (i Issuer) sign(typ string, payload map[string]any) (string, error) {
	_, certified, err := parseCertificate(i.Certificate)
	if err != nil {
		return "", err
	}
	if i.Key == nil || !certified.Equal(&i.Key.PublicKey) {
		return "", invalid("the certificate is not of the issuer's key")
	}
	return sign(i.Key, typ, i.Certificate, payload)
}

// A hiding replaces what is hidden by digests.
type hiding struct{ made []*disclosure }

// plain returns a value as JSON has it, with digests for what is hidden in it.
func (h *hiding) plain(v any, depth int) (any, error) {
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case string:
		if utf8.ValidString(v) {
			return v, nil
		}
	case json.Number:
		if json.Valid([]byte(v)) {
			return v, nil
		}
	case int:
		return json.Number(strconv.Itoa(v)), nil
	case int64:
		return json.Number(strconv.FormatInt(v, 10)), nil
	case Claims:
		return h.object(v, depth)
	case map[string]any:
		return h.object(v, depth)
	case []any:
		return h.list(v, depth)
	}
	return nil, invalid("a claim is nothing that JSON has")
}

func (h *hiding) object(o map[string]any, depth int) (map[string]any, error) {
	if depth > maxDepth {
		return nil, invalid("it is nested too deeply")
	}
	out, digests := map[string]any{}, []string{}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if reserved(name) || !utf8.ValidString(name) {
			return nil, invalid("a claim has a name that is reserved or not UTF-8")
		}
		hidden, hide := o[name].(Hidden)
		if !hide {
			hidden.Value = o[name]
		}
		v, err := h.plain(hidden.Value, depth+1)
		if err != nil {
			return nil, err
		}
		if !hide {
			out[name] = v
			continue
		}
		digests = append(digests, h.hide(v, name))
	}
	if len(digests) > 0 {
		slices.Sort(digests) // so that they do not show the order of the names
		out["_sd"] = digests
	}
	return out, nil
}

func (h *hiding) list(l []any, depth int) ([]any, error) {
	if depth > maxDepth {
		return nil, invalid("it is nested too deeply")
	}
	out := []any{}
	for _, v := range l {
		hidden, hide := v.(Hidden)
		if !hide {
			hidden.Value = v
		}
		v, err := h.plain(hidden.Value, depth+1)
		if err != nil {
			return nil, err
		}
		if hide {
			v = map[string]any{"...": h.hide(v)}
		}
		out = append(out, v)
	}
	return out, nil
}

// hide makes the disclosure and returns its digest.
func (h *hiding) hide(v any, name ...string) string {
	d := newDisclosure(v, name...)
	h.made = append(h.made, d)
	return d.digest()
}

// newSalt draws 128 bits (RFC 9901 §9.3).
func newSalt() string {
	raw := make([]byte, 16)
	rand.Read(raw)
	return encode64(raw)
}

// SelfSigned makes a certificate of a key for signing, signed by that key, for who is pinned
// by its hash or known by its key and needs no authority.
func SelfSigned(key *ecdsa.PrivateKey, name string, from, until time.Time) ([]byte, error) {
	const op = "make certificate"
	if key == nil || !isP256(&key.PublicKey) {
		return nil, stele.E(op, stele.KindInvalid, "the key is none of P-256", nil)
	}
	serial := make([]byte, 16)
	rand.Read(serial)
	serial[0] = serial[0]&0x7f | 0x40 // positive, and of one length (RFC 5280 §4.1.2.2)
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial), Subject: pkix.Name{CommonName: name},
		NotBefore: from, NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, stele.E(op, stele.KindInvalid, "", err)
	}
	return der, nil
}
