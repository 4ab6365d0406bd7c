package consent_test

import (
	"slices"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/consent"
	"pgregory.net/rapid"
)

var signedAt = time.Date(2026, 11, 21, 10, 15, 0, 0, time.UTC)

func subject(name string) stele.Subject { return stele.SubjectOf([]byte(name)) }

func party(name string) Party { return Party{subject(name), name} }

func id(n byte) stele.ID { return stele.ID{0: n, 15: 4 * n} }

func key(n byte) stele.PublicKey {
	raw := make([]byte, 32)
	raw[31] = n
	return stele.PublicKey{Suite: 1, Key: string(raw)}
}

// care is the grant of the package's example sentence.
func care() Grant {
	patient := party("Mira Holm")
	return Grant{
		ID: id(1), Patient: patient, Action: stele.ActionRead,
		Actor:      Actor{Kind: Practitioner, Party: party("Dr Amara Okafor"), At: party("Northside Hospital")},
		Grantee:    key(7),
		Purposes:   []stele.Purpose{stele.Treatment},
		Categories: []stele.Category{stele.Allergies, stele.Medications},
		NotBefore:  signedAt, End: signedAt.Add(24 * time.Hour),
		Policy: "https://stele.health/policy/direct-care/1", Language: "en", Wording: CurrentWording,
		Signed: Signature{At: signedAt, By: patient},
	}
}

// parent is a mother for her child, who comes of age on 14 August 2039.
func parent() Grant {
	return with(func(g *Grant) {
		g.Action, g.Actor = stele.ActionDelegate, Actor{Kind: Person, Party: party("Maria Holm")}
		g.Purposes, g.Categories = []stele.Purpose{stele.Treatment, stele.PatientRequest}, []stele.Category{AllCategories}
		g.Delegation = Delegation{Kind: Parent, Acts: []Act{ActRead, ActGive, ActWrite, ActAnswer}, OfAge: Date{2039, 8, 14}}
		g.End = time.Date(2039, 9, 20, 11, 30, 0, 0, time.UTC)
	})
}

func with(change func(*Grant)) Grant {
	g := care()
	change(&g)
	return g
}

// names come from a list and subjects from names, as a checked credential ties
// the one to the other.
var people = []string{"Dr Amara Okafor", "Dr Jun Watanabe", "Élise Dubois", "N. O’Brien, MD"}
var places = []string{"Northside Hospital", "City Lab", "St. Anne’s Clinic", "Hafen-Apotheke"}

// anyGrant draws fit grants in Normal form. What a sentence cannot tell (ids,
// keys, who signed) is drawn too.
func anyGrant(t *rapid.T) (g Grant) {
	patient := party(rapid.SampledFrom([]string{"Mira Holm", "José Ruiz"}).Draw(t, "patient"))
	g = Grant{
		ID: id(rapid.Byte().Filter(func(b byte) bool { return b > 0 }).Draw(t, "id")), Patient: patient,
		Action:     rapid.SampledFrom([]stele.Action{stele.ActionRead, stele.ActionWrite}).Draw(t, "action"),
		Actor:      anyActor(t),
		Grantee:    key(rapid.Byte().Draw(t, "key")),
		Purposes:   anyPurposes(t),
		Categories: anyCategories(t),
		Sensitivity: rapid.SliceOfNDistinct(rapid.SampledFrom(stele.Sensitivities()), 0, 8,
			func(s stele.Sensitivity) stele.Sensitivity { return s }).Draw(t, "sensitivity"),
		From: anyDate(t, "from", 1990, 2005), To: anyDate(t, "to", 2006, 2026),
		MaxUses: rapid.Uint32Range(0, 3).Draw(t, "uses"),
		Policy:  "urn:example:policy:2", Language: "en", Wording: CurrentWording,
		Signed: Signature{At: signedAt, By: patient},
	}
	if g.Action == stele.ActionWrite {
		for _, c := range rapid.SliceOfNDistinct(rapid.SampledFrom(append(stele.Categories(), "")), 0, 2, rapid.ID[stele.Category]).Draw(t, "unclassified") {
			g.Unclassified = append(g.Unclassified, WorstCase{c, rapid.SliceOfNDistinct(rapid.SampledFrom(stele.Sensitivities()), 1, 3, rapid.ID[stele.Sensitivity]).Draw(t, "worst")})
		}
	}
	delegation := rapid.IntRange(0, 3).Draw(t, "delegation") == 0
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(places), 0, 3, rapid.ID[string]).Draw(t, "sources") {
		g.Sources = append(g.Sources, party(name))
	}
	for _, n := range rapid.SliceOfNDistinct(rapid.ByteRange(1, 60), 0, 3, rapid.ID[byte]).Draw(t, "records") {
		g.Records = append(g.Records, id(n))
	}
	step := time.Duration(rapid.SampledFrom([]int64{0, 1, 1000, 61_000, 3_600_000}).Draw(t, "step")) * time.Millisecond
	g.NotBefore = signedAt.Add(step)
	unit := time.Duration(rapid.SampledFrom([]int64{1, 1000, 60_000}).Draw(t, "unit")) * time.Millisecond
	g.End = signedAt.Add(time.Hour + time.Duration(rapid.Int64Range(1, 120).Draw(t, "length"))*unit).Add(step)
	if delegation {
		asDelegation(t, &g)
	}
	return g.Normal()
}

