package care

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/terminal"
)

func withdrawCommand(f *cli.Face) *cobra.Command {
	var patient, submission string
	var w delivery.Withdrawal
	list := false
	c := &cobra.Command{
		Use: "withdraw TYPE/ID… --patient WHO", Short: "Take back what this organisation delivered into a chart", GroupID: "people", Args: cobra.ArbitraryArgs,
		Long: "A withdrawal is a record of its own: what it takes back stays in the log and in\n" +
			"the chart's history, and counts no longer. It reaches everybody who may read what\n" +
			"it takes back. It needs the patient's write grant. What other organisations\n" +
			"delivered is theirs to withdraw.",
		Example: "  stele withdraw --list --patient 4711 --as hospital-a\n" +
			"  stele withdraw AllergyIntolerance/a9 --patient 4711 --reason \"entered for the wrong patient\" --as hospital-a",
		RunE: func(cmd *cobra.Command, args []string) error {
			if patient == "" {
				return cli.Usage("from whose chart? --patient is missing", "give a number that is linked, or a DID")
			}
			if chosen := len(args) > 0; !list && !chosen && !w.All && submission == "" {
				return cli.Usage("what is withdrawn?", "give TYPE/ID, --submission, or --all; --list lists what was delivered")
			}
			w.Names = args
			return f.As(cmd.Context(), func(s *client.Session) error {
				subject, err := linked(s.Wallet, patient)
				if err != nil {
					return err
				}
				if list {
					return standing(f, s, subject)
				}
				if submission != "" {
					if w.Submission, err = submissionOf(s, subject, submission); err != nil {
						return err
					}
				}
				done, err := s.Delivery.Withdraw(cmd.Context(), subject, w)
				if err != nil {
					return err
				}
				if f.JSON {
					return f.Emit(map[string]any{"withdrawn": done.Names, "newer": done.Newer, "older": done.Older, "submission": done.Submission, "height": done.Outcome.Height})
				}
				if len(done.Newer) > 0 {
					f.Note("a newer version stands, and counts: %s", terminal.Clean(strings.Join(done.Newer, ", ")))
				}
				if len(done.Older) > 0 {
					f.Note("what was delivered of it before is withdrawn, too, as nothing older comes back by itself: %s; a file of what was right delivers it again with: stele import --again", terminal.Clean(strings.Join(done.Older, ", ")))
				}
				f.Say("%s withdrawn; it is on the patient's log in block %s", stele.Count(len(done.Names), "record is", "records are"), stele.Number(done.Outcome.Height))
				return nil
			})
		},
	}
	c.Flags().StringVar(&patient, "patient", "", "from whose chart: a number that is linked, or a DID")
	c.Flags().StringVar(&w.Reason, "reason", "", "why; the patient reads it")
	c.Flags().BoolVar(&w.All, "all", false, "everything that was delivered into the chart from here")
	c.Flags().StringVar(&submission, "submission", "", "everything of one submission: its id, or the beginning of it; what a later one replaced since counts on")
	c.Flags().BoolVar(&list, "list", false, "withdraw nothing; list what was delivered and stands")
	return c
}

// submissionOf finds a submission of a patient by its id, or by the beginning of it.
func submissionOf(s *client.Session, subject stele.Subject, text string) (stele.ID, error) {
	if id, err := stele.ParseID(text); err == nil {
		return id, nil
	}
	all, err := s.Delivery.Standing(subject)
	if err != nil {
		return stele.ID{}, err
	}
	return submissionIn(all, text)
}

// submissionIn finds the one submission whose id begins with a text, as lists show it.
// With less, a slip would take back a delivery that nobody meant.
func submissionIn(all []delivery.Standing, text string) (stele.ID, error) {
	begins := strings.TrimSuffix(text, "…")
	var found []stele.ID
	for _, r := range all {
		if strings.HasPrefix(r.Submission.String(), begins) && !slices.Contains(found, r.Submission) {
			found = append(found, r.Submission)
		}
	}
	if len(found) != 1 || len(begins) < shownID {
		return stele.ID{}, cli.Usage("that is no one submission's id: "+text, "stele withdraw --list --patient … says them, and so does an import; as much of it as the list shows will do")
	}
	return found[0], nil
}

// shownID is how much of an id a list shows.
const shownID = 10

// standing lists what an organisation delivered into a chart and has not taken
// back.
func standing(f *cli.Face, s *client.Session, subject stele.Subject) error {
	all, err := s.Delivery.Standing(subject)
	if err != nil {
		return err
	}
	t := f.Table(terminal.Column{Title: "RECORD"}, terminal.Column{Title: "VERSION"}, terminal.Column{Title: "WHEN"}, terminal.Column{Title: "CATEGORY"}, terminal.Column{Title: "SUBMISSION"})
	for _, r := range all {
		if f.JSON {
			if err := f.Emit(map[string]any{
				"record": r.Name, "version": r.Version, "when": r.When, "category": r.Category, "submission": r.Submission, "server": r.Origin,
			}); err != nil {
				return err
			}
			continue
		}
		name := r.Name
		if r.Origin != "" && !strings.HasSuffix(r.Origin, "/"+r.Name) { // it is called otherwise here
			name = r.Origin
		}
		t.Row(name, r.Version, r.When, string(r.Category), r.Submission.String()[:shownID])
	}
	if !f.JSON {
		t.Flush(delivery.NothingStands)
	}
	return nil
}
