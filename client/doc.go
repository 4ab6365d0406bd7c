// Package client is what to import to build on Stele: it dials the members of a network
// and puts a wallet to work on them.
//
//	n, err := netfile.Read("network.json")
//	w, err := wallet.Open("elena.wallet", passphrase, pebblestore.Folders{})
//	network, err := client.Dial(n)
//	s, err := client.Open(w, network)
//	defer s.Close()
//	chart, err := s.OpenOwn(ctx)
//
// Everything that a person can do with a wallet is a method of [Session]: those of
// wallet.Session (join, grant, collect, the log), reading.Reader (open charts),
// account.Teller (the account, the export) and delivery.Desk (deliver, import, withdraw).
//
// A wallet keeps what it learns in a book, and the book's store is the caller's: folders by
// Pebble (book/pebblestore, as above), or a database that is there already, behind the few
// methods of book.Stores; book/booktest tries whether it will do. Everything in it is sealed.
//
// It runs no node and no engine, and brings no database.
package client
