package wallet_test

import (
	"path/filepath"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/wallet"
)

// TestR41OnlyWhatCanBeReadIsSet: an organisation's labelling changes only to tables that
// can be read, and nobody else has any.
func TestR41OnlyWhatCanBeReadIsSet(t *testing.T) {
	for kind, want := range map[wallet.Kind]stele.Kind{wallet.Organisation: 0, wallet.Patient: stele.KindInvalid, wallet.Practitioner: stele.KindInvalid} {
		w, err := wallet.Create(filepath.Join(t.TempDir(), "w"+wallet.Suffix), passphrase, pebblestore.Folders{}, wallet.Options{Kind: kind, Name: "Northside", WorkFactor: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		err = w.SetLabelling(wallet.Labelling{Clinics: []string{"hiv"}})
		if (err == nil) != (want == 0) || err != nil && stele.KindOf(err) != want {
			t.Errorf("%s: %v", kind, err)
		}
		if kind != wallet.Organisation {
			continue
		}
		if err := w.SetLabelling(wallet.Labelling{Tables: []string{filepath.Join(t.TempDir(), "none")}}); stele.KindOf(err) != stele.KindNotFound {
			t.Errorf("a table that is not there: %v", err)
		}
		if got := w.Labelling(); len(got.Clinics) != 1 || len(got.Tables) != 0 {
			t.Errorf("after a table that is not there: %v", got)
		}
	}
}
