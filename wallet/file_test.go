package wallet_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
)

const passphrase = "correct horse"

func create(t *testing.T) (*wallet.Wallet, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w"+wallet.Suffix)
	w, err := wallet.Create(path, passphrase, pebblestore.Folders{}, wallet.Options{Kind: wallet.Patient, Name: "Elena Marchetti", WorkFactor: 10})
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
	subject, document := w.Subject(), w.Keyring().KeyDocument()
	patient, held := stele.Subject{1}, wallet.Held{Grant: stele.NewID(), Subject: stele.Subject{1}, Salt: []byte{1}, KeyIndex: 7}
	wallettest.Keep(w, held)
	linking := w.Links().Link([]links.Link{{Number: "4711", Subject: patient, Name: "Zoë"}}, links.Confirmed{})
	if err := errors.Join(linking, w.Links().AddSystem("urn:oid:1", func(func(string) bool) (bool, error) { return false, nil })); err != nil {
		t.Fatal(err)
	}
	linked, err := w.Links().Of(patient)
	if err != nil || len(linked) != 1 {
		t.Fatalf("%v, %v", linked, err)
	}
	w.Close()
	w, err = wallet.Open(path, passphrase, pebblestore.Folders{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if w.Subject() != subject || !bytes.Equal(w.Keyring().KeyDocument(), document) || w.Name() != "Elena Marchetti" || w.Kind() != wallet.Patient {
		t.Error("another wallet was opened")
	}
	again, err := w.Links().Of(patient)
	holds, err2 := w.HeldFor(patient, 0)
	if diff := cmp.Diff(linked, again); diff != "" || errors.Join(err, err2) != nil || len(holds) != 1 || holds[0].Grant != held.Grant || len(w.Links().Systems()) != 1 {
		t.Errorf("%s%v, %v, %v", diff, holds, err, err2)
	}
	if a, b := w.Keyring().OneTime(1), w.Keyring().OneTime(2); bytes.Equal(a.Public().Key, b.Public().Key) {
		t.Error("two one-time keys are one")
	}
	files, _ := filepath.Glob(path + "*")
	within, _ := filepath.Glob(path + ".book/*")
	for _, file := range append(files, within...) {
		info, err := os.Stat(file)
		if err != nil || info.IsDir() {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil || bytes.Contains(raw, []byte("Elena")) || bytes.Contains(raw, []byte("4711")) {
			t.Errorf("%s is in the clear, or %v", filepath.Base(file), err)
		}
		if inside := filepath.Dir(file) != filepath.Dir(path); info.Mode().Perm()&0o077 != 0 && !inside && filepath.Ext(file) != ".mark" { // the folder is its owner's; a mark says nothing
			t.Errorf("%s may be read by others: %v", filepath.Base(file), info.Mode())
		}
	}
}

// TestWalletOpensForItsPassphraseOnly and is never overwritten.
func TestWalletOpensForItsPassphraseOnly(t *testing.T) {
	w, path := create(t)
	w.Close()
	for _, wrong := range []string{"", "Correct horse", passphrase + " "} {
		_, err := wallet.Open(path, wrong, pebblestore.Folders{})
		wants(t, err, stele.KindDenied)
		if err != nil && strings.Contains(err.Error(), passphrase) {
			t.Error("the error tells the passphrase")
		}
	}
	_, err := wallet.Open(path+"x", passphrase, pebblestore.Folders{})
	wants(t, err, stele.KindNotFound)
	_, err = wallet.Create(path, passphrase, pebblestore.Folders{}, wallet.Options{Kind: wallet.Patient})
	wants(t, err, stele.KindExists)
	_, err = wallet.Create(path+"2", "", pebblestore.Folders{}, wallet.Options{Kind: wallet.Patient})
	wants(t, err, stele.KindUsage)
}

// TestWalletIsOpenOnce at a time.
func TestWalletIsOpenOnce(t *testing.T) {
	w, path := create(t)
	_, err := wallet.Open(path, passphrase, pebblestore.Folders{})
	wants(t, err, stele.KindBusy)
	if who := strconv.Itoa(os.Getpid()); !strings.Contains(err.Error(), who) || !strings.Contains(stele.HintOf(err), "ps -p "+who) {
		t.Errorf("it does not say who has it: %v; %s", err, stele.HintOf(err))
	}
	w.Close()
	w, err = wallet.Open(path, passphrase, pebblestore.Folders{})
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
}

// TestAWalletIsOneUnderTwoNames: whoever opens it by a link has its book and its lock, and
// makes no second ones; a book that lies beside the link was always there, and stays.
func TestAWalletIsOneUnderTwoNames(t *testing.T) {
	w, path := create(t)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	wallettest.Edit(w, func(s *wallet.State) { s.Published = 7 })
	link, chained := filepath.Join(t.TempDir(), "other"+wallet.Suffix), filepath.Join(t.TempDir(), "third"+wallet.Suffix)
	check(os.Symlink(path, link))
	check(os.Symlink(link, chained))
	for _, name := range []string{link, chained} {
		_, err := wallet.Open(name, passphrase, pebblestore.Folders{})
		wants(t, err, stele.KindBusy)
	}
	check(w.Close())
	w, err := wallet.Open(chained, passphrase, pebblestore.Folders{})
	check(err)
	if w.Forgot() || w.State().Published != 7 {
		t.Errorf("by another name it has forgotten: %v, %d", w.Forgot(), w.State().Published)
	}
	check(w.Close())
	if beside, _ := filepath.Glob(link + ".*"); len(beside) > 0 {
		t.Errorf("beside the link lies %v", beside)
	}

	for _, of := range []string{".book", ".book.mark"} {
		check(os.Rename(path+of, link+of))
	}
	w, err = wallet.Open(link, passphrase, pebblestore.Folders{})
	check(err)
	if w.Forgot() || w.State().Published != 7 {
		t.Errorf("with its book beside the link it has forgotten: %v, %d", w.Forgot(), w.State().Published)
	}
	check(w.Close())
	w, err = wallet.Open(path, passphrase, pebblestore.Folders{})
	check(err)
	check(w.Close())
	_, err = wallet.Open(link, passphrase, pebblestore.Folders{})
	wants(t, err, stele.KindExists)
}

// TestAWalletWithoutItsBookStillOpens: its keys do, and it says what is gone.
func TestAWalletWithoutItsBookStillOpens(t *testing.T) {
	w, path := create(t)
	subject := w.Subject()
	w.Close()
	var before uint32
	for range 2 { // gone once, and once more, after a busy second
		if err := errors.Join(os.RemoveAll(path+".book"), os.Remove(path+".book.mark")); err != nil {
			t.Fatal(err)
		}
		w, err := wallet.Open(path, passphrase, pebblestore.Folders{})
		if err != nil || w.Subject() != subject || !w.Forgot() {
			t.Fatalf("without its book: %v", err)
		}
		const busy = 10_000
		from := w.State().Published
		if w.State().Lost.IsZero() || from == 0 || before <= from && from < before+busy {
			t.Errorf("that it is gone is not known (%v), and one-time keys begin at %d again", w.State().Lost, from)
		}
		before = from
		w.Edit(func(s *wallet.State) { s.Published += busy })
		w.Close()
		if w, err = wallet.Open(path, passphrase, pebblestore.Folders{}); err != nil || w.Forgot() || w.State().Lost.IsZero() {
			t.Errorf("later on: %v", err)
		}
		w.Close()
	}
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
		if _, err := wallet.Open(path, passphrase, pebblestore.Folders{}); stele.KindOf(err) != stele.KindInvalid || strings.Contains(stele.TextOf(err), "passphrase") {
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
		w, err := wallet.Create(path, passphrase, pebblestore.Folders{}, options)
		if err == nil {
			w.Close()
		}
		slow <- err
	}()
	time.Sleep(50 * time.Millisecond) // it has looked by now, and seals
	w, err := wallet.Create(path, passphrase, pebblestore.Folders{}, quick)
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	if err := <-slow; stele.KindOf(err) != stele.KindExists {
		t.Errorf("the second one was made, too: %v", err)
	}
}

// TestAHalfMadeWalletIsNone: one whose book could not be written would be taken for one
// that has forgotten.
func TestAHalfMadeWalletIsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("w", 243)+wallet.Suffix) // the mark's name would be too long
	options := wallet.Options{Kind: wallet.Patient, Name: "Ana Alvar", WorkFactor: 1}
	if _, err := wallet.Create(path, "words", pebblestore.Folders{}, options); err == nil || stele.HintOf(err) == "" {
		t.Fatalf("%v, hint %q", err, stele.HintOf(err))
	}
	if _, err := wallet.Open(path, "words", pebblestore.Folders{}); stele.KindOf(err) != stele.KindNotFound {
		t.Fatalf("the name is taken: %v", err)
	}
}

// TestAnEarlierWalletOfThatNameLeavesNothing: only its file was taken away.
func TestAnEarlierWalletOfThatNameLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w"+wallet.Suffix)
	for range 2 {
		w, err := wallet.Create(path, passphrase, pebblestore.Folders{}, wallet.Options{Kind: wallet.Patient, Name: "Ana Alvar", WorkFactor: 1})
		if err != nil {
			t.Fatal(err)
		}
		if n := w.State().Published; n != 0 {
			t.Errorf("a new wallet has published %d keys", n)
		}
		w.Edit(func(s *wallet.State) { s.Published = 7 })
		if err := errors.Join(w.Close(), os.Remove(path)); err != nil {
			t.Fatal(err)
		}
	}
}
