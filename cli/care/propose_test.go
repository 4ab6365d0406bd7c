package care

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
)

// TestADelegationSaysWhenAChildComesOfAge: on which day, and where that is not the 18th birthday.
func TestADelegationSaysWhenAChildComesOfAge(t *testing.T) {
	for _, c := range []struct{ born, ofAge, want string }{
		{"2026-11-30", "2044-11-30", "comes of age on 2044-11-30, and it ends then."},
		{"2026-11-30", "2047-11-30", "on 2047-11-30, and it ends then; the 18th birthday is on 2044-11-30"},
		{"2024-02-29", "2042-03-01", "comes of age on 2042-03-01, and it ends then."},
		{"2024-02-29", "2042-02-28", "the 18th birthday is on 2042-03-01"},
		{"2024-02", "2042-02-05", "comes of age on 2042-02-05, and it ends then."},
		{"", "2044-11-30", "no birth date to hold that against"},
		{"2024-02-29", "2049-03-01", "the 18th birthday is on"},
		{"2024-02-29", "2049-03-02", ""},
	} {
		day, _ := consent.ParseDate(c.ofAge)
		says, err := comesOfAge(c.born, day)
		switch {
		case c.want == "" && (stele.KindOf(err) != stele.KindUsage || !strings.Contains(stele.HintOf(err), "18 would be 2042-03-01")):
			t.Errorf("born %s, of age %s: %q, %v", c.born, c.ofAge, says, err)
		case c.want != "" && (err != nil || !strings.Contains(says, c.want)):
			t.Errorf("born %s, of age %s: %q, %v, want %q", c.born, c.ofAge, says, err, c.want)
		}
	}
}
