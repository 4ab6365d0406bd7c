package fhir

import (
	"bytes"
	"unicode/utf8"
)

// A foreign is a kind of file that is no FHIR JSON and is often taken for it.
type foreign struct {
	looks func(head []byte) bool
	text  string // what it is
	hint  string // what to do
}

// foreigns are asked in order; head is the beginning of the file.
var foreigns = []foreign{
	{starts("\x1f\x8b"), "this is a gzip archive", "unpack it first: gunzip FILE"},
	{starts("PK\x03\x04", "PK\x05\x06"), "this is a zip archive", "unpack it first: unzip FILE"},
	{starts("BZh", "\xfd7zXZ", "\x28\xb5\x2f\xfd", "7z\xbc\xaf\x27\x1c", "Rar!"), "this is a packed archive", "unpack it first"},
	{func(h []byte) bool { return len(h) > 262 && string(h[257:262]) == "ustar" }, "this is a tar archive", "unpack it first: tar -xf FILE"},
	{starts("%PDF-"), "this is a PDF", "ask for the data as FHIR R4 in JSON; a PDF can travel in a DocumentReference"},
	{starts("{\\rtf"), "this is a text of a word processor (RTF)", "ask for the data as FHIR R4 in JSON"},
	{starts("\x89PNG", "\xff\xd8\xff", "II*\x00", "MM\x00*", "GIF8"), "this is a picture", "ask for the data as FHIR R4 in JSON; a picture can travel in a DocumentReference"},
	{func(h []byte) bool { return len(h) >= 132 && string(h[128:132]) == "DICM" }, "this is a DICOM image", "ask for an ImagingStudy in FHIR R4 JSON"},
	{starts("PAR1", "SQLite format 3"), "this is a database's file", "ask for the data as FHIR R4 in JSON"},
	{isUTF16, "the text is in UTF-16 or UTF-32, and FHIR JSON is in UTF-8", "convert it: iconv -f UTF-16 -t UTF-8 FILE"},
	{starts("MSH|", "\x0bMSH|", "FHS|", "BHS|"), "this is an HL7 v2 message", "ask for FHIR R4 in JSON: HL7 v2 is not read yet"},
	{starts("ISA*", "UNA", "UNB+"), "this is an EDI message", "ask for the data as FHIR R4 in JSON"},
	{markup("ClinicalDocument"), "this is a C-CDA document (XML)", "ask for FHIR R4 in JSON: C-CDA is not read yet"},
	{markup("http://hl7.org/fhir"), "this is FHIR in XML", "ask for JSON, with: Accept: application/fhir+json"},
	{markup("<html", "<!doctype html", "<!DOCTYPE html", "<HTML"), "this is a web page, perhaps a page of login or of an error", "fetch the file again, and look at what the server answered"},
	{markup(""), "this is XML", "ask for FHIR R4 in JSON, with: Accept: application/fhir+json"},
	{starts("@prefix", "PREFIX "), "this is FHIR in Turtle (RDF)", "ask for JSON, with: Accept: application/fhir+json"},
	{starts("HTTP/", "Content-Type:", "content-type:"), "this is a server's answer together with its headers", "keep what stands below the empty line"},
	{starts("shc:/"), "this is the text of a SMART Health Card's code", cardHint},
	{starts("eyJ"), "this is a signed token (JWS), perhaps of a SMART Health Card", cardHint},
	{starts("["), "this is a JSON array, and FHIR JSON starts with an object", "write one resource a line (NDJSON), or put them into a Bundle"},
	{func(h []byte) bool { return bytes.IndexByte(h, 0) >= 0 || !utf8.Valid(cutRune(h)) }, "this is not a text", "a file of FHIR R4 in JSON is needed"},
}

// cardHint is what to do with what is signed and packed (SMART Health Cards Framework).
const cardHint = "what it was made of can't be read from outside: ask who issued it for the records in FHIR R4 JSON, or verify and unpack it, and import its fhirBundle"

