package consent

import (
	"html"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
)

// Parse reads a grant document. It is strict about everything that a decision
// rests on: whatever it does not understand and could narrow the consent
// (provision.type deny, nested provisions, an unknown modifierExtension,
// implicitRules, …) makes it refuse, as do two equal keys, and words that do
// not say what the document does. It ignores meta, identifier, unknown plain
// extensions of the Consent, and display texts of codes. It fails with
// KindInvalid.
//
// Parse(Marshal(g)) is g.Normal().
func Parse(src []byte) (Grant, error) {
	v, ok := decode(src)
	if !ok {
		return Grant{}, stele.E("read grant document", stele.KindInvalid, "the document is not well-formed JSON", nil)
	}
	r := &reader{}
	g := readConsent(r.element("Consent", v))
	if r.err != nil {
		return Grant{}, r.err
	}
	g = g.Normal()
	if err := g.Check(); err != nil {
		return Grant{}, err
	}
	return g, nil
}

func readConsent(e element) Grant {
	var g Grant
	e.fixed("resourceType", "Consent")
	e.fixed("status", "active")
	e.ignore("meta", "identifier")
	g.ID = readID(e, "id")
	g.Language = e.text("language")
	readExtensions(e, &g)
	readConcept(e.child("scope"), systemScope, "patient-privacy")
	categories := e.children("category", 2, 2)
	g.Patient = readParty(e.child("patient"), "Patient")
	g.Signed.At = readInstant(e, "dateTime")
	g.Signed.By = readParty(e.one("performer"), "")
	disclosers := e.children("organization", 1, maxList)
	p := e.one("policy")
	g.Policy = p.text("uri")
	p.done()
	readProvision(e.child("provision"), &g)
	if len(categories) == 2 {
		readConcept(categories[0], systemLOINC, "59284-0")
		readConcept(categories[1], systemActCode, categoryCode(g.Action))
	}
	readDisclosers(disclosers, g)
	readWords(e, g)
	e.done()
	return g
}

func readExtensions(e element, g *Grant) {
	seen := map[string]bool{}
	for _, x := range e.children("extension", 2, maxList) {
		url := x.text("url")
		if (url == extGrantee || url == extWording) && seen[url] {
			x.refuse(x.path, "is there twice")
		}
		seen[url] = true
		switch url {
		case extGrantee:
			parts := x.children("extension", 2, 2)
			if len(parts) == 2 {
				parts[0].fixed("url", "suite")
				parts[1].fixed("url", "key")
				g.Grantee = stele.PublicKey{Suite: parts[0].number("valueUnsignedInt"), Key: string(parts[1].bytes("valueBase64Binary"))}
				parts[0].done()
				parts[1].done()
			}
			x.done()
		case extWording:
			g.Wording = x.text("valueString")
			x.done()
		}
	}
}

func readProvision(e element, g *Grant) {
	e.fixed("type", "permit")
	p := e.child("period")
	g.NotBefore, g.End = readInstant(p, "start"), readInstant(p, "end")
	p.done()
	g.Actor = readActor(e.one("actor"))
	g.Action = readAction(e.one("action"))
	g.Sensitivity = readLabels(e.children("securityLabel", 1, maxList))
	for _, c := range e.children("purpose", 1, maxList) {
		g.Purposes = append(g.Purposes, stele.Purpose(readCoding(c, systemActReason)))
	}
	for _, c := range e.children("code", 1, maxList) {
		g.Categories = append(g.Categories, stele.Category(readConceptCode(c, systemCategory)))
	}
	if e.has("dataPeriod") {
		g.From, g.To = readPeriod(e.child("dataPeriod"))
	}
	for _, c := range e.children("data", 0, maxList) {
		c.fixed("meaning", "instance")
		ref := c.child("reference")
		id := ref.child("identifier")
		id.fixed("system", systemRecord)
		g.Records = append(g.Records, readID(id, "value"))
		id.done()
		ref.done()
		c.done()
	}
	for _, x := range e.children("modifierExtension", 0, 2*maxList) {
		switch x.text("url") {
		case extMaxUses:
			if g.MaxUses != 0 {
				x.refuse(x.path, "is there twice")
			}
			g.MaxUses = x.number("valueUnsignedInt")
		case extSource:
			g.Sources = append(g.Sources, readParty(x.child("valueReference"), "Organization"))
		case extDelegation:
			if g.Delegation.Kind != "" {
				x.refuse(x.path, "is there twice")
			}
			g.Delegation = readDelegation(x)
		case extWorst:
			g.Unclassified = append(g.Unclassified, readWorst(x))
		default:
			x.refuse(x.path, "is not understood and could narrow the consent")
		}
		x.done()
	}
	e.done()
}

