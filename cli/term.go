package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseTerm reads a duration with days, weeks and years, of a century at most. It fails
// with KindUsage.
func ParseTerm(text string) (time.Duration, error) {
	bad := Usage(fmt.Sprintf("%q is no length of time", text), "such as 90m, 24h, 7d, 2w or 1y, and at most 100y")
	const day, longest = 24 * time.Hour, 36500 * 24 * time.Hour
	term, err := time.ParseDuration(text)
	if n := len(text) - 1; n > 0 {
		if unit := map[byte]time.Duration{'d': day, 'w': 7 * day, 'y': 365 * day}[text[n]]; unit > 0 {
			var number uint64
			if number, err = strconv.ParseUint(text[:n], 10, 16); number > uint64(longest/unit) {
				return 0, bad
			}
			term = time.Duration(number) * unit
		}
	}
	if err != nil || term <= 0 || term > longest {
		return 0, bad
	}
	return term, nil
}

// TermFrom is ParseTerm of a length of time that begins now: years are those of the calendar, so that five of them
// end on the same day.
func TermFrom(now time.Time, text string) (time.Duration, error) {
	term, err := ParseTerm(text)
	if years, isYears := strings.CutSuffix(text, "y"); isYears && err == nil {
		n, _ := strconv.Atoi(years) // ParseTerm has read it
		term = now.AddDate(n, 0, 0).Sub(now)
	}
	return term, err
}
