package wallet

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/terminal/columns"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

func walletGrants(f *cli.Face) *cobra.Command {
	long := false
	c := &cobra.Command{
		Annotations: cli.About(cli.Each),
		Use:         "grants", Short: "List the grants given and held", Args: cli.AtMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error { return grants(cmd.Context(), f, s, long) })
		},
	}
	c.Flags().BoolVarP(&long, "long", "l", false, "with the sentence of each")
	return c
}

func grants(ctx context.Context, f *cli.Face, s *client.Session, long bool) error {
	settle(ctx, f, s)
	status := statusesOf(ctx, f, s)
	f.Lost(s.Wallet)
	given, err := status.givenBy(ctx, s)
	if err != nil {
		return err
	}
	if err := askActing(ctx, s); err != nil {
		return err
	}
	holds, err := s.HeldGrants()
	if err != nil {
		return err
	}
	if err := s.AskStands(ctx, holds); err != nil {
		return err
	}
	if holds, err = s.HeldGrants(); err != nil {
		return err
	}
	if f.JSON {
		for _, id := range status.unknown(given) {
			if err := f.Emit(map[string]any{"grant": id, "direction": "given", "status": status.of(id, status.end[id]), "end": status.end[id], "known": false, "given_by": cli.NonNil(status.by[id])}); err != nil {
				return err
			}
		}
		for _, g := range given {
			if err := f.Emit(givenJSON(g, givenStatus(status, g))); err != nil {
				return err
			}
		}
		for _, h := range holds {
			if err := f.Emit(heldJSON(s, h)); err != nil {
				return err
			}
		}
		return nil
	}
	t := f.Table(terminal.Column{Title: "GRANT"}, terminal.Column{Title: "WHO", Flex: true}, terminal.Column{Title: "MAY"}, terminal.Column{Title: "WHAT", Flex: true}, terminal.Column{Title: terminal.Zoned("UNTIL")}, terminal.Column{Title: "STATUS"})
	sentences := map[int]string{}
	for _, g := range given {
		is := givenStatus(status, g)
		sentences[len(t.Rows())] = saysNow(g.Says, is)
		if !g.For.IsZero() && g.Action == stele.ActionWrite {
			sentences[len(t.Rows())] += " " + sensitiveToo
		}
		t.Row(g.Grant.Short(), "to "+granteeOf(g)+givenFor(g), g.Action.String(), scopeOf(g.Document), untilOf(g.Document, g.End), statusCell(is))
	}
	for _, id := range status.unknown(given) {
		who, sentence := status.stranger(id)
		sentences[len(t.Rows())] = sentence
		t.Row(id.Short(), who, status.action[id].String(), "not told here", terminal.ShortUntil(status.end[id]), statusCell(status.of(id, status.end[id])))
	}
	for _, h := range holds {
		sentences[len(t.Rows())] = saysNow(h.Says, heldStatus(s, h))
		t.Row(h.Grant.Short(), fromWhom(h), h.Action.String(), scopeOf(h.Document), untilOf(h.Document, h.End), statusCell(heldStatus(s, h)))
	}
	if !long {
		t.Flush("no grants given, none held")
		sayStrangers(f, status, status.unknown(given))
	} else {
		for i, r := range t.Rows() {
			whole(f, sentences[i], "%s  %s  %s", r[0].Text, f.OutStyle.Paint(r[5].Style, r[5].Text), terminal.Clean(r[1].Text))
		}
	}
	return nil
}

// isOver says of a grant that is over, by where it stands, what became of it.
var isOver = map[string]string{
	stele.GrantRevoked.String(): "It was taken back.", stele.GrantEnded.String(): "It has ended.",
	stele.GrantUsedUp.String(): "It was used as often as it allowed.", givenBack: "Who held it has given it back.",
	"over": "It is over: taken back, or ended.", "died": "It counts no more since the death.",
	fell: "An executor gave it, and the death is undone: it counts no more.",
}

// saysNow is a grant's sentence to be read where the grant stands so: what is over can't be taken back, and it says
// what became of it.
func saysNow(says, status string) string {
	if over := isOver[status]; over != "" {
		return strings.TrimSuffix(says, consent.TakeBack) + over
	}
	return says
}

