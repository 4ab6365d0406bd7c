package telling

import (
	"slices"
	"strconv"
	"strings"
)

// Many write no "pregnant", but how many weeks it lasts, or when the last period began.

// LOINC's codes of how long a pregnancy lasts, by several methods, and of the last period.
var (
	gestationCodes = []string{"18185-9", "49051-6", "49052-4", "11884-4", "11885-1", "11886-9", "11887-7", "11888-5"}
	periodCodes    = []string{"8665-2"}
)

// Words of their names, with a space on either side, in the languages of pregnancy.go.
var (
	gestationWords = []string{" gestational age ", " weeks gestation ", " weeks of gestation ", " weeks pregnant ", " gestationsalter ", " schwangerschaftswoche ", " ssw ", " âge gestationnel ", " semaines d aménorrhée ",
		" edad gestacional ", " semanas de gestación ", " età gestazionale ", " settimane di gestazione ", " zwangerschapsduur ", " amenorroeduur ", " idade gestacional ", " gebelik haftası "}
	periodWords = []string{" last menstrual period ", " lmp ", " letzte periode ", " letzte regel ", " letzte menstruation ", " letzte regelblutung ", " dernières règles ", " ddr ", " última regla ", " última menstruación ",
		" ultima mestruazione ", " laatste menstruatie ", " última menstruação ", " son adet tarihi "}
	// atBirth stand beside them in a child's chart, of what was.
	atBirth = words("birth newborn neonatal neonate geburt neugeborenes naissance nacimiento nacer nascita geboorte nascimento nascer doğum")
)

const (
	weeksAtMost  = 44
	weeksOfDoubt = 6 // after the last period, from which a pregnancy may be the cause
)

// reckoned reports whether a finding, or a part of it, tells how long a pregnancy lasts, or when
// the last period was, and until which day a pregnancy may last by it, "" for none.
func (e *Told) reckoned(r view) (asked bool, until string) {
	day := e.When.Day
	if e.Type != "Observation" || e.Stands != Happened || len(day) != len("2006-01-02") || HasWord(wordsOf(notes(allWords(r.at("code"))...)), atBirth) {
		return false, ""
	}
	for _, part := range append([]view{r}, r.at("component").list()...) {
		if asks, by := reckonedBy(part, day); asks {
			asked, until = true, max(until, by)
		}
	}
	return asked, until
}

// reckonedBy reports what one answer of a day tells.
func reckonedBy(r view, day string) (asked bool, until string) {
	code := r.at("code")
	name := notes(allWords(code)...)
	switch {
	case HasWord(wordsOf(name), atBirth):
	case hasCode(code, loinc, gestationCodes...) || says(name, gestationWords):
		if n := weeksTold(r); n > 0 {
			return true, plusDays(day, 7*(weeksAtMost-n))
		}
	case hasCode(code, loinc, periodCodes...) || says(name, periodWords):
		began := parseMoment(firstOf(r.at("valueDateTime").raw(), r.at("valueString").raw())).Day
		if len(began) == len(day) && began <= day {
			if day >= plusDays(began, 7*weeksOfDoubt) {
				until = plusDays(began, 7*weeksAtMost)
			}
			return true, until
		}
	}
	return false, ""
}

// gestation is the amount that a finding tells; of a range its lower end, by which a pregnancy
// lasts longest.
func gestation(r view) view {
	for _, place := range [][]string{{"valueQuantity"}, {"valueRange", "low"}, {"valueRange", "high"}} {
		if amount := r.at(place...); amount.at("value").has() {
			return amount
		}
	}
	return view{}
}

// toldInDays reports whether a finding says that it counts days.
func toldInDays(r view) bool {
	amount := gestation(r)
	unit := strings.ToLower(firstOf(amount.at("code").raw(), amount.at("unit").raw()))
	return hasCode(r.at("code"), loinc, "49052-4") && unit == "" || slices.Contains([]string{"d", "day", "days"}, unit)
}

// weeksTold are the whole weeks that a finding tells: "24", "24+5", "24 SA + 5 j", or as
// days what is too many weeks; 0 for none.
func weeksTold(r view) int {
	said := firstOf(gestation(r).at("value").text(), r.at("valueInteger").text(), r.at("valueString").raw(), notes(allWords(r.at("valueCodeableConcept"))...))
	digits := func(c rune) bool { return c < '0' || c > '9' }
	first := append(strings.FieldsFunc(said, digits), "")[0]
	switch n, err := strconv.Atoi(first); {
	case err != nil || n > 7*weeksAtMost:
		return 0
	case n <= weeksAtMost && !toldInDays(r):
		return n
	default:
		return n / 7
	}
}

// reckon takes what tells how long a pregnancy lasts for one that may be: it may be told of a
// child that was born, and have ended since.
func (e *Told) reckon(r view, today string) {
	var until string
	if e.Reckoned, until = e.reckoned(r); until != "" && today != "" && until >= today && !e.Pregnant && !e.Asked {
		e.Pregnant, e.Stands = true, Unclear
	}
}
