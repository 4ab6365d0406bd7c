package slot

import (
	"fmt"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
)

// The version of the warning of Warn, and its language: what a document carries as evidence.
const (
	warningVersion  = "stele.restrict.5"
	warningLanguage = "en"
)

// Warned returns the restriction as said at a time, after the warning of Warn.
func (r Restriction) Warned(at time.Time) Restriction {
	r.Warning, r.Language, r.At = warningVersion, warningLanguage, at
	return r
}

// SayRestrictions tells what is restricted, a sentence a line, in the document's order. name gives the name of a
// provider.
func (s Slot) SayRestrictions(name func(stele.Subject) string) (lines []string) {
	for _, r := range s.Restrictions {
		lines = append(lines, s.SayRestriction(r, name))
	}
	return lines
}

// SayRestriction tells what a restriction does where the slot is in force.
func (s Slot) SayRestriction(r Restriction, name func(stele.Subject) string) string {
	return "Nobody but you opens " + r.what(name) + ". " + s.sayThen(r)
}

// sayThen says whether what is restricted opens in an emergency: what the slot opens to nobody does not, whatever
// the restriction says. Of single records, of what a provider delivered and of a time any may be such.
func (s Slot) sayThen(r Restriction) string {
	opened := 0
	for _, c := range r.Categories {
		if slices.Contains(s.Opens(), c) {
			opened++
		}
	}
	marked := 0
	for _, c := range r.Sensitivity {
		if slices.Contains(s.Sensitivity, c) {
			marked++
		}
	}
	switch {
	case r.InEmergencies:
		return "Nor in an emergency."
	case s.Nothing || len(r.Categories) > 0 && opened == 0 || len(r.Sensitivity) > 0 && marked == 0:
		return "In an emergency it does not open either, by what you say of emergencies."
	case opened > 0 && opened == len(r.Categories) && marked == len(r.Sensitivity):
		return "In an emergency it opens all the same."
	}
	return "In an emergency what of it opens to others then opens all the same."
}

func (r Restriction) what(name func(stele.Subject) string) string {
	switch n := len(r.Records); {
	case n == 1 && r.WholeFolios:
		return "a single record, and what lies in one folio with it"
	case n == 1:
		return "a single record"
	case n > 1 && r.WholeFolios:
		return fmt.Sprintf("%d single records, and what lies in one folio with them", n)
	case n > 1:
		return fmt.Sprintf("%d single records", n)
	}
	what := "anything"
	if len(r.Categories) > 0 {
		what = "your " + list(wordsOf(r.Categories, consent.CategoryWords), "and")
	}
	if len(r.Sensitivity) > 0 {
		what += " marked as " + list(wordsOf(r.Sensitivity, consent.SensitivityWords), "or")
	}
	if len(r.Sources) > 0 {
		names := wordsOf(r.Sources, name)
		slices.Sort(names)
		what += " from " + list(names, "or")
	}
	switch {
	case r.From != 0 && r.From == r.To:
		what += fmt.Sprintf(" of %d, or without a date", r.From)
	case r.From != 0 && r.To != 0:
		what += fmt.Sprintf(" of the years %d to %d, or without a date", r.From, r.To)
	case r.From != 0:
		what += fmt.Sprintf(" of %d and later, or without a date", r.From)
	case r.To != 0:
		what += fmt.Sprintf(" of %d and before, or without a date", r.To)
	}
	return what
}

func wordsOf[T any](list []T, say func(T) string) (words []string) {
	for _, v := range list {
		words = append(words, say(v))
	}
	return words
}

// Touched is what a restriction keeps back of a chart as it is now, in records.
type Touched struct {
	Records  map[stele.Category]int
	Siblings map[stele.Category]int // of a restriction of single records: what lies in their folios besides, of Records
	Summary  string                 // the command that restricts emergency summaries in the chart which are not restricted and may say the same; "": there are none
}

// Warn is the safety warning that is shown before a restriction is signed: what a clinician will not
// see. Allergies and medicines come first.
func (r Restriction) Warn(t Touched) []string {
	var lines []string
	danger := slices.DeleteFunc([]stele.Category{stele.Allergies, stele.Medications}, func(c stele.Category) bool { return t.Records[c] == 0 && !slices.Contains(r.Categories, c) })
	if len(danger) > 0 {
		words := list(wordsOf(danger, consent.CategoryWords), "and")
		lines = append(lines, "Danger: your "+words+" are in this. Who treats you may give you something that harms you, because they do not see it.")
	}
	if len(t.Records) == 0 {
		lines = append(lines, "Nothing of your chart is in this now. What comes later and is in it will not be seen by who treats you.")
	} else {
		lines = append(lines, "Who treats you will not see "+counted(t.Records)+".")
	}
	lines = append(lines, "Nothing tells them that something is missing: they may decide wrongly, or examine you again.")
	switch {
	case len(t.Siblings) > 0 && r.WholeFolios:
		lines = append(lines, "Not only the record that you named: "+counted(t.Siblings)+" in the same folio cannot be opened without it, or would be told otherwise than it is: earlier and later versions.")
	case len(t.Siblings) > 0:
		lines = append(lines, "Not only the record that you named: "+counted(t.Siblings)+" would be told otherwise than it is: earlier and later versions.")
	}
	if len(r.Records) > 0 {
		lines = append(lines, "A newer version of the record that somebody delivers later is open to others until you restrict it, too: your timeline and your log say when one has come.")
	}
	lines = append(lines, "Other records may still tell of it: letters, documents and care plans that name it.")
	if r.InEmergencies {
		lines = append(lines, "In an emergency, too, when nobody can ask you, nobody will see it.")
	} else {
		lines = append(lines, "An emergency summary that you make from now on leaves it out: who reads only that in an emergency does not see it.")
	}
	if t.Summary != "" {
		lines = append(lines, "The emergency summary in your chart may say what you restrict, and so may its earlier versions. Restrict it, too: "+t.Summary)
	}
	return append(lines, "What somebody has opened before, they may have kept. You can lift this at any time.")
}

// counted says how many records there are of what.
func counted(records map[stele.Category]int) string {
	var parts []string
	for _, c := range stele.Categories() {
		if n := records[c]; n == 1 {
			parts = append(parts, "1 record of your "+consent.CategoryWords(c))
		} else if n > 1 {
			parts = append(parts, fmt.Sprintf("%d records of your %s", n, consent.CategoryWords(c)))
		}
	}
	return list(parts, "and")
}
