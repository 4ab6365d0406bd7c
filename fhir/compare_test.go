package fhir

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	difference "github.com/google/go-cmp/cmp"
)

// A trial is one resource for both validators.
type trial struct {
	file string
	kind string // of mutant; "" for what HL7 or a hospital wrote
	src  []byte
	ours string // the first issue; "" for valid
}

// A verdict is what npm's fhir says: fhir/compare/verdicts.mjs writes it.
type verdict struct {
	Name   string
	Valid  bool
	Errors []string
}

// ask gives every trial to npm's fhir and returns its verdicts, or skips.
func ask(t *testing.T, trials []trial) []verdict {
	t.Helper()
	folder := filepath.Join("..", "bin", "compare")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "fhir")); err != nil {
		t.Skip("npm's fhir is not there: our verdicts are not compared; make bin/compare fetches it")
	}
	var in bytes.Buffer
	to := json.NewEncoder(&in)
	to.SetEscapeHTML(false)
	for _, one := range trials {
		if err := to.Encode(map[string]string{"name": one.file, "resource": string(one.src)}); err != nil {
			t.Fatal(err)
		}
	}
	node := exec.CommandContext(t.Context(), "node", "verdicts.mjs")
	node.Dir, node.Stdin, node.Stderr = folder, &in, os.Stderr
	out, err := node.Output()
	if err != nil {
		t.Fatal(err)
	}
	var verdicts []verdict
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var v verdict
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		verdicts = append(verdicts, v)
	}
	if len(verdicts) != len(trials) {
		t.Fatalf("%d verdicts on %d resources: %v", len(verdicts), len(trials), lines.Err())
	}
	return verdicts
}

func judged(file, kind string, src []byte) trial {
	one := trial{file: file, kind: kind, src: src}
	r, err := Parse(src)
	if err != nil {
		one.ours = err.Error()
	} else if issues := r.Validate(); len(issues) > 0 {
		one.ours = issues[0].Path + ": " + issues[0].Rule
	}
	return one
}

// cases are the ways in which the two disagree on what nobody spoiled, told by
// our first issue, a line feed, and npm's first error. docs/fhir.md says of each
// who is right.
var cases = map[string]*regexp.Regexp{
	"false in a required choice":                regexp.MustCompile(`^\n\S+\[x\]: Missing property$`),
	"a URL that shows no type":                  regexp.MustCompile(`^\n\S+: Invalid type for reference \{"reference":"https?://[^?]*/[^A-Z/][^/]*/[^/]+"|Network/patriotppo`),
	"a reference to a version":                  regexp.MustCompile(`^\n\S+: Invalid type for reference .*/_history/`),
	"a conditional reference":                   regexp.MustCompile(`^\n\S+: Invalid type for reference \{"reference":"[A-Z][A-Za-z]+\?`),
	"a no-break space as a code":                regexp.MustCompile("^\n\\S+: Invalid code format for value \"\u00a0\"$"),
	"an id of 67 characters":                    regexp.MustCompile(`^SearchParameter.id: type id\n$`),
	"an item of a questionnaire within an item": regexp.MustCompile(`^Questionnaire(\.item\[\d+\]){2,}\.linkId: cardinality 1\.\.1\n$`),
	"a target within a nested element":          regexp.MustCompile(`^MedicationRequest\.dispenseRequest\.performer\.reference: reference Organization\n$`),
}

func caseOf(one trial, v verdict) string {
	npm := ""
	if len(v.Errors) > 0 {
		npm = v.Errors[0]
	}
	for name, is := range cases {
		if is.MatchString(one.ours + "\n" + npm) {
			return name
		}
	}
	return ""
}

// TestDisagreementWithNpmIsExplained holds our validator against npm's fhir
// 4.12.0: on HL7's resources up to 1 MB, on the real charts where they are there,
// and on a mutant of every kind of every fifth example. Each case of disagreement
// and each kind of mutant that npm lets pass has its row in docs/fhir.md.
func TestDisagreementWithNpmIsExplained(t *testing.T) {
	trials := official(t)
	real := false
	for _, file := range foundFiles(t) {
		real = true
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, entries, _ := readAll(t, bytes.NewReader(raw))
		for _, e := range entries {
			trials = append(trials, judged(filepath.Base(file), "", e.Resource.JSON))
		}
	}
	seen, passed, made := map[string]int{}, map[string]int{}, map[string]int{}
	confused := map[string]bool{} // files of which npm refuses the original
	agree, total := 0, 0
	for i, v := range ask(t, trials) {
		one := trials[i]
		confused[one.file] = confused[one.file] || one.kind == "" && !v.Valid
		switch {
		case one.kind != "" && confused[one.file]: // npm's answer is not about the change
		case one.kind != "":
			made[one.kind]++
			if (one.ours == "") != v.Valid {
				passed[one.kind]++
			}
			if one.ours == "" && !v.Valid {
				t.Errorf("%s, %s: npm refuses: %s", one.file, one.kind, v.Errors[0])
			}
		case (one.ours == "") == v.Valid:
			agree, total = agree+1, total+1
		default:
			total++
			name := caseOf(one, v)
			if seen[name]++; name == "" {
				t.Errorf("%s: nobody has explained: we say %q, npm %q", one.file, one.ours, v.Errors)
			}
		}
	}
	t.Logf("%d of %d resources: both agree", agree, total)
	for name := range cases {
		t.Logf("%5d %s", seen[name], name)
		if seen[name] == 0 && (real || name != "a conditional reference") {
			t.Errorf("no such case any more: %s", name)
		}
	}
	for _, k := range kinds {
		t.Logf("%5d of %3d pass npm: %s", passed[k.name], made[k.name], k.name)
	}
	rows := func(heading string) map[string]bool {
		out := map[string]bool{}
		for _, row := range docsTable(t, heading) {
			out[row[0]] = true
		}
		return out
	}
	if diff := difference.Diff(names(cases), rows("Where npm's validator says otherwise")); diff != "" {
		t.Errorf("cases (-) and docs/fhir.md (+):\n%s", diff)
	}
	if diff := difference.Diff(names(passed), rows("What npm's validator lets pass")); diff != "" {
		t.Errorf("kinds of mutants that npm lets pass (-) and docs/fhir.md (+):\n%s", diff)
	}
}

func names[T any](of map[string]T) map[string]bool {
	out := map[string]bool{}
	for name := range of {
		out[name] = true
	}
	return out
}

// official are HL7's resources up to 1 MB, and behind every fifth example its
// mutants. One kind is left out: npm's validator is given text, which can't be
// invalid UTF-8.
func official(t *testing.T) []trial {
	var trials []trial
	for i, file := range officialFiles(t) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) > 1<<20 {
			continue
		}
		base := judged(filepath.Base(file), "", r.JSON)
		trials = append(trials, base)
		if base.ours != "" || defining[r.Type()] || i%5 > 0 || len(raw) > 100_000 {
			continue
		}
		for _, m := range mutants(r, seedOf(file), 1) {
			if m.kind != "invalid UTF-8" {
				trials = append(trials, judged(base.file, m.kind, m.src))
			}
		}
	}
	return trials
}
