package consent

import (
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
)

// DelegateKind is why somebody acts for the patient.
type DelegateKind string

// The kinds of delegate.
const (
	Parent   DelegateKind = "parent"   // until the patient comes of age
	Carer    DelegateKind = "carer"    // whom the patient asked
	Attorney DelegateKind = "attorney" // holds a power of attorney
	Executor DelegateKind = "executor" // after the patient's death, and not before
)

// DelegateKinds lists every kind.
func DelegateKinds() []DelegateKind { return []DelegateKind{Parent, Carer, Attorney, Executor} }

// Act is something that somebody does for the patient, by its code. Nobody recovers keys or
// erases for another: there is no such act.
type Act string

// The acts.
const (
	ActRead     Act = "read"     // open the chart
	ActGive     Act = "give"     // give grants to read, and take those back
	ActWrite    Act = "write"    // give grants to write, and take those back
	ActAnswer   Act = "answer"   // answer requests for access
	ActDelegate Act = "delegate" // let one other act, who lets nobody
)

// Acts lists every act, in the order in which they are said.
func Acts() []Act { return []Act{ActRead, ActGive, ActWrite, ActAnswer, ActDelegate} }

// Delegation is what a grant to delegate has beside the scope of a grant.
type Delegation struct {
	Kind DelegateKind
	Acts []Act // at least one beside ActDelegate

	// OfAge, of a parent, is the day on which the patient comes of age: from its first
	// moment, UTC, on the delegation allows nothing. The end of the grant, which the ledger
	// knows, is later by up to OfAgeSpread, so that the ledger tells nobody's birthday (R9).
	OfAge Date
}

// OfAgeSpread is how much later than the day of age a parent's delegation may end on the
// ledger.
const OfAgeSpread = 60 * 24 * time.Hour

// Start returns the first instant of a whole date, UTC.
func (d Date) Start() time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
}

func checkDelegation(g Grant) string {
	d := g.Delegation
	if g.Action != stele.ActionDelegate {
		if d.Kind != "" || len(d.Acts) > 0 || !d.OfAge.IsZero() || g.Actor.Kind == Person {
			return "only a delegation says how somebody acts for the patient"
		}
		return ""
	}
	switch {
	case g.wordedBefore("3"):
		return "the wording has no words for a delegation"
	case !slices.Contains(DelegateKinds(), d.Kind):
		return "the kind of delegate is unknown"
	case !every(d.Acts, func(a Act) bool { return slices.Contains(Acts(), a) }):
		return "an act is unknown"
	case !slices.ContainsFunc(d.Acts, func(a Act) bool { return a != ActDelegate }):
		return "the delegation is for nothing"
	case g.Actor.Kind != Person && g.Actor.Kind != Organisation || g.Actor.Role != "":
		return "a delegate is a person or an organisation, and no role"
	case g.Actor.Subject == g.Patient.Subject:
		return "nobody is their own delegate"
	case len(g.Records) > 0 || g.MaxUses > 0:
		return "a delegation is not for single records or a number of uses"
	case (d.Kind == Parent) == d.OfAge.IsZero():
		return "a parent's delegation, and no other, says when the patient comes of age"
	case d.Kind == Parent:
		return checkParent(g)
	}
	return ""
}

func checkParent(g Grant) string {
	day := g.Delegation.OfAge
	switch {
	case !day.valid() || day.Day == 0:
		return "the day on which the patient comes of age is no whole date"
	case g.End.After(day.Start().Add(OfAgeSpread)):
		return "a parent's delegation ends too long after the patient comes of age"
	case !g.NotBefore.Before(day.Start()):
		return "a parent's delegation begins after the patient comes of age"
	case slices.Contains(g.Sensitivity, stele.Adolescent):
		return "what is confidential to an adolescent is not for parents"
	}
	return ""
}

