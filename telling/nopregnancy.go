package telling

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// A name may have a word for a pregnancy and tell that it is over, was never there, or is
// only wished for: the word beside it says so. Such a problem stands as one.

// Words that stand before one for a pregnancy, or after it, in the languages of pregnancy.go,
// as folded; between them may stand one of the joints.
var (
	lostBefore  = words("terminated termination loss lost end abbruch verlust beendigung beendete abgebrochene arret perte interrupcion perdida perdita perda interruzione interrupcao interruption afbreking verlies einde")
	lostAfter   = words("terminated termination loss lost ended aborted abortive delivered live abbruch verlust beendet abgebrochen arretee interrompue perdue terminee interrumpido perdido perdida terminado interrotta persa terminata interrompida afgebroken beeindigd verlies sonlandirildi sonlandirilmis sonlandirilan kaybi sonlanmis")
	neverBefore = words("out without exclude excluded excluding false phantom pseudo biochemical chemical tubal cervical ovarian desires wants wishes trying become becoming getting avoid avoiding prevent pre before never nie jamais nunca nooit mai " +
		"ausschluss tubar souhaite avant exclusion descartar antes esclusa escludere excluir uitgesloten sahte")
	neverAfter = words("excluded ruled avoidance counselling counseling negative unlikely ausgeschlossen negativ werden exclue ecartee descartado excluido negativo esclusa negativa excluida uitgesloten negatief worden dislandi negatif")
	joints     = words("of de du d des della di der da do van a the la le l une un una einer eine resulting is was been to ist war est es e foi with in current")
	// notYetLost are words beside which it lasts, and its end is feared or asked for.
	notYetLost = words("threatened threatening imminent risk fear prevention request requests requested requesting referral considering drohend drohende drohender risiko menace risque demande amenaza riesgo solicita minaccia rischio richiede dreigende verzoek ameaca risco pede tehdidi istemi")
	// pastMarks are short for "status post".
	pastMarks = []string{" z n ", " s p ", " st n ", " atcd "}
)

// noPregnancyCodes begin codes of ICD-10 for a pregnancy with an abortive outcome, a birth, and
// what is asked, wished or prevented.
var noPregnancyCodes = []string{"N96", "Z30", "Z31", "Z32.02", "Z33.2", "Z37", "Z39", "O00", "O01", "O02", "O03", "O04", "O05", "O06", "O07", "O08", "O80", "O82"}

// undone reports whether a name says of a pregnancy that it came to its end, and whether it
// tells of none that is not undone so, or otherwise.
func undone(name, today string) (lost, all bool) {
	said := wordsOf(name)
	all = HasWord(said, pregnantWords)
	for i, w := range said {
		if !pregnantWords[w] {
			continue
		}
		before, after := near(said, i, -1), near(said, i, 1)
		ended := (HasWord(before, lostBefore) || HasWord(after, lostAfter)) && !HasWord(foldedWords(name), notYetLost)
		marked := slices.ContainsFunc(pastMarks, func(m string) bool { return strings.Contains(spacedWords(name), m+w+" ") })
		lost = lost || ended
		all = all && (ended || marked || HasWord(before, neverBefore) || HasWord(after, neverAfter) || yearsAgo(after, today))
	}
	return lost, all
}

// near are the word beside another, as folded, and where that joins, the one beyond.
func near(said []string, at, step int) (out []string) {
	for i := at + step; i >= 0 && i < len(said); i += step {
		w := stele.Fold(said[i])
		if out = append(out, w); !joints[w] {
			break
		}
	}
	return out
}

// yearsAgo reports whether one of the words is a year that is no more: "Hypertension in pregnancy 2015".
func yearsAgo(said []string, today string) bool {
	return len(today) > 4 && slices.ContainsFunc(said, func(w string) bool {
		return len(w) == 4 && strings.Trim(w, "0123456789") == "" && w > "1900" && w < plusDays(today, -lastsAtMost)[:4]
	})
}
