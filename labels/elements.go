package labels

import (
	"bytes"
	"strings"

	"github.com/stele-health/stele/fhir"
)

// A manner says how the texts of an element are read. All are, whatever the element
// is called, notes and narrative included, but for those below.
type manner uint8

const (
	plainly  manner = iota
	beside          // its words count, and tell nothing of what the record is about
	asName          // the same, but for words that are names of persons or places, too
	asURL           // the same, of its last segment: what stands before is whose it is; all of one that is data (RFC 2397)
	unspoken        // no words: numbers, ids, codes of structure
)

// manners are the elements that are not read plainly. Those that are unspoken have
// their reasons in elements_test.go.
var manners = map[string]manner{
	"linkId": beside, "subject": beside, "patient": beside, "address": beside,
	"family": asName, "given": asName, "prefix": asName, "suffix": asName,
	"line": asName, "city": asName, "district": asName, "state": asName,

	"url": asURL, "profile": asURL, "instantiatesCanonical": asURL, "instantiatesUri": asURL, "questionnaire": asURL,
	"valueUri": asURL, "valueUrl": asURL, "valueCanonical": asURL, "policyUri": asURL, "uri": asURL,

	"id": unspoken, "resourceType": unspoken, "reference": unspoken, "fullUrl": unspoken, "system": unspoken, "version": unspoken,
	"implicitRules": unspoken, "language": unspoken, "status": unspoken, "contentType": unspoken, "hash": unspoken,
	"birthDate": unspoken, "lotNumber": unspoken, "serialNumber": unspoken, "data": unspoken, "code": unspoken,
	"valueId": unspoken, "valueUuid": unspoken, "valueOid": unspoken, "valueBase64Binary": unspoken,
	"uid": unspoken, "authority": unspoken, "fhirVersion": unspoken,
	"meta": unspoken, "identifier": unspoken, "telecom": unspoken, "photo": unspoken, "udiCarrier": unspoken, "signature": unspoken,
}

// nested are objects of which these members alone are read, and tell nothing. The tags
// and marks of meta are read by themselves.
var nested = map[string][]string{
	"meta":       {"profile", "extension"},
	"identifier": {"type", "assigner", "extension"},
	"telecom":    {"extension"},
	"photo":      {"title", "extension"},
	"udiCarrier": {"extension"},
	"signature":  {"type", "who", "onBehalfOf", "extension"},
	"subject":    {"display", "identifier", "extension"},
	"patient":    {"display", "identifier", "extension"},
	"address":    {"text", "line", "city", "district", "state", "extension"},
}

// mannerOf is the manner of a text, by its element and the one that it stands in.
func mannerOf(within, element string) manner {
	switch {
	case element == "display" && (within == "subject" || within == "patient"), element == "text" && (within == "address" || within == "name"):
		return asName
	}
	return manners[element]
}

// say reads one text.
func (rd *reader) say(v fhir.Value, how manner, markup bool) {
	switch how {
	case plainly, beside:
		if markup {
			rd.markup(v.Bytes())
			return
		}
		rd.words(v.Bytes())
	case asName:
		rd.naming = true
		rd.words(v.Bytes())
		rd.naming = false
	case asURL:
		if address := v.Bytes(); bytes.HasPrefix(address, []byte("data:")) {
			rd.words(address)
		} else {
			rd.words(lastSegment(address))
		}
	}
}

// lastSegment is what an address ends in, which says what it is called.
func lastSegment(address []byte) []byte {
	address = bytes.TrimRight(address, "/:#")
	return address[bytes.LastIndexAny(address, "/:#")+1:]
}

// name reports whether a row of words is of a name, too (Fabry, Angst, Huntington).
func (x *index) name(r *Row) bool {
	pattern := strings.ToUpper(r.Pattern)
	stem, open := strings.CutSuffix(pattern, "*")
	if open {
		return x.prefix["name"][stem] != nil
	}
	return x.exact["name"][pattern] != nil
}
