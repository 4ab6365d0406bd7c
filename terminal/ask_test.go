package terminal

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

// TestQuestionEndsWithTheCommand: nobody answers, and the command is stopped.
func TestQuestionEndsWithTheCommand(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer out.Close()
	ctx, stop := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, stop)
	var read [8]byte
	if _, err := answered(ctx, in, func() ([]byte, error) { n, err := in.Read(read[:]); return read[:n], err }); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("stopped: %v", err)
	}
	text, err := answered(t.Context(), in, func() ([]byte, error) { return []byte("yes"), nil })
	if string(text) != "yes" || err != nil {
		t.Errorf("answered: %q, %v", text, err)
	}
}
