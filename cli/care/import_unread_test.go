package care

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/terminal"
)

// TestAPatientWhoIsNotLinkedIsNamedOnce: with how many records name her; a few records
// are listed each, and what is wrong otherwise is not among them.
func TestAPatientWhoIsNotLinkedIsNamedOnce(t *testing.T) {
	issue := func(entry, rule string, why ...string) delivery.Note {
		return delivery.Note{Place: "entry " + entry, Resource: "Observation/" + entry, Rule: rule, Why: intake.Reason{Parts: why}}
	}
	of := func(entry, who string) delivery.Note {
		return issue(entry, delivery.RuleLink, "its patient is not linked here", who)
	}
	var issues []delivery.Note
	for i := range 2 * maxListed {
		issues = append(issues, of(strconv.Itoa(i), "Patient/ana"))
	}
	rest := []delivery.Note{of("x", "Patient/ben"), issue("y", "required", "there is none: link: its patient is not linked here: Patient/ana")}
	var out bytes.Buffer
	f := &cli.Face{Terminal: &terminal.Terminal{Out: terminal.New(&out), Err: terminal.New(&out), Width: 80}}
	if left := strangers(f, "a.json", append(issues, rest...), false); !slices.Equal(delivery.Lines(left), delivery.Lines(rest)) {
		t.Errorf("left to be listed: %v", left)
	}
	if got := out.String(); got != "✗ a.json: 10 resources are refused: its patient is not linked here: Patient/ana\n" {
		t.Errorf("it says %q", got)
	}
	if left := strangers(f, "a.json", issues, true); len(left) != len(issues) {
		t.Error("a dry run does not list each")
	}
}

// TestNobodyWritesToStdin: Ctrl-C ends the waiting for what nobody types.
func TestNobodyWritesToStdin(t *testing.T) {
	in, typed := io.Pipe()
	defer typed.Close()
	ctx, stop := context.WithCancel(t.Context())
	f := &cli.Face{Terminal: &terminal.Terminal{In: in}}
	ended := make(chan error, 1)
	go func() { _, err := stdin(ctx, f); ended <- err }()
	stop()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("no end")
	}
}

// TestANumberWithACommaIsOneAnswer: what a question says to type is taken as it is.
func TestANumberWithACommaIsOneAnswer(t *testing.T) {
	c := importCommand(&cli.Face{})
	if err := c.ParseFlags([]string{"--confirm", `47,12"`, "--confirm", "Patient/1", "--called", "https://a.example/fhir,1/Patient/1"}); err != nil {
		t.Fatal(err)
	}
	same, err := c.Flags().GetStringArray("confirm")
	if called, e := c.Flags().GetStringArray("called"); err != nil || e != nil || !slices.Equal(same, []string{`47,12"`, "Patient/1"}) || len(called) != 1 {
		t.Errorf("%q, %q, %v, %v", same, called, err, e)
	}
}
