package wallet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/credential"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// The words of a line of the account: what happened, by whom, under what. What is not proved is never
// told as what happened.

// told is a line of the account in words.
type told struct {
	what, who, at   string
	scope, result   string
	purpose, reason string
	opening         string // in an emergency: its id, and what can be done about it
	viewed          string // what the asker says was looked at
	under           string // the grant's id in short, where the wallet has no document of it
	shown           string // what the asker is, by the credentials that were shown
	access, refused bool
}

// tell puts an event, or an attempt that left the ledger silent, into words. What is not proved is
// never told as what happened: an opening that was not completed, or of which trustees do not tell,
// has words of its own.
func tell(s *client.Session, line account.Line) (t told) {
	about := line.Event.About()
	switch {
	case line.Event == nil && line.Ahead:
		t = told{what: "asked for your chart; a trustee says that it is permitted in a block that your log has not reached", result: "not known", access: true, scope: askedFor(line)}
	case line.Event == nil:
		t = told{what: "asked without a grant", result: "refused", access: true, refused: true, scope: askedFor(line)}
	case about.Place == wire.PlaceOpening:
		t = told{what: about.Words, result: "opened", access: true, scope: released(line)}
		switch {
		case line.Released >= line.Needed:
		case line.Untold > 0 && line.Released+line.Untold >= line.Needed:
			t.what, t.result = "was allowed to open your chart; whether it opened is not known while trustees do not answer", "not known"
		case line.Released > 0:
			t.what, t.result = fmt.Sprintf("was allowed to open your chart; it could not be completed: %d of the %d trustees that are needed released", line.Released, line.Needed), "not completed"
		case foundNothing(line):
			t.what, t.result, t.scope = "was allowed to open your chart; nothing was there that opens so", "permitted", askedFor(line)
		case line.Refused > 0:
			t.what, t.result, t.refused, t.scope = "asked for your chart, and was refused", "refused", true, askedFor(line)
		default:
			t.what, t.result = "was allowed to open your chart; no trustee tells that it released", "permitted"
		}
	case about.Place == wire.PlaceRefusal:
		t = told{what: about.Words, result: "refused", access: true, refused: true, scope: askedFor(line)}
	default:
		return did(s, line, about)
	}
	t.who, t.purpose, t.reason = asker(s, line, &t)
	t.who = letIn(t.who, line)
	t.shown, t.viewed = credentialsOf(line), viewed(line, t.result)
	return t
}

// viewed says what the reader says was looked at of what was released.
func viewed(line account.Line, result string) string {
	n, of := line.ViewedRecords(), line.ReleasedRecords()
	most := "" // of a folio the keys are released whole: under a grant for days vaults give fewer records
	if line.Grant != nil && byDays(line.Grant.Document) {
		most = "at most "
	}
	switch {
	case line.ViewedAll() && n == 1:
		return "looked at the one record"
	case line.ViewedAll():
		return "looked at all " + stele.Count(n, "record", "records")
	case n > 0 && of >= n:
		return fmt.Sprintf("looked at %s of %s%s records", stele.Number(n), most, stele.Number(of))
	case n > 0:
		return "looked at " + stele.Count(n, "record", "records")
	case result == "opened" && of > 0 && time.Now().Before(time.UnixMilli(line.Event.About().Until).Add(stele.Fresh)):
		return most + stele.Count(of, "record", "records") + " released" // it may be looked at, and told, for as long
	case result == "opened" && of > 0:
		return most + stele.Count(of, "record", "records") + " released; what was looked at is not told"
	}
	return ""
}

// byDays reports whether a grant is for what is dated from or to a day: of a folio, which is of a year, some records are not in it.
func byDays(document []byte) bool {
	g, err := consent.Parse(document)
	return err == nil && (len(g.From.String()) > len("2006") || len(g.To.String()) > len("2006"))
}

