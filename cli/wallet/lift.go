package wallet

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

func restrictLift(f *cli.Face) *cobra.Command {
	var o restricting
	c := &cobra.Command{
		Annotations: cli.About(cli.One, cli.Leaves("it may be lifted all the same: stele wallet restrict list tells")),
		Use:         "lift NUMBER", Short: "Take a restriction back: your grants count again", Args: cli.Exactly("the number of a restriction, as stele wallet restrict list gives it"),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := strconv.Atoi(args[0])
			if err != nil {
				return cli.Usage(fmt.Sprintf("%q is no number", args[0]), "numbers are listed by: stele wallet restrict list")
			}
			return f.As(cmd.Context(), func(s *client.Session) error { return o.lift(cmd.Context(), f, s, n) })
		},
	}
	o.may.flags(c.Flags())
	c.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	return c
}

func (o restricting) lift(ctx context.Context, f *cli.Face, s *client.Session, n int) error {
	if err := lives(ctx, f, s); err != nil {
		return err
	}
	settle(ctx, f, s)
	all, err := s.Restrictions(ctx)
	if err != nil {
		return err
	}
	says, _ := s.Emergency() // it is known, for the restrictions are
	name := func(subject stele.Subject) string {
		return terminal.Clean(calledOf(s, subject, s.State().Emergency.Names))
	}
	var of slot.Restriction
	var siblings []wallet.Single
	after := ""
	if n >= 1 && n <= len(all) {
		of = all[n-1]
		f.SayWrapped("From now on your grants count for this again. Until now: " + says.SayRestriction(of, name))
		if siblings, after, err = o.mayLift(ctx, f, s, all, n); err != nil {
			return err
		}
	}
	outcome, err := s.Lift(ctx, n, siblings...)
	if err != nil {
		return err
	}
	if err := saidRestricted(f, s, says.SayRestriction(of, name), outcome); err != nil || f.JSON || after == "" {
		return err
	}
	f.SayWrapped(after + fmt.Sprintf(" until you make it anew: stele wallet summary --keep%s", f.Mine()))
	return nil
}

// mayLift says what a restriction's end does, and asks. It returns what stays open beside single records of
// those that stay, and what is so of the owner's summary until it is made anew, "" for nothing.
func (o restricting) mayLift(ctx context.Context, f *cli.Face, s *client.Session, all []slot.Restriction, n int) (siblings []wallet.Single, after string, err error) {
	rest := slices.Delete(slices.Clone(all), n-1, n)
	in, err := chartOf(ctx, f, s, "", opening{})
	var anew toldAnew
	switch {
	case err == nil:
		for _, record := range in.lines(handlesOf(all[n-1])...) {
			f.SayWrapped("the record: " + record)
		}
		says, _ := s.Emergency() // it is known, for the restrictions are
		anew = in.toldAnew(says, all, rest)
		in.saySummariesOpened(ctx, f, s, says, all, rest)
		siblings, _ = in.beside(s, rest)
		after = in.afterLift(all[n-1], rest)
	case slices.ContainsFunc(rest, ofSingles):
		return nil, "", err
	default:
		anew.over = []string{"Danger: whether what is over would be told as so cannot be said now: " + cli.Sentence(err)}
	}
	if err := in.sayAnew(ctx, f, o, anew); err != nil || o.yes {
		return siblings, after, err
	}
	return siblings, after, f.Confirm(ctx, "Lift it?", "nothing was changed")
}

// afterLift is what is so of the newest summary that the owner made once a restriction is lifted and others stay: it
// leaves out what was restricted, or is kept back still, with what it may have told.
func (in *found) afterLift(lifted slot.Restriction, rest []slot.Restriction) string {
	var newest *reading.Record
	for i, record := range in.chart.Records {
		if in.ownSummary(record) && (newest == nil || !record.Made.Before(newest.Made)) {
			newest = &in.chart.Records[i]
		}
	}
	if newest == nil {
		return ""
	}
	single := slices.DeleteFunc(slices.Clone(rest), func(r slot.Restriction) bool { return !ofSingles(r) })
	switch told, named := toldBy(*newest), namesIn(in.story(func(reading.Record) bool { return true })); {
	case keptBack(single, slot.Restriction{InEmergencies: true}, *newest):
		return "Your emergency summary stays kept back, as it was with what you restricted: nobody else sees one"
	case restricted(single, *newest):
		return "Your emergency summary stays kept back, as it was with what you restricted: who reads under a grant sees none"
	case slices.ContainsFunc(in.chart.Records, func(record reading.Record) bool {
		name := named[record.Handle]
		return restricts(lifted, record) && !restricted(rest, record) && name != "" && !told(record.Handle, name)
	}):
		return "The summary that you kept leaves it out"
	}
	return ""
}
