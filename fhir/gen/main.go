// Command gen turns the official FHIR R4 definitions into definitions_gen.txt.
//
//	go run ./gen -package DIR -expansions DIR
//
// package is the unpacked npm package hl7.fhir.r4.examples@4.0.1 (it carries
// every StructureDefinition, SearchParameter and CompartmentDefinition),
// expansions the unpacked hl7.fhir.r4.expansions@4.0.1; both are CC0. The same
// input gives the same bytes: everything is sorted, nothing depends on time.
//
// The output is lines of tab-separated fields:
//
//	T kind name                            a type; kind R resource, D datatype, B nested element, P primitive
//	E name min max binding type...         an element of the type above; Reference>A,B names its targets
//	V name open|closed                     a value set; open ones cannot be listed and are checked by grammar
//	S system code...                       the codes of one system in the value set above
//	P type path...                         where a resource names its Patient (R4 compartment "patient")
package main

import (
	"encoding/json"
	"flag"
	"log"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

type structure struct {
	ID, Name, URL, Kind, Type, Derivation string
	Abstract                              bool
	Snapshot                              struct{ Element []element }
}

type element struct {
	Path, Max        string
	Min              int
	ContentReference string
	Base             struct{ Path string }
	Type             []typeRef
	Binding          *struct{ Strength, ValueSet string }
}

type typeRef struct {
	Code                   string
	Profile, TargetProfile []string
	Extension              []struct{ URL, ValueURL string }
}

func main() {
	log.SetFlags(0)
	pkg := flag.String("package", "", "unpacked hl7.fhir.r4.examples@4.0.1")
	exp := flag.String("expansions", "", "unpacked hl7.fhir.r4.expansions@4.0.1")
	out := flag.String("out", "definitions_gen.txt", "file to write")
	flag.Parse()
	if *pkg == "" || *exp == "" {
		log.Fatal("gen: need -package and -expansions")
	}
	var b strings.Builder
	b.WriteString("# FHIR R4 (4.0.1) definitions, CC0 by HL7; written by fhir/gen, do not edit\n")
	used := structures(&b, folder(*pkg))
	valueSets(&b, folder(*exp), used)
	compartment(&b, folder(*pkg))
	if err := os.WriteFile(*out, []byte(b.String()), 0o644); err != nil {
		log.Fatal(err)
	}
}

// folder accepts the unpacked tarball or its "package" folder.
func folder(dir string) string {
	if _, err := os.Stat(filepath.Join(dir, "package", "package.json")); err == nil {
		return filepath.Join(dir, "package")
	}
	return dir
}

func load(pattern string, each func(raw []byte)) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		log.Fatalf("gen: no files match %s", pattern)
	}
	sort.Strings(files)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			log.Fatal(err)
		}
		each(raw)
	}
}

func decode(raw []byte, into any) {
	if err := json.Unmarshal(raw, into); err != nil {
		log.Fatal(err)
	}
}

// structures writes T and E lines and returns the value sets they bind to.
func structures(b *strings.Builder, dir string) map[string]bool {
	var all []structure
	load(filepath.Join(dir, "StructureDefinition-*.json"), func(raw []byte) {
		var s structure
		decode(raw, &s)
		switch {
		case s.Kind == "logical":
		case s.URL != "http://hl7.org/fhir/StructureDefinition/"+s.ID:
		case s.Derivation == "constraint" && s.ID != "SimpleQuantity":
		default:
			all = append(all, s)
		}
	})
	sort.Slice(all, func(i, j int) bool { return all[i].ID < all[j].ID })
	used := map[string]bool{}
	for _, s := range all {
		one(b, s, used)
	}
	return used
}

func one(b *strings.Builder, s structure, used map[string]bool) {
	if s.Kind == "primitive-type" {
		line(b, "T", "P", s.ID)
		return
	}
	root := s.Snapshot.Element[0].Path
	nested := map[string]bool{root: true}
	for _, e := range s.Snapshot.Element {
		if at := strings.LastIndexByte(e.Path, '.'); at > 0 {
			nested[e.Path[:at]] = true
		}
	}
	for _, p := range s.Snapshot.Element {
		if !nested[p.Path] {
			continue
		}
		kind, name := "B", p.Path
		if p.Path == root {
			name = s.ID
			kind = map[string]string{"resource": "R", "complex-type": "D"}[s.Kind]
		}
		line(b, "T", kind, name)
		for _, e := range s.Snapshot.Element {
			at := strings.LastIndexByte(e.Path, '.')
			if at > 0 && e.Path[:at] == p.Path && e.Max != "0" {
				elementLine(b, e, nested, used)
			}
		}
	}
}

func elementLine(b *strings.Builder, e element, nested, used map[string]bool) {
	name := e.Path[strings.LastIndexByte(e.Path, '.')+1:]
	binding := "-"
	if e.Binding != nil && e.Binding.Strength == "required" {
		url, _, _ := strings.Cut(e.Binding.ValueSet, "|")
		used[url] = true
		binding = setName(url)
	}
	fields := []string{"E", name, itoa(e.Min), e.Max, binding}
	switch {
	case e.ContentReference != "":
		fields = append(fields, strings.TrimPrefix(e.ContentReference, "#"))
	case nested[e.Path]:
		fields = append(fields, e.Path)
	default:
		for _, t := range e.Type {
			fields = append(fields, typeName(e, t))
		}
	}
	line(b, fields...)
}

