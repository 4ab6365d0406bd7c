package contract_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/contract/state"
	"github.com/stele-health/stele/ledger/ledgertest"
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

// TestADeathIsThePersonsInWhicheverOfTheirChartsItIsSaid: who judges an opening is told of it for each, with its height,
// and that it was undone, of whichever that was said; one that is parted keeps it, until it is undone of that.
func TestADeathIsThePersonsInWhicheverOfTheirChartsItIsSaid(t *testing.T) {
	s := found(t, 2)
	died := func(name string) int64 {
		keys, err := state.Ledger{Ledger: s.town.Ledger}.Subject(stele.Subject(s.subject(name)))
		if err != nil {
			t.Fatal(err)
		}
		return keys.Died
	}
	s.block("+1s", "subject ann\nsubject bob\nsubject cat\nmerge bob into=ann by=bob,ann\nmerge cat into=ann by=cat,ann")
	s.block("+1s", "give b of=bob by=ann action=delegate to=mother end=+200h\ngive a of=ann by=ann action=delegate to=mother end=+200h\ngive g of=cat by=ann end=+200h")
	s.block("+1s", "die bob under=b")
	s.block("+1s", "die ann under=a") // recorded already
	for _, name := range []string{"ann", "bob", "cat"} {
		if died(name) != 3 {
			t.Errorf("of %s the death is of block %d, want 3", name, died(name))
		}
	}
	if g, err := (state.Ledger{Ledger: s.town.Ledger}).Grant(stele.ID(s.id("g"))); err != nil || !g.Died {
		t.Errorf("who holds a grant of the third is told %v, %v", g.Died, err)
	}
	s.block("+1s", "live cat under=a")
	if died("ann") != 0 || died("bob") != 0 || died("cat") != 0 {
		t.Errorf("undone, the deaths are of blocks %d, %d and %d", died("ann"), died("bob"), died("cat"))
	}
	s.block("+1s", "die cat under=b")
	s.block("+1s", "part cat by=cat")
	s.block("+1s", "live bob under=b")
	if died("cat") != 6 || died("bob") != 0 || died("ann") != 0 {
		t.Errorf("parted, the deaths are of blocks %d, %d and %d", died("cat"), died("bob"), died("ann"))
	}
}

// TestWhoSpeaksForAMergedChartUsesUpNothingOfItsOwners: parted, she says at once what opens in an emergency and
// what she restricts, and gives grants. Merged anew, what the two have used up of a rate is used up.
func TestWhoSpeaksForAMergedChartUsesUpNothingOfItsOwners(t *testing.T) {
	s := found(t, 2)
	s.block("+1s", "subject eve\nsubject fay\nmerge fay into=eve by=fay,eve")
	last := func(lines string) stele.Kind {
		done, _ := s.write("+1ms", lines)
		return stele.KindOf(done.Verdicts[len(done.Verdicts)-1].Err)
	}
	for _, said := range []struct {
		line  string
		burst int
	}{
		{"slot fay", 20},
		{"list fay epoch=%d", 20},
		{"give g%d of=fay", 200},
	} {
		line := func(n int, by string) string { return strings.ReplaceAll(said.line, "%d", fmt.Sprint(n)) + " by=" + by }
		if got := last(many(said.line+" by=eve", said.burst) + "\n" + line(said.burst+1, "eve")); got != stele.KindLimit {
			t.Errorf("%s by whoever speaks for her, after %d: %v", said.line, said.burst, got)
		}
		if got := last("part fay by=fay\n" + line(said.burst+1, "fay")); got != 0 {
			t.Errorf("%s by herself: %v", said.line, got)
		}
		if got := last("merge fay into=eve by=fay,eve\n" + line(said.burst+2, "eve")); got != stele.KindLimit {
			t.Errorf("%s, merged anew: %v", said.line, got)
		}
	}
}

