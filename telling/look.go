package telling

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// Results to look at: those that their source calls critical, and antibodies against red
// cells. Which of them are told beside what is so is the business of package timeline.

// Answers reports whether a finding tells a value, or how it lies, and not that there is none.
func (e Told) Answers() bool {
	return e.Value != noValue && !strings.HasPrefix(e.Value, noResult) && (e.Value != "" || e.Judged)
}

// criticalWords begin the words by which a source calls a result critical, in the languages
// of allergy.go, as folded.
var criticalWords = strings.Fields("critic critiq kritis kritik panic panik")

// critical reports whether the source calls a result, or a part of it, critical: by HL7's
// codes, whatever its own range says, or in words.
func critical(r view) bool {
	return slices.ContainsFunc(r.at("interpretation").list(), func(c view) bool {
		if _, sign, _ := interpreted(c); len([]rune(sign)) > 1 {
			return true
		}
		return slices.ContainsFunc(allWords(c), func(s string) bool {
			said := foldedWords(s)
			return hasBegin(said, criticalWords) && !HasWord(said, notGraded)
		})
	}) || slices.ContainsFunc(r.at("component").list(), critical)
}

// judged reports whether the source says how a result lies in its range, or it lies within.
func judged(r view) bool {
	return inRange(r) || slices.ContainsFunc(r.at("interpretation").list(), func(c view) bool {
		_, _, judges := interpreted(c)
		return judges
	})
}

// Tests for antibodies against red cells: LOINC 890-4 (blood group antibody screen) and 1003-3
// (indirect antiglobulin test), and words of their names, as folded.
var (
	antibodyTests = []string{"890-4", "1003-3"}
	antibodyWords = strings.Fields("antibod antikorp anticorp anticuerp antisto antilich antikor agglutinin aglutinin alloantik coombs antiglobul")
	ofRedCells    = strings.Fields("irreg duzensiz erythro erytro eritro alloantib alloantik alloantico coombs antiglobul")
	redCells      = []string{" red cell ", " red blood cell ", " rbc ", " blood group ", " red cells "}
	// shortNames are names that are whole.
	shortNames = words("aks akst rai pai eai iea iat iagt")
	// shortened stand for antibodies, and lookingFor within a word for a search for any: where a
	// name says no more, those against red cells are meant.
	shortened  = words("ab abs ak ac rai")
	lookingFor = strings.Fields("screen histor anamnes identif suchtest differenz search detect tarama tanimla tespit rastreo escrutin pesquisa ricerca recherche busqueda buscas depist opsporing onderzoek cribado cribaj")
	besideThat = words("id the of for on with test tests testing panel iat iagt gel tube card method interpretation final interp bank transfusion group blutgruppe groupe grupo gruppo bloedgroep sanguin sanguineo sanguigno sanguineo type and und et y e en ve d de des du l der von fur i di degli testi")
	// onRedCells are tests for what is bound to them, and of others' cells.
	onRedCells = strings.Fields("direct direkt direkter directe directo diretto direto dat donor unit")
	foundNone  = words("neg nd niet absent absente absents absentes absence ausente ausentes ausencia assente assenti assenza afwezig undetected undetectable nil nihil unauffallig nein nee " +
		"saptanmadi bulunmadi rastlanmadi edilmedi pending insufficient cancelled")
	// foundSome begin words for what was found.
	foundSome = strings.Fields("pos poz detected reactive present found nachgewiesen vorhanden detecte decel rilevat aangetoond saptandi")
	// givenTo begin words by which an immunoglobulin was given.
	givenTo = strings.Fields("given admin inject injiz gegeben verabr appliz")
	// measuring are words beside the name of an antibody.
	measuring = words("ab abs titre titer titers titres titolo titulo quantification quantitation quantifizierung level screen allo igg igm presence in serum plasma or blood result ratio iu ml")
	// antigens are those against which an antibody is called by itself: "Anti-K".
	antigens = words("d c e k kell cellano cw fya fyb jka jkb s m lea leb lua lub wra kpa jsa u ce")
)

// antibodies is 1 for who has antibodies against red cells, -1 for a test that found none, and
// 0 for what tells neither.
func antibodies(r view) int {
	answer := 0
	if aboutRedCells(r.at("code")) {
		answer = answerTo(r)
	}
	for _, c := range r.at("component").list() {
		if part := antibodies(c); part != 0 && answer <= 0 {
			answer = part
		}
	}
	return answer
}

