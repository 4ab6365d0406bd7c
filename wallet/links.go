package wallet

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/intake"
)

// Link ties an organisation's number for a patient to a subject. It stays at
// home, sealed.
type Link struct {
	System  string        `json:"system,omitempty"` // of the identifier; empty for the organisation's own
	Number  string        `json:"number"`
	Name    string        `json:"name,omitempty"` // this and the next two as the organisation knew the patient then
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
	Same   bool   // it is one person, although name and birth date or sex differ
}

// Table is the link table, as intake reads it.
func (s *State) Table() *intake.Table {
	t := &intake.Table{Own: s.Systems}
	for _, l := range s.Links {
		t.Links = append(t.Links, intake.Link{System: l.System, Number: l.Number, Subject: l.Subject, Name: l.Name, Born: l.Born, Sex: l.Sex, Firm: l.Firm})
	}
	return t
}

// Link ties numbers of one patient to a subject: all of them or none. They are the
// organisation's, or of type MR: whoever calls has seen to that. It fails
// with KindUsage for what stands for no number, and with KindExists where one is
// another's, or where what is known of the person says that it is another one.
func (s *Session) Link(links []Link, c Linking) error {
	const op = "link patient"
	if c.Move && strings.TrimSpace(c.Reason) == "" {
		return stele.E(op, stele.KindUsage, "why is the number moved?", nil).WithHint("give --reason")
	}
	now := s.Clock().UTC()
	kept, moves := slices.Clone(s.State.Links), slices.Clone(s.State.Moves)
	for _, l := range links {
		if l.System != intake.PatientID && intake.Placeholder(l.Number) {
			return stele.E(op, stele.KindUsage, fmt.Sprintf("%q stands for no number", l.Number), nil).
				WithHint("give the number under which your records know the patient")
		}
		if err := s.sameAs(l, c); err != nil {
			return err
		}
		for _, o := range kept {
			if !s.collides(o, l) || o.Subject == l.Subject {
				continue
			}
			if !c.Move {
				return stele.E(op, stele.KindExists, l.Number+" is linked to another patient", nil).
					WithHint("look whether it is the right number; to take it from the other: --move --reason \"…\"")
			}
			moves = append(moves, Move{System: l.System, Number: l.Number, From: o.Subject, To: l.Subject, Reason: c.Reason, Made: now})
		}
		kept = slices.DeleteFunc(kept, func(o Link) bool { return s.collides(o, l) && (c.Move || o.System == l.System) })
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
	own := func(system string) bool { return system == "" || slices.Contains(s.State.Systems, system) }
	return a.Number == b.Number && (a.System == b.System || (a.System == "" || b.System == "") && own(a.System) && own(b.System))
}

// sameAs compares what is known of a person with what a new row says.
func (s *Session) sameAs(l Link, c Linking) error {
	for _, o := range s.State.Links {
		if o.Subject != l.Subject || c.Same {
			continue
		}
		if why := o.person().Contradicts(l.person()); why != "" {
			return stele.E("link patient", stele.KindExists, "is it the same person? This DID is linked with "+why, nil).
				WithHint("look again; if it is: --confirm")
		}
	}
	return nil
}

func (l Link) person() intake.Demographics {
	d := intake.Demographics{Born: l.Born, Sex: l.Sex}
	if l.Name != "" {
		d.Names = []string{l.Name}
	}
	return d
}

// LinkID ties the id of a Patient resource, so that records alone find their
// patient. An id that is of two patients already ties nobody: it reports whether
// it did.
func (s *Session) LinkID(id string, l Link) (bool, error) {
	l.System, l.Number = intake.PatientID, id
	for _, o := range s.State.Links {
		if o.System == l.System && o.Number == id && o.Subject != l.Subject {
			s.State.Links = slices.DeleteFunc(s.State.Links, func(o Link) bool { return o.System == l.System && o.Number == id })
			return false, s.Save()
		}
	}
	return true, s.Link([]Link{l}, Linking{Same: true})
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

// Linked returns the links that a number, a DID or a part of a name finds.
func (s *Session) Linked(query string) []Link {
	var found []Link
	for _, l := range s.State.Links {
		if query == "" || l.Number == query || l.Subject.String() == query ||
			strings.Contains(stele.Fold(l.Name), stele.Fold(query)) {
			found = append(found, l)
		}
	}
	return found
}

// AddSystem makes a system of identifiers, or the base of a FHIR server, the
// organisation's own: its numbers link.
func (s *Session) AddSystem(system string) error {
	if !slices.Contains(s.State.Systems, system) {
		s.State.Systems = append(s.State.Systems, system)
		slices.Sort(s.State.Systems)
	}
	return s.Save()
}

// RemoveSystem takes it back. It fails with KindNotFound.
func (s *Session) RemoveSystem(system string) error {
	n := len(s.State.Systems)
	s.State.Systems = slices.DeleteFunc(s.State.Systems, func(o string) bool { return o == system })
	if len(s.State.Systems) == n {
		return stele.E("remove system", stele.KindNotFound, "that system is not one of yours", nil).WithHint("stele patient system list lists them")
	}
	return s.Save()
}
