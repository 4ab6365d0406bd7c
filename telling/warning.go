package telling

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// Systems have no one place for what harms somebody: an allergy comes as an
// AllergyIntolerance, as a problem, a flag, an adverse event, an issue or a finding.
// warn finds it wherever it stands: what it is sure of none it takes for one, as to
// miss one harms more than to show it. find names what it suspects, where that is
// another record.
func (e *Told) warn(r view, find finder) {
	r = r.quiet()
	words := e.Name
	switch e.Type {
	case "AllergyIntolerance":
		e.Allergy = !e.Absent
		e.Danger = dangerOf(r)
		for _, reaction := range r.at("reaction").list() {
			e.Harms = append(e.Harms, allWords(reaction.at("substance"))...)
		}
		words = e.Name
	case "Condition", "Flag":
		e.Allergy = allergic(e.Name)
		if !e.Allergy && !inducedBy(e.Name) { // "heparin-induced thrombocytopenia"
			return
		}
	case "AdverseEvent":
		grave := graded(r.at("seriousness"), graveWords) || graded(r.at("severity"), graveWords) || graded(r.at("outcome"), deadlyWords)
		words = notes(append(allWords(r.at("event")), allWords(r.at("category"))...)...)
		e.Allergy = allergic(words)
		e.Warns = (grave || e.Allergy) && r.at("actuality").raw() != "potential"
		for _, suspect := range r.at("suspectEntity").list() {
			e.Harms = append(e.Harms, namesOf(suspect.at("instance"), find)...)
		}
	case "DetectedIssue":
		words = notes(append(allWords(r.at("code")), r.at("detail").raw())...)
		e.Allergy = allergic(words) || hasWord(r.at("code"), "algy", "dalg", "falg", "ealg")
		e.Warns = (r.at("severity").raw() == "high" || e.Allergy) && !r.at("mitigation").has()
		e.Harms = implicated(e.Allergy, r, find)
	case "Immunization":
		if e.Warns { // see graveReaction
			e.Harms, e.Allergy = allWords(r.at("vaccineCode")), allergic(e.Value)
		}
		if why := endedByAllergy(e, r); len(why) > 0 {
			e.Warns, e.Allergy, e.Harms = true, true, why
		}
		e.Warns = e.Warns || contraindicated(e, r)
		if !e.Warns {
			e.toldAside(r, find)
			return
		}
	case "RiskAssessment":
		e.Warns = slices.ContainsFunc(r.at("prediction").list(), func(p view) bool {
			return graded(p.at("qualitativeRisk"), highWords)
		})
	case "Observation":
		asks := hasCode(r.at("code"), loinc, "48765-2") || aboutAllergies(notes(allWords(r.at("code"))...))
		e.Allergy = e.Value != "" && asks && tellsSome(r, namesNothing) && !e.Another
		words = e.Value
		if !e.Allergy && !e.Another {
			e.toldAside(r, find)
			return
		}
	case "MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense", "Procedure":
		why := endedByAllergy(e, r)
		if words = e.Name; e.Type == "Procedure" {
			words = notes(why...)
		}
		e.Why = whyEnded(e, r)
		e.Allergy, e.Warns = len(why) > 0, contraindicated(e, r) || len(why) > 0 && e.Type == "Procedure" && e.Stands == Denied
		given := e.Type == "MedicationAdministration" && e.Stands == Happened
		if ended := e.Stands == Over || e.Stands == Denied; (ended || given) && !e.Allergy && e.Type != "Procedure" {
			e.toldAside(r, find)
			return
		}
	case "QuestionnaireResponse":
		e.Harms = answersThat(r.at("item"), false, aboutAllergies, func(string) bool { return false }, namesNothing)
		e.Allergy = len(e.Harms) > 0
		if perils := answersThat(r.at("item"), false, tellsPeril, tellsPeril, deniesAny); e.Stands == Happened && len(perils) > 0 {
			e.Aside, e.Peril, e.Harms = true, true, append(e.Harms, perils...)
		}
	case "Composition":
		e.Harms = allergySections(r.at("section"))
		e.Allergy = len(e.Harms) > 0
	case "Bundle":
		lines := summaryTells(r)
		e.toldAside(r, find)
		e.Harms = append(lines, slices.DeleteFunc(e.Harms, func(aside string) bool {
			return slices.ContainsFunc(lines, func(line string) bool { return spells(line, aside) || spells(aside, line) })
		})...)
		e.Aside, e.Allergy = len(e.Harms) > 0, e.Allergy || len(lines) > 0
	default:
		e.toldAside(r, find)
		return
	}
	if e.Allergy && e.Type != "Immunization" && !e.AmongOthers() || e.Type == "Condition" || e.Type == "Flag" {
		e.Harms = append(e.Harms, words)
		if e.Type != "Procedure" { // which is not what harmed
			e.Harms = append(e.Harms, allWords(r.at("code"))...)
		}
	}
	if e.Warns && e.Stands == Happened {
		e.Stands = Holds // until somebody says otherwise
	}
	if e.Allergy && (e.Type == "Observation" || e.AmongOthers()) && e.Stands == Happened {
		e.Stands = Unclear // of its day; but nobody outgrows an allergy by being asked again
	}
	if e.Allergy && strings.HasPrefix(e.Type, "Medication") && !e.Not {
		e.Stands = Unclear
	}
	if e.Allergy && e.Type == "Condition" && e.Stands == Over && anaphylactic(e.Name) {
		e.Stands, e.Status = Unclear, notes(e.Status, "whether the allergy is, is not said")
	}
}

