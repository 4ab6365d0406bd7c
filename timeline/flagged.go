package timeline

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/telling"
)

// onList is what a list says of an item by its flag.
type onList int

const (
	goesOn  onList = iota // nothing, that it is so, or what nobody here knows
	waits                 // that it is not to be taken, or not for now
	crossed               // that it ended, or was an error
)

// flagged is an item of which a list says more than that it is on it.
type flagged struct {
	name, key string // key is "" for what is only named
	under     string // the word under which such stands
	words     string // as it is told: "struck out in Discharge medications: On hold"
}

// flagsOf are the items of a list that it took off, or flags otherwise than as going on.
func flagsOf(whose int, list Entry) (out []flagged) {
	for _, of := range itemsOf(list.record.Root(), "entry") {
		how, words := standsOn(of), flagWords(of.Member("flag"))
		if how == goesOn && (words == "" || affirms(words)) {
			continue
		}
		words = joined(": ", list.Name, words)
		if how != goesOn {
			words = "struck out in " + words
		} else {
			words = "in " + words
		}
		f := flaggedIn(whose, of)
		f.words, f.under = words, "medicine"
		if kind, known := listKinds[typeOf(of.Member("item"))]; known {
			f.under = kindWord(kind)
		} else if list.Kind == stele.Allergies || list.Kind == stele.Problems {
			f.under = kindWord(list.Kind)
		}
		out = append(out, f)
	}
	return out
}

// flaggedIn is an item, by the key of what it leads to or else by its name.
func flaggedIn(whose int, of fhir.Value) flagged {
	ref := textOf(of, "item", "reference")
	if ref == "" {
		return flagged{name: strings.ToLower(textOf(of, "item", "display"))}
	}
	return flagged{key: reference(whose, ref)}
}

// overruled takes from what a list says of its items what the last of its source and name, if
// that is another, names again: that counts.
func (e *Entry) overruled(last *Entry) {
	if last == nil || last == e || len(e.flags) == 0 {
		return
	}
	again := map[flagged]bool{}
	for _, of := range itemsOf(last.record.Root(), "entry") {
		again[flaggedIn(last.whose, of)] = true
	}
	e.flags = slices.DeleteFunc(e.flags, func(f flagged) bool { return again[flagged{name: f.name, key: f.key}] })
	e.acts = slices.DeleteFunc(e.acts, func(key string) bool { return again[flagged{key: key}] })
}

// flagOn is what a list says of an item, as it is told beside it; "" for nothing.
func flagOn(of fhir.Value) string {
	if words := flagWords(of.Member("flag")); words != "" {
		return `flagged "` + words + `"`
	}
	return ""
}

// flagWords are the words of a flag: its text, else those of its codes.
func flagWords(flag fhir.Value) string {
	if text := textOf(flag, "text"); text != "" {
		return telling.Clean(text)
	}
	var out []string
	for _, c := range itemsOf(flag, "coding") {
		words := textOf(c, "display")
		if words == "" && textOf(c, "system") == medicationFlags {
			words = flagCodes[textOf(c, "code")]
		}
		if words == "" {
			words = textOf(c, "code")
		}
		out = append(out, words)
	}
	return telling.Clean(joined(", ", out...))
}

// medicationFlags is the system of R4's example codes for an item's flag.
const medicationFlags = "urn:oid:1.2.36.1.2001.1001.101.104.16592"

var flagCodes = map[string]string{"01": "unchanged", "02": "changed", "03": "cancelled", "04": "prescribed", "05": "ceased", "06": "suspended"}

// standsOn is what a list says of an item. What it denies, or lets depend on anything, or has
// end on some day, is told in its words: only what surely ended is left out.
func standsOn(of fhir.Value) onList {
	if of.Member("deleted").Text() == "true" {
		return crossed
	}
	flag, how := of.Member("flag"), goesOn
	texts := saidIn(flag)
	for _, c := range itemsOf(flag, "coding") {
		if textOf(c, "system") == medicationFlags {
			texts = append(texts, flagCodes[textOf(c, "code")])
		}
	}
	for _, words := range texts {
		w := tokens(stele.Fold(words))
		denies, holds := telling.HasWord(w, denying), telling.HasWord(w, holding)
		switch {
		case denies && (holds || telling.HasWord(w, ceased) || slices.ContainsFunc(w, changes)): // "do not stop"
		case ended(w, strings.ContainsAny(words, "0123456789")):
			return crossed
		case denies || holds || telling.HasWord(w, ceased):
			how = waits
		}
	}
	return how
}

// ended reports whether words say that something ended, whatever else they tell, and not that
// it is to end on some day.
func ended(said []string, dated bool) bool {
	return !telling.HasWord(said, depending) && slices.ContainsFunc(said, func(w string) bool { return ceased[w] && !(dated && toCease[w]) })
}

// changes reports whether a word, as folded, is one for a change.
func changes(w string) bool {
	return slices.ContainsFunc(strings.Fields("chang switch ander geander verander umgestellt gewechs gewijz omgezet modif cambi alter troca degis"), func(b string) bool { return strings.HasPrefix(w, b) })
}

// ceases reports whether words say that something is no longer so, or not for now.
func ceases(s string) bool { return telling.HasWord(tokens(stele.Fold(s)), ceased) }

// affirms reports whether words say that something goes on as it is, or begins.
func affirms(s string) bool {
	w := tokens(stele.Fold(s))
	return telling.HasWord(w, affirming) && !telling.HasWord(w, denying)
}

// Words of flags in English, German, French, Spanish, Italian, Dutch, Portuguese and Turkish, as
// folded.
var (
	// ceased are those for what a list no longer takes for so.
	ceased = words(`stop stopped stopping ended completed finished ceased cancelled canceled discontinue discontinued deleted removed refuted disproved inactive resolved withdrawn error erroneous excluded ruled replaced
	abgesetzt abgesetzte gestoppt beendet absetzen widerlegt ausgeschlossen irrtumlich fehleingabe ersetzt arrete arretee arreter stoppe interrompu interrompue erreur refutee refute remplace
	retirado retirada descartado descartada sustituido interrotto interrotta errore esclusa escluso sostituito gestopt gestaakt stoppen fout uitgesloten vervangen
	interrompido interrompida erro descartada substituido kesildi durduruldu birakildi hata hatali`)
	// toCease are those of them for what is to end.
	toCease = words(`stop stopping discontinue absetzen arreter stoppen`)
	// holding are those for what is not to be taken, or not for now.
	holding = words(`hold holding held withhold withheld suspend suspended paused pause omit omitted contraindicated avoid
	pausiert pausieren ausgesetzt kontraindiziert suspendu suspendue suspendre indique indiquee suspendido suspendida suspender pausa contraindicado contraindicada evitar
	sospeso sospesa sospendere controindicato controindicata onderbroken pauze gecontraindiceerd suspenso suspensa kontrendike ara`)
	denying = words(`no not never don dont nicht kein keine nie ne pas jamais nunca non mai niet geen nooit nao yok degil kullanmiyor almiyor`)
	// depending stand beside them where it is not said that it ended.
	depending = words(`if when after before until unless wenn falls nach bei bis ab si apres jusqu quand despues hasta cuando se dopo fino quando als indien tot depois ate eger sonra`)
	affirming = words(`new continue continued continues unchanged prescribed active current confirmed started restarted resumed
	neu neue neues weiter fortgesetzt unverandert aktuell nouveau nouvelle poursuivi poursuivre inchange nuevo nueva continua continuar nuovo nuova nieuw ongewijzigd doorgaan novo nova manter yeni devam`)
)
