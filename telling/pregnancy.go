package telling

import (
	"slices"
	"strings"
)

// The LOINC codes that tell of a pregnancy as it is (HL7 International Patient Summary,
// pregnancy section): its status, and the estimated date of delivery by several methods.
var (
	pregnancyStatus = []string{"82810-3", "11449-6"}
	deliveryDates   = []string{"11778-8", "11779-6", "11780-4"}
)

// lastsAtMost is how many days after it was told a pregnancy may still last.
const lastsAtMost = 300

// pregnancy reports whether a record answers the question whether somebody is pregnant,
// and whether its answer is yes and may still be so on the day of reading. A medicine
// that harms a child is not looked up in last month's results.
func pregnancy(kind string, r view, when Moment, today string) (asked, yes bool) {
	code := r.at("code")
	if kind != "Observation" || today == "" {
		return false, false
	}
	if hasCode(code, loinc, deliveryDates...) || duePhrase(code) {
		due := firstOf(parseMoment(r.at("valueDateTime").raw()).Day, parseMoment(r.at("valueString").raw()).Day)
		return false, len(due) == 10 && due >= plusDays(today, -21)
	}
	if !hasCode(code, loinc, pregnancyStatus...) && !slices.ContainsFunc(allWords(code), asksPregnancy) {
		return false, false
	}
	said := answerOf(r)
	return said != 0, said > 0 && len(when.Day) == 10 && when.Day >= plusDays(today, -lastsAtMost)
}

// answerOf is 1 for who is pregnant, -1 for who is not, and 0 for what answers neither, or
// both: a code against its own words.
func answerOf(r view) int {
	value := r.at("valueCodeableConcept")
	said := wordsOf(firstOf(value.at("text").text(), value.at("coding", "display").text(), r.at("valueString").text()))
	boolean := r.at("valueBoolean").text()
	no := hasCode(value, snomed, "60001007") || boolean == "no"
	yes := hasCode(value, snomed, "77386006") || hasCode(value, loinc, "LA15173-0") || boolean == "yes"
	_, undone := undone(strings.Join(said, " "), "")
	switch denied, named := deniesPregnancy(said); {
	case HasWord(said, unsure):
		return 0
	case denied, undone:
		no = true
	default:
		yes = yes || named || affirmations[strings.Join(said, " ")]
	}
	switch {
	case yes && !no:
		return 1
	case no && !yes:
		return -1
	}
	return 0
}

// deniesPregnancy reports whether words say that there is none, and whether they name it.
func deniesPregnancy(said []string) (denied, named bool) {
	for i, w := range said {
		if pregnantWords[w] {
			named = true
			return HasWord(said[:i], denials) || i+1 < len(said) && (said[i+1] == "değil" || said[i+1] == "yok"), named
		}
	}
	return len(said) > 0 && (denials[said[0]] || negatives[said[0]]), false
}

// duePhrase knows an estimated date of delivery by its words.
func duePhrase(code view) bool { return says(notes(allWords(code)...), dueWords) }

// says reports whether a text has one of the words or phrases, each with a space on
// either side.
func says(text string, phrases []string) bool {
	text = spacedWords(text)
	return slices.ContainsFunc(phrases, func(s string) bool { return strings.Contains(text, s) })
}

// spacedWords are the words of a text, with a space on either side.
func spacedWords(text string) string { return " " + strings.Join(wordsOf(text), " ") + " " }

// HasWord reports whether one of the words, as folded, is in a list.
func HasWord(said []string, of map[string]bool) bool {
	return slices.ContainsFunc(said, func(w string) bool { return of[w] })
}

// asksPregnancy reports whether a text is the name of the question, and nothing more.
func asksPregnancy(text string) bool {
	said := wordsOf(text)
	return HasWord(said, pregnantWords) && !slices.ContainsFunc(said, func(w string) bool { return !pregnantWords[w] && !questionWords[w] })
}