// sayStrangers says whole, under a table that has no room for it, who gave what this wallet has no
// document of.
func sayStrangers(f *cli.Face, status statuses, ids []stele.ID) {
	said := map[string]bool{}
	for _, id := range ids {
		_, sentence := status.stranger(id)
		if said[sentence] {
			continue
		}
		said[sentence] = true
		var short []string
		for _, other := range ids {
			if _, same := status.stranger(other); same == sentence {
				short = append(short, other.Short())
			}
		}
		f.SayWrapped(strings.Join(short, ", ") + ": " + sentence)
	}
}

// whole prints a grant's line and its sentence under it.
func whole(f *cli.Face, sentence, line string, args ...any) {
	f.Print(line, args...)
	for _, part := range columns.Wrap(terminal.Clean(sentence), f.Width-10) {
		f.Print("          %s", part)
	}
}

// givenFor says for whom a grant was given.
func givenFor(g wallet.Given) string {
	if g.For.IsZero() {
		return ""
	}
	return " for " + cmp.Or(g.ForName, terminal.ShortDID(g.For))
}

// fromWhom is who gave a grant: its sentence speaks to her.
func fromWhom(h wallet.Held) string {
	return "from " + cmp.Or(patientOf(h.Document), terminal.ShortDID(h.Subject))
}

func statusCell(status string) terminal.Cell {
	if status == "active" || status == "held" {
		return terminal.Styled(status, terminal.Green)
	}
	return terminal.Styled(status, terminal.Faint)
}

// scopeOf says shortly what a grant document covers.
func scopeOf(document []byte) string {
	g, err := consent.Parse(document)
	if err != nil {
		return "?"
	}
	return shortScope(g)
}

// shortScope says no more than the grant's sentence does: each limit of it has a word here.
func shortScope(g consent.Grant) string {
	read := g.Action != stele.ActionWrite
	words := cli.JoinWords(g.Categories)
	if slices.Contains(g.Categories, consent.AllCategories) {
		if words = "everything"; read && len(g.Sensitivity) == 0 {
			words = "all but sensitive"
		}
	}
	if read && len(g.Sensitivity) > 0 {
		words += " + " + cli.JoinWords(g.Sensitivity)
	}
	if n := len(g.Records); n > 0 {
		words += ", " + stele.Count(n, "record", "records") + " only"
	}
	switch from, to := g.From.String(), g.To.String(); {
	case from != "" && from == to:
		words += ", dated " + from
	case from != "" && to != "":
		words += ", dated " + from + " to " + to
	case from != "":
		words += ", dated " + from + " or later"
	case to != "":
		words += ", dated " + to + " or earlier"
	}
	for i, source := range g.Sources {
		words += []string{", from ", " or "}[min(i, 1)] + source.Name
	}
	return words
}

// granteeOf names who was given a grant, with where they work: another member may have
// somebody of that name.
func granteeOf(g wallet.Given) string {
	if at := workplaceOf(g.Document); at != "" {
		return g.ToName + " at " + at
	}
	return g.ToName
}

// workplaceOf is the organisation at which a practitioner was given a grant, or "".
func workplaceOf(document []byte) string {
	g, err := consent.Parse(document)
	if err != nil {
		return ""
	}
	return g.Actor.At.Name
}

// patientOf is the patient's name in a grant document, or "".
func patientOf(document []byte) string {
	g, err := consent.Parse(document)
	if err != nil {
		return ""
	}
	return g.Patient.Name
}

func givenJSON(g wallet.Given, status string) map[string]any {
	out := map[string]any{
		"grant": g.Grant, "direction": "given", "to": g.To, "to_name": g.ToName, "to_organisation": workplaceOf(g.Document), "action": g.Action.String(), "scope": scopeOf(g.Document),
		"says": g.Says, "end": g.End.UTC(), "made": g.Made.UTC(), "status": status,
	}
	if !g.For.IsZero() {
		out["for"], out["for_name"], out["under"] = g.For, g.ForName, g.Under
	}
	return withOfAge(out, g.Document)
}

func heldJSON(s *client.Session, h wallet.Held) map[string]any {
	return withOfAge(map[string]any{
		"grant": h.Grant, "direction": "held", "subject": h.Subject, "subject_name": patientOf(h.Document), "action": h.Action.String(),
		"scope": scopeOf(h.Document), "says": h.Says, "end": h.End.UTC(), "status": heldStatus(s, h),
	}, h.Document)
}

