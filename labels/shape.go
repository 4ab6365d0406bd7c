package labels

import "strings"

// read calls hit for the rows that a code meets under its system's table, and
// tells what a code means that no row holds. That a table holds what is
// sensitive speaks for silence only where the code could be one of the system's:
// diagnoses stand under the neighbouring system's address often enough. A code
// of another shape is tried where its shape belongs; of no shape at all it is
// like one of an unknown system.
func (x *index) read(table string, c coverage, code string, hit func(*Row)) (coverage, bool) {
	code = withoutName(code)
	if table == "loinc" && strings.HasPrefix(code, "0") {
		code = loincNumber(code)
	}
	found := x.code(table, code, hit)
	if table == "snomed" || table == "rxnorm" {
		return c, strings.IndexFunc(code, notDigit) >= 0 && looksLikeICD10(code) && x.code("icd-10", code, hit) || found
	}
	if table == "icpc-2" && dotAt(code) == 3 {
		found = x.code("icd-10", code, hit) || found
	}
	if c != whole || fits(table, code) {
		return c, found
	}
	if number := loincNumber(code); table == "loinc" && fits(table, number) && x.code(table, number, hit) {
		return c, true
	}
	c = unknownSystem
	for _, other := range relatives[table] {
		if !fits(other, code) {
			continue
		}
		found = x.code(other, code, hit) || found
		if c = whole; other == "snomed" {
			c = partial // its numbers are those of nobody else
		}
	}
	return c, found
}

// relatives are the systems whose codes are found under another's address.
var relatives = map[string][]string{
	"icd-10":          {"icd-9-cm", "atc", "icd-10-pcs", "icd-11", "snomed"},
	"icd-9-cm":        {"icd-10", "snomed"},
	"icd-9-procedure": {"icd-9-cm", "icd-10-pcs", "icd-10", "snomed"},
	"icd-10-pcs":      {"icd-10", "icd-9-procedure", "icd-9-cm", "snomed"},
	"icd-11":          {"icd-10", "icd-9-cm", "snomed"},
	"icpc-2":          {"icd-10", "snomed"},
	"atc":             {"icd-10", "snomed"},
	"ops":             {"icd-10", "snomed"},
	"loinc":           {"snomed", "icd-10"},
	"ordinary":        {"icd-10", "snomed"},
}

// fits reports whether a code is written as the codes of a table are. Tables
// without a shape of their own, and a hospital's, take every code.
func fits(table, code string) bool {
	shape := shapes[table]
	if shape == nil {
		return true
	}
	switch {
	case !hierarchical[table]:
		return shape(code)
	case isPlain(code):
		return shape(code)
	case table == "icd-9-cm" && dotAt(code) == 2:
		return shapes["icd-9-procedure"](squeeze(code))
	case table == "icd-9-cm" && dotAt(code) == 3 && code[0]|0x20 == 'e':
		return false // E11.9 is ICD-10; ICD-9 has its dot one further, E850.1
	case strings.IndexFunc(code, func(r rune) bool { return r >= 0x80 && !strings.ContainsRune("†‡", r) }) >= 0:
		return false
	}
	any := false
	for part := range strings.FieldsFuncSeq(code, between) {
		whole := squeeze(part)
		if len(whole) < 2 {
			continue
		}
		any = true
		if !shape(whole) && !fieldsFit(part, shape) {
			return false
		}
	}
	return any
}

// fieldsFit reports whether the words of a part are codes, but for short ones
// such as the certainty in "G I10".
func fieldsFit(part string, shape func(string) bool) bool {
	any := false
	for f := range strings.FieldsSeq(part) {
		if f = squeeze(f); len(f) > 2 {
			if !shape(f) {
				return false
			}
			any = true
		}
	}
	return any
}