// Words of a pregnancy in English, German, French, Spanish, Italian, Dutch, Portuguese and
// Turkish. A code that says it needs none.
var (
	pregnantWords = words("pregnancy pregnant gravid schwanger schwangerschaft risikoschwangerschaft zwillingsschwangerschaft mehrlingsschwangerschaft frühschwangerschaft gravidität " +
		"enceinte grossesse embarazada embarazo incinta gravidanza zwanger zwangerschap tweelingzwangerschap grávida gravidez gebe gebelik hamile hamilelik")
	questionWords = words("status statut estado stato durum durumu is patient patientin of de di do da state schwangerschaftsstatus zwangerschapsstatus reported actual current aktuell aktuelle")
	affirmations  = words("yes ja oui sí si sì sim evet positive positiv positif positivo positiva positief pozitif")
	denials       = words("no not none nein nicht keine non pas aucune sin nessuna nee geen niet não nao sem hayır")
	negatives     = words("negative negativ négatif négative negativo negativa negatief negatif")
	unsure        = words("unknown unbekannt inconnu inconnue desconocido desconocida sconosciuto sconosciuta onbekend desconhecido bilinmiyor")
	dueWords      = []string{" edd ", " estimated date of delivery ", " estimated delivery date ", " expected date of delivery ", " due date ", " delivery date ",
		" geburtstermin ", " entbindungstermin ", " date prévue d accouchement ", " date prévue de l accouchement ", " date prévue du terme ", " fecha probable de parto ",
		" data presunta del parto ", " data presunta di parto ", " uitgerekende datum ", " data provável do parto ", " tahmini doğum tarihi "}

	// notNow are words beside which the others tell of no pregnancy that lasts: it is
	// denied, was once, is in the wrong place, is asked for, feared, wished or somebody else's.
	notNow = words("no not none unknown history previous past test ectopic molar induced after post desire planning prevention family contraception partner wife mother " +
		"nicht keine kein kinderwunsch unbekannt anamnese frühere zustand nach ektope ektopische extrauterine extrauteringravidität wunsch verhütung mutter ehefrau " +
		"pas non aucune inconnu inconnue antécédent antécédents extra ectopique môlaire interruption ivg désir après fausse nerveuse mère épouse " +
		"sin desconocido desconocida antecedente antecedentes ectópico ectópica interrupción deseo prueba después anticoncepción madre esposa " +
		"nessuna sconosciuto sconosciuta pregressa pregresse anamnesi ectopica extrauterina molare interruzione desiderio dopo madre moglie " +
		"geen niet onbekend vorige eerdere buitenbaarmoederlijke ectopische afbreking wens na moeder echtgenote " +
		"não nao sem desconhecido história anterior interrupção desejo teste após mãe " +
		"değil yok bilinmiyor dış ektopik mol molar öykü öyküsü testi sonlandırma önceki geçirilmiş sonrası isteği anne eş eşi")
)

// pregnancyCodes are those of SNOMED CT for a pregnancy that is, and the beginnings of
// those of ICD-10 and its national forms, of ICPC-2: pregnant state, its duration and its
// supervision. Z33.2 is the termination of one.
var (
	pregnancyCodes    = []string{"77386006", "72892002", "47200007", "16356006", "65147003", "58532003", "83074005"}
	pregnancyChapters = map[string][]string{"icd-10": {"Z33", "Z34", "Z35", "O09", "Z3A"}, "icpc": {"W78", "W79", "W84"}}
)

func codedPregnancy(code view) bool {
	return hasCode(code, snomed, pregnancyCodes...) || slices.ContainsFunc(code.at("coding").list(), func(c view) bool {
		system, value := strings.ToLower(c.at("system").raw()), c.at("code").raw()
		for name, begins := range pregnancyChapters {
			if strings.Contains(system, name) && slices.ContainsFunc(begins, func(s string) bool { return strings.HasPrefix(value, s) }) {
				return !strings.HasPrefix(value, "Z33.2")
			}
		}
		return false
	})
}

// pregnantBy reports whether a problem is a pregnancy that may still last: by its
// code or its words, and not of a day so long ago that it cannot. That one is unclear.
func pregnantBy(e *Told, r view, today string) bool {
	words := wordsOf(e.Name)
	risk := slices.Contains(words, "risk") && !says(e.Name, []string{" high risk pregnancy ", " at risk pregnancy "}) // "risk of pregnancy"
	_, undone := undone(e.Name, today)
	none := undone || coded(r.at("code"), noPregnancyCodes)
	if e.Type != "Condition" || e.Stands != Holds && e.Stands != Unclear || e.Absent || none || HasWord(words, notNow) || risk || !codedPregnancy(r.at("code")) && !HasWord(words, pregnantWords) {
		return false
	}
	if today == "" {
		return false
	}
	if isAfter(plusDays(today, -lastsAtMost), e.When.Day) { // never, of no day
		if e.Stands == Unclear {
			return false
		}
		e.Stands, e.Status = Unclear, notes(e.Status, "longer ago than a pregnancy lasts")
		return false
	}
	return true
}

