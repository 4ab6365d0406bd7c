package wallet

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/terminal/columns"
)

func walletLog(f *cli.Face) *cobra.Command {
	v := logView{f: f}
	c := &cobra.Command{
		Annotations: cli.About(cli.Each, cli.Leaves("nothing was changed")),
		Use:         "log", Short: "Tell who asked for your chart and who opened it, proved", Args: cli.AtMost(0),
		Long: "Tells your own log: who asked or opened what, when, why, under which grant. It is\n" +
			"checked first: nothing is missing from it, the validators signed it, and what the\n" +
			"trustees released stands in it. Attempts without a grant are told by the trustees.\n\n" +
			"Of a long log the last lines are shown, after a list of who asked how often; all of\n" +
			"it is checked all the same. With --json every line is written, as it is read.\n\n" +
			"The log is told to whoever holds the chart's keys. No act of a delegation covers it:\n" +
			"what you gave for whom you act for stands in stele wallet grants.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if v.all || f.JSON && !cmd.Flags().Changed("last") {
				v.last = 0
				v.all = true
			}
			if err := v.check(); err != nil {
				return err
			}
			return f.As(cmd.Context(), func(s *client.Session) error {
				one := v // of each chart anew
				one.by = map[whoAsks]*askings{}
				return tellAccount(cmd.Context(), f, s, &one)
			})
		},
	}
	c.Flags().BoolVar(&v.accesses, "accesses", false, "only who asked and who opened")
	c.Flags().BoolVar(&v.all, "all", false, "every line")
	c.Flags().IntVar(&v.last, "last", lastLines, "so many lines, the newest")
	c.Flags().StringVar(&v.since, "since", "", "from this day, month or year")
	c.Flags().BoolVar(&v.summary, "summary", false, "only who asked how often")
	c.MarkFlagsMutuallyExclusive("all", "last", "summary")
	return c
}

// tellAccount tells the log of one chart.
func tellAccount(ctx context.Context, f *cli.Face, s *client.Session, v *logView) error {
	settle(ctx, f, s)
	sayNewer(ctx, f, s)
	v.s, v.mine, v.begin = s, s.Keyring().Speaks(), sync.OnceFunc(f.Patiently("checking the log"))
	v.other = s.Subject() != v.mine
	defer v.begin()
	report, err := s.Account.Report(ctx, v.add)
	if err != nil {
		return err
	}
	if err := v.flush(); err != nil {
		return err
	}
	return proofLines(f, report, v.read)
}

// accountLine prints one line of the account: two or three on the screen.
func accountLine(f *cli.Face, line account.Line, t told) {
	seq, style := fmt.Sprint(line.Seq), ""
	if line.Event == nil {
		seq = "–"
	}
	switch {
	case t.refused:
		style = terminal.Amber
	case t.access:
		style = terminal.Bold
	}
	head := strings.TrimSpace(t.who + " " + t.what)
	if t.who == "" {
		head = t.what
	}
	indent := 31
	if f.Width < 60 { // the time on a line of its own
		indent = 6
		f.Print("%4s  %s", seq, terminal.Stamp(line.Time))
	}
	put := func(first, text, style string) {
		for i, l := range columns.Wrap(terminal.Clean(text), f.Width-indent) {
			if i > 0 {
				first = ""
			}
			f.Print("%-*s%s", indent, first, f.OutStyle.Paint(style, l))
		}
	}
	at := fmt.Sprintf("%4s  %s", seq, terminal.Stamp(line.Time))
	if f.Width < 60 {
		at = ""
	}
	put(at, head, style)
	var about []string
	about = append(about, t.at, t.opening, t.shown, t.scope, t.viewed, purposeWords(t.purpose))
	if t.reason != "" {
		about = append(about, "“"+t.reason+"”")
	}
	if line.Grant != nil {
		about = append(about, "grant "+line.Grant.Grant.Short())
	} else if t.under != "" {
		about = append(about, "grant "+t.under)
	}
	if line.Doubt != "" {
		about = append(about, "not proved: "+line.Doubt)
	}
	about = append(about, repeated(line))
	if told := len(line.Members()); t.access && told > 0 {
		about = append(about, "told by "+stele.Count(told, "trustee", "trustees"))
	}
	about = slices.DeleteFunc(about, func(s string) bool { return s == "" })
	if len(about) > 0 {
		put("", strings.Join(about, " · "), terminal.Faint)
	}
	for _, other := range line.Others {
		put("", otherwise(other), terminal.Amber)
	}
}

