// Package sim looks for what breaks Stele's promises in runs that nobody would
// think of writing: each drawn from a number, its seed.
//
// [Contracts] puts random blocks into replicas of the ledger that lose their
// power and restart, and holds every verdict, event, app hash and proof of
// completeness against a plain model (ledgertest.Model).
//
// What a seed decides is the same in every run of it: the blocks, and which
// faults are due. How much of unsynced data a power loss leaves may differ, since
// Pebble writes behind our back.
//
// Only tests run it. Start with contracts.go; a failing seed runs again with
//
//	go test ./sim -run TestContracts -seed N -v
package sim
