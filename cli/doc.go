// Package cli is what the commands of stele share: how they are called and told of,
// the home folder with its network file and wallets, the files they write, the codes
// they end with.
//
// Data goes to stdout, words to stderr; --json gives one object a line. A command ends
// with 0 ok, 1 failed, 2 usage, 3 denied, 4 not found, 5 unreachable, 6 a proof does not
// check, 7 sent and not known to have happened, 130 stopped, and never prints a stack. A
// hint can be typed as it stands, at the same home and with the same wallet. Nothing is
// written over unless --force says so, and nothing is asked where no person watches.
//
// It knows no command but version, keeps no state, and decides nothing that a room
// below could: what a command does is one call there. The commands stand in the rooms
// beside it, by who types them: try, wallet, care, ledger, member.
//
// Start with Main (run.go) and Face (face.go); root.go has the flags of all commands,
// fail.go how an error is told, target.go how a file is written.
package cli
