package sim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	many  = flag.Uint64("many", 0, "run so many seeds, on all processors: two thirds contracts, one third networks")
	child = flag.Bool("child", false, "print the tally as JSON")
)

// chunk is how many seeds one process runs.
const chunk = 20

// job is some seeds for one process.
type job struct {
	test     string
	first, n uint64
}

// TestMany runs as many seeds as -many says, each processor some, with progress
// and a closing line. Randomness is a process's own to set, so each chunk of
// seeds has a process.
func TestMany(t *testing.T) {
	if *many == 0 {
		t.Skip("make sim runs it: go test ./sim -run TestMany -many 1000 -v")
	}
	jobs := make(chan job)
	networks := *many / 3
	go func() {
		defer close(jobs)
		for _, family := range []job{{"TestNetworks", *first, networks}, {"TestContracts", *first, *many - networks}} {
			for at := uint64(0); at < family.n; at += chunk {
				jobs <- job{family.test, family.first + at, min(chunk, family.n-at)}
			}
		}
	}()
	var mu sync.Mutex
	var all sync.WaitGroup
	total, begin := map[string]*Tally{"TestNetworks": emptyTally(), "TestContracts": emptyTally()}, time.Now()
	var failed []string
	for range runtime.NumCPU() {
		all.Go(func() {
			for j := range jobs {
				tally, complaint := j.run(t)
				mu.Lock()
				total[j.test].Add(tally)
				if complaint != "" {
					failed = append(failed, complaint)
					fmt.Fprintf(os.Stderr, "\n%s\n", complaint)
				}
				done := total["TestNetworks"].Seeds + total["TestContracts"].Seeds
				fmt.Fprintf(os.Stderr, "\r%d of %d seeds, %d failures, %v", done, *many, len(failed), time.Since(begin).Round(time.Second))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	fmt.Fprintln(os.Stderr)
	for _, complaint := range failed {
		t.Error(complaint)
	}
	fmt.Printf("networks: %v\ncontracts: %v\n", total["TestNetworks"], total["TestContracts"])
	fmt.Printf("%d seeds, %d operations, %d faults, %d failures, %v\n",
		total["TestNetworks"].Seeds+total["TestContracts"].Seeds, total["TestNetworks"].Operations+total["TestContracts"].Operations,
		total["TestNetworks"].sum()+total["TestContracts"].sum(), len(failed), time.Since(begin).Round(time.Second))
}

var failing = regexp.MustCompile(`seed \d+ fails; .*`)

// run runs a job in a process of its own and returns what it did and, when a
// seed failed, its complaint.
func (j job) run(t *testing.T) (*Tally, string) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, "-test.run", "^"+j.test+"$", "-test.timeout", "10m", "-child", "-first", fmt.Sprint(j.first), "-seeds", fmt.Sprint(j.n))
	c.Env = append(os.Environ(), "GOMAXPROCS=1")
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err = c.Run()
	tally := emptyTally()
	lines := bufio.NewScanner(bytes.NewReader(out.Bytes()))
	for lines.Scan() {
		if raw, ok := strings.CutPrefix(lines.Text(), "tally "); ok {
			_ = json.Unmarshal([]byte(raw), tally)
		}
	}
	if err == nil {
		return tally, ""
	}
	if again := failing.FindString(out.String()); again != "" {
		return tally, again + "\n" + out.String()
	}
	return tally, fmt.Sprintf("%s from seed %d: %v\n%s", j.test, j.first, err, out.String())
}
