package wallet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/terminal"
)

func walletEmergency(f *cli.Face) *cobra.Command {
	c := f.Group("emergency", "", "What may be opened in an emergency, when nobody can ask you", emergencyShow(f), emergencySet(f), emergencyNone(f))
	c.Long = "Everybody has an emergency slot. Who has said nothing lets anybody with a licence and\n" +
		"a role at an accredited facility open allergies, medicines, problems, devices,\n" +
		"directives and the emergency summary for a day; each opening stands in the log.\n" +
		"Nobody can tell from outside who has said what."
	return c
}

func emergencyShow(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.About(cli.Each),
		Use:         "show", Short: "Say what would open in an emergency, to whom, and to whom not", Args: cli.AtMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error { return showEmergency(cmd.Context(), f, s) })
		},
	}
}

func showEmergency(ctx context.Context, f *cli.Face, s *client.Session) error {
	settle(ctx, f, s)
	says, err := s.Says(ctx)
	if err != nil {
		return err
	}
	if err := s.BringSlot(ctx); err != nil {
		return err
	}
	missing := s.MissingSlot()
	kept := slices.DeleteFunc(slices.Clone(says.Restrictions), func(r slot.Restriction) bool { return !r.InEmergencies || says.Nothing })
	restricted := slot.Slot{Restrictions: kept}.SayRestrictions(func(subject stele.Subject) string {
		return terminal.Clean(calledOf(s, subject, s.State().Emergency.Names))
	})
	records, _ := recordLines(ctx, f, s, kept)
	strange, err := strangeSummary(ctx, f, s)
	if err != nil {
		return err
	}
	if f.JSON {
		out := emergencyJSON(s, says, s.State().Emergency.Names, missing)
		for _, line := range strange {
			f.Note("%s", line)
		}
		out["restricted"], out["records"] = orEmpty(restricted), orEmpty(slices.Concat(records...))
		return f.Emit(out)
	}
	dead, err := deadOnLogs(ctx, f, s)
	if err != nil {
		return err
	}
	alerted(f, append(dead, strange...))
	for _, line := range emergencyLines(s, says, s.State().Emergency.Names) {
		f.Hang("", line)
	}
	for i, line := range restricted {
		f.Hang("", line)
		for _, record := range records[i] {
			f.Hang("   the record: ", record)
		}
	}
	sayNoSummary(f, s, says)
	sayMissing(f, s, missing)
	return nil
}

// strangeSummary says of the summary that would open that it was made of a chart that was parted since. Only where one
// was, the chart is looked at.
func strangeSummary(ctx context.Context, f *cli.Face, s *client.Session) ([]string, error) {
	parted, err := everParted(ctx, s)
	if err != nil || !parted {
		return nil, err
	}
	in, err := chartOf(ctx, f, s, "", opening{})
	if err != nil {
		return nil, err
	}
	return in.tellsOfStrangers(ctx, f, s), nil
}

// emergencyLines are the sentences of a slot.
func emergencyLines(s *client.Session, says slot.Slot, names map[stele.Subject]string) []string {
	return says.Say(func(subject stele.Subject) string { return terminal.Clean(calledOf(s, subject, names)) })
}

// calledOf is what somebody is called, as far as that is known here: whoever is asked learns who is
// left out.
func calledOf(s *client.Session, subject stele.Subject, names map[stele.Subject]string) string {
	if m := s.Member(subject); m != nil {
		return m.Name
	}
	return cmp.Or(names[subject], subject.String())
}

// sayNoSummary says that nothing would open where a summary alone may, and none is kept.
func sayNoSummary(f *cli.Face, s *client.Session, says slot.Slot) {
	if opens := says.Opens(); says.Nothing || len(opens) != 1 || opens[0] != stele.Summary {
		return
	}
	if _, err := s.KeptSummary(); stele.KindOf(err) == stele.KindNotFound {
		f.SayWrapped(fmt.Sprintf("You keep no summary on this device: where another device of yours or a hospital has delivered none either, nothing would open. Make one: stele wallet summary --keep%s", f.Mine()))
	}
}

// sayMissing says where the slot has not come to.
func sayMissing(f *cli.Face, s *client.Session, missing []string) {
	switch {
	case !s.EmergenciesOpen():
		f.Say("nothing of it is opened in this network, which was founded before its members had keys for it")
	case len(missing) > 0:
		f.Say("it has not come to %s yet, and nobody but you opens anything there; the wallet brings it when it is used again", strings.Join(missing, ", "))
	}
}

func emergencyJSON(s *client.Session, says slot.Slot, names map[stele.Subject]string, missing []string) map[string]any {
	type party struct {
		DID  stele.Subject `json:"did"`
		Name string        `json:"name"`
	}
	not := []party{}
	for _, subject := range says.Excluded {
		not = append(not, party{subject, calledOf(s, subject, names)})
	}
	return map[string]any{
		"nothing": says.Nothing, "categories": orEmpty(says.Opens()), "sensitive": orEmpty(says.Sensitivity), "roles": orEmpty(says.Roles),
		"facilities": orEmpty(says.Facilities), "not": not, "missing": orEmpty(missing),
	}
}

// orEmpty has JSON write a list that is empty, and not null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// emergencySays is what a patient decides on, as flags say it.
type emergencySays struct {
	categories, sensitive, roles, facilities, not []string
	yes                                           bool
}

