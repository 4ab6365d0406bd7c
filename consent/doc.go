// Package consent is the grant document: who may read or write what of a chart,
// for which purpose, until when. It parses, evaluates and says it in words.
//
// A grant document is a FHIR R4 Consent shaped after IHE PCF (Privacy Consent
// on FHIR). The patient and the grantee hold it; the ledger holds a commitment
// to its bytes and never the document. Trustees, vaults and wallets judge it
// with the same pure functions, so that they cannot disagree.
//
// Promises: allow-lists only, and whatever is not allowed is denied; a document
// with an element that is not understood and could narrow it is refused; a
// document whose own words are not what it does is refused; two grants of
// different meaning are said differently.
//
// It never looks at a clock, checks no signature and no credential (callers
// hand over what they verified), and never puts what it read into an error.
//
// Start with [Grant]; then [EvaluateActor] and [Covers] (evaluate.go), [Say] (say.go),
// and the place of each element in the document (marshal.go).
package consent