// shapes are how codes are written, without dots and in upper case.
var shapes = map[string]func(string) bool{
	"icd-10": func(s string) bool {
		switch {
		case len(s) < 3 || len(s) > 10 || !letterAt(s, 0) || !digitAt(s, 1) || !digitAt(s, 2) && s[2] != 'A' && s[2] != 'B':
			return false
		case s[0] == 'V' && (s[1:3] == "07" || s[1:3] == "08"): // no accident in ICD-10, but HIV in ICD-9
			return false
		}
		return !(len(s) == 7 && letterAt(s, 3) && letterAt(s, 4) && digitAt(s, 5) && digitAt(s, 6)) // ATC's
	},
	"icd-9-cm": func(s string) bool {
		switch {
		case len(s) < 3:
			return false
		case s[0] == 'V':
			return len(s) <= 5 && digits(s[1:])
		case s[0] == 'E':
			return len(s) >= 4 && len(s) <= 5 && digits(s[1:])
		}
		return len(s) <= 5 && digits(s)
	},
	"icd-9-procedure": func(s string) bool { return len(s) >= 2 && len(s) <= 4 && digits(s) },
	"icd-10-pcs": func(s string) bool {
		return len(s) == 7 && !strings.ContainsAny(s, "IO") && (s[0] == '0' || !digits(s)) // a procedure of digits alone is a surgical one
	},
	"icd-11": func(s string) bool {
		return len(s) >= 4 && letterAt(s, 1) && digitAt(s, 2) && len(s) <= 12
	},
	"icpc-2": func(s string) bool {
		return len(s) >= 2 && digits(s) && len(s) <= 3 || len(s) >= 3 && len(s) <= 7 && letterAt(s, 0) && digits(s[1:])
	},
	"atc": func(s string) bool {
		for i := range len(s) {
			if i < 7 && (i == 0 || i == 3 || i == 4) != letterAt(s, i) {
				return false
			}
		}
		return len(s) == 1 || len(s) >= 3
	},
	"ops":   func(s string) bool { return len(s) >= 3 && s[0] > '0' && digitAt(s, 0) && digitAt(s, 1) },
	"loinc": isLOINC,
	"snomed": func(s string) bool {
		s = strings.TrimSpace(s)
		return len(s) >= 6 && len(s) <= 18 && digits(s)
	},
	// Tumours (C50, M8000/3), vaccines, measurements and teeth are written in many
	// ways; what looks like a diagnosis that none of them can be is not one of them.
	"ordinary": func(s string) bool {
		return !(looksLikeICD10(s) && !strings.Contains("cdm", strings.ToLower(strings.TrimSpace(s)[:1])) || len(s) > 7 && digits(s))
	},
}

func digitAt(s string, i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }

func letterAt(s string, i int) bool { return i < len(s) && s[i] >= 'A' && s[i] <= 'Z' }

func digits(s string) bool { return s != "" && strings.IndexFunc(s, notDigit) < 0 }

// isLOINC reports whether a code is one of LOINC's, a part's or an answer's; of its
// own, the last digit checks the others (LOINC Users' Guide, appendix C).
func isLOINC(code string) bool {
	code = strings.TrimSpace(code)
	if len(code) > 2 && code[0]|0x20 == 'l' && strings.ContainsRune("aplg", rune(code[1]|0x20)) {
		number, check, ok := strings.Cut(code[2:], "-")
		return ok && digits(number) && len(check) == 1
	}
	number, check, ok := strings.Cut(code, "-")
	return ok && len(number) <= 8 && digits(number) && len(check) == 1 && check[0] == loincCheck(number)
}

func loincCheck(number string) byte {
	sum := 0
	for i := range len(number) {
		n := int(number[len(number)-1-i] - '0')
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return byte('0' + (10-sum%10)%10)
}

// loincNumber writes a LOINC code that came without its hyphen or with zeros
// before it as LOINC does; else it is as it was.
func loincNumber(code string) string {
	number, check, ok := strings.Cut(strings.TrimSpace(code), "-")
	if !ok && len(number) >= 3 {
		number, check = number[:len(number)-1], number[len(number)-1:]
	}
	if number = strings.TrimLeft(number, "0"); !digits(number) || len(check) != 1 {
		return code
	}
	return number + "-" + check
}

// withoutName takes a system's name from before its code: "ICD-10-GM B20",
// "ICD10.B20", "LOINC:56888-1".
func withoutName(code string) string {
	s := strings.TrimSpace(code)
	for _, name := range [...]string{"ICD", "LOINC", "SNOMED", "SCT", "ATC"} {
		if len(s) <= len(name)+2 || !strings.EqualFold(s[:len(name)], name) {
			continue
		}
		if at := strings.IndexAny(s, ":. |=_"); at >= len(name) && strings.Trim(s[at:], ":. |=_") != "" {
			return strings.Trim(s[at:], ":. |=_")
		}
	}
	return code
}
