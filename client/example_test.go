package client_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/booktest"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/wallet"
)

// A wallet's book lies in folders beside the wallet, by Pebble.
func Example_stores() {
	owner("a folder", pebblestore.Folders{})
	// Output:
	// Elena Marchetti, patient, of a folder
}

// A wallet's book lies in the database of whoever builds on Stele: here is one in memory,
// whose code is as long as it takes.
func Example_ownStores() {
	owner("our database", new(booktest.Memory))
	// Output:
	// Elena Marchetti, patient, of our database
}

// owner makes a wallet, opens it as the next process would, and prints whose it is.
func owner(where string, stores book.Stores) {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "elena"+wallet.Suffix)
	w, err := wallet.Create(path, "correct horse", stores, wallet.Options{Kind: wallet.Patient, Name: "Elena Marchetti", WorkFactor: 10})
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		w, err = wallet.Open(path, "correct horse", stores)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	fmt.Printf("%s, %s, of %s\n", w.Name(), w.Kind(), where)
}
