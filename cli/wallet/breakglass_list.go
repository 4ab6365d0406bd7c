package wallet

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

func breakglassList(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.About(cli.Together, cli.Leaves("nothing was changed")),
		Use:         "list", Short: "List openings in an emergency, and which wait for a review", Args: cli.AtMost(0),
		Long: "A practitioner's own; an organisation's by its register, with what is overdue; a\n" +
			"patient's by her log.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				all, failed := openings(cmd.Context(), f, s)
				if failed != nil && len(all) == 0 {
					return failed
				}
				askWhoOpened(cmd.Context(), s, all)
				return cmp.Or(listOpenings(f, all), failed)
			})
		},
	}
}

// urgentOpening is an opening in an emergency, as one of the three sees it.
type urgentOpening struct {
	id      stele.ID
	at      time.Time
	whom    string        // who opened, or whose chart
	subject stele.Subject // whose chart
	mine    bool          // the wallet's own chart, or one that is merged into it
	beside  bool          // one that is merged into it
	reason  string
	status  string
	style   string
	open    bool // as far as that is known
	marks   []string
	due     time.Time // of a review; zero where it is not due any more
	note    string    // of the review that this wallet's owner made
	times   int       // how often it was opened, as trustees tell its owner; 0: nobody tells
	asked   int       // how often the ledger permitted to ask for it, as it tells who oversees it; what was released it does not see
	later   []string  // the reasons of later openings that say something else, each once
}

// openings lists what the wallet knows, chart by chart, the oldest first. Where another chart of the
// owner's is not heard, what there is is returned with the error.
func openings(ctx context.Context, f *cli.Face, s *client.Session) ([]urgentOpening, error) {
	if s.Kind() == wallet.Organisation && s.Member(s.Subject()) != nil {
		return overseen(ctx, s)
	}
	all, err := ownOpenings(ctx, s)
	if err != nil {
		return nil, err
	}
	onLog, err := openingsOnLog(ctx, s)
	if err != nil {
		return nil, err
	}
	all = append(all, onLog...)
	death, err := deathOn(ctx, f.Owner(s))
	if err != nil {
		return nil, err
	}
	failed := f.Others(ctx, s, func(other *client.Session) error {
		theirs, err := openingsOnLog(ctx, other)
		for i := range theirs {
			theirs[i].beside = true
		}
		askWhoOpened(ctx, other, theirs)
		all = append(all, theirs...)
		if err == nil && death == nil {
			death, err = deathOn(ctx, other)
		}
		return err
	})
	for i := range all {
		if o := &all[i]; death != nil && o.mine && o.open { // on whichever of the charts it stands
			o.open, o.status, o.style = false, endedByDeath, terminal.Faint
		}
	}
	return all, failed
}

// noteOf is the note of a review that the owner made, where the review is the one on the ledger.
func noteOf(made []wallet.Review, is func(wallet.Review) bool) string {
	for _, r := range slices.Backward(made) {
		if is(r) {
			return r.Note
		}
	}
	return ""
}

// reviewedBy says who reviewed: the owner, who keeps what they said, or one of the others who may.
func reviewedBy(made []wallet.Review, is func(wallet.Review) bool, others string) string {
	if slices.ContainsFunc(made, is) {
		return "reviewed by you"
	}
	return "reviewed by " + others
}

// diedOf reports whether the ledger says to who holds a grant of a patient's that they have died.
func diedOf(ctx context.Context, s *client.Session, patient stele.Subject) bool {
	for _, action := range []stele.Action{stele.ActionWrite, stele.ActionRead} {
		held, err := s.HeldFor(patient, action)
		if err != nil {
			return false
		}
		for _, h := range slices.Backward(held) {
			if died, err := s.Died(ctx, h); err == nil {
				return died
			}
		}
	}
	return false
}

// overseen is the organisation's register.
func overseen(ctx context.Context, s *client.Session) (all []urgentOpening, err error) {
	made, err := s.Reviews()
	if err != nil {
		return nil, err
	}
	seen, err := s.Oversee(ctx)
	for _, v := range seen {
		o := urgentOpening{id: v.Activation, at: v.At, whom: v.Card.Name + ", " + v.Role + ", the chart of " + openedChart(ctx, s, v), subject: v.Subject, reason: v.Reason}
		switch o.status, o.style = "not on the ledger", terminal.Faint; {
		case v.OnLedger:
			o.stands(v.Ledger, s.Clock())
			o.asked = int(v.Openings)
			own := func(r wallet.Review) bool {
				return r.Activation == v.Activation && uint32(r.Outcome) == v.Ledger.Review
			}
			if o.note = noteOf(made, own); v.Ledger.Review != 0 {
				o.marks = append(o.marks, reviewedBy(made, own, "the patient, or with another wallet of yours"))
			}
		case diedOf(ctx, s, v.Subject):
			o.status += ": the patient's death is recorded"
		}
		o.marks = append(o.marks, deskMarks(v)...)
		all = append(all, o)
	}
	return all, err
}

