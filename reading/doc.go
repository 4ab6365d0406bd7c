// Package reading opens charts: somebody else's under a grant, and one's own.
//
// Another's chart ([Reader.OpenChart]) is opened in the order that the law wants: the
// access stands on the ledger first, then vaults list what is in scope, trustees release
// its keys, and each record is checked against its leaf. With [Reader.HoldChart] it stays
// open for the session of its access, and the reader signs what was looked at. Without a grant the trustees are asked all the same,
// and keep the attempt for the patient.
//
// The owner's own ([Reader.OpenOwn]) asks no trustee: every folio is found by the anchors
// on her log and opened with her own key.
//
// What was sealed before she had the key that she has now she opens through the trustees, by accesses in her
// own log, and seals it to each of her keys ([Reader.Reseal]).
//
// Promises: what a [Chart] holds was proved, its sources too; a member that answered
// wrongly is named in [Chart.Faults], and does not keep the others' answers away; a
// trustee's wrong release is kept as evidence that convinces everybody ([CheckMisrelease]).
// A chart does not say whether anything was withheld from the reader. It is never written
// to a disk.
//
// Start with open.go (another's), own.go (one's own); chart.go is what both gather,
// listing.go, release.go and fetch.go are the three questions.
package reading
