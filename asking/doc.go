// Package asking judges readings: whether this asker may open this chart, for this
// purpose, now. The rules stand here and nowhere else; trustees and vaults add what
// is theirs alone (capsules; exact dates).
//
// A [Judge] belongs to one member and believes its own node only. It reads a signed
// wire.ReadRequest and returns a [Reading], which holds all that was found out, and
// a [Reason] why the reading is refused, or [Permitted]. The reason is for the
// patient, whom a trustee tells who tried; whoever asks learns nothing but that
// there is no access, so callers answer all refusals alike.
//
// Of the rules, those that can change from block to block (the node is not behind,
// the grant is in force, the card has not expired, the opening stands and its time
// has not run out) are judged again by [Reading.Again] right before anything leaves.
//
// Somebody may act for the patient: then all documents up to the patient's own word are shown,
// and what is opened is what each of them allows (delegation.go).
//
// In an emergency nobody gave a grant: an activation stands among the grants, credentials say
// what the asker is, and what the patient says of emergencies ([Slots]) what is opened
// (emergency.go). In the same slot stands what she restricts, whatever was granted (slot.go). All
// that is shown of an activation is its detail, as the document of the request.
//
// The order matters in one place: who asks is found out first, so that a refused
// asking can be told to the patient.
//
// A patient may ask for her own chart by a card that she signed alone (self.go).
//
// [Cards] is the one check of a card, for whoever reads one. A label is read by
// [ReadLabel], strictly: a sensitivity that is not understood must not get lost on
// the way to the decision.
//
// The room keeps nothing and does no I/O but through the interfaces of the ledger and of Slots.
package asking