// json is a line of the account for programs.
func (t told) json(line account.Line) map[string]any {
	out := map[string]any{"time": line.Time.UTC(), "who": t.who, "what": t.what, "result": t.result, "on_ledger": line.Event != nil}
	if line.Event != nil {
		out["seq"], out["height"] = line.Seq, line.Height
		out["event"] = line.Event.About().Kind
	} else {
		out["event"] = "attempt"
	}
	if line.Grant != nil {
		out["grant"] = line.Grant.Grant
	} else if t.under != "" {
		out["grant"] = stele.ID(line.Event.About().Grant)
	}
	if t.scope != "" {
		out["scope"] = t.scope
	}
	if t.access {
		out["organisation"], out["purpose"], out["reason"], out["trustees"] = t.at, t.purpose, t.reason, cli.NonNil(line.Members())
		if line.Needed > 0 {
			out["released"], out["needed"] = line.Released, line.Needed
		}
		if n := line.ViewedRecords(); n > 0 {
			out["viewed"], out["viewed_last"] = n, time.UnixMilli(line.Viewed[len(line.Viewed)-1].AtMs).UTC()
		}
		if t.shown != "" {
			out["credentials"] = t.shown
		}
		if line.Doubt != "" {
			out["not_proved"] = line.Doubt
		}
		if line.Refused > 0 {
			out["refused"], out["last_refused"] = line.Refused, line.LastRefused
		}
		others := []map[string]any{}
		for _, o := range line.Others {
			others = append(others, map[string]any{
				"who": o.Card.GetName(), "did": subjectText(o.Card.GetSubject()), "purpose": o.Detail.GetPurpose(), "reason": o.Detail.GetReason(),
				"trustees": cli.NonNil(o.Members()), "not_proved": o.Doubt,
			})
		}
		if len(others) > 0 {
			out["others"] = others
		}
		if line.Card != nil {
			out["did"] = subjectText(line.Card.Subject)
		}
	}
	return out
}

// proofLines say what was checked, and what does not reconcile.
func proofLines(f *cli.Face, report *account.Report, shown int) error {
	gaps := report.Gaps
	f.Behind(report.OwnLog)
	if !f.JSON {
		if shown > 0 {
			f.Print("")
		}
		f.Good(cli.Completeness(report.OwnLog))
		f.WhatIs("told by", "receipt", "block")
		if report.Pending > 0 {
			f.Print("  %s on the way to the ledger", stele.Count(report.Pending, "receipt is", "receipts are"))
		}
		if n := report.Ahead; n > 0 {
			f.Print("  %s newer than that block: look again in a moment", stele.Count(n, "opening is", "openings are"))
		}
		for _, silent := range report.Silent {
			for _, line := range columns.Wrap(terminal.Clean("the trustee of "+silent+" did not answer: attempts that it kept are missing here"), f.Width-2) {
				f.Print("%s", f.OutStyle.Paint(terminal.Amber, "  "+line))
			}
		}
		for _, gap := range gaps {
			f.Print("%s", f.OutStyle.Paint(terminal.Red, "✗ "+terminal.Clean(gap)))
		}
	} else {
		signed, all := cli.Signatures(report.Proof.GetLight())
		if err := f.Emit(map[string]any{
			"event": "proof", "entries": report.Size, "height": report.Height, "signed": signed, "validators": all,
			"time": report.Header.Time.UTC().Format(time.RFC3339Nano), "gaps": cli.NonNil(gaps), "silent": cli.NonNil(report.Silent), "pending_receipts": report.Pending, "ahead": report.Ahead,
		}); err != nil {
			return err
		}
	}
	// After all that is told: what does not reconcile is no reason to keep back what does.
	if len(gaps) > 0 {
		return stele.E("check log", stele.KindProof, "entries and receipts do not reconcile: "+gaps[0], nil).
			WithHint("keep this: stele wallet export FILE; show it to an auditor of the consortium")
	}
	return stood(report.Old)
}
