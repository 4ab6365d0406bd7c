package links

import (
	"testing"

	"github.com/stele-health/stele"
)

// TestANewbornsParentIsNotedWithTheNumber, or neither is; and what is only tried changes nothing.
func TestANewbornsParentIsNotedWithTheNumber(t *testing.T) {
	table := table(t)
	mother, child := stele.Subject{1}, stele.Subject{2}
	row := func(number string, of stele.Subject) []Link {
		return []Link{{Number: number, Name: map[stele.Subject]string{mother: "Paper, Pia", child: "Paper, Baby"}[of], Subject: of}}
	}
	if err := table.Try(row("1", mother), Confirmed{}); err != nil {
		t.Fatal(err)
	}
	if n, err := table.Count(); err != nil || n != 0 {
		t.Fatalf("%d rows after a try, %v", n, err)
	}
	if err := table.Link(row("1", mother), Confirmed{}); err != nil {
		t.Fatal(err)
	}
	if err := table.Try(row("1", child), Confirmed{}); stele.KindOf(err) != stele.KindExists {
		t.Errorf("another's number is tried: %v", err)
	}
	if err := table.LinkNewborn(row("1", child), Confirmed{}, mother); stele.KindOf(err) != stele.KindExists {
		t.Errorf("another's number: %v", err)
	}
	if of, err := table.ChildOf(child); err != nil || len(of) != 0 {
		t.Errorf("%v, %v", of, err)
	}
	if err := table.LinkNewborn(row("2", child), Confirmed{}, mother); err != nil {
		t.Fatal(err)
	}
	of, err := table.ChildOf(child)
	all, err2 := table.ChildrenOf(mother)
	if err != nil || err2 != nil || len(of) != 1 || len(all) != 1 || of[0].Of != mother || all[0].Child != child {
		t.Errorf("%v, %v; %v, %v", of, all, err, err2)
	}
}
