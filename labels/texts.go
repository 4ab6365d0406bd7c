package labels

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// words looks for the words of the tables in a text.
func (rd *reader) words(text []byte) {
	if len(text) < 2 {
		return
	}
	matches := rd.wordsIn(text)
	if rd.naming {
		matches = slices.DeleteFunc(matches, func(m match) bool { return rd.p.shipped.name(m.row) })
	}
	for i, m := range matches {
		if rd.explain {
			if withinAnother(matches, i) {
				continue
			}
			rd.because(ByWord, m.row.says, string(rd.path), strconv.Quote(strings.TrimSpace(string(rd.text[m.from:m.to]))), m.row)
			continue
		}
		rd.found |= m.row.says
	}
	if rd.vocabulary != "" {
		rd.shortIn(func(r *Row, word []byte) {
			rd.because(ByWord, r.says, string(rd.path), strconv.Quote(string(word)), r)
		})
	}
	rd.diagnoses(text)
	rd.enclosed(text)
}

// wordsIn returns the matches in a text; they hold until the next call.
func (rd *reader) wordsIn(text []byte) []match {
	rd.text, rd.odd = foldText(unescaped(text), rd.text[:0])
	rd.matches = rd.p.shipped.words.find(rd.text, rd.matches[:0])
	if own := rd.p.own; own != nil {
		rd.matches = append(rd.matches, own.words.find(rd.text, nil)...)
	}
	return rd.matches
}

// withinAnother reports whether a longer match that says the same covers one.
func withinAnother(matches []match, i int) bool {
	m := matches[i]
	return near(matches, i, func(o match) bool {
		longer := o.to-o.from > m.to-m.from || o.to-o.from == m.to-m.from && o.row.Line < m.row.Line
		return longer && o.row.says|m.row.says == o.row.says && o.from <= m.from && m.to <= o.to
	})
}

// diagnoses looks for codes of ICD-10 in a text: "Entlassdiagnosen: F20.0 G". One
// with a dot is one; without, it may be the name of a catheter, unless the text
// speaks of diagnoses or is nothing else.
func (rd *reader) diagnoses(text []byte) {
	ofDiagnoses, asked := false, false
	for i := 1; i+1 < len(text); i++ {
		if !isDigit(text[i]) {
			continue
		}
		if !isDigit(text[i+1]) || !letter(text[i-1]|0x20) || i > 1 && alphanumeric(text[i-2]) {
			continue
		}
		end, dotted := i+2, false
		if end+1 < len(text) && text[end] == '.' && isDigit(text[end+1]) {
			for end, dotted = end+1, true; end < len(text) && isDigit(text[end]); end++ {
			}
		}
		if end < len(text) && bytes.IndexByte([]byte("GVAZgvaz"), text[end]) >= 0 { // the certainty of a German diagnosis
			end++
		}
		if end < len(text) && alphanumeric(text[end]) {
			continue
		}
		code := string(bytes.TrimRight(text[i-1:end], "GVAZgvaz"))
		if cause := bytes.IndexByte([]byte("TVWXYtvwxy"), code[0]) >= 0; !dotted || cause { // T40.1 may be a temperature
			if !asked {
				ofDiagnoses, asked = rd.ofDiagnoses() || len(bytes.TrimSpace(text)) == end-i+1, true
			}
			if !ofDiagnoses {
				continue
			}
		}
		rd.p.shipped.code("icd-10", code, func(r *Row) {
			if rd.explain {
				rd.because(ByCode, r.says, string(rd.path), code, r)
				return
			}
			rd.found |= r.says
		})
	}
}

// ofDiagnoses reports whether the text at hand, as it is folded, speaks of
// diagnoses or of their codes.
func (rd *reader) ofDiagnoses() bool {
	for _, word := range [...]string{"diagnos", "icd", " dx ", " dg ", "diagnoz", "rozpozna", " tani", " cim ", " cie ", " cid "} {
		if bytes.Contains(rd.text, []byte(word)) {
			return true
		}
	}
	return false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func alphanumeric(c byte) bool { return isDigit(c) || letter(c|0x20) || c >= 0x80 }
