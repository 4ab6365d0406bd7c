// Command gen turns HL7's package hl7.fhir.uv.ips into rules_gen.txt, the table that the
// ips room checks by. It takes facts only: names, numbers, codes and urls.
//
//	go run ./gen -package hl7.fhir.uv.ips/package -out rules_gen.txt
//
// The table has one fact a line, its fields separated by tabs:
//
//	P  profile  type  url                           the following lines are its own
//	E  path  min  max  M  types  fixed              an element; M: must be supported; "-" for nothing
//	G  path  slice  min  max  pattern               how many items of a list are like the pattern
//	B  path  value set                              a required binding
//	I  path  key                                    an invariant, by its name
//	S  slice  LOINC code  min  max  M  types        a section, and the types of its entries
//	N  slice  min  max  profiles                    of the section's entries, a kind by name
//	K  slice  min  max  profiles                    a kind of entry of the Bundle
//	V  value set  in or not  system  codes
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

type structure struct {
	ID, Type, URL string
	Snapshot      struct{ Element []element }
}

type element struct {
	ID, Path, Max string
	Min           int
	MustSupport   bool
	SliceName     string
	Base          struct {
		Min int
		Max string
	}
	Type       []typeRef
	Constraint []struct{ Key, Source string }
	Binding    *struct{ Strength, ValueSet string }

	FixedCode              string
	PatternBoolean         *bool
	PatternCodeableConcept json.RawMessage
}

type typeRef struct {
	Code                   string
	Profile, TargetProfile []string
}

const canonical = "http://hl7.org/fhir/uv/ips/"

