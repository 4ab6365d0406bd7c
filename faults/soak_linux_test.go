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

// shifts is how many patients a soak has, one after the other: what one answer
// costs grows with a patient's log and chart, what a member keeps must not.
const shifts = 10

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
	first := n.Members[0]
	var samples []sample
	began, broken := time.Now(), 0
	look, fault := time.NewTicker(max(length/120, time.Second)), time.NewTicker(min(time.Minute, length/6))
	defer look.Stop()
	defer fault.Stop()
	fmt.Printf("%8s %9s %7s %11s %9s %9s %9s\n", "after", "memory MB", "files", "goroutines", "disk MB", "events", "acked")
	acknowledged, slow := 0, time.Duration(0)
	for shift := range shifts {
		l := newLoad(t, n)
		l.pause = 200 * time.Millisecond // some people at work, not all that a machine can bear
		ctx, stop := context.WithCancel(t.Context())
		wait := l.run(ctx)
		for time.Since(began) < length*time.Duration(shift+1)/shifts {
			select {
			case <-look.C:
				if s, ok := take(t, first); ok {
					samples = append(samples, s)
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
		l.close()
		acknowledged += l.acknowledged()
		slow = max(slow, time.Duration(l.slow.Load()))
		if len(samples) > 0 {
			s := samples[len(samples)-1]
			fmt.Printf("%8s %9.0f %7.0f %11.0f %9.1f %9.0f %9d\n", time.Since(began).Round(time.Second), s.memory, s.files, s.routines, s.disk, s.events, acknowledged)
		}
		t.Logf("patient %d of %d: lost 0, doubled 0: %s", shift+1, shifts, l.said())
	}
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
	t.Logf("%v, %d faults, %d acknowledged, lost 0, doubled 0; the slowest answer took %v", length, broken, acknowledged, ms(slow))
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
