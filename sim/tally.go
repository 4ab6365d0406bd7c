package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Tally counts what a run did: operations, and faults by kind.
type Tally struct {
	Seeds, Blocks, Operations int
	Faults                    map[string]int
	Done                      map[string]int // outcomes of operations, by kind
}

func emptyTally() *Tally { return &Tally{Faults: map[string]int{}, Done: map[string]int{}} }

func newTally() *Tally {
	t := emptyTally()
	t.Seeds = 1
	return t
}

// sum is how many faults there were of all kinds.
func (t *Tally) sum() (n int) {
	for _, of := range t.Faults {
		n += of
	}
	return n
}

// Add adds another run.
func (t *Tally) Add(o *Tally) {
	t.Seeds, t.Blocks, t.Operations = t.Seeds+o.Seeds, t.Blocks+o.Blocks, t.Operations+o.Operations
	for k, n := range o.Faults {
		t.Faults[k] += n
	}
	for k, n := range o.Done {
		t.Done[k] += n
	}
}

// String says it in two or three lines.
func (t *Tally) String() string {
	return fmt.Sprintf("%d seeds, %d blocks, %d operations\n  faults: %s\n  outcomes: %s", t.Seeds, t.Blocks, t.Operations, list(t.Faults), list(t.Done))
}

func list(counts map[string]int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, fmt.Sprintf("%s %d", k, counts[k]))
	}
	return strings.Join(out, ", ")
}
