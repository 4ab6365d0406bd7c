package consent

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
)

// CurrentWording is the version of the sentences below. A document carries the
// sentences its patient was shown; whoever changes them raises the version and
// keeps the old ones, or old documents would be refused.
const CurrentWording = "4"

// wordings are the versions whose sentences this package still says, oldest first. The first
// knew nothing of what cannot be classified, the second nothing of what is confidential
// to an adolescent, and of delegations; the third said of a grant to write that what is
// sensitive is excepted, which it is not.
var wordings = []string{"1", "2", "3", CurrentWording}

// wordedBefore reports whether the grant's wording is older than a version.
func (g Grant) wordedBefore(version string) bool {
	return slices.Index(wordings, g.Wording) < slices.Index(wordings, version)
}

// unsaid reports whether the grant's wording has no words for a sensitivity.
func (g Grant) unsaid(s stele.Sensitivity) bool {
	return s == stele.Unclassified && g.wordedBefore("2") || s == stele.Adolescent && g.wordedBefore("3")
}

// Languages lists the languages a grant can be said in.
func Languages() []string { return []string{"en"} }

// Say tells a grant in two plain sentences: everything it allows and every
// restriction, then that it can be taken back. It says the start only where it
// is not the moment of signing. A language that Languages does not list is
// answered in English.
//
// Names stand for subjects, as checked credentials gave them; a wallet that
// shows two people of one name has to tell them apart itself.
func Say(g Grant, language string) string {
	g = g.Normal()
	if g.Action == stele.ActionDelegate {
		return sayDelegation(g)
	}
	verb := "read"
	if g.Action == stele.ActionWrite {
		verb = "add to"
	}
	return sayActor(g.Actor) + " may " + verb + " " + sayScope(g) + " for " + sayPurposes(g) + sayUses(g) +
		sayTimes(g) + "." + sayUnclassified(g) + saySensitiveToo(g) + " " + TakeBack
}

// TakeBack is the last sentence of what Say tells.
const TakeBack = "You can take this back at any time."

// Presented is the text that a patient is shown before signing and that the
// document keeps as evidence: what Say says and, for substance use data, what
// 42 CFR 2.31 wants told besides.
func Presented(g Grant) string {
	text := Say(g, g.Language)
	if g.Part2() {
		text += " One step in your wallet takes it back; what was done under it before stays done." +
			" Substance use records that are passed on under it may be passed on further where health" +
			" privacy law allows, but may not be used against you in legal proceedings."
	}
	return text
}

func sayActor(a Actor) string {
	role := strings.ReplaceAll(a.Role, "-", " ")
	switch a.Kind {
	case Person:
		return a.Name
	case Practitioner:
		if a.At.Subject.IsZero() {
			return a.Name
		}
		return a.Name + " at " + a.At.Name
	case Organisation:
		if a.Role != "" {
			return "Any " + role + " acting for " + a.Name
		}
		return "Anyone acting for " + a.Name
	case RoleAtFacility:
		return "Any " + role + " at any " + strings.ReplaceAll(a.FacilityKind, "-", " ")
	}
	return "Nobody"
}

func sayScope(g Grant) string {
	asides := []string{}
	if len(g.Records) > 0 {
		asides = append(asides, sayRecords(g.Records))
	}
	switch {
	case !g.From.IsZero() && g.From == g.To:
		asides = append(asides, "only what is dated "+g.From.words())
	case !g.From.IsZero() && !g.To.IsZero():
		asides = append(asides, "only what is dated from "+g.From.words()+" to "+g.To.words())
	case !g.From.IsZero():
		asides = append(asides, "only what is dated "+g.From.words()+" or later")
	case !g.To.IsZero():
		asides = append(asides, "only what is dated "+g.To.words()+" or earlier")
	}
	if len(g.Sources) > 0 {
		names := make([]string, len(g.Sources))
		for i, s := range g.Sources {
			names[i] = s.Name
		}
		asides = append(asides, "only what came from "+join(names, "or"))
	}
	what := sayCategories(g)
	switch {
	case len(g.Sensitivity) > 0:
		asides = append(asides, saySensitivity(g))
	case g.Action == stele.ActionWrite && !g.wordedBefore("4"):
	case slices.Contains(g.Categories, AllCategories) && g.wordedBefore("2"):
		asides = append(asides, "except what is marked as sensitive")
	case slices.Contains(g.Categories, AllCategories):
		asides = append(asides, "except what is marked as sensitive or could not be classified")
	}
	if len(asides) == 0 {
		return what
	}
	return what + ", " + strings.Join(asides, ", ") + ","
}

