// Package timeline makes one coherent story out of many records from many
// sources: what is so now, and what happened, when, in one line each, newest
// first.
//
// What one record says, in words, and how it stands by its author's own word, is
// package telling's business. Here it is decided which records count, which of them
// state one fact, what took the place of what, and what stands under Now.
//
// Promises: of one source's type and id only the newest version is told; what
// its source has withdrawn is not told; under Now stands nothing that is over,
// refuted, not done or only planned, but medicines on hold, called so, and results to look
// at, with their day; what is not
// clear is called so. The same fact delivered twice, or by two sources, is told once
// and names both; a difference is never hidden: another code, text, value, unit, time
// or status is another line.
//
// A fact is all that a record says and the words in which it is told. What became of
// it is decided for each source by itself: its versions, errors, withdrawals and what
// replaced it touch nobody else's record. Entries of two sources are one line only if
// they say the same in the same words and stand alike; such a line takes from each of
// them nothing but who vouches for it. Where sources differ the reader sees each one's
// words, with its number. So a source can add lines, and can change or take away none
// but its own; and what sources are called decides nothing but their numbers. Records
// of which nobody proves the source refer to nothing.
//
// It reads no clock (see [Options.At]), so that everybody tells the same story from
// the same records. What it returns is patient data.
//
// The way of a record, with the file that takes each step:
//
//	read (telling.Read) → the newest version of each source, type and id
//	(versions.go) → what its source has withdrawn (withdrawal.go)
//	→ an entry ([telling.Record.Tell]) → what took its place (replaced.go)
//	→ one entry for one fact (merge.go) → reports and visits (chapter.go)
//	→ Now (now.go, look.go), and what tells it otherwise (dispute.go, mistaken.go) → the page (text.go).
//
// Start with [Tell] (story.go).
package timeline
