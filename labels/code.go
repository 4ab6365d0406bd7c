package labels

import (
	"slices"
	"strings"
)

// system finds out which table an address of a code system leads to. Unknown
// ones that spell a system's name are taken for it: every nation publishes its
// ICD-10 under an address of its own.
func (x *index) system(uri string) (table string, c coverage) {
	if r := x.systems[uri]; r != nil {
		return r.target, r.coverage
	}
	if uri == "" {
		return "", unknownSystem
	}
	if rest, ok := strings.CutPrefix(uri, hl7); ok && !strings.Contains(rest, "ic") {
		return "", mute // most of them; those that are a table stand there
	}
	at := address(uri)
	if r := x.systems[at]; r != nil {
		return r.target, r.coverage
	}
	if table, c := spelledIn(at); c != unknownSystem {
		return table, c
	}
	for _, r := range x.below {
		if strings.HasPrefix(at, address(r.Pattern)+"/") {
			return r.target, r.coverage
		}
	}
	return "", unknownSystem
}

// hl7 is where HL7 Terminology publishes its systems.
const hl7 = "http://terminology.hl7.org/CodeSystem/"

// spelled are the systems by the names that a segment of their addresses holds,
// the more special first: every nation publishes its ICD-10 under an address of
// its own.
var spelled = []struct {
	table    string
	coverage coverage
	names    []string
}{
	{"icd-10-pcs", whole, []string{"icd-10-pcs", "icd10pcs", "icd10-pcs", "icd-10pcs"}},
	{"ordinary", whole, []string{"icd-o", "icdo", "icdo3"}},
	{"icd-10", whole, []string{"icd-10", "icd10", "icd_10", "cim-10", "cim10", "cie-10", "cie10", "cid-10", "cid10"}},
	{"icd-11", whole, []string{"icd-11", "icd11", "icd_11", "cim-11", "cim11", "cie-11", "cie11"}},
	{"icd-9-procedure", whole, []string{"icd9proc", "icd-9-procedure"}},
	{"icd-9-cm", whole, []string{"icd-9", "icd9", "icd_9", "cie-9", "cie9", "cim-9", "cim9"}},
	{"icpc-2", whole, []string{"icpc", "icpc2", "ciap", "ciap2"}},
	{"dsm", whole, []string{"dsm-5", "dsm-iv", "dsm5", "dsm-v"}},
	{"snomed", partial, []string{"snomed", "snomedct"}},
	{"rxnorm", partial, []string{"rxnorm"}},
	{"loinc", whole, []string{"loinc"}},
	{"atc", whole, []string{"atc", "whocc"}},
	{"ops", whole, []string{"ops"}},
}

// stems are what all the names begin with.
var stems = []string{"icd", "cim", "cie", "cid", "icpc", "ciap", "dsm", "snomed", "rxnorm", "loinc", "atc", "whocc", "ops"}

// spelledIn finds a system by a name in its address; where segments name
// several, the last does, and within one the more special name. An address of
// ICD-9 that goes on to procedures, and WHO's releases of ICD-11, are told by two
// segments.
func spelledIn(at string) (table string, c coverage) {
	if !slices.ContainsFunc(stems, func(stem string) bool { return strings.Contains(at, stem) }) {
		return "", unknownSystem // most addresses
	}
	for at != "" {
		cut := strings.LastIndexAny(at, "/:#?&=")
		segment := at[cut+1:]
		for _, n := range spelled {
			if n.table == "ops" && !strings.Contains(at, "bfarm") && !strings.Contains(at, "dimdi") {
				continue // a word of every English address
			}
			if slices.ContainsFunc(n.names, func(name string) bool { return holdsName(segment, name) }) {
				return n.table, n.coverage
			}
		}
		if cut < 0 {
			break
		}
		at = at[:cut]
		switch {
		case strings.HasPrefix(segment, "procedure") && strings.HasSuffix(at, "icd-9-cm"):
			return "icd-9-procedure", whole
		case strings.HasSuffix(at, "icd/release") && strings.HasPrefix(segment, "11"):
			return "icd-11", whole
		}
	}
	return "", unknownSystem
}

// holdsName reports whether a segment holds a name that ends as words do: after
// letters comes no letter ("icd-o" is not in "icd-official"), after a digit no
// digit.
func holdsName(segment, name string) bool {
	for from := 0; ; {
		at := strings.Index(segment[from:], name)
		if at < 0 {
			return false
		}
		at += from
		end := at + len(name)
		if (at == 0 || !sameKind(segment[at-1], 'a') && !sameKind(segment[at-1], '0')) && (end == len(segment) || !sameKind(segment[end], name[len(name)-1])) {
			return true
		}
		from = at + 1
	}
}

// sameKind reports whether two characters are both letters or both digits.
func sameKind(a, b byte) bool {
	letter := func(c byte) bool { return c >= 'a' && c <= 'z' }
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	return letter(a) && letter(b) || digit(a) && digit(b)
}

// address is an address without what may differ: case, http or https, www, a
// version or a module, a slash at the end, urn:oid:.
func address(uri string) string {
	s := strings.ToLower(strings.TrimSpace(plainCode([]byte(uri))))
	s, _, _ = strings.Cut(s, "|")
	for _, prefix := range []string{"https://", "http://", "urn:oid:", "www."} {
		s = strings.TrimPrefix(s, prefix)
	}
	s = strings.TrimRight(s, "/#")
	for _, base := range []string{"snomed.info/sct", "snomed.info/xsct", "snomed.info/id"} {
		if rest, ok := strings.CutPrefix(s, base); ok && (rest == "" || rest[0] == '/') {
			return base
		}
	}
	return s
}

