package telling

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// A peril is what nobody sees before an anaesthetic, or before one medicine, and what may
// kill then: an airway that could not be managed, or what runs in a family. It comes as a
// complication, a finding, a problem or a relative's illness. It is told by two words near
// each other: a part of the one and the beginning of the other, as folded, or both in one
// word. In English, German, French, Spanish, Italian, Dutch, Portuguese and Turkish.
type peril struct {
	of, is []string
	apart  map[string]bool // words that stand between what tells two things
}

// perils are those of the person's own: an airway, and what runs in families.
var perils = append([]peril{
	{
		of: strings.Fields("intub entub airway atemweg luchtweg aerien aerea aeree laryngosc laryngosk laringosc laringosk maskventil maskenbeatm maskbeatm larynxmask havayolu"),
		is: strings.Fields("difficult difficil dificil dificul difficol schwierig erschwert unmoglich misslung missgluck fehlgeschlag gescheitert moeilij mislukt onmogelij zor guc basarisiz imkansiz " +
			"failed impossib imposib impossivel echec fallid fallit falha cannot unable unsuccess"),
		apart: words("protect protecting own niv extubation extubations extubated extubatie extubacion estubazione after due because for following then and or disease clearing easy uneventful uneventfully nach wegen und oder apres pour et ou despues por para y o dopo per e wegens voor en apos sonra icin ve"),
	},
	{of: strings.Fields("cormack"), is: strings.Fields("3 3a 3b 4 iii iv")},
}, perilsOfKin[:3]...)

// perilPhrases tell one in any place, with a space before.
var perilPhrases = []string{" cico ", " cicv ", " cannot ventilat", " cannot oxygenat", " cannot be ventilat", " mh suscept"}

// perilsOfKin are those of relatives that may be the person's own, too: what runs in
// families and an operation, or a single medicine, brings out.
var perilsOfKin = []peril{
	{of: strings.Fields("hyperther hiperter iperterm hyperpyrex"), is: strings.Fields("malign")},
	{of: strings.Fields("cholinesteras colinesteras kolinesteraz"), is: strings.Fields("deficien deficit defizi mangel eksik atyp lack abnorm anomal")},
	{of: strings.Fields("sux succinylchol succinilcol sukzinylchol suksinilkol scoline"), is: strings.Fields("apno apne paraly prolong verlanger")},
	{of: strings.Fields("anaesth anesth anasth anestes anestez narkos narcos narkoz"), is: strings.Fields("complic komplik problem probleem zwischenfall death died dead tod reacti reakti reacci reazion reacao mort muert decess overl")},
}

// inherited are parts of the names of what runs in families and is brought out so.
var inherited = strings.Fields("porphyr porfir porfyr hemophil haemophil hamophil hemofil emofil willebrand brugada favism g6pd")

// inheritedPhrases are others, with a space before.
var inheritedPhrases = []string{" mh suscept", " long qt ", " qt long ", " qt largo ", " qt lungo ", " qt longo ", " lange qt ", " lang qt ", " verlengd qt ", " uzun qt ", " lqts ",
	" hereditary angio", " hereditares angio", " hereditair angio", " herediter anji", " angioedeme heredit", " angioedema heredit", " angioedema eredit", " angio edeme heredit", " angio oedeme heredit", " erfelijk angio"}

// perilCodes are the beginnings of the codes of ICD-10 and its national forms for these:
// malignant hyperthermia due to anaesthesia, failed or difficult intubation, also in pregnancy,
// labour and after; of relatives also porphyria and defects of coagulation.
var (
	perilCodes      = []string{"T88.3", "T88.4", "O29.6", "O74.7", "O89.6"}
	perilCodesOfKin = []string{"T88.3", "E80.0", "E80.1", "E80.2", "D66", "D67", "D68.0"}
)

// Ways to say that a thing could not be done, and names of two words, each taken for one word.
var (
	notDone = []string{" can t ", " can not ", " could not ", " couldn t ", " not possible ", " failure to ", " nicht moglich ", " nicht zu ", " konnte nicht ", " pas possible ", " n a pas pu ",
		" no se pudo ", " no fue posible ", " non possibile ", " non e stato possibile ", " niet mogelijk ", " niet te ", " nao foi possivel ", " mumkun degil "}
	byMask = []string{" mask ventilation ", " ventilation au masque ", " ventilacion con mascarilla ", " ventilazione in maschera ", " ventilacao com mascara ", " maske ventilasyonu "}
	inOne  = strings.NewReplacer(slices.Concat(replacedBy(notDone, " cannot "), replacedBy(byMask, " maskventilation "), replacedBy([]string{" hava yolu "}, " havayolu "))...)
)

