package telling_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// A maker makes resources of any type by FHIR's definitions. Every leaf is a word
// or number that stands nowhere else, so that a test can look for it.
type maker struct {
	types map[string][]made
	kinds []string // the resource types
	rng   *rand.Rand
	n     int
}

// made is an element: its name, whether it repeats, the types it may have.
type made struct {
	name  string
	min   bool
	many  bool
	types []string
}

func newMaker(t testing.TB) *maker {
	t.Helper()
	src, err := os.ReadFile("../fhir/definitions_gen.txt")
	if err != nil {
		t.Fatal(err)
	}
	m := &maker{types: map[string][]made{}}
	owner := ""
	for line := range strings.Lines(string(src)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch f[0] {
		case "T":
			owner = f[2]
			m.types[owner] = []made{}
			if f[1] == "R" && owner != "Resource" && owner != "DomainResource" && owner != "Bundle" && owner != "Parameters" {
				m.kinds = append(m.kinds, owner)
			}
		case "E":
			m.types[owner] = append(m.types[owner], made{f[1], f[2] != "0", f[3] != "1", f[5:]})
		}
	}
	return m
}

// resource makes a resource of a type with n of its own elements.
func (m *maker) resource(kind string, n int) string {
	var own []made
	for _, e := range m.types[kind] {
		switch e.name {
		case "id", "meta", "implicitRules", "language", "text", "contained", "extension", "modifierExtension":
		default:
			own = append(own, e)
		}
	}
	m.rng.Shuffle(len(own), func(i, j int) { own[i], own[j] = own[j], own[i] })
	members := []string{fmt.Sprintf(`"resourceType":%q`, kind)}
	for _, e := range own[:min(n, len(own))] {
		members = append(members, m.element(e, 0))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (m *maker) element(e made, depth int) string {
	typ := e.types[m.rng.IntN(len(e.types))]
	typ, _, _ = strings.Cut(typ, ">")
	name := e.name
	if stem, choice := strings.CutSuffix(name, "[x]"); choice {
		suffix := typ
		if suffix == "SimpleQuantity" {
			suffix = "Quantity"
		}
		name = stem + strings.ToUpper(suffix[:1]) + suffix[1:]
	}
	value := m.value(typ, depth)
	if e.many {
		list := []string{value}
		if m.rng.IntN(3) == 0 {
			list = append(list, m.value(typ, depth))
		}
		value = "[" + strings.Join(list, ",") + "]"
	}
	return fmt.Sprintf("%q:%s", name, value)
}

func (m *maker) value(typ string, depth int) string {
	m.n++
	switch typ {
	case "boolean":
		return "true"
	case "decimal":
		return fmt.Sprintf("%d.%d0", 1000+m.n, m.n%7)
	case "integer", "positiveInt", "unsignedInt":
		return fmt.Sprint(1000 + m.n)
	case "date":
		return fmt.Sprintf(`"%d-05-07"`, 1000+m.n)
	case "dateTime", "instant":
		return fmt.Sprintf(`"%d-05-07T10:20:00Z"`, 1000+m.n)
	case "time":
		return fmt.Sprintf(`"%02d:%02d:%02d"`, m.n/3600%24, m.n/60%60, m.n%60)
	case "xhtml":
		return `"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>` + m.word() + `</p></div>"`
	case "base64Binary":
		return `"AAAA"`
	case "Reference":
		return fmt.Sprintf(`{"reference":"Basic/%s","display":%q}`, m.word(), m.word())
	case "CodeableConcept":
		return fmt.Sprintf(`{"coding":[{"system":"urn:x","code":%q,"display":%q}],"text":%q}`, m.word(), m.word(), m.word())
	case "Resource":
		return `{"resourceType":"Basic"}`
	}
	elements := m.types[typ]
	if len(elements) == 0 {
		return fmt.Sprintf("%q", m.word())
	}
	var members []string
	for _, e := range elements {
		switch e.name {
		case "id", "extension", "modifierExtension", "contained":
			continue
		}
		if depth > 4 || m.rng.IntN(len(elements)) > 3 && !e.min {
			continue
		}
		members = append(members, m.element(e, depth+1))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// word is a word that stands nowhere else.
func (m *maker) word() string {
	m.n++
	return fmt.Sprintf("zq%dx", m.n)
}

// clinicalKinds are the made types less those that define or describe software.
func (m *maker) clinicalKinds() []string {
	return slices.DeleteFunc(slices.Clone(m.kinds), func(k string) bool {
		return strings.HasSuffix(k, "Definition") || slices.Contains([]string{"ValueSet", "CodeSystem", "ConceptMap", "CapabilityStatement", "ImplementationGuide",
			"SearchParameter", "StructureMap", "NamingSystem", "TestScript", "TestReport", "TerminologyCapabilities", "GraphDefinition", "ExampleScenario"}, k)
	})
}
