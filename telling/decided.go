package telling

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// A decision about being kept alive, or about blood, is also written where no decision has its
// place: into the text of a letter or a plan, a goal, a message, an answer of a form. What such a
// text tells may be so.

// decide finds the sentences and answers of a record that is no directive itself that tell one.
func (e *Told) decide(r view, find finder) {
	over := e.Stands == Over && (e.Type == "CarePlan" || e.Type == "Goal")
	if e.Directive || e.Not || e.Absent || e.Another || over || e.Stands == Denied || e.Type == "FamilyMemberHistory" || e.Type == "Patient" {
		return
	}
	switch e.Type {
	case "QuestionnaireResponse":
		e.Decided = decidedAnswers(r.at("item"))
	case "Composition":
		e.Decided = decidedSections(r.at("section"))
	default:
		notes := e.Type == "List" || strings.HasPrefix(e.Type, "Medication") || justNoted[e.Type]
		for _, text := range asideOf(r.at(asideRoot(notes)...), notes, find) {
			e.Decided = append(e.Decided, decisionsIn(text)...)
		}
		e.Decided = append(e.Decided, planned(r)...)
	}
	if madeHere(r) {
		e.Decided = withoutTitles(composition(r), e.Decided)
	}
	slices.Sort(e.Decided)
	e.Decided = slices.Compact(e.Decided)
}

// withoutTitles are what a summary of ours tells of decisions without the titles of its sections, and each without what
// points to others of its lines.
func withoutTitles(summary view, decided []string) (out []string) {
	titles := map[string]bool{}
	for _, s := range summary.at("section").list() {
		titles[Clean(s.at("title").raw())] = true
	}
	for _, line := range decided {
		if line = bare(line); line != "" && !titles[line] {
			out = append(out, line)
		}
	}
	return out
}

// asideRoot is where the texts of a record are looked for.
func asideRoot(notes bool) []string {
	if notes {
		return []string{"note"}
	}
	return nil
}

// planned are the activities of a plan that tell a decision, some as what shall not be done.
func planned(r view) (out []string) {
	for _, a := range r.at("activity").list() {
		not := a.at("detail", "doNotPerform").text() == "yes"
		for _, name := range allWords(a.at("detail", "code")) {
			switch {
			case !not:
				out = append(out, decisionsIn(name)...)
			case wordsDirective(name, true):
				out = append(out, "not to be done: "+name)
			}
		}
	}
	return out
}

// decisionsIn are the sentences of a text that tell a decision.
func decisionsIn(text string) (out []string) {
	for sentence := range strings.SplitSeq(parts.Replace(rows(text)), "\n") {
		sentence = strings.Trim(Clean(sentence), " .")
		if decidesLess(sentence) && !HasWord(foldedWords(sentence), warnings) {
			out = append(out, sentence)
		}
	}
	return out
}

// Phrases that are the names of documents, of which people also talk, and of questions; with
// that all is to be done, which goes without saying.
var (
	documents = []string{" advance directive ", " advance directives ", " living will ", " advance care plan ", " health care proxy ", " healthcare proxy ", " advance decision ", " power of attorney ", " lasting power of attorney ", " treatment escalation plan ", " respect plan ", " respect form ", " polst ", " molst ",
		" patientenverfugung ", " vorsorgevollmacht ", " betreuungsverfugung ", " directives anticipees ", " personne de confiance ", " voluntades anticipadas ", " instrucciones previas ", " testamento vital ", " disposizioni anticipate di trattamento ", " testamento biologico ",
		" wilsverklaring ", " behandelverbod ", " diretivas antecipadas ", " diretiva antecipada "}
	notTo   = strings.NewReplacer(replacePairs(" dnr ", " not attempt resuscitation ", " not attempt cpr ", " not attempt cardiopulmonary resuscitation ", " not for attempted cpr ", " not for attempted cardiopulmonary resuscitation ")...)
	neutral = strings.NewReplacer(replacePairs(" ", " attempt resuscitation ", " attempt cpr ", " attempt cardiopulmonary resuscitation ", " for attempted cpr ", " for attempted cardiopulmonary resuscitation ", " full code ", " for full resuscitation ", " code status ", " resuscitation status ", " resuscitation orders ", " reanimationsstatus ", " reanimatiebeleid ", " reanimatiebesluit ", " wel reanimeren ")...)
	talking = words("information leaflet brochure discuss discussed discussion offered policy education counselling counseling asked review reviewed provided advice besprochen beratung informe information informacion informazioni informatie informacao bilgi")
)

func replacePairs(by string, list ...string) (out []string) {
	for _, s := range list {
		out = append(out, s, by)
	}
	return out
}

