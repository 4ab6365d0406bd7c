// Package telling says what one FHIR record says: in one line of words, whole, and
// as a key that is equal for records that say the same.
//
// Promises: numbers, units, doses and texts are told as written or not at all; a
// line whose record says clinically more has More set, by counting what was not
// said, so that no element can be forgotten; [Full] leaves out nothing. How a
// record stands (does it hold, is it over, refuted, planned, unclear?) is what its
// own author says, read on the day that the [Reading] names. Words and key see
// alike: what a line tells apart, as another unit, number or side, is another key.
// Marks for results out of range are the source's own; nothing is judged.
//
// It knows one record and the names of what that refers to. Which records count,
// which of two is newer, and what all of them make together is the business of
// package timeline above it. It never panics on a resource that it does not
// understand: what it cannot tell it names by its type. It reads no clock and does
// no arithmetic in floating point. What it returns is patient data.
//
// Start with [Read] and [Record.Tell] (told.go). Beneath it, in order: what is read
// and noted as said (view.go), the tellers of each type (tell.go, clinical.go,
// observation.go, medicine.go, document.go, listing.go, consent.go, implant.go, staying.go,
// tale.go), FHIR's data types (say.go, reference.go, quantity.go, dosage.go, timing.go,
// moment.go, narrative.go, phrase.go), what was left unsaid (more.go), how it stands
// (lifecycle.go, standing.go, span.go, supply.go, absence.go), what it means to whoever
// reads Now (directive.go, decided.go, pregnancy.go, nopregnancy.go, gestation.go, warning.go, allergy.go, aside.go, peril.go, look.go, antibody.go, focus.go), the key (fact.go) and
// the full view (full.go).
package telling