// credentialsOf says what an asker is by the credentials that were shown; where too few trustees
// say that they hold, what they claim to be. Who releases says so, and who looks for what to release.
func credentialsOf(line account.Line) string {
	var words []string
	for _, p := range credential.Told(line.Detail.GetCredentials()) {
		words = append(words, string(p.Kind)+" "+p.Says())
	}
	switch {
	case len(words) == 0:
		return ""
	case line.Event.About().Place == wire.PlaceRefusal:
		return "with credentials that nobody looked at, for the ledger refused: " + strings.Join(words, ", ")
	case line.Needed > 0 && max(line.Released, len(foundBy(line))) >= line.Needed:
		said := "by credentials: " + strings.Join(words, ", ")
		if stale := line.Stale(); len(stale) > 0 {
			said += "; whether the " + cli.JoinWords(stale) + " still held nobody could say: the newest status list was older than 24 hours"
		}
		return said
	}
	if line.Released > 0 {
		return fmt.Sprintf("with credentials that hold as %d of the %d trustees say that are needed: ", line.Released, line.Needed) + strings.Join(words, ", ")
	}
	return "what was shown, and is not proved: " + strings.Join(words, ", ")
}

// foundBy lists who tells that nothing was asked for. They had judged who asks before.
func foundBy(line account.Line) (members []string) {
	for _, k := range line.Details {
		if !k.Detail.Released && asking.Reason(k.Detail.Why) == asking.Nothing && !slices.Contains(members, k.Member) {
			members = append(members, k.Member)
		}
	}
	return members
}

// foundNothing reports whether the trustees who tell of an opening were asked for nothing,
// but for those whose nodes did not have it yet.
func foundNothing(line account.Line) bool {
	for _, k := range line.Details {
		if why := asking.Reason(k.Detail.Why); k.Detail.Released || why != asking.Nothing && why != asking.NotOpened {
			return false
		}
	}
	return len(foundBy(line)) > 0
}

// did puts an event into words by which nobody asked for the chart.
func did(s *client.Session, line account.Line, about wire.About) told {
	t := told{what: about.Words, result: "done"}
	switch {
	case about.By == wire.ByOwner:
		t.who = "you"
	case about.By == wire.ByGrantee && line.Grant != nil:
		t.who = granteeOf(*line.Grant)
	case about.GivenBack():
		t.who = letIn("somebody who held it", line)
	case about.By == wire.ByGrantee:
		t.who = "somebody with a write grant"
	case about.By == wire.ByDelegate:
		t.who = actedFor(line)
	case about.By == wire.ByBoth && len(about.Delegation) == 0:
		t.who = memberName(s, about.Member) + " and you"
	case about.By == wire.ByBoth:
		t.who = memberName(s, about.Member) + " and " + actedFor(line)
	case about.By == wire.ByMember:
		t.who = memberName(s, about.Member)
	}
	if about.Place == wire.PlaceEmergency && about.Status != stele.GrantActive && about.Grant != nil {
		t.what += " (" + stele.ID(about.Grant).Short() + ")"
		if about.Kind == "emergency reviewed" {
			made, _ := s.Reviews() // where they can't be read, it may have been either
			t.what += ", " + strings.TrimPrefix(reviewedBy(made, func(r wallet.Review) bool { return r.Is(about.Commitment) }, "their hospital, or another device of yours"), "reviewed ")
		}
	}
	if other, err := stele.SubjectFrom(about.Other); err == nil { // the chart that it was merged with, or parted from
		t.what += ": " + other.String()
	}
	if line.Grant != nil && about.GivenBack() {
		t.scope = scopeOf(line.Grant.Document)
		t.what = "gave back a " + line.Grant.Action.String() + " grant"
		if line.Grant.Action == stele.ActionDelegate {
			t.what = "acts for you no more: gave that back"
		}
	}
	if line.Grant != nil && about.To != "" {
		t.scope = scopeOf(line.Grant.Document)
		t.what = strings.Replace(t.what, "grant", line.Grant.Action.String()+" grant", 1) + about.To
		if line.Grant.To == s.Subject() { // wallet reseal alone gives one
			t.what += "yourself, to seal your chart to your key"
		} else {
			t.what += granteeOf(*line.Grant) + actsAs(line.Grant.Document)
		}
	}
	return t
}

