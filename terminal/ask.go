package terminal

import (
	"context"
	"errors"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/stele-health/stele"
)

// ErrNoAnswer ends a question to which nobody answered before the command was stopped.
var ErrNoAnswer = errors.New("stopped before there was an answer")

// ErrNobody says that there is no terminal at which a secret could be asked for.
var ErrNobody = errors.New("there is no terminal")

// Secrets asks questions, one after the other, at the process's own terminal, whatever
// its streams are, without echo. It fails with ErrNobody, with ErrNoAnswer when ctx
// ends, or as reading does.
func Secrets(ctx context.Context, questions ...string) (answers []string, err error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, ErrNobody
	}
	defer tty.Close()
	if !term.IsTerminal(int(tty.Fd())) {
		return nil, ErrNobody
	}
	to := New(tty)
	for _, question := range questions {
		to.Part("%s", question)
		raw, err := answered(ctx, tty, func() ([]byte, error) { return term.ReadPassword(int(tty.Fd())) })
		to.Line("")
		if err != nil {
			return nil, err
		}
		answers = append(answers, string(raw))
	}
	return answers, nil
}

// Confirm asks a yes-or-no question where a person watches. It fails with KindDenied
// and what did not happen for a no, and with KindUsage where there is nobody to ask: a
// consent is never given by a pipe that said nothing.
func (t *Terminal) Confirm(ctx context.Context, question, instead string) error {
	in, ok := t.In.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) || !t.ErrStyle.Terminal {
		return stele.E("ask", stele.KindUsage, "there is no terminal to ask at, and "+instead, nil).WithHint("--yes says yes beforehand")
	}
	t.Err.Part("%s [y/N] ", question)
	answer, err := answered(ctx, in, func() ([]byte, error) {
		var answer [64]byte
		n, _ := in.Read(answer[:]) // no answer is no
		return answer[:n], nil
	})
	if err != nil {
		t.Err.Line("")
		return err
	}
	switch strings.ToLower(strings.TrimSpace(string(answer))) {
	case "y", "yes":
		return nil
	}
	return stele.E("ask", stele.KindDenied, instead, nil)
}

// answered waits for what is typed at a terminal, until ctx ends: a question must not
// swallow Ctrl-C, nor leave a terminal without its echo.
func answered(ctx context.Context, terminal *os.File, read func() ([]byte, error)) ([]byte, error) {
	before, _ := term.GetState(int(terminal.Fd()))
	type answer struct {
		text []byte
		err  error
	}
	given := make(chan answer, 1)
	go func() { // ends with the process, where nobody types
		text, err := read()
		given <- answer{text, err}
	}()
	select {
	case a := <-given:
		return a.text, a.err
	case <-ctx.Done():
		if before != nil {
			_ = term.Restore(int(terminal.Fd()), before)
		}
		return nil, ErrNoAnswer
	}
}
