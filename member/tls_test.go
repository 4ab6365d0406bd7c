package member

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

func identity() Identity { return NewIdentity("clinic", "clinic", []byte("a key document")) }

// TestPinIsOfTheKeyThatIsServed: each start makes another certificate of the same
// key.
func TestPinIsOfTheKeyThatIsServed(t *testing.T) {
	id := identity()
	for range 2 {
		c, err := id.Certificate()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "c.pem")
		writePair(t, path, c)
		pin, err := FilePin(path, path)
		if err != nil || pin != id.Pin() {
			t.Errorf("%x, want %x (%v)", pin, id.Pin(), err)
		}
	}
	if other := identity(); other.Pin() == id.Pin() {
		t.Error("two members have one TLS key")
	}
}

func writePair(t *testing.T, path string, c tls.Certificate) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	raw := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRenewedCertificateIsTakenUp: without a restart; and a half-written one does
// not take the old one away.
func TestRenewedCertificateIsTakenUp(t *testing.T) {
	path, log := filepath.Join(t.TempDir(), "c.pem"), new(bytes.Buffer)
	made := func() tls.Certificate {
		c, err := identity().Certificate()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first, second := made(), made()
	writePair(t, path, first)
	config, err := FilesTLS(path, path, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	serves := func(c tls.Certificate) {
		t.Helper()
		got, err := config.GetCertificate(nil)
		if err != nil || !bytes.Equal(got.Certificate[0], c.Certificate[0]) {
			t.Errorf("another certificate is served (%v)", err)
		}
	}
	serves(first)
	later := func(d time.Duration) {
		if err := os.Chtimes(path, time.Now(), time.Now().Add(d)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(lookAgain + 50*time.Millisecond)
	}
	if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	later(time.Hour)
	serves(first)
	if !strings.Contains(log.String(), "the old one stays") {
		t.Error("nobody is told")
	}
	writePair(t, path, second)
	later(2 * time.Hour)
	serves(second)
	if _, err := FilesTLS(path+"x", path, slog.New(slog.DiscardHandler)); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("no certificate at all: %v", err)
	}
}

// TestServicesLeaveLoopbackUnderTLSOnly: whoever wires a member, this holds.
func TestServicesLeaveLoopbackUnderTLSOnly(t *testing.T) {
	id := identity()
	id.Listen = "0.0.0.0:0"
	_, err := Start(t.Context(), Config{Folder: t.TempDir(), Identity: id, Network: &wire.Network{}, Log: slog.New(slog.DiscardHandler)})
	if stele.KindOf(err) != stele.KindInvalid || !strings.Contains(err.Error(), "without TLS") {
		t.Errorf("services on every address without TLS: %v", err)
	}
}

// TestAMemberOfOldHasItsShare: what the last release wrote holds one share, and is read
// without a question; once saved it is one of many.
func TestAMemberOfOldHasItsShare(t *testing.T) {
	_, shares, err := threshold.Ceremony{Chain: "c", Epoch: 1, Threshold: 1, Members: 1}.Rehearse()
	if err != nil {
		t.Fatal(err)
	}
	folder, id := t.TempDir(), identity()
	raw, err := json.Marshal(id)
	if err != nil {
		t.Fatal(err)
	}
	old := bytes.Replace(raw, []byte(`"shares":null`), fmt.Appendf(nil, `"share":%q`, base64.StdEncoding.EncodeToString(shares[0].Bytes())), 1)
	if bytes.Equal(old, raw) {
		t.Fatal("the file is not as it was of old")
	}
	if err := os.WriteFile(filepath.Join(folder, IdentityFile), old, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		id, err = LoadIdentity(folder)
		if err != nil {
			t.Fatal(err)
		}
		held, err := id.shares()
		if err != nil || len(held) != 1 || held.Of(1) == nil || !bytes.Equal(held.Of(1).Bytes(), shares[0].Bytes()) || held.Of(2) != nil {
			t.Errorf("it holds %d shares: %v", len(held), err)
		}
		for epoch, lacks := range map[uint64]bool{1: false, 2: true} {
			run := stele.Consortium{Committee: stele.Committee{Epoch: epoch}, Members: []stele.Member{{Subject: id.Subject, Share: 1}}}
			if id.lacks(run) != lacks {
				t.Errorf("in epoch %d: it is said to lack its share: %v", epoch, !lacks)
			}
			if run.Members[0].Share = 0; id.lacks(run) {
				t.Error("who is no trustee lacks a share")
			}
		}
		if err := id.Save(folder); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSecretsAreSavedWhole: an identity that is saved again is there, old or new,
// and readable by its owner only.
func TestSecretsAreSavedWhole(t *testing.T) {
	folder, id := t.TempDir(), identity()
	for _, shares := range [][][]byte{nil, {[]byte("a share")}, {[]byte("a share"), []byte("the next")}} {
		id.Shares = shares
		if err := id.Save(folder); err != nil {
			t.Fatal(err)
		}
		back, err := LoadIdentity(folder)
		if err != nil || !slices.EqualFunc(back.Shares, shares, bytes.Equal) || !bytes.Equal(back.Secret, id.Secret) {
			t.Errorf("%v", err)
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files, %v", len(entries), err)
	}
	if about, _ := os.Stat(filepath.Join(folder, IdentityFile)); about.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", about.Mode())
	}
}
