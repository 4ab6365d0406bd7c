package sim

import (
	"encoding/json"
	"flag"
	"fmt"
	"testing"
)

var (
	one   = flag.Uint64("seed", 0, "run this seed alone")
	first = flag.Uint64("first", 1, "the first of several seeds")
	seeds = flag.Uint64("seeds", 0, "how many seeds; 0: a few")
)

// each runs seeds, each as a test of its own, and says what they did.
func each(t *testing.T, few uint64, run func(t *testing.T, seed uint64) *Tally) {
	from, n := *first, few
	if *seeds > 0 {
		n = *seeds
	}
	if *one > 0 {
		from, n = *one, 1
	}
	total := emptyTally()
	defer func() {
		if *child {
			raw, _ := json.Marshal(total)
			fmt.Printf("\ntally %s\n", raw)
		}
	}()
	for seed := from; seed < from+n; seed++ {
		if !t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { total.Add(run(t, seed)) }) {
			t.Fatalf("seed %d fails; again with: go test ./sim -run %s -seed %d -v", seed, t.Name(), seed)
		}
	}
	t.Log(total)
}

func TestContracts(t *testing.T) {
	each(t, 40, func(t *testing.T, seed uint64) *Tally { return Contracts(t, seed) })
}

func TestNetworks(t *testing.T) {
	each(t, 8, func(t *testing.T, seed uint64) *Tally { return Network(t, seed, *one > 0 && testing.Verbose()) })
}