// TestWhoSpokeForASourceWhenADeliveryWasAnchored: whoever did then, by the order on the ledger and not by the block,
// however often it was merged and parted since; and by the anchor of that very chart.
func TestWhoSpokeForASourceWhenADeliveryWasAnchored(t *testing.T) {
	s := found(t, 2)
	view := state.Ledger{Ledger: s.town.Ledger}
	s.block("+1s", "subject ann\nsubject bob\nsubject cat\ngive w of=bob by=bob action=write end=+900h\ngive v of=ann by=ann action=write end=+900h")
	s.block("+1s", "anchor own grant=w\nmerge bob into=ann by=bob,ann\nanchor anns grant=w\nanchor elsewhere grant=v")
	s.block("+1s", "anchor still grant=w\npart bob by=bob\nanchor again grant=w")
	s.block("+1s", "merge bob into=cat by=bob,cat\nanchor cats grant=w")
	check := func(when string) {
		t.Helper()
		for _, c := range []struct{ source, chart, submission, spoke string }{
			{"bob", "bob", "own", "bob"}, {"bob", "bob", "anns", "ann"}, {"bob", "bob", "still", "ann"}, {"bob", "bob", "again", "bob"}, {"bob", "bob", "cats", "cat"},
			{"bob", "ann", "elsewhere", "ann"}, {"ann", "bob", "own", "ann"}, {"ann", "bob", "cats", "ann"}, {"member1", "bob", "anns", "member1"},
			{"bob", "ann", "own", ""}, {"bob", "bob", "elsewhere", ""}, {"bob", "bob", "nothing", ""}, {"nobody", "bob", "own", ""},
		} {
			submission := stele.ID{1}
			if c.submission != "nothing" {
				submission = stele.ID(s.id(c.submission))
			}
			anchor, keys, err := view.Spoke(stele.Subject(s.subject(c.source)), stele.Subject(s.subject(c.chart)), submission)
			if c.spoke == "" {
				if stele.KindOf(err) != stele.KindNotFound {
					t.Errorf("%s, of %s for %s's %s: %v", when, c.source, c.chart, c.submission, err)
				}
				continue
			}
			if err != nil || !bytes.Equal(anchor.Submission, submission[:]) || len(keys) != 1 || keys[0] != wire.Key(ledgertest.Signer(c.spoke).Public()) {
				t.Errorf("%s, of %s for %s's %s: %d keys, not %s's, of %v: %v", when, c.source, c.chart, c.submission, len(keys), c.spoke, anchor, err)
			}
		}
	}
	check("while it is merged")
	s.block("+1s", "part bob by=cat")
	check("parted")
	s.block("+1s", "merge ann into=cat by=ann,cat")
	check("and she who spoke is merged herself")
}

// TestWhetherAClaimComesAfterADeathIsToldToItsHolder: to who shows a claim that the key of the waiting slip signed, and to nobody
// who knows the DID alone.
func TestWhetherAClaimComesAfterADeathIsToldToItsHolder(t *testing.T) {
	s := found(t, 3)
	view := state.Ledger{Ledger: s.town.Ledger}
	s.block("+1s", "enrol doe\nenrol roe\ngive m of=doe action=delegate to=mother by=member1,member2 end=+900h")
	doe, roe := stele.Subject(s.subject("doe")), stele.Subject(s.subject("roe"))
	claim := func(of stele.Subject, by ...string) *wire.Signed {
		var signers []wire.Signer
		for _, name := range by {
			signers = append(signers, ledgertest.Signer(name))
		}
		return wire.Sign(wire.TagTransaction, &wire.Transaction{Message: &wire.Transaction_ClaimSubject{
			ClaimSubject: &wire.ClaimSubject{Subject: of[:], Device: &wire.Device{Signing: ledgertest.Signer("phone").Public()}},
		}}, signers...)
	}
	forged := claim(doe, "doe", "phone")
	forged.Signatures[0].Signature[0] ^= 1
	check := func(when string, dead bool) {
		t.Helper()
		if died, err := view.Late(doe, claim(doe, "doe", "phone")); err != nil || died != dead {
			t.Errorf("%s: %v, %v", when, died, err)
		}
		if died, err := view.Late(roe, claim(roe, "roe", "phone")); err != nil || died {
			t.Errorf("%s, of another: %v, %v", when, died, err)
		}
		for what, c := range map[string]*wire.Signed{
			"without the slip": claim(doe, "phone"), "by another slip": claim(doe, "roe", "phone"), "of another chart": claim(roe, "doe", "phone"), "forged": forged,
		} {
			if died, err := view.Late(doe, c); stele.KindOf(err) != stele.KindDenied || died {
				t.Errorf("%s, a claim %s: %v, %v", when, what, died, err)
			}
		}
	}
	check("before", false)
	s.block("+1s", "die doe under=m by=mother,member1/node")
	check("after the death", true)
	s.block("+1s", "live doe under=m by=mother,member1/node")
	check("undone", false)
	s.block("+1s", "claim doe seal=yes")
	if _, err := view.Late(doe, claim(doe, "doe", "phone")); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("of a chart that is claimed: %v", err)
	}
}
