package telling

import (
	"slices"
	"strings"
	"time"
)

// The LOINC codes that tell of a pregnancy as it is (HL7 International Patient Summary,
// pregnancy section): its status, and the estimated date of delivery by several methods.
const pregnancyStatus = "82810-3"

var deliveryDates = []string{"11778-8", "11779-6", "11780-4"}

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
		return false, len(due) == 10 && due >= dayBefore(today, 21)
	}
	if !hasCode(code, loinc, pregnancyStatus) {
		return false, false
	}
	value := r.at("valueCodeableConcept")
	yes = hasCode(value, snomed, "77386006") || hasCode(value, loinc, "LA15173-0") || r.at("valueBoolean").text() == "yes"
	words := wordsOf(firstOf(value.at("text").text(), value.at("coding", "display").text(), r.at("valueString").text()))
	if slices.Contains(words, "pregnant") || strings.Join(words, " ") == "yes" || strings.Join(words, " ") == "positive" {
		yes = !slices.Contains(words, "not") && !slices.Contains(words, "unknown")
	}
	return true, yes && len(when.Day) == 10 && when.Day >= dayBefore(today, lastsAtMost)
}

// duePhrase knows an estimated date of delivery by its words.
func duePhrase(code view) bool {
	words := " " + strings.Join(wordsOf(notes(allWords(code)...)), " ") + " "
	return slices.ContainsFunc([]string{" edd ", " estimated date of delivery ", " estimated delivery date ", " expected date of delivery ", " due date ", " delivery date "}, func(s string) bool {
		return strings.Contains(words, s)
	})
}

// dayBefore is the day n days before a day; of a month or a year, that itself.
func dayBefore(day string, n int) string {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return d.AddDate(0, 0, -n).Format(time.DateOnly)
}

// pregnantBy reports whether a problem is a pregnancy that may still last: by its
// words, and not of a day so long ago that it cannot. That one is unclear.
func pregnantBy(e *Told, today string) bool {
	words := wordsOf(e.Name)
	has := func(any ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(any, w) })
	}
	if e.Type != "Condition" || e.Stands != Holds || e.Absent || !has("pregnancy", "pregnant", "gravid") ||
		has("history", "previous", "past", "no", "not", "test", "ectopic", "molar", "risk", "induced", "after", "post", "desire", "planning", "prevention", "family", "contraception") {
		return false
	}
	if today == "" {
		return false
	}
	if day := e.When.Day; day != "" && isAfter(dayBefore(today, lastsAtMost), day) {
		e.Stands, e.Status = Unclear, notes(e.Status, "longer ago than a pregnancy lasts")
		return false
	}
	return true
}

// outcomes are the words for how a pregnancy ends, with a space on either side.
var outcomes = []string{" miscarriage ", " abortion ", " stillbirth ", " intrauterine death ", " fetal death ", " termination of pregnancy ", " retained products of conception ",
	" ectopic pregnancy ", " cesarean ", " caesarean ", " c section ", " childbirth ", " livebirth ", " live birth ", " vaginal delivery ", " vaginal birth ", " delivery of baby ", " delivery of placenta ",
	" forceps delivery ", " breech delivery ", " normal delivery ", " spontaneous delivery ", " preterm delivery ", " delivered ", " postpartum ", " fehlgeburt ", " entbindung ", " kaiserschnitt ", " fausse couche ", " accouchement "}

// endsPregnancy reports whether a problem or what was done tells that a pregnancy came
// to its end, however it did, or a test that there is none.
func endsPregnancy(e *Told, r view) bool {
	if e.Type == "Observation" {
		return e.Stands == Happened && refutesPregnancy(r)
	}
	if e.Type != "Condition" && e.Type != "Procedure" || e.Stands == Denied || e.Stands == Ahead || e.Absent {
		return false
	}
	words := wordsOf(e.Name)
	if slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"threatened", "history", "previous", "past", "risk", "no", "not", "recurrent", "habitual", "planned", "family", "fear"}, w)
	}) {
		return false
	}
	said := " " + strings.Join(words, " ") + " "
	return slices.ContainsFunc(outcomes, func(s string) bool { return strings.Contains(said, s) })
}

// refutesPregnancy reports whether a test tells that there is none.
func refutesPregnancy(r view) bool {
	words := wordsOf(notes(allWords(r.at("code"))...))
	if !slices.Contains(words, "hcg") && !(slices.Contains(words, "pregnancy") && slices.Contains(words, "test")) {
		return false
	}
	value := wordsOf(firstOf(notes(allWords(r.at("valueCodeableConcept"))...), r.at("valueString").raw()))
	return strings.Join(value, " ") == "not detected" || slices.Contains(value, "negative") && !slices.Contains(value, "positive")
}
