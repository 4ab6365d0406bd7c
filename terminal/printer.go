package terminal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text is text that is harmless already and may hold styles. Only Paint makes it; a
// string in it is one that nobody looked at, which a test at the root refuses.
type Text string

// Paint gives a text a style, by its ANSI code; "" is none.
func Paint(code, text string) Text {
	text = Clean(text)
	if code == "" || text == "" {
		return Text(text)
	}
	return Text("\x1b[" + code + "m" + text + "\x1b[0m")
}

// Join puts texts together.
func Join(parts ...Text) Text {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(string(p))
	}
	return Text(b.String())
}

// Printer writes to one stream. It is safe for concurrent use.
type Printer struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

// New makes the printer of a stream.
func New(w io.Writer) *Printer { return &Printer{w: w} }

// Err returns the first error of writing.
func (p *Printer) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func (p *Printer) write(b []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.w.Write(b); err != nil && p.err == nil {
		p.err = err
	}
	return p.err
}

// Part writes by a format that is this program's own; what it is filled with is
// made harmless, each on its line, unless it is Text.
func (p *Printer) Part(format string, args ...any) {
	_ = p.write(fmt.Appendf(nil, format, guard(args)...)) // Err tells at the end
}

// Line is Part with a line end.
func (p *Printer) Line(format string, args ...any) { p.Part(format+"\n", args...) }

// Page writes a text of several lines.
func (p *Printer) Page(text string) { _ = p.write([]byte(CleanPage(text))) }

// Story writes a page that may hold the styles of this program, and no other
// sequence.
func (p *Printer) Story(text string, styles ...string) {
	var b strings.Builder
	for line := range strings.Lines(text) {
		for line != "" {
			at, style := next(line, styles)
			b.WriteString(CleanPage(line[:at]))
			b.WriteString(style)
			line = line[at+len(style):]
		}
	}
	_ = p.write([]byte(b.String()))
}

// next finds the first of the styles in a line, or its end.
func next(line string, styles []string) (at int, style string) {
	at = len(line)
	for _, s := range styles {
		if i := strings.Index(line, "\x1b["+s+"m"); i >= 0 && i < at {
			at, style = i, "\x1b["+s+"m"
		}
	}
	return at, style
}

// Bar writes a text over the current line, which holds nothing else; without one it
// takes the line away.
func (p *Printer) Bar(text string) { _ = p.write([]byte("\r\x1b[K" + Clean(text))) }

// JSON writes an object on a line of its own.
func (p *Printer) JSON(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	return p.write(escape(b.Bytes()))
}

// Write makes a Printer a writer of pages, for libraries that print by themselves:
// help texts and logs. Each call is a whole text.
func (p *Printer) Write(b []byte) (int, error) {
	return len(b), p.write([]byte(CleanPage(string(b))))
}

// Values returns a writer for JSON that is made elsewhere, value after value.
func (p *Printer) Values() io.Writer { return &values{p: p} }

type values struct {
	p    *Printer
	rest []byte // the beginning of a character
}

func (v *values) Write(b []byte) (int, error) {
	all := append(v.rest, b...)
	whole := len(all)
	for i := 1; i < utf8.UTFMax && i <= len(all); i++ {
		if utf8.RuneStart(all[len(all)-i]) {
			if !utf8.FullRune(all[len(all)-i:]) {
				whole = len(all) - i
			}
			break
		}
	}
	v.rest = append([]byte(nil), all[whole:]...)
	return len(b), v.p.write(escape(all[:whole]))
}

// escape writes the characters of JSON that do harm as escapes: they stand in
// strings only, so that the value stays what it was.
func escape(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		switch {
		case r == '\n' || r == '\t' || r == '\r' || r >= ' ' && r <= '~':
			out = append(out, byte(r))
		case r == utf8.RuneError && n == 1:
			out = append(out, `\ufffd`...)
		case obeyed(r) || unseen(r) && r != zwj && r != zwnj || unicode.In(r, unicode.Zl, unicode.Zp):
			if a, b := utf16.EncodeRune(r); a != utf8.RuneError {
				out = fmt.Appendf(out, `\u%04x\u%04x`, a, b)
			} else {
				out = fmt.Appendf(out, `\u%04x`, r)
			}
		default:
			out = append(out, raw[:n]...)
		}
		raw = raw[n:]
	}
	return out
}

// guard wraps what a format is filled with; numbers, which a format may need as
// widths, stay.
func guard(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case Text, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64, bool:
			out[i] = a
		case string:
			out[i] = Clean(a)
		default:
			out[i] = guarded{a}
		}
	}
	return out
}

// guarded formats a value as ever, and makes it harmless.
type guarded struct{ value any }

func (g guarded) Format(s fmt.State, verb rune) {
	_, _ = io.WriteString(s, Clean(fmt.Sprintf(fmt.FormatString(s, verb), g.value)))
}
