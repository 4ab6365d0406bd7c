package bench

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/stele-health/stele"
)

// Run is one figure's run.
type Run struct {
	Config
	Home string // an empty folder of the figure's own; gone when it has run

	name    string
	figures []Figure
}

// Report tells a value. Its name is the figure's, then what: "import, rate".
func (r *Run) Report(what string, value float64, unit string, target *Target) {
	name := r.name
	if what != "" {
		name += ", " + what
	}
	f := Figure{Name: name, Value: value, Unit: unit, Target: target, OK: target.met(value)}
	r.figures = append(r.figures, f)
	if r.Each != nil {
		r.Each(f)
	}
}

// Size is a size that --full and --quick have different.
func (r *Run) Size(quick, full int) int {
	if r.Full {
		return full
	}
	return quick
}

// Measured runs the part of a figure that is measured and tells how long it
// took. What was prepared has been collected before. With a folder for profiles it leaves
// there NAME-WHAT.cpu, .heap, .mutex and .block of this part alone, for go tool pprof.
func (r *Run) Measured(what string, f func() error) (time.Duration, error) {
	runtime.GC()
	if r.Profiles == "" {
		start := time.Now()
		err := f()
		return time.Since(start), err
	}
	path := filepath.Join(r.Profiles, strings.ReplaceAll(r.name+"-"+what, " ", "-"))
	cpu, err := os.Create(path + ".cpu")
	if err != nil {
		return 0, stele.E("profile", stele.KindOther, "", err)
	}
	defer cpu.Close()
	runtime.SetMutexProfileFraction(10)
	runtime.SetBlockProfileRate(int(100 * time.Microsecond))
	defer runtime.SetMutexProfileFraction(0)
	defer runtime.SetBlockProfileRate(0)
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return 0, stele.E("profile", stele.KindOther, "", err)
	}
	start := time.Now()
	err = f()
	elapsed := time.Since(start)
	pprof.StopCPUProfile()
	for _, kind := range []string{"heap", "mutex", "block"} {
		if e := writeProfile(path+"."+kind, kind); e != nil && err == nil {
			err = e
		}
	}
	return elapsed, err
}

func writeProfile(path, kind string) error {
	file, err := os.Create(path)
	if err != nil {
		return stele.E("profile", stele.KindOther, "", err)
	}
	defer file.Close()
	if err := pprof.Lookup(kind).WriteTo(file, 0); err != nil {
		return stele.E("profile", stele.KindOther, "", err)
	}
	return nil
}
