package wallet

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/ips"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/timeline"
	"github.com/stele-health/stele/wallet"
)

// summarising is what is asked of stele wallet summary.
type summarising struct {
	to        cli.Target // a file; without a path the screen
	sensitive []stele.Sensitivity
	keep      bool // on this device and in the chart
}

func walletSummary(f *cli.Face) *cobra.Command {
	var o summarising
	var sensitive []string
	kept := false
	c := &cobra.Command{
		Annotations: cli.About(cli.Together, cli.Leaves("with --keep the summary may be in your chart all the same")),
		Use:         "summary", Short: "Make the emergency summary of your own chart", Args: cli.AtMost(0),
		Long: "Shows on one screen what a doctor has to know first: allergies, what warns, medicines,\n" +
			"problems, devices, directives, and how old each source is. --save writes all of it as\n" +
			"an International Patient Summary (FHIR R4), which every hospital can read; the file is\n" +
			"in the clear. What is marked as sensitive is left out unless --sensitive names it.\n" +
			"--keep puts it into your chart, where who opens it in an emergency has it at once, and\n" +
			"onto this device, where --kept opens it without a network. Do it again when your chart\n" +
			"has changed: where nothing has, nothing is written.",
		Example: "  stele wallet summary --as elena\n  stele wallet summary --as elena --keep\n  stele wallet summary --as elena --kept --save summary.json",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if o.sensitive, err = cli.Sensitivities(sensitive); err != nil {
				return err
			}
			if kept && (o.keep || len(sensitive) > 0) {
				return cli.Usage("--kept opens what was made before", "leave --keep and --sensitive out, or leave --kept out to make it anew")
			}
			if o.to.Path != "" {
				if err := o.to.Free(); err != nil { // before the work
					return err
				}
			}
			if kept {
				return f.Alone(cmd.Context(), func(w *wallet.Wallet) error { return keptSummary(f, w, o.to) })
			}
			return f.As(cmd.Context(), func(s *client.Session) error { return summary(cmd.Context(), f, s, o) })
		},
	}
	c.Flags().BoolVar(&o.keep, "keep", false, "put it into your chart, and onto this device")
	c.Flags().BoolVar(&kept, "kept", false, "open the one on this device; needs no network")
	c.Flags().StringVar(&o.to.Path, "save", "", "write the document to a file")
	c.Flags().BoolVar(&o.to.Force, "force", false, cli.ForceFlag)
	c.Flags().StringSliceVar(&sensitive, "sensitive", nil, "also what is marked so: PSY, HIV, … (stele words sensitivities)")
	return c
}

// summary makes the summary of the wallet's own chart, and shows, saves or keeps it. Where
// deliveries are missing it fails after that: what was shown is good, and not all. Such a one
// is not kept: it would count instead of one that had more.
func summary(ctx context.Context, f *cli.Face, s *client.Session, o summarising) error {
	if o.keep {
		if err := lives(ctx, f, s); err != nil {
			return err
		}
	}
	in, err := chartOf(ctx, f, s, "", opening{})
	if err != nil {
		return err
	}
	defer faults(f, s, in.chart)
	if !o.keep {
		for _, line := range in.tellsOfStrangers(ctx, f, s) {
			f.SayWrapped(line)
		}
	}
	of, err := in.summarised(ctx, f, s, o)
	if err != nil && of.items == nil {
		return err
	}
	doc, wrong := of.document(o.sensitive, of.at)
	if wrong != nil {
		return wrong
	}
	if wrong := writeSummary(f, doc, of.records(), of.at, o.to); wrong != nil || err != nil || !o.keep {
		return cmp.Or(wrong, err)
	}
	return keepSummary(ctx, f, s, of, o.sensitive)
}

// summed is what a summary is made of.
type summed struct {
	items    []timeline.Item
	withheld map[stele.ID]bool // of items, what is not in it
	kept     int               // of those, what is restricted and would be in it
	apart    []stele.Subject   // the owner's other charts of which nothing is in it
	with     []stele.Subject   // those of which something is
	chart    stele.Subject
	says     []slot.Restriction // of that chart
	at       time.Time
}

