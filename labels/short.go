package labels

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/stele-health/stele/fhir"
)

// Words of two and three letters say one thing of a problem and another of a medicine, and
// in the middle of a sentence nothing: "top", "std", "oud". So each is known only where
// concepts of its kind stand (data/short.txt), and a text without a longer word tells only
// where everything in it is known.

// vocabularies are the tables of short words, by the kind of concept. An allergy is to what
// is given, too, but for a word that its own table holds: an allergy to oat is none to a treatment.
var vocabularies = map[string][]string{
	"allergen":  {"short-allergen", "short-medicine", "short-vaccine"},
	"medicine":  {"short-medicine", "short-vaccine"},
	"vaccine":   {"short-vaccine"},
	"problem":   {"short-problem"},
	"test":      {"short-test", "short-procedure"},
	"procedure": {"short-procedure", "short-test"},
}

// vocabularyOf says of what kind the concepts of an element are, "" for none.
func vocabularyOf(typ, element string) string {
	switch element {
	case "code":
		return codeVocabulary[typ]
	case "type":
		return typeVocabulary[typ]
	case "event":
		if typ == "AdverseEvent" {
			return "problem"
		}
	case "substance":
		return "allergen"
	case "medicationCodeableConcept", "medicationReference", "itemReference":
		return "medicine"
	case "vaccineCode":
		return "vaccine"
	case "itemCodeableConcept":
		if typ == "Medication" {
			return "medicine"
		}
		return "problem" // a finding
	case "reasonCode", "manifestation", "targetDisease", "conclusionCode", "complication", "diagnosisCodeableConcept", "outcome":
		return "problem"
	case "procedureCode", "procedureCodeableConcept":
		return "procedure"
	}
	return ""
}

// vocabularyAt is that of the element to which a path of tellings leads.
func vocabularyAt(typ, path string) string {
	return vocabularyOf(typ, path[strings.LastIndexByte(path, '.')+1:])
}

// codeVocabulary is the kind of an element "code" by the type of the resource.
var codeVocabulary = map[string]string{
	"AllergyIntolerance": "allergen", "Medication": "medicine", "Substance": "allergen",
	"Condition": "problem", "FamilyMemberHistory": "problem", "ClinicalImpression": "problem",
	"Flag": "problem", "DetectedIssue": "problem", "RiskAssessment": "problem",
	"Observation": "test", "DiagnosticReport": "test", "Procedure": "procedure", "ServiceRequest": "procedure",
}

// typeVocabulary is the same of an element "type".
var typeVocabulary = map[string]string{"Device": "procedure", "Specimen": "test"}

// vocabularyIn is the kind of concepts in a value, and the type of the resource that it is of.
func (rd *reader) vocabularyIn(v fhir.Value, key []byte) (typ, vocabulary string) {
	switch string(key) {
	case "contained", "resource":
		if typ := v.Member("resourceType"); typ.IsText() {
			return string(typ.Bytes()), ""
		}
	case "extension", "modifierExtension":
		return rd.of, ""
	}
	if of := vocabularyOf(rd.of, string(key)); of != "" {
		return rd.of, of
	}
	return rd.of, rd.vocabulary
}

// isShort reports whether a row is one of short words. Of one that begins with "=" the word
// is of everyday language, too, and says nothing beside a longer one.
func isShort(table string) bool { return strings.HasPrefix(table, "short") }

// phrasesOf are the spellings of a row of short words, as texts are folded, and whether it
// stands only where there is no longer word.
func phrasesOf(r *Row) (list []string, alone bool) {
	pattern, alone := strings.CutPrefix(r.Pattern, "=")
	return foldings(pattern), alone
}

// longestShort is how many words a row of short ones has at most.
const longestShort = 3

