package labels

import (
	"bytes"
	"unicode"
)

// wordy reports whether a text has letters that could be read.
func (rd *reader) wordy(text []byte) bool {
	return !rd.foreign(text) && bytes.ContainsFunc(rd.text, func(r rune) bool { return r >= 'a' && r <= 'z' || r == '+' })
}

// foreign reports whether a text is in letters, or in a language, that no table
// has words of.
func (rd *reader) foreign(text []byte) bool {
	if rd.legible(text) {
		return false
	}
	letters := 0
	for _, r := range string(text) {
		if r >= 0x250 && unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) {
			if letters++; letters >= 3 {
				return true
			}
		}
	}
	return false
}

// legible reports whether a text has a word that was looked for in the tables
// and could say something: four letters at least with a vowel among them, not
// one that says nothing, in a language whose words the tables hold. What the
// tables hold is legible in any language.
func (rd *reader) legible(text []byte) bool { return rd.legibleAs(text, false) }

func (rd *reader) legibleAs(text []byte, term bool) bool {
	if len(text) < 2 && rd.vocabulary == "" {
		return false
	}
	if len(rd.wordsIn(text)) > 0 {
		return true
	}
	if rd.odd || !rd.ourLanguage() {
		return false
	}
	return rd.hasLongWord(term) || rd.shortIn(func(*Row, []byte) {})
}

// hasLongWord reports whether the text at hand, as it is folded, has a word that could say
// something by its length; term, that one that says nothing is enough.
func (rd *reader) hasLongWord(term bool) bool {
	for word := range bytes.FieldsSeq(rd.text) {
		if len(word) < 4 || !bytes.ContainsAny(word, "aeiouy") || bytes.ContainsAny(word, "0123456789") {
			continue
		}
		if term || !rd.p.shipped.mute[string(word)] {
			return true
		}
	}
	return false
}

// languages are those that the words of the tables are of.
var languages = map[string]bool{"en": true, "de": true, "fr": true, "es": true, "it": true, "pt": true, "nl": true, "pl": true, "tr": true}

// ourLanguage reports whether the resource's language, where it names one, is
// one of languages.
func (rd *reader) ourLanguage() bool {
	tag := rd.root.Member("language").Bytes()
	if len(tag) < 2 {
		return true
	}
	return languages[string(bytes.ToLower(tag[:2]))] && (len(tag) == 2 || tag[2] == '-' || tag[2] == '_')
}
