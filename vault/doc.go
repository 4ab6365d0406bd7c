// Package vault is a member's store of sealed records.
//
// A submission is checked as a whole, written to a segment of its own
// (a file, or what else Segments is), and copied to other members before it is
// acknowledged. Inside a segment each record is wrapped under its own erasure
// key, which lives in a small key file beside the segments and nowhere else:
// never in the segment, never in the index. The index (Pebble) holds nothing
// that the segments do not say; it is rebuilt from them when it is lost.
//
// Promises: what was acknowledged is durable here and at k other members (law
// 8); nothing half-written is ever served; no record goes out that does not
// match its leaf, and no submission whose anchor is not final on the member's
// own ledger; a reader gets what the grant, the access and the newest block
// allow, dates included, and otherwise one refusal for everything (R8); a
// patient's own envelopes go to current keys of that patient only, and every
// such fetch is noted.
//
// It never sees a key that opens a record, never reads a trustee's word, and
// never logs a subject, a label or a byte of a record.
//
// A patient may bring envelopes to her own newer keys (added.go): they lie beside the segments
// (addedfile.go), and go with copies.
//
// Files are fsynced, file and folder, before an answer. Of other Segments the
// vault expects what stores of objects promise: what was written is durable and
// visible whole.
//
// Start with put.go, volume.go and read.go; segment.go is the format, fsck.go the check.
// What the last release wrote is read as it lies (magicEarlier, delivery.earlier).
package vault
