package account_test

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wire"
)

// TestR45ATrusteeThatIsBehindSaysOfNobodyThatTheyAskAgain: one whose node has not the block
// of the opening yet refuses, and the wallet asks the next. Who asked before, or later, or
// was refused for another reason, has asked again.
func TestR45ATrusteeThatIsBehindSaysOfNobodyThatTheyAskAgain(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Lakeview")
		w.Delivers("Northside", p, town.Note("a1", stele.Allergies, "2020-01-02"))
		w.Gives(p, d, stele.Allergies)
		chart, err := d.Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		opened := chart.Access.Outcome.Time
		for what, c := range map[string]struct {
			why     asking.Reason
			at      time.Time
			refused int
		}{
			"a block behind": {asking.NotOpened, opened.Add(time.Second), 0},
			"before":         {asking.NotOpened, opened.Add(-time.Second), 1},
			"long after":     {asking.NotOpened, opened.Add(time.Hour), 1},
			"another reason": {"the grant was taken back", opened.Add(time.Second), 1},
		} {
			said := town.Bend(p, "Patients", func(m *members.Member) {
				m.Trustee = town.LyingTrustee{Trustee: m.Trustee, Tells: func(out *wire.DetailsResponse) {
					kept, err := w.Members[0].Trustee.Details(t.Context(), &wire.DetailsRequest{Request: p.OwnRequest(w.Members[0].Subject, 0)})
					w.Must(err)
					refusal := p.Account.OpenDetail(w.Members[0], kept.Details[0])
					refusal.Released, refusal.Receipt, refusal.Labels, refusal.Records = false, nil, nil, 0
					refusal.Why, refusal.TimeMs = string(c.why), c.at.UnixMilli()
					town.Adds(p, m.Subject, out, refusal)
				}}
			})
			openings := 0
			_, err := said.Account.Report(t.Context(), func(l account.Line) error {
				if l.Event.GetAccessPermitted() == nil {
					return nil
				}
				openings++
				if l.Refused != c.refused || l.Released < l.Needed {
					t.Errorf("%s: released by %d, refused %d times, want %d", what, l.Released, l.Refused, c.refused)
				}
				return nil
			})
			w.Must(err)
			if openings != 1 {
				t.Errorf("%s: %d openings", what, openings)
			}
		}
	})
}
