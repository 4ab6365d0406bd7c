package terminal

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/stele-health/stele/terminal/columns"
)

// Bar is a progress bar on stderr, where a person watches; elsewhere nothing.
// It shows itself after half a second, so that short work leaves no flicker. It
// is safe for concurrent use.
type Bar struct {
	t     *Terminal
	label string
	mu    sync.Mutex
	start time.Time
	last  time.Time
	shown bool
}

// Progress begins a bar; whoever begins it ends it.
func (t *Terminal) Progress(label string) *Bar { return &Bar{t: t, label: label, start: time.Now()} }

// Set shows how much is done; a total of 0 is unknown. note stands behind it.
func (b *Bar) Set(done, total uint64, note string) {
	if !b.t.ErrStyle.Terminal {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if now.Sub(b.start) < 500*time.Millisecond || now.Sub(b.last) < 80*time.Millisecond {
		return
	}
	b.last, b.shown = now, true
	const cells = 24
	text := fmt.Sprintf("%s  %s", b.label, note)
	if total > 0 {
		done = min(done, total)
		full := int(done * cells / total)
		text = fmt.Sprintf("%s  %s%s %3d %%  %s", b.label, strings.Repeat("█", full), strings.Repeat("░", cells-full), done*100/total, note)
	}
	b.t.Err.Bar(columns.Clip(Clean(text), b.t.ErrWidth-1))
}

// End takes the bar away.
func (b *Bar) End() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shown {
		b.t.Err.Bar("")
	}
}

// Patiently shows that work of unknown length goes on, until the returned
// function is called.
func (t *Terminal) Patiently(label string) (end func()) {
	b, done := t.Progress(label), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for tick := time.NewTicker(100 * time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				b.End()
				return
			case <-tick.C:
				b.Set(0, 0, Took(time.Since(b.start)))
			}
		}
	})
	return func() { close(done); wg.Wait() }
}
