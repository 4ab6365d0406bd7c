// Package fhir reads FHIR R4 (4.0.1) JSON: it parses without losing anything
// and validates against the official definitions.
//
// Promises: Resource.JSON is the source with insignificant whitespace removed
// and nothing else changed, so decimals keep their text, unknown extensions
// survive and keys keep their order. An Issue names resource, path and rule,
// never a value. There is no float, clock or map order in any answer.
//
// What is not FHIR R4 in JSON is named for what it is: a packed file, XML, HL7 v2,
// another release of FHIR, a slip in the JSON (foreign.go, slip.go, release.go,
// why.go). A server's own words (OperationOutcome) are counted, never taken for a
// record; Bundles in Bundles and in NDJSON are unpacked.
//
// Checked: element names, cardinality, arrays against single values, primitive
// types, choice types, "_field" twins, contained resources, targets of
// references that show their type, required bindings (HL7's expansions), and
// the invariants ele-1, ext-1, ref-1, dom-2 to dom-5 (without dom-3); by Reader also
// bdl-3, bdl-5, bdl-7 and bdl-8.
//
// Not checked: all other FHIRPath invariants, profiles, extensible bindings,
// required value sets that HL7's package does not list (UCUM, LL379-9; MIME
// types by grammar only), XHTML beyond its outer div, extensions against their
// definitions, and whether references that leave the resource resolve.
// docs/fhir.md says what the checks were held against.
//
// Start at Parse, Resource.Validate, Resource.Root and NewReader.
// definitions_gen.txt is written by the generator:
//
//go:generate go run ./gen -package $FHIR_PACKAGE -expansions $FHIR_EXPANSIONS
package fhir
