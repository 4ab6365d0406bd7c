package wallet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/intake"
)

// Link ties an organisation's number for a patient to a subject. It stays at
// home, sealed.
type Link struct {
	System  string        `json:"system,omitempty"` // of the identifier; empty for the organisation's own
	Number  string        `json:"number"`
	Name    string        `json:"name,omitempty"` // this and the next three as the organisation knew the patient then
	Also    []string      `json:"also,omitempty"` // other names
	Born    string        `json:"born,omitempty"` // FHIR date
	Sex     string        `json:"sex,omitempty"`  // FHIR administrative gender
	Subject stele.Subject `json:"subject"`
	Firm    bool          `json:"firm,omitempty"` // known to be of type MR or of a system of the organisation's
	Made    time.Time     `json:"made"`
}

// Move is a number that was tied to somebody else before.
type Move struct {
	System string        `json:"system,omitempty"`
	Number string        `json:"number"`
	From   stele.Subject `json:"from"`
	To     stele.Subject `json:"to"`
	Reason string        `json:"reason"`
	Made   time.Time     `json:"made"`
}

// Linking says what a person at the desk has confirmed.
type Linking struct {
	Move   bool   // the number may be another's until now
	Reason string // why; needed with Move
	Same   bool   // it is one person, although what is known of them differs, and the number is right, although another's is nearly it
}

// Table is the link table, as intake reads it.
func (s *State) Table() *intake.Table {
	t := &intake.Table{Own: s.Systems, Late: s.Late}
	for _, l := range s.Links {
		t.Links = append(t.Links, intake.Link{System: l.System, Number: l.Number, Subject: l.Subject, Name: l.Name, Also: l.Also, Born: l.Born, Sex: l.Sex, Firm: l.Firm})
	}
	return t
}

// Link ties numbers of one patient to a subject: all of them or none. They are the
// organisation's, or of type MR: whoever calls has seen to that. White space around
// a number is none of it. Other names of the person stay known. It fails
// with KindUsage for what stands for no number, and with KindExists where one is
// another's or nearly another's, or where what is known of the person says that it
// is another one; and with KindInvalid for the organisation itself: its log is no
// patient's chart.
func (s *Session) Link(links []Link, c Linking) error {
	const op = "link patient"
	if c.Move && strings.TrimSpace(c.Reason) == "" {
		return stele.E(op, stele.KindUsage, "why is the number moved?", nil).WithHint("give --reason")
	}
	now := s.Clock().UTC()
	kept, moves := slices.Clone(s.State.Links), slices.Clone(s.State.Moves)
	for _, l := range links {
		if l.Subject == s.Subject() && s.Kind() != Patient {
			return stele.E(op, stele.KindInvalid, "that is "+s.Name()+" itself, and no patient", nil).
				WithHint("give the patient's DID; what names nobody is imported with --own-log")
		}
		l.System, l.Number = intake.Clean(l.System), intake.Clean(l.Number)
		if text := l.System + l.Number; strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text) {
			return stele.E(op, stele.KindUsage, fmt.Sprintf("%q holds a character that no number has", text), nil)
		}
		if l.System != intake.PatientID && intake.Placeholder(l.Number) {
			return stele.E(op, stele.KindUsage, fmt.Sprintf("%q stands for no number", l.Number), nil).
				WithHint("give the number under which your records know the patient")
		}
		if l.Name != "" && !intake.Names(l.Name) {
			return stele.E(op, stele.KindUsage, fmt.Sprintf("%q names nobody", l.Name), nil).
				WithHint("give the name under which your records know the patient, such as \"Alvar, Ana\": by it a wrong number is noticed")
		}
		if err := s.sameAs(l, c); err != nil {
			return err
		}
		for _, o := range kept {
			if o.Subject == l.Subject {
				l.Name = cmp.Or(l.Name, o.Name)
				l.Also = otherNames(l, o)
				continue
			}
			if !s.collides(o, l) {
				if s.nearly(o, l) && !c.Same && !c.Move {
					return stele.E(op, stele.KindExists, fmt.Sprintf("%s is nearly %s, which is another patient's", l.Number, o.Number), nil).
						WithHint("look which of them it is; if both are right: --confirm")
				}
				continue
			}
			if !c.Move {
				return stele.E(op, stele.KindExists, l.Number+" is linked to another patient", nil).
					WithHint("look whether it is the right number; to take it from the other: --move --reason \"…\"")
			}
			moves = append(moves, Move{System: l.System, Number: l.Number, From: o.Subject, To: l.Subject, Reason: c.Reason, Made: now})
		}
		kept = slices.DeleteFunc(kept, func(o Link) bool { return s.collides(o, l) && (c.Move || intake.SameSystem(o.System, l.System)) })
		l.Made, l.Firm = now, true
		kept = append(kept, l)
	}
	before := s.State
	s.State.Links, s.State.Moves = kept, moves
	if err := s.Save(); err != nil {
		s.State = before
		return err
	}
	return nil
}

