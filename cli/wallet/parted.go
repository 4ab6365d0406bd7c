package wallet

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/reading"
)

// partFrom parts a chart from the owner's, or the owner's from another. A summary that was made of both tells
// what is somebody else's, on the device and in the chart: it goes, and one of the owner's comes.
func partFrom(ctx context.Context, f *cli.Face, s *client.Session, chart stele.Subject, why string, yes bool) error {
	p, err := s.ProposePart(chart, why)
	if err != nil {
		return err
	}
	if err := s.MayPart(ctx, chart); err != nil {
		return cli.WithHint(err, "stele wallet merge list lists what is merged into yours")
	}
	if chart != s.Subject() { // the key of the other parts them also after a death: it may be somebody else's
		if err := lives(ctx, f, s); err != nil {
			return err
		}
	}
	f.SayWrapped(p.Says())
	kept, err := s.KeptSummary()
	summarised := chart != s.Subject() && err == nil
	if summarised {
		f.SayWrapped("The emergency summary that you keep may tell what is of that chart: it is made anew, of what is yours, on this device and in your chart.")
	}
	if !yes {
		if err := f.Confirm(ctx, "Part them?", "nothing was changed"); err != nil {
			return err
		}
	}
	outcome, err := s.SubmitProposal(ctx, p)
	if err != nil {
		return cli.WithHint(err, "who holds a key of either side parts them; where nobody had claimed it, two organisations of different kinds do, and one runs: stele patient part")
	}
	if f.JSON {
		err = f.Emit(map[string]any{"chart": chart, "height": outcome.Height})
	} else {
		f.Print("parted, from block %s on", stele.Number(outcome.Height))
	}
	if err != nil || chart == s.Subject() {
		return err
	}
	if err := summariseAnew(ctx, f, s, chart, kept.Sensitive, summarised); err != nil {
		f.Note("the emergency summary could not be made anew: %s", cli.Sentence(err))
		f.SayWrapped(fmt.Sprintf("Danger: the emergency summary in your chart may tell of another person, until you make it anew: stele wallet summary --keep%s", f.Mine()))
	}
	return nil
}

// summariseAnew makes the summary of the owner's chart again after another was parted from it, where there
// is one on this device or in the chart. The owner's log tells of the parting a block later; what is kept on
// this device is thrown away then.
func summariseAnew(ctx context.Context, f *cli.Face, s *client.Session, parted stele.Subject, sensitive []stele.Sensitivity, kept bool) error {
	for start := time.Now(); ; {
		charts, err := s.Merged(ctx)
		if err != nil {
			return err
		}
		if !slices.Contains(charts, parted) {
			break
		}
		if time.Since(start) > stele.Fresh/10 {
			return stele.E("make summary", stele.KindUnreachable, "your log does not tell of the parting yet", nil)
		}
		time.Sleep(100 * time.Millisecond)
	}
	in, err := chartOf(ctx, f, s, "", opening{})
	if err != nil {
		return err
	}
	if !kept && !slices.ContainsFunc(in.chart.Records, func(r reading.Record) bool {
		return r.Label.Category == stele.Summary && r.Label.Source == s.Subject()
	}) {
		return nil
	}
	of, err := in.summarised(ctx, f, s, summarising{keep: true})
	if err != nil {
		return err
	}
	return keepSummary(ctx, f, s, of, sensitive)
}
