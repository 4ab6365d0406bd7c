// Command stele is all of Stele in one binary: a network on this machine, the
// wallets of patients, doctors and organisations, and the checks that need
// nobody's word.
//
// It is a face: what a command does is done by the rooms below, and the commands
// themselves stand in cli/…, by who types them. Here the process begins: memory,
// signals, streams, and the tree of the commands.
//
// Start with commands.go; package cli says what holds for all of them.
package main