// addShort takes a row of short words; the answer says what is wrong with it.
func (x *index) addShort(r *Row) (why string) {
	if _, ok := shortTables[r.Table]; !ok {
		return "there is no such table of short words: short-allergen, short-medicine, short-problem, short-procedure, short-test and short-vaccine are"
	}
	list, _ := phrasesOf(r)
	for _, text := range list {
		n := len(strings.Fields(text))
		if n == 0 || n > longestShort || strings.Contains(text, "*") {
			return "a row of short words is one to three words, without *"
		}
		if x.short[r.Table] == nil {
			x.short[r.Table] = map[string]*Row{}
		}
		if old := x.short[r.Table][text]; old != nil && old != r {
			return "the words stand in line " + strconv.Itoa(old.Line) + " already"
		}
		x.short[r.Table][text] = r
	}
	return ""
}

// says reports whether a row's words are held as sensitive where they stand.
func (x *index) says(r *Row) bool {
	list, _ := phrasesOf(r)
	for _, of := range vocabularies {
		if !slices.Contains(of, r.Table) && r.Table != "short" {
			continue
		}
		for _, table := range of {
			for _, text := range list {
				if held := x.short[table][text]; held != nil && held.says != 0 {
					return true
				}
			}
		}
	}
	return false
}

// shortTables are the tables of vocabularies, and "short", whose words stand beside all.
var shortTables = func() map[string]bool {
	m := map[string]bool{"short": true}
	for _, list := range vocabularies {
		for _, table := range list {
			m[table] = true
		}
	}
	return m
}()

// shortIn looks up the short words of the text at hand, as it is folded: hit is called for
// those that say something, and known tells whether one at least does and all the others are
// known, too.
func (rd *reader) shortIn(hit func(r *Row, word []byte)) (known bool) {
	tables := vocabularies[rd.vocabulary]
	if tables == nil {
		return false
	}
	words := bytes.Fields(rd.text)
	alone := !rd.hasLongWord(false)
	all, told := true, false
	for at := 0; at < len(words); {
		rows, n := rd.shortAt(tables, words[at:])
		says, nothing := false, false
		for _, r := range rows {
			_, only := phrasesOf(r)
			switch {
			case r.says != 0 && (alone || !only):
				hit(r, bytes.Join(words[at:at+n], []byte(" ")))
				says = true
			case r.ordinary:
				says = true
			case r.nothing:
				nothing = true
			}
		}
		if !says && !nothing && !isAmount(words[at]) && !rd.p.shipped.mute[string(words[at])] {
			all = false
		}
		told = told || says
		at += max(n, 1)
	}
	return told && all
}

// shortAt finds the rows of the longest phrase that stands at the beginning of words, and
// how many words it has. The shipped table's word counts before an organisation's own.
func (rd *reader) shortAt(tables []string, words [][]byte) (rows []*Row, n int) {
	for n = min(longestShort, len(words)); n > 0; n-- {
		phrase := string(bytes.Join(words[:n], []byte(" ")))
		for _, x := range []*index{rd.p.shipped, rd.p.own} {
			if x == nil {
				continue
			}
			for _, table := range tables {
				if r := x.short[table][phrase]; r != nil {
					if rows = append(rows, r); table == "short-allergen" {
						break
					}
				}
			}
			if r := x.short["short"][phrase]; r != nil {
				rows = append(rows, r)
			}
		}
		if len(rows) > 0 {
			return rows, n
		}
	}
	return nil, 0
}

// isAmount reports whether a word is a number, a year, a dose or a grade: 4, 2019, 81mg, 3b, ii.
func isAmount(word []byte) bool {
	n := 0
	for n < len(word) && isDigit(word[n]) {
		n++
	}
	switch rest := string(word[n:]); {
	case n == 0:
		return len(word) <= 3 && len(bytes.Trim(word, "iv")) == 0
	case n > 4:
		return false
	default:
		switch rest {
		case "", "a", "b", "c", "d", "h", "mg", "g", "ug", "mcg", "ml", "l", "u", "e", "ie", "iu", "x", "st", "nd", "rd", "th":
			return true
		}
	}
	return false
}
