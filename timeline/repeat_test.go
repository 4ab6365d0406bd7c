package timeline_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/timeline"
)

// What was done twice is not told as once: not at two times, not under two identifiers,
// and where nothing tells the records apart, their number is said.
func TestR38ActsThatAreAlikeAreCounted(t *testing.T) {
	for _, kind := range []string{
		`"resourceType":"Procedure","code":{"text":"X"},"performedDateTime"`, `"resourceType":"Immunization","vaccineCode":{"text":"X"},"occurrenceDateTime"`,
		`"resourceType":"MedicationAdministration","medicationCodeableConcept":{"text":"X"},"effectiveDateTime"`,
	} {
		act := func(when, more string) string {
			return `{"status":"completed",` + kind + `:"` + when + `"` + more + `}`
		}
		id := func(s string) string { return `,"identifier":[{"system":"urn:x","value":"` + s + `"}]` }
		for _, c := range []struct {
			a, b  string
			facts int
			said  string
		}{
			{act("2026-11-19T08:00:00Z", ""), act("2026-11-19T20:00:00Z", ""), 2, "08:00 UTC X"},
			{act("2026-11-19", ""), act("2026-11-20", ""), 2, ""},
			{act("2026-11-19", id("1")), act("2026-11-19", id("2")), 2, ""},
			{act("2026-11-19", id("1")), act("2026-11-19", id("1")), 1, "in 2 records, perhaps 2 times"},
			{act("2026-11-19", ""), act("2026-11-19", ""), 1, "in 2 records, perhaps 2 times"},
		} {
			s := Tell(lines("A", c.a, c.b), Options{Kinds: allKinds})
			if text := s.Text(Page{Width: 200}); len(all(s)) != c.facts || !strings.Contains(text, c.said) || c.facts == 2 && strings.Contains(text, "perhaps") {
				t.Errorf("%s and\n%s: want %d facts and %q in\n%s", c.a, c.b, c.facts, c.said, text)
			}
		}
		text := Tell(append(lines("A", act("2026-11-19", "")), lines("B", act("2026-11-19", ""))...), Options{Kinds: allKinds}).Text(Page{Width: 200})
		if strings.Contains(text, "perhaps") {
			t.Errorf("two sources tell one act:\n%s", text)
		}
	}
}

// Three orders that are alike, each to be given once, are three; one that three sources
// tell is one.
func TestR38EqualOrdersAreCounted(t *testing.T) {
	order := func(day string) string {
		return `{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"KCl 40 mmol"},"authoredOn":"` + day + `","dosageInstruction":[{"text":"once"}]}`
	}
	for _, c := range []struct {
		sources [3]string
		days    [3]string
		want    string // under Now
	}{
		{[3]string{"A", "A", "A"}, [3]string{"2026-11-17", "2026-11-18", "2026-11-19"}, "KCl 40 mmol: once (ordered 19 Nov 2026, the last of 3 orders) 2026"},
		{[3]string{"A", "A", "A"}, [3]string{"2026-11-19T08:00:00Z", "2026-11-19T12:00:00Z", "2026-11-19T18:00:00Z"}, "KCl 40 mmol: once (ordered 19 Nov 2026, the last of 3 orders) 2026"},
		{[3]string{"A", "A", "A"}, [3]string{"2026-11-19", "2026-11-19", "2026-11-19"}, "KCl 40 mmol: once (in 3 records, perhaps 3 times, ordered 19 Nov 2026) 2026"},
		{[3]string{"A", "B", "C"}, [3]string{"2026-11-19", "2026-11-19", "2026-11-19"}, "KCl 40 mmol: once (ordered 19 Nov 2026) [1,2,3] 2026"},
		{[3]string{"A", "B", "C"}, [3]string{"2026-11-19T08:00:00Z", "2026-11-19T11:00:00+03:00", "2026-11-19"}, "KCl 40 mmol: once (ordered 19 Nov 2026) [1,2,3] 2026"},
	} {
		var items []Item
		for i, source := range c.sources {
			it := lines(source, order(c.days[i]))[0]
			it.Handle[0] = byte(i + 1)
			items = append(items, it)
		}
		expectText(t, Tell(items, Options{Kinds: allKinds}), []string{"Now medicine " + c.want})
	}
}

