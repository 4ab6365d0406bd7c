package telling

import (
	"slices"
	"strings"

	"github.com/stele-health/stele/fhir"
)

// Standing is what a record says of itself: does what it tells still hold?
type Standing int

// The ways in which a record stands.
const (
	Happened Standing = iota // an event, a finding, a document: of its day
	Holds                    // it is so, or in force
	Over                     // it was so: ended, stopped, resolved
	Denied                   // it is not so, or was not done: refuted, cancelled, declined
	Ahead                    // not yet, or not now: proposed, planned, draft, on hold
	Unclear                  // its author does not say, or says it in a way that is not known here
)

// seeRecord ends what is only said in part.
const seeRecord = "see the record"

// stand says in words how a record stands.
type stand struct {
	is    Standing
	words string
	not   string // of what shall not be done: words that go before its name
}

// standingOf judges a record by what its author says and by the day on which
// it is read, "" for unknown.
func standingOf(r view, today string) stand {
	kind := r.at("resourceType").raw()
	s := statusOf(kind, r)
	s = s.presumed(kind, r)
	s = s.verified(r)
	s = s.intended(kind, r)
	span := spanOf(kind, r)
	if kind == "MedicationDispense" {
		s = s.supplied(r, span, today)
	} else {
		s = s.lasting(span, today)
	}
	s = s.issued(kind, r, span, today)
	if day := parseMoment(r.at("authoredOn").raw()).Day; today != "" && isAfter(day, tomorrow(today)) {
		s = s.doubt("ordered on a day to come", true)
	}
	if reason := statusReason(r); reason != "" {
		s.words = notesBy(": ", s.words, reason)
	}
	if qualified(r.v) {
		s = s.doubt("an addition may change what it says", true)
	}
	if forTests(r.v) {
		s = s.doubt("marked as test data", true)
	}
	return s
}

// doubt makes unclear what held, and says why.
func (s stand) doubt(why string, see bool) stand {
	if s.is == Holds {
		s.is = Unclear
	}
	s.words = notes(s.words, why)
	if see {
		s.words = notes(s.words, seeRecord)
	}
	return s
}

// presumed takes an allergy whose author gave no clinicalStatus, which many leave out,
// for one that holds, but where it is neither grave nor sure: whoever reads the allergies
// under Now takes the list for whole.
func (s stand) presumed(kind string, r view) stand {
	verified := codesOf(r.quiet().at("verificationStatus"))
	sure := len(verified) == 0 || slices.Contains(verified, "confirmed")
	if kind == "AllergyIntolerance" && s.is == Unclear && len(codesOf(r.quiet().at("clinicalStatus"))) == 0 && (sure || dangerOf(r.quiet()) == grave) {
		s.is = Holds
	}
	return s
}

// verified reads verificationStatus: what is refuted is not so, what is not
// confirmed is said.
func (s stand) verified(r view) stand {
	codes := codesOf(r.at("verificationStatus"))
	var words []string
	for _, code := range codes {
		switch code {
		case "confirmed":
		case "refuted":
			return stand{is: Denied, words: "refuted"}
		case "unconfirmed", "provisional", "differential", "presumed":
			words = append(words, spacedCode(code))
		default:
			s = s.doubt(`verification "`+cut(spacedCode(code), 40)+`"`, true)
		}
	}
	switch certainty := certaintyOf(r.at("code")); {
	case certainty == "A" && slices.Contains(codes, "confirmed"):
		s = s.doubt("told as confirmed, yet coded as ruled out", true)
	case certainty == "A":
		return stand{is: Denied, words: "refuted"}
	case certainty == "V":
		words = append(words, "suspected")
	case certainty == "Z":
		words = append(words, "state after")
	}
	s.words = notes(s.words, notes(words...))
	return s
}

