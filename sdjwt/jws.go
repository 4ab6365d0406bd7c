package sdjwt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/stele-health/stele"
)

// A jwt is a signed JWT (RFC 7515, compact) whose header and payload were read; its
// signature is checked by verify, and not before.
type jwt struct {
	compact         string
	header, payload map[string]any
}

// readJWT reads a JWT of one type ("kb+jwt"). Parameters that it does not know are passed
// over, as RFC 7515 §4 wants, but for those that change what a signature says.
func readJWT(compact, typ string) (*jwt, error) {
	parts := strings.Split(compact, ".")
	if len(parts) != 3 {
		return nil, invalid("a signed part is not three parts with points between")
	}
	var raw [3][]byte
	for i, part := range parts {
		var err error
		if raw[i], err = decode64(part); err != nil {
			return nil, err
		}
	}
	if len(raw[2]) != 64 {
		return nil, invalid("a signature is not one of ES256")
	}
	header, err := parseObject(raw[0], maxDepth)
	if err != nil {
		return nil, err
	}
	if err := checkHeader(header, typ); err != nil {
		return nil, err
	}
	payload, err := parseObject(raw[1], maxDepth)
	if err != nil {
		return nil, err
	}
	return &jwt{compact: compact, header: header, payload: payload}, nil
}

func checkHeader(header map[string]any, typ string) error {
	if header["alg"] != string(jose.ES256) {
		return invalid("it is signed by another algorithm than ES256")
	}
	if header["typ"] != typ {
		return invalid("it is of another type than " + typ)
	}
	for _, name := range []string{"crit", "b64", "zip"} {
		if _, there := header[name]; there {
			return invalid("its header asks for what is not supported")
		}
	}
	return nil
}

// verify checks the signature.
func (j *jwt) verify(key *ecdsa.PublicKey) error {
	signed, err := jose.ParseSignedCompact(j.compact, []jose.SignatureAlgorithm{jose.ES256})
	if err == nil {
		_, err = signed.Verify(key)
	}
	if err != nil {
		return invalid("a signature does not hold")
	}
	return nil
}

// verifyIssued checks that a JWT was signed by the key of the one certificate in its header,
// that the certificate is valid, and that the caller trusts it for who claims to have issued.
func (j *jwt) verifyIssued(c Check) (*x509.Certificate, error) {
	if c.Trust == nil {
		return nil, invalid("nobody is trusted")
	}
	leaf, key, err := readCertificate(j.header["x5c"])
	if err != nil {
		return nil, err
	}
	if leaf.NotBefore.After(c.At.Add(c.Window)) || leaf.NotAfter.Before(c.At) {
		return nil, invalid("the issuer's certificate is not valid at this time")
	}
	issuer, _ := j.payload["iss"].(string)
	if err := c.Trust(issuer, leaf); err != nil {
		return nil, stele.E("", stele.KindInvalid, "the issuer is not trusted", err)
	}
	return leaf, j.verify(key)
}

// readCertificate reads x5c: one certificate (RFC 7515 §4.1.6: base64, with padding).
func readCertificate(x5c any) (*x509.Certificate, *ecdsa.PublicKey, error) {
	chain, _ := x5c.([]any)
	if len(chain) != 1 {
		return nil, nil, invalid("there is not exactly one certificate of the issuer")
	}
	text, _ := chain[0].(string)
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil || base64.StdEncoding.EncodeToString(der) != text {
		return nil, nil, invalid("the issuer's certificate is not base64")
	}
	return parseCertificate(der)
}

func parseCertificate(der []byte) (*x509.Certificate, *ecdsa.PublicKey, error) {
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, invalid("the issuer's certificate cannot be read")
	}
	key, _ := leaf.PublicKey.(*ecdsa.PublicKey)
	if !isP256(key) || leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return nil, nil, invalid("the issuer's certificate is not for signatures with P-256")
	}
	return leaf, key, nil
}

// sign makes a JWT. Without a certificate its header has none.
func sign(key *ecdsa.PrivateKey, typ string, certificate []byte, payload map[string]any) (string, error) {
	if key == nil || !isP256(&key.PublicKey) {
		return "", invalid("the key to sign with is none of P-256")
	}
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(typ))
	if certificate != nil {
		options.WithHeader("x5c", []string{base64.StdEncoding.EncodeToString(certificate)})
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, options)
	if err != nil {
		return "", stele.E("sign", stele.KindOther, "", err)
	}
	signed, err := signer.Sign(marshal(payload))
	if err != nil {
		return "", stele.E("sign", stele.KindOther, "", err)
	}
	return signed.CompactSerialize()
}

func isP256(key *ecdsa.PublicKey) bool { return key != nil && key.Curve == elliptic.P256() }

// writeKey writes a public key as a JWK (RFC 7517).
func writeKey(key *ecdsa.PublicKey) (map[string]any, error) {
	if !isP256(key) {
		return nil, invalid("the holder's key is none of P-256")
	}
	raw, err := jose.JSONWebKey{Key: key}.MarshalJSON()
	if err != nil {
		return nil, invalid("the holder's key is none of P-256")
	}
	return parseObject(raw, 1)
}

// readConfirmation reads cnf (RFC 7800): a JWK of P-256 without a private part, and nothing
// besides that this room does not know.
func readConfirmation(v any) (*ecdsa.PublicKey, error) {
	cnf, _ := v.(map[string]any)
	jwk, ok := cnf["jwk"].(map[string]any)
	if !ok || len(cnf) != 1 {
		return nil, invalid("the holder is told in another way than by a key")
	}
	for name, want := range jwk {
		fits := name == "kid" || name == "kty" && want == "EC" || name == "crv" && want == "P-256" ||
			name == "use" && want == "sig" || name == "alg" && want == "ES256"
		if name == "x" || name == "y" {
			text, _ := want.(string)
			raw, err := decode64(text)
			fits = err == nil && len(raw) == 32
		}
		if !fits {
			return nil, invalid("the holder's key is not just a public key of P-256")
		}
	}
	var key jose.JSONWebKey
	if err := key.UnmarshalJSON(marshal(jwk)); err != nil {
		return nil, invalid("the holder's key is not just a public key of P-256")
	}
	public, _ := key.Key.(*ecdsa.PublicKey)
	if !isP256(public) {
		return nil, invalid("the holder's key is not just a public key of P-256")
	}
	return public, nil
}

// holds checks iat, nbf and exp of a payload, where they are there: beginnings may lie a
// window ahead, since clocks differ; an end is an end.
func holds(payload map[string]any, at time.Time, window time.Duration) error {
	f := reader{payload: payload}
	issued, begins, ends := f.time("iat", false), f.time("nbf", false), f.time("exp", false)
	switch {
	case f.err != nil:
		return f.err
	case issued.After(at.Add(window)) || begins.After(at.Add(window)):
		return invalid("it is not yet valid")
	case !ends.IsZero() && !at.Before(ends):
		return invalid("it is over")
	}
	return nil
}
