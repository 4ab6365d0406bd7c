// Package delivery is a source at work: what an organisation delivers into charts, what it
// remembers of it, and what it takes back.
//
// [Desk.Deliver] seals records of one patient and hands them in. [Desk.Import] does it for
// whole files, of any size: whose each record is (package intake), how it is labelled
// (package labels), what was delivered before and what is newer; what a source deleted or
// corrected is withdrawn or follows. [Desk.Withdraw] takes back by hand. [Desk.LinkID] and
// [Desk.AddSystem] change the link table where charts must be looked into first.
//
// Promises: a record goes to whom it is about, or nowhere, and each that does not arrive is
// told with why; nothing is delivered twice, whoever was killed when; a delivery whose
// anchor was not answered is found out about before anything follows ([Desk.Settle]). What
// is remembered lies beside the wallet, sealed, and belongs to the wallet alone.
//
// Start with deliver.go and folio.go (one delivery), import.go (many): files.go reads,
// piles.go gathers what goes together, carry.go brings one record on its way, knows.go says
// what is known of it; memory.go and delivered.go are what is remembered, pending.go what
// is not certain yet; replaces.go, moved.go, deletes.go, gone.go and corrected.go say what
// a newer word of the source does to an older one. note.go is what is told of it, by fields.
package delivery
