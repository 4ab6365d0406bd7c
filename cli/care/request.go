package care

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

// requesting is what is asked for, as flags say it.
type requesting struct {
	categories, sensitive  []string
	all                    bool
	purpose, lasts, reason string
	to                     string // who acts for the patient; empty: the patient
}

func requestCommand(f *cli.Face) *cobra.Command {
	var r requesting
	c := &cobra.Command{
		Use: "request PATIENT", Short: "Ask a patient for access: who, why, what, for how long", GroupID: "people", Args: cli.Exactly("the patient: a DID, the code of her card, or your number for her"),
		Annotations: cli.Leaves("the request may have been left all the same: giving the same command again leaves no second one"),
		Long: "Leaves a request with a patient, by your card: she sees it with stele wallet requests, and\n" +
			"gives all of it, a part, or nothing. What she gives is a grant: stele wallet collect. Who is\n" +
			"told no is not told; asking for the same again within a week asks nobody. With --to it is left\n" +
			"with somebody who acts for the patient, and with nobody else.",
		Example: "  stele request did:stele:… --categories allergies,medications --for 30d --reason \"before your operation\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			terms, err := r.terms()
			if err != nil {
				return err
			}
			return f.As(cmd.Context(), func(s *client.Session) error { return request(cmd.Context(), f, s, args[0], r.to, terms) })
		},
	}
	flags := c.Flags()
	flags.StringSliceVar(&r.categories, "categories", nil, "parts of the chart, such as allergies,medications (stele words categories)")
	flags.BoolVar(&r.all, "all", false, "the whole chart, but nothing marked as sensitive or not classified")
	flags.StringSliceVar(&r.sensitive, "sensitive", nil, "also what is marked so: PSY, HIV, … (stele words sensitivities)")
	flags.StringVar(&r.purpose, "purpose", string(stele.Treatment), "what for (stele words purposes lists them)")
	flags.StringVar(&r.lasts, "for", "24h", "how long, from the answer on: 90m, 24h, 7d, 2w, 1y")
	flags.StringVar(&r.to, "to", "", "ask somebody who acts for the patient: a name, or a DID (stele wallet contacts lists them)")
	flags.StringVar(&r.reason, "reason", "", "in your words, for the patient")
	return c
}

// terms reads the flags.
func (r requesting) terms() (t wallet.AskTerms, err error) {
	switch {
	case r.all && len(r.categories) > 0:
		return t, cli.Usage("--all and --categories say different things", "--categories for these parts only; --all for the whole chart")
	case r.all:
		t.Categories = []stele.Category{consent.AllCategories}
	case len(r.categories) == 0:
		return t, cli.Usage("which part of the chart?", "say --categories allergies,medications or --all; stele words categories lists them")
	default:
		if t.Categories, err = cli.Categories(r.categories); err != nil {
			return t, err
		}
	}
	if t.Sensitivity, err = cli.Sensitivities(r.sensitive); err != nil {
		return t, err
	}
	purposes, err := cli.Purposes([]string{r.purpose})
	if err != nil {
		return t, err
	}
	if t.For, err = cli.ParseTerm(r.lasts); err != nil {
		return t, err
	}
	t.Purpose, t.Reason = purposes[0], r.reason
	if r.reason == "" {
		return t, cli.Usage("why?", "say it with --reason: the patient reads it before she decides")
	}
	return t, stele.CheckReason(r.reason)
}

func request(ctx context.Context, f *cli.Face, s *client.Session, patient, delegate string, t wallet.AskTerms) error {
	of, err := patientOf(s, patient)
	if err != nil {
		return err
	}
	to, whom := of, "the patient"
	if delegate != "" {
		who, err := spell.DID(delegate)
		if err != nil {
			return err
		}
		contact, err := s.Find(ctx, who)
		if err != nil {
			return err
		}
		to, whom = contact.Subject(), terminal.Clean(contact.Card.Name)
	}
	made, again, err := s.AskDelegate(ctx, to, of, t)
	if err != nil {
		return err
	}
	if f.JSON {
		return f.Emit(map[string]any{"request": made.ID, "subject": of, "to": to, "made": made.At, "again": again})
	}
	f.Print("%s", made.ID)
	if again {
		f.SayWrapped("you asked for the same less than a week ago: " + whom + " has that request, and is not asked again")
		if err := sayCame(ctx, f, s, of, made); err != nil || to == of {
			return err
		}
		return sayWhetherActs(ctx, f, s, whom, of, to)
	}
	f.Say("left with "+whom+"; what is given comes with: stele wallet collect%s", f.Mine())
	if delegate != "" && of != to {
		return sayWhetherActs(ctx, f, s, whom, of, to)
	}
	return nil
}

// sayCame names the grants of the patient that came since a request, which may answer a part of it.
func sayCame(ctx context.Context, f *cli.Face, s *client.Session, patient stele.Subject, made wallet.Asking) error {
	if _, err := s.Collect(ctx); err != nil {
		return err
	}
	held, err := s.HeldFor(patient, stele.ActionRead)
	if err != nil {
		return err
	}
	for _, h := range slices.Backward(held) {
		g, err := consent.Parse(h.Document)
		if err != nil || g.NotBefore.Before(made.At.Truncate(time.Minute)) || !h.Usable(s.Clock(), made.Terms.Purpose) {
			continue
		}
		f.SayWrapped("since then you were given " + h.Grant.Short() + ": " + cli.JoinWords(g.Categories) +
			". Where that is a part, ask for the rest by itself: stele request " + patient.String() + " --categories … --reason …" + f.Mine())
		return nil
	}
	return nil
}

// sayWhetherActs says what the owner can know of whether somebody who was asked acts for a patient still, and whom to
// ask instead. Who acts for whom is told to nobody else; of what that one gave to the owner it is known whether it holds.
func sayWhetherActs(ctx context.Context, f *cli.Face, s *client.Session, whom string, patient, delegate stele.Subject) error {
	held, err := s.GivenBy(ctx, patient, delegate)
	if err != nil {
		return err
	}
	says := "whether " + whom + " acts for the patient now, and may give you anything, is not told to you; who may not gives nothing, and the patient does not see that you asked. She is asked with: "
	switch {
	case len(held) > 0 && !slices.ContainsFunc(held, func(h wallet.Held) bool { return !h.Over && h.End.After(s.Clock()) }):
		says = "what " + whom + " gave you for this patient has ended, as all of it does when the delegation ends. Where you hear nothing ask the patient: "
	case len(held) > 0:
		return nil
	}
	f.SayWrapped(says + "stele request " + patient.String() + f.Mine())
	return nil
}

// patientOf finds a patient by DID, by the code of her card, or by an organisation's number.
func patientOf(s *client.Session, text string) (stele.Subject, error) {
	if s.Kind() == wallet.Organisation {
		return linked(s.Wallet, text)
	}
	text, err := spell.DID(text)
	if err != nil {
		return stele.Subject{}, err
	}
	subject, err := stele.ParseSubject(text)
	if err != nil {
		return subject, cli.Usage("that names no patient", "give her DID, or the code that stands on her wallet card")
	}
	return subject, nil
}
