package timeline

import (
	"strings"

	"github.com/stele-health/stele/fhir"
)

// A line's mark says that the record says more than the line. It is computed: a
// telling notes what it says (view.go), and whatever is left makes the mark, but
// for what is listed here. Nothing has to be remembered for a new element: what
// no teller knows is left, and marks.

// unnamed are the elements that are no clinical statement, at any depth.
var unnamed = set("resourceType", "id", "meta", "language", "identifier", "accessionIdentifier", "groupIdentifier", "requisition",
	"instantiatesCanonical", "instantiatesUri", "userSelected")

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
	"priorPrescription", "authorizingPrescription", "request", "endpoint", "episodeOfCare", "account", "appointment", "statusHistory", "classHistory",
	"specimen", "questionnaire", "policyRule", "result", "hasMember", "imagingStudy", "securityLabel", "masterIdentifier",
)

func set(names ...string) map[string]bool {
	out := map[string]bool{}
	for _, n := range names {
		out[n] = true
	}
	return out
}

// administrative reports whether an element of this name is no clinical
// statement; root is the type of the resource it stands in directly, "" below.
func administrative(key, root string) bool {
	if unnamed[key] {
		return true
	}
	return root != "" && whoAndWhence[key]
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

// where says which rules hold for the element that is looked at.
type where uint8

const (
	inside   where = iota // an element of an element
	inDosage              // as inside; ordinary extensions, which cannot change a dose, are left to the mark
)

// more reports whether a resource says clinically more than was said of it.
func more(r view) bool {
	if r.at("implicitRules").has() {
		return true
	}
	return unsaidIn(r.v, r.said)
}

// unsaidIn looks through a resource, or one that it contains.
func unsaidIn(resource fhir.Value, said []bool) bool {
	kind := resource.Member("resourceType").Text()
	if kind == "" {
		kind = "resource"
	}
	for member := range resource.All() {
		key := member.Key()
		switch {
		case administrative(strings.TrimPrefix(key, "_"), kind) && !aboutSomebodyElse(key, member):
		case key == "text":
			if s := member.Member("status").Text(); s != "generated" && s != "empty" && unsaid(member, said, inside) {
				return true
			}
		case key == "contained":
			for c := range member.All() {
				if !whoTypes[c.Member("resourceType").Text()] && unsaidIn(c, said) {
					return true
				}
			}
		case unsaid(member, said, inside):
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

// unsaid reports whether a value holds anything clinical that was not said.
func unsaid(v fhir.Value, said []bool, at where) bool {
	if said == nil {
		return false
	}
	switch {
	case v.IsObject():
		for member := range v.All() {
			key := member.Key()
			switch {
			case unnamed[strings.TrimPrefix(key, "_")]:
			case key == "extension":
				if at != inDosage && unsaidExtensions(member, said) {
					return true
				}
			case at == inDosage && strings.HasPrefix(key, "_"): // extensions of a primitive
			case unsaid(member, said, at):
				return true
			}
		}
		return false
	case v.IsArray():
		for item := range v.All() {
			if unsaid(item, said, at) {
				return true
			}
		}
		return false
	}
	return !v.IsNull() && !said[v.Index()]
}

func unsaidExtensions(list fhir.Value, said []bool) bool {
next:
	for e := range list.All() {
		url := e.Member("url").Text()
		for _, h := range harmless {
			if strings.HasPrefix(url, h) {
				continue next
			}
		}
		if unsaid(e, said, inside) {
			return true
		}
	}
	return false
}