// deskMarks are what the member's desk noted when it signed. What never came onto the ledger is none of many.
func deskMarks(v wallet.Overseen) (marks []string) {
	for _, kind := range v.Stale {
		marks = append(marks, "whether the "+kind+" was taken back was not known")
	}
	if v.OnLedger && v.ManyOfUser {
		marks = append(marks, "one of many of this practitioner that day")
	}
	if v.OnLedger && v.ManyOfFacility {
		marks = append(marks, "one of many here that day")
	}
	return marks
}

// openedChart is the organisation's number for whose chart was opened, or the chart's DID. Where its link table has no
// name with that, it is also said who of the table the chart is merged with, as far as members tell.
func openedChart(ctx context.Context, s *client.Session, v wallet.Overseen) string {
	linked, err := s.Links().Of(v.Subject)
	if err != nil {
		return terminal.ShortDID(v.Subject)
	}
	is := terminal.ShortDID(v.Subject)
	if len(linked) > 0 {
		is = links.NumberOf(linked)
	}
	if len(links.Person(linked).Names) > 0 {
		return is
	}
	under := v.Asked
	if held, err := s.HeldWriteGrant(v.Subject); err == nil {
		under = s.AsGiven(held)
	}
	others, err := s.OtherCharts(ctx, under)
	if err != nil {
		return is // what is known here is told
	}
	for _, other := range others {
		if called, known := cli.Known(s, other); known {
			is += " (merged with that of one " + called + ")"
		}
	}
	return is
}

// endedByDeath is said of what stands on the ledger as open and opens nothing: its time has not come, and the
// patient has died.
const endedByDeath = "ended by the patient's death, which is recorded"

// stands says where an opening stands on the ledger. Whether it was ended before its time can be told
// until that has come.
func (o *urgentOpening) stands(g stele.Grant, now time.Time) {
	switch {
	case g.Status == stele.GrantRevoked:
		o.marks = append(o.marks, "ended by the patient, or who acts for them")
	case g.Status == stele.GrantEnded && g.End.After(now):
		o.marks = append(o.marks, "ended before its time, by who opened or with a wallet of their hospital")
	case g.Status == stele.GrantActive && g.End.After(now) && g.Died:
		o.marks = append(o.marks, endedByDeath)
	}
	switch {
	case g.Review != 0:
		o.status, o.style = "reviewed", terminal.Faint
		for word, code := range outcomes {
			if uint32(code) == g.Review {
				o.status = "reviewed: " + word
			}
		}
	case !g.ReviewBy.After(now):
		o.status, o.style, o.due = "review overdue", terminal.Red, g.ReviewBy
	case g.Status == stele.GrantActive && g.End.After(now) && !g.Died:
		o.status, o.style, o.due, o.open = "open until "+terminal.Until(g.End), terminal.Amber, g.ReviewBy, true
	default:
		o.status, o.style, o.due = "review due by "+terminal.Until(g.ReviewBy), terminal.Amber, g.ReviewBy
	}
}

// ownOpenings are a practitioner's own.
func ownOpenings(ctx context.Context, s *client.Session) (all []urgentOpening, err error) {
	own, err := s.Activations()
	for _, a := range own {
		o := urgentOpening{id: a.ID, at: a.Made, whom: terminal.ShortDID(a.Subject), subject: a.Subject, reason: a.Reason(), status: "not known", style: terminal.Amber}
		if is, err := s.Standing(ctx, a); err == nil {
			o.stands(is, s.Clock())
		} else if stele.KindOf(err) == stele.KindNotFound {
			o.status, o.style = "not on the ledger", terminal.Faint
		}
		all = append(all, o)
	}
	return all, err
}

// openingsOnLog are those of the wallet's own chart.
func openingsOnLog(ctx context.Context, s *client.Session) (all []urgentOpening, err error) {
	log, err := s.Log(ctx)
	if err != nil {
		return nil, err
	}
	made, err := s.Reviews()
	if err != nil {
		return nil, err
	}
	for e, err := range log.Events() {
		if err != nil {
			return nil, err
		}
		about := e.Event.About()
		back := about.Place == wire.PlaceGrant && about.Status == stele.GrantRevoked // she ends one as she does a grant
		if about.Place != wire.PlaceEmergency && !back || about.Grant == nil {
			continue
		}
		id := stele.ID(about.Grant)
		if about.Status == stele.GrantActive {
			o := urgentOpening{id: id, at: time.UnixMilli(e.Event.TimeMs).UTC(), whom: memberName(s, about.Member), subject: s.Subject(), mine: true, due: time.UnixMilli(about.Due).UTC()}
			o.open, o.status, o.style = true, "open until "+terminal.Until(time.UnixMilli(about.Until)), terminal.Amber
			o.marks = []string{"a review is due by " + terminal.Until(o.due)}
			all = append(all, o)
			continue
		}
		for i := range all {
			if all[i].id == id {
				if about.Status != stele.GrantEnded && !back {
					all[i].marks = nil // reviewed, or nobody has in time
				}
				all[i].open, all[i].status, all[i].style = false, strings.TrimPrefix(about.Words, "an opening in an emergency "), terminal.Faint
				own := func(r wallet.Review) bool { return r.Activation == id && r.Is(about.Commitment) }
				if note := noteOf(made, own); note != "" {
					all[i].note = note
				}
				if len(about.Commitment) > 0 {
					all[i].marks = append(all[i].marks, reviewedBy(made, own, "their hospital, or another device of yours"))
				}
				if back {
					all[i].status = "taken back before its time"
				}
			}
		}
	}
	return all, nil
}

