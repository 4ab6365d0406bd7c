package sim

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var mutants = flag.Bool("mutants", false, "plant each bug of testdata/mutants.txt and see it found")

// mutant is a bug: some lines of our code exchanged for others.
type mutant struct {
	name, test string
	changes    []change
}

type change struct{ file, old, new string }

func readMutants(t *testing.T) (list []mutant) {
	t.Helper()
	raw, err := os.ReadFile("testdata/mutants.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSuffix(line, "\n")
		word, rest, _ := strings.Cut(line, " ")
		if word == "mutant" {
			list = append(list, mutant{name: rest})
		}
		if word == "" {
			continue
		}
		m := &list[len(list)-1]
		switch word {
		case "test":
			m.test = rest
		case "file":
			m.changes = append(m.changes, change{file: rest})
		case "-":
			m.changes[len(m.changes)-1].old = rest
		case "+":
			m.changes[len(m.changes)-1].new = rest
		}
	}
	return list
}

// plant writes changed copies of our files and an overlay that names them.
func (m mutant) plant(t *testing.T, folder string) (overlay string) {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for i, c := range m.changes {
		path := filepath.Join(root, c.file)
		from := path
		if replace[path] != "" {
			from = replace[path]
		}
		raw, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(raw), c.old) != 1 {
			t.Fatalf("%s does not hold %q once; bring testdata/mutants.txt up to date", c.file, c.old)
		}
		replace[path] = filepath.Join(folder, fmt.Sprint(i, ".go"))
		if err := os.WriteFile(replace[path], []byte(strings.Replace(string(raw), c.old, c.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	overlay = filepath.Join(folder, "overlay.json")
	if err == nil {
		err = os.WriteFile(overlay, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return overlay
}

var panics = regexp.MustCompile(`panic: .*`)

var foundBy = regexp.MustCompile(`(?m)seed_(\d+) .*\n\s+\S+\.go:\d+: (.*)`)

// TestMutantsAreFound plants bugs, one at a time, and fails where 200 seeds do
// not find one: a simulator that finds nothing must be able to.
func TestMutantsAreFound(t *testing.T) {
	list := readMutants(t)
	for _, m := range list {
		t.Run(m.name, func(t *testing.T) {
			overlay := m.plant(t, t.TempDir())
			if !*mutants {
				return // here, only that it can be planted
			}
			c := exec.Command("go", "test", "-overlay", overlay, "-run", "^"+m.test+"$", "-seeds", "200", "-timeout", "10m", ".")
			c.Dir, _ = os.Getwd()
			out, err := c.CombinedOutput()
			found := foundBy.FindStringSubmatch(string(out))
			if at := panics.FindString(string(out)); err != nil && found == nil && at != "" {
				t.Logf("found by %s: %s", m.test, at)
				return
			}
			if err == nil || found == nil {
				t.Fatalf("not found by %s in 200 seeds: %v\n%s", m.test, err, out)
			}
			t.Logf("found by seed %s of %s: %s", found[1], m.test, found[2])
		})
	}
}
