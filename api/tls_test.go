package api

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// certificate makes a self-signed one and its pin.
func certificate(t testing.TB) (tls.Certificate, stele.Digest) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, sha256.Sum256(spki)
}

func serveTLS(t testing.TB, r Rooms, c tls.Certificate) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := ServeTLS(ctx, l, Handler(r), &tls.Config{Certificates: []tls.Certificate{c}}); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	return l.Addr().String()
}

// TestLaw6OnlyThePinnedKeyIsSpokenTo: a member is who holds the key that its
// address names, over Connect and gRPC; anybody else is not reached at all.
func TestLaw6OnlyThePinnedKeyIsSpokenTo(t *testing.T) {
	own, pin := certificate(t)
	_, other := certificate(t)
	w := &ward{}
	address := serveTLS(t, w.rooms(), own)
	at := func(p stele.Digest) *wire.MemberAddress {
		return &wire.MemberAddress{Url: "https://" + address, Pin: p[:]}
	}
	for _, options := range [][]Option{nil, {OverGRPC()}} {
		c, err := DialMember(at(pin), options...)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Ledger.Status(t.Context(), &StatusRequest{}); err != nil {
			t.Errorf("under its own key: %v", err)
		}
		thief, err := DialMember(at(other), options...)
		if err != nil {
			t.Fatal(err)
		}
		defer thief.Close()
		if _, err := thief.Ledger.Status(t.Context(), &StatusRequest{}); stele.KindOf(err) != stele.KindUnreachable || !strings.Contains(stele.TextOf(err), "another TLS key") {
			t.Errorf("under another key: %v", err)
		}
	}
	if _, err := DialMember(&wire.MemberAddress{Url: "http://" + address, Pin: pin[:]}); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("a pin without TLS: %v", err)
	}
	unpinned, err := Dial("https://" + address)
	if err != nil {
		t.Fatal(err)
	}
	defer unpinned.Close()
	if _, err := unpinned.Ledger.Status(t.Context(), &StatusRequest{}); stele.KindOf(err) != stele.KindUnreachable || !strings.Contains(stele.TextOf(err), "certificate is not trusted") {
		t.Errorf("a certificate that nobody vouches for, without a pin: %v", err)
	}
}

// TestServicesSpeakTLS13Only: over HTTP/1.1 and HTTP/2.
func TestServicesSpeakTLS13Only(t *testing.T) {
	own, _ := certificate(t)
	w := &ward{}
	address := serveTLS(t, w.rooms(), own)
	for version, want := range map[uint16]bool{tls.VersionTLS12: false, tls.VersionTLS13: true} {
		c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		if (err == nil) != want {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		if err == nil {
			c.Close()
		}
	}
	for _, two := range []bool{false, true} {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: two}}
		answer, err := client.Get("https://" + address + "/nothing")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if want := map[bool]int{false: 1, true: 2}[two]; answer.ProtoMajor != want {
			t.Errorf("HTTP/%d, want %d", answer.ProtoMajor, want)
		}
		client.CloseIdleConnections()
	}
}