// typeName gives the type as the table spells it: FHIRPath system types become
// the FHIR type they stand for, references carry their targets.
func typeName(e element, t typeRef) string {
	code := t.Code
	if strings.HasPrefix(code, "http://hl7.org/fhirpath/") {
		for _, x := range t.Extension {
			if strings.HasSuffix(x.URL, "structuredefinition-fhir-type") {
				code = x.ValueURL
			}
		}
		if e.Base.Path == "Resource.id" {
			code = "id"
		}
	}
	for _, p := range t.Profile {
		if strings.HasSuffix(p, "/SimpleQuantity") {
			code = "SimpleQuantity"
		}
	}
	if code != "Reference" || len(t.TargetProfile) == 0 {
		return code
	}
	var targets []string
	for _, p := range t.TargetProfile {
		target := p[strings.LastIndexByte(p, '/')+1:]
		if target == "Resource" {
			return code
		}
		targets = append(targets, target)
	}
	sort.Strings(targets)
	return code + ">" + strings.Join(targets, ",")
}

type contains struct {
	System, Code string
	Abstract     bool
	Contains     []contains
}

// valueSets writes the V and S lines of the value sets that are used. A set
// that the package cannot list (mime types, UCUM) is open.
func valueSets(b *strings.Builder, dir string, used map[string]bool) {
	sets := map[string]map[string][]string{}
	load(filepath.Join(dir, "ValueSet-*.json"), func(raw []byte) {
		var v struct {
			URL       string
			Expansion struct{ Contains []contains }
		}
		decode(raw, &v)
		if used[v.URL] && sets[v.URL] == nil {
			codes := map[string][]string{}
			collect(codes, v.Expansion.Contains)
			sets[v.URL] = codes
		}
	})
	for _, url := range sorted(used) {
		codes := sets[url]
		if len(codes) == 0 || strings.HasSuffix(url, "/ucum-units") {
			line(b, "V", setName(url), "open")
			log.Printf("open value set: %s", url)
			continue
		}
		line(b, "V", setName(url), "closed")
		for _, system := range sorted(codes) {
			list := codes[system]
			sort.Strings(list)
			line(b, append([]string{"S", system}, list...)...)
		}
	}
}

func collect(into map[string][]string, from []contains) {
	for _, c := range from {
		if c.Code != "" && !c.Abstract {
			into[c.System] = append(into[c.System], c.Code)
		}
		collect(into, c.Contains)
	}
}

// compartment writes the P lines: for each resource type the element paths that
// the compartment's search parameters look at, "subject" and "patient" first.
func compartment(b *strings.Builder, dir string) {
	var c struct {
		Resource []struct {
			Code  string
			Param []string
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, "CompartmentDefinition-patient.json"))
	if err != nil {
		log.Fatal(err)
	}
	decode(raw, &c)
	expressions := map[string]string{} // "Type.param" to FHIRPath
	load(filepath.Join(dir, "SearchParameter-*.json"), func(raw []byte) {
		var p struct {
			Code, Expression, URL string
			Base                  []string
		}
		decode(raw, &p)
		if !strings.HasPrefix(p.URL, "http://hl7.org/fhir/SearchParameter/") {
			return
		}
		for _, t := range p.Base {
			if expressions[t+"."+p.Code] == "" {
				expressions[t+"."+p.Code] = p.Expression
			}
		}
	})
	for _, r := range c.Resource {
		var paths []string
		for _, p := range r.Param {
			paths = append(paths, elementPaths(r.Code, expressions[r.Code+"."+p])...)
		}
		paths = distinct(paths)
		sort.SliceStable(paths, func(i, j int) bool { return rank(paths[i]) < rank(paths[j]) })
		if len(paths) > 0 {
			line(b, append([]string{"P", r.Code}, paths...)...)
		}
	}
}

// elementPaths picks the parts of a search expression that start at the type.
func elementPaths(typ, expression string) []string {
	var paths []string
	for _, part := range strings.Split(expression, "|") {
		part = strings.Trim(strings.TrimSpace(part), "()")
		part, _, _ = strings.Cut(part, ".where(")
		part, _, _ = strings.Cut(part, " as ")
		if rest, ok := strings.CutPrefix(part, typ+"."); ok {
			paths = append(paths, rest)
		}
	}
	return paths
}

func rank(path string) int {
	switch path {
	case "subject", "patient":
		return 0
	}
	return 1
}

func distinct(list []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func setName(url string) string { return url[strings.LastIndexByte(url, '/')+1:] }

func itoa(n int) string { return string(rune('0' + n)) }

func line(b *strings.Builder, fields ...string) {
	b.WriteString(strings.Join(fields, "\t"))
	b.WriteByte('\n')
}
