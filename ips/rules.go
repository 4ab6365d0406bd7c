package ips

import (
	_ "embed" // the rules travel with the program
	"strconv"
	"strings"
	"sync"
)

//go:generate go run ./gen -package $IPS_PACKAGE
//go:embed rules_gen.txt
var rulesText string

// table gives the rules, read at first use.
var table = sync.OnceValue(func() *rules { return readRules(rulesText) })

// rules are what HL7's guide says of an International Patient Summary.
type rules struct {
	profiles map[string]*profile // by name
	byType   map[string][]*profile
	sections []*section
	kinds    []kind // of the Bundle's entries
	sets     map[string]codes
}

type profile struct {
	name, typ, url string
	elements       []elementRule
	slices         []sliceRule
	bindings       []binding
	invariants     []invariant
}

// elementRule says how often an element may stand, and as what.
type elementRule struct {
	parent, name string // "section", "title"; name is "effective[x]" for a choice
	min, max     int    // max 0 is none, -1 any number
	types        []string
	targets      []string // types to which its references lead; none for any
	fixed        string   // a text, or a concept as JSON; "" for none
}

// sliceRule says how many items of a list are like a pattern.
type sliceRule struct {
	path, name string
	min, max   int
	pattern    string
}

type binding struct{ path, set string }

type invariant struct{ path, key string }

// section is one of the sections of the document.
type section struct {
	name, code string // sectionAllergies, its LOINC code
	min, max   int
	types      []string // of its entries
	kinds      []kind
	invariants []string
}

// takes reports whether a resource of a type may be an entry of the section.
func (s *section) takes(typ string) bool { return contains(s.types, typ) }

// kind is a kind of entry, by its profiles; max -1 is any number.
type kind struct {
	name     string
	min, max int
	profiles []string
}

// codes are a value set: those listed, or all but those.
type codes struct {
	system string
	listed map[string]bool
	but    bool
}

func (c codes) has(code string) bool { return c.listed[code] != c.but }

// readRules reads what the generator wrote: see gen.
func readRules(text string) *rules {
	r := &rules{profiles: map[string]*profile{}, byType: map[string][]*profile{}, sets: map[string]codes{}}
	var p *profile
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch f[0] {
		case "P":
			p = &profile{name: f[1], typ: f[2], url: f[3]}
			r.profiles[p.name] = p
			r.byType[p.typ] = append(r.byType[p.typ], p)
		case "E":
			p.elements = append(p.elements, elementOf(f))
		case "G":
			p.slices = append(p.slices, sliceRule{f[1], f[2], number(f[3]), number(f[4]), f[5]})
		case "B":
			p.bindings = append(p.bindings, binding{f[1], f[2]})
		case "I":
			p.invariants = append(p.invariants, invariant{f[1], f[2]})
		case "S":
			r.sections = append(r.sections, &section{name: f[1], code: f[2], min: number(f[3]), max: number(f[4]), types: strings.Split(f[6], ",")})
		case "N":
			s := r.sections[len(r.sections)-1]
			s.kinds = append(s.kinds, kind{f[1], number(f[2]), number(f[3]), strings.Split(f[4], ",")})
		case "K":
			r.kinds = append(r.kinds, kind{f[1], number(f[2]), number(f[3]), strings.Split(f[4], ",")})
		case "V":
			r.sets[f[1]] = codes{f[3], set(f[4:]), f[2] == "not"}
		}
	}
	r.resolve()
	return r
}

// resolve names the types to which references lead, and hands the sections their
// invariants.
func (r *rules) resolve() {
	for _, p := range r.profiles {
		for i := range p.elements {
			targets := p.elements[i].targets
			for n, name := range targets {
				if of := r.profiles[name]; of != nil {
					targets[n] = of.typ
				}
			}
		}
		for _, i := range p.invariants {
			if s := r.section(strings.TrimPrefix(i.path, "section:")); s != nil {
				s.invariants = append(s.invariants, i.key)
			}
		}
	}
}

// section returns a section by its name or LOINC code, nil for none.
func (r *rules) section(name string) *section {
	for _, s := range r.sections {
		if s.name == name || s.code == name {
			return s
		}
	}
	return nil
}

// E path min max M types fixed; what must be supported (M) binds systems, not documents
func elementOf(f []string) elementRule {
	e := elementRule{name: f[1], min: number(f[2]), max: number(f[3])}
	if at := strings.LastIndexByte(f[1], '.'); at >= 0 {
		e.parent, e.name = f[1][:at], f[1][at+1:]
	}
	if f[5] != "-" {
		for _, typ := range strings.Split(f[5], ",") {
			typ, targets, led := strings.Cut(typ, ">")
			e.types = append(e.types, typ)
			if led {
				e.targets = strings.Split(targets, "|")
			}
		}
	}
	if f[6] != "-" {
		e.fixed = strings.Trim(f[6], `"`)
	}
	return e
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1 // "*"
	}
	return n
}

// cardinality is "1..*", as FHIR writes it.
func cardinality(least, most int) string {
	if most < 0 {
		return strconv.Itoa(least) + "..*"
	}
	return strconv.Itoa(least) + ".." + strconv.Itoa(most)
}

func set(list []string) map[string]bool {
	out := make(map[string]bool, len(list))
	for _, s := range list {
		out[s] = true
	}
	return out
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}
