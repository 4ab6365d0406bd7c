package spell_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/vectortest"
)

// written is a code in the file of vectors.
type written struct {
	Kind  string         `json:"kind"` // subject or slip
	Bytes vectortest.Hex `json:"bytes"`
	Code  string         `json:"code"`
	Scan  string         `json:"scan"`
}

// typed is what somebody typed, and the code that it is, "" for none.
type typed struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
	Code string `json:"code"`
}

// TestVectors holds testdata/vectors/codes.json.
func TestVectors(t *testing.T) {
	var made struct {
		Written []written `json:"written"`
		Typed   []typed   `json:"typed"`
	}
	var subjects, slips []string
	for i := range 8 {
		raw := make([]byte, 20)
		for j := range raw {
			raw[j] = byte(i * (37*j + 11))
		}
		if i == 7 {
			raw = []byte(strings.Repeat("\xff", 20))
		}
		subject, code := stele.Subject(raw), spell.NewCode([17]byte(raw[:17]))
		drawn := code.Bytes()
		made.Written = append(made.Written,
			written{"subject", raw, spell.Subject(subject), spell.SubjectScan(subject)}, written{"slip", drawn[:], code.Text(), code.Scan()})
		subjects, slips = append(subjects, spell.Subject(subject)), append(slips, code.Text())
	}
	made.Typed = append(ways(t, "subject", subjects), ways(t, "slip", slips)...)
	vectortest.Reproduced(t, "codes.json", made)
}

// ways are right and wrong ways to type codes.
func ways(t *testing.T, kind string, codes []string) (all []typed) {
	scheme := map[string]string{"subject": "stele:", "slip": "SteleSlip:"}[kind]
	for _, code := range codes {
		swapped := []byte(code)
		swapped[8], swapped[10] = swapped[10], swapped[8]
		for _, text := range []string{
			strings.ToLower(code), strings.ReplaceAll(code, " ", ""), scheme + strings.ReplaceAll(code, " ", "-"),
			strings.NewReplacer("0", "o", "1", "L").Replace(code), strings.Replace(code, " ", "\u00a0–\u202f", 1),
			code[:len(code)-1], code + "0", string(swapped), code[:5] + "U" + code[6:], "steleX:" + code, code[:10] + "*" + code[10:],
		} {
			all = append(all, typed{kind, text, again(t, kind, text)})
		}
	}
	return append(all, typed{kind, "", again(t, kind, "")})
}

// again is the code that a text is read as.
func again(t *testing.T, kind, text string) string {
	t.Helper()
	if kind == "subject" {
		s, err := spell.ParseSubject(text)
		if err != nil {
			return ""
		}
		return spell.Subject(s)
	}
	c, err := spell.ParseCode(text)
	if err != nil {
		return ""
	}
	return c.Text()
}