// outcomes are the words for how a pregnancy ends, with a space on either side.
var outcomes = []string{" miscarriage ", " abortion ", " stillbirth ", " intrauterine death ", " fetal death ", " termination of pregnancy ", " retained products of conception ",
	" ectopic pregnancy ", " cesarean ", " caesarean ", " c section ", " childbirth ", " livebirth ", " live birth ", " vaginal delivery ", " vaginal birth ", " delivery of baby ", " delivery of placenta ",
	" forceps delivery ", " breech delivery ", " normal delivery ", " spontaneous delivery ", " preterm delivery ", " delivered ", " postpartum ",
	" fehlgeburt ", " totgeburt ", " spontangeburt ", " entbindung ", " kaiserschnitt ", " sectio ", " schwangerschaftsabbruch ", " fausse couche ", " accouchement ", " césarienne ", " ivg ",
	" aborto ", " cesárea ", " parto ", " taglio cesareo ", " interruzione di gravidanza ", " miskraam ", " keizersnede ", " bevalling ", " abortus ", " cesariana ", " sezaryen ", " kürtaj ", " doğum yaptı "}

// endsPregnancy reports whether a problem or what was done tells that a pregnancy came
// to its end, however it did, or a test that there is none.
func endsPregnancy(e *Told, r view) bool {
	if e.Type == "Observation" {
		return e.Stands == Happened && tested(r) < 0
	}
	if e.Type != "Condition" && e.Type != "Procedure" || e.Stands == Denied || e.Stands == Ahead || e.Absent {
		return false
	}
	words := wordsOf(e.Name)
	if slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"threatened", "history", "previous", "past", "risk", "no", "not", "recurrent", "habitual", "planned", "family", "fear",
			"drohend", "drohende", "drohender", "keine", "menace", "antécédent", "antécédents", "amenaza", "antecedente", "antecedentes", "minaccia", "pregresso", "pregressa", "dreigende", "geen", "ameaça", "tehdidi", "öyküsü"}, w)
	}) {
		return false
	}
	lost, _ := undone(e.Name, "")
	return lost || says(e.Name, outcomes) && !slices.Contains(words, "complicating") && !HasWord(foldedWords(e.Name), notYetLost)
}

// tests are the names of a test for a pregnancy, with a space on either side.
var tests = []string{" hcg ", " pregnancy test ", " test pregnancy ", " schwangerschaftstest ", " test de grossesse ", " prueba de embarazo ", " test de embarazo ",
	" test di gravidanza ", " zwangerschapstest ", " teste de gravidez ", " gebelik testi "}

// testLasts is how many days after a positive test a pregnancy may still last: 42 weeks.
const testLasts = 7 * 42

// The codes of tests for a pregnancy that are positive or negative, and of their results.
var (
	testCodes = []string{"2106-3", "2112-1", "80384-1", "2118-8", "2110-5"} // LOINC, in urine and in serum
	positives = map[string][]string{snomed: {"10828004", "260373001"}, loinc: {"LA6576-8", "LA11882-0"}}
	negated   = map[string][]string{snomed: {"260385009", "260415000"}, loinc: {"LA6577-6", "LA11883-8"}}
)

// tested is 1 for a positive test for a pregnancy, -1 for a negative one, and 0 for what
// is none, or says neither or both.
func tested(r view) int {
	if !hasCode(r.at("code"), loinc, testCodes...) && !says(notes(allWords(r.at("code"))...), tests) {
		return 0
	}
	value := r.at("valueCodeableConcept")
	words := wordsOf(firstOf(notes(allWords(value)...), r.at("valueString").raw()))
	coded := func(codes map[string][]string) bool {
		return hasCode(value, snomed, codes[snomed]...) || hasCode(value, loinc, codes[loinc]...)
	}
	no := HasWord(words, negatives) || strings.Join(words, " ") == "not detected" || coded(negated)
	yes := !HasWord(words, denials) && (HasWord(words, affirmations) || slices.Contains(words, "detected")) || coded(positives) ||
		r.at("valueBoolean").text() == "yes" || hasCode(r.at("interpretation"), "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "POS")
	switch {
	case yes && !no && !HasWord(words, unsure):
		return 1
	case no && !yes:
		return -1
	}
	return 0
}

// perhapsPregnant takes a positive test that is recent enough for a pregnancy that may be:
// whoever was tested was not asked, and it may have ended since.
func (e *Told) perhapsPregnant(r view, today string) {
	if e.Type == "Observation" && e.Stands == Happened && today != "" && e.When.Day != "" && tested(r) > 0 && !isAfter(plusDays(today, -testLasts), e.When.Day) {
		e.Pregnant, e.Stands = true, Unclear
	}
}
