package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/screen"
)

// TestTheStoryHolds tells the whole story on a network of its own.
func TestTheStoryHolds(t *testing.T) {
	n, err := devnet.Start(t.Context(), devnet.Config{Home: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Stop()
	var out bytes.Buffer
	if err := Tell(t.Context(), Config{Network: n, Out: screen.New(&out), JSON: true, Patients: 2, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	steps := 0
	for d := json.NewDecoder(&out); ; steps++ {
		var step Step
		if err := d.Decode(&step); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if !step.OK || step.Step == "" || step.Detail == "" {
			t.Errorf("step %+v", step)
		}
	}
	if steps != len(story) {
		t.Errorf("%d steps were told, the story has %d", steps, len(story))
	}
}

// TestAStepThatDoesNotHoldEndsTheStory is the reason why exit code 0 means
// something.
func TestAStepThatDoesNotHoldEndsTheStory(t *testing.T) {
	reached := false
	scenes := []scene{
		{"", "first", "It holds", "", func(context.Context, *stage) (string, error) { return "so far", nil }},
		{"", "second", "It does not", "", func(context.Context, *stage) (string, error) {
			return "", want(nil, stele.KindDenied, "a stranger")
		}},
		{"", "third", "Never told", "", func(context.Context, *stage) (string, error) { reached = true; return "", nil }},
	}
	var out bytes.Buffer
	err := tell(t.Context(), Config{Out: screen.New(&out)}, nil, scenes)
	if stele.KindOf(err) != stele.KindProof || reached {
		t.Fatalf("error %v, third step reached: %v", err, reached)
	}
	if got := out.String(); !strings.Contains(got, "✓ It holds") || !strings.Contains(got, "✗ It does not") || !strings.Contains(got, "a stranger was let through") {
		t.Errorf("told:\n%s", got)
	}
}
