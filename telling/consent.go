package telling

import (
	"slices"
	"strings"
)

const consentScope = "http://terminology.hl7.org/CodeSystem/consentscope"

// consentWords are the words for the codes of what a Consent is about, other than
// those of directives (FHIR R4, value sets consent-scope and consent-category). Nobody
// shall take who may see records for what may be done.
var consentWords = map[string]map[string]string{
	consentScope: {"treatment": "consent to treatment", "research": "consent to research", "patient-privacy": "consent to the use of records"},
	"http://terminology.hl7.org/CodeSystem/consentcategorycodes": {
		"emrgonly": "disclosure of records in emergencies only", "npp": "notice of privacy practices", "research": "access to records for research",
		"rsdid": "access to de-identified records for research", "rsreid": "access to re-identifiable records for research",
	},
	"http://terminology.hl7.org/CodeSystem/v3-ActCode": {
		"ICOL": "collection of information", "IDSCL": "disclosure of information", "INFA": "access to information", "INFAO": "access to information only",
		"INFASO": "access to information and its storage only", "IRDSCL": "redisclosure of information", "RESEARCH": "access to information for research",
		"RSDID": "access to de-identified information for research", "RSREID": "access to re-identifiable information for research",
	},
	loinc: {
		"59284-0": "consent document", "57016-8": "acknowledgement of a privacy policy", "57017-6": "privacy policy of an organization",
		"64292-6": "consent to the release of information",
	},
}

// consent tells what somebody agreed to, or did not.
func (t teller) consent(e *Told, r view) {
	e.Name = firstOf(t.call(r, "category"), t.call(r, "scope"), "consent")
	if scope := say(r.at("scope")); scope != e.Name {
		e.Note = scope
	}
	e.Value = t.provision(r.at("provision"), "")
	if e.When.End != "" && spanOf(e.Type, r) == (span{}) {
		e.Note = notes(e.Note, "until "+Day(e.When.End))
	}
}

// rules are what a provision of a type does. The type alone says nothing: a form that
// is called "Do not resuscitate" and has the type deny denies nobody knows what.
var rules = map[string]string{"permit": "permits", "deny": "DENIES"}

// provision says what is permitted or denied, and what is not in spite of it.
func (t teller) provision(p view, within string) string {
	rule := normal(p.at("type").raw())
	verb := rules[rule]
	p.at("type").tell()
	var exceptions []string
	for _, e := range p.at("provision").list() {
		exceptions = append(exceptions, t.provision(e, rule))
	}
	what := t.parts(p) // of which nothing was said
	switch {
	case verb == "" && rule != "":
		what = labelled(`provision "`+cut(rule, 40)+`":`, firstOf(what, seeRecord))
	case verb != "" && what != "":
		what = verb + ": " + what
	case verb != "" && len(exceptions) == 0:
		what = verb + " what is not named: " + seeRecord
	case verb != "":
		what = verb + " what is not named"
	}
	if within != "" && rule != within {
		what = labelled("but", what)
	}
	return notesBy("; ", append([]string{what}, exceptions...)...)
}

// forbids reports whether a Consent to treatment forbids any: what somebody will not
// have done, as blood or a ventilator, is known before it is done or is of no use.
func forbids(r view) bool {
	if !hasCode(r.at("scope"), consentScope, "treatment") && !strings.EqualFold(r.at("scope", "text").text(), "treatment") {
		return false
	}
	var denies func(provision view) bool
	denies = func(provision view) bool {
		return normal(provision.at("type").raw()) == "deny" || slices.ContainsFunc(provision.at("provision").list(), denies)
	}
	return denies(r.at("provision"))
}

// provides reports whether a provision is about one of these decisions.
func provides(provision view) bool {
	return slices.ContainsFunc(provision.at("code").list(), func(c view) bool { return saysDirective(c, false) }) ||
		slices.ContainsFunc(provision.at("provision").list(), provides)
}
