package telling

import (
	"strings"
)

// timing says a Timing (FHIR R4 datatypes.html, Timing): its code, its pattern,
// its events.
func timing(t view) string {
	code := timingCode(t.at("code"))
	pattern := repeats(t.at("repeat"))
	if code != "" && covers(code, pattern) {
		pattern = ""
	}
	return notesBy(", ", code, pattern, moments(t.at("event")))
}

func moments(list view) string {
	var out []string
	for _, e := range list.list() {
		if s := sayTime(e.text()); s != "" {
			out = append(out, s)
		}
	}
	return labelled("on", strings.Join(out, ", "))
}

// timingCodes are the words for HL7's abbreviations (v3-GTSAbbreviation).
var timingCodes = map[string]string{
	"BID": "twice a day", "TID": "3 times a day", "QID": "4 times a day", "AM": "every morning", "PM": "every afternoon", "QD": "once a day",
	"QOD": "every other day", "Q1H": "every hour", "Q2H": "every 2 hours", "Q3H": "every 3 hours", "Q4H": "every 4 hours", "Q6H": "every 6 hours",
	"Q8H": "every 8 hours", "BED": "at bedtime", "WK": "weekly", "MO": "monthly", "JB": "on weekdays", "JE": "on weekends",
}

func timingCode(c view) string {
	for _, coding := range c.at("coding").list() {
		code := coding.at("code").raw()
		words := timingCodes[code]
		if words == "" || c.at("text").has() && !strings.EqualFold(c.at("text").raw(), code) {
			continue
		}
		c.at("text").tell()
		coding.tellAs(words)
		if display := coding.quiet().at("display").text(); display != "" && !strings.EqualFold(display, code) && !covers(words, display) {
			words = display
		}
		return words + " (" + code + ")"
	}
	return say(c)
}

// repeats says Timing.repeat.
func repeats(r view) string {
	how := often(r)
	times := timesOfDay(r)
	if r.at("timeOfDay").has() && how == "once a day" && !r.at("frequency").has() {
		how = "daily" // "daily at 08:00, 14:00"; once a day would contradict it
	}
	days := weekdays(r)
	if days != "" && how == "once a week" {
		how = "weekly"
	}
	return notesBy(", ", notesBy(" ", how, days, times), strings.TrimSpace(events(r)), eachFor(r), inAll(r), limits(r))
}

// often says how many times in how long: "1–4 times a day", "every 4–6 hours".
func often(r view) string {
	n, most := r.at("frequency").text(), r.at("frequencyMax").text()
	length, longest, unit := r.at("period").text(), r.at("periodMax").text(), r.at("periodUnit").text()
	word := firstOf(timeUnits[unit], unit)
	every := ""
	switch {
	case length != "" && longest != "" && longest != length:
		every = notesBy(" ", "every "+written(length)+"–"+written(longest), word+"s")
	case length == "" && longest != "":
		every = "every " + written(longest) + " " + plural(longest, word) + " at most"
	case length != "" && length == "1" && word != "":
		every = "a " + word
		if unit == "h" {
			every = "an hour"
		}
	case length != "":
		every = strings.TrimSpace("every " + written(length) + " " + plural(length, word))
	case unit != "":
		every = "a " + word
	}
	count := ""
	switch {
	case n != "" && most != "" && n != most:
		count = written(n) + "–" + written(most) + " times"
	case n == "" && most != "":
		count = "up to " + written(most) + " " + plural(most, "time")
	case n == "1" || n == "" && every != "":
		count = "once"
	case n != "":
		count = written(n) + " times"
	}
	if count == "once" && strings.HasPrefix(every, "every ") {
		return every
	}
	return notesBy(" ", count, every)
}

var weekdayNames = map[string]string{
	"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday", "sun": "Sunday",
}

func weekdays(r view) string {
	var out []string
	for _, d := range r.at("dayOfWeek").list() {
		s := d.text()
		out = append(out, firstOf(weekdayNames[s], s))
	}
	return labelled("on", notes(out...))
}

func timesOfDay(r view) string {
	var out []string
	for _, d := range r.at("timeOfDay").list() {
		out = append(out, strings.TrimSuffix(d.text(), ":00"))
	}
	return labelled("at", notes(out...))
}

// eventWords are the codes of HL7's event-timing.
var eventWords = map[string]string{
	"MORN": "in the morning", "MORN.early": "early in the morning", "MORN.late": "late in the morning", "NOON": "at noon",
	"AFT": "in the afternoon", "AFT.early": "early in the afternoon", "AFT.late": "late in the afternoon", "EVE": "in the evening",
	"EVE.early": "early in the evening", "EVE.late": "late in the evening", "NIGHT": "at night", "PHS": "after sleep", "HS": "before sleep",
	"WAKE": "on waking", "C": "with a meal", "CM": "with breakfast", "CD": "with lunch", "CV": "with dinner", "AC": "before a meal",
	"ACM": "before breakfast", "ACD": "before lunch", "ACV": "before dinner", "PC": "after a meal", "PCM": "after breakfast", "PCD": "after lunch",
	"PCV": "after dinner", "IMD": "immediately",
}

// events says when, with its offset, which is in minutes, and after the event
// where the event's code does not say before (Timing.repeat.offset).
func events(r view) string {
	offset := r.at("offset").text()
	var out []string
	for _, e := range r.at("when").list() {
		code := e.text()
		words := firstOf(eventWords[code], code)
		if offset != "" && offset != "0" {
			away := written(offset) + " " + plural(offset, "minute") + " "
			if strings.HasPrefix(words, "before ") || strings.HasPrefix(words, "after ") {
				words = away + words
			} else {
				words = away + "after: " + words
			}
		}
		out = append(out, words)
	}
	if len(out) == 0 && offset != "" {
		return "offset " + written(offset) + " " + plural(offset, "minute")
	}
	return notes(out...)
}

// eachFor says how long each time takes: "over 30–60 minutes".
func eachFor(r view) string {
	length, most, unit := r.at("duration").text(), r.at("durationMax").text(), r.at("durationUnit").text()
	word := firstOf(timeUnits[unit], unit)
	switch {
	case length != "" && most != "":
		return "over " + written(length) + "–" + written(most) + " " + plural(most, word)
	case most != "":
		return "over at most " + written(most) + " " + plural(most, word)
	case length != "":
		return "over " + written(length) + " " + plural(length, word)
	}
	return labelled("each in", word)
}

func inAll(r view) string {
	n, most := r.at("count").text(), r.at("countMax").text()
	switch {
	case n != "" && most != "" && n != most:
		return written(n) + "–" + written(most) + " times in all"
	case n == "" && most != "":
		return "up to " + written(most) + " " + plural(most, "time") + " in all"
	case n != "":
		return written(n) + " " + plural(n, "time") + " in all"
	}
	return ""
}

// limits says for how long, or from when to when.
func limits(r view) string {
	switch {
	case r.at("boundsDuration").has():
		return labelled("for", sayDuration(r.at("boundsDuration")))
	case r.at("boundsRange").has():
		return labelled("for", sayDurations(r.at("boundsRange")))
	}
	return sayPeriod(r.at("boundsPeriod"))
}
