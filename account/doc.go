// Package account tells the owner of a chart who asked and who opened what, when and why,
// and writes what is hers into one file.
//
// [Teller.Report] reads the log, asks all trustees what they kept, holds each against the
// other (package proof) and tells line by line, in the order of time. What does not
// reconcile is a gap, with the member that it accuses. [Teller.Export] writes the chart
// and the account into a file that anybody checks offline.
//
// Promises: an account of any length takes a few bytes of memory for each piece that a
// trustee told; a trustee that lies is named, and moves no line of another's; what is newer
// than the proved log accuses nobody.
//
// Start with account.go, then asker.go (who asked); told.go is what the trustees told,
// doubt.go what is to be thought of a card, export.go the file.
package account
