package wallet_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/wallet"
)

// TestABackupOfOneMomentOpensAndIsToBeSaid: a book and its mark that were put back together
// open as they were, and nothing tells that they are old; who says so publishes no one-time
// key a second time.
func TestABackupOfOneMomentOpensAndIsToBeSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h"+wallet.Suffix)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w, err := wallet.Create(path, "words", pebblestore.Folders{}, wallet.Options{Kind: wallet.Organisation, Name: "Hospital", WorkFactor: 2})
	check(err)
	publish := func(n uint32) { w.Edit(func(s *wallet.State) { s.Published = n }) }
	publish(64)
	check(w.Close())
	parts := []string{path + ".book", path + ".book.mark"}
	kept := t.TempDir()
	for _, from := range parts {
		check(copied(from, filepath.Join(kept, filepath.Base(from))))
	}
	w, err = wallet.Open(path, "words", pebblestore.Folders{})
	check(err)
	publish(128)
	check(w.Close())
	for _, to := range parts {
		check(os.RemoveAll(to))
		check(copied(filepath.Join(kept, filepath.Base(to)), to))
	}
	w, err = wallet.Open(path, "words", pebblestore.Folders{})
	check(err)
	if got := w.State().Published; got != 64 {
		t.Errorf("the copy has published %d keys", got)
	}
	check(w.Close())
	w, err = wallet.OpenRestored(path, "words", pebblestore.Folders{})
	check(err)
	defer w.Close()
	if got := w.State().Published; got < 1<<30 { // where no key of before is
		t.Errorf("who says that it is a copy goes on at key %d", got)
	}
}

// copied copies a file, or a folder with what is in it.
func copied(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.CopyFS(to, os.DirFS(from))
	}
	raw, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, raw, 0o600)
}
