// Package member is one running member of the consortium: node, vault, trustee
// and directory in one process, behind one port. It is the only place where a
// member is wired; a devnet and the command line call it.
//
// Start makes the parts in order, each with what it depends on as arguments,
// and Stop ends them in reverse. Trustee and vault see the member's own node
// only, and never each other. The organisation's wallet is not here: a member's
// process cannot read what it stores.
//
// Start with member.go; identity.go is what a member keeps secret; restore.go takes a
// ledger from another member, upgrade.go takes over a folder of the last release.
package member
