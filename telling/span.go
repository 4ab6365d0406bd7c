package telling

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// span is the time for which a record says that it holds.
type span struct {
	start, end string // days; "" for none
	limit      string // what the end is, where it is not the source's own word that it ends
	ended      bool   // it ended, whenever
	abated     bool   // it is that of a condition, whose status tells whether it holds
	course     bool   // it is that of a medicine, whose end some move and forget to write down
	planned    bool   // the end is what was planned: what stopped need not have stopped then
	doubt      string // why it may have ended
	onset      string // the day of its onset; "" for none
}

func onsetDay(r view) string {
	return parseMoment(firstOf(r.at("onsetDateTime").raw(), r.at("onsetPeriod", "start").raw())).Day
}

// spanOf reads where each type says it.
func spanOf(kind string, r view) span {
	switch kind {
	case "Condition":
		t := abatement(r)
		t.abated, t.onset = true, onsetDay(r)
		return t
	case "AllergyIntolerance":
		return span{onset: onsetDay(r)}
	case "MedicationRequest", "MedicationStatement":
		return course(kind, r)
	case "MedicationDispense":
		return supply(r)
	case "MedicationAdministration":
		return plan(period(r.at("effectivePeriod").quiet()))
	case "Flag":
		return period(r.at("period"))
	case "DeviceUseStatement":
		t := period(r.at("timingPeriod"))
		t.start = firstOf(t.start, parseMoment(r.at("timingDateTime").raw()).Day)
		return t
	case "Consent":
		return plan(period(r.at("provision", "period")))
	case "ServiceRequest":
		return plan(period(r.at("occurrencePeriod")))
	}
	return span{}
}

func period(p view) span {
	return span{start: parseMoment(p.at("start").raw()).Day, end: parseMoment(p.at("end").raw()).Day}
}

// plan marks an end as planned.
func plan(p span) span {
	p.planned = p.end != ""
	return p
}

// abatement is the end of a condition. What has abated, in whatever form that is
// told, no longer holds.
func abatement(r view) span {
	if at := parseMoment(r.at("abatementDateTime").raw()); at.Day != "" {
		return span{end: at.Day}
	}
	p := period(r.at("abatementPeriod"))
	if end := firstOf(p.end, p.start); end != "" {
		return span{end: end}
	}
	if r.at("abatementString").text() != "" {
		return span{doubt: "an end is given: " + seeRecord}
	}
	for _, form := range []string{"abatementAge", "abatementRange", "abatementPeriod", "abatementDateTime"} {
		if r.at(form).has() {
			return span{ended: true}
		}
	}
	return span{ended: r.at("abatementBoolean").text() == "yes"}
}

// course is the time in which a medicine is to be taken. It has ended when all
// of its dosages have. An end that is reckoned, or that of the prescription, is
// none that the source gave.
func course(kind string, r view) span {
	out := span{course: true}
	begin := parseMoment(r.at("authoredOn").raw()).Day
	dosages := r.at("dosageInstruction").list()
	if kind == "MedicationStatement" {
		out = period(r.at("effectivePeriod"))
		out.course = true
		begin = firstOf(out.start, parseMoment(r.at("effectiveDateTime").raw()).Day)
		out.start = begin
		dosages = r.at("dosage").list()
	}
	if out.end != "" {
		return out
	}
	last, limit, all := "", "", len(dosages) > 0
	first, starts := "", len(dosages) > 0 // where each dosage says when it starts
	for _, p := range steps(dosages, begin) {
		starts = starts && p.start != "" && p.limit == ""
		if first == "" || p.start < first {
			first = p.start
		}
		all = all && p.end != ""
		if p.end > last {
			last, limit = p.end, p.limit
		}
	}
	if starts && kind == "MedicationRequest" {
		out.start = first
	}
	if all {
		out.end, out.limit, out.planned = last, limit, true
		return out
	}
	if valid := parseMoment(r.at("dispenseRequest", "validityPeriod", "end").raw()).Day; valid != "" {
		out.end, out.limit, out.planned = valid, validUntil, true
	}
	return out
}

// validUntil says until when an order may be dispensed, which is not how long it is taken.
const validUntil = "prescription valid until"

