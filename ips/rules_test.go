package ips

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestTheTableIsWhatTheGeneratorMakesOfTheGuide(t *testing.T) {
	out := filepath.Join(t.TempDir(), "rules")
	cmd := exec.Command("go", "run", "./gen", "-package", guide(t), "-out", out)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if made, err := os.ReadFile(out); err != nil || string(made) != rulesText {
		t.Errorf("rules_gen.txt is not what gen makes: go generate ./ips (%v)", err)
	}
}

// Whatever the table names Check knows: invariants, value sets, types of references.
func TestEveryRuleOfTheTableIsHeld(t *testing.T) {
	r := table()
	if len(r.sections) != 16 || len(r.profiles) < 25 || len(r.kinds) < 25 {
		t.Errorf("%d sections, %d profiles, %d kinds of entries", len(r.sections), len(r.profiles), len(r.kinds))
	}
	named := map[string]bool{}
	for _, p := range r.profiles {
		for _, i := range p.invariants {
			if named[i.key] = true; invariants[i.key] == nil {
				t.Errorf("%s: nothing holds the invariant %s", p.name, i.key)
			}
		}
		for _, b := range p.bindings {
			if len(r.sets[b.set].listed) == 0 {
				t.Errorf("%s: the value set %s is not here", p.name, b.set)
			}
		}
	}
	for key := range invariants {
		if !named[key] {
			t.Errorf("no rule of the guide names the invariant %s", key)
		}
	}
	required := 0
	for _, s := range r.sections {
		if required += s.min; s.min > 0 && len(s.invariants) == 0 {
			t.Errorf("%s may be empty without a reason", s.name)
		}
	}
	if required != 3 {
		t.Errorf("%d required sections", required)
	}
	for _, l := range layout {
		if r.section(l.name) == nil {
			t.Errorf("the guide has no %s", l.name)
		}
	}
	for _, f := range first {
		if r.section(f.code) == nil {
			t.Errorf("the guide has no section %s", f.code)
		}
	}
}