func replacedBy(list []string, by string) (out []string) {
	for _, s := range list {
		out = append(out, s, by)
	}
	return out
}

// excluded are words within or after which nothing is left of a peril, beside denyingAllergy.
var excluded = words("absent niet excluded ausgeschlossen exclu exclue excluida excluido escluso esclusa uitgesloten dislandi ruled normal easy")

// hardly are answers to a question for a peril that tell none.
var hardly = words("unlikely low false unwahrscheinlich niedrig gering faible improbable bajo baja basso bassa laag baixo baixa dusuk")

// perilReach is how many words may lie between the two.
const perilReach = 2

// perilous reports whether words tell one of the perils, and not that there is none.
func perilous(text string, of []peril, phrases []string) bool {
	return slices.ContainsFunc(clauses(text), func(clause string) bool {
		clause = inOne.Replace(spacedWords(stele.Fold(clause)))
		said := strings.Fields(clause)
		phrased := func(p string) bool {
			before, _, found := strings.Cut(clause, p)
			return found && !deniedBefore(said, len(strings.Fields(before)))
		}
		return slices.ContainsFunc(phrases, phrased) || slices.ContainsFunc(of, func(p peril) bool { return p.toldBy(said) })
	})
}

// clauses are the parts of a text, of which each tells its own; a name in few words is one:
// "Intubation, difficult".
func clauses(text string) []string {
	if len(wordsOf(text)) <= 3 {
		return []string{text}
	}
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".,;/·\n", r) })
}

// toldBy reports whether a clause has both words of a peril near each other, or in one.
func (p peril) toldBy(said []string) bool {
	for i, w := range said {
		if !hasPart(said[i:i+1], p.of) {
			continue
		}
		if slices.ContainsFunc(p.is, func(s string) bool { return len(s) > 4 && strings.Contains(w, s) }) && !deniedAround(said, i, i) {
			return true
		}
		for j := max(0, i-perilReach-1); j < min(len(said), i+perilReach+2); j++ {
			if first, last := min(i, j), max(i, j); p.calls(said[j]) && !HasWord(said[first:last], p.apart) && !deniedAround(said, first, last) {
				return true
			}
		}
	}
	return false
}

// calls reports whether a word begins as one of those for the peril; short ones count whole.
func (p peril) calls(w string) bool {
	return slices.ContainsFunc(p.is, func(s string) bool { return w == s || len(s) > 3 && strings.HasPrefix(w, s) })
}

// deniedAround reports whether a word before, between or right after denies what is told
// from the first to the last.
func deniedAround(said []string, first, last int) bool {
	after := said[first:min(len(said), last+2)]
	return deniedBefore(said, first) || HasWord(after, denyingAllergy) || HasWord(after, excluded)
}

// deniedBefore reports whether one of the few words before a place denies what stands there,
// and does not only forbid to give something.
func deniedBefore(said []string, at int) bool {
	before := slices.DeleteFunc(slices.Clone(said[:at]), func(w string) bool { return ofRelatives[w] || besideKin[w] }) // "no family history of"
	return deniesWhatFollows(before[max(0, len(before)-3):])
}

// besideKin are words by which one of the family is told.
var besideKin = words("history of de di del da des anamnese anamnesi antecedents antecedentes historia historial von")

// tellsPeril reports whether words tell a peril of the person's own, or call it one of
// the family.
func tellsPeril(text string) bool {
	if HasWord(foldedWords(text), ofRelatives) {
		return tellsPerilOfKin(text)
	}
	return perilous(text, perils, perilPhrases)
}

// tellsPerilOfKin reports whether words tell a peril of a relative that may be the
// person's own.
func tellsPerilOfKin(text string) bool {
	runs := func(clause string) bool {
		said := foldedWords(clause)
		at := slices.IndexFunc(said, func(w string) bool { return hasPart([]string{w}, inherited) })
		return at >= 0 && !deniedAround(said, at, at)
	}
	return perilous(text, perilsOfKin, inheritedPhrases) || slices.ContainsFunc(clauses(text), runs)
}

