// Package timeline makes one coherent story out of many records from many
// sources: what is so now, and what happened, when, in one line each, newest
// first.
//
// Promises: of one source's type and id only the newest version is told; what
// its source has withdrawn is not told; under Now stands nothing that is over,
// refuted, not done or only planned, but medicines on hold, called so; what is not clear is called so. The same
// fact delivered twice, or by two sources, is told once and names both; a
// difference is never hidden: another code, text, value, unit, time or status is
// another line. Marks for results out of range are the source's own; this
// package judges nothing. Numbers, units and doses are told as written or not at
// all; a line whose record says more bears a mark, and [Full] shows a record
// whole.
//
// It never panics on a resource it does not understand: what it cannot tell it
// names by its type. It reads no clock (see [Options.At]) and does no arithmetic
// in floating point, so that everybody tells the same story from the same
// records. What it returns is patient data.
//
// The way of a record, with the file that takes each step:
//
//	read (view.go) → the newest version of each source, type and id
//	(versions.go) → what its source has withdrawn (withdrawal.go)
//	→ an entry (entry.go and the tellers beside it, each value noted as it is
//	said; what is left makes the mark: more.go) → how it stands (standing.go),
//	what took its place (replaced.go), and "no known …" (absence.go) → one entry
//	for one fact
//	(fact.go, merge.go) → reports and visits (chapter.go) → Now (now.go)
//	→ the page (text.go).
//
// Start with [Tell] (story.go) and [Full] (full.go).
package timeline
