// Package state is what the contracts keep between blocks: their tables, the rates
// at which their events may come, the kinds of their deadlines, and the views that
// a member's own rooms have of it ([Ledger], which is a stele.Ledger).
//
// A contract may read every table here and writes those that its events are about.
// A row is written by events of one subject only, or is the same in whatever order it is
// written (CountRow, JoinedRow), so that a restore can fold one log after the other. Nothing of it is signed or leaves a node; all is folded from
// events, so a row may change its form with a release (ledger's layout).
//
// Start with tables.go.
package state
