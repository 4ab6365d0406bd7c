// Package regular opens and replaces files that a person named, and only regular ones: a pipe
// that nobody writes to, or a device without an end, would hold a command for ever,
// and no signal ends an open that waits.
//
// It promises that no open waits for another process and that Read holds a bounded
// number of bytes. It says nothing of what stands in a file.
package regular
