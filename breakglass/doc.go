// Package breakglass is a member's desk for charts that its people open in an emergency.
//
// An activation is signed by a key of the practitioner's and by the node of the member where
// they work (contract/emergency). The desk is where the second signature comes from:
// [Desk.Activate] finds out who asks, by card and credentials, and that it is the member's own
// facility; it writes the activation into the member's register and into the counts of the
// day, durably, and then signs. Whoever asked puts it on the ledger.
//
// The register is for the privacy officer, who holds the organisation's wallet: each entry is
// sealed to the organisation's keys, so that the member's process, once it has written one,
// can't read it. [Desk.ListActivations] gives it to the organisation.
//
// When one practitioner, or the facility, activates more often in a day (UTC) than the member's
// configuration says, the desk warns: in the log, without a name, in a count, and in the
// entry. It does not stop anybody; the ledger has a bound of its own. What it refused by that
// counts no more once it can no longer come there.
//
// Promises: no signature without its entry in the register; the desk opens nothing, and asks
// nobody outside its own node. A practitioner of the member's whose papers do not hold is told
// which and why. Whoever else is refused learns nothing, and nothing that depends on the
// patient is ever said.
//
// Start with desk.go; register.go is what lies on the disk.
package breakglass
