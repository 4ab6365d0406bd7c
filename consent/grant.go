package consent

import (
	"bytes"
	"slices"
	"time"

	"github.com/stele-health/stele"
)

// AllCategories allows every category, those of later releases included. It
// stands alone in Grant.Categories: "everything" has to be said and never
// follows from leaving something out.
const AllCategories stele.Category = "all"

// Grant is what a grant document means. Lists are allow-lists. Zero values
// allow nothing, with the exceptions that each field states.
type Grant struct {
	ID       stele.ID        // of the grant on the ledger
	Patient  Party           // the name is needed where Part2 says so
	Action   stele.Action    // read, write or delegate
	Actor    Actor           // who
	Grantee  stele.PublicKey // pairwise key: fresh for this grant
	Purposes []stele.Purpose // at least one; research stands alone

	Categories  []stele.Category    // at least one, or AllCategories alone
	Sensitivity []stele.Sensitivity // allowed beyond ordinary data; empty allows ordinary data only
	From, To    Date                // clinical dates, both inclusive; zero is open
	Sources     []Party             // delivering organisations; empty allows every one
	Records     []stele.ID          // handles; empty does not restrict to single records

	// Unclassified, of a grant to write, is what records count as that the
	// source cannot classify: the worst case that the patient chose (R41).
	Unclassified []WorstCase

	Delegation Delegation // of a grant to delegate; zero otherwise

	NotBefore time.Time // from this instant, millisecond precision
	End       time.Time // up to, not at, this instant
	MaxUses   uint32    // accesses; 0 is without limit

	Policy   string    // URI of the policy text presented, with its version
	Language string    // that it was presented in, BCP 47; one of Languages
	Wording  string    // version of this package's sentences; see CurrentWording
	Signed   Signature // evidence of GDPR Art. 7(1)
}

// A WorstCase is what records of a category count as that cannot be classified;
// an empty category stands for all that have none of their own. There is at
// least one sensitivity: what cannot be classified is never ordinary.
type WorstCase struct {
	Category    stele.Category
	Sensitivity []stele.Sensitivity
}

// Party is a subject with the name that the patient was shown for it, taken
// from a checked credential. The subject decides; the name is for people.
type Party struct {
	Subject stele.Subject
	Name    string
}

// Signature says who gave the grant and when. The signature itself is the one
// on the ledger's GiveGrant transaction, which covers a commitment to the
// document's bytes.
type Signature struct {
	At time.Time
	By Party // the patient or a delegate
}

// ActorKind is how a grant names who may act.
type ActorKind string

// The kinds of actor.
const (
	Practitioner   ActorKind = "practitioner" // one person
	Organisation   ActorKind = "organisation" // whoever acts for it
	Person         ActorKind = "person"       // one person who treats nobody: of a delegation alone
	RoleAtFacility ActorKind = "role"         // whoever holds a role at a kind of facility
)

// Actor is who may act under a grant.
type Actor struct {
	Kind ActorKind

	// Party is the practitioner, the person or the organisation; zero for a role.
	Party

	// At narrows a practitioner to acting for one organisation; may be zero.
	At Party

	// Role is a code such as "doctor" or "nurse": required for a role, may
	// narrow an organisation, empty for a practitioner.
	Role string

	// FacilityKind is a code such as "emergency-department": required for a
	// role, empty otherwise.
	FacilityKind string
}

// Normal returns g with its lists in order and without doubles, and its times
// in UTC at the ledger's millisecond precision: the form in which equal
// meanings are equal values.
func (g Grant) Normal() Grant {
	g.Purposes = inOrder(g.Purposes, stele.Purposes())
	g.Categories = inOrder(g.Categories, append([]stele.Category{AllCategories}, stele.Categories()...))
	g.Sensitivity = inOrder(g.Sensitivity, stele.Sensitivities())
	g.Sources = sortedUnique(g.Sources, func(a, b Party) int {
		if c := bytes.Compare(a.Subject[:], b.Subject[:]); c != 0 {
			return c
		}
		return compareText(a.Name, b.Name)
	})
	g.Records = sortedUnique(g.Records, func(a, b stele.ID) int { return bytes.Compare(a[:], b[:]) })
	g.Unclassified = normalWorst(g.Unclassified)
	g.Delegation.Acts = inOrder(g.Delegation.Acts, Acts())
	g.NotBefore = instant(g.NotBefore)
	g.End = instant(g.End)
	g.Signed.At = instant(g.Signed.At)
	return g
}

// normalWorst puts worst cases in the order of a chart, the one for all first.
func normalWorst(list []WorstCase) []WorstCase {
	var out []WorstCase
	for _, w := range list {
		out = append(out, WorstCase{w.Category, inOrder(w.Sensitivity, stele.Sensitivities())})
	}
	rank := func(c stele.Category) int { return slices.Index(stele.Categories(), c) }
	slices.SortStableFunc(out, func(a, b WorstCase) int { return rank(a.Category) - rank(b.Category) })
	return out
}

// Part2 reports whether the grant opens substance use data, which 42 CFR Part 2
// protects. Such a grant must name the patient and whoever signed.
func (g Grant) Part2() bool { return IsPart2(g.Sensitivity) }

func instant(t time.Time) time.Time {
	return time.UnixMilli(t.UnixMilli()).UTC()
}

// inOrder returns list without doubles in the order of all; what all does not
// know goes last, for check to find.
func inOrder[T ~string](list, all []T) []T {
	rank := func(v T) int {
		if i := slices.Index(all, v); i >= 0 {
			return i
		}
		return len(all)
	}
	return sortedUnique(list, func(a, b T) int {
		if c := rank(a) - rank(b); c != 0 {
			return c
		}
		return compareText(string(a), string(b))
	})
}

func sortedUnique[T comparable](list []T, compare func(a, b T) int) []T {
	if len(list) == 0 {
		return nil
	}
	list = slices.Clone(list)
	slices.SortFunc(list, compare)
	return slices.Compact(list)
}

func compareText(a, b string) int { return bytes.Compare([]byte(a), []byte(b)) }