// Acting is something that is done for a patient.
type Acting struct {
	Act  Act
	At   time.Time // the later of block time and the caller's own clock
	Dead bool      // the patient was, when it was done
}

// EvaluateActing decides whether a delegation allows an act at all, whatever it is done to.
// That it stands on the ledger is not decided here.
func EvaluateActing(g Grant, a Acting) Decision {
	switch {
	case g.Check() != nil:
		return decide(DenyUnfit)
	case g.Action != stele.ActionDelegate:
		return decide(DenyAction)
	case a.At.Before(g.NotBefore):
		return decide(DenyNotYet)
	case !a.At.Before(g.End):
		return decide(DenyEnded)
	case g.Delegation.Kind == Parent && !a.At.Before(g.Delegation.OfAge.Start()):
		return decide(DenyOfAge)
	case g.Delegation.Kind == Executor && !a.Dead:
		return decide(DenyLiving)
	case g.Delegation.Kind != Executor && a.Dead:
		return decide(DenyDead)
	case !slices.Contains(g.Delegation.Acts, a.Act):
		return decide(DenyAct)
	}
	return decide(Permitted)
}

// Gives returns the act of giving a grant of an action.
func Gives(a stele.Action) Act {
	switch a {
	case stele.ActionRead:
		return ActGive
	case stele.ActionWrite:
		return ActWrite
	}
	return ActDelegate
}

// EvaluateGiven decides whether a grant is one that the delegation lets its delegate give:
// signed by the delegate, for the same patient. What the grant allows beyond the delegation
// it does not allow: whoever decides asks Covers of both.
func EvaluateGiven(delegation, given Grant) Decision {
	switch {
	case delegation.Check() != nil || given.Check() != nil:
		return decide(DenyUnfit)
	case delegation.Patient.Subject != given.Patient.Subject || given.Signed.By.Subject != delegation.Actor.Subject:
		return decide(DenyDelegate)
	case !slices.Contains(delegation.Delegation.Acts, Gives(given.Action)):
		return decide(DenyAct)
	}
	return decide(Permitted)
}

// Exceeds says what a grant allows that a delegation does not, in words; nothing where it
// stays within. Trustees open what both allow, so a grant that exceeds says more than it does.
func Exceeds(delegation, given Grant) string {
	all := slices.Contains(delegation.Categories, AllCategories)
	for _, c := range given.Categories {
		if !all && !slices.Contains(delegation.Categories, c) {
			return categoryOrAll(c)
		}
	}
	for _, s := range given.Sensitivity {
		if !slices.Contains(delegation.Sensitivity, s) {
			return "what is marked as " + SensitivityWords(s)
		}
	}
	for _, p := range given.Purposes {
		if !slices.Contains(delegation.Purposes, p) {
			return "use for " + purposeWords(p)
		}
	}
	for _, a := range given.Delegation.Acts {
		if !slices.Contains(delegation.Delegation.Acts, a) {
			return "the act " + string(a)
		}
	}
	if given.End.After(delegation.End) {
		return "a later end"
	}
	return exceedsPlace(delegation, given)
}

// Narrow returns a grant with its parts of the chart, sensitivity, period and sources narrowed to what
// the delegation allows of them; whatever else it says is left as it is. Nothing may be left of it:
// then it has no categories.
func Narrow(delegation, given Grant) Grant {
	if !slices.Contains(delegation.Categories, AllCategories) {
		given.Categories = slices.DeleteFunc(slices.Clone(delegation.Categories), func(c stele.Category) bool {
			return !slices.Contains(given.Categories, AllCategories) && !slices.Contains(given.Categories, c)
		})
	}
	given.Sensitivity = slices.DeleteFunc(slices.Clone(given.Sensitivity), func(s stele.Sensitivity) bool { return !slices.Contains(delegation.Sensitivity, s) })
	if from := delegation.From; !from.IsZero() && (given.From.IsZero() || given.From.first() < from.first()) {
		given.From = from
	}
	if to := delegation.To; !to.IsZero() && (given.To.IsZero() || given.To.last() > to.last()) {
		given.To = to
	}
	if len(given.Sources) == 0 {
		given.Sources = delegation.Sources
	}
	return given
}