// askWhoOpened fills in who opened the chart that a session is for and why, as trustees tell of each opening; what they
// do not tell stays with the member. Who opens first says why in the words of the activation; what is said when it is opened
// again is told as that.
func askWhoOpened(ctx context.Context, s *client.Session, all []urgentOpening) {
	of := map[stele.ID]int{}
	for i, o := range all {
		if o.subject == s.Subject() {
			of[o.id] = i
		}
	}
	if len(of) == 0 {
		return
	}
	first := map[int]bool{}
	_, _ = s.Account.Report(ctx, func(line account.Line) error {
		if line.Event == nil || line.Card == nil || line.Doubt != "" {
			return nil
		}
		if id, err := stele.IDFrom(line.Event.About().Grant); err == nil {
			if i, ok := of[id]; ok && line.Event.About().Asked() {
				all[i].heard(line, line.Card.Name+" at "+memberName(s, line.Card.Organisation), !first[i])
				first[i] = true
			}
		}
		return nil
	})
}

// heard takes in what trustees tell of one asking under the opening: the first, or a later one.
func (o *urgentOpening) heard(line account.Line, who string, first bool) {
	opened := line.Needed > 0 && line.Released >= line.Needed
	if opened {
		o.times++
	}
	switch reason := line.Detail.GetReason(); {
	case first:
		o.whom, o.reason = who, reason
	case opened && reason != o.reason && !slices.Contains(o.later, reason):
		o.later = append(o.later, reason)
	}
}

// again says how often it was opened, where that is more than once, and what for later.
func (o urgentOpening) again() string {
	if o.asked > 1 {
		return "; asked for " + stele.Count(o.asked, "time", "times") + ": how often it opened the patient is told"
	}
	if o.times < 2 {
		return ""
	}
	said := "; opened " + stele.Count(o.times, "time", "times")
	for i, reason := range o.later {
		said += []string{", later for ", ", "}[min(i, 1)] + "“" + terminal.OneLine(reason) + "”"
	}
	return said
}

func listOpenings(f *cli.Face, all []urgentOpening) error {
	if f.JSON {
		for _, o := range all {
			out := map[string]any{"activation": o.id, "time": o.at, "who": o.whom, "did": o.subject, "status": o.status, "marks": cli.NonNil(o.marks)}
			if o.reason != "" {
				out["reason"] = o.reason
			}
			if o.times > 0 {
				out["openings"], out["later_reasons"] = o.times, cli.NonNil(o.later)
			}
			if o.asked > 0 {
				out["askings"] = o.asked
			}
			if !o.due.IsZero() {
				out["review_by"] = o.due
			}
			if o.note != "" {
				out["note"] = o.note
			}
			if err := f.Emit(out); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		f.Say("no chart was opened in an emergency")
	}
	for _, o := range all {
		says := o.whom
		if o.beside {
			says += ", the chart " + terminal.ShortDID(o.subject) + ", which is yours, too"
		}
		if o.reason != "" {
			says += ": “" + terminal.OneLine(o.reason) + "”"
		}
		says += o.again()
		if o.note != "" {
			says += "; your note: “" + terminal.OneLine(o.note) + "”"
		}
		whole(f, strings.Join(append([]string{says}, o.marks...), "; "), "%s  %s  %s", o.id.Short(), terminal.Until(o.at), f.OutStyle.Paint(o.style, o.status))
	}
	return nil
}

// pickOpening finds the one that begins with a text.
func pickOpening(ctx context.Context, f *cli.Face, s *client.Session, text string) (o urgentOpening, err error) {
	const op = "find opening"
	if short := len(stele.ID{}.Short()); len(text) < short {
		return o, stele.E(op, stele.KindUsage, terminal.Clean(text)+" is too little of an id: "+stele.Number(short)+" letters are needed", nil).WithHint("stele breakglass list lists them")
	}
	all, failed := openings(ctx, f, s)
	all = slices.DeleteFunc(all, func(o urgentOpening) bool { return !strings.HasPrefix(o.id.String(), strings.ToLower(text)) })
	switch len(all) {
	case 1:
		return all[0], nil
	case 0:
		if failed != nil {
			return o, failed
		}
		return o, stele.E(op, stele.KindNotFound, "this wallet knows of no opening in an emergency with that id", nil).WithHint("stele breakglass list lists them")
	}
	return o, stele.E(op, stele.KindUsage, stele.Count(len(all), "opening begins", "openings begin")+" with "+text, nil).WithHint("give more of the id")
}
