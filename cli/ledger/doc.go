// Package ledger has the commands that look at the ledger and check what it proves:
// where members stand, blocks, logs, events, and exported charts offline.
//
// What it says of the network comes from the home's own network file and from headers
// that the validators signed (R45); what a member says of itself is called so.
//
// Start with Commands; status.go has what is believed, and why.
package ledger
