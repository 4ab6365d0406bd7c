// Package labels draws the label of a record: its category, its sensitivities
// and its year, which are what a consent is decided on. HL7 calls the service a
// security labeling service.
//
// What it goes by is data, not code: tables in data/, one row for each code,
// prefix or word, each table with its sources, its review date and its
// reviewer. A hospital adds a table of its own, which adds to what the shipped
// ones say and never takes away from it.
//
// Promises: one more sensitive code or word in a record never lowers its label;
// case, dots, spaces and accents never change it; a national edition of a code
// system is read like the system itself; the marks of the source always
// count. What cannot be classified (local codes without words, attachments
// that cannot be read, a reference into nowhere) is never ordinary: it gets the
// worst case that the patient chose for this source, what the source's kind of
// clinic suggests, and PDS (patient default) where neither says anything.
//
// Never: no clock, no I/O, no goroutine, no terminology server. There is no
// hierarchy of SNOMED CT here: what is below a listed concept is found by its
// words. A word is found whether it is affirmed or denied. docs/labels.md tells
// what that leaves out.
//
// Start at [Policy.Label]; [Policy.ExplainIn] says why; data/icd-10.txt is a table. A [Shelf]
// keeps what records refer to for their meaning.
package labels
