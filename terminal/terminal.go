package terminal

import (
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/term"

	"github.com/stele-health/stele/terminal/columns"
)

// Terminal is what one run of a program has before it: data go to Out, words for a
// person to Err.
type Terminal struct {
	In                 io.Reader
	Out, Err           *Printer
	OutStyle, ErrStyle Style
	Width, ErrWidth    int // columns of Out and Err

	// Name is how this program is called here, bin/stele say, and Commands finds its
	// commands in a sentence, with the name that sentences use: where one stands, it is
	// written so that it can be typed. Nil finds none.
	Name     string
	Commands *regexp.Regexp
}

// Style is whether a stream is a person's terminal, and may have colours.
type Style struct{ Terminal, Colour bool }

// The styles, as ANSI codes. Colour never carries meaning alone.
const (
	Bold  = "1"
	Faint = "2"
	Red   = "31"
	Green = "32"
	Amber = "33"
)

// Paint gives a text a style where the stream has colours.
func (s Style) Paint(code, text string) Text {
	if !s.Colour {
		code = ""
	}
	return Paint(code, text)
}

// Open looks at a program's streams and its environment: NO_COLOR, TERM, COLUMNS.
func Open(in io.Reader, out, err io.Writer, env func(name string) string) *Terminal {
	return &Terminal{
		In: in, Out: New(out), Err: New(err), OutStyle: styleOf(out, env), ErrStyle: styleOf(err, env),
		Width: widthOf(out, env), ErrWidth: widthOf(err, env),
	}
}

func styleOf(w io.Writer, env func(string) string) Style {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return Style{}
	}
	return Style{Terminal: true, Colour: env("NO_COLOR") == "" && env("TERM") != "dumb"}
}

// widthOf is how wide a stream is: a terminal's width, else what COLUMNS says, else
// 80; between 40 and 140.
func widthOf(w io.Writer, env func(string) string) int {
	n := 80
	if c, err := strconv.Atoi(env("COLUMNS")); err == nil && c > 0 {
		n = c
	}
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		if c, _, err := term.GetSize(int(file.Fd())); err == nil && c > 0 {
			n = c
		}
	}
	return min(max(n, 40), 140)
}

// Say writes words for a person. The format's own commands are written as they can be
// typed here.
func (t *Terminal) Say(format string, args ...any) { t.Err.Line(t.typedFormat(format), args...) }

// SayWrapped says a sentence that may be long.
func (t *Terminal) SayWrapped(text string) {
	for _, line := range columns.Wrap(Clean(text), t.ErrWidth) {
		t.Say("%s", line)
	}
}

// Note says what a person should know.
func (t *Terminal) Note(format string, args ...any) { t.marked(Amber, "note:", format, args) }

// Fault says what is wrong and does not end the command.
func (t *Terminal) Fault(format string, args ...any) { t.marked(Red, "✗", format, args) }

func (t *Terminal) marked(style, mark, format string, args []any) {
	t.Say("%s "+format, append([]any{t.ErrStyle.Paint(style, mark)}, args...)...)
}

// Print writes a line of data, by a format as Say's.
func (t *Terminal) Print(format string, args ...any) { t.Out.Line(t.typedFormat(format), args...) }

// Hang writes a text of data behind a lead, and below it what does not fit the line.
func (t *Terminal) Hang(lead, text string) {
	for _, line := range columns.Wrap(Clean(text), t.Width-columns.Of(lead)) {
		t.Print("%s%s", lead, line)
		lead = strings.Repeat(" ", columns.Of(lead))
	}
}

// Page writes data of several lines.
func (t *Terminal) Page(text string) { t.Out.Page(strings.TrimRight(text, "\n") + "\n") }

// Typed is a text with its commands as they can be typed here.
func (t *Terminal) Typed(text string) string {
	return t.called(text, Quoted(t.Name))
}

// typedFormat is Typed for a format.
func (t *Terminal) typedFormat(format string) string {
	return t.called(format, strings.ReplaceAll(Quoted(t.Name), "%", "%%"))
}

func (t *Terminal) called(text, name string) string {
	if t.Commands == nil || t.Name == "" {
		return text
	}
	return t.Commands.ReplaceAllString(text, strings.ReplaceAll(name, "$", "$$")+" $1")
}

// Quoted writes a word as a shell takes it.
func Quoted(word string) string {
	if !strings.ContainsFunc(word, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:@%,", r))
	}) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