// Two people of one name are two.
func TestR38PeopleOfOneNameAreTwo(t *testing.T) {
	doctor := func(license string) string {
		return `{"resourceType":"Practitioner","name":[{"text":"Dr A. Kaya"}],"identifier":[{"system":"urn:l","value":"` + license + `"}]}`
	}
	for _, source := range []string{"A", "B"} {
		items := append(lines("A", doctor("1")), lines(source, doctor("2"))...)
		if got := all(Tell(items, Options{Kinds: allKinds})); len(got) != 2 {
			t.Errorf("of sources A and %s: %q", source, names(got))
		}
		items = append(lines("A", doctor("1")), lines(source, doctor("1"))...)
		if got := all(Tell(items, Options{Kinds: allKinds})); len(got) != 1 {
			t.Errorf("one doctor of sources A and %s: %q", source, names(got))
		}
	}
}

// Measurements of one moment stand side by side; what says more than its value, and what
// is of another moment, has a line of its own.
func TestR38MeasurementsDoNotRunTogether(t *testing.T) {
	vital := func(name, at, status string) Item {
		it := lines("A", `{"resourceType":"Observation","status":"`+status+`","category":[{"coding":[{"code":"vital-signs"}]}],"code":{"text":"`+name+`"},"effectiveDateTime":"2026-11-19T`+at+`:00Z","valueQuantity":{"value":7,"unit":"u"}}`)[0]
		it.Label.Category = stele.Vitals
		return it
	}
	page := func(items ...Item) string {
		for i := range items {
			items[i].Handle[0] = byte(i + 1)
		}
		return Tell(items, Options{}).Text(Page{Width: 200})
	}
	for _, c := range []struct{ page, want string }{
		{page(vital("P", "08:00", "final"), vital("R", "08:00", "final")), "vitals     08:00 UTC P 7 u · R 7 u\n"},
		{page(vital("P", "08:00", "final"), vital("Q", "08:00", "cancelled"), vital("R", "08:00", "final")), "vitals     08:00 UTC P 7 u\n                    08:00 UTC Q 7 u · cancelled\n                    08:00 UTC R 7 u\n"},
		{page(vital("P", "08:00", "final"), vital("R", "20:00", "final"), vital("S", "20:00", "final")), "vitals     20:00 UTC R 7 u · S 7 u\n                    08:00 UTC P 7 u\n"},
	} {
		if !strings.Contains(c.page, c.want) {
			t.Errorf("want %q in\n%s", c.want, c.page)
		}
	}
}

// Of two reports on one thing the one put out last comes first, and each says when.
func TestR38TheLastReportComesFirst(t *testing.T) {
	report := func(issued, words string) string {
		return `{"resourceType":"DiagnosticReport","status":"final","code":{"text":"CT head"},"effectiveDateTime":"2026-11-18T22:00:00Z","issued":"` + issued + `","conclusion":"` + words + `"}`
	}
	s := Tell(lines("A", report("2026-11-18T22:30:00Z", "A bleed."), report("2026-11-19T09:00:00Z", "No bleed.")), Options{Kinds: allKinds})
	expectText(t, s, []string{"CT head · No bleed. · issued 19 Nov 2026 09:00 UTC 22:00 UTC CT head · A bleed. · issued 18 Nov 2026 22:30 UTC"})
	expectText(t, Tell(lines("A", report("2026-11-18T22:30:00Z", "A bleed.")), Options{Kinds: allKinds}), nil, "issued")
}

