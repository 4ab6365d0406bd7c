// Package intake decides into whose chart a record goes. A record in the wrong
// chart is the worst that a medical record can suffer, so nothing here guesses:
// a record enters a chart only because something in it names that person.
//
// All files of one import are surveyed first; then each record gets a Verdict:
//
//   - to the person that it names, by a literal, versioned, absolute,
//     conditional or logical reference, a contained Patient, a urn:uuid, found in
//     its file, in the other files, or in the organisation's link table;
//   - naming nobody, to the person of the records that it hangs together with,
//     else to the only person that its file is about;
//   - being of nobody by its type (a medicine, a place, an organisation), to
//     everyone whose records refer to it; without any to the only person that its
//     file is about, else it waits;
//   - otherwise it is refused, and the verdict says whom it named.
//
// Promises: the verdict depends on the set of records and the link table, not on
// their order; what is not understood keeps a record out, and a resource type or
// element that is not known counts as one that names somebody. Which elements
// name and which mention is drawn from the R4 definitions (package fhir).
//
// It also settles what a record is called: the id that a transaction gives by
// fullUrl, and references to it (FHIR R4 § Transaction Processing Rules).
//
// Never: a clock, I/O, or a look into anybody's chart. Start with Survey, then
// person.go (who is it), decide.go (whose is it), table.go (the link table), plan.go
// (what is asked of it all), reason.go (why not, in parts). register.go reads the Patient by whom one is enrolled.
package intake
