// Package trustee releases key material, and only what its own node's ledger
// shows it may.
//
// A trustee holds its share of the committee key, one an epoch, and answers with that of
// the committee in force at the newest block. [Trustee.Release] answers a
// reader whose access stands in the patient's log: it checks the request, the
// grant at the newest block, the grant document, the detail with its card, and
// every capsule's label and anchor; then it decrypts each capsule in part, seals
// the partials to the reader's key and signs a receipt that names the height it
// checked. What it learned (who, why, which labels) it keeps only sealed to the
// patient, who fetches it with [Trustee.Details]. Receipts go to the ledger as
// one root per batch.
//
// It promises: no release without the access in a final block of its own node,
// nor with a node more than 30 s behind (law 1, 2); no release that was not
// first recorded on disk; and one refusal for everything, byte for byte, no
// matter what was missing. A refusal leaves at a moment that depends on the
// number of capsules asked for and nothing else: work that ends early waits, and
// work that ran over waits for the next such moment. It also promises never to
// multiply its share with a point of the caller's choosing: capsules are checked
// against labels that it builds itself.
//
// It never sees a record, asks a vault, believes another node, or logs who asked
// for whom. It cannot take back what it released.
//
// Start with release.go; package asking judges, capsules.go checks what is asked for.
package trustee
