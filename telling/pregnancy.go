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
	if hasCode(code, loinc, deliveryDates...) {
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

// dayBefore is the day n days before a day; of a month or a year, that itself.
func dayBefore(day string, n int) string {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return d.AddDate(0, 0, -n).Format(time.DateOnly)
}
