package consent

import (
	"bytes"
	"encoding/json"
	"html"
	"time"

	"github.com/stele-health/stele"
)

// instantLayout is FHIR's dateTime at the ledger's precision.
const instantLayout = "2006-01-02T15:04:05.000Z"

// Marshal writes the grant as a FHIR R4 Consent. Equal meanings give equal
// bytes, which is what the ledger's commitment covers. It fails with
// KindInvalid where Check does.
//
// Where each part stands:
//
//	ID                 Consent.id
//	Patient            Consent.patient, the DID as identifier of system urn:ietf:rfc:3986
//	Signed             Consent.dateTime and performer
//	Sources            Consent.organization (who discloses) and provision.modifierExtension
//	Policy             Consent.policy.uri
//	Language, Wording  Consent.language and extension; sourceAttachment keeps the text shown
//	Grantee            Consent.extension
//	Actor              provision.actor of role IRCP
//	Action             provision.action (access, collect, delegate)
//	NotBefore, End     provision.period
//	Purposes           provision.purpose
//	Categories         provision.code
//	Sensitivity        provision.securityLabel
//	From, To           provision.dataPeriod
//	Records            provision.data of meaning instance
//	MaxUses            provision.modifierExtension
//	Unclassified       provision.modifierExtension
//	Delegation         provision.modifierExtension
//
// PCF leaves provision.action and code unused; a reader of PCF alone refuses a
// document that has them, which fails in the safe direction.
func Marshal(g Grant) ([]byte, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	g = g.Normal()
	d := document{
		ResourceType: "Consent",
		ID:           g.ID.String(),
		Meta:         meta{[]string{profileGrant}},
		Language:     g.Language,
		Text:         narrative{"generated", narrativeOpen + html.EscapeString(Presented(g)) + narrativeClose},
		Extension: []extension{
			{URL: extGrantee, Extension: []extension{
				{URL: "suite", Number: g.Grantee.Suite},
				{URL: "key", Bytes: []byte(g.Grantee.Key)},
			}},
			{URL: extWording, String: g.Wording},
		},
		Status:       "active",
		Scope:        conceptOf(systemScope, "patient-privacy"),
		Category:     []concept{conceptOf(systemLOINC, "59284-0"), conceptOf(systemActCode, categoryCode(g.Action))},
		Patient:      referenceTo("Patient", g.Patient),
		DateTime:     writeInstant(g.Signed.At),
		Performer:    []reference{referenceTo("", g.Signed.By)},
		Organization: writeDisclosers(g.Sources),
		Source: attachment{ContentType: "text/plain", Language: g.Language,
			Text: []byte(Presented(g)), Creation: writeInstant(g.Signed.At)},
		Policy:    []policy{{g.Policy}},
		Provision: writeProvision(g),
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(d); err != nil {
		return nil, stele.E("write grant document", stele.KindOther, "the document cannot be encoded", err)
	}
	raw := bytes.TrimRight(out.Bytes(), "\n")
	if len(raw) > stele.MaxDocument {
		// Trustees and the grantee's box would refuse it after the ledger has it.
		return nil, stele.E("write grant document", stele.KindInvalid, "the grant says more than a document may hold", nil).
			WithHint("name fewer sources or records, or give two grants")
	}
	return raw, nil
}

func writeProvision(g Grant) provision {
	p := provision{
		Type:   "permit",
		Period: period{writeInstant(g.NotBefore), writeInstant(g.End)},
		Actor:  []actor{writeActor(g.Actor)},
		Action: []concept{{[]coding{actionCoding(g.Action)}}},
		Label:  writeLabels(g.Sensitivity),
	}
	if g.MaxUses > 0 {
		p.Modifier = append(p.Modifier, extension{URL: extMaxUses, Number: g.MaxUses})
	}
	for _, s := range g.Sources {
		r := referenceTo("Organization", s)
		p.Modifier = append(p.Modifier, extension{URL: extSource, Reference: &r})
	}
	if g.Action == stele.ActionDelegate {
		p.Modifier = append(p.Modifier, writeDelegation(g.Delegation))
	}
	for _, w := range g.Unclassified {
		p.Modifier = append(p.Modifier, writeWorst(w))
	}
	for _, purpose := range g.Purposes {
		p.Purpose = append(p.Purpose, coding{systemActReason, string(purpose)})
	}
	for _, c := range g.Categories {
		p.Code = append(p.Code, conceptOf(systemCategory, string(c)))
	}
	if !g.From.IsZero() || !g.To.IsZero() {
		p.Dates = &period{g.From.String(), g.To.String()}
	}
	for _, h := range g.Records {
		p.Content = append(p.Content, content{"instance", reference{Identifier: &identifier{systemRecord, h.String()}}})
	}
	return p
}

func writeWorst(w WorstCase) extension {
	x := extension{URL: extWorst}
	if w.Category != "" {
		x.Extension = append(x.Extension, extension{URL: "category", Coding: &coding{systemCategory, string(w.Category)}})
	}
	for _, s := range w.Sensitivity {
		x.Extension = append(x.Extension, extension{URL: "sensitivity", Coding: &coding{systemActCode, string(s)}})
	}
	return x
}

func writeActor(a Actor) actor {
	out := actor{Role: conceptOf(systemParticipant, "IRCP")}
	switch a.Kind {
	case Person:
		out.Reference = referenceTo("RelatedPerson", a.Party)
	case Practitioner:
		out.Reference = referenceTo("Practitioner", a.Party)
	case Organisation:
		out.Reference = referenceTo("Organization", a.Party)
	case RoleAtFacility:
		out.Reference = reference{Type: "PractitionerRole", Display: sayActor(a)}
	}
	if !a.At.Subject.IsZero() {
		r := referenceTo("Organization", a.At)
		out.Modifier = append(out.Modifier, extension{URL: extAt, Reference: &r})
	}
	if a.Role != "" {
		out.Modifier = append(out.Modifier, extension{URL: extRole, Coding: &coding{systemRole, a.Role}})
	}
	if a.FacilityKind != "" {
		out.Modifier = append(out.Modifier, extension{URL: extFacility, Coding: &coding{systemFacility, a.FacilityKind}})
	}
	return out
}

// writeLabels allows normal confidentiality, and restricted only together with
// the sensitivities it is restricted for.
func writeLabels(list []stele.Sensitivity) []coding {
	out := []coding{{systemConfidential, "N"}}
	if len(list) > 0 {
		out = append(out, coding{systemConfidential, "R"})
	}
	for _, s := range list {
		out = append(out, coding{systemActCode, string(s)})
	}
	return out
}

// writeDisclosers says who discloses (42 CFR 2.31(a)(2)): the sources, or by
// general designation whoever keeps records of the patient.
func writeDisclosers(sources []Party) []reference {
	if len(sources) == 0 {
		return []reference{{Display: anyDiscloser}}
	}
	out := make([]reference, len(sources))
	for i, s := range sources {
		out[i] = referenceTo("Organization", s)
	}
	return out
}

const anyDiscloser = "Every organisation that keeps records of the patient on this network"

func writeInstant(t time.Time) string { return t.UTC().Format(instantLayout) }
