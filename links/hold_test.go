package links

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stele-health/stele"
)

// TestR37NothingIsTakenFromAnybodyWhileItIsGoneBy: by an import. A number that nobody has
// is linked all the same.
func TestR37NothingIsTakenFromAnybodyWhileItIsGoneBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := table(t)
		ana, ben := stele.Subject{1}, stele.Subject{2}
		nowhere := func() (bool, error) { return false, nil }
		never := func(func(string) bool) (bool, error) { return false, nil }
		check(t, s.AddSystem("urn:mine", never))
		check(t, s.Link([]Link{{Number: "1", Subject: ana}}, Confirmed{}))
		release, err := s.Hold(t.Context())
		check(t, err)
		changes := map[string]func() error{
			"move": func() error {
				return s.Link([]Link{{Number: "1", Subject: ben}}, Confirmed{Move: true, Reason: "wrong"})
			},
			"tie an id":     func() error { _, err := s.TieID("p", Link{Subject: ben}, nowhere); return err },
			"add system":    func() error { return s.AddSystem("urn:theirs", never) },
			"remove system": func() error { return s.RemoveSystem("urn:mine", func() error { return nil }) },
			"unlink":        func() error { _, err := s.Unlink("1", ""); return err },
		}
		for what, change := range changes {
			start := time.Now()
			if err := change(); stele.KindOf(err) != stele.KindBusy || stele.HintOf(err) == "" || time.Since(start) < time.Second {
				t.Errorf("%s while somebody goes by it: %v after %v", what, err, time.Since(start))
			}
		}
		check(t, s.Link([]Link{{Number: "2", Subject: ben}}, Confirmed{}))
		if links := now(s); len(links) != 2 || links[0].Subject != ana {
			t.Errorf("the table is %v", links)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := s.Hold(ctx); err == nil {
			t.Error("two go by it at one time")
		}
		go func() { time.Sleep(time.Second); release() }()
		check(t, changes["move"]()) // it waits
		if links := now(s); len(links) != 2 || links[1].Subject != ben {
			t.Errorf("the table is %v", links)
		}
	})
}

// TestANumberOfTwoSystemsIsUnlinkedWhereItIsSaid, and white space is none of it.
func TestANumberOfTwoSystemsIsUnlinkedWhereItIsSaid(t *testing.T) {
	s := table(t)
	check(t, s.Link([]Link{{System: "urn:a", Number: "1", Subject: stele.Subject{1}}}, Confirmed{}))
	check(t, s.Link([]Link{{System: "urn:b", Number: "1", Subject: stele.Subject{2}}}, Confirmed{}))
	if _, err := s.Unlink("1", ""); stele.KindOf(err) != stele.KindUsage || stele.HintOf(err) == "" || len(now(s)) != 2 {
		t.Errorf("a number of two: %v; %v", err, now(s))
	}
	if _, err := s.Unlink("1", "urn:c"); stele.KindOf(err) != stele.KindNotFound {
		t.Errorf("of a system that has no such number: %v", err)
	}
	sure(s.Unlink(" 1 ", "URN:A"))
	if left := now(s); len(left) != 1 || left[0].System != "urn:b" {
		t.Errorf("left are %v", left)
	}
	sure(s.Unlink("1", ""))
}

// TestR37ASystemIsNotOwnedWhereItsNumbersAreOthers: one number would be two patients'.
func TestR37ASystemIsNotOwnedWhereItsNumbersAreOthers(t *testing.T) {
	never := func(func(string) bool) (bool, error) { return false, nil }
	for what, mine := range map[string]string{"without a system": "", "of an own one": "urn:mine"} {
		s := table(t)
		check(t, s.AddSystem("urn:mine", never))
		check(t, s.Link([]Link{{System: mine, Number: "1", Subject: stele.Subject{1}}, {System: mine, Number: "2", Subject: stele.Subject{1}}}, Confirmed{Same: true}))
		check(t, s.Link([]Link{{System: "urn:b", Number: "1", Subject: stele.Subject{2}}}, Confirmed{}))
		if err := s.AddSystem("urn:b", never); stele.KindOf(err) != stele.KindExists || stele.HintOf(err) == "" || len(s.Systems()) != 1 {
			t.Errorf("%s: %v; own are %v", what, err, s.Systems())
		}
		sure(s.Unlink("1", "urn:b"))
		check(t, s.Link([]Link{{System: "urn:b", Number: "2", Subject: stele.Subject{1}}, {System: "urn:c", Number: "9", Subject: stele.Subject{3}}}, Confirmed{Same: true}))
		check(t, s.AddSystem("urn:b", never))
	}
}