// lastingCodes begin codes of ICD-10 for what outlasts a visit: a decision not to be revived, a
// belief that forbids a treatment, an allergy, thrombocytopenia by heparin, what is in the body, and anticoagulants.
var lastingCodes = []string{"Z66", "Z53.1", "Z88", "Z91.0", "D75.82", "Z95", "Z79.0"}

// outlastsItsVisit reports a diagnosis that does not end with the visit at which it was made.
func (e *Told) outlastsItsVisit(r view) bool {
	return e.Type == "Condition" && (e.Allergy || e.Directive || e.Pregnant || e.Peril || len(e.Harms) > 0 && inducedBy(e.Name) || coded(r.at("code"), lastingCodes))
}

// AmongOthers reports whether an entry tells allergies, or perils, among other things: what it
// says of them is in Harms.
func (e *Told) AmongOthers() bool {
	return len(e.Harms) > 0 && (e.Aside || e.Type == "QuestionnaireResponse" || e.Type == "Composition")
}

// inducing are the beginnings of what says that something was brought about by a medicine,
// in the languages of allergy.go, as folded.
var inducing = []string{"induced", "induzier", "induit", "inducid", "indott", "geinduceer", "induzid"}

// inducedBy reports whether a name says that something brought it about.
func inducedBy(name string) bool { return hasPart(foldedWords(name), inducing) }

// Words of what follows a vaccine, as people write them in the languages of allergy.go, as
// folded: what has a word that is neither of the mild nor goes with them is taken for grave,
// and so is what is severe.
var (
	mildReactions = strings.Fields("fever febrile pain sore tender redness erythema swelling induration headache fatigue tired malaise myalgia local site irritab drows crying nausea " +
		"fieber schmerz rotung schwellung lokal mude fievre douleur rougeur gonflement fiebre dolor enrojecimiento hinchazon febbre dolore arrossamento gonfiore koorts pijn roodheid zwelling febre dor inchaco ates agri kizariklik sislik")
	graveReactions = strings.Fields("anaphyla anafila anafyla severe serious schwer grave ernstig siddetli angioedema shock collapse seizure convuls krampf encephal guillain myocard pericard thrombo")
	besideMild     = words("and or with at of the in on to a an for after post was had some mild mildly slight slightly low grade minor moderate transient brief arm arms leg legs thigh limb left right upper lower " +
		"injection vaccine vaccination reaction area day days hour hours night temperature und mit am im an der die das leicht leichte leichter leichtes links rechts einstichstelle injektionsstelle impfstelle reaktion nach tage tagen " +
		"et avec au du de la le les l leger legere bras gauche droit point reaction apres y con en el leve brazo zona lugar inyeccion e al lieve braccio sede iniezione reazione met van het lichte plaats prik reactie " +
		"com no na braco injecao ve hafif kol kolda yerinde c")
)

// graveReaction reports whether what followed a vaccine speaks against the next.
func graveReaction(reaction string) bool {
	some, said := false, wordsOf(stele.Fold(reaction)) // some of the mild
	for _, w := range said {
		has := func(s string) bool { return strings.HasPrefix(w, s) || len(s) > 4 && strings.Contains(w, s) }
		number := w[0] >= '0' && w[0] <= '9'
		switch is := slices.ContainsFunc(mildReactions, has); {
		case slices.ContainsFunc(graveReactions, has), !is && !number && !besideMild[w]:
			return true
		case is:
			some = true
		}
	}
	return len(said) > 0 && !some
}

