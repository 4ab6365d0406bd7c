// Package ledgertest is for the tests of the ledger and of what stands on it:
// the promises that every ledger.Store keeps, as one suite ([TestStore]), and a
// small network to write blocks with ([Town]): a consortium, members, keys by
// name, parcels and blocks. Nothing in it is random; everything is derived from
// names, so a failing run fails again.
//
// Only tests and the simulator import it.
package ledgertest
