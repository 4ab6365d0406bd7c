package paper

import (
	"slices"
	"unicode"
)

// visual returns a name's characters as they stand from left to right, Arabic letters
// in the forms in which they join (Unicode §9.2).
func visual(name string) []rune {
	runes := joined([]rune(name))
	if !slices.ContainsFunc(runes, rightToLeft) {
		return runes
	}
	var clusters [][]rune // a letter behind its marks, which are drawn to the right; digits together
	for i, r := range runes {
		last := len(clusters) - 1
		switch {
		case last >= 0 && unicode.IsMark(r):
			clusters[last] = slices.Insert(clusters[last], 0, r)
			continue
		case i > 0 && unicode.IsDigit(r) && unicode.IsDigit(runes[i-1]):
			clusters[last] = append(clusters[last], r)
			continue
		}
		if r == '(' {
			r = ')'
		} else if r == ')' {
			r = '('
		}
		clusters = append(clusters, []rune{r})
	}
	slices.Reverse(clusters)
	return slices.Concat(clusters...)
}

func rightToLeft(r rune) bool {
	return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam) && !unicode.IsMark(r)
}

// arabic are the letters with their forms in Unicode's compatibility blocks: the one
// that stands alone, then the final one and, where a letter joins to the next, the
// initial and the medial one.
var arabic = map[rune]struct {
	alone rune
	forms int
}{
	'ء': {0xfe80, 1}, 'آ': {0xfe81, 2}, 'أ': {0xfe83, 2}, 'ؤ': {0xfe85, 2}, 'إ': {0xfe87, 2}, 'ئ': {0xfe89, 4}, 'ا': {0xfe8d, 2},
	'ب': {0xfe8f, 4}, 'ة': {0xfe93, 2}, 'ت': {0xfe95, 4}, 'ث': {0xfe99, 4}, 'ج': {0xfe9d, 4}, 'ح': {0xfea1, 4}, 'خ': {0xfea5, 4},
	'د': {0xfea9, 2}, 'ذ': {0xfeab, 2}, 'ر': {0xfead, 2}, 'ز': {0xfeaf, 2}, 'س': {0xfeb1, 4}, 'ش': {0xfeb5, 4}, 'ص': {0xfeb9, 4},
	'ض': {0xfebd, 4}, 'ط': {0xfec1, 4}, 'ظ': {0xfec5, 4}, 'ع': {0xfec9, 4}, 'غ': {0xfecd, 4}, 'ف': {0xfed1, 4}, 'ق': {0xfed5, 4},
	'ك': {0xfed9, 4}, 'ل': {0xfedd, 4}, 'م': {0xfee1, 4}, 'ن': {0xfee5, 4}, 'ه': {0xfee9, 4}, 'و': {0xfeed, 2}, 'ى': {0xfeef, 2},
	'ي': {0xfef1, 4}, 'ٱ': {0xfb50, 2}, 'ٹ': {0xfb66, 4}, 'ٺ': {0xfb5e, 4}, 'ٻ': {0xfb52, 4}, 'پ': {0xfb56, 4}, 'ٿ': {0xfb62, 4},
	'ڀ': {0xfb5a, 4}, 'ڃ': {0xfb76, 4}, 'ڄ': {0xfb72, 4}, 'چ': {0xfb7a, 4}, 'ڇ': {0xfb7e, 4}, 'ڈ': {0xfb88, 2}, 'ڌ': {0xfb84, 2},
	'ڍ': {0xfb82, 2}, 'ڎ': {0xfb86, 2}, 'ڑ': {0xfb8c, 2}, 'ژ': {0xfb8a, 2}, 'ڤ': {0xfb6a, 4}, 'ڦ': {0xfb6e, 4}, 'ک': {0xfb8e, 4},
	'ڭ': {0xfbd3, 4}, 'گ': {0xfb92, 4}, 'ڱ': {0xfb9a, 4}, 'ڳ': {0xfb96, 4}, 'ں': {0xfb9e, 2}, 'ڻ': {0xfba0, 4}, 'ۀ': {0xfba4, 2},
	'ہ': {0xfba6, 4}, 'ھ': {0xfbaa, 4}, 'ۅ': {0xfbe0, 2}, 'ۆ': {0xfbd9, 2}, 'ۇ': {0xfbd7, 2}, 'ۈ': {0xfbdb, 2}, 'ۉ': {0xfbe2, 2},
	'ۋ': {0xfbde, 2}, 'ی': {0xfbfc, 4}, 'ې': {0xfbe4, 4}, 'ے': {0xfbae, 2}, 'ۓ': {0xfbb0, 2},
}

// lamAlef are the alefs that become one letter with the lam before them.
var lamAlef = map[rune]rune{'آ': 0xfef5, 'أ': 0xfef7, 'إ': 0xfef9, 'ا': 0xfefb}

// joined replaces Arabic letters with the forms in which they stand; the joiners, which
// have done their work then, go.
func joined(runes []rune) []rune {
	var out []rune
	before := false // the letter before joins to this one
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		letter, known := arabic[r]
		next, at := following(runes, i)
		switch alef, ligature := lamAlef[next]; {
		case r == '\u200c' || r == '\u200d':
			before = r == '\u200d'
		case unicode.IsMark(r):
			out = append(out, r)
		case !known:
			out, before = append(out, r), false
		case r == 'ل' && ligature:
			if before {
				alef++
			}
			out = append(append(out, alef), runes[i+1:at]...) // the lam's marks
			i, before = at, false
		default:
			after := letter.forms == 4 && (next == '\u200d' || arabic[next].forms >= 2)
			form := letter.alone
			switch {
			case before && letter.forms > 1 && after:
				form += 3
			case after:
				form += 2
			case before && letter.forms > 1:
				form++
			}
			out, before = append(out, form), letter.forms == 4
		}
	}
	return out
}

// following returns the letter or joiner after a place, over marks, and where it stands;
// 0 at the end.
func following(runes []rune, i int) (rune, int) {
	for i++; i < len(runes); i++ {
		if !unicode.IsMark(runes[i]) {
			return runes[i], i
		}
	}
	return 0, i
}
