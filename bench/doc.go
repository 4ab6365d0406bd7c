// Package bench measures what Stele promises in numbers, on the configuration
// that is shipped and on nothing else: real members as package devnet runs
// them, real wallets, real disks.
//
// A figure is a piece of work that reports one or more values. All of them stand
// in one list, in the order in which they run; most run in both sizes, quick
// (all within a minute) and full. A value is printed as soon as it is known, with its
// target and whether it was met; a target that was missed is a failed run.
// Figures say on stderr what they are doing, and are profiled when a folder for
// profiles is named.
//
// To add a figure: write a func(context.Context, *Run) error that calls
// Run.Report, and put it on the list in figures.go. What is prepared stays outside of
// Run.Measured, so that profiles show the measured work alone.
//
// Nothing here makes a figure better: no setting, cache or shortcut exists for it.
//
// Start with figures.go, then bench.go.
package bench
