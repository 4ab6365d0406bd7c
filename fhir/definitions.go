package fhir

import (
	_ "embed" // the definitions travel with the program
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
)

//go:embed definitions_gen.txt
var definitionsText string

// tables gives the definitions, read at first use (a few milliseconds).
var tables = sync.OnceValue(func() *definitions { return readDefinitions(definitionsText) })

type definitions struct {
	types       map[string]*typeDef
	sets        map[string]*valueSet
	compartment map[string][]string
}

// A typeDef is a resource, datatype, primitive or nested element.
type typeDef struct {
	name     string
	kind     byte // R, D, P, B as in the generator
	check    primitiveCheck
	elements []elementDef
	props    []property // by name
}

// abstract types have no instances; "Resource" stands for any resource.
func (t *typeDef) abstract() bool { return t.name == "Resource" || t.name == "DomainResource" }

type elementDef struct {
	name    string // "value[x]" for a choice
	min     int
	max     int // 0 for *
	binding *valueSet
}

// cardinality returns "1..*".
func (e *elementDef) cardinality() string {
	if e.max == 0 {
		return strconv.Itoa(e.min) + "..*"
	}
	return strconv.Itoa(e.min) + ".." + strconv.Itoa(e.max)
}

// A property is a JSON member: an element, or one type of a choice.
type property struct {
	name    string
	element int
	typ     *typeDef
	targets []string // of a Reference; empty for any
	role    Role     // of a Reference
}

// property finds a member by its name; nil when the type has none such.
func (t *typeDef) property(name []byte) *property {
	lo, hi := 0, len(t.props)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if t.props[mid].name < string(name) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(t.props) && t.props[lo].name == string(name) {
		return &t.props[lo]
	}
	return nil
}

// A valueSet holds the codes of each system, sorted.
type valueSet struct {
	name    string
	open    bool
	systems []codeSystem
}

type codeSystem struct {
	url   string
	codes []string
}

// has reports whether the set holds the code, in any system when system is "".
func (s *valueSet) has(system, code string) bool {
	for _, sys := range s.systems {
		if system != "" && sys.url != system {
			continue
		}
		if i := sort.SearchStrings(sys.codes, code); i < len(sys.codes) && sys.codes[i] == code {
			return true
		}
	}
	return false
}

// readDefinitions reads what the generator wrote; its strings stay slices of text.
func readDefinitions(text string) *definitions {
	d := &definitions{types: map[string]*typeDef{}, sets: map[string]*valueSet{}, compartment: map[string][]string{}}
	lines := strings.Split(text, "\n")
	d.declare(lines)
	var owner *typeDef
	var fields []string
	for _, line := range lines {
		if line == "" {
			continue
		}
		switch line[0] {
		case 'T':
			if owner != nil {
				finish(owner)
			}
			owner = d.types[line[strings.LastIndexByte(line, '\t')+1:]]
		case 'E':
			fields = split(fields[:0], line)
			d.element(owner, fields)
		}
	}
	finish(owner)
	return d
}

func split(into []string, line string) []string {
	for {
		field, rest, more := strings.Cut(line, "\t")
		into = append(into, field)
		if !more {
			return into
		}
		line = rest
	}
}

// finish brings the type's members into the order property searches in.
func finish(t *typeDef) {
	slices.SortFunc(t.props, func(a, b property) int { return strings.Compare(a.name, b.name) })
}

// declare makes the types, value sets and compartment paths that elements name.
func (d *definitions) declare(lines []string) {
	var set *valueSet
	for _, line := range lines {
		if line == "" || line[0] == 'E' || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		switch f[0] {
		case "T":
			d.types[f[2]] = &typeDef{name: f[2], kind: f[1][0], check: primitives[f[2]]}
		case "V":
			set = &valueSet{name: f[1], open: f[2] == "open"}
			d.sets[f[1]] = set
		case "S":
			set.systems = append(set.systems, codeSystem{f[1], f[2:]})
		case "P":
			d.compartment[f[1]] = f[2:]
		}
	}
}

func (d *definitions) element(owner *typeDef, f []string) {
	e := elementDef{name: f[1], binding: d.sets[f[4]]}
	e.min, _ = strconv.Atoi(f[2])
	e.max, _ = strconv.Atoi(f[3])
	if owner.elements == nil { // room for most types at once
		owner.elements, owner.props = make([]elementDef, 0, 16), make([]property, 0, 20)
	}
	at := len(owner.elements)
	owner.elements = append(owner.elements, e)
	stem, choice := strings.CutSuffix(e.name, "[x]")
	for _, spec := range f[5:] {
		typ, targets, _ := strings.Cut(spec, ">")
		p := property{name: e.name, element: at, typ: d.types[typ]}
		if choice {
			suffix := typ
			if typ == "SimpleQuantity" { // a profile: the member is still called valueQuantity
				suffix = "Quantity"
			}
			p.name = stem + strings.ToUpper(suffix[:1]) + suffix[1:]
		}
		if targets != "" {
			p.targets = strings.Split(targets, ",")
		}
		if typ == "Reference" {
			p.role = roleOf(owner.name, p.name, p.targets)
		}
		owner.props = append(owner.props, p)
	}
}
