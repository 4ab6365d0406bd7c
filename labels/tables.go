package labels

import (
	"bytes"
	"compress/zlib"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/stele-health/stele"
)

// The tables are held packed with zlib: gen packs them.
//
//go:generate go run ./gen
//go:embed data/*.z
var files embed.FS

// Shipped returns the tables that come with Stele, in order of their names.
var Shipped = sync.OnceValue(func() []*Table {
	names, err := fs.Glob(files, "data/*.z")
	if err != nil {
		panic(err)
	}
	var out []*Table
	for _, name := range names {
		out = append(out, shipped(strings.TrimSuffix(strings.TrimPrefix(name, "data/"), ".z")))
	}
	return out
})

// shipped reads one of the tables that come with Stele.
func shipped(name string) *Table {
	src, err := unpack(name)
	if err != nil {
		panic(err)
	}
	t, err := ParseTable(name, src)
	if err != nil {
		panic(err)
	}
	return t
}

func unpack(name string) ([]byte, error) {
	packed, err := files.ReadFile("data/" + name + ".z")
	if err != nil {
		return nil, err
	}
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// An index finds rows. It is not changed once it is made.
type index struct {
	exact   map[string]map[string]*Row // by table, then code
	prefix  map[string]map[string]*Row // the same for codes that stand for all below them
	masked  map[string][]*Row          // and for codes with "_", by table
	systems map[string]*Row            // by address
	below   []*Row                     // systems whose address ends in "/"
	words   *matcher
	mute    map[string]bool            // words that say nothing
	short   map[string]map[string]*Row // short words by table, as folded
}

// hierarchical tables hold codes that stand for what is below them, too.
var hierarchical = map[string]bool{
	"icd-10": true, "icd-9-cm": true, "icd-9-procedure": true, "icd-11": true, "icpc-2": true, "atc": true,
	"icd-10-pcs": true, "hcpcs": true, "ops": true,
}

var shippedIndex = sync.OnceValue(func() *index {
	x, err := newIndex(Shipped()...)
	if err != nil {
		panic(err)
	}
	return x
})

func newIndex(tables ...*Table) (*index, error) {
	x := &index{
		exact: map[string]map[string]*Row{}, prefix: map[string]map[string]*Row{}, masked: map[string][]*Row{},
		systems: map[string]*Row{}, mute: map[string]bool{}, short: map[string]map[string]*Row{},
	}
	var phrases []*Row
	for _, t := range tables {
		for i := range t.Rows {
			r := &t.Rows[i]
			switch {
			case r.Table == "system":
				x.addSystem(r)
			case r.Table == "words" && r.nothing:
				for _, f := range foldings(r.Pattern) {
					x.mute[strings.TrimSpace(f)] = true
				}
			case r.Table == "words":
				phrases = append(phrases, r)
			case isShort(r.Table):
				if why := x.addShort(r); why != "" {
					return nil, t.bad(r.Line, why)
				}
			default:
				if why := x.addCode(r); why != "" {
					return nil, t.bad(r.Line, why)
				}
			}
		}
	}
	m, bad := newMatcher(phrases)
	if bad != nil {
		return nil, stele.E("read label table", stele.KindInvalid, fmt.Sprintf("%s, line %d: words are letters and digits, with * at the end of a word", bad.File, bad.Line), nil)
	}
	x.words = m
	return x, nil
}

func (x *index) addSystem(r *Row) {
	x.systems[r.Pattern] = r
	x.systems[address(r.Pattern)] = r
	if strings.HasSuffix(r.Pattern, "/") {
		x.below = append(x.below, r)
	}
}

func (x *index) addCode(r *Row) string {
	codes := []string{r.Pattern}
	into := x.exact
	switch {
	case hierarchical[r.Table] && strings.Contains(r.Pattern, "_"):
		if !isCode(strings.ReplaceAll(r.Pattern, "_", "")) || r.Pattern[0] == '_' || r.ordinary || r.nothing {
			return "a code with _ begins with a letter or digit and says something"
		}
		x.masked[r.Table] = append(x.masked[r.Table], r)
		return ""
	case hierarchical[r.Table]:
		into = x.prefix
		var ok bool
		if codes, ok = expand(r.Pattern); !ok {
			return "the code or range is not one of this kind of table, such as F20 or F10-F16"
		}
	case strings.HasSuffix(r.Pattern, "*"):
		into, codes[0] = x.prefix, strings.ToUpper(strings.TrimSuffix(r.Pattern, "*"))
	default:
		codes[0] = strings.ToUpper(r.Pattern)
	}
	m := into[r.Table]
	if m == nil {
		m = map[string]*Row{}
		into[r.Table] = m
	}
	for _, code := range codes {
		if code == "" {
			return "the code is empty"
		}
		if m[code] != nil {
			return fmt.Sprintf("the code stands in line %d already", m[code].Line)
		}
		m[code] = r
	}
	return ""
}

// expand writes out a range of codes of one length, F10-F16; a single code is
// itself without dots and dashes.
func expand(pattern string) (codes []string, ok bool) {
	from, to, ranged := strings.Cut(pattern, "-")
	if !ranged || len(from) != len(to) || !isCode(from) || !isCode(to) {
		code := strings.NewReplacer(".", "", "-", "").Replace(pattern)
		return []string{code}, isCode(code)
	}
	if from > to {
		return nil, false
	}
	at := 0
	for at < len(from) && from[at] == to[at] {
		at++
	}
	if len(from)-at > 4 {
		return nil, false
	}
	for code := []byte(from); ; {
		codes = append(codes, string(code))
		if string(code) == to {
			return codes, true
		}
		if len(codes) > 2000 || !next(code[at:]) {
			return nil, false
		}
	}
}

// next counts up a code: digits, then letters, each place in turn.
func next(code []byte) bool {
	for i := len(code) - 1; i >= 0; i-- {
		switch c := code[i]; {
		case c == '9':
			code[i] = 'A'
			return true
		case c == 'Z':
			code[i] = '0'
			continue
		default:
			code[i]++
			return true
		}
	}
	return false
}

func isCode(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