// withOfAge adds the day on which a child comes of age, where a grant is a parent's: what it allows ends then.
func withOfAge(out map[string]any, document []byte) map[string]any {
	if day := ofAge(document); day != "" {
		out["of_age"] = day
	}
	return out
}

// settle finds out what became of what was sent and not answered, and says it. It goes before what
// is shown, which it may change; with nothing open it asks nobody.
func settle(ctx context.Context, f *cli.Face, s *client.Session) {
	if !s.Delivery.Unsettled() {
		return
	}
	names := map[stele.ID]string{}
	given, err := s.GivenGrants()
	if err != nil {
		f.Say("%s", cli.Sentence(err))
		return
	}
	for _, g := range given {
		names[g.Grant] = g.ToName
	}
	settled, err := s.Delivery.Settle(ctx)
	for _, t := range settled {
		to, known := names[t.Object]
		held, holds, err := s.HeldGrant(t.Object)
		if holds && !known && err == nil {
			f.Say("%s", settledWords(t, terminal.Clean(fromWhom(held)), "your giving back of"))
			continue
		}
		f.Say("%s", settledWords(t, "to "+terminal.Clean(cmp.Or(to, "somebody")), "the revocation of"))
	}
	if err != nil {
		f.Say("%s", cli.Sentence(err))
	}
}

// settledWords says what became of what was sent: to or from whom the grant is, and by which word it was ended.
func settledWords(t wallet.Settled, whose, ending string) string {
	what, done := "", "holds"
	switch t.Kind {
	case wallet.SentGrant:
		what = "the grant " + t.Object.Short() + " " + whose
	case wallet.SentRevocation:
		what = ending + " grant " + t.Object.Short() + " " + whose
	case wallet.SentJoining:
		what = "your joining the network"
	case wallet.SentSlot:
		what, done = "what you said of emergencies", "counts"
	case wallet.SentOpening:
		what, done = "an opening", "stands in the patient's log, although nothing was opened"
	case wallet.SentDelivery:
		what, done = "the delivery "+t.Object.Short(), "arrived"
	}
	what += ", of which nothing was known, "
	switch {
	case !t.Happened:
		return what + "did not happen, and never will"
	case t.Outcome.Height == 0:
		return what + done
	}
	return what + done + " since block " + stele.Number(t.Outcome.Height)
}

