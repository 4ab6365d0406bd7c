// Command stele is all of Stele in one binary: a network on this machine, the
// wallets of patients, doctors and organisations, and the checks that need
// nobody's word.
//
// It is a face: what a command does is done by the rooms below, wallet above
// all. Here are only questions, tables and words. Data goes to stdout, words to
// stderr; --json gives one object a line. It exits with 0 ok, 1 failed, 2 usage,
// 3 denied, 4 not found, 5 unreachable, 6 a proof does not check, 7 sent and not
// known to have happened, and never prints a stack. It asks nothing where no person watches.
//
// It keeps no state of its own: that is in the home folder (network.json,
// wallets/), which a devnet makes and which --home or STELE_HOME name.
//
// Start with main.go (Main, which tests start too), then root.go, the list of
// commands; each noun has a file of its own. face.go is what commands share.
package main
