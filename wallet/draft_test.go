package wallet_test

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/wallet"
)

// TestWhatIsShownIsWhatIsSigned however long somebody thinks about it, and to whatever second an end was said; each
// grant has an id of its own.
func TestWhatIsShownIsWhatIsSigned(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena"), w.NewDoctor("Dr Okafor", "Lakeview")
		terms := town.Terms(stele.Medications, stele.Allergies)
		terms.Sensitivity, terms.End = []stele.Sensitivity{stele.SUD}, p.Clock().Add(25*time.Hour+30*time.Second)
		draft, err := p.Draft(t.Context(), w.ContactOf(p, d), terms)
		w.Must(err)
		seen := map[stele.ID]bool{}
		for range 2 {
			now := p.Clock
			p.Clock = func() time.Time { return now().Add(3 * time.Minute) }
			given, _, err := p.GiveDraft(t.Context(), draft)
			w.Must(err)
			p.Clock = now
			signed, err := consent.Parse(given.Document)
			w.Must(err)
			if text := consent.Presented(signed); text != draft.Says() || seen[given.Grant] {
				t.Errorf("shown:\n%s\nsigned:\n%s", draft.Says(), text)
			}
			seen[given.Grant] = true
			wallet.Amend(p.Wallet, wallet.GivenRows, func(_ int, g *wallet.Given) { g.Unanswered = false })
		}
	})
}
