package bench

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// Config is what a run needs.
type Config struct {
	Full     bool     // all figures at full size; else those of --quick
	Only     []string // names of figures; empty: all of the size. A named one runs whatever the size
	Folder   string   // where networks and stores lie while they are measured; empty: the system's for temporary files
	Profiles string   // folder for pprof profiles, one set a measured part; empty: none are taken
	Charts   string   // folder of FHIR charts to import instead of made-up ones; empty: none
	Program  string   // the stele program, for members in processes of their own; empty: this one

	Each func(Figure)                     // told of every value as soon as it is known
	Say  func(format string, args ...any) // progress; nil: silent
	Log  *slog.Logger                     // of the members measured; nil: none
}

// Names lists the figures with what each is about, and whether it needs --full.
func Names() (list [][2]string, full []bool) {
	for _, f := range figures() {
		list, full = append(list, [2]string{f.name, f.about}), append(full, f.full)
	}
	return list, full
}

// Check fails with KindUsage when a figure is named that is not there.
func (c Config) Check() error {
	_, err := choose(c)
	return err
}

// Start measures and returns all values. It fails when something could not be
// measured, not when a target was missed: Missed tells that. What had been
// measured when it failed is returned, too.
func Start(ctx context.Context, c Config) ([]Figure, error) {
	const op = "bench"
	chosen, err := choose(c)
	if err != nil {
		return nil, err
	}
	if c.Say == nil {
		c.Say = func(string, ...any) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Program == "" {
		if c.Program, err = os.Executable(); err != nil {
			return nil, stele.E(op, stele.KindOther, "this program's own path can't be told", err)
		}
	}
	if c.Profiles != "" {
		if err := os.MkdirAll(c.Profiles, 0o755); err != nil {
			return nil, stele.E(op, stele.KindOther, "the folder for profiles can't be made", err)
		}
	}
	var all []Figure
	for i, f := range chosen {
		c.Say("%d/%d  %s: %s", i+1, len(chosen), f.name, f.about)
		figures, err := runOne(ctx, c, f)
		all = append(all, figures...)
		if err != nil {
			return all, stele.E(op, stele.KindOf(err), fmt.Sprintf("%s could not be measured: %v", f.name, err), err)
		}
	}
	return all, nil
}

// runOne runs one figure in a folder of its own.
func runOne(ctx context.Context, c Config, f figure) ([]Figure, error) {
	folder, err := os.MkdirTemp(c.Folder, "stele-bench-")
	if err != nil {
		return nil, stele.E("bench", stele.KindOther, "no folder to work in", err)
	}
	defer os.RemoveAll(folder)
	r := &Run{Config: c, Home: folder, name: f.name}
	err = f.run(ctx, r)
	return r.figures, err
}

// choose picks the figures that a run is about.
func choose(c Config) ([]figure, error) {
	all := figures()
	if len(c.Only) == 0 {
		return slices.DeleteFunc(all, func(f figure) bool { return f.full && !c.Full }), nil
	}
	for _, name := range c.Only {
		if !slices.ContainsFunc(all, func(f figure) bool { return f.name == name }) {
			var names []string
			for _, f := range all {
				names = append(names, f.name)
			}
			return nil, stele.E("bench", stele.KindUsage, fmt.Sprintf("there is no figure %q", name), nil).
				WithHint("there are " + strings.Join(names, ", "))
		}
	}
	return slices.DeleteFunc(all, func(f figure) bool { return !slices.Contains(c.Only, f.name) }), nil
}

// Missed lists the values that did not reach their target.
func Missed(figures []Figure) (missed []string) {
	for _, f := range figures {
		if !f.OK {
			missed = append(missed, f.Name)
		}
	}
	return missed
}
