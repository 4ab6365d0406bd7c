package wallet

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/ips"
)

func walletSummary(f *cli.Face) *cobra.Command {
	var to cli.Target
	var sensitive []string
	c := &cobra.Command{
		Annotations: cli.Leaves("no file was written"),
		Use:         "summary", Short: "Make the emergency summary of your own chart", Args: cli.AtMost(0),
		Long: "Shows on one screen what a doctor has to know first: allergies, what warns, medicines,\n" +
			"problems, devices, directives, and how old each source is. --save writes all of it as\n" +
			"an International Patient Summary (FHIR R4), which every hospital can read; the file is\n" +
			"in the clear. What is marked as sensitive is left out unless --sensitive names it.",
		Example: "  stele wallet summary --as elena\n  stele wallet summary --as elena --save summary.json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			allowed, err := cli.Sensitivities(sensitive)
			if err != nil {
				return err
			}
			if to.Path != "" {
				if err := to.Free(); err != nil { // before the work
					return err
				}
			}
			return f.As(cmd.Context(), func(s *client.Session) error { return summary(cmd.Context(), f, s, allowed, to) })
		},
	}
	c.Flags().StringVar(&to.Path, "save", "", "write the document to a file")
	c.Flags().BoolVar(&to.Force, "force", false, cli.ForceFlag)
	c.Flags().StringSliceVar(&sensitive, "sensitive", nil, "also what is marked so: PSY, HIV, … (stele words sensitivities)")
	return c
}

// summary makes the summary of the wallet's own chart, and shows or saves it. Where
// deliveries are missing it fails after that: what was shown is good, and not all.
func summary(ctx context.Context, f *cli.Face, s *client.Session, allowed []stele.Sensitivity, to cli.Target) error {
	in, err := chartOf(ctx, f, s, "", opening{})
	if err != nil {
		return err
	}
	defer faults(f, s, in.chart)
	now := time.Now()
	doc, err := ips.Make(itemsOf(in.sources, in.chart.Records, in.anchors), ips.Options{At: now, Sensitive: allowed})
	if err != nil {
		return err
	}
	switch records := len(in.chart.Records); {
	case to.Path != "":
		err = saveSummary(f, doc, records, to)
	case f.JSON:
		err = f.Emit(map[string]any{"document": json.RawMessage(doc), "records": records})
	default:
		err = showSummary(f, doc, now)
	}
	if err != nil {
		return err
	}
	return missing("summary", in.chart.Missing)
}

// showSummary prints the first screen of a summary.
func showSummary(f *cli.Face, doc []byte, at time.Time) error {
	text, err := ips.Text(doc, at)
	if err != nil {
		return err
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		f.Print("%s", line)
	}
	return nil
}

func saveSummary(f *cli.Face, doc []byte, records int, to cli.Target) error {
	if err := to.Write(cli.Content(doc, []byte("\n"))); err != nil {
		return err
	}
	if f.JSON {
		return f.Emit(map[string]any{"saved": to.Path, "records": records})
	}
	f.Print("%s", to.Path)
	f.SayWrapped("an International Patient Summary made of " + stele.Count(records, "record", "records") + "; it is in the clear: keep it safe")
	return nil
}
