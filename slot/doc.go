// Package slot is what a patient says that holds against everybody: which categories may be opened
// in an emergency, when nobody can ask, by whom, and by whom not; and what is restricted, whatever
// was granted. Everybody has such a slot. The ledger holds a commitment to its document and nothing
// else (contract/emergency), and each member one envelope, which only that member's vault and
// trustee open, when somebody asks to read.
//
// A document is a wire.EmergencySlot in its one form, or no bytes at all, which is the default:
// the categories of an emergency ([stele.EmergencyCategories]), ordinary data only, to whoever
// has a licence and a role at an accredited facility; nothing is restricted.
//
// Promises: an envelope has one length, so that nobody can tell from it whether anything was
// said; what opens is what was committed to, for this subject and this member; a document that
// is not understood in full opens nothing; lists allow, and what they leave out stays closed.
//
// The room is pure: it keeps nothing, asks nobody and reads no clock. Start with [Slot], then
// [Slot.Allows] and [Slot.Covers], and [Slot.Restricts]; sealed.go is how it travels, say.go and
// warn.go how it is told.
package slot
