// Package ips makes and checks an International Patient Summary: the document that an
// emergency doctor reads first (FHIR R4, HL7's hl7.fhir.uv.ips 2.0.0).
//
// Promises: what stands in it is what timeline says is so now (R38), in timeline's own
// words, so numbers, units and doses are as written or not there (R39); a line whose
// record says more says that, and the section tells that record in full (R40); nothing
// whose label is sensitive is in it, nor a trace of it, unless the caller names the
// sensitivity (R41). Where nothing is told it says that nothing is listed, never that
// there is none. The same records and time give the same bytes. What Make returns, Check
// finds nothing wrong with: FHIR's rules, the guide's table, references that all lead
// within the document.
//
// It reads no clock, keeps nothing and signs nothing. What it returns is patient data;
// what Check returns holds none.
//
// Start with Make (make.go), then section.go (what is told where), records.go (which records
// are entries), entry.go (how they are written), document.go and narrative.go (the
// document). Check is in check.go and profile.go, its table in rules.go and rules_gen.txt,
// written by gen. Text (text.go) is the first screen.
package ips