func sayCategories(g Grant) string {
	if !slices.Contains(g.Categories, AllCategories) {
		names := make([]string, len(g.Categories))
		for i, c := range g.Categories {
			names[i] = CategoryWords(c)
		}
		return "your " + join(names, "and")
	}
	return "your whole chart"
}

// saySensitivity keeps apart what is marked as something and what nobody could
// classify, which is marked as nothing.
func saySensitivity(g Grant) string {
	marked := slices.DeleteFunc(slices.Clone(g.Sensitivity), func(s stele.Sensitivity) bool { return s == stele.Unclassified })
	var said []string
	all := len(stele.Sensitivities()) - 1
	if g.wordedBefore("3") { // which had no words for one of them
		all--
	}
	switch {
	case len(marked) == all && (g.wordedBefore("2") || len(g.Sensitivity) > all):
		said = append(said, "everything marked as sensitive")
	case len(marked) > 0:
		said = append(said, "what is marked as "+sayList(marked, "or"))
	}
	if len(marked) < len(g.Sensitivity) {
		said = append(said, "what could not be classified")
	}
	return "including " + join(said, "and")
}

// saySensitiveToo tells, its own sentence, that sensitivity keeps nothing out of a chart: whoever
// may write delivers what there is. A grant that names everything has told it.
func saySensitiveToo(g Grant) string {
	switch {
	case g.wordedBefore("4") || len(g.Sensitivity) == len(stele.Sensitivities()):
		return ""
	case g.Action == stele.ActionWrite:
		return " What comes in under it may be marked as sensitive."
	case slices.Contains(g.Delegation.Acts, ActWrite):
		return " What others add by this may be marked as sensitive."
	}
	return ""
}

func sayList(list []stele.Sensitivity, word string) string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = SensitivityWords(s)
	}
	return join(names, word)
}

// sayUnclassified tells what the patient chose for records that nobody can
// classify, its own sentence.
func sayUnclassified(g Grant) string {
	var parts []string
	for _, w := range g.Unclassified {
		counts := "as " + sayList(w.Sensitivity, "and")
		if w.Category != "" {
			counts = "in your " + CategoryWords(w.Category) + " " + counts
		}
		parts = append(parts, counts)
	}
	if len(parts) == 0 {
		return ""
	}
	return " What comes in under it and cannot be classified counts " + strings.Join(parts, "; ") + "."
}

func sayRecords(handles []stele.ID) string {
	names := make([]string, len(handles))
	for i, h := range handles {
		names[i] = h.String()
	}
	if len(names) == 1 {
		return "only the single record " + names[0]
	}
	return fmt.Sprintf("only the %d single records %s", len(names), join(names, "and"))
}

func sayPurposes(g Grant) string {
	names := make([]string, len(g.Purposes))
	for i, p := range g.Purposes {
		names[i] = purposeWords(p)
	}
	return join(names, "or")
}

func sayUses(g Grant) string {
	switch g.MaxUses {
	case 0:
		return ""
	case 1:
		return ", once only,"
	}
	return fmt.Sprintf(", at most %d times,", g.MaxUses)
}

func sayTimes(g Grant) string {
	until := " until " + sayInstant(g.End)
	if g.NotBefore.Equal(g.Signed.At) {
		return until
	}
	return " from " + sayInstant(g.NotBefore) + until
}

// sayInstant leaves out seconds where there are none; nobody agrees to "10:15"
// and gets 10:15:59.
func sayInstant(t time.Time) string {
	layout := "2 Jan 2006, 15:04"
	switch {
	case t.Nanosecond() != 0:
		layout += ":05.000"
	case t.Second() != 0:
		layout += ":05"
	}
	return t.UTC().Format(layout) + " UTC"
}

// join makes "a", "a and b" or "a, b and c".
func join(list []string, word string) string {
	switch n := len(list); n {
	case 0:
		return "nothing"
	case 1:
		return list[0]
	default:
		return strings.Join(list[:n-1], ", ") + " " + word + " " + list[n-1]
	}
}