// Blood groups that cannot both be so say so.
func TestR38BloodGroupsThatDisagree(t *testing.T) {
	group := func(name, value, more string) string {
		return `{"resourceType":"Observation","status":"final","code":{"text":"` + name + `"},"effectiveDateTime":"2026-11-18","valueString":"` + value + `"` + more + `}`
	}
	for _, c := range []struct {
		a, b     string
		disagree bool
	}{
		{group("Blood group", "A POS", ""), group("ABO and Rh group", "O Rh(D) negative", ""), true},
		{group("Blood group", "A POS", ""), group("Blood group", "A neg", ""), true},
		{group("Blood typing", "O Positive", ""), group("Blood group", "A+", ""), true},
		{group("Blutgruppe", "A Rh positiv", ""), group("Blutgruppe", "0 Rh negativ", ""), true},
		{group("Blutgruppe", "Null positiv", ""), group("Blood group", "O+", ""), false},
		{group("Rhesusfaktor", "negativ", ""), group("Facteur rhésus", "positif", ""), true},
		{group("Groupe sanguin", "A négatif", ""), group("Grupo sanguíneo", "A positivo", ""), true},
		{group("Gruppo sanguigno", "B Rh positivo", ""), group("Bloedgroep", "AB positief", ""), true},
		{group("Kan grubu", "A Rh pozitif", ""), group("Tipo sanguíneo", "A Rh negativo", ""), true},
		{group("Blutgruppe", "Gruppe 0 positiv", ""), group("Blutgruppe", "A positiv", ""), true},
		{group("Blutgruppe", "AB0: A positiv", ""), group("Blutgruppe", "A positiv", ""), false},
		{group("Blutgruppe", "AB0-System: B", ""), group("Blutgruppe", "AB", ""), true},
		{group("Blood group", "O positive. A second sample is needed", ""), group("Blood group", "O", ""), false},
		{group("Blood group", "O, a positive antibody screen", ""), group("Blood group", "O", ""), false},
		{group("Blood group", "O (anti-A, anti-B)", ""), group("Blood group", "O", ""), false},
		{group("Blood group", "O NEG, antibody screen POS", ""), group("Blood group", "O positive", ""), true},
		{group("Blood group", "A1B Rh(+)", ""), group("Blood group", "AB negative", ""), true},
		{group("Blood group", "A1B", ""), group("Blood group", "A", ""), true},
		{group("Blutgruppe", "Null positiv", ""), group("Blutgruppe", "A positiv", ""), true},
		{group("Blutgruppe", "0 (confirmed)", ""), group("Blutgruppe", "A", ""), true},
		{group("Blood group", "Null value", ""), group("Blood group", "A", ""), false},
		{group("Blood group", "N.A.", ""), group("Blood group", "B", ""), false},
		{group("Blood group", "there is a mixed field", ""), group("Blood group", "B", ""), false},
		{group("Blood group", "not A", ""), group("Blood group", "B", ""), false},
		{group("Blood group", "null", ""), group("Blood group", "A POS", ""), false},
		{group("Blood group", "Null", ""), group("Blood group", "AB", ""), false},
		{group("Blood group", "unknown", ""), group("Blood group", "A", ""), false},
		{group("Blood group", "N/A", ""), group("Blood group", "B", ""), false},
		{group("Blood group", "not a valid sample", ""), group("Blood group", "B", ""), false},
		{group("ABO", "AB0: AB", ""), group("Blood group", "Group AB Rh(D) positive", ""), false},
		{group("Blutgruppenantikörper", "A positiv", ""), group("Blutgruppe", "B positiv", ""), false},
		{group("Blood group", "AB+", ""), group("ABO", "Group AB", ""), false},
		{group("Blood group", "0 positive", ""), group("Rh", "positive", ""), false},
		{group("Blood group", "A POS", ""), group("Blood group", "B NEG", `,"focus":[{"display":"Newborn"}]`), false},
		{group("Blood group", "A POS", ""), group("Blood group antibody", "B negative", ""), false},
		{group("Blood group", "A POS", ""), strings.Replace(group("Blood group", "B POS", ""), "final", "cancelled", 1), false},
	} {
		if text, n := groupsBeside(c.a, c.b); n != map[bool]int{true: 2}[c.disagree] {
			t.Errorf("%s and\n%s: disagree %v, but\n%s", c.a, c.b, c.disagree, text)
		}
	}
	// However the group is written.
	for _, said := range []string{"Groupe sanguin A", "Groupe sanguin: A", "grupo sanguíneo A, Rh(D) positivo", "tipo sanguíneo A", "gruppo sanguigno A", "Blood grouping: A", "Blutgruppe A", "Gruppe: A", "phenotype A", "Typ A", "ABO blood group: A",
		"Blood Group A Rh(D) Pos", "Patient's blood group is A", "Blood type = A", "Forward A, reverse A", "RhesusD A", "Rhesus A", "Confirmed A", "A (confirmed)", "A weak D", "A1", "A2 D+", "Was B group, is A group", "A positive, titre 0", "a", "a pos", "a D positive", "a rh positive", "group a", "kan grubu A Rh pozitif", "A, bevestigd"} {
		for other, differs := range map[string]bool{"B positive": true, "A positive": false} {
			if text, n := groupsBeside(group("Blood group", said, ""), group("Blood group", other, "")); n != map[bool]int{true: 2}[differs] {
				t.Errorf("%q beside %q:\n%s", said, other, text)
			}
		}
	}
}

