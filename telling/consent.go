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
	verbs := rules
	if rejected(r) {
		e.Name, verbs = "rejected: "+e.Name, rejectedRules
	}
	rule := ""
	if policy := r.at("policyRule"); len(allWords(policy)) > 0 { // a code alone is one of the law on records: OPTIN
		rule = say(policy)
	}
	e.Value = notesBy("; ", rule, t.provision(r.at("provision"), "", verbs))
	if e.When.End != "" && spanOf(e.Type, r) == (span{}) {
		e.Note = notes(e.Note, "until "+Day(e.When.End))
	}
}

// rules are what a provision of a type does. The type alone says nothing: a form that
// is called "Do not resuscitate" and has the type deny denies nobody knows what.
var rules = map[string]string{"permit": "permits", "deny": "DENIES"}

// rejectedRules are what a provision would have done, had nobody rejected it: it permits
// nothing. What it denies is told as it stands, as some write a refusal so.
var rejectedRules = map[string]string{"permit": "would have permitted", "deny": "DENIES"}

// rejected reports whether somebody refused to agree to a Consent.
func rejected(r view) bool { return slices.Contains(codesOf(r.quiet().at("status")), "rejected") }

// provision says what is permitted or denied, and what is not in spite of it.
func (t teller) provision(p view, within string, verbs map[string]string) string {
	rule := normal(p.at("type").raw())
	verb := verbs[rule]
	p.at("type").tell()
	var exceptions []string
	for _, e := range p.at("provision").list() {
		exceptions = append(exceptions, t.provision(e, rule, verbs))
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

// forbids reports whether a Consent forbids a treatment: what somebody will not have
// done, as blood or a ventilator, is known before it is done or is of no use.
func forbids(r view) bool {
	var denies func(provision view) bool
	denies = func(provision view) bool {
		return normal(provision.at("type").raw()) == "deny" || slices.ContainsFunc(provision.at("provision").list(), denies)
	}
	return denies(r.at("provision")) && aboutTreatment(r)
}

// aboutTreatment reports whether a Consent is about what is done to somebody: its scope
// says so, in a code or in words, or nothing in it tells that it is about records or
// research.
func aboutTreatment(r view) bool {
	scope := conceptWords(r.at("scope"))
	if holdsWord(scope, "treatment") && !holdsWord(scope, "privacy") {
		return true
	}
	about := strings.Fields(scope)
	for _, c := range r.at("category").list() {
		about = append(about, strings.Fields(conceptWords(c))...)
		for _, coding := range c.at("coding").list() {
			if consentWords[coding.at("system").raw()][coding.at("code").raw()] != "" {
				return false
			}
		}
	}
	return !HasWord(about, ofRecords) && !limitsRecords(r.at("provision"))
}

// ofRecords are words of a Consent to what is done with records.
var ofRecords = set("privacy", "research", "disclosure", "redisclosure", "records", "information", "data", "sharing",
	"datenschutz", "forschung", "confidentialité", "recherche", "privacidad", "investigación", "ricerca")

// limitsRecords reports whether a provision has an element that only records have.
func limitsRecords(provision view) bool {
	return slices.ContainsFunc([]string{"action", "securityLabel", "purpose", "class", "dataPeriod", "data"}, func(key string) bool { return provision.at(key).has() }) ||
		slices.ContainsFunc(provision.at("provision").list(), limitsRecords)
}

// conceptWords are all words of a concept in lower case, its codes among them, with a
// space between.
func conceptWords(c view) string {
	all := []string{c.at("text").raw()}
	for _, coding := range c.at("coding").list() {
		all = append(all, coding.at("code").raw(), coding.at("display").raw())
	}
	return strings.Join(wordsOf(strings.Join(all, " ")), " ")
}

// provides reports whether a provision is about one of these decisions.
func provides(provision view) bool {
	return slices.ContainsFunc(provision.at("code").list(), func(c view) bool { return saysDirective(c, false) }) ||
		slices.ContainsFunc(provision.at("provision").list(), provides)
}
