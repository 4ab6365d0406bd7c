package wallet_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/wallet"
)

// TestAWalletThatIsLetGoIsUsedByOthers: somebody reads on in a chart that is open, and gives meanwhile by
// another command; taken again the wallet knows it, and nobody takes it from who has it.
func TestAWalletThatIsLetGoIsUsedByOthers(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		ana, d := w.NewPatient("Ana", "Northside"), w.NewDoctor("Dr Ruiz", "Northside")
		w.Gives(ana, w.Orgs["Northside"], stele.Allergies)
		w.Delivers("Northside", ana, town.Note("a0", stele.Allergies, "2020-01-02"))
		w.Gives(ana, d, stele.Allergies)
		h, err := d.Charts.HoldChart(t.Context(), ana.Subject(), town.FollowUp, func(stele.Label) bool { return false })
		w.Must(err)
		defer h.Close()
		_, err = h.OtherCharts()
		w.Must(err)
		w.Must(d.LetGo())
		w.Must(d.LetGo())

		held, err := wallet.Open(d.Beside(""), town.Passphrase, pebblestore.Folders{})
		w.Must(err)
		if err := d.TakeAgain(); stele.KindOf(err) != stele.KindBusy {
			t.Errorf("taken from who has it: %v", err)
		}
		w.Gives(ana, w.Session(held), stele.Problems)
		board := w.NewPerson("Board", wallet.Organisation)
		w.Admits(board, stele.LicenceCredential, "GB")
		w.Must(w.Session(held).FollowNow(t.Context()))
		w.Must(held.Close())

		records, err := h.Read(t.Context(), func(*reading.Folio) bool { return true })
		w.Must(err)
		w.Must(d.TakeAgain())
		w.Must(h.TellLooked(t.Context()))
		if all, err := d.HeldToRead(ana.Subject()); err != nil || len(all) != 2 || len(records) != 1 {
			t.Errorf("%d grants, %d records, %v", len(all), len(records), err)
		}
		if len(d.Consortium().Issuing()) != 1 {
			t.Errorf("what the other process learned of the consortium is not known: %v", d.Consortium().Issuing())
		}
		_, err = wallet.Open(d.Beside(""), town.Passphrase, pebblestore.Folders{})
		w.Wants(err, stele.KindBusy, "a wallet that was taken again")
	})
}

// TestAWalletThatCannotBeTakenAgainIsClosed: its book was moved away meanwhile. It is said, others may have what is left of the wallet, and
// it is taken once the book is back.
func TestAWalletThatCannotBeTakenAgainIsClosed(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		d := w.NewDoctor("Dr Ruiz", "Northside")
		w.Must(d.LetGo())
		moved, err := filepath.Glob(d.Beside("*.mark"))
		if w.Must(err); len(moved) != 1 {
			t.Fatalf("beside the wallet lie %v", moved)
		}
		w.Must(os.Rename(moved[0], moved[0]+".away"))
		for range 2 {
			if err := d.TakeAgain(); err == nil || stele.HintOf(err) == "" {
				t.Errorf("without its mark it is taken: %v", err)
			}
		}
		w.Must(os.Rename(moved[0]+".away", moved[0]))
		w.Must(d.TakeAgain())
		if _, err := d.HeldGrants(); err != nil {
			t.Error(err)
		}
	})
}
