// Package pebblestore keeps the stores of books in folders, by Pebble, an embedded ordered
// key-value store: what the command line gives each wallet, and whoever builds on Stele
// and has no database of their own.
//
// It promises what book.Store does; a change is on disk when it was waited for, and those
// that wait at one time share the wait. A disk that is full ends the process with a
// sentence, as package database says.
//
// It knows nothing of what the rows say: they are sealed, keys and values. It can't tell an
// older folder from the newest one: the book's mark does.
package pebblestore