// Words for what is high, grave or deadly, in the languages of allergy.go, as folded.
var (
	highWords   = words("high certain hoch hohe hohes hoher eleve elevee alto alta elevado elevada elevato elevata hoog hoge yuksek")
	graveWords  = words("serious severe schwerwiegend schwer schwere schweres grave graves serieux serieuse severo severa seria serio ernstig ernstige ciddi siddetli agir")
	deadlyWords = words("fatal death todlich tod mortel deces mortal muerte mortale morte dodelijk overlijden morte obito olumcul olum")
	notGraded   = words("no not non nicht kein keine pas niet geen nao sin sem degil without ohne sans senza zonder")
)

// graded reports whether a concept is called by one of the words, and not that it is not:
// "non-serious". HL7's codes for seriousness begin with the word: SeriousIsLifeThreatening.
func graded(c view, of map[string]bool) bool {
	said := allWords(c)
	for _, coding := range c.at("coding").list() {
		said = append(said, strings.Replace(coding.at("code").raw(), "Serious", "Serious ", 1))
	}
	return slices.ContainsFunc(said, func(s string) bool {
		words := wordsOf(stele.Fold(s))
		return HasWord(words, of) && !HasWord(words, notGraded)
	})
}

// contraindications are the words for what speaks against something, without signs.
var contraindications = []string{"contraindic", "kontraindi", "contreindi", "controindic", "kontrendik", "medicalprecaution"}

// contraindicated reports whether a thing was not done, or a medicine was stopped, because
// something in the person speaks against it: it may next time, too.
func contraindicated(e *Told, r view) bool {
	said := append(append(allWords(r.at("statusReason")), allWords(r.at("statusReasonCodeableConcept"))...), e.Status, e.Why)
	ended := e.Stands == Denied || e.Stands == Over && strings.HasPrefix(e.Type, "Medication")
	return ended && (hasCode(r.at("statusReason"), "http://terminology.hl7.org/CodeSystem/v3-ActReason", "MEDPREC") || slices.ContainsFunc(said, func(s string) bool {
		s = strings.Join(wordsOf(stele.Fold(s)), "")
		return slices.ContainsFunc(contraindications, func(w string) bool { return strings.Contains(s, w) })
	}))
}

// The dangers by which allergies are ordered.
const (
	mild = iota - 1
	undecided
	grave
)

// dangerOf is how much an allergy may harm, as far as its author says.
func dangerOf(r view) int {
	out := undecided
	switch r.at("criticality").raw() {
	case "high":
		return grave
	case "low":
		out = mild
	}
	for _, reaction := range r.at("reaction").list() {
		if reaction.at("severity").raw() == "severe" || anaphylactic(notes(allWords(reaction)...)) {
			return grave
		}
	}
	return out
}

// implicated are the names of what an issue about an allergy is about.
func implicated(allergy bool, r view, find finder) (out []string) {
	if allergy {
		for _, ref := range r.at("implicated").list() {
			out = append(out, namesOf(ref, find)...)
		}
	}
	return out
}

// namesOf are the words of a reference, and what its record is called.
func namesOf(ref view, find finder) []string {
	out := allWords(ref)
	if name := referred(ref, find); name != "" && !slices.Contains(out, name) {
		out = append(out, name)
	}
	return out
}

// allWords are all names at a place: texts and displays.
func allWords(place view) (out []string) {
	for _, c := range place.list() {
		for m := range c.v.All() {
			w := view{v: m}
			switch key := m.Key(); {
			case key == "text" || key == "display" || key == "description":
				out = append(out, Clean(w.raw()))
			case key == "coding" || key == "manifestation" || strings.HasSuffix(key, "CodeableConcept"):
				out = append(out, allWords(w)...)
			}
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// hasWord reports whether a concept, or a code, has one of the words: not "non-serious".
func hasWord(c view, words ...string) bool {
	said := allWords(c)
	for _, coding := range c.at("coding").list() {
		said = append(said, coding.at("code").raw())
	}
	return slices.ContainsFunc(said, func(s string) bool { return slices.Contains(words, strings.ToLower(s)) })
}
