package telling

import (
	"slices"
	"time"
)

// Supplied is said of what was handed out and still lasts: it may be taken, though nobody
// here tells an order.
const Supplied = "dispensed, supply until"

// supplied doubts that what was handed out is only of its day while its supply lasts.
func (s stand) supplied(r view, t span, today string) stand {
	given := s.is == Happened || slices.Equal(codesOf(r.quiet().at("status")), []string{"in-progress"})
	if !given || t.end == "" || today == "" || !isAfter(plusDays(t.end, 1), today) || isAfter(t.start, tomorrow(today)) {
		return s
	}
	s.is, s.words = Unclear, notes(s.words, Supplied+" "+Day(t.end))
	return s
}

// supply is how long what was handed out lasts: the days' supply, else the time of its
// dosages.
func supply(r view) span {
	begin := parseMoment(firstOf(r.at("whenHandedOver").raw(), r.at("whenPrepared").raw())).Day
	if days, ok := daysOf(r.at("daysSupply").quiet()); ok && len(begin) == len(time.DateOnly) {
		return span{start: begin, end: plusDays(begin, days), planned: true}
	}
	out := span{start: begin, planned: true}
	for _, p := range steps(r.at("dosageInstruction").quiet().list(), begin) {
		if p.end == "" {
			return span{}
		}
		out.end = max(out.end, p.end)
	}
	return out
}
