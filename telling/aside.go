package telling

import (
	"slices"
	"strings"
)

// Letters, plans, messages, visits and orders have no place for an allergy, nor for what may
// kill under an anaesthetic, and people write them there all the same: "Allergic to penicillin"
// as what a scanned letter is about. Whoever finds no allergy elsewhere reads that there is none.

// asideTexts are the elements in which people write freely; what a thing is called, as
// "Referral to allergy clinic", is none.
var asideTexts = set("note", "description", "title", "summary", "comment", "conclusion", "contentString", "reasonCode", "patientInstruction", "conclusionCode", "itemCodeableConcept")

// asideLinks are references to what was found, of which a name alone tells where it leads nowhere.
var asideLinks = set("allergyIntolerance", "condition", "itemReference", "problem")

// notOfOne are words of who treats allergies, and of none: beside them no allergy is told but
// one to something.
var notOfOne = words("clinic clinics specialist allergist department immunology nka nkda unknown ambulanz sprechstunde unbekannt inconnue inconnu desconocida sconosciuta onbekend desconhecida bilinmiyor")

// headings stand beside the words for allergies where no one is told: "Allergies reviewed".
var headings = words("active ended current adverse any told about have i my reaction reactions alert alerts intolerances sensitivities referral referred please confirm before your bitte consult consultation service reviewed review verified checked updated list education possible " +
	"progress note notes visit appointment letter form report shot shots injection immunotherapy plan assessment evaluation aktuelle unvertraglichkeiten uberpruft uberprufung uberweisung effets indesirables bilan verifiees " +
	"reacciones adversas revision revisado visita verwijzing consulta")

// namesAnAllergy reports whether a sentence that is about allergies names one.
func namesAnAllergy(said []string) bool {
	for i, w := range said {
		if begins(w, anaphylaxisStems) || stemOfAllergy(w) != "" && i+1 < len(said) && toWhat[said[i+1]] {
			return true
		}
	}
	something := func(w string) bool {
		return !begins(w, allergyStems) && !besideThem[w] && !allergyWords[w] && !headings[w]
	}
	return !HasWord(said, examining) && !HasWord(said, notOfOne) && slices.ContainsFunc(said, something)
}

// warnings are words by which a form tells what may come, of everybody: "The risks include".
var warnings = words("risks risiken risques riesgos rischi riscos riskler riskleri risico")

// parts are what parts the sentences of such a text. What comes after a dash may take back
// what stands before it: "Allergic to penicillin - ruled out".
var parts = strings.NewReplacer(". ", "\n", "; ", "\n", betweenRows, "\n")

// toldAside finds in the texts of a record that is about other things the sentences that tell
// an allergy, or a peril.
func (e *Told) toldAside(r view, find finder) {
	if e.Directive || e.Not || e.Absent || e.Type == "FamilyMemberHistory" || e.Type == "Patient" {
		return
	}
	notes := e.Type == "List" || strings.HasPrefix(e.Type, "Medication") || justNoted[e.Type] // which say elsewhere what they name
	if notes {
		r = r.at("note")
	}
	ours := madeHere(r)
	for _, text := range asideOf(r, notes, find) {
		for sentence := range strings.SplitSeq(parts.Replace(rows(text)), "\n") {
			sentence = strings.Trim(Clean(sentence), " .")
			said := foldedWords(sentence)
			if HasWord(said, warnings) || ours && ownWords[sentence] {
				continue
			}
			allergy := allergic(sentence) && namesAnAllergy(said) && (!justNoted[e.Type] || ofWhat(said))
			peril := tellsPeril(sentence) && e.Type != "Observation" // see found
			if !allergy && !peril || slices.Contains(e.Harms, sentence) {
				continue
			}
			e.Aside, e.Allergy, e.Peril = true, e.Allergy || allergy, e.Peril || peril
			e.Harms = append(e.Harms, sentence)
		}
	}
}

// justNoted are the types of which a laboratory, or who gives a medicine, remarks much that is
// said of allergies and is none: there one has to be an anaphylaxis, or to something.
var justNoted = set("Observation", "Immunization", "MedicationAdministration")

func ofWhat(said []string) bool {
	for i, w := range said {
		to := i+1 < len(said) && toWhat[said[i+1]]
		if begins(w, anaphylaxisStems) && (i == 0 || !expecting[said[i-1]]) || to && (stemOfAllergy(w) != "" || begins(w, sensitiveStems)) {
			return true
		}
	}
	return false
}

// expecting are words before what is only watched for: "observed for anaphylaxis".
var expecting = words("for fur auf pour por per voor icin of risk")

// asideOf are the texts that people wrote freely, at any depth, and the narrative that says
// more than the record.
func asideOf(w view, free bool, find finder) (out []string) {
	switch {
	case w.v.IsText() && free:
		return []string{w.raw()}
	case w.at("status").raw() == "additional":
		return []string{narrative(w)}
	}
	for m := range w.v.All() {
		key := m.Key()
		within := key == "" || key == "text" || key == "coding" || key == "display"
		switch {
		case key == "contained":
		case asideLinks[key]:
			out = append(out, namesAlone(view{v: m}, find)...)
		default:
			out = append(out, asideOf(view{v: m}, asideTexts[key] || free && within, find)...)
		}
	}
	return out
}

// namesAlone are the names of references that lead nowhere: what a record here tells is not told again.
func namesAlone(refs view, find finder) (out []string) {
	for _, ref := range refs.list() {
		if _, kind := find.find(ref.at("reference").raw()); kind == "" && ref.at("display").has() {
			out = append(out, ref.at("display").raw())
		}
	}
	return out
}

// Beginnings of words, as folded, by which a note says why a medicine was ended, in the
// languages of allergy.go; and whole ones.
var (
	endingStems = strings.Fields("stop discontinu ceas withdraw withdrew abgesetz absetz gestopp beend pausier arret suspen interromp interrump retirad sospe interrot gestaak gestopt staken kesil birak contraindic kontraindi controind intoler unvertrag toxic toxis")
	endingWords = words("because wegen aufgrund weil infolge cause raison debido causa motivo vanwege wegens omdat devido porque nedeniyle dolayi")
)

// whyEnded is the note by which an order or a use of a medicine that ended, and has no other
// place for it, says why; "" for none.
func whyEnded(e *Told, r view) string {
	ended := (e.Type == "MedicationRequest" || e.Type == "MedicationStatement") && (e.Stands == Over || e.Stands == Denied) && !slices.Contains(codesOf(r.at("status")), "completed")
	if !ended || statusReason(r) != "" {
		return ""
	}
	for _, note := range remarked(r) {
		if said := foldedWords(note); hasBegin(said, endingStems) || HasWord(said, endingWords) || says(note, []string{" due to "}) {
			return cut(rows(note), shownOfNote)
		}
	}
	return ""
}