// groupsBeside tells a finding of A and one of B, and how often one is told to be of another group.
func groupsBeside(a, b string) (string, int) {
	text := Tell(append(lines("A", a), lines("B", b)...), Options{Kinds: allKinds}).Text(Page{Width: 200})
	return text, strings.Count(text, "yet another blood group is told")
}

// What somebody agreed to have done, or did not, is told; who may see her records is not
// clinical.
func TestR38ConsentsToTreatmentAreTold(t *testing.T) {
	consent := func(scope, status string) string {
		return `{"resourceType":"Consent","status":"` + status + `","scope":{"coding":[{"code":"` + scope + `"}]},"category":[{"text":"Transfusion"}],"dateTime":"2026-11-01","provision":{"type":"permit"}}`
	}
	for record, want := range map[string]bool{
		consent("treatment", "active"): true, consent("treatment", "rejected"): true, consent("research", "active"): true, consent("patient-privacy", "active"): false,
		consent("Patientenaufklärung", "active"):                                             true, // what is not known to be about records
		strings.Replace(consent("x", "active"), `"scope":{"coding":[{"code":"x"}]},`, "", 1): true,
	} {
		s := Tell(lines("A", record), Options{})
		if text := s.Text(Page{Width: 200}); (strings.Contains(text, "consent    Transfusion") || strings.Contains(text, "consent    rejected: Transfusion")) != want || strings.Contains(record, "rejected") != strings.Contains(text, "rejected: ") || len(s.Now) > 0 {
			t.Errorf("%s: told %v in\n%s", record, want, text)
		}
	}
}

// What somebody will not have done stands first under Now, above all that harms, however
// the scope of the form is written and whatever was ordered since; a refusal to have
// records shared, and what was rejected, does not.
func TestR38WhatIsDeniedStandsBesideTheOrder(t *testing.T) {
	order := `{"resourceType":"ServiceRequest","id":"o","status":"active","intent":"order","authoredOn":"2024-05-20","code":{"text":"Transfuse 2 units of red cells"}}`
	const blood = `"category":[{"text":"Blood"}]`
	for _, c := range []struct {
		status, about, more string
		first               bool
	}{
		{"active", `"scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"treatment"}]},` + blood, "", true},
		{"active", `"scope":{"coding":[{"code":"treatment"}]},` + blood, "", true},
		{"active", `"scope":{"coding":[{"display":"Treatment"}]},` + blood, "", true},
		{"active", `"scope":{"text":"treatment"},` + blood, "", true},
		{"active", `"scope":{"text":"Consent to treatment"},` + blood, "", true},
		{"active", `"scope":{"text":"Einwilligung"},` + blood, "", true},
		{"active", blood, "", true},
		{"rejected", `"scope":{"text":"treatment"},` + blood, "", false},
		{"active", `"scope":{"coding":[{"code":"patient-privacy"}],"text":"Use of records for treatment"},` + blood, "", false},
		{"active", `"scope":{"text":"Datenschutz"},` + blood, "", false},
		{"active", `"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IDSCL"}]}]`, "", false},
		{"active", blood, `,"action":[{"coding":[{"code":"disclose"}]}]`, false},
	} {
		consent := `{"resourceType":"Consent","id":"c","status":"` + c.status + `",` + c.about + `,"dateTime":"2024-05-01","provision":{"type":"deny","code":[{"text":"Blood products"}]` + c.more + `}}`
		for _, items := range [][]Item{lines("A", order, consent, penicillin), append(lines("A", order, penicillin), lines("B", consent)...)} {
			s := Tell(items, june)
			first := len(s.Now) > 0 && s.Now[0].Type == "Consent" && strings.Contains(s.Now[0].Value, "DENIES: Blood products")
			if first != c.first || len(s.Now) != map[bool]int{true: 2, false: 1}[c.first] {
				t.Errorf("%s: first under Now %v in\n%s", consent, first, s.Text(Page{Width: 200}))
			}
		}
	}
}
