package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"errors"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// DialMember returns the client of a member at its address in a network file,
// and holds it to the TLS key that the file pins. See Dial.
func DialMember(a *wire.MemberAddress, options ...Option) (*Client, error) {
	if len(a.GetPin()) == 0 {
		return Dial(a.GetUrl(), options...)
	}
	pin, err := stele.DigestFrom(a.Pin)
	if err != nil {
		return nil, err
	}
	return Dial(a.GetUrl(), append([]Option{WithPin(pin)}, options...)...)
}

var errPin = errors.New("the member answers with another TLS key than the network file names")

// pinned accepts one key and asks for nothing else: neither names nor dates nor
// who signed the certificate say more than the key does.
func pinned(pin stele.Digest) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, // VerifyConnection checks instead, on resumed connections too
		VerifyConnection: func(c tls.ConnectionState) error {
			if len(c.PeerCertificates) == 0 {
				return errPin
			}
			got := sha256.Sum256(c.PeerCertificates[0].RawSubjectPublicKeyInfo)
			if subtle.ConstantTimeCompare(got[:], pin[:]) != 1 {
				return errPin
			}
			return nil
		},
	}
}
