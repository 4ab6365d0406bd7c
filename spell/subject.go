package spell

import (
	"encoding/base32"
	"strings"

	"github.com/stele-health/stele"
)

// crockford packs bytes into the characters of codes.
var crockford = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

// subjects are the codes that find a person: ST, the subject's 32 characters, 6 that
// check; 40 in ten groups.
var subjects = kind{name: "stele", what: "the code of a card", scheme: "STELE:", symbols: 40}

// subjectMark begins the code of every subject.
const subjectMark = "ST"

// Subject returns the code that finds a subject, in ten groups of four.
func Subject(s stele.Subject) string { return grouped(subjectCode(s)) }

// SubjectScan returns the same code as a QR code holds it: "STELE:" and 40 characters,
// all of them in QR's alphanumeric mode (ISO/IEC 18004 §7.4.4).
func SubjectScan(s stele.Subject) string { return subjects.scheme + subjectCode(s) }

func subjectCode(s stele.Subject) string {
	return subjects.sealed(values(subjectMark + crockford.EncodeToString(s[:])))
}

// ParseSubject reads a subject's code, typed or scanned. It fails with KindInvalid and
// says in which group the error may be.
func ParseSubject(text string) (stele.Subject, error) {
	symbols, err := subjects.parse(text)
	if err != nil {
		return stele.Subject{}, err
	}
	code := characters(symbols)
	id, ours := strings.CutPrefix(code, subjectMark)
	raw, err := crockford.DecodeString(id)
	if !ours || err != nil {
		return stele.Subject{}, stele.E("read code", stele.KindInvalid, "that is not the code of a card", err).WithHint("it begins with " + subjectMark)
	}
	return stele.SubjectFrom(raw)
}

// DID returns a subject's DID where its code was typed or scanned, and any other text
// (a DID, a name, a number) as it is. A code with a typing error fails with KindInvalid:
// it is nobody's name.
func DID(text string) (string, error) {
	subject, err := ParseSubject(text)
	switch {
	case err == nil:
		return subject.String(), nil
	case subjects.meant(text):
		return "", err
	}
	return text, nil
}

// meant reports whether a text that is no code was meant to be one: it says so, or it
// begins like one, is about as long, and has more digits than a name.
func (k kind) meant(text string) bool {
	if len(text) > mostTyped {
		return false
	}
	if len(text) > len(k.scheme) && strings.EqualFold(text[:len(k.scheme)], k.scheme) {
		return true
	}
	t := k.read(text)
	off, digits := len(t.symbols)-k.symbols, 0
	for _, r := range text {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	begins := len(t.symbols) > 2 && (strings.HasPrefix(characters(t.symbols), subjectMark) || len(t.groups) == k.symbols/Group)
	return begins && off >= -Group && off <= Group && digits >= Group
}

// values are the symbols of characters of the alphabet.
func values(code string) []byte {
	symbols := make([]byte, len(code))
	for i := range code {
		symbols[i] = byte(strings.IndexByte(alphabet, code[i]))
	}
	return symbols
}

// characters are those of symbols.
func characters(symbols []byte) string {
	code := make([]byte, len(symbols))
	for i, s := range symbols {
		code[i] = alphabet[s]
	}
	return string(code)
}
