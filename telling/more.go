package telling

import (
	"strings"

	"github.com/stele-health/stele/fhir"
)

// MoreMark ends a line whose record says more. It is in words: a sign, as "(+)", is
// read as a result.
const MoreMark = "… more in the record"

// A line's mark says that the record says more than the line. It is computed: a
// telling notes what it says (view.go), and whatever is left makes the mark, but
// for what is listed here. Nothing has to be remembered for a new element: what
// no teller knows is left, and marks.

// unnamed are the elements that are no clinical statement, at any depth.
var unnamed = set("resourceType", "id", "meta", "language", "identifier", "accessionIdentifier", "groupIdentifier", "requisition",
	"instantiatesCanonical", "instantiatesUri", "userSelected", "udiCarrier", "distinctIdentifier", "linkId", "onBehalfOf",
	"contentType", "size", "hash", "creation")

// unnamedOf are those of one type alone: how the pictures of a study are found,
// which profile a document follows, who was at a visit.
var unnamedOf = map[string]map[string]bool{
	"DocumentReference": set("format"),
	"Encounter":         set("participant"),
	"ImagingStudy":      set("uid", "started", "number", "instance", "sopClass", "numberOfInstances"),
}

// whoAndWhence are elements of a resource itself that say whose record it is, who
// made it, where, when it was put down, and to what paper it belongs: the chart,
// the chapter and the full view say them.
var whoAndWhence = set(
	"subject", "patient", "encounter", "context", "for", "beneficiary", "candidate", "category",
	"performer", "performerType", "recorder", "asserter", "author", "requester", "enterer", "custodian", "authenticator", "attester", "sender", "recipient", "source",
	"informationSource", "location", "serviceProvider", "managingOrganization", "owner", "resultsInterpreter", "operator", "receiver", "supplier",
	"provider", "insurer", "creator", "assessor", "contributor", "authority", "payor", "prescriber", "consultant", "referrer", "interpreter", "responsibleParty",
	"issued", "recordedDate", "recorded", "recordedOn", "created", "authoredOn", "dateAsserted", "enteredDate", "statusDate", "dateWritten", "lastModified", "authored",
	"basedOn", "partOf", "replaces", "supportingInfo", "supportingInformation", "insurance", "coverage", "eventHistory", "relevantHistory",
	"priorPrescription", "authorizingPrescription", "request", "endpoint", "careTeam", "goal", "episodeOfCare", "account", "appointment", "statusHistory", "classHistory",
	"specimen", "questionnaire", "policyRule", "result", "hasMember", "imagingStudy", "securityLabel", "masterIdentifier",
)

func set(names ...string) map[string]bool {
	out := map[string]bool{}
	for _, n := range names {
		out[n] = true
	}
	return out
}

// administrative reports whether an element of a resource of this type is no
// clinical statement; root, whether it is the resource's own.
func administrative(kind, key string, root bool) bool {
	return unnamed[key] || unnamedOf[kind][key] || root && whoAndWhence[key]
}

// providers' own resources, contained in others to say who and where.
var whoTypes = set("Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization", "Location", "Endpoint", "Provenance", "Group")

// harmless are extensions that add nothing to what the elements say.
var harmless = []string{
	"http://hl7.org/fhir/StructureDefinition/narrativeLink", "http://hl7.org/fhir/StructureDefinition/originalText",
	"http://hl7.org/fhir/StructureDefinition/translation", "http://hl7.org/fhir/StructureDefinition/rendering-",
	"http://hl7.org/fhir/StructureDefinition/event-", "http://hl7.org/fhir/StructureDefinition/lastReviewed",
	"http://hl7.org/fhir/StructureDefinition/iso21090-", "http://hl7.org/fhir/StructureDefinition/humanname-",
	"http://hl7.org/fhir/StructureDefinition/ordinalValue", "http://hl7.org/fhir/StructureDefinition/display",
	"http://hl7.org/fhir/StructureDefinition/condition-assertedDate",
}

// more reports whether a resource says clinically more than was said of it.
func more(r view) bool {
	return r.at("implicitRules").has() || unsaidIn(r.v, r.said)
}

// unsaidIn looks through a resource, or one that it contains.
func unsaidIn(resource fhir.Value, said []bool) bool {
	s := search{kind: resource.Member("resourceType").Text(), said: said}
	for member := range resource.All() {
		key := member.Key()
		switch {
		case administrative(s.kind, strings.TrimPrefix(key, "_"), true) && !aboutSomebodyElse(key, member):
		case key == "text":
			if status := member.Member("status").Text(); status != "generated" && status != "empty" && s.finds(member) {
				return true
			}
		case key == "contained":
			for c := range member.All() {
				if !whoTypes[c.Member("resourceType").Text()] && unsaidIn(c, said) {
					return true
				}
			}
		case s.finds(member):
			return true
		}
	}
	return false
}

// aboutSomebodyElse: a subject that is no patient is a statement.
func aboutSomebodyElse(key string, subject fhir.Value) bool {
	if key != "subject" {
		return false
	}
	ref := subject.Member("reference").Text()
	for _, kind := range []string{"Group/", "Device/", "Location/", "Substance/", "Organization/", "Practitioner/"} {
		if strings.Contains(ref, kind) {
			return true
		}
	}
	return false
}

// A search looks for what was not said.
type search struct {
	kind   string // of the resource
	said   []bool
	dosage bool // within a Dosage: extensions, which cannot change a dose, are left to the mark
}

// finds reports whether a value holds anything clinical that was not said. A
// bare link is nothing to read: what it leads to is told by itself, where it is
// in the chart.
func (s search) finds(v fhir.Value) bool {
	switch {
	case v.IsObject() && isLink(v):
		return false
	case v.IsObject():
		for member := range v.All() {
			key := member.Key()
			switch {
			case administrative(s.kind, strings.TrimPrefix(key, "_"), false):
			case key == "extension":
				if !s.dosage && s.extensions(member) {
					return true
				}
			case s.dosage && strings.HasPrefix(key, "_"):
			case s.finds(member):
				return true
			}
		}
		return false
	case v.IsArray():
		for item := range v.All() {
			if s.finds(item) {
				return true
			}
		}
		return false
	}
	return !v.IsNull() && !s.said[v.Index()]
}

// isLink knows a literal reference without any words.
func isLink(v fhir.Value) bool {
	n := 0
	for member := range v.All() {
		switch member.Key() {
		case "reference", "type":
			n++
		case "id":
		default:
			return false
		}
	}
	return n > 0 && v.Member("reference").IsText()
}

func (s search) extensions(list fhir.Value) bool {
next:
	for e := range list.All() {
		url := e.Member("url").Text()
		for _, h := range harmless {
			if strings.HasPrefix(url, h) {
				continue next
			}
		}
		if s.finds(e) {
			return true
		}
	}
	return false
}