// steps are the times of dosages. One with a higher sequence comes after those with a lower
// (R4, Dosage.sequence) and begins when the last of them ends; others run side by side.
func steps(dosages []view, begin string) []span {
	number := func(d view) int { n, _ := strconv.Atoi(d.quiet().at("sequence").text()); return n }
	dosages = slices.Clone(dosages)
	slices.SortStableFunc(dosages, func(a, b view) int { return number(a) - number(b) })
	out, end := make([]span, len(dosages)), begin
	for i, d := range dosages {
		if i > 0 && number(d) > number(dosages[i-1]) && number(dosages[i-1]) > 0 {
			begin = end
		}
		out[i] = bounds(d, begin)
		end = max(end, out[i].end)
	}
	return out
}

// bounds is the time of one dosage; with a limit where its end is reckoned: of its
// length, of how often it is to be taken in all, or as the last of its times.
func bounds(d view, begin string) span {
	repeat := d.at("timing", "repeat")
	if repeat.at("boundsPeriod").has() {
		return period(repeat.at("boundsPeriod"))
	}
	if last := lastEvent(d.at("timing", "event")); last != "" && !repeat.has() {
		return span{start: begin, end: last, limit: "last dose on"}
	}
	length := repeat.at("boundsDuration")
	if !length.has() {
		length = repeat.at("boundsRange", "high")
	}
	days, ok := daysOf(length)
	if !length.has() {
		days, ok = counted(d)
	}
	if !ok || len(begin) != len(time.DateOnly) {
		return span{}
	}
	return span{start: begin, end: plusDays(begin, days), limit: "ordered for a time until"}
}

// lastEvent is the last day of a list of times.
func lastEvent(events view) string {
	last := ""
	for _, e := range events.list() {
		last = max(last, parseMoment(e.raw()).Day)
	}
	return last
}

// counted is how many days a dosage lasts that is to be taken so many times in all, and
// a day for when it begins, at the longest. What is taken as needed lasts until it is.
func counted(d view) (int, bool) {
	repeat := d.at("timing", "repeat").quiet()
	count, ok := number(firstOf(repeat.at("countMax").text(), repeat.at("count").text()))
	if !ok || count.Sign() <= 0 || d.quiet().at("asNeededBoolean").text() == "yes" || d.at("asNeededCodeableConcept").has() {
		return 0, false
	}
	often, many := number(repeat.at("frequency").text())
	unit := repeat.at("periodUnit").raw()
	every, known := daysIn(firstOf(repeat.at("periodMax").text(), repeat.at("period").text()), unit)
	if repeat.at("dayOfWeek").has() && unit != "wk" { // "once a day on Mondays" lasts as many weeks
		return 0, false
	}
	if one := big.NewRat(1, 1); count.Cmp(one) == 0 {
		return 1, !known || every.Cmp(one) <= 0
	}
	if !known {
		return 0, false
	}
	if many && often.Sign() > 0 {
		count.Quo(count, often)
	}
	return roundUp(count.Mul(count, every)) + 1, true
}

// daysOf counts a Duration in days, rounded up; months and years at their
// longest.
func daysOf(length view) (int, bool) {
	n, ok := daysIn(length.at("value").text(), length.first("code", "unit"))
	if !ok {
		return 0, false
	}
	return roundUp(n), true
}

// unitsInWords are units of time for which some write words, without the s of many.
var unitsInWords = map[string]string{"minute": "min", "hour": "h", "day": "d", "week": "wk", "month": "mo", "year": "a"}

func daysIn(value, unit string) (*big.Rat, bool) {
	n, ok := number(value)
	per, known := map[string]*big.Rat{
		"s": big.NewRat(1, 86400), "min": big.NewRat(1, 1440), "h": big.NewRat(1, 24), "d": big.NewRat(1, 1),
		"wk": big.NewRat(7, 1), "mo": big.NewRat(31, 1), "a": big.NewRat(366, 1),
	}[firstOf(unitsInWords[strings.TrimSuffix(unit, "s")], unit)]
	if !ok || !known || n.Sign() < 0 || n.Cmp(big.NewRat(100000, 1)) > 0 {
		return nil, false
	}
	return n.Mul(n, per), true
}

// roundUp is a number of days as whole ones, no more than a long life's.
func roundUp(n *big.Rat) int {
	days := new(big.Int).Quo(new(big.Int).Add(n.Num(), new(big.Int).Sub(n.Denom(), big.NewInt(1))), n.Denom())
	if !days.IsInt64() || days.Int64() > 2_000_000 {
		return 2_000_000
	}
	return int(days.Int64())
}
