// Package issuing is an organisation's desk for credentials: a licensing board's, an
// accreditor's, an employer's. It issues them to whoever has a card, takes them back, and
// posts which of them hold.
//
// [Desk.Issue] enters a credential into the register (package issued), signs it with the
// organisation's key and leaves it, sealed, in its holder's box. [Desk.Mark] says that one is
// revoked, suspended or good again, and [Desk.Post] makes that count: the status list goes to
// every member and its hash onto the ledger, after which no member judges by an older one. A
// list that is older than 24 hours counts for nothing, so a desk posts every day.
//
// Before it gives a place or posts, it reads in its own log whether the register knows of the
// newest list; an older copy of a register that was put back learns from that list first, so
// that what was revoked stays revoked.
//
// A role needs the facility's own accreditation, which travels with it: the desk takes the one
// that the wallet holds.
//
// It knows no chart and no patient.
//
// Start with [Desk.Issue].
package issuing
