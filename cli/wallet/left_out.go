package wallet

import (
	"context"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
)

// A summary that is kept is read by whoever may read the chart's, and one that is saved goes to whom its owner
// hands it: what is restricted is not in the first, and what may be, for all that this wallet knows, in neither.

// leaveOut notes which records of a chart are not in a summary, and says so where it is all of them. It fails
// with KindNotFound where it is not known what is restricted of the chart that the summary is of, and joined is another.
func (of *summed) leaveOut(ctx context.Context, f *cli.Face, s *client.Session, records []reading.Record, joined bool, o summarising) error {
	if !o.keep && o.to.Path == "" {
		return nil
	}
	all, err := s.Restrictions(ctx)
	unknown := stele.KindOf(err) == stele.KindNotFound
	switch {
	case unknown && !joined:
		return stele.E("make summary", stele.KindNotFound, "nothing was kept or saved: what you restrict may not be in a summary, and "+cli.Sentence(err), err).
			WithHint(stele.HintOf(err) + "; what is restricted, if anything is, is lifted with that")
	case unknown:
		of.apart = append(of.apart, s.Subject())
		f.SayWrapped("Nothing is in it of " + cli.YoursToo(s) + ": " + cli.Sentence(err) + ", and so what is restricted of it is not known either. " +
			"To have it in, say anew what opens there: stele wallet emergency set" + f.Mine() + ". What is restricted there is lifted with that: restrict it again, and make the summary anew.")
	case err != nil:
		return err
	case !joined:
		of.chart, of.says = s.Subject(), all
	}
	for _, record := range records {
		switch {
		case unknown:
			of.withheld[record.Handle] = true
		case o.keep && restricted(all, record):
			of.withheld[record.Handle] = true
			if record.Label.Category != stele.Summary { // older ones are never in it
				of.kept++
			}
		}
	}
	return nil
}

// unread says who reads nothing of the summary though it is kept, since it is restricted by what it is; "" for nobody.
func (of *summed) unread() string {
	label, says := stele.Label{Category: stele.Summary, Year: of.at.Year(), Source: of.chart}, ""
	for _, r := range of.says {
		switch {
		case !r.Restricts(slot.Record{}, label):
		case r.InEmergencies:
			return "Nobody but you reads it, in an emergency either: you restrict what it is."
		default:
			says = "Nobody reads it under a grant: you restrict what it is."
		}
	}
	return says
}

// sayLeftOut says what a summary leaves out of what it is made of, of all charts that are the owner's together.
func (of *summed) sayLeftOut(f *cli.Face, records []reading.Record, sensitive []stele.Sensitivity) {
	if of.kept > 0 {
		f.Say("left out of it is what you restrict: %s", stele.Count(of.kept, "record", "records"))
	}
	if says := sensitiveLeftOut(records, sensitive); says != "" {
		f.SayWrapped(says)
	}
	open := slices.DeleteFunc(slices.Clone(records), func(record reading.Record) bool { return of.withheld[record.Handle] })
	if says := notInIt(records, open); says != "" {
		f.SayWrapped(says)
	}
}

// sensitiveLeftOut says what is not in a summary because it is marked as something that was not named.
func sensitiveLeftOut(records []reading.Record, named []stele.Sensitivity) string {
	n, of := 0, []stele.Sensitivity(nil)
	for _, r := range records {
		lacks := slices.DeleteFunc(slices.Clone(r.Label.Sensitivity), func(m stele.Sensitivity) bool { return slices.Contains(named, m) })
		if len(lacks) == 0 || r.Label.Category == stele.Summary {
			continue
		}
		n++
		of = append(of, lacks...)
	}
	if n == 0 {
		return ""
	}
	slices.Sort(of)
	marked := "marked as sensitive"
	if slices.Contains(of, stele.Unclassified) {
		marked += " or could not be classified"
	}
	return "left out of it is what is " + marked + ": " + stele.Count(n, "record", "records") + " (" + cli.JoinWords(slices.Compact(of)) + "); --sensitive names what may be in it"
}

// notInIt says what an emergency opens of a chart and its summary does not tell.
func notInIt(records, open []reading.Record) string {
	var all, some []string
	for _, c := range stele.EmergencyCategories() {
		had, has := countOf(records, c), countOf(open, c)
		switch {
		case c == stele.Summary || had == has:
		case has == 0:
			all = append(all, consent.CategoryWords(c))
		default:
			some = append(some, consent.CategoryWords(c))
		}
	}
	says := ""
	if len(all) > 0 {
		says = "Your " + strings.Join(all, " and ") + " are not in it: who reads it in an emergency sees none. "
	}
	if len(some) > 0 {
		says += "Not all of your " + strings.Join(some, " and ") + " are in it: who reads it in an emergency does not see that something is missing."
	}
	return strings.TrimSpace(says)
}

func countOf(records []reading.Record, c stele.Category) (n int) {
	for _, r := range records {
		if r.Label.Category == c {
			n++
		}
	}
	return n
}
