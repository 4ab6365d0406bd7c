package care

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

func patientUnlink(f *cli.Face) *cobra.Command {
	system := ""
	c := &cobra.Command{
		Use: "unlink NUMBER", Short: "Forget a number, or the id of a Patient (Patient/1)", Args: cli.Exactly("the patient's number"),
		Long: "Forgets a number, or the id of a Patient (Patient/1), and says by what else the\n" +
			"same patient is linked still: what comes by that goes on into the same chart.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				rest, err := unlink(s.Links(), args[0], system)
				if err != nil {
					return err
				}
				names := []string{}
				for _, l := range rest {
					names = append(names, l.Text())
				}
				if f.JSON {
					return f.Emit(map[string]any{"unlinked": args[0], "linked": names})
				}
				f.Say("unlinked; records that were delivered stay; stele withdraw takes them back")
				if len(names) > 0 {
					f.SayWrapped("the same patient is linked still, and what comes by it goes on into that chart: " + strings.Join(names, ", "))
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&system, "system", "", "of this system alone, where two patients have the number, each in one")
	return c
}

// unlink is links.Table.Unlink for an id as links.Link.Text writes it, too.
func unlink(table *links.Table, number, system string) (rest []links.Link, err error) {
	if id, ok := patientID(number); ok && system == "" {
		number, system = id, intake.PatientID
	}
	return table.Unlink(number, system)
}

// findLinks finds links by what links.Link.Text writes, too.
func findLinks(table *links.Table, query string) ([]links.Link, error) {
	query, err := spell.DID(query)
	if err != nil {
		return nil, err
	}
	id, ok := patientID(query)
	if !ok {
		return table.Find(query)
	}
	found, err := table.Find(id)
	return slices.DeleteFunc(found, func(l links.Link) bool { return l.System != intake.PatientID || l.Number != id }), err
}

// patientID is the id in "Patient/1"; an id with its server stands as it is.
func patientID(number string) (string, bool) {
	return strings.CutPrefix(intake.Clean(number), "Patient/")
}

func patientFind(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Use: "find [QUERY]", Aliases: []string{"list", "show"}, Short: "List linked patients, by number, DID, slip or part of a name", Args: cli.AtMost(1),
		Long: "Lists the patients of your link table: all of them, or those whose number, DID or part\n" +
			"of a name it is, or the four letters at the top of a slip that waits to be claimed.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				query := strings.Join(args, " ")
				slips, err := marks(s)
				if err != nil {
					return err
				}
				found, err := findLinks(s.Links(), query)
				if err == nil && query != "" {
					var marked []links.Link
					marked, err = findMarked(s, query, slips)
					found = append(found, slices.DeleteFunc(marked, func(l links.Link) bool {
						return slices.ContainsFunc(found, func(o links.Link) bool { return o.Subject == l.Subject })
					})...)
				}
				switch {
				case err != nil:
					return err
				case len(found) == 0 && query != "":
					return stele.E("find patient", stele.KindNotFound, "no patient is linked by that", nil).WithHint("stele patient find lists them all")
				}
				if query != "" && len(found) <= few {
					forgetUsed(cmd.Context(), s, found, slips)
				}
				return tellLinks(cmd.Context(), f, s, query, found, slips)
			})
		},
	}
}

// tellLinks prints rows of the link table, with the marks of slips beside whom they are.
func tellLinks(ctx context.Context, f *cli.Face, s *client.Session, query string, found []links.Link, slips map[stele.Subject]string) error {
	columns := []terminal.Column{{Title: "NUMBER"}, {Title: "NAME", Flex: true}, {Title: "DID"}, {Title: "MAY WRITE"}}
	born := slices.ContainsFunc(found, func(l links.Link) bool { return l.Born != "" })
	if born {
		columns = slices.Insert(columns, 2, terminal.Column{Title: "BORN"})
	}
	systems := slices.ContainsFunc(found, func(l links.Link) bool { return l.System != "" })
	marked := slices.ContainsFunc(found, func(l links.Link) bool { return slips[l.Subject] != "" })
	if systems {
		columns = append(columns, terminal.Column{Title: "SYSTEM", Flex: true})
	}
	if marked {
		columns = append(columns, terminal.Column{Title: "SLIP"})
	}
	if len(found) <= few { // a grant may have been taken back since
		if err := askWrites(ctx, s, found); err != nil {
			return err
		}
	}
	t := f.Table(columns...)
	for _, l := range found {
		if f.JSON {
			if err := f.Emit(foundJSON(s, l, slips[l.Subject], otherCharts(ctx, s, query, found, l))); err != nil {
				return err
			}
			continue
		}
		may := terminal.Styled("no", terminal.Faint)
		if held, err := s.HeldWriteGrant(l.Subject); err == nil {
			may = terminal.Styled("until "+held.End.Local().Format("2006-01-02"), terminal.Green)
		}
		cells := []any{l.Text(), whoText(s, l), terminal.ShortDID(l.Subject), may}
		if born {
			cells = slices.Insert(cells, 2, any(l.Born))
		}
		if systems {
			cells = append(cells, systemText(l))
		}
		if marked {
			cells = append(cells, slips[l.Subject])
		}
		t.Row(cells...)
	}
	if f.JSON {
		return nil
	}
	t.Flush("no patients are linked yet; stele patient enrol numbers one")
	if query != "" && len(found) <= few {
		var of []stele.Subject
		for _, l := range found {
			of = append(of, l.Subject)
		}
		sayDead(ctx, f, s, of)
	}
	for _, l := range found {
		for _, other := range otherCharts(ctx, s, query, found, l) {
			f.SayWrapped(l.Text() + ": another chart is this person's, too: " + other.String() + merges(ctx, s, l.Subject, other))
		}
	}
	return nil
}

