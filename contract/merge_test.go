package contract_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/wire"
)

// TestAChartHasItsSlotBackWhenItIsParted: what the other's owner said meanwhile of emergencies, and
// restricted, is not what this person says.
func TestAChartHasItsSlotBackWhenItIsParted(t *testing.T) {
	s := found(t, 2)
	slot := func(name string) stele.Digest {
		keys, err := state.Ledger{Ledger: s.town.Ledger}.Subject(stele.Subject(s.subject(name)))
		if err != nil {
			t.Fatal(err)
		}
		return keys.Emergency
	}
	s.block("+1s", "subject ann\nenrol doe\nenrol roe")
	doe, roe := slot("doe"), slot("roe")
	s.block("+1s", "merge doe into=ann\nmerge roe into=ann\nslot doe by=ann")
	if got := slot("doe"); got == doe || got == (stele.Digest{}) {
		t.Errorf("while it is merged, the slot is %v", got)
	}
	s.block("+1s", "part doe\npart roe")
	if slot("doe") != doe || slot("roe") != roe {
		t.Errorf("parted, the slots are %v and %v, were %v and %v", slot("doe"), slot("roe"), doe, roe)
	}
}

// TestMergesFillNobodysLog: eight charts at most are merged into one at a time, and however they are
// merged and parted, the other's log hears of sixteen, and of one more a day.
func TestMergesFillNobodysLog(t *testing.T) {
	s := found(t, 2)
	s.block("+1s", "enrol ann\n"+many("enrol d%d", 40))
	for range 6 {
		var merges, parts strings.Builder
		for i := range 40 {
			fmt.Fprintf(&merges, "merge d%d into=ann by=member1,member2\n", i+1)
			fmt.Fprintf(&parts, "part d%d\n", i+1)
		}
		done, _ := s.write("+1s", merges.String())
		now := 0
		for _, v := range done.Verdicts {
			if v.Err == nil {
				now++
			}
		}
		if now > 8 {
			t.Fatalf("%d were merged into one", now)
		}
		s.write("+1s", "")
		s.write("+1s", parts.String())
	}
	s.write("+1s", "")
	heard := map[bool]int{}
	s.all(func(e *wire.Event) {
		if m := e.GetMergeNoted(); m != nil {
			heard[m.Turn%2 == 1]++
		}
	})
	if heard[true] < 16 || heard[true] > 16+8 || heard[false] != heard[true] {
		t.Errorf("the log heard of %d merges and %d partings", heard[true], heard[false])
	}
}
