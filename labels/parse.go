package labels

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stele-health/stele"
)

// A Row is one line of a table: in a code system, a code with all that it
// stands for, and what that says.
type Row struct {
	Table    string // "icd-10", "snomed", "words", a hospital's own, …
	Pattern  string // "F10-F16", "86406008", "*abhängigkeit", "http://hl7.org/fhir/sid/icd-10"
	Note     string
	File     string // where it stands
	Line     int
	says     set
	ordinary bool // "-"
	nothing  bool // "?"
	target   string
	coverage coverage
}

// A coverage says what it means that a table does not hold a code.
type coverage uint8

const (
	unknownSystem coverage = iota
	whole                  // the code is ordinary
	partial                // only words can tell
	mute                   // the code says how, not what
)

var coverages = map[string]coverage{"whole": whole, "partial": partial, "nothing": mute}

// A Table is a file of rows as it was read: what it rests on, when it was
// looked at and by whom, and its rows in order.
type Table struct {
	File     string
	Sources  []string
	Checked  []string
	Reviewed string // a date
	Reviewer string
	Rows     []Row
}

// Limits of a table.
const (
	maxTable   = 4 << 20 // bytes
	maxLine    = 2000    // bytes of a row, and of a code that is looked up
	maxPattern = 200     // bytes
)

// ParseTable reads a table: a head of "# words" and "source:", "checked:",
// "reviewed:", "reviewer:" lines, an empty line, then one row a line in four
// columns between tabs: table, code, sensitivities, note. It is strict: what it
// does not understand is an error that names the line.
func ParseTable(file string, src []byte) (*Table, error) {
	t := &Table{File: file}
	if len(src) > maxTable {
		return nil, t.bad(0, "the table is larger than 4 MiB")
	}
	if !utf8.Valid(src) {
		return nil, t.bad(0, "the table is not UTF-8 text")
	}
	src = bytes.TrimPrefix(src, []byte("\uFEFF"))
	head, n := true, 0
	for line := range strings.Lines(string(src)) {
		n++
		line = strings.TrimRight(line, "\r\n")
		switch {
		case len(line) > maxLine:
			return nil, t.bad(n, "the line is too long")
		case strings.HasPrefix(line, "#"):
		case strings.TrimSpace(line) == "":
			head = false
		case head:
			if why := t.headLine(line); why != "" {
				return nil, t.bad(n, why)
			}
		default:
			row, why := parseRow(line)
			if why != "" {
				return nil, t.bad(n, why)
			}
			row.File, row.Line = file, n
			t.Rows = append(t.Rows, row)
		}
	}
	switch {
	case len(t.Sources) == 0 || t.Reviewed == "" || t.Reviewer == "":
		return nil, t.bad(0, `the head does not say "source:", "reviewed:" and "reviewer:"`)
	case len(t.Rows) == 0:
		return nil, t.bad(0, "there is no row")
	}
	return t, nil
}

func (t *Table) bad(line int, why string) error {
	where := t.File
	if line > 0 {
		where = fmt.Sprintf("%s, line %d", t.File, line)
	}
	return stele.E("read label table", stele.KindInvalid, where+": "+why, nil).
		WithHint("a table is a head (source: …, reviewed: YYYY-MM-DD, reviewer: …), an empty line, and rows of four columns between tabs: table, code, sensitivities or - or ?, note")
}

func (t *Table) headLine(line string) string {
	name, value, ok := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	if !ok || value == "" {
		return `the head has lines like "source: …" before the first empty line`
	}
	switch name {
	case "source":
		t.Sources = append(t.Sources, value)
	case "checked":
		t.Checked = append(t.Checked, value)
	case "reviewed":
		if !isDate(value) {
			return "the review date is not YYYY-MM-DD"
		}
		t.Reviewed = value
	case "reviewer":
		t.Reviewer = value
	default:
		return "the head says something unknown"
	}
	return ""
}

func isDate(s string) bool {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return false
	}
	for i, c := range []byte(s) {
		if i != 4 && i != 7 && (c < '0' || c > '9') {
			return false
		}
	}
	return s[5:7] >= "01" && s[5:7] <= "12" && s[8:] >= "01" && s[8:] <= "31"
}

// parseRow reads one row; the answer says what is wrong with it, "" for nothing.
func parseRow(line string) (Row, string) {
	columns := strings.Split(line, "\t")
	if len(columns) != 4 {
		return Row{}, fmt.Sprintf("a row has four columns between tabs, this one has %d", len(columns))
	}
	r := Row{Table: columns[0], Pattern: columns[1], Note: strings.TrimSpace(columns[3])}
	switch {
	case !isName(r.Table):
		return r, "the first column is the name of a table in lower case"
	case r.Pattern == "" || len(r.Pattern) > maxPattern || r.Pattern != strings.TrimSpace(r.Pattern):
		return r, "the second column is a code or words, without spaces around it"
	case r.Table == "system":
		target, kind, ok := strings.Cut(columns[2], " ")
		r.target, r.coverage = target, coverages[kind]
		if !ok || !isName(target) || r.coverage == unknownSystem || target == "system" {
			return r, `a system's third column is its table and "whole", "partial" or "nothing"`
		}
		return r, ""
	case columns[2] == "-":
		r.ordinary = true
		return r, ""
	case columns[2] == "?":
		r.nothing = true
		return r, ""
	}
	for code := range strings.SplitSeq(columns[2], ",") {
		one := setOf(stele.Sensitivity(code))
		if one == 0 || r.says&one != 0 {
			return r, "the third column lists sensitivities with commas, each once: " + words(stele.Sensitivities())
		}
		r.says |= one
	}
	return r, ""
}

func isName(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

// words lists codes with commas between them.
func words[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return strings.Join(out, ", ")
}

// A set is some of stele.Sensitivities, one bit each.
type set uint16

func setOf(list ...stele.Sensitivity) (s set) {
	for _, v := range list {
		if i := slices.Index(sensitivities, v); i >= 0 {
			s |= 1 << i
		}
	}
	return s
}

var sensitivities = stele.Sensitivities()

// list returns the set sorted, nil for none.
func (s set) list() (out []stele.Sensitivity) {
	for i, v := range sensitivities {
		if s&(1<<i) != 0 {
			out = append(out, v)
		}
	}
	return out
}
