package wallet

import (
	"context"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/slot"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/timeline"
)

// What could not be classified opens nowhere that does not say so, and its owner sees it like
// everything else: without a mark they would rely on an allergy that nobody else reads.

const (
	unclassifiedSign = "(not classified)"
	unclassifiedIs   = "what it is about could not be told from its words and codes, or its source calls it confidential."
)

// unclassified are those of a chart's records that could not be classified, and what their owner
// has to know of them, for each of their charts.
type unclassified struct {
	records map[stele.ID]bool
	means   []string
}

// note takes the records of one chart.
func (u *unclassified) note(ctx context.Context, f *cli.Face, s *client.Session, records []reading.Record) {
	some := false
	for _, r := range records {
		if slices.Contains(r.Label.Sensitivity, stele.Unclassified) {
			if u.records == nil {
				u.records = map[stele.ID]bool{}
			}
			u.records[r.Handle], some = true, true
		}
	}
	if !some {
		return
	}
	whose := ""
	if of := cli.YoursToo(s); of != "" {
		whose = "Of " + of + ": "
	}
	u.means = append(u.means, whose+opensUnclassified(ctx, f, s))
}

// opensUnclassified says what opens it, and by which command.
func opensUnclassified(ctx context.Context, f *cli.Face, s *client.Session) string {
	var then string
	switch says, err := s.Says(ctx); {
	case err != nil: // another device may have said it
		then = "It opens in an emergency only where you have named it (PDS): stele wallet emergency show" + f.Mine() + " says."
	case says.Nothing:
		then = "Nothing opens in an emergency, as you have said."
	case slices.Contains(says.Sensitivity, stele.Unclassified):
		then = "It opens in an emergency as the rest does: you have named it."
	default:
		then = "It does not open in an emergency. To have it open then: stele wallet emergency set --sensitive " + withUnclassified(says) + f.Mine()
	}
	return then + "\nIt does not open under a grant of your whole chart either, but where the grant says so, with --sensitive PDS, or names the record: stele wallet grant --to WHO --record WORDS" + f.Mine()
}

// withUnclassified is what follows --sensitive, to say anew what a slot says, and what could not be classified besides.
func withUnclassified(says slot.Slot) string {
	flags := []string{strings.ReplaceAll(cli.JoinWords(append(slices.Clone(says.Sensitivity), stele.Unclassified)), " ", "")}
	list := func(flag string, values []string) {
		if len(values) > 0 {
			flags = append(flags, flag+" "+strings.Join(values, ","))
		}
	}
	if len(says.Categories) > 0 {
		flags = append(flags, "--categories "+strings.ReplaceAll(cli.JoinWords(says.Categories), " ", ""))
	}
	list("--roles", says.Roles)
	list("--facilities", says.Facilities)
	for _, who := range says.Excluded {
		flags = append(flags, "--not "+terminal.Quoted(who.String()))
	}
	return strings.Join(flags, " ")
}

// marks are those of a page: a line is marked where no record of it opens, and one that another
// record says, too, is not.
func (u unclassified) marks() []timeline.Mark {
	if len(u.records) == 0 {
		return nil
	}
	return []timeline.Mark{{Sign: unclassifiedSign, Means: u.paragraphs(), Of: func(e timeline.Entry) bool {
		return len(e.Vouched) > 0 && !slices.ContainsFunc(e.Vouched, func(v timeline.Vouch) bool { return !u.records[v.Handle] })
	}}}
}

func (u unclassified) paragraphs() []string {
	out := []string{unclassifiedIs}
	for _, means := range u.means {
		out = append(out, strings.Split(means, "\n")...)
	}
	return out
}

// say says it of single records that are shown whole.
func (u unclassified) say(f *cli.Face, records []reading.Record) {
	if slices.ContainsFunc(records, func(r reading.Record) bool { return u.records[r.Handle] }) {
		for i, line := range u.paragraphs() {
			if i == 0 {
				line = "not classified: " + line
			}
			f.SayWrapped(line)
		}
	}
}
