package fhir

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// A Role says what a reference has to do with the person a record is of.
type Role uint8

// The roles.
const (
	// Leads elsewhere: by its definition to no Patient.
	Leads Role = iota
	// Mentions perhaps a patient, who is not the one the record is about: who
	// wrote it down, who pays, what else it has to do with.
	Mentions
	// Names whose record it is.
	Names
	// Takes part: names whose record it is where it leads to a patient, and says
	// nothing where it leads to anybody else (who comes to an appointment).
	Takes
)

// attached is the element of an attachment's url, which is a pointer where it is to a
// Binary, or to something of the same Bundle.
const attached = "Attachment.url"

// A Pointer is one Reference of a resource, at whatever depth, or an attachment that
// leads to a Binary.
type Pointer struct {
	Role    Role
	Element string // "Observation.subject", "Appointment.participant.actor"
	To      string // the literal reference as written: "Patient/1", "urn:uuid:...", "#p"; "" when there is none
	Type    string // the resource type that it shows or says; "" when it does neither
	System  string // of the logical reference; where it has none, its assigner (assignedBy)
	Value   string // of the logical reference; "" when there is none
	Kinds   string // codes of the identifier's type (v2-0203), space before each
	Display string // its words
	Inside  bool   // stands in a contained resource

	targets []string
}

// Attached reports whether it is the address of an attachment.
func (p Pointer) Attached() bool { return p.Element == attached }

// Personal reports whether the reference may lead to a record of somebody:
// anything but what is of nobody by its type (see Shared).
func (p Pointer) Personal() bool {
	if p.Element == attached {
		return false // where it leads to nothing it says nothing
	}
	if p.Type != "" {
		return !Shared(p.Type)
	}
	for _, t := range p.targets {
		if !Shared(t) {
			return true
		}
	}
	return len(p.targets) == 0
}

// Party reports whether the reference is to who has, or had, a part in it: who wrote it,
// tells it, asks for it or pays. That says nothing of whom it is about.
func (p Pointer) Party() bool { return p.Role == Mentions && len(p.targets) > 0 }

// Pointers returns every Reference of the resource and of what it contains, in
// the order of the source. Those within primitives' extensions count too.
func (r *Resource) Pointers() []Pointer {
	w := pointing{doc: r.doc, defs: tables()}
	w.resource(0)
	return w.found
}

// pointing walks one document along its definitions.
type pointing struct {
	doc    *document
	defs   *definitions
	inside bool
	found  []Pointer
}

func (w *pointing) resource(i int32) {
	if t := w.defs.types[w.doc.memberText(i, "resourceType")]; t != nil && t.kind == 'R' {
		w.object(i, t)
	}
}

func (w *pointing) object(i int32, t *typeDef) {
	d := w.doc
	if d.nodes[i].kind != objectNode {
		return
	}
	if t.name == "Attachment" {
		w.attachment(d.memberText(i, "url"))
	}
	for c := i + 1; c < d.nodes[i].next; c = d.nodes[c].next {
		if d.nodes[c].kind > arrayNode { // no object beneath it
			continue
		}
		key := d.key(c)
		twin := len(key) > 0 && key[0] == '_'
		if twin {
			key = key[1:]
		}
		p := t.property(key)
		switch {
		case p == nil:
		case twin:
			d.each(c, func(item int32) { w.object(item, w.defs.types["Element"]) })
		case p.typ.name == "Reference":
			d.each(c, func(item int32) { w.reference(item, t, p) })
		case p.typ.abstract():
			outer := w.inside
			w.inside = true
			d.each(c, w.resource)
			w.inside = outer
		case p.typ.kind != 'P':
			d.each(c, func(item int32) { w.object(item, p.typ) })
		}
	}
}

func (w *pointing) add(p Pointer) {
	if w.found == nil {
		w.found = make([]Pointer, 0, 6) // most have three to six, and one is large
	}
	w.found = append(w.found, p)
}

func (w *pointing) attachment(url string) {
	if typ := referenceType(url); typ == "Binary" || strings.HasPrefix(url, "urn:uuid:") || strings.HasPrefix(url, "urn:oid:") {
		w.add(Pointer{Role: Leads, Element: attached, To: url, Type: typ, Inside: w.inside})
	}
}

