// Package notify tells a member's people, outside the network, that something happened in their
// record: by a webhook or an e-mail that they named. What is told is always the same text, of the
// same size, whatever happened: look.
//
// A [Desk] keeps who wants to be told where, and of which kinds of event; it reads the member's
// own ledger block by block, and lets a notice leave within two seconds of its block. There is one
// notice waiting for a person at most, whatever happens meanwhile, so that the queue is no longer
// than the list of people. It is durable, tried again with growing waits, and given up after a
// day; both are counted. Emergencies are told to everybody who has a target, and so is that the chart
// was merged with another or parted from it; only the person herself, by a current key, changes or takes
// away hers. What is said for a chart while it is merged counts until it is parted; whoever has charts
// merged into theirs is told of those, too. One host, and one network address, has a part of the places.
//
// A hook never leads into a network that is not the public one ([Public]): the name is resolved
// here, every address must be a public one, and that address is dialled. No redirect is followed,
// and no answer is read.
//
// It knows who has which target, and that is all: no record, no reason, nobody who asked. Its log
// and its figures name nobody.
//
// Start with notify.go; follow.go reads the ledger, send.go lets notices leave, webhook.go,
// mail.go and public.go say how.
package notify