func main() {
	log.SetFlags(0)
	pkg := flag.String("package", "", "unpacked hl7.fhir.uv.ips@2.0.0")
	out := flag.String("out", "rules_gen.txt", "file to write")
	flag.Parse()
	if *pkg == "" {
		log.Fatal("gen: need -package")
	}
	var b bytes.Buffer
	b.WriteString("# International Patient Summary 2.0.0 (hl7.fhir.uv.ips), CC0 by HL7; written by ips/gen, do not edit\n")
	sets := map[string]bool{}
	for _, s := range structures(folder(*pkg)) {
		profile(&b, s, sets)
	}
	valueSets(&b, folder(*pkg), sets)
	if err := os.WriteFile(*out, b.Bytes(), 0o644); err != nil {
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

func read(file string, into any) {
	raw, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// structures are the profiles of resources, by name.
func structures(dir string) (out []structure) {
	files, err := filepath.Glob(filepath.Join(dir, "StructureDefinition-*-uv-ips.json"))
	if err != nil || len(files) == 0 {
		log.Fatal("gen: no profiles in ", dir)
	}
	slices.Sort(files)
	for _, file := range files {
		var s structure
		read(file, &s)
		if s.Type != "Coding" && s.Type != "CodeableConcept" {
			out = append(out, s)
		}
	}
	return out
}

func profile(b *bytes.Buffer, s structure, sets map[string]bool) {
	line(b, "P", s.ID, s.Type, s.URL)
	for i, e := range s.Snapshot.Element {
		path := strings.TrimPrefix(strings.TrimPrefix(e.Path, s.Type), ".")
		for _, c := range e.Constraint {
			if strings.HasPrefix(c.Key, "ips-") || strings.HasPrefix(c.Source, canonical) {
				line(b, "I", sliced(e, path), c.Key)
			}
		}
		switch {
		case path == "":
		case s.Type == "Composition" && strings.Contains(e.ID, ":section"):
			section(b, e, s.Snapshot.Element[i:])
		case s.Type == "Bundle" && strings.Contains(e.ID, ":"):
			if strings.HasSuffix(e.ID, ".resource") {
				kind(b, e, s.Snapshot.Element[:i])
			}
		case e.SliceName != "" && e.PatternCodeableConcept != nil:
			line(b, "G", path, e.SliceName, fmt.Sprint(e.Min), e.Max, compact(e.PatternCodeableConcept))
		case !strings.Contains(e.ID, ":"):
			plain(b, e, path, sets)
		}
	}
}

// sliced is a path with the name of the slice that it stands in.
func sliced(e element, path string) string {
	if e.SliceName == "" {
		return or(path)
	}
	return path + ":" + e.SliceName
}

// plain writes an element of which the profile says more than FHIR does.
func plain(b *bytes.Buffer, e element, path string, sets map[string]bool) {
	fixed := ""
	switch {
	case e.FixedCode != "":
		fixed = fmt.Sprintf("%q", e.FixedCode)
	case e.PatternBoolean != nil:
		fixed = fmt.Sprint(*e.PatternBoolean)
	case e.PatternCodeableConcept != nil:
		fixed = compact(e.PatternCodeableConcept)
	}
	if e.MustSupport || e.Min != e.Base.Min || e.Max != e.Base.Max || fixed != "" {
		line(b, "E", path, fmt.Sprint(e.Min), e.Max, mark(e), or(typesOf(e)), or(fixed))
	}
	if e.Binding != nil && e.Binding.Strength == "required" && strings.HasPrefix(e.Binding.ValueSet, canonical) {
		sets[name(e.Binding.ValueSet)] = true
		line(b, "B", path, name(e.Binding.ValueSet))
	}
}

// section writes a section of the document, at its own element; after holds it and those
// that follow.
func section(b *bytes.Buffer, e element, after []element) {
	slice := strings.TrimPrefix(e.ID, "Composition.section:")
	if slice != e.SliceName {
		if strings.HasPrefix(e.Path, "Composition.section.entry") && e.SliceName != "" {
			line(b, "N", e.SliceName, fmt.Sprint(e.Min), e.Max, targets(e))
		}
		return
	}
	code, types := "", ""
	for _, o := range after {
		switch o.ID {
		case e.ID + ".code":
			var c struct{ Coding []struct{ Code string } }
			if err := json.Unmarshal(o.PatternCodeableConcept, &c); err != nil {
				log.Fatal(err)
			}
			code = c.Coding[0].Code
		case e.ID + ".entry":
			types = targets(o)
		}
	}
	line(b, "S", slice, code, fmt.Sprint(e.Min), e.Max, mark(e), types)
}

// kind writes a kind of entry of the Bundle, at its resource; before holds the entry.
func kind(b *bytes.Buffer, e element, before []element) {
	id := strings.TrimSuffix(e.ID, ".resource")
	for _, o := range before {
		if o.ID == id {
			var profiles []string
			for _, t := range e.Type {
				if profiles = append(profiles, names(t.Profile)...); len(t.Profile) == 0 {
					profiles = append(profiles, t.Code)
				}
			}
			line(b, "K", o.SliceName, fmt.Sprint(o.Min), o.Max, strings.Join(profiles, ","))
		}
	}
}

// typesOf are the types of a choice, and where references lead.
func typesOf(e element) string {
	var out []string
	for _, t := range e.Type {
		switch {
		case t.Code == "Reference" && len(t.TargetProfile) > 0:
			out = append(out, "Reference>"+strings.Join(names(t.TargetProfile), "|"))
		case strings.HasSuffix(e.Path, "[x]"):
			out = append(out, t.Code)
		}
	}
	return strings.Join(out, ",")
}

func targets(e element) string {
	var out []string
	for _, t := range e.Type {
		out = append(out, names(t.TargetProfile)...)
	}
	return strings.Join(out, ",")
}

// valueSets writes the sets of required bindings: codes that are listed, or a whole
// system but for some.
func valueSets(b *bytes.Buffer, dir string, sets map[string]bool) {
	var all []string
	for set := range sets {
		all = append(all, set)
	}
	slices.Sort(all)
	for _, set := range all {
		var v struct {
			Compose struct {
				Include, Exclude []struct {
					System  string
					Concept []struct{ Code string }
					Filter  []struct{ Value string }
				}
			}
		}
		read(filepath.Join(dir, "ValueSet-"+set+".json"), &v)
		for _, in := range v.Compose.Include {
			codes, how := []string{}, "in"
			for _, c := range in.Concept {
				codes = append(codes, c.Code)
			}
			if len(codes) == 0 {
				how = "not"
				for _, out := range v.Compose.Exclude {
					for _, f := range out.Filter {
						codes = append(codes, f.Value)
					}
				}
			}
			line(b, append([]string{"V", set, how, in.System}, codes...)...)
		}
	}
}

func mark(e element) string {
	if e.MustSupport {
		return "M"
	}
	return "-"
}

func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		log.Fatal(err)
	}
	return b.String()
}

// name is the last part of a url, without its version.
func name(url string) string {
	url, _, _ = strings.Cut(url, "|")
	return url[strings.LastIndexByte(url, '/')+1:]
}

func names(urls []string) []string {
	out := make([]string, len(urls))
	for i, url := range urls {
		out[i] = name(url)
	}
	return out
}

func or(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func line(b *bytes.Buffer, fields ...string) {
	b.WriteString(strings.Join(fields, "\t"))
	b.WriteByte('\n')
}
