package wallet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/timeline"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// A restriction names single records. What is delivered later, a newer version or a withdrawal, is another
// record, and which it belongs to stands sealed in it: no vault or trustee can know, and a source that
// said so outside could leave it out. The patient's wallet knows, says it wherever it meets it, and closes
// the restriction over it.

// since is what has come since to single records that are restricted.
type since struct {
	closed    map[int]slot.Restriction // by number from 1, as they are closed over it
	anew      []string                 // lines of newer versions
	again     []string                 // lines of versions that say it all once more, as an error
	withdrawn []string                 // lines of what was restricted and its source took back
}

// newer is what has come since to restrictions of single records. A summary that the owner made since leaves
// out what is restricted. A withdrawal says nothing of what it is of, and is not closed over.
func (in *found) newer(all []slot.Restriction) since {
	is := since{closed: map[int]slot.Restriction{}}
	var anew, again, takenBack []stele.ID
	for i, r := range all {
		if len(r.Records) == 0 {
			continue
		}
		had := len(r.Records)
		places := slices.DeleteFunc(in.withVersions(r.Records, r.WholeFolios), func(p slot.Record) bool {
			return !slices.Contains(r.Records, p) && slices.ContainsFunc(in.chart.Records, func(record reading.Record) bool { return placeOf(record) == p && in.ownSummary(record) })
		})
		came := slices.DeleteFunc(slices.Clone(places[had:]), func(p slot.Record) bool { return in.alsoRestricted(all, i, p) })
		taken := len(takenBack)
		if slices.ContainsFunc(came, func(p slot.Record) bool { return in.takesBack(p) }) {
			for _, p := range r.Records {
				if in.state[p.Handle] == timeline.Withdrawn {
					takenBack = append(takenBack, p.Handle)
				}
			}
		}
		open := slices.DeleteFunc(came, func(p slot.Record) bool { return in.state[p.Handle] == timeline.Withdrawal })
		if len(open) == 0 {
			continue
		}
		r.Records = places
		is.closed[i+1] = r
		for _, p := range open {
			if len(takenBack) > taken && in.takesBack(p) {
				again = append(again, p.Handle)
			} else {
				anew = append(anew, p.Handle)
			}
		}
	}
	is.anew, is.again, is.withdrawn = in.lines(anew...), in.lines(again...), in.lines(takenBack...)
	return is
}

// takesBack reports a record by which a source withdraws one.
func (in *found) takesBack(p slot.Record) bool {
	return in.state[p.Handle] == timeline.Withdrawal || in.state[p.Handle] == timeline.Withdrawn
}

// alsoRestricted reports whether another restriction than the i-th holds for a record, wherever that one would.
func (in *found) alsoRestricted(all []slot.Restriction, i int, p slot.Record) bool {
	for _, record := range in.chart.Records {
		if placeOf(record) == p {
			return keptBack(slices.Delete(slices.Clone(all), i, i+1), all[i], record)
		}
	}
	return false
}

// sayNewer says what has come since to what is restricted: newer versions of single records, and lines that there is
// none of it. Who may read the chart reads that.
func (in *found) sayNewer(ctx context.Context, f *cli.Face, s *client.Session) {
	says, err := s.Emergency()
	if err != nil || len(says.Restrictions) == 0 {
		return
	}
	if in.sources == nil {
		in.known(ctx, s)
	}
	in.sayDenied(f, says)
	what, is := "What you have restricted", in.newer(says.Restrictions)
	if of := cli.YoursToo(s); of != "" {
		what += " of " + of + ","
	}
	if len(is.withdrawn) > 0 {
		f.SayWrapped(what + " was withdrawn by its source: " + strings.Join(is.withdrawn, "; "))
	}
	for _, open := range []struct {
		says  string
		lines []string
	}{{"What withdraws it says it once more", is.again}, {what + " was delivered anew", is.anew}} {
		if len(open.lines) > 0 {
			f.SayWrapped(fmt.Sprintf("%s, and others may read that: %s. Restrict it, too: stele wallet restrict follow%s", open.says, strings.Join(open.lines, "; "), f.Mine()))
		}
	}
}

func ofSingles(r slot.Restriction) bool { return len(r.Records) > 0 }

// sayNewer opens the own chart to say what has come since to what is restricted, where something was delivered since.
func sayNewer(ctx context.Context, f *cli.Face, s *client.Session) {
	says, err := s.Emergency()
	if err != nil {
		return
	}
	var since time.Time
	for _, r := range says.Restrictions {
		if since.IsZero() || r.At.Before(since) {
			since = r.At
		}
	}
	if since.IsZero() || !deliveredSince(ctx, s, since.Add(-stele.Fresh)) {
		return
	}
	in, err := chartOf(ctx, f, s, "", opening{})
	if err != nil {
		f.SayWrapped("whether what you have restricted was delivered anew cannot be said now: " + cli.Sentence(err))
		return
	}
	in.sayNewer(ctx, f, s)
}

// deliveredSince reports whether anything was delivered since; also where the log cannot be read.
func deliveredSince(ctx context.Context, s *client.Session, since time.Time) bool {
	log, err := s.Log(ctx)
	if err != nil {
		return true
	}
	for e, err := range log.Events() {
		if err != nil || e.Event.About().Place == wire.PlaceDelivery && !time.UnixMilli(e.Event.TimeMs).Before(since) {
			return true
		}
	}
	return false
}

