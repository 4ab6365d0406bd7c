// Package booktest holds stores to what package book asks of them, and has [Memory], stores
// for tests that need no disk.
//
//	func TestOurStoresKeepBooks(t *testing.T) {
//		booktest.Run(t, ourStores, t.TempDir())
//	}
//
// Run finds rows that are out of order, half a batch, a snapshot that moves, what was
// committed and is gone when the store is opened again. What it can't find out from within
// one process is whether what was waited for is on disk when the power fails: for that fail
// the disk, write by write, as the tests of package pebblestore do.
//
// Only tests import it. Start at [Run].
package booktest
