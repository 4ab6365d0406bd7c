package sdjwt

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"testing"
	"time"
)

// go test -bench . -cpu 1 ./sdjwt

// BenchmarkChainOfThree is what a trustee does at an access: a licence and a role of one
// holder, each with a key binding, and the accreditation of who gave the role, whose key it
// is signed with. A millisecond is promised for it.
func BenchmarkChainOfThree(b *testing.B) {
	s, accreditor, facility := newScene(b), newIssuer(b), newIssuer(b)
	issue := func(i Issuer, c Credential) *Token { return must(i.Issue(c)) }
	role := issue(facility, Credential{Type: "role", Issuer: "did:stele:facility", Subject: s.says.Subject, IssuedAt: now, Expires: now.Add(time.Hour),
		Holder: &s.holder.PublicKey, Claims: Claims{"role": Hidden{"physician"}, "given_name": Hidden{"Amara"}, "family_name": Hidden{"Okafor"}}})
	accreditation := issue(accreditor, Credential{Type: "accreditation", Issuer: "did:stele:accreditor", Subject: "did:stele:facility", IssuedAt: now, Expires: now.Add(time.Hour),
		Holder: &facility.Key.PublicKey, Status: s.says.Status, Claims: Claims{"jurisdiction": "GB", "facility": "hospital", "name": Hidden{"Lakeview"}}})
	licence, shown := s.shown(b, "profession").Compact(), must(accreditation.Disclose("name")).Compact()
	bound := must(must(role.Disclose("role")).Bind(s.holder, toCommittee, now)).Compact()
	b.ReportMetric(float64(len(licence)+len(bound)+len(shown)), "bytes/chain")
	b.ReportAllocs()
	for b.Loop() {
		check := s.check()
		must(Verify(licence, check))
		facility := must(Verify(shown, Check{Trust: pinned("did:stele:accreditor", accreditor.Certificate), At: now, Type: "accreditation"}))
		check.Type, check.Trust = "role", ofKey(facility.Holder)
		must(Verify(bound, check))
	}
}

// ofKey trusts certificates of a key.
func ofKey(key *ecdsa.PublicKey) Trust {
	return func(_ string, leaf *x509.Certificate) error {
		if !key.Equal(leaf.PublicKey) {
			return errors.New("another key")
		}
		return nil
	}
}

// BenchmarkFiveSignatures is what a chain of three cannot do without.
func BenchmarkFiveSignatures(b *testing.B) {
	key, digest := newKey(b), make([]byte, 32)
	signature := must(ecdsa.SignASN1(rand.Reader, key, digest))
	for b.Loop() {
		for range 5 {
			ecdsa.VerifyASN1(&key.PublicKey, digest, signature)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	s := newScene(b)
	compact := s.shown(b, "profession").Compact()
	for b.Loop() {
		must(Parse(compact))
	}
}

// BenchmarkStatusList reads a list of a hundred thousand places.
func BenchmarkStatusList(b *testing.B) {
	s, l := newScene(b), must(NewStatusList(board1, 100000))
	l.Issuer, l.IssuedAt = s.says.Issuer, now
	for i := 0; i < l.Len(); i += 100 {
		l.Set(i, Revoked)
	}
	token := must(s.board.SignStatusList(l))
	for b.Loop() {
		must(VerifyStatusList(token, s.check()))
	}
}
