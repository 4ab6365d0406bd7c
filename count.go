package stele

import "fmt"

// Integer is what can be counted.
type Integer interface {
	int | int64 | uint32 | uint64
}

// Number writes 12345 as 12,345, as sentences and screens show it.
func Number[N Integer](n N) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Count is "1 grant" or "3 grants".
func Count[N Integer](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + many
}