// collides reports whether two rows would be taken for one number.
func (s *Session) collides(a, b Link) bool {
	own := func(system string) bool {
		return system == "" || slices.ContainsFunc(s.State.Systems, func(o string) bool { return intake.SameSystem(o, system) })
	}
	return a.Number == b.Number && (intake.SameSystem(a.System, b.System) || (a.System == "" || b.System == "") && own(a.System) && own(b.System))
}

// nearly reports whether two numbers are easily taken for each other.
func (s *Session) nearly(a, b Link) bool {
	if a.System == intake.PatientID || b.System == intake.PatientID || intake.Near(a.Number) != intake.Near(b.Number) {
		return false
	}
	a.Number = b.Number
	return s.collides(a, b)
}

// otherNames are those of a row and of an older one of the same person, but the
// first of the row.
func otherNames(l, old Link) []string {
	also := slices.Clone(l.Also)
	for _, name := range append([]string{old.Name}, old.Also...) {
		if name != "" && name != l.Name && !slices.Contains(also, name) && len(also) < maxNames {
			also = append(also, name)
		}
	}
	return also
}

// maxNames is how many other names of a person are kept.
const maxNames = 16

// sameAs compares what is known of a person with what a new row says.
func (s *Session) sameAs(l Link, c Linking) error {
	var known intake.Demographics
	for _, o := range s.State.Links {
		if o.Subject == l.Subject {
			p := o.person()
			known.Names = append(known.Names, p.Names...)
			known.Born, known.Sex = cmp.Or(p.Born, known.Born), cmp.Or(p.Sex, known.Sex)
		}
	}
	if why := known.Differs(l.person()).Question; why != "" && !c.Same {
		return stele.E("link patient", stele.KindExists, "is it the same person? The one who is linked has "+why, nil).
			WithHint("look again; if it is: --confirm")
	}
	return nil
}

func (l Link) person() intake.Demographics {
	d := intake.Demographics{Born: l.Born, Sex: l.Sex}
	for _, name := range append([]string{l.Name}, l.Also...) {
		if name != "" {
			d.Names = append(d.Names, name)
		}
	}
	return d
}

// Unlink removes a number. It fails with KindNotFound.
func (s *Session) Unlink(number string) error {
	n := len(s.State.Links)
	s.State.Links = slices.DeleteFunc(s.State.Links, func(l Link) bool { return l.Number == number })
	if len(s.State.Links) == n {
		return stele.E("unlink patient", stele.KindNotFound, "no patient has that number here", nil).WithHint("stele patient find lists the numbers")
	}
	return s.Save()
}

// Linked returns the links that a number, a DID or parts of a name find, in any
// order.
func (s *Session) Linked(query string) []Link {
	var found []Link
	for _, l := range s.State.Links {
		names := stele.Fold(l.Name + " " + strings.Join(l.Also, " "))
		other := slices.ContainsFunc(strings.Fields(query), func(w string) bool { return !strings.Contains(names, stele.Fold(w)) })
		if l.Number == intake.Clean(query) || l.Subject.String() == query || !other {
			found = append(found, l)
		}
	}
	return found
}
