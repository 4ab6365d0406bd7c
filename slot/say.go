package slot

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
)

// Say tells a patient what their slot does, a sentence a line: what would open, for whom, and
// for whom not. name gives the name of who is left out.
func (s Slot) Say(name func(stele.Subject) string) []string {
	if s.Nothing {
		return []string{"In an emergency nobody opens anything of your chart without a grant of yours."}
	}
	lines := []string{"In an emergency, without asking you, your " + list(wordsOf(s.Opens(), consent.CategoryWords), "and") + " can be opened.", s.sayWho(), s.saySensitive()}
	if len(s.Excluded) > 0 {
		names := wordsOf(s.Excluded, name)
		slices.Sort(names)
		lines = append(lines, "Not by "+list(names, "or")+": they open nothing in an emergency.")
	}
	return lines
}

func (s Slot) sayWho() string {
	who, where := "anybody with a licence and a role", "an accredited facility"
	if len(s.Roles) > 0 {
		who = "somebody with a licence and the role of " + list(s.Roles, "or")
	}
	if len(s.Facilities) > 0 {
		where = "a facility accredited as " + list(s.Facilities, "or")
	}
	return "By " + who + " at " + where + ". Each opening stands in your log, with who it was and why."
}

func (s Slot) saySensitive() string {
	if len(s.Sensitivity) == 0 {
		return "Nothing of it that is marked as sensitive or could not be classified."
	}
	return "Of what is marked as sensitive, only: " + list(wordsOf(s.Sensitivity, consent.SensitivityWords), "and") + "."
}

func list(words []string, and string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + and + " " + words[len(words)-1]
}
