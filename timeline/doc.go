// Package timeline makes one coherent story out of many records from many
// sources: what happened, when, in one line each, newest first.
//
// The same fact delivered twice, or by two sources, is told once and names both
// sources. A difference is never hidden: another value, time, dose or status is
// another line. Marks for results out of range are the source's own, from its
// reference range or interpretation; this package judges nothing.
//
// It never panics on a resource it does not understand: what it cannot tell it
// names by its type. It reads no clock and does no arithmetic in floating point,
// so that everybody tells the same story from the same records. What it returns
// is patient data.
//
// Start with [Tell] (story.go); the lines are made in observation.go and
// clinical.go, sameness is decided in merge.go, the page is set in text.go.
package timeline
