package ledger

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stele-health/stele/proof"
)

// TestFoldHidesNoFailure: one line for many alike, but each that failed is told.
func TestFoldHidesNoFailure(t *testing.T) {
	steps := []proof.Step{
		{Name: "genesis", OK: true, Text: "fine"}, {Name: "record 1", OK: true, Text: "fits"}, {Name: "record 2", Text: "does not"},
		{Name: "record 3", OK: true, Text: "fits"}, {Name: "record 4", Text: "does not"},
		{Name: "folio 1", OK: true, Text: "anchored in block 7"}, {Name: "folio 2", OK: true, Text: "anchored in block 12"},
		{Name: "detail 1", OK: true, Text: "says what access 5mh5sxtwrpyhxuut5gwpi5245g on the ledger commits to"},
		{Name: "detail 2", OK: true, Text: "says what access kf46gksclmy4l5gp4augb6xzbs on the ledger commits to"},
		{Name: "header 7", OK: true, Text: "signed by 30 of 40 voting power at 2026-11-28T18:52:57Z"},
		{Name: "header 9", OK: true, Text: "signed by 40 of 40 voting power at 2026-11-28T18:53:07Z"},
	}
	want := []proof.Step{{Name: "genesis", OK: true, Text: "fine"}, {Name: "2 records", OK: true, Text: "each fits"}, steps[2], steps[4],
		{Name: "2 folios", OK: true, Text: "each anchored in its block"},
		{Name: "2 details", OK: true, Text: "each says what its access on the ledger commits to"},
		{Name: "2 headers", OK: true, Text: "each signed by more than two thirds of the voting power"}}
	if diff := cmp.Diff(want, fold(steps, false)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(steps, fold(steps, true)); diff != "" {
		t.Error(diff)
	}
}
