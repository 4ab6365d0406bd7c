package fhir

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	difference "github.com/google/go-cmp/cmp"
)

// officialFiles returns the resources of hl7.fhir.r4.examples 4.0.1, which
// "make bin/fhir" fetches, or skips.
func officialFiles(t testing.TB) []string {
	t.Helper()
	folder := cmp.Or(os.Getenv("FHIR_PACKAGE"), filepath.Join("..", "bin", "fhir", "hl7.fhir.r4.examples"))
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Skip("no hl7.fhir.r4.examples: HL7's examples not tried; make bin/fhir fetches them")
	}
	return slices.DeleteFunc(files, func(f string) bool { return filepath.Base(f) == "package.json" })
}

// defining are the types of which the package holds the definitions of FHIR R4
// itself. What is left is HL7's 725 examples.
var defining = map[string]bool{
	"StructureDefinition": true, "SearchParameter": true, "CodeSystem": true, "ValueSet": true, "ConceptMap": true,
	"OperationDefinition": true, "CapabilityStatement": true, "CompartmentDefinition": true, "ImplementationGuide": true,
	"NamingSystem": true, "StructureMap": true,
}

// parallel calls f for every item, a goroutine a processor.
func parallel[T any](items []T, f func(T)) {
	var wg sync.WaitGroup
	next := make(chan T)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for item := range next {
				f(item)
			}
		})
	}
	for _, item := range items {
		next <- item
	}
	close(next)
	wg.Wait()
}

var indexes = regexp.MustCompile(`\[\d+\]`)

// docsTable returns the rows of the table in docs/fhir.md under a heading, the
// heading row left out.
func docsTable(t testing.TB, heading string) [][]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "docs", "fhir.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("docs/fhir.md has no heading %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var rows [][]string
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|--") {
			continue
		}
		for i, cell := range cells {
			cells[i] = strings.Trim(cell, "` ")
		}
		rows = append(rows, cells)
	}
	if len(rows) < 2 {
		t.Fatalf("docs/fhir.md has no table under %q", heading)
	}
	return rows[1:]
}

// TestOfficialExamplesValidate: every resource in HL7's package is valid, but for
// those that break the specification, and those are exactly the ones that
// docs/fhir.md lists.
func TestOfficialExamplesValidate(t *testing.T) {
	var mu sync.Mutex
	all, examples, broken := 0, 0, map[string]bool{}
	found := map[string]int{} // "file path rule"
	parallel(officialFiles(t), func(file string) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			return
		}
		r, err := Parse(raw)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			return
		}
		issues := r.Validate()
		mu.Lock()
		defer mu.Unlock()
		all++
		if !defining[r.Type()] {
			examples++
			broken[r.Type()] = broken[r.Type()] || len(issues) > 0
		}
		for _, i := range issues {
			found[filepath.Base(file)+" "+indexes.ReplaceAllString(i.Path, "")+" "+i.Rule]++
		}
	})
	if all != 5306 || examples != 725 {
		t.Errorf("%d resources, %d of them examples, want 5306 and 725", all, examples)
	}
	listed := map[string]int{}
	for _, row := range docsTable(t, "Where HL7's own examples are wrong") {
		n := 0
		if _, err := fmt.Sscan(row[3], &n); err != nil {
			t.Fatalf("%v: %v", row, err)
		}
		listed[row[0]+" "+row[1]+" "+row[2]] = n
	}
	if diff := difference.Diff(listed, found); diff != "" {
		t.Errorf("docs/fhir.md lists (-), the validator finds (+):\n%s", diff)
	}
}
