package consent

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stele-health/stele"
)

const (
	maxList = 256       // entries of a list; more is a mistake or an attack
	maxName = 120       // characters of a name on a screen
	maxUses = 1<<31 - 1 // FHIR unsignedInt
)

// Check reports the first thing that makes g unfit to be a grant, with
// KindInvalid. The text names an element of the document, never its value.
func (g Grant) Check() error {
	for _, rule := range []func(Grant) string{
		checkParties, checkActor, checkPurposes, checkScope, checkTimes, checkEvidence, checkPart2, checkDelegation,
	} {
		if text := rule(g); text != "" {
			return stele.E("check grant", stele.KindInvalid, text, nil)
		}
	}
	return nil
}

func checkParties(g Grant) string {
	switch {
	case g.ID.IsZero():
		return "the grant has no id"
	case g.Patient.Subject.IsZero():
		return "the grant names no patient"
	case g.Patient.Name != "" && !validName(g.Patient.Name):
		return "Consent.patient.display cannot be shown on a screen"
	case g.Action != stele.ActionRead && g.Action != stele.ActionWrite && g.Action != stele.ActionDelegate:
		return "the action is neither read, write nor delegate"
	case !validKey(g.Grantee):
		return "the grantee key has an unknown suite or a wrong length"
	}
	return ""
}

// validKey knows the signature suites 1 (Ed25519) and 2 (ECDSA P-256,
// compressed) of the wire room; others fail closed (R34).
func validKey(k stele.PublicKey) bool {
	switch k.Suite {
	case 1:
		return len(k.Key) == 32
	case 2:
		return len(k.Key) == 33 && (k.Key[0] == 2 || k.Key[0] == 3)
	}
	return false
}

func checkActor(g Grant) string {
	a := g.Actor
	if a.Kind != Practitioner && a.At != (Party{}) {
		return "only a practitioner acts at an organisation"
	}
	switch a.Kind {
	case Practitioner, Person, Organisation:
		if a.Subject.IsZero() || !validName(a.Name) {
			return "the actor needs a subject and a name that can be shown"
		}
		if a.FacilityKind != "" || a.Kind != Organisation && a.Role != "" {
			return "the actor is named and cannot be a role as well"
		}
		if a.Kind != Organisation && strings.Contains(a.Name, " at ") {
			// "Dr Roe at City Clinic" has to mean the clinic as well.
			return "a practitioner's name says where; the grant has a place for that"
		}
		if a.Role != "" && !validCode(a.Role) {
			return "the actor's role is not a code"
		}
		if a.At != (Party{}) && (a.At.Subject.IsZero() || !validName(a.At.Name)) {
			return "the practitioner's organisation needs a subject and a name that can be shown"
		}
		return ""
	case RoleAtFacility:
		if a.Party != (Party{}) {
			return "a role names nobody"
		}
		if !validCode(a.Role) || !validCode(a.FacilityKind) {
			return "a role needs the codes of the role and of the kind of facility"
		}
		return ""
	}
	return "the kind of actor is unknown"
}

func checkPurposes(g Grant) string {
	if len(g.Purposes) == 0 {
		return "the grant names no purpose"
	}
	for _, p := range g.Purposes {
		if !p.Valid() {
			return "a purpose is not of the HL7 value set"
		}
		if p == stele.Research && slices.ContainsFunc(g.Purposes, func(q stele.Purpose) bool { return q != stele.Research }) {
			return "research needs a grant of its own"
		}
	}
	return ""
}

