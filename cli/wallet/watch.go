package wallet

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

func walletWatch(f *cli.Face) *cobra.Command {
	w := &watching{f: f, charts: map[stele.Subject]bool{}, asks: map[stele.ID]bool{}}
	c := &cobra.Command{
		Annotations: cli.About(cli.Together, cli.UntilStopped("")),
		Use:         "watch", Short: "Tell of each asking and opening as it happens", Args: cli.AtMost(0),
		Long: "Waits, and tells what comes to stand in your log, and in those of charts that are merged\n" +
			"into yours: who asked or opened what, when, why; and who asks you for access.\n" +
			"All members are asked to say when it grows, so that one of them that keeps silent hides\n" +
			"nothing; what has happened is read from the log then, with its proof. Meanwhile the wallet\n" +
			"is closed: other commands use it as ever.",
		RunE: func(cmd *cobra.Command, _ []string) error { return w.run(cmd.Context()) },
	}
	c.Flags().IntVarP(&w.most, "lines", "n", 0, "stop after so many")
	return c
}

// askedEvery is how often it is looked whether somebody asks for access: nothing of that is on the ledger.
const askedEvery = 20 * time.Second

// again is how long nothing is tried of a chart after it could not be read.
const again = 5 * time.Second

// watching is one run of the command: the owner's log, and those of the charts that are theirs, too.
type watching struct {
	f    *cli.Face
	most int // lines to be told; 0: all

	turn   sync.Mutex             // held by who has the wallet open, and below it
	told   int                    // lines
	last   stele.Subject          // of whose chart they were
	charts map[stele.Subject]bool // that are watched; false: not any more
	own    stele.Subject
	asks   map[stele.ID]bool // requests that were told
	logs   sync.WaitGroup
	stop   context.CancelFunc
}

// watched is one log.
type watched struct {
	*watching
	chart stele.Subject // zero: the owner's

	watcher *wallet.Watcher
	next    uint64    // the first entry that was not told
	since   time.Time // when the log was read last: refusals stand in no log
	gaps    []string  // that were told
	late    bool      // that the log can't be read now was said
}

// run watches the owner's log, and those of other charts of theirs as it names them.
func (w *watching) run(ctx context.Context) error {
	w.f.KeepPassphrase()
	ctx, w.stop = context.WithCancel(ctx)
	defer w.logs.Wait()
	defer w.stop()
	own := &watched{watching: w}
	w.logs.Go(func() { own.whoAsks(ctx) })
	return own.run(ctx)
}

// whoAsks tells of each request for access that comes, and of those that wait already. What fails is tried again.
func (w *watched) whoAsks(ctx context.Context) {
	for {
		_ = w.as(ctx, func(s *client.Session) error {
			all, _, err := s.Requests(ctx)
			for _, r := range all {
				if !w.asks[r.ID] && r.Waits(s.Clock()) {
					w.asks[r.ID] = true
					if err := w.asked(s, r); err != nil {
						return err
					}
				}
			}
			return err
		})
		select {
		case <-ctx.Done():
			return
		case <-time.After(askedEvery):
		}
	}
}

// asked tells of one request.
func (w *watching) asked(s *client.Session, r wallet.Request) error {
	if w.f.JSON {
		out := requestJSON(s, r)
		out["event"] = "request"
		return w.f.Emit(out)
	}
	whole(w.f, requested(s, r)+" Answer: stele wallet answer "+r.ID.Short()+w.f.Mine(), "%s  %s  %s", r.ID.Short(), terminal.Stamp(r.Made), requestStatus(s, r))
	return nil
}

// alsoYours begins to watch the charts that are merged into the owner's by now. A chart that is
// parted is not theirs to watch.
func (w *watching) alsoYours(ctx context.Context, s *client.Session) error {
	charts, err := w.f.OtherCharts(ctx, s)
	if err != nil {
		return err
	}
	for _, chart := range charts {
		if w.charts[chart] {
			continue
		}
		w.charts[chart] = true
		w.logs.Go(func() {
			err := w.untilParted(ctx, chart)
			w.turn.Lock()
			defer w.turn.Unlock()
			w.charts[chart] = false
			if err != nil {
				w.f.Note("the log of %s is not watched any more: %s", chart, cli.Sentence(err))
			}
		})
	}
	return nil
}