func (w *pointing) reference(i int32, t *typeDef, p *property) {
	d := w.doc
	if d.nodes[i].kind != objectNode {
		return
	}
	at := Pointer{Role: p.role, Element: t.name + "." + p.name, To: d.memberText(i, "reference"), Display: d.memberText(i, "display"), Inside: w.inside, targets: p.targets}
	if at.Type = referenceType(at.To); at.Type == "" {
		at.Type = d.memberText(i, "type")
	}
	if id := d.member(i, "identifier"); id >= 0 {
		at.System, at.Value, at.Kinds = d.system(id), d.memberText(id, "value"), d.kinds(id)
		w.object(id, w.defs.types["Identifier"])
	}
	w.add(at)
	d.each(d.member(i, "extension"), func(item int32) { w.object(item, w.defs.types["Extension"]) })
}

// assigned is what the system begins with that is made of an assigner.
const assigned = "urn:stele:assigner:"

// assignedBy stands for the system of an identifier that has none and says who assigned
// it: by the organisation's identifier, else its name, else a reference to it. What two
// hospitals both call 12345 is two numbers. "" where nobody is said.
func assignedBy(system, value, display, reference string) string {
	by := strings.Join(strings.Fields(display), " ")
	switch {
	case value != "":
		by = system + "|" + value
	case by == "":
		by = reference
	}
	if by == "" {
		return ""
	}
	return assigned + by
}

// IsAssigned reports whether a system is one that assignedBy makes.
func IsAssigned(system string) bool {
	return len(system) > len(assigned) && strings.EqualFold(system[:len(assigned)], assigned)
}

// IsAssignedHere reports whether who assigned a number is said by a name that holds in one
// record or Bundle only (#org, urn:uuid:…): another's may be somebody else.
func IsAssignedHere(system string) bool {
	return IsAssigned(system) && isLocal(strings.ToLower(system[len(assigned):]))
}

func isLocal(reference string) bool {
	return strings.HasPrefix(reference, "#") || strings.HasPrefix(reference, "urn:uuid:")
}

// System returns the system of the identifier at a path, or what is made of its assigner
// where it has none.
func (r *Resource) System(path string) string {
	if at := r.doc.find(0, path); at >= 0 {
		return r.doc.system(at)
	}
	return ""
}

// system returns the system of an identifier, or what stands for it.
func (d *document) system(identifier int32) string {
	if system := d.memberText(identifier, "system"); system != "" {
		return system
	}
	by := d.member(identifier, "assigner")
	org, display, reference := d.member(by, "identifier"), d.memberText(by, "display"), d.memberText(by, "reference")
	if within := d.within(reference); within >= 0 && d.memberText(org, "value") == "" {
		if display = cmp.Or(display, d.memberText(within, "name")); display == "" {
			org = d.find(within, "identifier[0]")
		}
	}
	return assignedBy(d.memberText(org, "system"), d.memberText(org, "value"), display, reference)
}

// within returns what the resource contains under a reference (#org); -1 for nothing.
func (d *document) within(reference string) (found int32) {
	found = -1
	if id, local := strings.CutPrefix(reference, "#"); local && id != "" {
		d.each(d.member(0, "contained"), func(i int32) {
			if d.memberText(i, "id") == id {
				found = i
			}
		})
	}
	return found
}

// kinds returns the codes of an identifier's type, each after a space.
func (d *document) kinds(identifier int32) (kinds string) {
	d.eachAt(identifier, "type.coding", func(i int32) {
		if code := d.memberText(i, "code"); code != "" {
			kinds += " " + IdentifierKind(d.memberText(i, "system"), code)
		}
	})
	return kinds
}

// IdentifierKind returns the code of v2-0203 that a coding of an identifier's type
// is, and OtherKind for a code of another system: what MR means there, nobody
// knows. A coding without a system is taken for one of v2-0203.
func IdentifierKind(system, code string) string {
	known := system == "" || strings.Contains(system, "0203") ||
		strings.HasSuffix(system, "2.16.840.1.113883.18.108") || strings.HasSuffix(system, "2.16.840.1.113883.12.203")
	if !known || strings.ContainsFunc(code, unicode.IsSpace) {
		return OtherKind
	}
	return code
}

// OtherKind is a kind of identifier that v2-0203 does not have.
const OtherKind = "other"

// mentions are the elements that may lead to a Patient who is somebody else than
// the one the record is about. The list is the only judgement made by hand: any
// other element of R4 that may lead to a Patient says whose the record is, so
// that one which is forgotten here keeps a record out of a chart, never puts it
// into one. pointer_test.go shows what becomes of each.
var mentions = map[string]bool{
	"author": true, "recorder": true, "asserter": true, "enterer": true, "actor": true, "party": true, "who": true, "onBehalfOf": true,
	"observer": true, "requester": true, "performer": true, "recipient": true, "receiver": true, "sender": true, "payor": true,
	"policyHolder": true, "subscriber": true, "source": true, "informationSource": true, "operator": true, "contributor": true,
	"expressedBy": true, "verifiedWith": true, "responsible": true, "owner": true, "participant": true, "member": true,
	"reference": true, "reportedReference": true, "deliverTo": true, "authorReference": true,
	"Patient.link.other": true, // read with the Patient itself
}

