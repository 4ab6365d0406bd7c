// Package book is where a wallet keeps what it has learned: sealed rows in a [Store] that
// says nothing to whoever finds it. The store is an ordered map of bytes and somebody
// else's: a folder of files (package pebblestore), or the database of whoever builds on
// Stele. What it has to promise stands there; package booktest tries it.
//
// A [Table] holds rows of one type, numbered in the order in which they came, and
// finds them by its indexes: [Equal] by a whole word, [Parts] by parts of a name. A
// [Value] is one row of its own, such as a setting. They are descriptions: any number of
// them, in any place, may stand for the same rows. [Book.View] reads one state of the book,
// whatever is written meanwhile; [Book.Change] changes it. What the rows mean, the wallet
// knows.
//
// Promises: a change is whole or absent, and on disk when Change returns; changes come
// one after another, and those that wait for the disk at one time share the wait. A row
// that does not open, and an index that leads to no row, is an error of KindProof:
// nothing is skipped. A store that is older than the book was, because a backup was
// put back or a part of it is lost, is refused when it is opened, by a sealed mark, a small
// file apart from the store. [Book.Check] reads everything and finds what was taken out, put
// back or exchanged.
//
// Sealed: a row's value is AES-256-GCM under a key of its table, its key on disk being
// additional data, so that a row opens in its place only. An index keeps, under a keyed
// hash of each word, the numbers of the rows, encrypted under a key of that word.
//
// What the store does tell: how many tables and rows there are, how long each row is, in
// which order the rows of a table came, of each word of an index how many rows have it
// (and of each part of a name, how many names), without the word and without which rows
// they are; and, to whoever looks while it is written or finds a log of the store, what was
// written together. Who can read it again and again learns when and how much is written.
//
// It does not promise: that somebody who writes in the store is noticed at once. They
// can put an older row back in its place, and its reader believes it until Check is run;
// and whoever puts back store and mark of one day is believed.
//
// Start reading at [Open], then [Table]; who brings a store, at [Stores].
package book
