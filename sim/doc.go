// Package sim looks for what breaks Stele's promises in runs that nobody would
// think of writing: each drawn from a number, its seed.
//
// [Contracts] puts random blocks into replicas of the ledger that lose their
// power and restart, and holds every verdict, event, app hash and proof of
// completeness against a plain model (ledgertest.Model).
//
// [Network] runs four whole members, real but for CometBFT, the ports and the
// clock, and people with real wallets. Questions and answers are lost, late and
// doubled, members are cut off, lose their power at any change of the disk and
// what was not synced, run out of space, fall behind, and one of them lies. All
// along and at the end the laws are held against what a judge saw (court.go).
// After the last fault everything that was promised must come true.
//
// What it does not do: it does not simulate CometBFT. A simulated consensus
// orders parcels and signs headers; chain's own tests and those on real processes
// are for the engine.
//
// A seed decides every fault by what it is about and how often that was asked
// before, and all randomness; time is simulated, one processor is used. A seed
// run again goes the same way but for what Pebble does behind our back, which
// can shift a moment by milliseconds and change what a power loss leaves.
//
// Only tests run it. Start with contracts.go and world.go. A failing seed runs
// again with
//
//	go test ./sim -run TestNetworks -seed N -v
package sim
