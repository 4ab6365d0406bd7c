package telling

import (
	"math/big"
	"time"
)

// span is the time for which a record says that it holds.
type span struct {
	start, end string // days; "" for none
	limit      string // what the end is, where it is not the source's own word that it ends
	ended      bool   // it ended, whenever
	abated     bool   // it is that of a condition, whose status tells whether it holds
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
	case "Flag":
		return period(r.at("period"))
	case "DeviceUseStatement":
		return period(r.at("timingPeriod"))
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
	out := span{}
	begin := parseMoment(r.at("authoredOn").raw()).Day
	dosages := r.at("dosageInstruction").list()
	if kind == "MedicationStatement" {
		out = period(r.at("effectivePeriod"))
		begin = firstOf(out.start, parseMoment(r.at("effectiveDateTime").raw()).Day)
		dosages = r.at("dosage").list()
	}
	if out.end != "" {
		return out
	}
	last, limit, all := "", "", len(dosages) > 0
	first, starts := "", len(dosages) > 0 // where each dosage says when it starts
	for _, d := range dosages {
		p, reckoned := bounds(d.at("timing", "repeat"), begin)
		starts = starts && p.start != "" && !reckoned
		if first == "" || p.start < first {
			first = p.start
		}
		all = all && p.end != ""
		if p.end > last {
			if last = p.end; reckoned {
				limit = "ordered for a time until"
			} else {
				limit = ""
			}
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
		out.end, out.limit, out.planned = valid, "prescription valid until", true
	}
	return out
}

// bounds is the time of one dosage; reckoned tells that its end comes of its
// length.
func bounds(repeat view, begin string) (p span, reckoned bool) {
	if repeat.at("boundsPeriod").has() {
		return period(repeat.at("boundsPeriod")), false
	}
	length := repeat.at("boundsDuration")
	if !length.has() {
		length = repeat.at("boundsRange", "high")
	}
	days, ok := daysOf(length)
	start, err := time.Parse("2006-01-02", begin)
	if !ok || err != nil {
		return span{}, false
	}
	return span{start: begin, end: start.AddDate(0, 0, days).Format("2006-01-02")}, true
}

// daysOf counts a Duration in days, rounded up; months and years at their
// longest.
func daysOf(length view) (int, bool) {
	n, ok := number(length.at("value").text())
	per, known := map[string]*big.Rat{
		"s": big.NewRat(1, 86400), "min": big.NewRat(1, 1440), "h": big.NewRat(1, 24), "d": big.NewRat(1, 1),
		"wk": big.NewRat(7, 1), "mo": big.NewRat(31, 1), "a": big.NewRat(366, 1),
	}[length.first("code", "unit")]
	if !ok || !known || n.Sign() < 0 || n.Cmp(big.NewRat(100000, 1)) > 0 {
		return 0, false
	}
	n.Mul(n, per)
	days := new(big.Int).Quo(new(big.Int).Add(n.Num(), new(big.Int).Sub(n.Denom(), big.NewInt(1))), n.Denom())
	return int(days.Int64()), true
}