// code calls hit for every row that a code of a table meets, and reports
// whether there was one. Codes that are written together (F10.2+ G31.2*, post-
// coordinated expressions) are looked up one by one.
func (x *index) code(table, code string, hit func(*Row)) (found bool) {
	try := func(r *Row) {
		if r != nil {
			found = true
			hit(r)
		}
	}
	switch {
	case table == "":
	case table == "snomed":
		for part := range strings.FieldsFuncSeq(code, notDigit) {
			if len(part) >= 6 {
				try(x.exact[table][part])
			}
		}
	case table == "icd-9-cm" && dotAt(code) == 2:
		try(longest(x.prefix["icd-9-procedure"], squeeze(code)))
	case table == "dsm":
		try(dsmRow)
		x.code("icd-10", code, hit)
		x.code("icd-9-cm", code, hit)
	case hierarchical[table]:
		if isPlain(code) { // most are written so
			try(longest(x.prefix[table], code))
			x.mask(table, code, try)
			break
		}
		if len(code) > maxLine {
			code = code[:maxLine]
		}
		for _, part := range parts(code) {
			try(longest(x.prefix[table], part))
			x.mask(table, part, try)
		}
	default:
		if r := x.exact[table][code]; r != nil {
			try(r)
			break
		}
		upper := strings.ToUpper(strings.TrimSpace(code))
		if r := x.exact[table][upper]; r != nil {
			try(r)
		} else {
			try(longest(x.prefix[table], upper))
		}
	}
	return found
}

// mask tries the rows in which "_" is any character.
func (x *index) mask(table, code string, try func(*Row)) {
rows:
	for _, r := range x.masked[table] {
		if len(code) < len(r.Pattern) || code[0] != r.Pattern[0] {
			continue
		}
		for i := range len(r.Pattern) {
			if r.Pattern[i] != '_' && r.Pattern[i] != code[i] {
				continue rows
			}
		}
		try(r)
	}
}

// dsmRow stands for every code of a DSM: the book holds nothing else.
var dsmRow = &Row{Table: "dsm", Pattern: "*", Note: "mental disorder", says: setOf("PSY"), File: "systems.txt"}

func notDigit(r rune) bool { return r < '0' || r > '9' }

func dotAt(code string) int { return strings.IndexByte(strings.TrimSpace(code), '.') }

func isPlain(code string) bool {
	for i := 0; i < len(code); i++ {
		if c := code[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// parts splits a code where one can stand beside another, and leaves out dots,
// dashes, spaces and marks. A space may stand within a code or between two, so
// both readings are tried.
func parts(code string) []string {
	var out []string
	for part := range strings.FieldsFuncSeq(code, between) {
		out = append(out, squeeze(part))
		if fields := strings.Fields(part); len(fields) > 1 {
			for _, f := range fields {
				if f = squeeze(f); len(f) > 2 {
					out = append(out, f)
				}
			}
		}
	}
	return out
}

// between are the marks that stand between codes that are written together.
func between(r rune) bool { return strings.ContainsRune("+*†‡!/&:;,#()[]|^$", r) }

// squeeze keeps letters, in upper case, and digits.
func squeeze(code string) string {
	out := make([]byte, 0, len(code))
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c >= 'a' && c <= 'z':
			out = append(out, c-'a'+'A')
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			out = append(out, c)
		}
	}
	return string(out)
}

// longest finds the longest row that starts a code.
func longest(rows map[string]*Row, code string) *Row {
	for n := min(len(code), 12); n > 0; n-- {
		if r := rows[code[:n]]; r != nil {
			return r
		}
	}
	return nil
}

// guess tries a code whose system is not known by its shape, where such codes
// stand: ICD-10 for diagnoses, LOINC for results, SNOMED CT for both.
func (x *index) guess(code string, k kinds, hit func(*Row)) (found bool) {
	switch {
	case k == none:
	case k == diagnoses && looksLikeICD10(code):
		return x.code("icd-10", code, hit)
	case len(code) >= 6 && len(code) <= 18 && strings.IndexFunc(code, notDigit) < 0:
		return x.code("snomed", code, hit)
	case k == results && len(code) >= 3 && len(code) <= 9 && code[len(code)-2] == '-':
		return x.code("loinc", code, hit)
	}
	return false
}

// kinds of codes that stand in a type of resource.
type kinds uint8

const (
	none kinds = iota
	diagnoses
	results
)

var kindsOf = map[string]kinds{
	"Condition": diagnoses, "FamilyMemberHistory": diagnoses, "Encounter": diagnoses, "EpisodeOfCare": diagnoses, "Claim": diagnoses,
	"ExplanationOfBenefit": diagnoses, "ClinicalImpression": diagnoses, "ServiceRequest": diagnoses, "Procedure": diagnoses, "Flag": diagnoses,
	"Observation": results, "DiagnosticReport": results,
}

func looksLikeICD10(code string) bool {
	code = strings.TrimSpace(code)
	if len(code) < 3 || len(code) > 10 {
		return false
	}
	c := code[0] | 0x20
	return c >= 'a' && c <= 'z' && code[1] >= '0' && code[1] <= '9' && (code[2] >= '0' && code[2] <= '9' || code[2] == 'A') &&
		(len(code) == 3 || code[3] == '.' || code[3] >= '0' && code[3] <= '9')
}
