package sdjwt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stele-health/stele/sdjwt"
)

// A board issues a licence; the doctor shows what she is, and not who; a verifier believes it.
func Example() {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	boardKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	doctorKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	certificate, _ := sdjwt.SelfSigned(boardKey, "a board", now, now.AddDate(1, 0, 0))

	board := sdjwt.Issuer{Key: boardKey, Certificate: certificate}
	licence, _ := board.Issue(sdjwt.Credential{
		Type: "urn:example:licence", Issuer: "did:example:board", Subject: "did:example:doctor",
		IssuedAt: now, Expires: now.AddDate(0, 0, 90), Holder: &doctorKey.PublicKey,
		Claims: sdjwt.Claims{
			"jurisdiction": "GB",
			"profession":   sdjwt.Hidden{Value: "physician"},
			"family_name":  sdjwt.Hidden{Value: "Okafor"},
		}})
	fmt.Println("may disclose:", licence.Paths())

	binding := sdjwt.Binding{Audience: "did:example:hospital", Nonce: "one visit"}
	shown, _ := licence.Disclose("profession")
	bound, _ := shown.Bind(doctorKey, binding, now)

	verified, err := sdjwt.Verify(bound.Compact(), sdjwt.Check{
		Trust: func(issuer string, certificate *x509.Certificate) error {
			if issuer != "did:example:board" || !slices.Equal(certificate.Raw, board.Certificate) {
				return errors.New("another certificate than the one that is pinned")
			}
			return nil
		},
		At: now.Add(time.Second), Window: time.Minute, Type: "urn:example:licence", Binding: &binding,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	profession, _ := verified.Claims.Text("profession")
	_, named := verified.Claims.Text("family_name")
	fmt.Println(profession, named)
	// Output:
	// may disclose: [family_name profession]
	// physician false
}
