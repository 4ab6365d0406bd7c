package telling

import "strings"

// people are the types of somebody that a finding can be about.
var people = set("RelatedPerson", "Patient", "Practitioner", "PractitionerRole", "Person", "Group")

// ofAnother takes out of the first view what is about somebody else. What its source calls
// critical stays, if it is not known about whom it is.
func (e *Told) ofAnother(r view, find finder) {
	sure, perhaps := someoneElse(r, find)
	if e.Another = perhaps; perhaps {
		e.Found, e.Critical = 0, e.Critical && !sure
	}
}

// someoneElse are whether a finding is about somebody else than the patient, as a donor or
// her child, and whether perhaps: FHIR's focus may be a part of herself, too, and one that
// is called by a name alone tells not which.
func someoneElse(r view, find finder) (sure, perhaps bool) {
	for _, ref := range r.at("focus").list() {
		literal, _, _ := strings.Cut(ref.at("reference").raw(), "/_history/")
		subject, _, _ := strings.Cut(r.at("subject", "reference").raw(), "/_history/")
		if literal != "" && (strings.HasSuffix("/"+literal, "/"+subject) || strings.HasSuffix("/"+subject, "/"+literal)) {
			continue
		}
		_, kind := find.find(literal)
		for _, c := range ref.inside() {
			kind = c.at("resourceType").raw()
		}
		if parts := strings.Split(literal, "/"); kind == "" && len(parts) > 1 {
			kind = parts[len(parts)-2]
		}
		kind = firstOf(ref.at("type").raw(), kind)
		// A Patient who is called by a number or a name alone may be herself.
		sure, perhaps = sure || people[kind] && (literal != "" || kind != "Patient"), perhaps || kind == "" || people[kind]
	}
	return sure, perhaps
}
