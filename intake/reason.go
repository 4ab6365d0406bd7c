package intake

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// Need is what would help a record that goes nowhere.
type Need int

// The needs that somebody at the desk can meet.
const (
	NeedsOther   Need = iota // what the reason says, if anything
	NeedsLink                // a link: whom it names is not linked here, or it names nobody
	NeedsConfirm             // an answer: it asks, and ends with what --confirm takes
)

// A Reason is why a record goes nowhere. It does not change.
type Reason struct {
	Need Need

	// Parts are what is said, with a colon between them, the particular last: "its patient
	// is not linked here", "Patient/ana". By the last two records are told together that
	// go nowhere for one cause: "it belongs to Encounter/e, which goes nowhere" may
	// stand before them.
	Parts []string

	// Of one that asks, "" of others: the question, which is the same for many; why it is asked of this one;
	// and what --confirm takes, as it is, "" where no answer helps. Parts say all of it, too.
	Asks, Doubt, Answer string
	Whom                stele.Subject // the question is about: an answer is none about anybody else
}

// String returns the reason as one sentence; "" for nil.
func (r *Reason) String() string {
	if r == nil {
		return ""
	}
	return strings.Join(r.Parts, ": ")
}

// because is a reason that nobody at the desk can mend at once.
func because(parts ...string) *Reason { return &Reason{Parts: parts} }

// unlinked is the reason of what names somebody who is not linked, or nobody.
func unlinked(parts ...string) *Reason { return &Reason{Need: NeedsLink, Parts: parts} }

// unsure is the reason of what goes to somebody, and nowhere without an answer.
func unsure(question string, whom stele.Subject, doubt string) *Reason {
	return &Reason{Parts: []string{question + " " + doubt}, Asks: question, Doubt: doubt, Whom: whom}
}

// The questions.
const (
	isItLinked  = "is it the person linked?"
	isItNamed   = "is it the one that was named?"
	isItOfNamed = "is it of the patient it names?"
)

// And says more at the end of the last part, and then more parts; without any it is the
// reason itself.
func (r *Reason) And(words string, parts ...string) *Reason {
	if words == "" && len(parts) == 0 {
		return r
	}
	more := *r
	more.Parts = slices.Clone(r.Parts)
	more.Parts[len(r.Parts)-1] += words
	more.Parts = append(more.Parts, parts...)
	return &more
}

// or says what --confirm takes of one that asks, where that is a name or a number.
func (r *Reason) or(says, answer string) *Reason {
	asked := r.And("; "+says, "--confirm "+Word(answer))
	asked.Need, asked.Answer = NeedsConfirm, answer
	return asked
}

// by is the reason of what goes nowhere because something else does.
func (r *Reason) by(other string) *Reason {
	of := *r
	of.Parts = append([]string{other}, r.Parts...)
	return &of
}

// loosely says what helps where a number is loose: it is listed as linked.
func loosely(n Number) (says string, how []string) {
	return "; " + n.Value + " is linked in that system, and nothing tells that its numbers are yours", []string{"stele patient system add " + Word(n.System) + ", if they are"}
}

// hint says what helps a Patient who is not linked, and how, see Reason.And.
func (s *Survey) hint(p *person) (says string, how []string) {
	for _, number := range p.numbers {
		if !s.table.identifies(number) {
			continue
		}
		if base := s.shown[p.server]; !s.table.counts(number, base) && len(s.table.find(number, "")) > 0 {
			return "; " + number.Value + " has no system, and counts on your own servers only", []string{"stele patient system add " + Word(base) + ", if that is yours"}
		}
		if s.table.loose(number) {
			return loosely(number)
		}
		for _, l := range s.table.links.Numbered(number.Value) {
			switch {
			case l.System == "" && number.System != "":
				return "; " + number.Value + " is linked without a system", []string{"stele patient system add " + Word(number.System) + ", if that is yours"}
			case l.System != PatientID && number.System == "":
				return "; " + number.Value + " is linked in the system " + l.System + ", and the file tells none; if it is the same", []string{linking(number, l.Subject)}
			}
		}
		if l, other := s.table.mistyped(number, s.shown[p.server], stele.Subject{}); other {
			return "; is it " + l.String() + ", who is linked? If it is", []string{linking(number, l.Subject)}
		}
	}
	if len(p.links) > 0 {
		l := p.links[0]
		says = map[bool]string{true: "; it was replaced by ", false: "; it replaces "}[l.replaced] + l.to.called() + ", who is not linked here"
		if len(p.numbers) == 0 {
			return says, []string{"it has no number of its own, so link the number of " + l.to.called()}
		}
		return says, []string{"link " + p.numbers[0].Value + " to the same person, or the number of " + l.to.called()}
	}
	if len(p.numbers) > 0 && fhir.IsAssignedHere(p.numbers[0].System) {
		return "; who assigned " + p.numbers[0].Value + " is told by a name that holds in its own record or Bundle only", nil
	}
	if p.none != "" && len(p.numbers) == 0 {
		return fmt.Sprintf("; its number %q stands for none", p.none), nil
	}
	return "", nil
}
