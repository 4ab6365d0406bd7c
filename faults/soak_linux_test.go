package faults

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stele-health/stele/processes"
)

// sample is what one process uses at one moment.
type sample struct {
	at                      time.Time
	memory, files, routines float64 // MB, open files, goroutines
	disk, events            float64 // MB, events on the ledger
}

func take(t testing.TB, m *processes.Member) (s sample, ok bool) {
	s.at = time.Now()
	proc := filepath.Join("/proc", fmt.Sprint(m.PID()))
	status, err := os.ReadFile(filepath.Join(proc, "status"))
	if err != nil {
		return s, false
	}
	for line := range strings.Lines(string(status)) {
		var kb float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kb); err == nil {
			s.memory = kb / 1024
		}
	}
	open, _ := os.ReadDir(filepath.Join(proc, "fd"))
	s.files = float64(len(open))
	if _, text, err := m.Probe(t.Context(), "/metrics"); err == nil {
		for line := range strings.Lines(text) {
			if _, err := fmt.Sscanf(line, "go_goroutines %f", &s.routines); err == nil {
				break
			}
		}
	}
	_ = filepath.WalkDir(m.Folder, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil // a file that has gone meanwhile
		}
		if info, err := e.Info(); err == nil && !e.IsDir() {
			if stat, ok := info.Sys().(*syscall.Stat_t); ok {
				s.disk += float64(stat.Blocks) * 512 / (1 << 20)
			}
		}
		return nil
	})
	told, err := m.Status(t.Context())
	if err == nil {
		s.events = float64(told.Events)
	}
	return s, err == nil
}

// growth fits a line through the second half of the samples and returns by how
// much it rises over that half, and the mean.
func growth(all []sample, of func(sample) float64) (rise, mean float64) {
	half := all[len(all)/2:]
	var n, sx, sy, sxx, sxy float64
	for _, s := range half {
		x, y := s.at.Sub(half[0].at).Seconds(), of(s)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	mean = sy / n
	if d := n*sxx - sx*sx; d > 0 {
		rise = (n*sxy - sx*sy) / d * half[len(half)-1].at.Sub(half[0].at).Seconds()
	}
	return rise, mean
}

// TestSoak works on four processes for as long as STELE_SOAK says. Once a minute
// something breaks: one is killed, one is paused for five seconds, two are killed.
// The first member is never killed, so that what it uses can be followed: memory,
// files and goroutines must not grow in the second half.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("STELE_SOAK"))
	if err != nil {
		t.Skip("runs for as long as STELE_SOAK says: make soak")
	}
	n := found(t, processes.Config{Log: "error"})
	l := newLoad(t, n)
	l.pause = 200 * time.Millisecond // her log is to stay below the 20,000 entries that are sent at once
	ctx, stop := context.WithCancel(t.Context())
	wait := l.run(ctx)
	first := n.Members[0]
	var samples []sample
	began, broken := time.Now(), 0
	look, fault := time.NewTicker(max(length/120, time.Second)), time.NewTicker(min(time.Minute, length/6))
	defer look.Stop()
	defer fault.Stop()
	fmt.Printf("%8s %9s %7s %11s %9s %9s %9s\n", "after", "memory MB", "files", "goroutines", "disk MB", "events", "acked")
	for printed := time.Duration(0); time.Since(began) < length; {
		select {
		case <-look.C:
			s, ok := take(t, first)
			if !ok {
				continue
			}
			samples = append(samples, s)
			if after := time.Since(began); after-printed >= length/15 {
				printed = after
				fmt.Printf("%8s %9.0f %7.0f %11.0f %9.1f %9.0f %9d\n", after.Round(time.Second), s.memory, s.files, s.routines, s.disk, s.events, l.acknowledged())
			}
		case <-fault.C:
			broken++
			breakOne(t, n, broken)
		}
	}
	stop()
	wait()
	agree(t, n, time.Minute)
	l.check(t.Context(), true)
	for _, what := range []struct {
		name  string
		of    func(sample) float64
		bound func(mean float64) float64
	}{
		{"memory, MB", func(s sample) float64 { return s.memory }, func(m float64) float64 { return max(40, 0.2*m) }},
		{"open files", func(s sample) float64 { return s.files }, func(m float64) float64 { return max(20, 0.2*m) }},
		{"goroutines", func(s sample) float64 { return s.routines }, func(m float64) float64 { return max(30, 0.2*m) }},
	} {
		rise, mean := growth(samples, what.of)
		t.Logf("%s: mean %.0f in the second half, a line through it rises by %.1f", what.name, mean, rise)
		if rise > what.bound(mean) {
			t.Errorf("%s grow: by %.1f in the second half, %.1f is allowed", what.name, rise, what.bound(mean))
		}
	}
	if from, to := samples[len(samples)/4], samples[len(samples)-1]; to.events > from.events {
		t.Logf("disk: %.2f kB an event, everything included", (to.disk-from.disk)*1024/(to.events-from.events))
	}
	t.Logf("%v, %d faults, lost 0, doubled 0: %s; the slowest answer took %v", length, broken, l.said(), ms(time.Duration(l.slow.Load())))
}

func breakOne(t testing.TB, n *processes.Network, turn int) {
	t.Helper()
	again := func(m *processes.Member) {
		must(t, m.Start())
		must(t, m.Ready(t.Context()))
	}
	a, b := n.Members[1+turn%3], n.Members[1+(turn+1)%3]
	switch turn % 3 {
	case 0:
		must(t, a.Kill())
		time.Sleep(3 * time.Second)
		again(a)
	case 1:
		p := n.Members[turn%4]
		must(t, p.Signal(syscall.SIGSTOP))
		time.Sleep(5 * time.Second)
		must(t, p.Signal(syscall.SIGCONT))
	case 2:
		must(t, a.Kill())
		must(t, b.Kill())
		time.Sleep(3 * time.Second)
		must(t, a.Start())
		again(b)
		must(t, a.Ready(t.Context()))
	}
}
