package telling

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Supplied is said of what was handed out, or ordered for so long, and still lasts: it may be
// taken, though nobody here tells an order in force.
const Supplied = "supply until"

// HandedOut is said of what was handed out within three months, where nobody says for how long:
// that is what is handed out at once at most, in most places.
const HandedOut = "for how long is not told"

// handedAtMost is for how many days that is said.
const handedAtMost = 90

// YetEnded is said of what is called active and has ended by its own time.
const YetEnded = "yet as ended"

// ActsOn is said of what was injected to act for weeks or months: the interval at which it
// is given stands in its order, where there is one.
const ActsOn = "how long it acts is not told"

// actsAtMost is how many days what was injected may act on: half a year, as some do.
const actsAtMost = 183

// actsOn doubts that what was injected to act for long, or was handed out to be, is only of its
// day. So with an order or a statement that is called completed: many write no other record of
// what was given.
func (e *Told) actsOn(r view, today string) {
	name := strings.Join(foldedWords(strings.Join(append(allWords(r.at("medicationCodeableConcept")), e.Name), " ")), " ")
	given := (e.Stands == Happened || strings.Contains(e.Status, HandedOut)) && (e.Type == "MedicationAdministration" || e.Type == "MedicationDispense") ||
		e.Stands == Over && strings.HasPrefix(e.Type, "Medication") && slices.Equal(codesOf(r.at("status")), []string{"completed"}) && r.at("doNotPerform").text() != "yes"
	if !given || today == "" || e.When.Day == "" || isAfter(plusDays(today, -actsAtMost), e.When.Day) {
		return
	}
	if hasBegin(strings.Fields(name), depots) && !hasBegin(strings.Fields(name), notInjected) || says(name, []string{" long acting injection ", " long acting injectable ", " lai "}) ||
		says(name, prolonged) && hasPart(strings.Fields(name), injecting) {
		e.Stands, e.Status = Unclear, notes(strings.Trim(strings.Replace(e.Status, HandedOut, "", 1), ", "), ActsOn)
	}
}

// Beginnings of the words for what is injected to act for long, and for what is not
// injected, as folded: of many languages they are the same.
var (
	depots = strings.Fields(`depot decanoat enantat enanthat undecanoat undecylat palmitat pamoat embonat lauroxil benzathin microspher mikrosphar microesfer
		medroxyprogest`)
	prolonged = []string{" prolonged release ", " extended release ", " liberation prolongee ", " liberacion prolongada ", " rilascio prolungato ", " verlengde afgifte ", " libertacao prolongada ",
		" liberacao prolongada ", " uzatilmis salimli "}
	injecting   = strings.Fields("inject injekt injet inyec iniet iniez injec enjeks")
	notInjected = strings.Fields("tablet tablett comprim compress oral capsul kapsel gelul cream creme krem insulin")
)

// supplied doubts that what was handed out is only of its day while its supply lasts, or may.
func (s stand) supplied(r view, t span, today string) stand {
	given := s.is == Happened || slices.Equal(codesOf(r.quiet().at("status")), []string{"in-progress"})
	if !given || today == "" || isAfter(t.start, tomorrow(today)) {
		return s
	}
	switch {
	case t.end != "" && isAfter(plusDays(t.end, 1), today):
		s.is, s.words = Unclear, notes(s.words, "dispensed", Supplied+" "+Day(t.end))
	case t.end == "" && t.start != "" && !isAfter(plusDays(today, -handedAtMost), t.start) && !slices.Contains(codesOf(r.quiet().at("category")), "inpatient"):
		s.is, s.words = Unclear, notes(s.words, HandedOut)
	}
	return s
}

// supply is how long what was handed out lasts: the days' supply, else the time of its
// dosages; without an end where neither is told.
func supply(r view) span {
	begin := parseMoment(firstOf(r.at("whenHandedOver").raw(), r.at("whenPrepared").raw())).Day
	if days, ok := daysOf(r.at("daysSupply").quiet()); ok && len(begin) == len(time.DateOnly) {
		return span{start: begin, end: plusDays(begin, days), planned: true}
	}
	out := span{start: begin, planned: true}
	for _, p := range steps(r.at("dosageInstruction").quiet().list(), begin) {
		if p.end == "" {
			return span{start: begin}
		}
		out.end = max(out.end, p.end)
	}
	return out
}

// orderedFor is until when the supply of an order lasts, with each of its repeats; "" where
// that is not told.
func orderedFor(r view) string {
	order := r.quiet()
	r = order.at("dispenseRequest")
	days, ok := daysOf(r.at("expectedSupplyDuration"))
	begin := parseMoment(firstOf(r.at("validityPeriod", "start").raw(), order.at("authoredOn").raw())).Day
	if !ok || len(begin) != len(time.DateOnly) {
		return ""
	}
	repeats, _ := strconv.Atoi(r.at("numberOfRepeatsAllowed").text())
	return plusDays(begin, min(days, 2_000)*(1+min(max(repeats, 0), 100)))
}
