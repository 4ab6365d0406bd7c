// Package client is what to import to build on Stele: it dials the members of a network
// and puts a wallet to work on them.
//
//	n, err := netfile.Read("network.json")
//	w, err := wallet.Open("elena.wallet", passphrase, pebblestore.Folders{})
//	network, err := client.Dial(n)
//	s, err := client.Open(w, network)
//	defer s.Close()
//	_, err = s.Join(ctx)                 // once, for a new wallet
//	chart, err := s.Charts.OpenOwn(ctx)
//
// What concerns a person and their grants are methods of [Session]: join, find, give and
// take back grants, collect, read the log. The rest are its parts: Charts opens charts
// (package reading), Account tells who asked and who opened, and writes the export (package
// account), Delivery delivers, imports and takes back (package delivery).
//
// A wallet keeps what it learns in a book, and the book's store is the caller's: folders by
// Pebble (book/pebblestore, as above), or a database that is there already, behind the few
// methods of book.Stores; book/booktest tries whether it will do. Everything in it is sealed.
//
// A book stays in the stores that it was made in: in others the wallet begins anew, and
// Forgot tells so. Whoever is to be given grants needs a card in a directory: a member's own
// wallet has it by [EnlistMember], its people's by Session.Enlist with the member's session.
//
// Errors are *stele.Error: stele.KindOf tells what kind, stele.TextOf what happened, and
// stele.HintOf what a person may do, in words of the stele command.
//
// It runs no node and no engine, and brings no database.
package client
