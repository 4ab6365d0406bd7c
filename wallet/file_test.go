package wallet_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wallet"
)

const passphrase = "correct horse"

func create(t *testing.T) (*wallet.Wallet, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w"+wallet.Suffix)
	w, err := wallet.Create(path, passphrase, wallet.Options{Kind: wallet.Patient, Name: "Elena Marchetti", WorkFactor: 10})
	if err != nil {
		t.Fatal(err)
	}
	return w, path
}

func wants(t *testing.T, err error, kind stele.Kind) {
	t.Helper()
	if err == nil || stele.KindOf(err) != kind || stele.HintOf(err) == "" {
		t.Errorf("error %v of kind %s with hint %q, want %s and a hint", err, stele.KindOf(err), stele.HintOf(err), kind)
	}
}

// TestWalletKeepsItsKeysAndWhatItLearned across closing and opening.
func TestWalletKeepsItsKeysAndWhatItLearned(t *testing.T) {
	w, path := create(t)
	subject, document := w.Subject(), w.KeyDocument()
	w.State.Links = []wallet.Link{{Number: "4711", Subject: subject, Name: "Zoë"}}
	w.State.Held = []wallet.Held{{Grant: stele.NewID(), Salt: []byte{1}, KeyIndex: 7}}
	if err := w.Save(); err != nil {
		t.Fatal(err)
	}
	state := w.State
	w.Close()
	w, err := wallet.Open(path, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if w.Subject() != subject || !bytes.Equal(w.KeyDocument(), document) || w.Name() != "Elena Marchetti" || w.Kind() != wallet.Patient {
		t.Error("another wallet was opened")
	}
	if diff := cmp.Diff(state, w.State); diff != "" {
		t.Error(diff)
	}
	if a, b := w.OneTime(1), w.OneTime(2); bytes.Equal(a.Public().Key, b.Public().Key) {
		t.Error("two one-time keys are one")
	}
	for _, file := range []string{path, path + ".state"} {
		raw, err := os.ReadFile(file)
		if err != nil || bytes.Contains(raw, []byte("Elena")) || bytes.Contains(raw, []byte("4711")) {
			t.Errorf("%s is in the clear, or %v", filepath.Base(file), err)
		}
		if info, _ := os.Stat(file); info.Mode().Perm() != 0o600 {
			t.Errorf("%s may be read by others: %v", filepath.Base(file), info.Mode())
		}
	}
}

// TestWalletOpensForItsPassphraseOnly and is never overwritten.
func TestWalletOpensForItsPassphraseOnly(t *testing.T) {
	w, path := create(t)
	w.Close()
	for _, wrong := range []string{"", "Correct horse", passphrase + " "} {
		_, err := wallet.Open(path, wrong)
		wants(t, err, stele.KindDenied)
		if err != nil && strings.Contains(err.Error(), passphrase) {
			t.Error("the error tells the passphrase")
		}
	}
	_, err := wallet.Open(path+"x", passphrase)
	wants(t, err, stele.KindNotFound)
	_, err = wallet.Create(path, passphrase, wallet.Options{Kind: wallet.Patient})
	wants(t, err, stele.KindExists)
	_, err = wallet.Create(path+"2", "", wallet.Options{Kind: wallet.Patient})
	wants(t, err, stele.KindUsage)
}

// TestWalletIsOpenOnce at a time.
func TestWalletIsOpenOnce(t *testing.T) {
	w, path := create(t)
	_, err := wallet.Open(path, passphrase)
	wants(t, err, stele.KindBusy)
	w.Close()
	w, err = wallet.Open(path, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
}

// TestDamagedStateIsToldApart flips and cuts the second file; without it the
// keys still open.
func TestDamagedStateIsToldApart(t *testing.T) {
	w, path := create(t)
	subject := w.Subject()
	w.Close()
	whole, err := os.ReadFile(path + ".state")
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func([]byte) []byte{
		"a bit flipped": func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"cut short":     func(b []byte) []byte { return b[:len(b)/2] },
		"empty":         func([]byte) []byte { return nil },
	} {
		if err := os.WriteFile(path+".state", damage(bytes.Clone(whole)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := wallet.Open(path, passphrase)
		t.Log(name)
		wants(t, err, stele.KindProof)
	}
	if err := os.Remove(path + ".state"); err != nil {
		t.Fatal(err)
	}
	w, err = wallet.Open(path, passphrase)
	if err != nil || w.Subject() != subject {
		t.Fatalf("without its second file: %v", err)
	}
	if w.State.Lost.IsZero() || w.State.Published == 0 {
		t.Errorf("that it is gone is not known (%v), and one-time keys begin at %d again", w.State.Lost, w.State.Published)
	}
	w.Close()
}

// TestDamagedWalletIsNoWrongPassphrase: what is cut, empty or no wallet at all is
// said to be that.
func TestDamagedWalletIsNoWrongPassphrase(t *testing.T) {
	w, path := create(t)
	w.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, content := range map[string][]byte{
		"empty": {}, "cut in its head": whole[:30], "cut in its body": whole[:len(whole)-20], "something else": []byte("not a wallet\n"),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := wallet.Open(path, passphrase); stele.KindOf(err) != stele.KindInvalid || strings.Contains(stele.TextOf(err), "passphrase") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestAWalletIsMadeOnce: whoever comes second does not write over the first one's keys,
// however long sealing takes.
func TestAWalletIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w"+wallet.Suffix)
	options := wallet.Options{Kind: wallet.Patient, Name: "Ana Alvar", WorkFactor: 18}
	quick := options
	quick.WorkFactor = 1
	slow := make(chan error, 1)
	go func() {
		w, err := wallet.Create(path, passphrase, options)
		if err == nil {
			w.Close()
		}
		slow <- err
	}()
	time.Sleep(50 * time.Millisecond) // it has looked by now, and seals
	w, err := wallet.Create(path, passphrase, quick)
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	if err := <-slow; stele.KindOf(err) != stele.KindExists {
		t.Errorf("the second one was made, too: %v", err)
	}
}

// TestAHalfMadeWalletIsNone: one whose second file could not be written would be taken for
// one that has forgotten.
func TestAHalfMadeWalletIsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w"+wallet.Suffix)
	if err := os.MkdirAll(filepath.Join(path+".state", "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	options := wallet.Options{Kind: wallet.Patient, Name: "Ana Alvar", WorkFactor: 1}
	if _, err := wallet.Create(path, "words", options); err == nil || stele.HintOf(err) == "" {
		t.Fatalf("%v, hint %q", err, stele.HintOf(err))
	}
	if err := os.RemoveAll(path + ".state"); err != nil {
		t.Fatal(err)
	}
	w, err := wallet.Create(path, "words", options)
	if err != nil {
		t.Fatalf("the name is taken by nothing: %v", err)
	}
	w.Close()
}
