package devnet_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/members"
)

// severed is a ledger whose answers, or whose ear, fail for anchors.
type severed struct {
	members.Ledger
	deaf *bool // does not hear of anchors; else it does and does not answer
	cut  *bool
}

func (s severed) Submit(ctx context.Context, tx []byte) (stele.Outcome, error) {
	lost := stele.E("submit", stele.KindUnreachable, "the line is cut", nil)
	if !*s.cut {
		return s.Ledger.Submit(ctx, tx)
	}
	if !*s.deaf {
		_, _ = s.Ledger.Submit(ctx, tx)
	}
	return stele.Outcome{}, lost
}

// TestLaw8ImportWithoutAnAnswerDoublesNothing cuts the line when the anchor is
// sent: whether it arrived or not, the next import of the same file leaves each
// record there once.
func TestLaw8ImportWithoutAnAnswerDoublesNothing(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		p := town.patient(t, "Once", "hospital-a")
		cut := true
		h := town.org(t, "hospital-a")
		s := h
		for _, name := range town.Names() {
			s = with(s, name, func(m *members.Member) { m.Ledger = severed{m.Ledger, &deaf, &cut} })
		}
		file := `{"resourceType":"Basic","id":"one","code":{"text":"x"}}` + "\n" + `{"resourceType":"Basic","id":"two","code":{"text":"x"}}`
		read := func() (delivery.Imported, error) {
			return s.Delivery.Import(t.Context(), strings.NewReader(file), delivery.ImportOptions{Subject: p.Subject()})
		}
		_, err := read()
		wants(t, err, stele.KindUnknown, "an import that nobody answers")
		_, err = read()
		wants(t, err, stele.KindUnknown, "an import while nobody answers")
		cut = false
		done, err := read()
		must(t, err)
		if done.Known != 2 || done.Delivered != 0 {
			t.Errorf("deaf %v: %d known, %d delivered, want 2 and 0: the anchor was sent again", deaf, done.Known, done.Delivered)
		}
		chart, err := p.Charts.OpenOwn(t.Context())
		must(t, err)
		if ids(chart) != "one two" {
			t.Errorf("deaf %v: she has %q", deaf, ids(chart))
		}
	}
}