func walletRevoke(f *cli.Face) *cobra.Command {
	yes := false
	c := &cobra.Command{
		Annotations: cli.About(cli.Whichever, cli.Leaves("it may be on the ledger all the same: stele wallet log shows it; revoking again does no harm")),
		Use:         "revoke GRANT", Short: "Take a grant back; it holds from the next block on", Args: cli.Exactly("the grant's id, or enough of it"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error { return takeBack(cmd.Context(), f, s, args[0], yes) })
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

// takeBack takes back the grant that begins with the text, after what ends was said and, but for yes, agreed to.
func takeBack(ctx context.Context, f *cli.Face, s *client.Session, text string, yes bool) error {
	g, err := pick(ctx, f, s, text)
	if err != nil {
		return cli.NotHere(err)
	}
	f.FoundIn(s)
	if g.For.IsZero() {
		if err := lives(ctx, f, s); err != nil {
			return err
		}
	}
	if err := askToTakeBack(ctx, f, s, g, yes); err != nil {
		return err
	}
	outcome, err := s.Revoke(ctx, g.Grant)
	if err != nil {
		return err
	}
	status := stele.GrantRevoked.String()
	if endedByHolder(ctx, s, g, outcome) {
		status = givenBack
	}
	if f.JSON {
		return f.Emit(map[string]any{"grant": g.Grant, "status": status, "height": outcome.Height, "time": outcome.Time.UTC(), "seq": outcome.Seq})
	}
	f.Print("%s", g.Grant)
	switch {
	case status == givenBack:
		f.Say("%s gave it back before", cmp.Or(granteeOf(g), "who held it"))
	case outcome.Height == 0: // where stands in the patient's log, for whom the owner acts
		f.Say("was taken back from %s before", granteeOf(g))
	case g.ToName == "":
		f.Say("taken back in block %s; this wallet does not know from whom", stele.Number(outcome.Height))
	default:
		f.Say("taken back from %s in block %s", granteeOf(g), stele.Number(outcome.Height))
	}
	return nil
}

// askToTakeBack says what ends, also where nobody is asked; of what is over there is nothing to ask.
func askToTakeBack(ctx context.Context, f *cli.Face, s *client.Session, g wallet.Given, yes bool) error {
	status := statusesOf(ctx, f, s)
	status.ask(ctx, s, []wallet.Given{g})
	if !g.End.IsZero() {
		status.end[g.Grant] = g.End
	}
	if end, known := status.end[g.Grant]; known && isOver[status.of(g.Grant, end)] != "" {
		return nil
	}
	f.SayWrapped(whatEnds(status, g))
	if yes {
		return nil
	}
	return f.Confirm(ctx, "Take it back?", "nothing was taken back")
}

// whatEnds says what a grant that is taken back allows until then: to whom, what, until when, as far as this wallet
// knows.
func whatEnds(status statuses, g wallet.Given) string {
	says := strings.TrimSuffix(g.Says, " "+consent.TakeBack)
	if g.Says == "" {
		_, says = status.stranger(g.Grant)
		if end := status.end[g.Grant]; !end.IsZero() {
			says = "until " + terminal.Until(end) + ". " + says
		}
	}
	says = "From the next block on this counts no more" + givenFor(g) + ": " + says
	if g.Action == stele.ActionDelegate || status.action[g.Grant] == stele.ActionDelegate {
		says += " What was given by it falls with it."
	}
	return says
}

// endedByHolder reports whether a grant that is over, as the answer to taking it back tells, was given back
// before. Of one of a patient for whom the owner acts the ledger is asked.
func endedByHolder(ctx context.Context, s *client.Session, g wallet.Given, outcome stele.Outcome) bool {
	if outcome.Height == 0 {
		is, err := s.GivenStands(ctx, g)
		return err == nil && is.Returned
	}
	e := new(wire.Event)
	return wire.Decode(outcome.Event, e) == nil && e.About().GivenBack()
}

// pick finds the one grant that begins with the text: of those that this wallet has
// given, else of those that its log tells of, which another device may have given.
func pick(ctx context.Context, f *cli.Face, s *client.Session, text string) (wallet.Given, error) {
	const op = "find grant"
	if short := len(stele.ID{}.Short()); len(text) < short { // one letter too few may take another's
		return wallet.Given{}, stele.E(op, stele.KindUsage, terminal.Clean(text)+" is too little of a grant's id: "+stele.Number(short)+" letters are needed", nil).WithHint("stele wallet grants lists them")
	}
	begins := func(id stele.ID) bool { return strings.HasPrefix(id.String(), strings.ToLower(text)) }
	given, err := s.GivenGrants()
	if err != nil {
		return wallet.Given{}, err
	}
	signed, err := s.CoSigned()
	if err != nil {
		return wallet.Given{}, err
	}
	var found []wallet.Given
	for _, g := range slices.Concat(given, signed) {
		if begins(g.Grant) && !slices.ContainsFunc(found, func(o wallet.Given) bool { return o.Grant == g.Grant }) {
			found = append(found, g)
		}
	}
	if held, err := ownDelegation(s, text); len(found) == 0 && (err != nil || held != nil) {
		if err != nil {
			return wallet.Given{}, err
		}
		return wallet.Given{}, stele.E(op, stele.KindDenied, "you hold the grant "+held.Grant.Short()+", and did not give it", nil).
			WithHint("stele delegate end " + held.Grant.Short() + " gives it back")
	}
	if len(found) == 0 {
		for _, id := range statusesOf(ctx, f, s).unknown(given) {
			if begins(id) {
				found = append(found, wallet.Given{Grant: id})
			}
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return wallet.Given{}, stele.E(op, stele.KindUsage, stele.Count(len(found), "grant begins", "grants begin")+" with "+text, nil).WithHint("give more of the id")
	}
	return wallet.Given{}, stele.E(op, stele.KindNotFound, "neither this wallet nor its log knows a grant "+text, nil).WithHint("stele wallet grants lists them")
}