// readWorst reads a worst case: a category or none, then sensitivities.
func readWorst(e element) (w WorstCase) {
	for i, x := range e.children("extension", 1, maxList) {
		switch x.text("url") {
		case "category":
			if w.Category = stele.Category(readCoding(x.child("valueCoding"), systemCategory)); i > 0 || w.Category == "" {
				x.refuse(x.path, "is not where a category stands")
			}
		case "sensitivity":
			w.Sensitivity = append(w.Sensitivity, stele.Sensitivity(readCoding(x.child("valueCoding"), systemActCode)))
		default:
			x.refuse(x.path, "is not understood and could narrow the consent")
		}
		x.done()
	}
	return w
}

func readActor(e element) Actor {
	var a Actor
	readConcept(e.child("role"), systemParticipant, "IRCP")
	ref := e.child("reference")
	switch kind := ref.text("type"); kind {
	case "Practitioner":
		a.Kind, a.Party = Practitioner, readPartyOf(ref)
	case "RelatedPerson":
		a.Kind, a.Party = Person, readPartyOf(ref)
	case "Organization":
		a.Kind, a.Party = Organisation, readPartyOf(ref)
	case "PractitionerRole":
		a.Kind = RoleAtFacility
		ref.ignore("display")
		ref.done()
	default:
		ref.refuse(ref.path+".type", "is no kind of actor")
	}
	seen := map[string]bool{}
	for _, x := range e.children("modifierExtension", 0, 3) {
		url := x.text("url")
		if seen[url] {
			x.refuse(x.path, "is there twice")
		}
		seen[url] = true
		switch url {
		case extAt:
			a.At = readParty(x.child("valueReference"), "Organization")
		case extRole:
			a.Role = readCoding(x.child("valueCoding"), systemRole)
		case extFacility:
			a.FacilityKind = readCoding(x.child("valueCoding"), systemFacility)
		default:
			x.refuse(x.path, "is not understood and could narrow the consent")
		}
		x.done()
	}
	e.done()
	return a
}

func readAction(e element) stele.Action {
	c := e.one("coding")
	found := coding{c.text("system"), c.text("code")}
	c.ignore("display")
	c.done()
	e.ignore("text")
	e.done()
	for _, a := range []stele.Action{stele.ActionRead, stele.ActionWrite, stele.ActionDelegate} {
		if found == actionCoding(a) {
			return a
		}
	}
	e.refuse(e.path, "is neither access, collect nor delegate")
	return 0
}

// readLabels wants N, and R exactly where a sensitivity is allowed.
func readLabels(list []element) []stele.Sensitivity {
	var out []stele.Sensitivity
	var normal, restricted bool
	for _, e := range list {
		switch system, code := e.text("system"), e.text("code"); {
		case system == systemConfidential && code == "N":
			normal = true
		case system == systemConfidential && code == "R":
			restricted = true
		case system == systemActCode:
			out = append(out, stele.Sensitivity(code))
		default:
			e.refuse(e.path, "is not understood and could narrow the consent")
		}
		e.ignore("display")
		e.done()
	}
	if len(list) > 0 && (!normal || restricted != (len(out) > 0)) {
		list[0].refuse("Consent.provision.securityLabel", "does not fit the sensitivities")
	}
	return out
}

