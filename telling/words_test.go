package telling

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestAWordIsOneOfThose is found between spaces only, and nothing is made to find it.
func TestAWordIsOneOfThose(t *testing.T) {
	of := rapid.StringMatching(`[ab ]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		words, word := of.Draw(t, "words"), of.Draw(t, "word")
		want := word != "" && strings.Contains(" "+words+" ", " "+word+" ")
		if got := holdsWord(words, word); got != want {
			t.Fatalf("%q in %q: %v", word, words, got)
		}
	})
	if got := testing.AllocsPerRun(100, func() { holdsWord("resolved inactive remission", "remission") }); got != 0 {
		t.Errorf("%v pieces of memory", got)
	}
}
