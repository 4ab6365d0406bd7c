package main

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/width"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/screen"
)

// style is whether a stream is a person's terminal, and may have colours.
type style struct{ terminal, colour bool }

// The styles, as ANSI codes. Colour never carries meaning alone.
const (
	bold  = "1"
	faint = "2"
	red   = "31"
	green = "32"
	amber = "33"
)

func (s style) paint(code, text string) screen.Text {
	if !s.colour {
		code = ""
	}
	return screen.Paint(code, text)
}

// columns is how many columns of a terminal a text takes.
func columns(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) || unicode.IsControl(r):
		case width.LookupRune(r).Kind() == width.EastAsianWide, width.LookupRune(r).Kind() == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// clip cuts a text to a number of columns and shows that it did.
func clip(text string, most int) string {
	if columns(text) <= most {
		return text
	}
	var b strings.Builder
	n := 0
	for _, r := range text {
		c := columns(string(r))
		if n+c > most-1 {
			break
		}
		b.WriteRune(r)
		n += c
	}
	return strings.TrimRight(b.String(), " ") + "…"
}

// clipPath cuts a path to at most that many columns, and shows where it begins now.
func clipPath(path string, most int) string {
	if columns(path) <= most {
		return path
	}
	letters := []rune(path)
	for len(letters) > 0 && columns(string(letters)) > most-1 {
		letters = letters[1:]
	}
	return "…" + string(letters)
}

// wrap breaks a text into lines of at most a number of columns, at spaces, and
// words that are longer than a line anywhere.
func wrap(text string, most int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for most > 1 && columns(word) > most {
			head, cut := "", 0
			for i, r := range word {
				if columns(head+string(r)) > most {
					break
				}
				head, cut = head+string(r), i+len(string(r))
			}
			if line != "" {
				lines, line = append(lines, line), ""
			}
			lines, word = append(lines, head), word[cut:]
		}
		switch {
		case line == "":
			line = word
		case columns(line)+1+columns(word) <= most:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}

// printable makes a text harmless before it is measured and wrapped; the printer
// does it for all others.
func printable(text string) string { return screen.Clean(text) }

// stamp tells a time in the local zone, with the zone.
func stamp(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 MST") }

// until tells an end shortly.
func until(t time.Time) string { return t.Local().Format("2006-01-02 15:04 MST") }

// zoned titles a column of times with the local zone, which its cells then
// leave out, unless they fall into another (summer time).
func zoned(title string) string { return title + " " + time.Now().Format("MST") }

func inZone(t time.Time, layout string) string {
	t = t.Local()
	if zone, now := t.Format("MST"), time.Now().Format("MST"); zone != now {
		layout += " MST"
	}
	return t.Format(layout)
}

func shortStamp(t time.Time) string { return inZone(t, "2006-01-02 15:04:05") }

func shortUntil(t time.Time) string { return inZone(t, "2006-01-02 15:04") }

// took tells a duration to two or three digits.
func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f min", d.Minutes())
}

// number writes 12345 as 12,345.
func number[N int | int64 | uint32 | uint64](n N) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count is "1 grant" or "3 grants".
func count[N int | int64 | uint32 | uint64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// size writes a number of bytes.
func size(n uint64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1<<30:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// bar is a progress bar on stderr, where a person watches; elsewhere nothing.
// It shows itself after half a second, so that short work leaves no flicker. It
// is safe for concurrent use.
type bar struct {
	f     *face
	label string
	mu    sync.Mutex
	start time.Time
	last  time.Time
	shown bool
}

func (f *face) progress(label string) *bar { return &bar{f: f, label: label, start: time.Now()} }

// set shows how much is done; a total of 0 is unknown. note stands behind it.
func (b *bar) set(done, total uint64, note string) {
	if !b.f.errStyle.terminal {
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
	b.f.err.Bar(clip(screen.Clean(text), b.f.errWidth-1))
}

// end takes the bar away.
func (b *bar) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shown {
		b.f.err.Bar("")
	}
}

// patiently shows that work of unknown length goes on, until the returned
// function is called.
func (f *face) patiently(label string) (end func()) {
	b, done := f.progress(label), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for tick := time.NewTicker(100 * time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				b.end()
				return
			case <-tick.C:
				b.set(0, 0, took(time.Since(b.start)))
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

// shortDID is a DID for a table.
func shortDID(s stele.Subject) string { return s.Short() + "…" }
