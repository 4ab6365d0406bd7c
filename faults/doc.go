// Package faults breaks networks of real processes on purpose, under load, and
// looks for what they had promised: that everything acknowledged is there, once,
// with proofs that check. It holds tests only; docs/reliability.md tells what came
// of them.
//
// A short variety runs with all tests. STELE_LONG=1 kills as often and waits as
// long as the figures say: make faults. STELE_SOAK=30m runs the soak: make soak.
// Full disks and partitions need root, to mount and to cut; without it those tests
// skip and say so.
//
// Start with load_test.go: who works on the network, and what they remember.
package faults