func emergencySet(f *cli.Face) *cobra.Command {
	var e emergencySays
	c := &cobra.Command{
		Annotations: cli.About(cli.One, cli.Leaves("it may count all the same: stele wallet emergency show tells")),
		Use:         "set", Short: "Say anew what may be opened in an emergency; what is not named is as for everybody", Args: cli.AtMost(0),
		Example: "  stele wallet emergency set --not \"Elm Street Clinic\"\n" +
			"  stele wallet emergency set --categories allergies,medications --roles emergency-doctor\n" +
			"  stele wallet emergency set --sensitive PSY --not did:stele:…",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				says, names, err := e.slot(cmd.Context(), s)
				if err != nil {
					return err
				}
				return setEmergency(cmd.Context(), f, s, says, names, e.yes)
			})
		},
	}
	flags := c.Flags()
	flags.StringSliceVar(&e.categories, "categories", nil, "parts of the chart (stele words categories; default: those of an emergency)")
	flags.StringSliceVar(&e.sensitive, "sensitive", nil, "also what is marked so: PSY, HIV, … (stele words sensitivities)")
	flags.StringArrayVar(&e.not, "not", nil, "who may not: a name, or a DID; may be given several times")
	flags.StringSliceVar(&e.roles, "roles", nil, "only who has one of these roles, such as emergency-doctor")
	flags.StringSliceVar(&e.facilities, "facilities", nil, "only at facilities of one of these kinds, such as emergency-department")
	flags.BoolVarP(&e.yes, "yes", "y", false, "do not ask")
	return c
}

func emergencyNone(f *cli.Face) *cobra.Command {
	yes := false
	c := &cobra.Command{
		Annotations: cli.About(cli.One, cli.Leaves("it may count all the same: stele wallet emergency show tells")),
		Use:         "none", Short: "Say that nobody opens anything without a grant, in an emergency either", Args: cli.AtMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				return setEmergency(cmd.Context(), f, s, slot.Slot{Nothing: true}, nil, yes)
			})
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

// slot reads the flags. Whoever is named is looked up; of a DID nobody is asked.
func (e emergencySays) slot(ctx context.Context, s *client.Session) (says slot.Slot, names map[stele.Subject]string, err error) {
	if says.Categories, err = cli.Categories(e.categories); err != nil {
		return says, nil, err
	}
	if says.Sensitivity, err = cli.Sensitivities(e.sensitive); err != nil {
		return says, nil, err
	}
	says.Roles, says.Facilities = e.roles, e.facilities
	if says.Excluded, names, err = lookUp(ctx, s, e.not); err != nil {
		return says, nil, err
	}
	_, err = says.Document()
	return says, names, err
}

// lookUp finds whom names or DIDs name, and what those are called that were found by name.
func lookUp(ctx context.Context, s *client.Session, all []string) (subjects []stele.Subject, names map[stele.Subject]string, err error) {
	names = map[stele.Subject]string{}
	for _, who := range all {
		if who, err = spell.DID(who); err != nil {
			return nil, nil, err
		}
		subject, err := stele.ParseSubject(who)
		if err != nil {
			c, err := s.Find(ctx, who)
			if err != nil {
				return nil, nil, err
			}
			subject = c.Subject()
			names[subject] = c.Card.Name
		}
		subjects = append(subjects, subject)
	}
	return subjects, names, nil
}

// setEmergency says what would open before and after, asks, and says it to the network.
func setEmergency(ctx context.Context, f *cli.Face, s *client.Session, says slot.Slot, names map[stele.Subject]string, yes bool) error {
	if err := lives(ctx, f, s); err != nil {
		return err
	}
	was, unknown := s.Says(ctx)
	if unknown == nil {
		f.SayWrapped("Until now. " + strings.Join(emergencyLines(s, was, s.State().Emergency.Names), " "))
	} else {
		f.SayWrapped("Until now: " + cli.Sentence(unknown) + ".")
	}
	f.Say("")
	f.SayWrapped("From now on. " + strings.Join(emergencyLines(s, says, names), " "))
	sayNoSummary(f, s, says)
	if len(says.Roles)+len(says.Facilities) > 0 {
		f.SayWrapped("Danger: roles and kinds of facilities count as they are spelt in credentials, and each employer spells its own: who has another opens nothing. Ask where you would be brought how they call theirs.")
	}
	if says.Nothing {
		f.SayWrapped("Danger: when you cannot be asked, nobody can help you by your chart either: who treats you does not see your allergies and medicines, and may give you something that harms you.")
	}
	if unknown != nil {
		f.SayWrapped("What is restricted of the chart, if anything is, is lifted with this: this wallet does not know it.")
	}
	if !yes {
		if err := f.Confirm(ctx, "Say this of emergencies?", "nothing was changed"); err != nil {
			return err
		}
	}
	outcome, err := s.SetEmergencyNaming(ctx, says, names)
	if err != nil {
		return err
	}
	missing := s.MissingSlot()
	if f.JSON {
		out := emergencyJSON(s, says, names, missing)
		out["height"] = outcome.Height
		return f.Emit(out)
	}
	f.Say("it counts from block %s on", stele.Number(outcome.Height))
	sayMissing(f, s, missing)
	return nil
}