// askWrites asks the ledger where the write grants stand by which patients may be written to.
func askWrites(ctx context.Context, s *client.Session, of []links.Link) error {
	var held []wallet.Held
	for _, l := range of {
		if h, err := s.HeldWriteGrant(l.Subject); err == nil && !slices.ContainsFunc(held, func(o wallet.Held) bool { return o.Grant == h.Grant }) {
			held = append(held, h)
		}
	}
	return s.AskStands(ctx, held)
}

// sayDead says of whose chart a death is recorded, of those who gave a write grant.
func sayDead(ctx context.Context, f *cli.Face, s *client.Session, of []stele.Subject) {
	for i, subject := range of {
		held, err := s.HeldWriteGrant(subject)
		if err != nil || slices.Contains(of[:i], subject) {
			continue
		}
		if died, err := s.Died(ctx, held); err == nil && died {
			f.Note("of %s a death is recorded; of somebody who lives a hospital undoes it: stele member death certify %s --undo --says WHY --out FILE", terminal.Clean(called(s, subject)), subject)
		}
	}
}

// called is how the link table calls somebody, by name and number; by the DID whom it does not know.
func called(s *client.Session, subject stele.Subject) string {
	linked, _ := s.Links().Of(subject) // where they can't be read, the DID does
	return links.Called(linked, terminal.ShortDID(subject))
}

// foundJSON is a row as patient find tells it.
func foundJSON(s *client.Session, l links.Link, slip string, others []stele.Subject) map[string]any {
	out := linkJSON(l, slip)
	if parents, err := s.Links().ChildOf(l.Subject); err == nil && len(parents) > 0 {
		out["child_of"] = parents[len(parents)-1].Of
	}
	if len(others) > 0 {
		out["other_charts"] = others
	}
	return out
}

// few are so many rows as are asked about on the ledger, too.
const few = 4

// forgetUsed leaves out the marks of slips with which nothing can be claimed any more.
func forgetUsed(ctx context.Context, s *client.Session, found []links.Link, slips map[stele.Subject]string) {
	for _, l := range found {
		if slips[l.Subject] == "" {
			continue
		}
		if merged, err := s.IsMerged(ctx, l.Subject); err == nil && merged { // into one that nobody has claimed, perhaps
			slips[l.Subject] = "opens nothing: the chart is merged"
			continue
		}
		if devices, err := s.Keys(ctx, l.Subject); err == nil && len(devices) > 0 {
			slips[l.Subject] = "opens nothing: the chart is claimed"
		}
	}
}

// otherCharts are those that are the same person's as a row's, as members tell who holds a write grant
// of it: where somebody looks for one person, and not in a list of many.
func otherCharts(ctx context.Context, s *client.Session, query string, found []links.Link, l links.Link) []stele.Subject {
	if query == "" || len(found) > few {
		return nil
	}
	held, err := s.HeldWriteGrant(l.Subject)
	if err != nil {
		return nil
	}
	others, err := s.OtherCharts(ctx, s.AsGiven(held))
	if err != nil {
		return nil // the table is what was asked for
	}
	return others
}

// merges says which of two charts of one person is merged into which, and how the other is called here; as far as members tell.
func merges(ctx context.Context, s *client.Session, this, other stele.Subject) string {
	called := ""
	if linked, err := s.Links().Of(other); err == nil && len(linked) > 0 {
		called = ", " + links.Called(linked, other.String())
	}
	from, err := s.IsMerged(ctx, this)
	too, wrong := s.IsMerged(ctx, other)
	switch {
	case err != nil || wrong != nil:
		return called
	case from && too:
		return called + ". Both are merged into a third"
	case from:
		return called + ". This one is merged into it, and what is signed for that signs for this"
	}
	return called + ". It is merged into this one, and what is signed for this signs for it"
}

// systemText is a row's system as it is listed.
func systemText(l links.Link) string {
	if l.System == intake.PatientID {
		return "id of a Patient"
	}
	return l.System
}