func checkScope(g Grant) string {
	switch {
	case len(g.Categories) == 0:
		return "the grant allows no category"
	case slices.Contains(g.Categories, AllCategories) && len(inOrder(g.Categories, nil)) > 1:
		return "all categories stand alone"
	case !slices.Contains(g.Categories, AllCategories) && !every(g.Categories, stele.Category.Valid):
		return "a category is unknown"
	case !every(g.Sensitivity, stele.Sensitivity.Valid) || slices.ContainsFunc(g.Sensitivity, g.unsaid):
		return "a sensitivity is unknown"
	case !g.From.valid() || !g.To.valid():
		return "a date of the data period does not exist"
	case !g.From.IsZero() && !g.To.IsZero() && g.From.first() > g.To.last():
		return "the data period ends before it begins"
	case len(g.Sources) > maxList || len(g.Records) > maxList:
		return "a list is too long"
	case slices.ContainsFunc(g.Records, stele.ID.IsZero):
		return "a record handle is empty"
	}
	if text := checkUnclassified(g); text != "" {
		return text
	}
	seen := map[stele.Subject]string{}
	for _, s := range g.Sources {
		if s.Subject.IsZero() || !validName(s.Name) {
			return "a source needs a subject and a name that can be shown"
		}
		if name, ok := seen[s.Subject]; ok && name != s.Name {
			return "a source has two names"
		}
		seen[s.Subject] = s.Name
	}
	return ""
}

// checkUnclassified holds that what cannot be classified is never ordinary, and
// that only who delivers is told what it counts as.
func checkUnclassified(g Grant) string {
	seen := map[stele.Category]bool{}
	for _, w := range g.Unclassified {
		switch {
		case g.Action != stele.ActionWrite || g.wordedBefore("2"):
			return "only a grant to write says what cannot be classified counts as"
		case w.Category != "" && !w.Category.Valid():
			return "a category is unknown"
		case len(w.Sensitivity) == 0 || !every(w.Sensitivity, stele.Sensitivity.Valid) || slices.ContainsFunc(w.Sensitivity, g.unsaid):
			return "what cannot be classified counts as one sensitivity at least"
		case seen[w.Category]:
			return "what cannot be classified is said twice for one category"
		}
		seen[w.Category] = true
	}
	return ""
}

func checkTimes(g Grant) string {
	for _, t := range []time.Time{g.NotBefore, g.End, g.Signed.At} {
		if y := t.UTC().Year(); t.IsZero() || y < 1970 || y > 9999 {
			return "a time is missing or out of range"
		}
	}
	switch {
	case !g.NotBefore.Before(g.End):
		return "the grant ends before it begins"
	case !g.Signed.At.Before(g.End):
		return "the grant was signed after its end"
	case g.MaxUses > maxUses:
		return "the number of uses is out of range"
	}
	return ""
}

func checkEvidence(g Grant) string {
	u, err := url.Parse(g.Policy)
	switch {
	case err != nil || !u.IsAbs() || len(g.Policy) > 256 || !printable(g.Policy) || strings.Contains(g.Policy, " "):
		return "the policy is not a URI"
	case !slices.Contains(Languages(), g.Language):
		return "there are no sentences in this language"
	case !slices.Contains(wordings, g.Wording):
		return "the version of the sentences is unknown"
	case g.Signed.By.Subject.IsZero():
		return "nobody signed"
	case g.Signed.By.Name != "" && !validName(g.Signed.By.Name):
		return "Consent.performer.display cannot be shown on a screen"
	case g.Signed.By.Subject == g.Patient.Subject && g.Signed.By.Name != g.Patient.Name:
		return "the patient has two names"
	}
	return ""
}

// checkPart2 holds what 42 CFR 2.31(a) asks for and an ordinary grant may leave
// out; the rest is required of every grant.
func checkPart2(g Grant) string {
	if g.Part2() && (g.Patient.Name == "" || g.Signed.By.Name == "") {
		return "a grant of substance use data names the patient and who signed"
	}
	return ""
}

func every[T any](list []T, ok func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !ok(v) })
}

// validName keeps out what could make a sentence look like another one.
func validName(s string) bool { return stele.CheckName("a name", s) == nil }

func printable(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return false
		}
	}
	return utf8.ValidString(s)
}

// validCode reports whether s is a lower-case code such as "doctor".
func validCode(s string) bool { return stele.CheckCode("a code", s) == nil }