// imperils finds a peril wherever a record tells one. What is of its day is no fact of
// today, and may be one: nobody grows out of such a thing, nor is it looked for twice.
func (e *Told) imperils(r view, find finder) {
	if r = r.quiet(); e.Absent {
		return
	}
	said := func(texts []string) bool { return slices.ContainsFunc(texts, tellsPeril) }
	switch e.Type {
	case "FamilyMemberHistory":
		e.Peril = perilOfKin(r)
	case "Condition":
		e.Peril = e.Stands != Denied && (coded(r.at("code"), perilCodes) || said(append(allWords(r.at("code")), remarked(r)...)))
		if e.Peril {
			e.Danger = grave
		}
		if e.Peril && e.Stands == Over {
			e.Stands, e.Status = Unclear, notes(e.Status, "whether the danger is, is not said")
		}
	case "Procedure":
		e.Peril = coded(r.at("complication"), perilCodes) || said(wentWrong(r, find))
		e.Warns = e.Warns || e.Peril && e.Stands == Denied
	case "Observation":
		e.Peril = found(e, r)
	case "AdverseEvent":
		e.Peril = said(append(allWords(r.at("event")), allWords(r.at("category"))...)) && r.at("actuality").raw() != "potential"
	case "DetectedIssue":
		e.Peril = said(append(allWords(r.at("code")), r.at("detail").raw())) && !r.at("mitigation").has()
	case "DocumentReference", "Composition":
		e.Peril = e.Peril || said(append(allWords(r.at("type")), r.at("title").raw()))
	}
	if e.Peril && (e.Type == "AdverseEvent" || e.Type == "DetectedIssue") && e.Stands == Happened {
		e.Warns, e.Stands = true, Holds
	}
}

// perilOfKin reports whether a relative has, or had, what may be the person's own peril.
func perilOfKin(r view) bool {
	texts := remarked(r)
	for _, c := range r.at("condition").list() {
		if coded(c.at("code"), perilCodesOfKin) {
			return true
		}
		texts = append(append(append(texts, allWords(c.at("code"))...), allWords(c.at("outcome"))...), remarked(c)...)
	}
	return slices.ContainsFunc(texts, tellsPerilOfKin)
}

// wentWrong are the words by which a procedure tells what went wrong: its name with what
// came of it, or with why it was not done, its complications, its remarks.
func wentWrong(r view, find finder) []string {
	out := append(allWords(r.at("complication")), remarked(r)...)
	for _, ref := range r.at("complicationDetail").list() {
		out = append(out, namesOf(ref, find)...)
	}
	for _, name := range allWords(r.at("code")) {
		out = append(out, name)
		for _, of := range append(append(allWords(r.at("outcome")), allWords(r.at("statusReason"))...), allWords(r.at("complication"))...) {
			out = append(out, name+" "+of)
		}
	}
	return append(append(out, allWords(r.at("outcome"))...), allWords(r.at("statusReason"))...)
}

// found reports whether a finding tells a peril: by its answer, by its name if the answer
// is not that there is none, or by both: "Intubation: difficult".
func found(e *Told, r view) bool {
	if slices.ContainsFunc(append(remarked(r), e.Value), tellsPeril) {
		return true
	}
	if tellsPeril(e.Name) || coded(r.at("code"), perilCodes) {
		return tellsSome(r, deniesAny) && !HasWord(foldedWords(e.Value), hardly)
	}
	short := len(wordsOf(e.Value))
	return short > 0 && short <= perilReach && tellsPeril(e.Name+" "+e.Value)
}

// remarked are the remarks of a record, or of a part of one.
func remarked(r view) (out []string) {
	for _, n := range r.at("note").list() {
		out = append(out, n.at("text").raw())
	}
	return out
}

// coded reports whether one of the concepts has a code of ICD-10 that begins as one of those.
func coded(concepts view, beginnings []string) bool {
	return slices.ContainsFunc(concepts.list(), func(c view) bool {
		return slices.ContainsFunc(c.at("coding").list(), func(coding view) bool {
			code := coding.at("code").raw()
			return strings.Contains(strings.ToLower(coding.at("system").raw()), "icd-10") && slices.ContainsFunc(beginnings, func(s string) bool { return strings.HasPrefix(code, s) })
		})
	})
}
