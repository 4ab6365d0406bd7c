package links

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

// TestR37WhoIsHereAlreadyIsNotLinkedTwice: somebody is linked under another subject, and who comes
// is asked about, or not.
func TestR37WhoIsHereAlreadyIsNotLinkedTwice(t *testing.T) {
	ana, new, third := stele.Subject{1}, stele.Subject{2}, stele.Subject{3}
	known := Link{Number: "1", Name: "Alvar, Ana", Born: "1970-05-01", Sex: "female", Subject: ana}
	for name, c := range map[string]struct {
		comes   Link
		say     Confirmed
		refused bool
	}{
		"the same":                     {Link{Name: "Alvar, Ana", Born: "1970-05-01"}, Confirmed{}, true},
		"in another spelling":          {Link{Name: "anna ÁLVAR", Born: "1970-05-01"}, Confirmed{}, true},
		"by another name of hers":      {Link{Name: "Roth, Ana", Also: []string{"Alvar, Ana"}, Born: "1970-05-01"}, Confirmed{}, true},
		"of another sex":               {Link{Name: "Alvar, Ana", Born: "1970-05-01", Sex: "male"}, Confirmed{}, true},
		"as much as is known":          {Link{Name: "Alvar, Ana", Born: "1970"}, Confirmed{}, true},
		"without a birth date":         {Link{Name: "Alvar, Ana"}, Confirmed{}, true},
		"a move of another's number":   {Link{Name: "Alvar, Ana", Born: "1970-05-01"}, Confirmed{Move: true, Reason: "typed wrong"}, true},
		"one who was looked at":        {Link{Name: "Alvar, Ana", Born: "1970-05-01"}, Confirmed{Another: true}, false},
		"her twin":                     {Link{Name: "Alvar, Eva", Born: "1970-05-01"}, Confirmed{}, false},
		"her daughter":                 {Link{Name: "Alvar, Ana", Born: "1998-07-11"}, Confirmed{}, false},
		"another family":               {Link{Name: "Roth, Ana", Born: "1970-05-01"}, Confirmed{}, false},
		"nobody knows who":             {Link{Unknown: true}, Confirmed{}, false},
		"nearly, without a birth date": {Link{Name: "Alvar, Anna"}, Confirmed{}, false},
		"a man, without a birth date":  {Link{Name: "Alvar, Ana", Sex: "male"}, Confirmed{}, false},
	} {
		s := table(t)
		check(t, s.Link([]Link{known, {Number: "9", Subject: third}}, Confirmed{Same: true}))
		c.comes.Number, c.comes.Subject = "2", new
		if c.say.Move {
			c.comes.Number = "9"
		}
		err := s.Link([]Link{c.comes}, c.say)
		if (err != nil) != c.refused || err != nil && stele.KindOf(err) != stele.KindExists {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && !c.say.Move && (!strings.Contains(err.Error(), "Alvar, Ana, born 1970-05-01, female, number 1 ("+ana.String()) || len(now(s)) != 2) {
			t.Errorf("%s: %v; of %v", name, err, now(s))
		}
	}
}

// TestR37WhoIsHereIsNamedByTheNumberThatTheClerkKnows: not by the id of the Patient resource, which was tied after
// it; by that where there is no other.
func TestR37WhoIsHereIsNamedByTheNumberThatTheClerkKnows(t *testing.T) {
	nowhere := func() (bool, error) { return false, nil }
	for _, c := range []struct{ number, want string }{{"A-3", "number A-3"}, {"", "number Patient/pp"}} {
		s, ana := table(t), Link{Number: c.number, Name: "Alvar, Ana", Subject: stele.Subject{1}}
		if c.number != "" {
			check(t, s.Link([]Link{ana}, Confirmed{}))
		}
		if tied, err := s.TieID("pp", ana, nowhere); !tied || err != nil {
			t.Fatalf("%v, %v", tied, err)
		}
		err := s.Link([]Link{{Number: "B-1", Name: "Alvar, Ana", Subject: stele.Subject{2}}}, Confirmed{})
		if err == nil || !strings.Contains(err.Error(), "Alvar, Ana, "+c.want+" (did:") {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// TestR37WhoWasLookedAtIsNotAskedAboutAgain: not by another number, nor where the number is taken from
// the one who is found; but where a name comes to who had none.
func TestR37WhoWasLookedAtIsNotAskedAboutAgain(t *testing.T) {
	row := func(number string, of byte) []Link {
		return []Link{{Number: number, Name: "Alvar, Ana", Born: "1970-05-01", Subject: stele.Subject{of}}}
	}
	s := table(t)
	check(t, s.Link(row("1", 1), Confirmed{}))
	check(t, s.Link(row("2", 2), Confirmed{Another: true}))
	check(t, s.Link(row("3", 2), Confirmed{}))
	check(t, s.Link([]Link{{Number: "4", Subject: stele.Subject{4}, Unknown: true}}, Confirmed{}))
	if err := s.Link(row("5", 4), Confirmed{}); stele.KindOf(err) != stele.KindExists || !strings.Contains(err.Error(), "; ") {
		t.Errorf("who had no name is one of two: %v", err)
	}
	near := table(t) // 01 is nearly 1, and stays hers
	check(t, near.Link(row("01", 1), Confirmed{}))
	check(t, near.Link([]Link{{Number: "1", Subject: stele.Subject{3}}}, Confirmed{Same: true}))
	if err := near.Link(row("1", 5), Confirmed{Move: true, Same: true, Reason: "typed wrong"}); stele.KindOf(err) != stele.KindExists || !strings.Contains(err.Error(), "number 01") {
		t.Errorf("another's number is taken, which is nearly hers: %v", err)
	}
	one := table(t)
	check(t, one.Link(row("1", 1), Confirmed{}))
	check(t, one.Link(row("1", 5), Confirmed{Move: true, Reason: "she lost her wallet"}))
}
