package telling

import (
	"strconv"
	"strings"
)

// dosages says every Dosage of a medicine, all of each or that it has to be
// looked up: a dose that is partly said is read as the whole.
func dosages(r view, places ...string) string {
	var list []view
	for _, place := range places {
		list = append(list, r.at(place).list()...)
	}
	var out []string
	numbers := map[string]bool{}
	for i, d := range list {
		numbers[firstOf(d.quiet().at("sequence").text(), strconv.Itoa(-i))] = true
	}
	for _, d := range list {
		s, n := dosage(d), d.at("sequence").text()
		if (search{said: d.said, dosage: true}).finds(d.v) {
			s = seeRecord
		}
		if s == "" {
			continue
		}
		if n != "" && len(numbers) > 1 {
			s = n + ") " + s
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// dosage says a Dosage (FHIR R4 dosage.html): what its parts say, and its own
// text where that is not the same.
func dosage(d view) string {
	var rates []string
	list := d.at("doseAndRate").list()
	for _, x := range list {
		kind := ""
		if len(list) > 1 || !strings.EqualFold(say(x.quiet().at("type")), "ordered") {
			kind = say(x.at("type"))
		}
		x.at("type").tell()
		rates = append(rates, notesBy(": ", kind, doseAndRate(x)))
	}
	if s := doseAndRate(d); s != "" { // MedicationAdministration.dosage has no list
		rates = append(rates, s)
	}
	dose := notesBy("; ", rates...)
	when := timing(d.at("timing"))
	if _, err := strconv.Atoi(dose); err == nil && when != "" {
		dose += " at a time," // "1 2 times a day" could be read as 12
	}
	coded := notesBy(", ", notesBy(" ", dose, when, say(d.at("route"))), say(d.at("method")), labelled("site", say(d.at("site"))),
		asNeeded(d), most(d))
	text := strings.TrimRight(d.at("text").text(), ".")
	switch {
	case text != "" && covers(text, coded) && sameNumbers(text, coded):
		coded = ""
	case text != "" && covers(coded, text) && strings.Contains(" "+numbersOf(coded), " "+numbersOf(text)):
		text = ""
	case text != "" && coded != "":
		coded = "coded: " + coded
	}
	said := notesBy("; ", text, coded)
	more := []string{sayAll(d.at("additionalInstruction").list())}
	if s := d.at("patientInstruction").text(); !strings.EqualFold(s, text) {
		more = append(more, strings.TrimRight(s, "."))
	}
	return notesBy("; ", said, notesBy("; ", more...))
}

// sameNumbers reports whether two texts name the same numbers in the same order:
// with "1 tablet 2 times" another order is another dose.
func sameNumbers(a, b string) bool { return numbersOf(a) == numbersOf(b) }

func numbersOf(s string) string {
	var b strings.Builder
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' }) {
		if f = strings.Trim(f, "."); f != "" {
			b.WriteString(f + " ")
		}
	}
	return b.String()
}

func doseAndRate(x view) string {
	dose := notes(amount(x.at("doseQuantity")), sayRange(x.at("doseRange")), amount(x.at("dose")))
	rate := notes(per(x.at("rateRatio")), sayRange(x.at("rateRange")), amount(x.at("rateQuantity")))
	return notesBy(" ", dose, labelled("at", rate))
}

func asNeeded(d view) string {
	why := say(d.at("asNeededCodeableConcept"))
	switch needed := d.at("asNeededBoolean").text(); {
	case why != "":
		return "as needed for " + why
	case needed == "yes":
		return "as needed"
	}
	return ""
}

// most says the limits of a dose.
func most(d view) string {
	var out []string
	for _, m := range d.at("maxDosePerPeriod").list() {
		out = append(out, labelled("at most", per(m)))
	}
	if s := amount(d.at("maxDosePerAdministration")); s != "" {
		out = append(out, "at most "+s+" at a time")
	}
	if s := amount(d.at("maxDosePerLifetime")); s != "" {
		out = append(out, "at most "+s+" in a lifetime")
	}
	return notes(out...)
}
