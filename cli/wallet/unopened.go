package wallet

import (
	"context"
	"fmt"
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

// What could not be classified opens nowhere that does not say so, and what is restricted opens nowhere. Its owner sees
// both like everything else: without a mark they would rely on an allergy that nobody else reads.

const (
	unclassifiedSign = "(not classified)"
	restrictedSign   = "(restricted)"
	restrictedIs     = "you keep it from everybody else; what of it opens in an emergency, and how you lift it, says"
	unclassifiedIs   = "what it is about could not be told from its words and codes, or its source calls it confidential."
)

// unopened are those records of the owner's charts that could not be classified, with what has to be known of them for
// each chart, and those that are restricted.
type unopened struct {
	records    map[stele.ID]bool
	means      []string
	restricted map[stele.ID]bool
	lists      []string // which commands tell of the restrictions
}

// note takes the records of one chart.
func (u *unopened) note(ctx context.Context, f *cli.Face, s *client.Session, records []reading.Record) {
	u.noteRestricted(f, s, records)
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

func (u *unopened) noteRestricted(f *cli.Face, s *client.Session, records []reading.Record) {
	says, err := s.Emergency()
	if err != nil || len(says.Restrictions) == 0 { // where it is not known the timeline says so
		return
	}
	for _, r := range records {
		if says.RestrictsRecord(false, placeOf(r), claimed(r)) {
			if u.restricted == nil {
				u.restricted = map[stele.ID]bool{}
			}
			u.restricted[r.Handle] = true
		}
	}
	u.lists = append(u.lists, fmt.Sprintf("stele wallet restrict list%s", f.Mine()))
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
func (u unopened) marks() (marks []timeline.Mark) {
	all := func(of map[stele.ID]bool) func(timeline.Entry) bool {
		return func(e timeline.Entry) bool {
			return len(e.Vouched) > 0 && !slices.ContainsFunc(e.Vouched, func(v timeline.Vouch) bool { return !of[v.Handle] })
		}
	}
	if len(u.records) > 0 {
		marks = append(marks, timeline.Mark{Sign: unclassifiedSign, Means: u.paragraphs(), Of: all(u.records)})
	}
	if len(u.restricted) > 0 {
		marks = append(marks, timeline.Mark{Sign: restrictedSign, Means: []string{restrictedIs + ": " + strings.Join(u.lists, ", and ")}, Of: all(u.restricted)})
	}
	return marks
}

func (u unopened) paragraphs() []string {
	out := []string{unclassifiedIs}
	for _, means := range u.means {
		out = append(out, strings.Split(means, "\n")...)
	}
	return out
}

// say says it of single records that are shown whole.
func (u unopened) say(f *cli.Face, records []reading.Record) {
	if slices.ContainsFunc(records, func(r reading.Record) bool { return u.restricted[r.Handle] }) {
		f.SayWrapped("restricted: " + restrictedIs + ": " + strings.Join(u.lists, ", and "))
	}
	if slices.ContainsFunc(records, func(r reading.Record) bool { return u.records[r.Handle] }) {
		for i, line := range u.paragraphs() {
			if i == 0 {
				line = "not classified: " + line
			}
			f.SayWrapped(line)
		}
	}
}