// aboutRedCells reports whether a name is that of a test for antibodies against red cells.
func aboutRedCells(code view) bool {
	return hasCode(code, loinc, antibodyTests...) || slices.ContainsFunc(allWords(code), func(name string) bool {
		test, _, _ := strings.Cut(name, ":") // "Antibody ID: Anti-E"
		return redCellTest(name) || redCellTest(test)
	})
}

// answerInName is the answer that a name tells after a colon: what else stands there, as
// "cell 2", is none.
func answerInName(code view) string {
	for _, name := range allWords(code) {
		_, answer, _ := strings.Cut(name, ":")
		if said := foldedWords(answer); namesAntibody(said) || hasBegin(said, foundSome) {
			return answer
		}
	}
	return ""
}

func redCellTest(name string) bool {
	said := foldedWords(name)
	ownTissue := slices.ContainsFunc(said, func(w string) bool { return strings.HasPrefix(w, "auto") && hasPart([]string{w}, antibodyWords) })
	switch {
	case HasWord(said, set(onRedCells...)), ownTissue && !says(stele.Fold(name), redCells):
		return false
	case says(stele.Fold(name), groupAndScreen):
		return true
	case slices.Contains(said, "abo"):
		return hasPart(said, antibodyWords)
	case againstAntigen(said):
		return true
	}
	return len(said) == 1 && shortNames[said[0]] || looksForAny(said) || hasPart(said, antibodyWords) && (hasPart(said, ofRedCells) || says(stele.Fold(name), redCells))
}

// looksForAny reports whether a name is that of a search for antibodies, and says not against
// what: "Ab screen, IAT", and not "HIV antibody screen".
func looksForAny(said []string) bool {
	antibody := func(w string) bool { return shortened[w] || hasPart([]string{w}, antibodyWords) }
	looks := func(w string) bool { return w == "id" || hasPart([]string{w}, lookingFor) }
	more := func(w string) bool { return !antibody(w) && !looks(w) && !measuring[w] && !besideThat[w] }
	return slices.ContainsFunc(said, antibody) && slices.ContainsFunc(said, looks) && !slices.ContainsFunc(said, more)
}

// againstAntigen reports whether a name is that of an antibody against an antigen, and says no
// more than that it is one, or how much: "Anti-D antibody titre". An immunoglobulin that was
// given is none.
func againstAntigen(said []string) bool {
	at := slices.Index(said, "anti")
	more := func(w string) bool { return !measuring[w] && !hasPart([]string{w}, antibodyWords) }
	for n := at + 2; at >= 0 && n <= min(at+3, len(said)); n++ {
		if antigens[strings.Join(said[at+1:n], "")] && !slices.ContainsFunc(slices.Concat(said[:at], said[n:]), more) {
			return true
		}
	}
	return false
}

// answerTo is 1 where a test found what it looks for, or its answer names anything, -1 where it
// found nothing, and 0 where it tells neither.
func answerTo(r view) int {
	value := r.at("valueCodeableConcept")
	text := firstOf(notes(allWords(value)...), r.at("valueString").raw())
	if !answers(r) {
		text = answerInName(r.at("code"))
	}
	said := foldedWords(text)
	coded := func(codes map[string][]string, results ...string) bool {
		return hasCode(value, snomed, codes[snomed]...) || hasCode(value, loinc, codes[loinc]...) || slices.ContainsFunc(r.at("interpretation").list(), func(c view) bool {
			return hasCode(c, "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", results...)
		})
	}
	_, number := measuredBy(r)
	answer := r.at("valueBoolean").text()
	found, none, other := clausesOfAnswer(text)
	switch {
	case found: // "anti-K, no others"
		return 1
	case none, coded(negated, "NEG", "ND"), answer == "no":
		return -1
	case HasWord(said, unsure), hasBegin(said, givenTo), r.at("dataAbsentReason").has():
		return 0
	case other && !groupToo(r.at("code")), number, r.at("valueRatio").has(), answer == "yes", coded(positives, "POS", "DET"):
		return 1
	}
	return 0
}

// answers reports whether a test has any answer of its own.
func answers(r view) bool {
	for m := range r.v.All() {
		if strings.HasPrefix(m.Key(), "value") || m.Key() == "interpretation" || m.Key() == "dataAbsentReason" {
			return true
		}
	}
	return false
}

// namesAntibody reports whether an answer names an antibody that is there.
func namesAntibody(said []string) bool {
	for i, w := range said {
		for end := i + 1; w == "anti" && end < min(i+3, len(said)); end++ { // "anti-K", "anti-Jk(a)"
			if antigens[strings.Join(said[i+1:end+1], "")] && !deniedAround(said, i, end) {
				return true
			}
		}
	}
	return false
}
