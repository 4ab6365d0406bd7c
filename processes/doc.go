// Package processes is a whole network of members, each of them a process of its
// own, on loopback: what the tests of faults kill, pause, cut off and start from
// an empty folder. The members are made by the command line from files, as
// people make them: stele member init, deal, found, start.
//
// The processes are those that this package started; nothing else is ever
// signalled. Stop ends them all.
//
// Start with Found; member.go is one process.
package processes