func restrictFollow(f *cli.Face) *cobra.Command {
	var o restricting
	c := &cobra.Command{
		Annotations: cli.About(cli.Together, cli.Leaves("it may count all the same: stele wallet restrict list tells")),
		Use:         "follow", Short: "Restrict newer versions of what you have restricted", Args: cli.AtMost(0),
		Long: "A newer version of a single record is another record, and only you can know that it is one.\n" +
			"The timeline, the log and watch say when one has come; this restricts it as the first one,\n" +
			"also in the charts that are merged into yours.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error { return o.followAll(cmd.Context(), f, s) })
		},
	}
	o.may.flags(c.Flags())
	c.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	return c
}

// followed is what was restricted as newer versions, in all charts of the owner's.
type followed struct {
	Records []string `json:"records"`
	Height  int64    `json:"height,omitempty"`  // from which block on, that of the last chart
	Missing []string `json:"missing,omitempty"` // members that do not have it yet
}

// followAll restricts what has come since in the owner's chart, and in those that are merged into it.
func (o restricting) followAll(ctx context.Context, f *cli.Face, s *client.Session) error {
	if err := lives(ctx, f, s); err != nil {
		return err
	}
	done := followed{Records: []string{}}
	if err := o.follow(ctx, f, s, &done); err != nil {
		return err
	}
	others := f.Others(ctx, s, func(other *client.Session) error { return o.follow(ctx, f, other, &done) })
	switch {
	case f.JSON:
		return cmp.Or(f.Emit(done), others)
	case len(done.Records) == 0 && others == nil:
		f.Say("no newer version of what you have restricted has come")
	}
	return others
}

// follow restricts what has come since in one chart.
func (o restricting) follow(ctx context.Context, f *cli.Face, s *client.Session, done *followed) error {
	settle(ctx, f, s)
	all, err := s.Restrictions(ctx)
	if err != nil || !slices.ContainsFunc(all, ofSingles) {
		return err
	}
	in, err := chartOf(ctx, f, s, "", opening{})
	if err != nil {
		return err
	}
	defer faults(f, s, in.chart)
	is := in.newer(all)
	if len(is.closed) == 0 {
		return nil
	}
	anew, siblings := in.closeOver(s, all, is.closed)
	lines := slices.Concat(is.anew, is.again)
	f.FoundIn(s)
	says, _ := s.Emergency() // it is known, for the restrictions are
	f.SayWrapped("delivered since: " + strings.Join(lines, "; "))
	in.warnAnew(f, s, says, all, anew, is.closed)
	if err := in.sayAnew(ctx, f, o, in.toldAnew(says, all, anew)); err != nil {
		return err
	}
	if !o.yes {
		if err := f.Confirm(ctx, "Restrict it, too?", "nothing was changed"); err != nil {
			return err
		}
	}
	outcome, err := s.RestrictAnew(ctx, anew, siblings...)
	if err != nil {
		return err
	}
	missing := s.MissingSlot()
	done.Records, done.Height = append(done.Records, lines...), outcome.Height
	for _, member := range missing {
		if !slices.Contains(done.Missing, member) {
			done.Missing = append(done.Missing, member)
		}
	}
	if !f.JSON {
		f.Say("it counts from block %s on", stele.Number(outcome.Height))
		sayMissing(f, s, missing)
	}
	return nil
}

// warnAnew warns of restrictions that are closed over more, of what all of them may leave in a summary once.
func (in *found) warnAnew(f *cli.Face, s *client.Session, says slot.Slot, all, anew []slot.Restriction, closed map[int]slot.Restriction) {
	name := func(subject stele.Subject) string {
		return terminal.Clean(calledOf(s, subject, s.State().Emergency.Names))
	}
	summary := false
	for n, r := range anew {
		if _, grows := closed[n+1]; !grows {
			continue
		}
		named := len(r.Records) // what was delivered since is said above, line by line
		if r.WholeFolios {
			named = len(all[n].Records)
		}
		t := in.touched(f, r, anew, named)
		if summary {
			t.Summary = ""
		}
		summary = summary || t.Summary != ""
		for _, line := range append(r.Warn(t), says.SayRestriction(r, name)) {
			f.SayWrapped(line)
		}
	}
}

// closeOver are all restrictions, with those that are closed in the place of theirs, as of a warning now;
// and what stays open beside. Where that is too much, whole folios are restricted.
func (in *found) closeOver(s *client.Session, all []slot.Restriction, closed map[int]slot.Restriction) ([]slot.Restriction, []wallet.Single) {
	anew := slices.Clone(all)
	for n, r := range closed {
		anew[n-1] = r.Warned(s.Clock())
	}
	siblings, ok := in.beside(s, anew)
	if ok {
		return anew, siblings
	}
	for n := range closed {
		anew[n-1].WholeFolios = true
		anew[n-1].Records = in.withVersions(all[n-1].Records, true)
	}
	siblings, _ = in.beside(s, anew)
	return anew, siblings
}
