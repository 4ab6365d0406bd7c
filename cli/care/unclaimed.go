package care

import (
	"cmp"
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/paper"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

// unclaimedFlags are those of who enrols a person without a device.
func (e *enrolment) unclaimedFlags(c *cobra.Command) {
	c.Flags().BoolVar(&e.unclaimed, "unclaimed", false, "the person has no device: make a chart, and a slip to take it over with")
	c.Flags().StringVar(&e.slip.Path, "slip", "", "with --unclaimed: the page to write, FILE.pdf or FILE.svg")
	c.Flags().BoolVar(&e.slip.Force, "force", false, cli.ForceFlag)
	c.Flags().BoolVar(&e.link.Unknown, "unknown", false, "with --unclaimed: nobody knows who it is; there is no name")
	c.Flags().StringVar(&e.newborn, "newborn-of", "", "with --unclaimed: whose child it is, by number or DID; noted in your link table alone")
}

// fits fails where flags do not go together.
func (e *enrolment) fits() error {
	switch {
	case !e.unclaimed && (e.slip.Path != "" || e.link.Unknown || e.newborn != ""):
		return cli.Usage("--slip, --unknown and --newborn-of go with --unclaimed", "who has a device has a DID: stele wallet show --did")
	case !e.unclaimed:
		return nil
	case e.did != "" || e.wait != 0 || e.linking.Move:
		return cli.Usage("--unclaimed makes a new chart: it takes neither --did nor --wait nor --move", "to tie a number to a chart that is there: stele patient link")
	case e.slip.Path == "":
		return cli.Usage("where does the slip go? --slip is missing", "--slip FILE.pdf, or FILE.svg")
	case e.link.Unknown && e.link.Name != "":
		return cli.Usage("--unknown is for whom nobody has a name for", "leave out --name, or --unknown")
	case e.from != "" && e.link.Unknown:
		return cli.Usage("a file that says who it is, and --unknown", "leave one of them out")
	}
	return nil
}

// enrolUnclaimed makes a chart for a person without a device: the slip is on the disk before the
// chart is on the ledger, and goes again where it never will be.
func enrolUnclaimed(ctx context.Context, f *cli.Face, s *client.Session, e enrolment) error {
	if s.Kind() != wallet.Organisation {
		return cli.Usage("a member of the network enrols people, and this is no organisation's wallet", "--as hospital-a")
	}
	code, slip := wallet.NewSlip()
	mark, err := s.NewMark()
	if err != nil {
		return err
	}
	e.mark = mark
	numbers, err := e.links(s, slip.Subject)
	if err != nil {
		return err
	}
	if e.newborn != "" {
		if e.childOf, err = linkedSubject(s, e.newborn); err != nil {
			return err
		}
	}
	if err := s.Links().Try(numbers, e.linking); err != nil {
		return err
	}
	if err := e.slip.WritePage("a slip", "--slip ana.pdf", paper.Slip{Code: code, Mark: mark, Facility: s.Name(), Language: consent.Languages()[0]}); err != nil {
		return err
	}
	end := f.Patiently("making the chart")
	_, err = s.Enrol(ctx, slip, mark)
	end()
	switch {
	case stele.KindOf(err) == stele.KindUnknown:
		return cli.WithHint(err, "keep the slip: it is good if the chart is there. Then link the number: stele patient link --mrn NUMBER --did "+slip.Subject.String())
	case err != nil:
		_ = os.Remove(e.slip.Path) // it is worth nothing
		return err
	}
	if err := link(f, s, numbers, e); err != nil {
		return cli.WithHint(err, "the chart is made, and its slip is good; link the number with: stele patient link --mrn NUMBER --did "+slip.Subject.String())
	}
	if !f.JSON {
		f.SayWrapped("The slip is in " + terminal.Quoted(e.slip.Path) + ", with the mark " + mark + " and no name: by it stele patient find tells whose it is. Print it, hand it over and delete the file: whoever has the code can take the chart over, " +
			"with another member that sees the person. Nothing of the code is kept here.")
		f.SayWrapped("Records come in once two members of different kinds have given a write grant: stele patient propose")
	}
	return nil
}

// linkedSubject is whom a number or a DID means: it must be linked here.
func linkedSubject(s *client.Session, who string) (stele.Subject, error) {
	found, err := findLinks(s.Links(), who)
	if err != nil {
		return stele.Subject{}, err
	}
	if len(found) == 0 {
		return stele.Subject{}, stele.E("find patient", stele.KindNotFound, "nobody is linked by that here: "+who, nil).WithHint("stele patient find lists everybody")
	}
	for _, l := range found {
		if l.Subject != found[0].Subject {
			return stele.Subject{}, cli.Usage("several are found by that: "+who, "give the number, or the DID")
		}
	}
	return found[0].Subject, nil
}

// whoText is what somebody is called in a list: a name, that there is none, and whose child it is.
func whoText(s *client.Session, l links.Link) string {
	who := l.Name
	if l.Unknown && who == "" {
		who = "unknown, since " + l.Made.Local().Format("2006-01-02 15:04")
	}
	if parents, err := s.Links().ChildOf(l.Subject); err == nil && len(parents) > 0 {
		who += " (child of " + parentText(s, parents[len(parents)-1].Of) + ")"
	}
	return who
}

// parentText is what a parent is called here, of whom no name is known the number, or else the DID.
func parentText(s *client.Session, of stele.Subject) string {
	known, err := s.Links().Of(of)
	if err != nil || len(known) == 0 {
		return terminal.ShortDID(of)
	}
	return cmp.Or(known[len(known)-1].Name, links.NumberOf(known))
}

// marks are the marks of slips whose charts wait to be claimed, by the chart.
func marks(s *client.Session) (map[stele.Subject]string, error) {
	waiting, err := s.Enrolled()
	all := map[stele.Subject]string{}
	for _, e := range waiting {
		if e.Mark != "" {
			all[e.Subject] = e.Mark
		}
	}
	return all, err
}

// findMarked finds links by the mark of a slip.
func findMarked(s *client.Session, query string, marks map[stele.Subject]string) (found []links.Link, err error) {
	mark, ok := spell.ParseMark(query)
	if !ok {
		return nil, nil
	}
	for subject, is := range marks {
		if is == mark {
			more, err := s.Links().Of(subject)
			if err != nil {
				return nil, err
			}
			if len(more) == 0 { // every number was moved to somebody else
				more = []links.Link{{Subject: subject}}
			}
			found = append(found, more...)
		}
	}
	return found, nil
}
