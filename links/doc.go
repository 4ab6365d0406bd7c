// Package links is an organisation's link table: which of its numbers for patients is
// whose chart (what a master patient index is elsewhere). It says what kinds of number
// link, too: which systems of identifiers, and which FHIR servers, are the organisation's
// own.
//
// A record in the wrong chart begins with a wrong link. So nobody's number is taken from
// them unless somebody says why ([Confirmed]), a number that is easily taken for
// another's is asked about, and so is a person of whom something else is known; and the
// organisation itself is no patient.
//
// The table is rows in the sealed book of the organisation's wallet, found by number, by
// what is nearly it, by name, birth date, system and person. It never leaves home. Who
// may have delivered what under a number, package delivery knows: it looks there for
// [Table.TieID], [Table.AddSystem] and [Table.RemoveSystem], and has the ones to call.
// An import goes by the table as it is: see [Table.Hold].
//
// Start with [Table.Link].
package links
