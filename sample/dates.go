package sample

import "time"

// day is a civil date as days since 1970-01-01. Charts keep days and minutes
// instead of time.Time so that no clock and no zone database reaches the bytes.
type day int32

const secondsPerDay = 86400

// dayOf returns the civil date of t in t's own zone.
func dayOf(t time.Time) day {
	y, m, d := t.Date()
	return civil(y, int(m), d)
}

// civil returns a date; months and days out of range carry over as in time.Date.
func civil(y, m, d int) day {
	return day(time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

func (d day) date() (year, month, dom int) {
	y, m, dd := time.Unix(int64(d)*secondsPerDay, 0).UTC().Date()
	return y, int(m), dd
}

func (d day) year() int {
	y, _, _ := d.date()
	return y
}

// addMonths moves d by whole months. A day that the month lacks carries over
// into the next one.
func (d day) addMonths(n int) day {
	y, m, dd := d.date()
	return civil(y, m+n, dd)
}

// yearsSince returns the age in completed years on d of somebody born on birth.
func (d day) yearsSince(birth day) int {
	y, m, dd := d.date()
	by, bm, bd := birth.date()
	age := y - by
	if m < bm || (m == bm && dd < bd) {
		age--
	}
	return age
}

// monthsSince returns whole months of 30.44 days, near enough for growth.
func (d day) monthsSince(start day) int { return int(d-start) * 100 / 3044 }

func (d day) append(b []byte) []byte {
	y, m, dd := d.date()
	b = appendPadded(b, y, 4)
	b = append(b, '-')
	b = appendPadded(b, m, 2)
	b = append(b, '-')
	return appendPadded(b, dd, 2)
}

// appendPadded writes n ≥ 0 with at least width digits.
func appendPadded(b []byte, n, width int) []byte {
	for p := width - 1; p > 0; p-- {
		if n < pow10(p) {
			b = append(b, '0')
		}
	}
	return appendInt(b, int64(n))
}

func pow10(p int) int {
	n := 1
	for ; p > 0; p-- {
		n *= 10
	}
	return n
}
