package consent_test

import (
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/vectortest"
)

// consentVectors are grant documents, what they mean, those that are refused,
// and askings with their answers. The fields stand in docs/protocol.md.
type consentVectors struct {
	About     string           `json:"about"`
	Documents []documentVector `json:"documents"`
	Askings   []askingVector   `json:"askings"`
}

type documentVector struct {
	What      string       `json:"what"`
	Document  string       `json:"document"`
	Grant     *grantVector `json:"grant"` // null: refused
	Presented string       `json:"presented,omitempty"`
}

type partyVector struct {
	Subject stele.Subject `json:"subject"`
	Name    string        `json:"name"`
}

type worstVector struct {
	Category    stele.Category      `json:"category"`
	Sensitivity []stele.Sensitivity `json:"sensitivity"`
}

type grantVector struct {
	ID          stele.ID            `json:"id"`
	Patient     partyVector         `json:"patient"`
	Action      string              `json:"action"`
	ActorKind   ActorKind           `json:"actor_kind"`
	Actor       *partyVector        `json:"actor"`
	ActingFor   *partyVector        `json:"acting_for"`
	Role        string              `json:"role"`
	Facility    string              `json:"facility_kind"`
	Suite       uint32              `json:"grantee_suite"`
	Key         string              `json:"grantee_key"`
	Purposes    []stele.Purpose     `json:"purposes"`
	Categories  []stele.Category    `json:"categories"`
	Sensitivity []stele.Sensitivity `json:"sensitivity"`
	From        string              `json:"from"`
	To          string              `json:"to"`
	Sources     []partyVector       `json:"sources"`
	Records     []stele.ID          `json:"records"`
	Worst       []worstVector       `json:"unclassified"`
	Kind        DelegateKind        `json:"delegate_kind"`
	Acts        []Act               `json:"acts"`
	OfAge       string              `json:"of_age"`
	NotBeforeMS int64               `json:"not_before_ms"`
	EndMS       int64               `json:"end_ms"`
	MaxUses     uint32              `json:"max_uses"`
	Policy      string              `json:"policy"`
	Language    string              `json:"language"`
	Wording     string              `json:"wording"`
	SignedMS    int64               `json:"signed_ms"`
	SignedBy    partyVector         `json:"signed_by"`
}

type askingVector struct {
	What         string              `json:"what"`
	Document     int                 `json:"document"` // index in documents
	Who          string              `json:"who"`      // a DID; "" for nobody
	Organisation string              `json:"organisation"`
	Role         string              `json:"role"`
	Facility     string              `json:"facility_kind"`
	Action       string              `json:"action"`
	Purpose      stele.Purpose       `json:"purpose"`
	AtMS         int64               `json:"at_ms"`
	Category     stele.Category      `json:"category"`
	Sensitivity  []stele.Sensitivity `json:"sensitivity"`
	Year         int                 `json:"year"`
	Source       stele.Subject       `json:"source"`
	Record       *stele.ID           `json:"record"` // null: the folio is asked for
	When         string              `json:"when"`
	Why          Reason              `json:"why"` // "": permitted
}

