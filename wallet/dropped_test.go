package wallet

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/book"
)

// TestWhatIsKnownIsForgottenAlone: of what was sent, what it was for and of what; and a
// grant, when it was not given.
func TestWhatIsKnownIsForgottenAlone(t *testing.T) {
	a, b := stele.ID{1}, stele.ID{2}
	for what, c := range map[string]struct {
		kind     SentKind
		happened bool
		given    int
	}{
		"a grant that was given":     {SentGrant, true, 2},
		"a grant that was not":       {SentGrant, false, 1},
		"a revocation that was not":  {SentRevocation, false, 2},
		"a revocation that happened": {SentRevocation, true, 2},
	} {
		w := emptyWallet(t)
		check(t, sentRows.Fill(w.learned, []Sent{{Kind: SentGrant, Object: a}, {Kind: SentGrant, Object: b}, {Kind: SentRevocation, Object: a}, {Kind: SentRevocation, Object: b}}))
		check(t, givenRows.Fill(w.learned, []Given{{Grant: a}, {Grant: b}}))
		check(t, w.learned.Change(func(change *book.Change) error { return dropSent(change, c.kind, a, c.happened) }))
		for _, left := range w.SentNow() {
			if left.Kind == c.kind && left.Object == a {
				t.Errorf("%s is still open", what)
			}
		}
		if n := len(w.SentNow()); n != 3 || len(w.GivenNow()) != c.given {
			t.Errorf("%s: %d are open, %d given", what, n, len(w.GivenNow()))
		}
	}
}