// untypeds are objects that are no resources and come with them, by a member that they have.
var untypeds = []struct{ member, text, hint string }{
	{"verifiableCredential", "this is a SMART Health Card: its records are signed and packed", cardHint},
	{"vc", "this is what a SMART Health Card holds, unpacked", "import its fhirBundle: jq .vc.credentialSubject.fhirBundle FILE"},
	{"transactionTime", "this is the manifest of a bulk export, and holds no records itself", "fetch the files that it lists, and import their folder"},
}

// untyped says what an object without a resourceType is.
func (d *document) untyped() (text, hint string) {
	for _, u := range untypeds {
		if d.member(0, u.member) >= 0 {
			return u.text, u.hint
		}
	}
	return "no resourceType: this JSON is no FHIR resource", ""
}

// sniffed is how much of a file is looked at to say what it is.
const sniffed = 4096

// sniff says what a file is that does not begin like FHIR JSON; nil when it
// cannot tell. The sentence holds nothing of the file.
func sniff(head []byte) *foreign {
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\uFEFF")), " \t\r\n")
	for i := range foreigns {
		if f := &foreigns[i]; f.looks(head) || f.looks(trimmed) {
			return f
		}
	}
	return nil
}

func starts(with ...string) func([]byte) bool {
	return func(head []byte) bool {
		for _, w := range with {
			if bytes.HasPrefix(head, []byte(w)) {
				return true
			}
		}
		return false
	}
}

// markup recognises XML and HTML in which one of the words stands early.
func markup(words ...string) func([]byte) bool {
	return func(head []byte) bool {
		if len(head) == 0 || head[0] != '<' {
			return false
		}
		for _, w := range words {
			if bytes.Contains(head, []byte(w)) {
				return true
			}
		}
		return false
	}
}

// isUTF16 knows the byte order marks, and ASCII with zeros between.
func isUTF16(head []byte) bool {
	if starts("\xff\xfe", "\xfe\xff", "\x00\x00\xfe\xff")(head) {
		return true
	}
	return len(head) >= 4 && (head[0] == 0) != (head[1] == 0) && (head[2] == 0 || head[3] == 0)
}

// isTable: the first line has names between separators, and no bracket of JSON.
func isTable(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	if bytes.ContainsAny(line, "{}[]") {
		return false
	}
	for _, separator := range []byte(",;\t|") {
		if bytes.Count(line, []byte{separator}) >= 2 {
			return true
		}
	}
	return false
}

// cutRune leaves out a letter that the end of head cuts in two.
func cutRune(head []byte) []byte {
	for i := 1; i <= utf8.UTFMax && i <= len(head); i++ {
		if c := head[len(head)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(head[len(head)-i:]) {
				return head[:len(head)-i]
			}
			break
		}
	}
	return head
}

// foreignStart is the error for a stream that does not begin like FHIR JSON.
func (s *scanner) foreignStart() *SyntaxError {
	head := s.ahead(sniffed)
	switch {
	case len(head) == 0 && s.offset == 0:
		return s.failWith("the file is empty: there is nothing to read", "was it written to the end? fetch or export it again")
	case len(bytes.TrimSpace(head)) == 0 && len(head) < sniffed:
		return s.failWith("there is nothing but white space to read", "was it written to the end? fetch or export it again")
	}
	if f := sniff(head); f != nil {
		return s.failWith(f.text, f.hint)
	}
	if isTable(head) {
		return s.failWith("this looks like a table (CSV)", "ask for FHIR R4 in JSON: tables are not read yet")
	}
	return s.failWith("FHIR JSON starts with an object", "a resource, a Bundle, or one resource a line (NDJSON) is read, in FHIR R4 JSON")
}

// resourceStart reports whether a line begins as a resource does in NDJSON.
func resourceStart(line []byte) bool {
	rest, ok := bytes.CutPrefix(bytes.TrimPrefix(line, []byte("\uFEFF")), []byte{'{'})
	return ok && bytes.HasPrefix(bytes.TrimLeft(rest, " \t"), []byte(`"resourceType"`))
}