// untilParted watches another chart of the owner's. Where another process has the wallet, or nobody
// answers, it begins again.
func (w *watching) untilParted(ctx context.Context, chart stele.Subject) error {
	for {
		err := (&watched{watching: w, chart: chart}).run(ctx)
		if !members.Transient(err) && stele.KindOf(err) != stele.KindBusy {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(again):
		}
	}
}

// as runs something with the chart, alone.
func (w *watched) as(ctx context.Context, run func(*client.Session) error) error {
	w.turn.Lock()
	defer w.turn.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return w.f.As(ctx, func(s *client.Session) error {
		if w.chart.IsZero() {
			w.own = s.Subject()
			return run(s)
		}
		return w.f.WithChart(ctx, s, w.chart, run)
	})
}

// run reads the log once, then whenever it has grown.
func (w *watched) run(ctx context.Context) error {
	if err := w.as(ctx, func(s *client.Session) error {
		report, _, err := w.read(ctx, s)
		if err != nil {
			return err
		}
		sayNewer(ctx, w.f, s)
		w.watcher = s.Watcher()
		if err := w.begin(s, report); err != nil || !w.chart.IsZero() {
			return err
		}
		return w.alsoYours(ctx, s)
	}); err != nil {
		return err
	}
	err := w.watcher.Watch(ctx, w.next, func(ctx context.Context) (uint64, error) {
		err := w.as(ctx, func(s *client.Session) error { return w.more(ctx, s) })
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

// read returns the lines since the last reading, in the words that they have after those before.
func (w *watched) read(ctx context.Context, s *client.Session) (report *account.Report, fresh []heldLine, err error) {
	began, view := s.Clock(), &logView{f: w.f, s: s, mine: s.Keyring().Speaks()}
	report, err = s.Account.Report(ctx, func(l account.Line) error {
		told := view.tell(l)
		if !w.since.IsZero() && (l.Event != nil && l.Seq >= w.next || l.Event == nil && l.Time.After(w.since)) {
			fresh = append(fresh, heldLine{l, told})
		}
		return nil
	})
	if err == nil {
		w.next, w.since, w.late = max(w.next, report.Size), began, false
	}
	return report, fresh, err
}

// more tells what has happened since the last reading.
func (w *watched) more(ctx context.Context, s *client.Session) error {
	report, fresh, err := w.read(ctx, s)
	if err != nil {
		return err
	}
	if err := w.watcher.Follow(s.Consortium()); err != nil {
		return err
	}
	if slices.ContainsFunc(fresh, func(l heldLine) bool { return l.Event != nil && l.Event.About().Place == wire.PlaceDelivery }) {
		sayNewer(ctx, w.f, s)
	}
	view := &logView{f: w.f, begin: func() {}}
	for _, l := range fresh {
		if w.most > 0 && w.told >= w.most {
			break
		}
		if err := w.of(s); err != nil {
			return err
		}
		if err := view.show(l); err != nil {
			return err
		}
		w.told++
	}
	if w.most > 0 && w.told >= w.most {
		w.stop()
	}
	if err := w.sayGaps(report); err != nil || !w.chart.IsZero() {
		return err
	}
	return w.alsoYours(ctx, s)
}

// of says whose chart the lines that follow are of, where those before were of another.
func (w *watched) of(s *client.Session) error {
	if w.last.IsZero() {
		w.last = w.own
	}
	if w.last == s.Subject() {
		return nil
	}
	w.last = s.Subject()
	switch {
	case w.f.JSON:
		return w.f.Emit(map[string]any{"event": "chart", "chart": w.last})
	case w.chart.IsZero():
		w.f.Print("Of your own chart:")
	default:
		w.f.Print("Of the chart that is yours, too, %s:", w.last)
	}
	return nil
}

// begin says that it watches.
func (w *watched) begin(s *client.Session, report *account.Report) error {
	if w.f.JSON {
		out := map[string]any{"event": "watching", "entries": report.Size}
		if !w.chart.IsZero() {
			out["chart"] = w.chart
		}
		if err := w.f.Emit(out); err != nil {
			return err
		}
	} else if !w.chart.IsZero() {
		w.f.Say("watching the log of the chart that is yours, too, %s, %s so far", w.chart, stele.Count(int(report.Size), "entry", "entries"))
	} else {
		w.f.Say("watching the log of %s, %s so far; Ctrl-C ends it", s.Name(), stele.Count(int(report.Size), "entry", "entries"))
	}
	return w.sayGaps(report)
}

// sayGaps says what does not reconcile, once.
func (w *watched) sayGaps(report *account.Report) error {
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