func readPeriod(e element) (from, to Date) {
	read := func(name string) Date {
		text := e.mayText(name)
		d, ok := ParseDate(text)
		if text != "" && (!ok || strings.Contains(text, "T")) {
			e.refuse(e.path+"."+name, "is not a date")
		}
		return d
	}
	from, to = read("start"), read("end")
	if from.IsZero() && to.IsZero() {
		e.refuse(e.path, "has neither start nor end")
	}
	e.done()
	return from, to
}

// readDisclosers wants the disclosing organisations to be the sources that the
// provision allows.
func readDisclosers(list []element, g Grant) {
	var named []Party
	for _, e := range list {
		if !e.has("identifier") && len(list) == 1 {
			e.text("display")
			e.done()
			break
		}
		named = append(named, readParty(e, "Organization"))
	}
	sources := Grant{Sources: g.Sources}.Normal().Sources
	if len(list) > 0 && !slices.Equal(Grant{Sources: named}.Normal().Sources, sources) {
		list[0].refuse("Consent.organization", "is not who the provision lets disclose")
	}
}

// readWords holds the document to its own words: the narrative, where there is
// one, and the text kept as evidence of what the patient was shown.
func readWords(e element, g Grant) {
	a := e.child("sourceAttachment")
	a.fixed("contentType", "text/plain")
	language, text, creation := a.text("language"), string(a.bytes("data")), readInstant(a, "creation")
	a.done()
	if e.err != nil {
		return
	}
	want := Presented(g)
	if text != want || language != g.Language || !creation.Equal(g.Signed.At) {
		e.refuse(a.path, "is not what the document does")
	}
	if !e.has("text") {
		return
	}
	n := e.child("text")
	n.fixed("status", "generated")
	div, opened := strings.CutPrefix(n.text("div"), narrativeOpen)
	div, closed := strings.CutSuffix(div, narrativeClose)
	if !opened || !closed || strings.Contains(div, "<") || html.UnescapeString(div) != want {
		e.refuse(n.path, "is not what the document does")
	}
	n.done()
}

func readConcept(e element, system, code string) {
	if got := readConceptCode(e, system); got != code {
		e.refuse(e.path, "is not "+code)
	}
}

// readConceptCode wants one coding: two could be read as two meanings.
func readConceptCode(e element, system string) string {
	code := readCoding(e.one("coding"), system)
	e.ignore("text")
	e.done()
	return code
}

func readCoding(e element, system string) string {
	e.fixed("system", system)
	code := e.text("code")
	e.ignore("display")
	e.done()
	return code
}

func readParty(e element, kind string) Party {
	if kind != "" || e.has("type") {
		e.fixed("type", kind)
	}
	return readPartyOf(e)
}

// readPartyOf reads a reference whose type was taken.
func readPartyOf(e element) Party {
	id := e.child("identifier")
	id.fixed("system", systemURI)
	s, err := stele.ParseSubject(id.text("value"))
	if err != nil {
		id.refuse(id.path+".value", "is not a DID")
	}
	id.done()
	p := Party{s, e.mayText("display")}
	e.done()
	return p
}

// readID wants the one spelling that ID.String writes: base32 leaves two bits
// over, and a second spelling would be a second name for one grant.
func readID(e element, name string) stele.ID {
	text := e.text(name)
	id, err := stele.ParseID(text)
	if err != nil { // an id has one text: stele.ParseID
		e.refuse(e.path+"."+name, "is not an id")
	}
	return id
}

func readInstant(e element, name string) time.Time {
	t, err := time.Parse(instantLayout, e.text(name))
	if err != nil {
		e.refuse(e.path+"."+name, "is not a time in UTC with milliseconds")
	}
	return t
}
