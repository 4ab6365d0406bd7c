package care

import (
	"context"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/terminal"
)

// question is one that an import asks, of however many.
type question struct {
	asks      string   // "is it the person linked?"
	answers   []string // what --confirm takes, of each of whom it is asked
	resources int      // which go nowhere without an answer
	first     []string // some of the answers, with why it is asked
	about     []about  // all that is asked
}

// about is of whom, and why, an answer is asked for.
type about struct {
	answer, doubt string
	whom          stele.Subject
}

// maxAsked is of how many a question is told with why.
const maxAsked = 3

// questionsOf gathers what the files of an import ask, each question once.
func questionsOf(done []delivery.Imported) (all []*question) {
	for _, d := range done {
		for _, note := range d.Issues {
			why := note.Why
			if why.Need != intake.NeedsConfirm || why.Answer == "" {
				continue
			}
			i := slices.IndexFunc(all, func(q *question) bool { return q.asks == why.Asks })
			if i < 0 {
				i, all = len(all), append(all, &question{asks: why.Asks})
			}
			q := all[i]
			q.about = append(q.about, about{why.Answer, why.Doubt, why.Whom})
			if q.resources++; slices.Contains(q.answers, why.Answer) {
				continue
			}
			if q.answers = append(q.answers, why.Answer); len(q.first) < maxAsked {
				q.first = append(q.first, why.Answer+": "+why.Doubt)
			}
		}
	}
	return all
}

// answered asks once for all, and reports whether somebody says yes; with --yes nobody is asked, and
// where nobody is there to ask the answer is no. While somebody thinks, other commands use the wallet
// as ever: what they deliver meanwhile a desk that is put up anew knows.
func (im *importing) answered(ctx context.Context, f *cli.Face, s *client.Session, all []*question) (yes bool, err error) {
	if len(all) == 0 || im.dry && !im.yes {
		return false, nil
	}
	people, resources := 0, 0
	for _, q := range all {
		people, resources = people+len(q.answers), resources+q.resources
	}
	if !im.yes && !f.ErrStyle.Terminal && people <= maxListed { // each stands above, with what answers it
		return false, nil
	}
	for _, q := range all {
		f.SayWrapped(terminal.Clean(q.asks + " Of " + stele.Number(len(q.answers)) + ", with " + stele.Count(q.resources, "resource", "resources") + ":"))
		for _, first := range q.first {
			f.SayWrapped("  " + terminal.Clean(first))
		}
		if more := len(q.answers) - len(q.first); more > 0 {
			f.Say("  … and %s more; --dry-run and --json list them all", stele.Number(more))
		}
	}
	if im.yes {
		return true, nil
	}
	err = cli.Aside(ctx, s, func() error {
		err := f.Confirm(ctx, "Yes to "+stele.Count(people, "question", "questions, to each of them")+", and deliver "+stele.Count(resources, "resource", "resources")+"?", "they were not delivered")
		switch stele.KindOf(err) {
		case stele.KindUsage, stele.KindDenied: // nobody is there, or says no: what was refused is told as such
			return nil
		}
		yes = err == nil
		return err
	})
	s.Delivery = delivery.New(s.Session)
	return yes, err
}

// stillAsked fails where by now an answer would be one to something else than what was asked: a number may have
// become another person's, or a file another one, while somebody thought.
func (im *importing) stillAsked(ctx context.Context, s *client.Session, files []delivery.Source, o delivery.ImportOptions, answered []*question) error {
	o.Dry = true
	done, err := s.Delivery.ImportFiles(ctx, files, o)
	if err != nil {
		return err
	}
	for _, now := range questionsOf(done) {
		for _, before := range answered {
			for _, is := range now.about {
				if now.asks == before.asks && slices.Contains(before.answers, is.answer) && !slices.Contains(before.about, is) {
					return stele.E("import", stele.KindInvalid, is.answer+" is asked about for another reason now, or of another person: nothing more was delivered", nil).
						WithHint("run the same again: what is asked now is asked anew")
				}
			}
		}
	}
	return nil
}

// answersOf is what --confirm takes for all that is asked.
func answersOf(all []*question) (same []string) {
	for _, q := range all {
		same = append(same, q.answers...)
	}
	return same
}

// manyAsked leaves of the issues of a file the first few of each question, and says in a line how many
// more ask the same: of hundreds of patients each would be a line.
func manyAsked(issues []delivery.Note, all bool) (others []delivery.Note, lines []string) {
	said, of := map[string]int{}, map[string]map[string]bool{}
	var order []string
	for _, issue := range issues {
		if all || issue.Why.Need != intake.NeedsConfirm || issue.Why.Answer == "" {
			others = append(others, issue)
			continue
		}
		asks := issue.Why.Asks
		if of[asks] == nil {
			of[asks], order = map[string]bool{}, append(order, asks)
		}
		of[asks][issue.Why.Answer] = true
		if said[asks]++; said[asks] <= maxListed {
			others = append(others, issue)
		}
	}
	for _, asks := range order {
		if more := said[asks] - maxListed; more > 0 {
			lines = append(lines, stele.Number(more)+" more, of "+stele.Number(len(of[asks]))+" asked about: "+asks)
		}
	}
	return others, lines
}
