package telling

import (
	"regexp"
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// Words of an allergy in English, German, French, Spanish, Italian, Dutch, Portuguese and
// Turkish, as folded (see stele.Fold).
var (
	// allergyStems begin, end or stand within a word for an allergy: "Penicillinallergie".
	allergyStems = []string{"allergi", "allergy", "alergi", "alerji"}
	// allergicEnds are how the stems end in a word that calls something allergic.
	allergicEnds = words("c sch sche scher sches schen que ques co ca ci che cos cas k")
	// sensitiveStems begin words that tell an allergy only with what it is to, or of a reaction.
	sensitiveStems = []string{"hypersensiti", "hypersensibili", "uberempfindlich", "hipersensib", "ipersensib", "overgevoelig"}
	// toWhat stand between such a word and what somebody is allergic to.
	toWhat = words("to auf gegen gegenuber a au aux al alla allo agli ai alle l la voor tegen ao aos as")
	// reactionStems begin the words for a reaction.
	reactionStems = []string{"reacti", "reakti", "reacci", "reazion", "reacao", "reacoes", "reaks"}
	// medicineStems stand within the words for medicines.
	medicineStems = []string{"drug", "medic", "medik", "farmac", "arznei", "geneesm", "ilac"}
	// anaphylaxisStems begin those for anaphylaxis.
	anaphylaxisStems = []string{"anaphyla", "anafila", "anafyla"}

	// giving begin the words for what is done with a medicine.
	giving = strings.Fields("giv gave admin use using take taken tolerat prescri repeat perform done geben gegeben verabr vertrag vertrug verord donn toler usar somminist prescriv geef gev gegev toegedien verdra veril uygulan kullan")

	// denyingAllergy say that there is none, before a word for it or right after.
	denyingAllergy = words("no not nil none denies denied without negative nicht keine kein keinerlei ohne negativ pas aucune aucun sans nie negatif negative " +
		"sin ninguna ninguno niega negativo negativa non nessuna senza nega geen zonder negatief nao sem nenhuma nenhum yok degil")
	// ofRelatives say that it is somebody else's.
	ofRelatives = words("family familie familienanamnese familiar familiares familial familiale familiaux familiare ailede")
	// examining are what is done to find one.
	examining = words("test tests testing screen screening panel ige skin score prick rast allergietest allergietests allergiescreening allergietestung")
	// asking stand beside "allergic" in the name of a question.
	asking = words("history status anamnese anamnesi antecedents antecedentes historia historial statut")
)

// allergic reports whether words tell an allergy of the person's own: not hay fever,
// which is called allergic, nor that there is none, nor that of a relative.
func allergic(s string) bool {
	if HasWord(foldedWords(s), ofRelatives) {
		return false
	}
	return slices.ContainsFunc(strings.Split(sentenceEnds.Replace(s), "\n"), func(sentence string) bool { return tellsAllergy(foldedWords(sentence)) })
}

// sentenceEnds are what ends a sentence, of which each denies its own; a comma parts what
// one denies together.
var sentenceEnds = strings.NewReplacer(". ", "\n", ";", "\n", " - ", "\n", " – ", "\n", "—", "\n", " // ", "\n")

func tellsAllergy(said []string) bool {
	reaction := slices.ContainsFunc(said, func(w string) bool { return begins(w, reactionStems) })
	for i, w := range said {
		next := ""
		if i+1 < len(said) {
			next = said[i+1]
		}
		tells := namesAllergy(w) || begins(w, anaphylaxisStems) || (callsAllergic(w) || begins(w, sensitiveStems)) && (reaction || toWhat[next])
		if tells && !deniesWhatFollows(said[:i]) && !denyingAllergy[next] {
			return true
		}
	}
	return false
}

// deniesWhatFollows reports whether one of the words denies what comes after them, and does
// not only forbid to give something: "not given, penicillin allergy".
func deniesWhatFollows(said []string) bool {
	for i, w := range said {
		if denyingAllergy[w] && !hasBegin(said[i+1:min(len(said), i+4)], giving) {
			return true
		}
	}
	return false
}

// anaphylactic reports whether words name anaphylaxis.
func anaphylactic(s string) bool {
	return slices.ContainsFunc(anaphylaxisStems, func(stem string) bool { return strings.Contains(stele.Fold(s), stem) })
}

// namesAllergy reports whether a word, as folded, is one for an allergy, and not one for
// what is allergic or for a test.
func namesAllergy(w string) bool {
	return stemOfAllergy(w) != "" && !callsAllergic(w) && !examining[w]
}

// callsAllergic reports whether a word, as folded, calls something allergic.
func callsAllergic(w string) bool {
	stem := stemOfAllergy(w)
	_, end, _ := strings.Cut(w, stem)
	return stem != "" && allergicEnds[end]
}

func stemOfAllergy(w string) string {
	for _, stem := range allergyStems {
		if strings.Contains(w, stem) {
			return stem
		}
	}
	return ""
}

func begins(w string, stems []string) bool {
	return slices.ContainsFunc(stems, func(stem string) bool { return strings.HasPrefix(w, stem) })
}

// aboutAllergies reports whether a question asks what somebody is allergic to, or which
// medicines they reacted to.
func aboutAllergies(question string) bool {
	said := wordsOf(stele.Fold(question))
	if HasWord(said, examining) || HasWord(said, ofRelatives) {
		return false
	}
	return slices.ContainsFunc(said, namesAllergy) || hasPart(said, reactionStems) && hasPart(said, medicineStems) || slices.ContainsFunc(said, callsAllergic) && (HasWord(said, asking) || HasWord(said, toWhat))
}

// tellsSome reports whether an answer, or a part of it, names anything, and not that there is
// nothing, of which none judges its words.
func tellsSome(r view, none func(string) bool) bool {
	answers := slices.DeleteFunc(append(allWords(r.at("valueCodeableConcept")), r.at("valueString").raw()), func(a string) bool { return a == "" })
	denied := absence(r.at("valueCodeableConcept")) != "" || slices.ContainsFunc(answers, none)
	some := r.at("valueString").raw() != "" || r.at("valueCodeableConcept").has() || r.at("valueBoolean").text() == "yes"
	return some && !denied || slices.ContainsFunc(r.at("component").list(), func(part view) bool { return tellsSome(part, none) })
}

// DeniesAny reports whether words say that there is nothing, or that nothing is known, and go on
// to nothing else: "No known allergies", and not "No, but penicillin gave me a rash".
func DeniesAny(words string) bool { return deniesAny(words) }

// deniesAny is DeniesAny: each clause of a text denies.
func deniesAny(text string) bool {
	if isAbsenceText(text) {
		return true
	}
	if joinedOn.MatchString(text) || !saysNone(text) {
		return false
	}
	for clause := range strings.SplitSeq(goesOn.ReplaceAllString(text, clauseEnd), clauseEnd) {
		if len(wordsOf(stele.Fold(clause))) > 0 && !saysNone(clause) {
			return false
		}
	}
	return true
}

// goesOn are where a text goes on to something else: a sentence or a clause ends, or a word sets what follows
// against what was said, in the languages above.
var (
	goesOn    = regexp.MustCompile(`[,;:()\[\]\n]|[.!?](\s|$)|\s[-–—/]+\s|(?i:(^|[^\pL])(but|besides|except|excepting|apart|however|although|though|only|aber|ausser|außer|jedoch|nur|bis auf|mais|sauf|excepté|hormis|seulement|pero|salvo|excepto|sólo|solo|ma|tranne|eccetto|però|maar|behalve|alleen|mas|exceto|só|ama|fakat|haric|hariç|dışında)($|[^\pL]))`)
	clauseEnd = "\x00"
)

// saysNone reports whether a clause says that there is nothing, or that nothing is known. A word
// that only begins with such a one names a thing: "Non-steroidal anti-inflammatory drugs"; and
// of a thing that is not known there is one: "Unknown antibiotic".
func saysNone(answer string) bool {
	said := wordsOf(stele.Fold(answer))
	switch {
	case answer == "" || joinedOn.MatchString(answer):
		return false
	case len(said) == 0 || isAbsenceText(answer) || denyingAllergy[said[0]] || slices.Contains([]string{"n", "nka", "nkda", "hayir", "nein", "nee"}, said[0]):
		return true
	}
	return unsure[said[0]] && (len(said) == 1 || slices.ContainsFunc(said[1:], namesAllergy))
}

// namesNothing reports whether a line has no other words than such as say that there is nothing, or that nothing is
// known: "No known allergies (recorded 3 Mar 2026)". One that goes on names something: "None but penicillin"; and so does one of
// which a part names a kind and does not deny it: "Food allergies; NKDA".
func namesNothing(line string) bool {
	if len(foldedWords(line)) == 0 || isAbsenceText(line) {
		return true
	}
	none := false
	for clause := range strings.SplitSeq(goesOn.ReplaceAllString(beforeColon.ReplaceAllString(line, " "), clauseEnd), clauseEnd) {
		denies, kind := false, false
		for _, w := range foldedWords(clause) {
			no := denyingAllergy[w] || noWords[w] || unsure[w] || noneWords[w]
			if !no && !allergyWords[w] && !besideThem[w] && !aroundNone[w] && strings.Trim(w, "0123456789") != "" {
				return false
			}
			denies, kind = denies || no, kind || allergyWords[w] || kindsOfThem[w]
		}
		if kind && !denies {
			return false
		}
		none = none || denies
	}
	return none
}

// beforeColon is where a heading leads to what is said of it: "Drug allergies: none".
var beforeColon = regexp.MustCompile(`:\s`)

// kindsOfThem are words of what somebody may react to, and of reacting, among those that name no thing.
var kindsOfThem = words(`drug food foods medicine medicines medication medications environmental medicamentosas medicamentos medicamenteuse medicamenteuses alimentaire alimentaires alimentarias farmacologica medicijnen medicamentosa
	alimentares ilac allergen allergens allergenic adverse reaction reactions sensitivity sensitivities reacciones adversas`)

// noneWords say it alone.
var noneWords = words("n nka nkda nkma nkfa hayir nein nee unconfirmed")

// aroundNone are the words besides that stand in a line that says so and names no thing, in the languages above: who
// says it, of what, and when.
var aroundNone = words(`information info about are is were was there any have has been asked for yet on of the to at this time now in by patient patients record records recorded reported listed documented available present
	found data allergen allergens allergenic adverse reaction reactions sensitivity sensitivities medicine medicines medication medications foods environmental active confirmed withheld currently current
	jan feb mar apr may jun jul aug sep oct nov dec january february march april june july august september october november december
	angaben angabe information informationen zu uber es liegen liegt vor sind ist der die keinerlei hinweise hinweis auf dokumentiert erfasst vorhanden patient
	informations sur les des rapportee rapportees signalee signalees documentee documentees disponible
	informacion sobre datos hay registradas registrada documentadas constan medicamentos reacciones adversas
	informazioni sulle riferite riferita nota note documentate over geregistreerd gemeld informatie
	informacao informacoes registradas registadas relatadas ha bilgi kayitli bilgisi`)

// joinedOn is a first word that goes on after a hyphen.
var joinedOn = regexp.MustCompile(`^\pL+-\pL`)

// endedByAllergy are the words by which a medicine was stopped or not given because of an
// allergy, or is not to be, or a procedure had one as what came of it: some tell it nowhere
// else.
func endedByAllergy(e *Told, r view) []string {
	var why []string
	switch {
	case e.Type == "Procedure":
		why = append(allWords(r.at("complication")), allWords(r.at("outcome"))...)
		for _, detail := range r.at("complicationDetail").list() {
			why = append(why, Clean(detail.at("display").raw()))
		}
		if e.Stands == Denied {
			why = append(why, allWords(r.at("statusReason"))...)
		}
	case e.Not:
		why = allWords(r.at("reasonCode"))
	case e.Stands == Over || e.Stands == Denied:
		why = append(allWords(r.at("statusReason")), allWords(r.at("statusReasonCodeableConcept"))...)
	}
	return slices.DeleteFunc(why, func(s string) bool { return !allergic(s) })
}

// answersThat are the questions that ask for a thing, to which the answer is not that there is
// none, each with its answer, and those beneath them; and the answers that tell it themselves.
func answersThat(items view, about bool, asks, tells, none func(string) bool) (out []string) {
	for _, item := range items.list() {
		question := Clean(item.at("text").raw())
		about := about || asks(question)
		for _, a := range item.at("answer").list() {
			answer := firstOf(Clean(a.at("valueString").raw()), Clean(a.at("valueCoding", "display").raw()), a.at("valueBoolean").text())
			if (about || tells(answer)) && answer != "" && !none(answer) {
				out = append(out, notesBy(" ", question, answer))
			}
			out = append(out, answersThat(a.at("item"), about, asks, tells, none)...)
		}
		out = append(out, answersThat(item.at("item"), about, asks, tells, none)...)
	}
	return out
}

// allergySections are the texts of a document's sections on allergies that list no records,
// as those of converted letters: some sources have no other place for them.
func allergySections(sections view) (out []string) {
	for _, s := range sections.list() {
		about := hasCode(s.at("code"), loinc, "48765-2") || aboutAllergies(s.at("title").raw())
		lines, _ := Prose(s.at("text", "div").raw())
		if text := shortNarrative(s.at("text"), roomOfSection); about && text != "" && !s.at("entry").has() && slices.ContainsFunc(lines, func(l string) bool { return !namesNothing(l) && l != NothingListed("allergies") }) {
			out = append(out, text)
		}
		out = append(out, allergySections(s.at("section"))...)
	}
	return out
}
