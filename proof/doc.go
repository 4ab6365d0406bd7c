// Package proof is what a wallet needs to believe nothing: it checks what
// members say about the ledger and about records, down to the validators'
// signatures, offline.
//
// The way from the top: a genesis document, known by its fingerprint, gives the
// first validators ([ReadGenesis]). [Trusted.Check] believes a header that they, or
// validators reached from them, signed. A header's app hash proves a log's head,
// the head proves that these events are all of the log ([CheckLog]) or that one
// event is in it ([CheckEntry]). An anchor in the log proves a submission, that
// a folio, that a record (folio.go). [Verify] does all of it for one file that a
// patient took home ([Export] writes it). Who the trustees, issuers and members were at
// a height, the consortium's own log tells ([History]); the genesis is its first event.
//
// Promises: pure functions of their arguments; no clock, no network, no state.
// Every failure that a lie can cause is of KindProof; hostile bytes never panic.
// A header with even one wrong signature is refused.
//
// Limits: all of this holds while fewer than a third of the validators lie.
// There is no clock here, so nothing says that a header is new: compare its time
// with yours. That a subject has no log is not proved.
//
// Start with header.go, then log.go; export_verify.go uses everything.
package proof