func meaningOf(g Grant) *grantVector {
	one := func(p Party) partyVector { return partyVector{p.Subject, p.Name} }
	may := func(p Party) *partyVector {
		if p == (Party{}) {
			return nil
		}
		v := one(p)
		return &v
	}
	v := &grantVector{
		ID: g.ID, Patient: one(g.Patient), Action: g.Action.String(), ActorKind: g.Actor.Kind, Actor: may(g.Actor.Party),
		ActingFor: may(g.Actor.At), Role: g.Actor.Role, Facility: g.Actor.FacilityKind,
		Suite: g.Grantee.Suite, Key: hex.EncodeToString([]byte(g.Grantee.Key)), Purposes: orEmpty(g.Purposes), Categories: orEmpty(g.Categories),
		Sensitivity: orEmpty(g.Sensitivity), From: g.From.String(), To: g.To.String(), Sources: []partyVector{}, Records: orEmpty(g.Records), Worst: []worstVector{},
		Kind: g.Delegation.Kind, Acts: orEmpty(g.Delegation.Acts), OfAge: g.Delegation.OfAge.String(),
		NotBeforeMS: g.NotBefore.UnixMilli(), EndMS: g.End.UnixMilli(), MaxUses: g.MaxUses, Policy: g.Policy, Language: g.Language,
		Wording: g.Wording, SignedMS: g.Signed.At.UnixMilli(), SignedBy: one(g.Signed.By),
	}
	for _, w := range g.Unclassified {
		v.Worst = append(v.Worst, worstVector{w.Category, w.Sensitivity})
	}
	for _, s := range g.Sources {
		v.Sources = append(v.Sources, one(s))
	}
	return v
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func makeConsentVectors(t *testing.T) *consentVectors {
	v := &consentVectors{About: "Grant documents, what they mean, and what is answered under them. Identifiers are written as everywhere; the key is hexadecimal."}
	document := func(what, src string) int {
		if i := slices.IndexFunc(v.Documents, func(d documentVector) bool { return d.Document == src }); i >= 0 {
			return i
		}
		d := documentVector{What: what, Document: src}
		if g, err := Parse([]byte(src)); err == nil {
			d.Grant, d.Presented = meaningOf(g), Presented(g)
		}
		v.Documents = append(v.Documents, d)
		return len(v.Documents) - 1
	}
	for _, name := range slices.Sorted(maps.Keys(samples())) {
		document(name, string(marshal(t, samples()[name])))
	}
	src := marshal(t, samples()["substance-use"])
	for _, name := range slices.Sorted(maps.Keys(narrowings())) {
		document("refused: "+name, string(edit(t, src, narrowings()[name])))
	}
	src = marshal(t, care())
	lies := untruths(strings.Replace(Say(care(), "en"), "allergies and medicines", "allergies", 1))
	for _, name := range slices.Sorted(maps.Keys(lies)) {
		document("refused: "+name, string(edit(t, src, lies[name])))
	}
	document("refused: two equal keys", strings.Replace(string(src), `"type":"permit"`, `"type":"deny","type":"permit"`, 1))
	document("refused: something behind it", string(src)+"{}")
	document("without the narrative", string(edit(t, src, func(d object) { delete(d, "text") })))
	document("with what is ignored", string(edit(t, src, func(d object) {
		d["meta"], d["identifier"] = object{"versionId": "1"}, []any{object{"value": "x"}}
		at(d, "scope")["text"] = "Privacy"
		at(d, "scope", "coding", 0)["display"] = "Privacy Consent"
		add(d, "extension", object{"url": "https://example.org/x", "valueString": "y"})
	})))
	for _, c := range evaluateCases() {
		g, r := c.made()
		src, err := Marshal(g)
		if err != nil || r.At.IsZero() {
			continue // no document says it; no clock reads it
		}
		did := func(s stele.Subject) string {
			if s.IsZero() {
				return ""
			}
			return s.String()
		}
		v.Askings = append(v.Askings, askingVector{
			What: c.name, Document: document("for the asking: "+c.name, string(src)), Who: did(r.Who), Organisation: did(r.Organisation), Role: r.Role,
			Facility: r.FacilityKind, Action: r.Action.String(), Purpose: r.Purpose, AtMS: r.At.UnixMilli(), Category: r.Label.Category,
			Sensitivity: orEmpty(r.Label.Sensitivity), Year: r.Label.Year, Source: r.Label.Source, Record: r.Record, When: r.When, Why: c.why,
		})
	}
	return v
}

// TestConsentVectors: the file is what this code computes.
func TestConsentVectors(t *testing.T) {
	v := makeConsentVectors(t)
	for _, d := range v.Documents {
		if strings.HasPrefix(d.What, "refused") != (d.Grant == nil) {
			t.Errorf("%s: read is %v", d.What, d.Grant != nil)
		}
	}
	vectortest.Reproduced(t, "consent.json", v)
}