func exceedsPlace(delegation, given Grant) string {
	from, to := delegation.From, delegation.To
	switch {
	case !from.IsZero() && (given.From.IsZero() || given.From.first() < from.first()):
		return "what is dated before " + from.words()
	case !to.IsZero() && (given.To.IsZero() || given.To.last() > to.last()):
		return "what is dated after " + to.words()
	case len(delegation.Sources) > 0 && (len(given.Sources) == 0 || !every(given.Sources, func(p Party) bool {
		return slices.ContainsFunc(delegation.Sources, func(q Party) bool { return q.Subject == p.Subject })
	})):
		return "what came from others"
	}
	return ""
}

func categoryOrAll(c stele.Category) string {
	if c == AllCategories {
		return "the whole chart"
	}
	return CategoryWords(c)
}

// kindWords names a kind as it follows "act for you as".
var kindWords = map[DelegateKind]string{
	Parent: "your parent", Carer: "your carer", Attorney: "the holder of your power of attorney", Executor: "the executor of your will",
}

// actWords names an act that is done to the scope, which follows.
var actWords = map[Act]string{
	ActRead: "read", ActGive: "let others read", ActWrite: "let others add to", ActAnswer: "answer who asks for",
}

func sayDelegation(g Grant) string {
	var acts []string
	for _, a := range g.Delegation.Acts {
		if w := actWords[a]; w != "" {
			acts = append(acts, w)
		}
	}
	text := sayActor(g.Actor) + " may act for you as " + kindWords[g.Delegation.Kind] + ", and " + join(acts, "and") + " " + sayScope(g) +
		" for " + sayPurposes(g) + sayTimes(g) + "." + saySensitiveToo(g)
	var more []string
	if slices.Contains(g.Delegation.Acts, ActDelegate) {
		more = append(more, "Within this they may let others act for you, who let nobody.")
	}
	switch g.Delegation.Kind {
	case Parent:
		more = append(more, "From "+g.Delegation.OfAge.words()+" on, when you come of age, it allows nothing, and before that nothing that is confidential to an adolescent.")
	case Executor:
		more = append(more, "It begins to count with your death.")
	}
	return strings.Join(append([]string{text}, more...), " ") + " " + TakeBack
}

func writeDelegation(d Delegation) extension {
	x := extension{URL: extDelegation, Extension: []extension{{URL: "kind", Coding: &coding{systemDelegation, string(d.Kind)}}}}
	for _, a := range d.Acts {
		x.Extension = append(x.Extension, extension{URL: "act", Coding: &coding{systemAct, string(a)}})
	}
	if !d.OfAge.IsZero() {
		x.Extension = append(x.Extension, extension{URL: "of-age", Date: d.OfAge.String()})
	}
	return x
}

// readDelegation reads a kind, acts, and the day of age where there is one, in this order.
func readDelegation(e element) (d Delegation) {
	for i, x := range e.children("extension", 2, maxList) {
		switch url := x.text("url"); {
		case url == "kind" && i == 0:
			d.Kind = DelegateKind(readCoding(x.child("valueCoding"), systemDelegation))
		case url == "act" && i > 0 && d.OfAge.IsZero():
			d.Acts = append(d.Acts, Act(readCoding(x.child("valueCoding"), systemAct)))
		case url == "of-age" && d.OfAge.IsZero():
			text := x.text("valueDate")
			day, ok := ParseDate(text)
			if d.OfAge = day; !ok || strings.Contains(text, "T") {
				x.refuse(x.path, "is not a date")
			}
		default:
			x.refuse(x.path, "is not understood and could narrow the consent")
		}
		x.done()
	}
	return d
}