// certaintyOf is the letter by which a German diagnosis says how sure it is (HL7 Germany,
// icd-10-gm-diagnosesicherheit): A ruled out, G sure, V suspected, Z what came after it.
func certaintyOf(code view) string {
	for _, coding := range code.at("coding").list() {
		for _, e := range coding.at("extension").list() {
			letter := e.at("valueCoding", "code").raw()
			if strings.HasSuffix(e.at("url").raw(), "/icd-10-gm-diagnosesicherheit") && holdsWord("A G V Z", letter) {
				e.tell()
				return letter
			}
		}
	}
	return ""
}

var intents = map[string]string{"proposal": "proposed", "plan": "planned", "option": "an option", "directive": "directed", "order": "ordered",
	"original-order": "ordered", "reflex-order": "ordered", "filler-order": "ordered", "instance-order": "ordered"}

// intended reads intent and doNotPerform, which turn a request into another
// thing: a proposal is no order, and an order not to do something is no order to
// do it.
func (s stand) intended(kind string, r view) stand {
	l := lifecycles[kind]
	if l.holds != "active" || kind == "Goal" {
		return s
	}
	intent := normal(r.at("intent").raw())
	word := intents[intent]
	switch {
	case intent == "" && (kind == "MedicationRequest" || kind == "ServiceRequest"):
		s = s.doubt("whether it was ordered is not given", false)
	case intent == "", kind == "CarePlan" && intent == "plan": // a care plan is a plan
	case word == "":
		s = s.doubt(`intent "`+cut(spacedCode(intent), 40)+`"`, true)
	case word != "ordered" && word != "directed":
		switch {
		case s.is == Holds && kind == "MedicationRequest" && intent == "plan":
			s.is = Unclear // a repeat that was authorised (GP Connect), or what is reported (US Core)
		case s.is == Holds || s.is == Unclear:
			s.is = Ahead
		}
		s.words = notes(word, without(s.words, "active"))
	case kind == "ServiceRequest" || kind == "DeviceRequest" || kind == "NutritionOrder":
		s.words = notes(word, s.words)
	}
	if r.at("doNotPerform").text() == "yes" {
		s.not = "not to be done: "
		if kind == "MedicationRequest" {
			s.not = "not to be taken: "
		}
	}
	return s
}

// issued doubts that a medicine is over whose order is called completed, as some do once it
// was issued, while it is still to be taken, its supply lasts, or the prescription is valid.
func (s stand) issued(kind string, r view, t span, today string) stand {
	medicine := kind == "MedicationRequest" || kind == "MedicationStatement"
	completed := slices.Equal(codesOf(r.quiet().at("status")), []string{"completed"})
	if s.is != Over || !medicine || !completed || today == "" {
		return s
	}
	end, words := t.end, "planned until"
	if supplied := orderedFor(r); supplied != "" && (end == "" || t.limit == validUntil) {
		end, words = supplied, Supplied
	} else if t.limit == validUntil {
		if words = t.limit; r.quiet().at("dispenseRequest", "numberOfRepeatsAllowed").text() == "0" {
			return s // dispensed once, and not told for how long
		}
	}
	if !isAfter(end, today) {
		return s
	}
	if words != "planned until" || t.planned { // else lasting said it
		s.words = notes(s.words, words+" "+Day(end))
	}
	s.is, s.words = Unclear, notes(s.words, seeRecord)
	return s
}

