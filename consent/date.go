package consent

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Date is a clinical date that may be partial, as FHIR's date: a year, a year
// and month, or a day. Month and Day are 0 where they are not known; the zero
// Date is no date.
type Date struct {
	Year, Month, Day int
}

// ParseDate reads YYYY, YYYY-MM, YYYY-MM-DD or a FHIR dateTime, of which it
// takes the day as written, in the zone it was written in. It reports whether
// text was one.
func ParseDate(text string) (Date, bool) {
	day, clock, timed := strings.Cut(text, "T")
	if timed && (len(day) != 10 || !validClock(clock)) {
		return Date{}, false
	}
	parts := strings.Split(day, "-")
	if len(parts) > 3 || len(parts[0]) != 4 {
		return Date{}, false
	}
	var n [3]int
	for i, p := range parts {
		if i > 0 && len(p) != 2 {
			return Date{}, false
		}
		v, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return Date{}, false
		}
		n[i] = int(v)
	}
	d := Date{n[0], n[1], n[2]}
	return d, !d.IsZero() && d.valid() && d.precision() == len(parts)
}

// validClock reports whether text can follow the T of a FHIR dateTime. It is not
// left to package time, which knows no leap second, and takes a comma, an hour of
// one digit and a zone of fifteen hours: what has another date here than to FHIR
// falls out of grants that name a period.
func validClock(text string) bool {
	if len(text) < 9 || text[2] != ':' || text[5] != ':' || !upTo(text[:2], 23) || !upTo(text[3:5], 59) || !upTo(text[6:8], 60) {
		return false
	}
	zone := text[8:]
	if fraction, ok := strings.CutPrefix(zone, "."); ok {
		zone = strings.TrimLeft(fraction, "0123456789")
		if len(zone) == len(fraction) {
			return false
		}
	}
	if zone == "Z" {
		return true
	}
	return len(zone) == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':' &&
		(upTo(zone[1:3], 13) && upTo(zone[4:], 59) || zone[1:] == "14:00")
}

// upTo reports whether two digits are a number of at most n.
func upTo(digits string, n int) bool {
	v, err := strconv.ParseUint(digits, 10, 8)
	return err == nil && int(v) <= n
}

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d == Date{} }

// String returns the date as FHIR writes it; "" for no date.
func (d Date) String() string {
	switch d.precision() {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%04d", d.Year)
	case 2:
		return fmt.Sprintf("%04d-%02d", d.Year, d.Month)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// Birthday returns the day on which who was born on d is so many years old, as much of it as d has: of who was born on
// 29 February, in a year without it, 1 March, when the last year is over.
func (d Date) Birthday(years int) Date {
	if d.Year += years; d.Month == 2 && d.Day > d.monthLength() {
		d.Month, d.Day = 3, 1
	}
	return d
}

// words returns the date for a sentence: "2020", "March 2020", "4 March 2020".
func (d Date) words() string {
	switch d.precision() {
	case 0:
		return ""
	case 1:
		return strconv.Itoa(d.Year)
	case 2:
		return fmt.Sprintf("%s %d", time.Month(d.Month), d.Year)
	}
	return fmt.Sprintf("%d %s %d", d.Day, time.Month(d.Month), d.Year)
}

// precision counts the parts that are known, 0 to 3.
func (d Date) precision() int {
	switch {
	case d.Year == 0:
		return 0
	case d.Month == 0:
		return 1
	case d.Day == 0:
		return 2
	}
	return 3
}

// valid reports whether d is the zero Date or a date that exists.
func (d Date) valid() bool {
	if d.IsZero() {
		return true
	}
	if d.Year < 1 || d.Year > 9999 || d.Month < 0 || d.Month > 12 || d.Day < 0 {
		return false
	}
	if d.Month == 0 {
		return d.Day == 0
	}
	return d.Day <= d.monthLength()
}

func (d Date) monthLength() int {
	return time.Date(d.Year, time.Month(d.Month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// first and last return the days that d spans, as comparable numbers.
func (d Date) first() int {
	return d.Year*10000 + max(d.Month, 1)*100 + max(d.Day, 1)
}

func (d Date) last() int {
	if d.Month == 0 {
		return d.Year*10000 + 1231
	}
	day := d.Day
	if day == 0 {
		day = d.monthLength()
	}
	return d.Year*10000 + d.Month*100 + day
}
