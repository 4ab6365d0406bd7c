package terminal

import (
	"fmt"
	"strings"
	"time"

	"github.com/stele-health/stele"
)

// Stamp tells a time in the local zone, with the zone.
func Stamp(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 MST") }

// Until tells an end shortly.
func Until(t time.Time) string { return t.Local().Format("2006-01-02 15:04 MST") }

// Zoned titles a column of times with the local zone, which its cells then
// leave out, unless they fall into another (summer time).
func Zoned(title string) string { return title + " " + time.Now().Format("MST") }

func inZone(t time.Time, layout string) string {
	t = t.Local()
	if zone, now := t.Format("MST"), time.Now().Format("MST"); zone != now {
		layout += " MST"
	}
	return t.Format(layout)
}

// ShortStamp is a cell of a column that Zoned titles.
func ShortStamp(t time.Time) string { return inZone(t, "2006-01-02 15:04:05") }

// ShortUntil is an end in such a column.
func ShortUntil(t time.Time) string { return inZone(t, "2006-01-02 15:04") }

// Took tells a duration to two or three digits.
func Took(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f min", d.Minutes())
}

// Size writes a number of bytes.
func Size(n uint64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1<<30:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// ShortDID is a DID for a table.
func ShortDID(s stele.Subject) string { return s.Short() + "…" }

// OneLine is a text whose line ends and other runs of space are one space each.
func OneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