// asDelegation makes a delegation of a grant.
func asDelegation(t *rapid.T, g *Grant) {
	g.Action, g.Records, g.MaxUses, g.Unclassified = stele.ActionDelegate, nil, 0, nil
	g.Actor = Actor{Kind: Person, Party: party(rapid.SampledFrom(people).Draw(t, "delegate"))}
	if rapid.Bool().Draw(t, "firm") {
		g.Actor = Actor{Kind: Organisation, Party: party(rapid.SampledFrom(places).Draw(t, "firm's name"))}
	}
	g.Delegation = Delegation{
		Kind: rapid.SampledFrom(DelegateKinds()).Draw(t, "kind"),
		Acts: rapid.SliceOfNDistinct(rapid.SampledFrom(Acts()), 2, 5, rapid.ID[Act]).Draw(t, "acts"),
	}
	if g.Delegation.Kind == Parent {
		g.Delegation.OfAge = Date{2026 + rapid.IntRange(0, 9).Draw(t, "years"), 12, rapid.IntRange(1, 31).Draw(t, "day")}
		g.Sensitivity = slices.DeleteFunc(g.Sensitivity, func(s stele.Sensitivity) bool { return s == stele.Adolescent })
	}
}

func anyActor(t *rapid.T) Actor {
	role := rapid.SampledFrom([]string{"doctor", "nurse", "emergency-doctor"})
	switch rapid.IntRange(0, 4).Draw(t, "actor") {
	case 0:
		return Actor{Kind: Practitioner, Party: party(rapid.SampledFrom(people).Draw(t, "who"))}
	case 1:
		return Actor{Kind: Practitioner, Party: party(rapid.SampledFrom(people).Draw(t, "who")),
			At: party(rapid.SampledFrom(places).Draw(t, "at"))}
	case 2:
		return Actor{Kind: Organisation, Party: party(rapid.SampledFrom(places).Draw(t, "organisation"))}
	case 3:
		return Actor{Kind: Organisation, Party: party(rapid.SampledFrom(places).Draw(t, "organisation")), Role: role.Draw(t, "role")}
	}
	return Actor{Kind: RoleAtFacility, Role: role.Draw(t, "role"),
		FacilityKind: rapid.SampledFrom([]string{"emergency-department", "pharmacy"}).Draw(t, "facility")}
}

func anyPurposes(t *rapid.T) []stele.Purpose {
	list := rapid.SliceOfNDistinct(rapid.SampledFrom(stele.Purposes()), 1, 4, rapid.ID[stele.Purpose]).Draw(t, "purposes")
	for _, p := range list {
		if p == stele.Research {
			return []stele.Purpose{p}
		}
	}
	return list
}

func anyCategories(t *rapid.T) []stele.Category {
	if rapid.Bool().Draw(t, "all") {
		return []stele.Category{AllCategories}
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(stele.Categories()), 1, 21, rapid.ID[stele.Category]).Draw(t, "categories")
}

func anyDate(t *rapid.T, name string, from, to int) Date {
	d := Date{Year: rapid.IntRange(from, to).Draw(t, name)}
	switch rapid.IntRange(0, 3).Draw(t, name+" precision") {
	case 0:
		return Date{}
	case 1:
		return d
	case 2:
		d.Month = rapid.IntRange(1, 12).Draw(t, name+" month")
		return d
	}
	d.Month, d.Day = rapid.IntRange(1, 12).Draw(t, name+" month"), rapid.IntRange(1, 28).Draw(t, name+" day")
	return d
}
