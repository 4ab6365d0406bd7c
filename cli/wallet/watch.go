package wallet

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/wallet"
)

func walletWatch(f *cli.Face) *cobra.Command {
	w := &watching{f: f}
	c := &cobra.Command{
		Annotations: cli.UntilStopped(""),
		Use:         "watch", Short: "Tell of each asking and opening as it happens", Args: cli.AtMost(0),
		Long: "Waits, and tells what comes to stand in your log: who asked or opened what, when, why.\n" +
			"All members are asked to say when it grows, so that one of them that keeps silent hides\n" +
			"nothing; what has happened is read from the log then, with its proof. Meanwhile the wallet\n" +
			"is closed: other commands use it as ever.",
		RunE: func(cmd *cobra.Command, _ []string) error { return w.run(cmd.Context()) },
	}
	c.Flags().IntVarP(&w.most, "lines", "n", 0, "stop after so many")
	return c
}

// watching is one run of the command.
type watching struct {
	f    *cli.Face
	most int // lines to be told; 0: all

	watcher *wallet.Watcher
	next    uint64    // the first entry that was not told
	since   time.Time // when the log was read last: refusals stand in no log
	told    int
	gaps    []string // that were told
	late    bool     // that the log can't be read now was said
}

// run reads the log once, then whenever it has grown.
func (w *watching) run(ctx context.Context) error {
	w.f.KeepPassphrase()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := w.f.As(ctx, func(s *client.Session) error {
		report, _, err := w.read(ctx, s)
		if err != nil {
			return err
		}
		w.watcher = s.Watcher()
		return w.begin(s, report)
	}); err != nil {
		return err
	}
	err := w.watcher.Watch(ctx, w.next, func(ctx context.Context) (uint64, error) {
		err := w.f.As(ctx, func(s *client.Session) error { return w.more(ctx, s) })
		if w.most > 0 && w.told >= w.most {
			cancel()
		}
		if err != nil && ctx.Err() == nil && !w.late {
			w.late = true
			w.f.Say("something happened, and the log can't be read: %s; it is tried again", stele.TextOf(err))
		}
		return w.next, err
	})
	if ctx.Err() != nil { // asked to stop: not a failure
		return nil
	}
	return err
}

// read returns the lines since the last reading.
func (w *watching) read(ctx context.Context, s *client.Session) (report *account.Report, fresh []account.Line, err error) {
	began := s.Clock()
	report, err = s.Account.Report(ctx, func(l account.Line) error {
		if !w.since.IsZero() && (l.Event != nil && l.Seq >= w.next || l.Event == nil && l.Time.After(w.since)) {
			fresh = append(fresh, l)
		}
		return nil
	})
	if err == nil {
		w.next, w.since, w.late = max(w.next, report.Size), began, false
	}
	return report, fresh, err
}

// more tells what has happened since the last reading.
func (w *watching) more(ctx context.Context, s *client.Session) error {
	report, fresh, err := w.read(ctx, s)
	if err != nil {
		return err
	}
	if err := w.watcher.Follow(s.Consortium()); err != nil {
		return err
	}
	view := &logView{f: w.f, s: s, begin: func() {}}
	for _, l := range fresh {
		if w.most > 0 && w.told >= w.most {
			break
		}
		if err := view.show(l); err != nil {
			return err
		}
		w.told++
	}
	return w.sayGaps(report)
}

// begin says that it watches.
func (w *watching) begin(s *client.Session, report *account.Report) error {
	if w.f.JSON {
		if err := w.f.Emit(map[string]any{"event": "watching", "entries": report.Size}); err != nil {
			return err
		}
	} else {
		w.f.Say("watching the log of %s, %s so far; Ctrl-C ends it", s.Name(), stele.Count(int(report.Size), "entry", "entries"))
	}
	return w.sayGaps(report)
}

// sayGaps says what does not reconcile, once.
func (w *watching) sayGaps(report *account.Report) error {
	for _, gap := range report.Gaps {
		if slices.Contains(w.gaps, gap) {
			continue
		}
		w.gaps = append(w.gaps, gap)
		if w.f.JSON {
			if err := w.f.Emit(map[string]any{"event": "gap", "says": gap}); err != nil {
				return err
			}
			continue
		}
		w.f.Say("✗ %s; stele wallet log tells more", gap)
	}
	return nil
}
