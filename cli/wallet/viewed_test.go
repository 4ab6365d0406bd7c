package wallet

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/account"
	"github.com/stele-health/stele/wire"
)

func keptOf(n uint32) []account.Kept {
	var all []account.Kept
	for _, m := range []string{"a", "b", "c"} {
		all = append(all, account.Kept{Member: m, Detail: &wire.Detail{Released: true, Records: n}})
	}
	return all
}

// TestAStatementDoesNotHideWhatWasReleased: a reader that says "all" of one record hides nothing of the 64 that were released.
func TestAStatementDoesNotHideWhatWasReleased(t *testing.T) {
	line := account.Line{Telling: account.Telling{Details: keptOf(64)}, Viewed: []*wire.Viewed{{Records: 1}}}
	if got := viewed(line, "opened"); !strings.Contains(got, "64") {
		t.Errorf("64 records were released, and the log says: %q", got)
	}
}

// TestARecordLookedAtTwiceIsOneRecord, also where all is said twice.
func TestARecordLookedAtTwiceIsOneRecord(t *testing.T) {
	f := []*wire.ViewedFolio{{Submission: make([]byte, len(stele.ID{})), Folio: make([]byte, len(stele.ID{})), Places: []uint32{3}}}
	line := account.Line{Telling: account.Telling{Details: keptOf(64)}, Viewed: []*wire.Viewed{{Records: 1, AtMs: 1, Folios: f}, {Records: 1, AtMs: 2, Folios: f}}}
	if got := viewed(line, "opened"); !strings.Contains(got, "looked at 1 of 64") {
		t.Errorf("one record was named, twice, and the log says: %q", got)
	}
	line.Viewed = []*wire.Viewed{{Records: 64, AtMs: 1}, {Records: 64, AtMs: 2}}
	if got := viewed(line, "opened"); strings.Contains(got, "128") {
		t.Errorf("64 records were released, and the log says: %q", got)
	}
}
