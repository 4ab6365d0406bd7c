package demo

import (
	"context"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/terminal/columns"
)

// Config is what a telling needs.
type Config struct {
	Network  *devnet.Network
	Out      *terminal.Printer
	JSON     bool   // a line for each step instead of a story
	Patients int    // made-up ones beside the heroine
	Seed     uint64 // of the made-up people
}

// Step is one line of the result.
type Step struct {
	Step   string  `json:"step"`
	OK     bool    `json:"ok"`
	MS     float64 `json:"ms"`
	Detail string  `json:"detail"`
}

// Tell plays all steps in order, stops at the first that does not hold, and ends with
// a verdict. It fails with KindProof for a step that does not hold.
func Tell(ctx context.Context, c Config) error {
	s, err := newStage(c)
	if err != nil {
		return err
	}
	start := time.Now()
	held, err := tell(ctx, c, s, story)
	s.mend(ctx) // a step that failed may have left something stopped
	if e := verdict(c, held, time.Since(start), err); err == nil {
		err = e
	}
	return err
}

// Verdict is what a telling ends with.
type Verdict struct {
	Held int     `json:"held"`
	Of   int     `json:"of"`
	OK   bool    `json:"ok"`
	MS   float64 `json:"ms"`
}

// verdict says what held, in the words of the steps that checked it.
func verdict(c Config, held int, took time.Duration, err error) error {
	if c.JSON {
		return c.Out.JSON(Verdict{held, len(story), err == nil, float64(took.Microseconds()) / 1000})
	}
	if err != nil {
		c.Out.Line("\n✗ %d of %d steps held; what did not hold is said above, and nothing after it was tried.", held, len(story))
		return c.Out.Err()
	}
	c.Out.Line("\n✓ All %d steps held, in %.0f s.", len(story), took.Seconds())
	for _, line := range columns.Wrap(holds, 76) {
		c.Out.Line("  %s", line)
	}
	return c.Out.Err()
}

// holds is what the steps have checked, when all held.
const holds = "Who had no grant read nothing, and she saw that they asked. Who had one read exactly that, after it stood on her log. " +
	"What she took back opened nothing more. Two trustees of four opened nothing; with one member down everything went on. " +
	"A flipped byte, a forged entry and a wiped vault were found, and nothing was lost. She read and took home everything without asking anybody."

// tell plays the scenes and says how many held.
func tell(ctx context.Context, c Config, s *stage, scenes []scene) (held int, err error) {
	for _, scene := range scenes {
		if !c.JSON && scene.act != "" {
			c.Out.Part("\n%s\n%s\n", scene.act, strings.Repeat("─", len([]rune(scene.act))))
		}
		start := time.Now()
		detail, err := scene.play(ctx, s)
		step := Step{Step: scene.name, OK: err == nil, MS: float64(time.Since(start).Microseconds()) / 1000, Detail: detail}
		if err != nil {
			step.Detail = err.Error()
		}
		if err := show(c, scene, step); err != nil {
			return held, err
		}
		if !step.OK {
			return held, stele.E("tell the story", stele.KindProof, "the step "+scene.name+" did not hold", err).WithHint(stele.HintOf(err))
		}
		held++
	}
	return held, nil
}

// show prints a step for a person or for a program.
func show(c Config, sc scene, step Step) error {
	if c.JSON {
		return c.Out.JSON(step)
	}
	mark := "✓"
	if !step.OK {
		mark = "✗"
	}
	c.Out.Part("\n%s %-62s %9.0f ms\n", mark, sc.says, step.MS)
	if sc.same != "" {
		c.Out.Line("    $ %s", sc.same)
	}
	for _, line := range strings.Split(step.Detail, "\n") {
		for _, part := range lines(line) {
			c.Out.Line("    %s", part)
		}
	}
	return c.Out.Err()
}

// lines are what a detail's line becomes on the page. Those of tables, with two spaces in
// a row, stay whole; an empty one is none.
func lines(line string) []string {
	switch {
	case strings.TrimSpace(line) == "":
		return nil
	case strings.Contains(line, "  "):
		return []string{line}
	}
	return columns.Wrap(line, 76)
}
