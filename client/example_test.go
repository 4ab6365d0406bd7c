package client_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/stele-health/stele/book"
	"github.com/stele-health/stele/book/booktest"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/wallet"
)

// A patient's chart, from her wallet's file to what stands in it: any of her sources wrote it.
func Example() {
	ctx := context.Background()
	network, err := netfile.Read("network.json")
	if err != nil {
		log.Fatal(err)
	}
	w, err := wallet.Open("elena.wallet", "her passphrase", pebblestore.Folders{})
	if err != nil {
		log.Fatal(err)
	}
	members, err := client.Dial(network)
	if err != nil {
		log.Fatal(err)
	}
	s, err := client.Open(w, members) // closes what it has, and the wallet, with Close
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	chart, err := s.Charts.OpenOwn(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range chart.Records {
		fmt.Println(r.When, r.Type, string(r.JSON))
	}
	for _, f := range chart.Faults { // who gave wrong or no answers; the chart holds all the same
		fmt.Println(f.Member, f.What)
	}
}

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