// decidesLess reports whether a sentence tells that something is not to be done, or who or what decides it,
// and does not deny that.
func decidesLess(sentence string) bool {
	text := neutral.Replace(notTo.Replace(spacedWords(stele.Fold(sentence))))
	if !wordsDirective(text, false) {
		return false
	}
	if talksOf(strings.Fields(text)) {
		return false
	}
	marked := neutral.Replace(notTo.Replace(spacedWords(stele.Fold(strings.ReplaceAll(sentence, ",", " "+comma+" ")))))
	phrases := slices.DeleteFunc(slices.Clone(directiveWords), func(p string) bool { return !strings.Contains(text, p) })
	return len(phrases) == 0 || slices.ContainsFunc(phrases, func(p string) bool { return !deniedPhrase(text, marked, p) })
}

// comma stands for one among words.
const comma = "commahere"

// AsksForLess reports whether the name of a question asks for a document, or whether something is
// not to be done, so that "no" to it says that there is no decision.
func AsksForLess(name string) bool {
	text := spacedWords(stele.Fold(name))
	said := strings.Fields(text)
	return has(text, documents) || has(text, askingForLess) || hasPart(said, jehovah) || refused(said, sustaining) || refused(said, transfusing)
}

var askingForLess = []string{" refuses blood ", " refusal of blood ", " declines blood ", " dnr ", " dnar ", " dnacpr ", " dni ", " do not resuscitate ", " do not attempt ", " do not intubate ", " not for resuscitation ", " not for cpr ", " no cpr ", " nicht reanimieren ", " ne pas reanimer ", " no reanimar ", " non rianimare ", " niet reanimeren ", " nao reanimar "}

// talksOf reports whether words only talk of a document.
func talksOf(said []string) bool {
	text := " " + strings.Join(said, " ") + " "
	rest := text
	for _, d := range documents {
		rest = strings.ReplaceAll(rest, d, " ")
	}
	return rest != text && HasWord(said, talking) && !wordsDirective(rest, false)
}

// deniedPhrase reports whether the words beside a phrase deny it, up to the next comma: "DNR: no", "living
// will is not on file", and not "DNR, no dialysis".
func deniedPhrase(text, marked, phrase string) bool {
	before, _, _ := strings.Cut(text, phrase)
	head := strings.Fields(before)
	_, after, _ := strings.Cut(marked, phrase)
	after, _, _ = strings.Cut(after, comma)
	tail := strings.Fields(after)
	no := len(tail) > 0 && denyingAllergy[tail[0]] && (len(tail) == 1 || besideNone[tail[1]]) || len(tail) > 1 && len(tail) <= 4 && denyingAllergy[tail[1]]
	return no || HasWord(head[max(0, len(head)-4):], denyingAllergy)
}

// besideNone are words after "no" that go on to say that there is none.
var besideNone = words("on in at present available known exists given made file record longer applicable vorhanden bekannt hinterlegt disponible connue")

// Beginnings of words, as folded, by which a question asks whether somebody objects to a
// thing, or agrees to it, in the languages of allergy.go.
var (
	objecting = append(strings.Fields("object against einwand gegen oppos contre opone contra bezwaar tegen recus karsi"), refusing...)
	agreeing  = strings.Fields("accept agree consent want wish willing attempt allow would einverst zustimm wunsch akzept accord souhait desea acept accett akkoord wens wilt aceit deseja kabul ister onay")
)

// decidedAnswers are the answers of a form that tell a decision, each with its question.
func decidedAnswers(items view) (out []string) {
	for _, item := range items.list() {
		question := Clean(item.at("text").raw())
		asked := foldedWords(question)
		ofThese := hasPart(asked, sustaining) || hasPart(asked, transfusing)
		for _, a := range item.at("answer").list() {
			answer := firstOf(Clean(a.at("valueString").raw()), Clean(a.at("valueCoding", "display").raw()), a.at("valueBoolean").text())
			yes, no := answer != "" && !deniesAny(answer), saysNone(answer)
			asks := wordsDirective(question, false) && !talksOf(asked) || ofThese && hasBegin(asked, objecting)
			refuses := ofThese && hasBegin(asked, agreeing) && !hasBegin(asked, objecting) && no
			if wordsDirective(answer, false) && (decidesLess(answer) || asks) || asks && yes || refuses {
				out = append(out, notesBy(" ", question, answer))
			}
			out = append(out, decidedAnswers(a.at("item"))...)
		}
		out = append(out, decidedAnswers(item.at("item"))...)
	}
	return out
}

// decidedSections are what the sections of a document tell that list no records.
func decidedSections(sections view) (out []string) {
	for _, s := range sections.list() {
		title, text := Clean(s.at("title").raw()), shortNarrative(s.at("text"), roomOfSection)
		about := saysDirective(s.at("code"), false) || wordsDirective(title, false)
		switch {
		case s.at("entry").has():
		case about && text != "" && (!deniesAny(text) || decidesLess(text)):
			out = append(out, notesBy(": ", title, text))
		case !about:
			out = append(out, decisionsIn(text)...)
		}
		if text == "" && strings.Contains(title, ":") && decidesLess(title) {
			out = append(out, title)
		}
		out = append(out, decidedSections(s.at("section"))...)
	}
	return out
}
