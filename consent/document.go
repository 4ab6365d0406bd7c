package consent

import "github.com/stele-health/stele"

// The code systems and identifiers of the document.
const (
	systemURI          = "urn:ietf:rfc:3986" // an identifier whose value is a URI, such as a DID
	systemScope        = "http://terminology.hl7.org/CodeSystem/consentscope"
	systemLOINC        = "http://loinc.org"
	systemActCode      = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
	systemActReason    = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
	systemConfidential = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
	systemParticipant  = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
	systemAction       = "http://terminology.hl7.org/CodeSystem/consentaction"

	systemOurAction  = "https://stele.health/fhir/CodeSystem/action"
	systemDelegation = "https://stele.health/fhir/CodeSystem/delegation"
	systemAct        = "https://stele.health/fhir/CodeSystem/act"
	systemCategory   = "https://stele.health/fhir/CodeSystem/category"
	systemRole       = "https://stele.health/fhir/CodeSystem/role"
	systemFacility   = "https://stele.health/fhir/CodeSystem/facility-kind"
	systemRecord     = "https://stele.health/fhir/NamingSystem/record-handle"
)

// The extensions. What narrows the consent is a modifierExtension, which FHIR
// forbids a reader to overlook; the others only add to it.
const (
	profileGrant   = "https://stele.health/fhir/StructureDefinition/grant"
	extGrantee     = "https://stele.health/fhir/StructureDefinition/grantee-key"   // on Consent: suite, key
	extWording     = "https://stele.health/fhir/StructureDefinition/wording"       // on Consent: version of the sentences
	extMaxUses     = "https://stele.health/fhir/StructureDefinition/max-uses"      // modifier, on provision
	extWorst       = "https://stele.health/fhir/StructureDefinition/unclassified"  // modifier, on provision, repeats: category, sensitivity
	extDelegation  = "https://stele.health/fhir/StructureDefinition/delegation"    // modifier, on provision: kind, act, of-age
	extSource      = "https://stele.health/fhir/StructureDefinition/source"        // modifier, on provision, repeats
	extAt          = "https://stele.health/fhir/StructureDefinition/acting-for"    // modifier, on actor
	extRole        = "https://stele.health/fhir/StructureDefinition/actor-role"    // modifier, on actor
	extFacility    = "https://stele.health/fhir/StructureDefinition/facility-kind" // modifier, on actor
	narrativeOpen  = `<div xmlns="http://www.w3.org/1999/xhtml"><p>`
	narrativeClose = "</p></div>"
)

// The document as it is written, in FHIR's order of elements.
type document struct {
	ResourceType string      `json:"resourceType"`
	ID           string      `json:"id"`
	Meta         meta        `json:"meta"`
	Language     string      `json:"language"`
	Text         narrative   `json:"text"`
	Extension    []extension `json:"extension"`
	Status       string      `json:"status"`
	Scope        concept     `json:"scope"`
	Category     []concept   `json:"category"`
	Patient      reference   `json:"patient"`
	DateTime     string      `json:"dateTime"`
	Performer    []reference `json:"performer"`
	Organization []reference `json:"organization"`
	Source       attachment  `json:"sourceAttachment"`
	Policy       []policy    `json:"policy"`
	Provision    provision   `json:"provision"`
}

type meta struct {
	Profile []string `json:"profile"`
}

type narrative struct {
	Status string `json:"status"`
	Div    string `json:"div"`
}

type policy struct {
	URI string `json:"uri"`
}

type provision struct {
	Modifier []extension `json:"modifierExtension,omitempty"`
	Type     string      `json:"type"`
	Period   period      `json:"period"`
	Actor    []actor     `json:"actor"`
	Action   []concept   `json:"action"`
	Label    []coding    `json:"securityLabel"`
	Purpose  []coding    `json:"purpose"`
	Code     []concept   `json:"code"`
	Dates    *period     `json:"dataPeriod,omitempty"`
	Content  []content   `json:"data,omitempty"`
}

type actor struct {
	Modifier  []extension `json:"modifierExtension,omitempty"`
	Role      concept     `json:"role"`
	Reference reference   `json:"reference"`
}

type content struct {
	Meaning   string    `json:"meaning"`
	Reference reference `json:"reference"`
}

type period struct {
	Start string `json:"start,omitempty"`
	End   string `json:"end,omitempty"`
}

type concept struct {
	Coding []coding `json:"coding"`
}

type coding struct {
	System string `json:"system"`
	Code   string `json:"code"`
}

type reference struct {
	Type       string      `json:"type,omitempty"`
	Identifier *identifier `json:"identifier,omitempty"`
	Display    string      `json:"display,omitempty"`
}

type identifier struct {
	System string `json:"system"`
	Value  string `json:"value"`
}

type attachment struct {
	ContentType string `json:"contentType"`
	Language    string `json:"language"`
	Text        []byte `json:"data"` // base64, as encoding/json writes bytes
	Creation    string `json:"creation"`
}

type extension struct {
	Extension []extension `json:"extension,omitempty"`
	URL       string      `json:"url"`
	Bytes     []byte      `json:"valueBase64Binary,omitempty"`
	Coding    *coding     `json:"valueCoding,omitempty"`
	Date      string      `json:"valueDate,omitempty"`
	Reference *reference  `json:"valueReference,omitempty"`
	String    string      `json:"valueString,omitempty"`
	Number    uint32      `json:"valueUnsignedInt,omitempty"`
}

func conceptOf(system, code string) concept {
	return concept{[]coding{{system, code}}}
}

func referenceTo(kind string, p Party) reference {
	return reference{Type: kind, Identifier: &identifier{systemURI, p.Subject.String()}, Display: p.Name}
}

// categoryCode is Consent.category's v3-ActCode: a disclosure for reading, a
// collection for writing, access for who acts for the patient.
func categoryCode(a stele.Action) string {
	if a == stele.ActionDelegate {
		return "INFA"
	}
	if a == stele.ActionWrite {
		return "ICOL"
	}
	return "IDSCL"
}

// actionCoding is Consent.provision.action. FHIR has no code for acting for somebody.
func actionCoding(a stele.Action) coding {
	switch a {
	case stele.ActionWrite:
		return coding{systemAction, "collect"}
	case stele.ActionDelegate:
		return coding{systemOurAction, "delegate"}
	}
	return coding{systemAction, "access"}
}