// takes are the elements by which patients take part.
var takes = map[string]bool{
	"Appointment.participant.actor": true, "AppointmentResponse.actor": true, "Schedule.actor": true,
	"Group.member.entity": true, "Person.link.target": true, "Account.subject": true,
}

// anyNames are the elements of any target that say whose a record is; the others
// (focus, about, supportingInfo, ...) lead to what else it has to do with.
var anyNames = map[string]bool{"subject": true, "for": true}

// roleOf places a reference element.
func roleOf(owner, name string, targets []string) Role {
	full := owner + "." + name
	switch mayPatient, any := slices.Contains(targets, "Patient"), len(targets) == 0; {
	case takes[full]:
		return Takes
	case any && anyNames[name]:
		return Names
	case !mayPatient && !any:
		if name == "subject" || name == "subjectReference" { // a Group
			return Names
		}
		return Leads
	case any, mentions[name], mentions[full]:
		return Mentions
	}
	return Names
}

// Shared reports whether resources of a type are of nobody: by their definition
// no chain of references leads from them to a Patient (other than through a
// Group or an extension). Medicines, places, organisations and their people are.
// A type that is not known here is not.
func Shared(typ string) bool { return sharedTypes()[typ] }

var sharedTypes = sync.OnceValue(func() map[string]bool {
	d := tables()
	personal := map[string]bool{"Patient": true, "Parameters": true, "Bundle": true, "OperationOutcome": true, "Linkage": true}
	for more := true; more; {
		more = false
		for name, t := range d.types {
			if t.kind == 'R' && !t.abstract() && !personal[name] && d.leadsTo(t, personal, map[*typeDef]bool{}) {
				personal[name], more = true, true
			}
		}
	}
	shared := map[string]bool{}
	for name, t := range d.types {
		if t.kind == 'R' && !t.abstract() && !personal[name] && name != "Group" {
			shared[name] = true
		}
	}
	return shared
})

// Definitional reports whether a resource type is no record of a patient whatever it
// says: what is published for everybody to use, and what is reported of many.
func Definitional(typ string) bool {
	t := tables().types[typ]
	return reports[typ] || t != nil && t.kind == 'R' && t.property([]byte("publisher")) != nil
}

// reports are the types without a publisher that are of no one patient, or tell how a
// server or a business does.
var reports = map[string]bool{
	"CatalogEntry": true, "MeasureReport": true, "MedicationKnowledge": true, "MedicinalProduct": true, "MedicinalProductAuthorization": true,
	"MedicinalProductContraindication": true, "MedicinalProductIndication": true, "MedicinalProductInteraction": true, "MedicinalProductPackaged": true,
	"MedicinalProductUndesirableEffect": true, "ObservationDefinition": true, "PaymentReconciliation": true, "ResearchStudy": true, "Subscription": true,
	"SubstanceReferenceInformation": true, "SubstanceSpecification": true, "TestReport": true, "VerificationResult": true,
}

// leadsTo reports whether any reference below a type may lead to one of some
// resource types.
func (d *definitions) leadsTo(t *typeDef, to map[string]bool, been map[*typeDef]bool) bool {
	if been[t] {
		return false
	}
	been[t] = true
	for i := range t.props {
		p := &t.props[i]
		switch p.typ.name {
		case "Extension", "Annotation", "Signature", "Resource", "DomainResource", "ElementDefinition", "Meta":
			continue
		case "Reference":
			if len(p.targets) == 0 {
				return true
			}
			for _, target := range p.targets {
				if to[target] && target != "Group" {
					return true
				}
			}
			continue
		}
		if p.typ.kind != 'P' && d.leadsTo(p.typ, to, been) {
			return true
		}
	}
	return false
}

// Base splits a literal reference or fullUrl into the server's base and the name
// on it: "http://host/fhir/Patient/1/_history/2" into "http://host/fhir" and
// "Patient/1". Both are "" where it shows no type and id.
func Base(ref string) (base, name string) {
	typ := referenceType(ref)
	if typ == "" || strings.ContainsAny(ref, "?#") {
		return "", ""
	}
	ref, _, _ = strings.Cut(ref, "/_history/")
	at := strings.LastIndexByte(ref, '/') - len(typ)
	return strings.TrimSuffix(ref[:at], "/"), ref[at:]
}
