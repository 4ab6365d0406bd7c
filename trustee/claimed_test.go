package trustee

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// TestLaw1WhoeverClaimsAChartFindsWhoOpenedItBefore: members opened it for care, or tried to,
// while nobody had claimed it; who it was and why is told to whoever claims it, and from then on
// the member itself can read it no more.
func TestLaw1WhoeverClaimsAChartFindsWhoOpenedItBefore(t *testing.T) {
	keys := make([]*seal.SealKey, 0, 4)
	w := newTown(t, func(c *Config) {
		key, err := seal.NewSealKey()
		if err != nil {
			t.Fatal(err)
		}
		keys, c.SealKey = append(keys, key), key
	})
	claimed := w.book.Subjects[w.patient.subject]
	w.book.Subjects[w.patient.subject] = stele.Keys{Subject: w.patient.subject, Enrolled: w.members[0]}
	by := []stele.Subject{w.members[0], w.members[1]}
	o := w.open(func(g *consent.Grant) { g.Signed.By = consent.Party{Subject: by[0], Name: "A Hospital"} }, nil)
	o.grant.Members = by
	w.book.Grants[o.grant.ID] = o.grant
	mustRelease(t, o, 0)
	byMember := func() (n int) {
		t.Helper()
		if err := w.trustees[0].shelf.scan([]byte{rowDetail}, true, func(_, value []byte) bool {
			row := new(wire.DetailsResponse)
			if err := wire.Decode(value, row); err != nil {
				t.Fatal(err)
			}
			for _, d := range row.Details {
				if _, err := keys[0].Open(seal.TagAccount, wire.DetailContext(w.members[0], stele.ID(d.Id)), d.Sealed); err == nil {
					n++
				}
			}
			return true
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := byMember(); n != 1 {
		t.Errorf("the member keeps %d for the later claimer", n)
	}
	merged := claimed
	merged.Into = w.members[1]
	w.book.Subjects[w.patient.subject] = merged
	if got := details(w, 0); len(got) != 1 || len(got[0].Detail) == 0 {
		t.Errorf("whose chart it is merged into finds %v", got)
	}
	if n := byMember(); n != 1 {
		t.Errorf("while it is merged the member keeps %d for who may claim it when it is parted again", n)
	}
	w.book.Subjects[w.patient.subject] = claimed
	for range 2 {
		if got := details(w, 0); len(got) != 1 || !got[0].Released || len(got[0].Detail) == 0 {
			t.Errorf("who claims it finds %v", got)
		}
		if n := byMember(); n != 0 {
			t.Errorf("afterwards the member reads %d still", n)
		}
	}
	if len(page(t, w, 0, 0).Receipts) != 1 {
		t.Error("the receipt is gone")
	}
}
