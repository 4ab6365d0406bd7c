package member

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"math/big"
	"os"
	"sync"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/regular"
)

// Pin returns the SHA-256 of the SubjectPublicKeyInfo of the member's own TLS
// key (RFC 7469 §2.4): what callers hold the member to instead of a name.
func (id Identity) Pin() stele.Digest {
	spki, err := x509.MarshalPKIXPublicKey(id.tlsKey().Public())
	if err != nil {
		panic("member: " + err.Error()) // only for unknown kinds of key
	}
	return sha256.Sum256(spki)
}

func (id Identity) tlsKey() ed25519.PrivateKey {
	seed := id.derive("tls")
	return ed25519.NewKeyFromSeed(seed[:])
}

// Certificate returns a certificate of the member's own TLS key, signed by
// itself. Callers check the key and nothing else, so it says no name and does
// not run out.
func (id Identity) Certificate() (tls.Certificate, error) {
	key := id.tlsKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "stele member " + id.Subject.Short()},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), // RFC 5280 §4.1.2.5
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, stele.E("make certificate", stele.KindOther, "", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// OwnTLS serves under the member's own key.
func (id Identity) OwnTLS() (*tls.Config, error) {
	own, err := id.Certificate()
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{own}}, nil
}

// FilesTLS serves under a certificate in files, which are read again when they
// have changed: a renewed certificate needs no restart. While new ones can't be
// used the old ones stay. It fails with KindInvalid when they can't be used now.
func FilesTLS(certificate, key string, log *slog.Logger) (*tls.Config, error) {
	for what, path := range map[string]string{"the certificate": certificate, "its key": key} {
		if _, err := regular.Read(path, 1<<20); err != nil {
			return nil, stele.E("read certificate", stele.KindInvalid, what+" can't be read: "+path, err).
				WithHint("services.certificate and services.key name two PEM files that the member's process may read; in a file, relative paths begin at its folder")
		}
	}
	f := &files{certificate: certificate, key: key, log: log}
	if err := f.read(); err != nil {
		return nil, stele.E("read certificate", stele.KindInvalid, "certificate and key can't be used: "+certificate, err).
			WithHint("both are PEM files; the leaf comes first, then its issuers")
	}
	return &tls.Config{GetCertificate: f.get}, nil
}

// files is a certificate in files.
type files struct {
	certificate, key string
	log              *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	stamps  [2]time.Time // of the files that pair was read from
	checked time.Time
}

const lookAgain = time.Second // at the earliest

func (f *files) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.checked) >= lookAgain {
		if err := f.read(); err != nil {
			f.log.Warn("the renewed certificate can't be used; the old one stays", "file", f.certificate, "err", err)
		}
	}
	return f.pair, nil
}

// read reads the files if they have changed since.
func (f *files) read() error {
	f.checked = time.Now()
	var stamps [2]time.Time
	for i, path := range []string{f.certificate, f.key} {
		about, err := os.Stat(path)
		if err != nil {
			return err
		}
		stamps[i] = about.ModTime()
	}
	if f.pair != nil && stamps == f.stamps {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(f.certificate, f.key)
	if err != nil {
		return err
	}
	f.pair, f.stamps = &pair, stamps
	return nil
}

// FilePin returns the pin of a certificate in files. It fails with KindInvalid.
func FilePin(certificate, key string) (stele.Digest, error) {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return stele.Digest{}, stele.E("read certificate", stele.KindInvalid, "certificate and key can't be used: "+certificate, err)
	}
	return sha256.Sum256(pair.Leaf.RawSubjectPublicKeyInfo), nil
}