// summarised is what a summary is made of, with that of the owner's other charts. With items it
// fails where they are not all.
func (in *found) summarised(ctx context.Context, f *cli.Face, s *client.Session, o summarising) (of summed, err error) {
	of.withheld = map[stele.ID]bool{}
	if err := of.leaveOut(ctx, f, s, in.chart.Records, false, o); err != nil {
		return of, err
	}
	others := in.join(ctx, f, s, func(s *client.Session, other *found) error {
		if err := of.leaveOut(ctx, f, s, other.chart.Records, true, o); err != nil {
			return err
		}
		if slices.ContainsFunc(other.chart.Records, func(r reading.Record) bool { return !of.withheld[r.Handle] }) {
			of.with = append(of.with, s.Subject())
		}
		return nil
	})
	of.sayLeftOut(f, in.chart.Records, o.sensitive)
	of.at = time.Now().UTC().Truncate(time.Second)
	of.items = itemsOf(in.sources, in.chart.Records, in.anchors)
	return of, cmp.Or(missing("summary", in.chart.Missing), others)
}

// records is how many it is made of.
func (of summed) records() int { return len(of.items) - len(of.withheld) }

// summaryID is the id of all summaries of a chart: the newest of them counts.
const summaryID = "emergency-summary"

func (of summed) document(sensitive []stele.Sensitivity, at time.Time) ([]byte, error) {
	return ips.Make(of.items, ips.Options{At: at, ID: summaryID, Sensitive: sensitive, Withheld: of.withheld, Apart: of.apart, With: of.with})
}

// has reports whether a delivery is among what it is made of, and not restricted.
func (of summed) has(submission stele.ID) bool {
	return slices.ContainsFunc(of.items, func(it timeline.Item) bool { return it.Proof == submission && !of.withheld[it.Handle] })
}

// renewAfter is when a summary is made anew though the chart is the same: what has ended
// since and what is no longer new come to stand elsewhere.
const renewAfter = 30 * 24 * time.Hour

// keepSummary makes a summary and keeps it on this device, and delivers it, where it says something else
// than the one that is kept.
func keepSummary(ctx context.Context, f *cli.Face, s *client.Session, of summed, sensitive []stele.Sensitivity) error {
	last, err := s.KeptSummary()
	if err == nil && !last.Delivered.IsZero() && of.at.Sub(last.Made) < renewAfter && slices.Equal(last.Sensitive, sensitive) && of.has(last.Delivered) {
		if again, err := of.document(sensitive, last.Made); err == nil && bytes.Equal(again, last.Document) {
			f.SayWrapped("nothing has changed since the summary that is kept, of " + terminal.Until(last.Made))
			return nil
		}
	}
	k := wallet.KeptSummary{Sensitive: sensitive, Made: of.at, Records: of.records()}
	if k.Document, err = of.document(sensitive, of.at); err != nil {
		return err
	}
	if err := s.KeepSummary(k); err != nil { // on the device first: it is there where the network is not
		return err
	}
	delivered, err := deliverSummary(ctx, s, of, k)
	if err != nil {
		return err
	}
	k.Delivered = delivered.Submission
	if err := s.KeepSummary(k); err != nil {
		return err
	}
	f.SayWrapped("kept on this device (stele wallet summary --kept) and in your chart, on your log in block " + stele.Number(delivered.Outcome.Height))
	if says := of.unread(); says != "" {
		f.SayWrapped(says + fmt.Sprintf(" What is restricted: stele wallet restrict list%s", f.Mine()))
	}
	return nil
}

// deliverSummary puts a summary into the chart. Before one with what is marked as sensitive goes
// one without it: who may not open that, as in an emergency, would have an older one for the newest.
func deliverSummary(ctx context.Context, s *client.Session, of summed, k wallet.KeptSummary) (delivery.Delivered, error) {
	if len(k.Sensitive) > 0 {
		ordinary, err := of.document(nil, k.Made)
		if err != nil {
			return delivery.Delivered{}, err
		}
		if _, err := s.Delivery.DeliverSummary(ctx, ordinary, k.Made, nil); err != nil {
			return delivery.Delivered{}, err
		}
	}
	return s.Delivery.DeliverSummary(ctx, k.Document, k.Made, k.Sensitive)
}

// keptSummary opens the summary that lies on this device.
func keptSummary(f *cli.Face, w *wallet.Wallet, to cli.Target) error {
	k, err := w.KeptSummary()
	if err != nil {
		return err
	}
	if err := writeSummary(f, k.Document, k.Records, time.Now(), to); err != nil {
		return err
	}
	f.SayWrapped("made on " + terminal.Until(k.Made) + " and signed by this wallet; what came later is not in it")
	return nil
}

// writeSummary shows a summary, or saves it.
func writeSummary(f *cli.Face, doc []byte, records int, at time.Time, to cli.Target) error {
	switch {
	case to.Path != "":
		return saveSummary(f, doc, records, to)
	case f.JSON:
		return f.Emit(map[string]any{"document": json.RawMessage(doc), "records": records})
	}
	return showSummary(f, doc, at)
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
