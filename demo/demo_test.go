package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book/pebblestore"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

// TestTheStoryHolds tells the whole story on a network of its own.
func TestTheStoryHolds(t *testing.T) {
	n, err := devnet.Start(t.Context(), devnet.Config{Home: t.TempDir(), Terms: Terms()})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Stop()
	taken(t, n)
	var out bytes.Buffer
	if err := Tell(t.Context(), Config{Network: n, Out: terminal.New(&out), JSON: true, Patients: 2, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	steps, verdict := 0, false
	for d := json.NewDecoder(&out); ; steps++ {
		var step Step
		if err := d.Decode(&step); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if step.Step == "" { // the verdict, which comes last
			verdict = step.OK && !d.More()
			break
		}
		if !step.OK || step.Detail == "" {
			t.Errorf("step %+v", step)
		}
	}
	if !verdict {
		t.Error("the story ends without a verdict")
	}
	if steps != len(story) {
		t.Errorf("%d steps were told, the story has %d", steps, len(story))
	}
}

// taken has people bear names of the story before it begins: a member vouches for a
// practitioner called as another member, which no directory lists, and for others
// called as the doctor and the patient, which anybody may be. The story goes on.
func taken(t *testing.T, n *devnet.Network) {
	passphrase, err := devnet.Passphrase(n.Home)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		name, at string
		kind     stele.Kind
	}{
		{n.Name("hospital-a"), "hospital-b", stele.KindInvalid}, {"northside-hospital", "clinic", stele.KindInvalid},
		{doctorName, "hospital-a", stele.KindOther}, {doctorName, "hospital-b", stele.KindOther}, {patientName, "clinic", stele.KindOther},
	} {
		name := fmt.Sprintf("taken-%d", i)
		w, err := wallet.Create(filepath.Join(n.Home, "wallets", name+wallet.Suffix), passphrase, pebblestore.Folders{}, wallet.Options{Kind: wallet.Practitioner, Name: c.name, WorkFactor: devnet.WorkFactor})
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		err = n.With(name, func(d *client.Session) error {
			if _, err := d.Join(t.Context()); err != nil {
				return err
			}
			return n.With(c.at, func(h *client.Session) error {
				return d.Enlist(t.Context(), h.Session, wallet.Profile{Role: "doctor", Organisation: h.Subject(), Facility: "hospital", Until: time.Now().AddDate(1, 0, 0)})
			})
		})
		if (err == nil) != (c.kind == stele.KindOther) || err != nil && stele.KindOf(err) != c.kind {
			t.Errorf("a card of %s at %s: %v", c.name, c.at, err)
		}
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
	_, err := tell(t.Context(), Config{Out: terminal.New(&out)}, nil, scenes)
	if stele.KindOf(err) != stele.KindProof || reached {
		t.Fatalf("error %v, third step reached: %v", err, reached)
	}
	if got := out.String(); !strings.Contains(got, "✓ It holds") || !strings.Contains(got, "✗ It does not") || !strings.Contains(got, "a stranger was let through") {
		t.Errorf("told:\n%s", got)
	}
}
