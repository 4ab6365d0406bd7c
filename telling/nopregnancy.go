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
	lostBefore = words("terminated termination loss lost end abbruch verlust beendigung beendete abgebrochene arret perte fin interrupcion perdida perdita perda fim interruzione interrupcao interruption afbreking verlies einde")
	lostAfter  = words("terminated termination loss lost ended aborted delivered resulting abbruch verlust beendet abgebrochen arretee interrompue perdue terminee interrumpido interrumpida perdido perdida terminado terminada " +
		"gestacional interrotta persa terminata interrompida terminadas afgebroken beeindigd verlies sonlandirildi sonlandirilmis sonlandirilan kaybi sonlanmis")
	neverBefore = words("out exclude excluded excluding false phantom pseudo biochemical chemical tubal cervical ovarian desires wants wishes trying become becoming get getting avoid avoiding prevent pre before never " +
		"ausschluss ausgeschlossene tubar souhaite avant exclusion descartar descartado descartada antes esclusa escludere excluir excluida uitgesloten voor sahte")
	neverAfter = words("excluded ruled avoidance counselling counseling negative unlikely ausgeschlossen geplant gewunscht negativ werden exclue ecartee souhaitee ectopique descartado excluido deseado negativo esclusa desiderata negativa excluida desejada uitgesloten gewenst negatief worden dislandi negatif")
	joints     = words("of de du d des della di der da do van a the la le l une un una einer eine la resulting is was been to ist war est es e foi with in")
	// pastMarks are short for "status post".
	pastMarks = []string{" z n ", " s p ", " st n ", " atcd ", " never ", " nie ", " jamais ", " nunca ", " nooit "}
)

// noPregnancyCodes begin codes of ICD-10 for a pregnancy with an abortive outcome, a birth, and
// what is asked, wished or prevented.
var noPregnancyCodes = []string{"N96", "Z30", "Z31", "Z32.02", "Z33.2", "Z37", "Z39", "O00", "O01", "O02", "O03", "O04", "O05", "O06", "O07", "O08", "O80", "O82"}

// undone reports whether a name says of a pregnancy that it came to its end, or that there is
// none.
func undone(name string) (lost, never bool) {
	said := wordsOf(name)
	for i, w := range said {
		if !pregnantWords[w] {
			continue
		}
		for _, before := range near(said, i, -1) {
			lost, never = lost || lostBefore[before], never || neverBefore[before]
		}
		for _, after := range near(said, i, 1) {
			lost, never = lost || lostAfter[after], never || neverAfter[after]
		}
	}
	return lost, never || says(stele.Fold(name), pastMarks)
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

// yearsAgo reports whether a name has a year that is no more: "Hypertension in pregnancy 2015".
func yearsAgo(name, today string) bool {
	return len(today) > 4 && slices.ContainsFunc(wordsOf(name), func(w string) bool {
		return len(w) == 4 && strings.Trim(w, "0123456789") == "" && w > "1900" && w < plusDays(today, -lastsAtMost)[:4]
	})
}