// lasting reads the time for which something is said to hold.
func (s stand) lasting(t span, today string) stand {
	if s.is != Holds && s.is != Unclear {
		// A planned end, or one to come, is not the day on which it stopped.
		switch {
		case t.end == "" || t.planned:
		case s.is == Over && !isAfter(t.end, today):
			s.words = ending(s.words, t.end)
		case s.is == Over || s.is == Ahead:
			s.words = notes(s.words, "planned until "+Day(t.end))
		default:
			s.words = notes(s.words, "until "+Day(t.end))
		}
		return s
	}
	past := t.end < today[:min(len(today), len(t.end))]
	until := firstOf(t.limit, "until") + " " + Day(t.end)
	switch {
	case t.abated && s.is == Holds && (t.ended || t.end != "" && past && today != ""):
		word, rest, _ := strings.Cut(s.words, ", ")
		s.is, s.words = Unclear, notes(yetEnded(firstOf(word, "active"), t.end), rest)
	case t.ended && t.end == "":
		s.is, s.words = Over, notes("ended", without(s.words, "active"))
	case t.end == "":
	case today == "" || past && t.limit != "":
		s = s.doubt(until, false)
	case past && t.course && s.is == Holds && !isAfter(plusDays(today, -goesOnAtMost), t.end):
		s.is, s.words = Unclear, notes(yetEnded("active", t.end), without(s.words, "active"))
	case past:
		s.is, s.words = Over, notes(without(s.words, "active"), "ended "+Day(t.end))
	default:
		s.words = notes(s.words, until)
	}
	if t.start != "" && today != "" && t.start[:min(len(t.start), len(today))] > today && s.is != Over {
		s.is, s.words = Ahead, notes(s.words, "from "+Day(t.start))
	}
	// A day more, as it may be tomorrow already where that was written.
	if t.onset != "" && today != "" && isAfter(plusDays(t.onset, -1), today) {
		s = s.doubt("told to begin on "+Day(t.onset), true)
	}
	if t.doubt != "" {
		s = s.doubt(t.doubt, false)
	}
	return s
}

// goesOnAtMost is for how many days after its end a medicine that is called active may be taken
// still: many systems renew it and not the time, and few take down what has ended.
const goesOnAtMost = 30

// yetEnded says that something is told as being so and as having ended: nobody here knows which
// is right.
func yetEnded(is, end string) string {
	return "told as " + is + ", " + strings.TrimSpace(YetEnded+" "+Day(end))
}

// tomorrow is the next day: beyond the date line it is that already.
func tomorrow(today string) string { return plusDays(today, 1) }

// isAfter reports whether a day lies after today, as far as both tell.
func isAfter(day, today string) bool {
	n := min(len(day), len(today))
	return day[:n] > today[:n]
}

// ending says when something ended: after the word for it, where there is one.
func ending(words, end string) string {
	list := strings.Split(words, ", ")
	for i, word := range list {
		if holdsWord("resolved inactive remission stopped completed revoked", word) {
			list[i] += " " + Day(end)
			return strings.Join(list, ", ")
		}
	}
	return notes(words, "ended "+Day(end))
}

// statusReason says why: not done, stopped, on hold.
func statusReason(r view) string {
	for _, place := range []string{"statusReason", "statusReasonCodeableConcept"} {
		if s := sayAll(r.at(place).list()); s != "" {
			return s
		}
	}
	return ""
}

// qualified reports whether a modifier extension stands anywhere: it may turn
// what is said into its opposite (FHIR R4 extensibility.html, §2.4.1).
func qualified(v fhir.Value) bool {
	if !v.IsObject() && !v.IsArray() {
		return false
	}
	for w := range v.All() {
		if key := w.Key(); key == "modifierExtension" || key != "contained" && qualified(w) {
			return true
		}
	}
	return false
}

// forTests reports whether a record is marked as made for a test, and nobody's care
// (v3-ActReason HTEST, among a record's security labels or tags).
func forTests(v fhir.Value) bool {
	for _, place := range []string{"security", "tag"} {
		for label := range v.Member("meta").Member(place).All() {
			if code := label.Member("code"); strings.EqualFold(code.Text(), "HTEST") {
				return true
			}
		}
	}
	return false
}

func spacedCode(code string) string { return strings.ReplaceAll(code, "-", " ") }

func spacedCodes(codes []string) string { return spacedCode(strings.Join(codes, ", ")) }

// without takes one of the words out of a list that notes made.
func without(words, word string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(words, ", "), func(s string) bool { return s == word || s == "" }), ", ")
}