// actsAs says as what somebody acts by a delegation; "" for any other grant.
func actsAs(document []byte) string {
	g, err := consent.Parse(document)
	if err != nil || g.Delegation.Kind == "" {
		return ""
	}
	return ", as " + string(g.Delegation.Kind)
}

const (
	untold   = "somebody (not told yet)"
	nameless = "somebody with a card that names nobody" // and that is not the owner's
)

// asker names who asked, from the card that the trustees checked.
func asker(s *client.Session, line account.Line, t *told) (who, purpose, reason string) {
	switch {
	case line.Card != nil:
		t.at = memberName(s, line.Card.Organisation)
		switch who = cmp.Or(line.Card.Name, "you"); {
		case line.Doubt != "" && who == "you":
			who, t.at = nameless, ""
		case line.Doubt != "":
			who, t.at = "somebody with the card of "+who, ""
		}
	case line.Grant != nil: // no trustee has told yet
		who = line.Grant.ToName
	default:
		who = untold
	}
	return who, line.Detail.GetPurpose(), line.Detail.GetReason()
}

// askedFor is what an asking named.
func askedFor(line account.Line) string { return strings.Join(line.Detail.GetCategories(), ", ") }

// released is what the trustees released, by category. No ledger commits to that:
// what one alone says, where more released, is told as its word.
func released(line account.Line) string {
	by, all := map[stele.Category][]string{}, []string{}
	for _, k := range line.Details {
		if k.Detail.Released && !slices.Contains(all, k.Member) {
			all = append(all, k.Member)
		}
		for _, raw := range k.Detail.Labels {
			label := new(wire.Label)
			if wire.Decode(raw, label) == nil && !slices.Contains(by[stele.Category(label.Category)], k.Member) {
				by[stele.Category(label.Category)] = append(by[stele.Category(label.Category)], k.Member)
			}
		}
	}
	var list []stele.Category
	var alone []string
	for _, c := range stele.Categories() {
		switch {
		case len(by[c]) == 1 && len(all) > 1:
			alone = append(alone, fmt.Sprintf("%s alone says also %s", by[c][0], cli.JoinWords([]stele.Category{c})))
		case len(by[c]) > 0:
			list = append(list, c)
		}
	}
	return strings.Join(slices.DeleteFunc(append([]string{cli.JoinWords(list)}, alone...), func(s string) bool { return s == "" }), "; ")
}

// otherwise is what trustees say that say something else than the line.
func otherwise(t account.Telling) string {
	who := "nobody by name"
	if t.Card != nil {
		who = t.Card.Name
	}
	if t.Doubt != "" {
		who += " (not proved: " + t.Doubt + ")"
	}
	text := "but " + strings.Join(t.Members(), " and ") + " told: " + who
	if purpose := purposeWords(t.Detail.GetPurpose()); purpose != "" {
		text += ", " + purpose
	}
	if reason := t.Detail.GetReason(); reason != "" {
		text += ", “" + reason + "”"
	}
	return text
}

// repeated says that an asking was refused more often than the line shows: the first
// refusal of what opened nothing is the asking itself.
func repeated(line account.Line) string {
	times, last := stele.Count(line.Refused, "time", "times"), ", last on "+terminal.Stamp(line.LastRefused)
	switch {
	case line.Released > 0 && line.Refused > 0:
		return "asked again and refused " + times + last
	case foundNothing(line):
	case line.Refused > 1:
		return "asked " + times + last
	}
	return ""
}

// purposeWords says a purpose of use in words for a patient; "" for one that has none.
func purposeWords(code string) string {
	return map[stele.Purpose]string{
		stele.Treatment: "treatment", stele.EmergencyTreatment: "emergency treatment", stele.Payment: "payment",
		stele.Operations: "operations", stele.Research: "research", stele.PatientRequest: "at your request", stele.PublicHealth: "public health",
	}[stele.Purpose(code)]
}
