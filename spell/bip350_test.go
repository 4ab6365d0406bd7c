package spell

import (
	"strings"
	"testing"
)

// TestACodeThatIsWellWrittenAndNoSubjectsIsRefused: it begins otherwise.
func TestACodeThatIsWellWrittenAndNoSubjectsIsRefused(t *testing.T) {
	if s, err := ParseSubject(subjects.sealed(values("SV" + strings.Repeat("A", 32)))); err == nil || !strings.Contains(err.Error(), "not the code of a card") {
		t.Errorf("it is read as %v, %v", s, err)
	}
}

// TestTheCheckIsBech32m: the examples of BIP 350 hold, and those of BIP 173, whose
// constant is another, do not.
func TestTheCheckIsBech32m(t *testing.T) {
	const theirs = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	for text, good := range map[string]bool{
		"a1lqfn3a": true, "?1v759aa": true, "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx": true,
		"split1checkupstagehandshakeupstreamerranterredcaperredlc445v": true,
		"a12uel5l": false, "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw": false,
	} {
		at := strings.LastIndexByte(text, '1')
		k, symbols := kind{name: text[:at]}, []byte{}
		for _, c := range text[at+1:] {
			symbols = append(symbols, byte(strings.IndexRune(theirs, c)))
		}
		if got := k.rest(symbols) == 0; got != good {
			t.Errorf("%s: %v", text, got)
		}
		if sealed := values(k.sealed(symbols[:len(symbols)-checks])); good && string(sealed) != string(symbols) {
			t.Errorf("%s is sealed otherwise", text)
		}
	}
}
