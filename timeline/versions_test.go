package timeline_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/timeline"
)

// note is a version of one allergy, with what says how new it is.
func note(meta, text string) string {
	if meta != "" {
		meta = `"meta":{` + meta + `},`
	}
	return `{"resourceType":"AllergyIntolerance","id":"a",` + meta + `"clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"` + text + `"}}`
}

func TestR38TheNewestVersionCounts(t *testing.T) {
	const old, fresh = "Old", "Fresh"
	block := func(height int64, record string) Item { return at(height, lines("A", record))[0] }
	for name, items := range map[string][]Item{
		"versionId":                           {block(2, note(`"versionId":"9"`, old)), block(1, note(`"versionId":"10"`, fresh))},
		"versionId before lastUpdated":        {block(1, note(`"versionId":"1","lastUpdated":"2024-01-01T00:00:00Z"`, old)), block(1, note(`"versionId":"2","lastUpdated":"2024-01-01T00:00:00Z"`, fresh))},
		"lastUpdated where ids are no number": {block(2, note(`"versionId":"W/a","lastUpdated":"2024-01-01T23:30:00-05:00"`, old)), block(1, note(`"versionId":"W/b","lastUpdated":"2024-01-02T05:00:00Z"`, fresh))},
		"a sign makes no number":              {block(1, note(`"versionId":"+5","lastUpdated":"2024-01-01T00:00:00Z"`, old)), block(2, note(`"versionId":"-1","lastUpdated":"2024-02-01T00:00:00Z"`, fresh))},
		"leading zeros":                       {block(2, note(`"versionId":"007"`, old)), block(1, note(`"versionId":"8"`, fresh))},
		"numbers of any size":                 {block(2, note(`"versionId":"99999999999999999999999"`, old)), block(1, note(`"versionId":"100000000000000000000000"`, fresh))},
		"the year 9999":                       {block(2, note(`"lastUpdated":"2024-01-01T00:00:00Z"`, old)), block(1, note(`"lastUpdated":"9999-12-31T23:59:59Z"`, fresh))},
		"the year 1":                          {block(2, note(`"lastUpdated":"0001-01-01T00:00:00Z"`, old)), block(1, note(`"lastUpdated":"2024-01-01T00:00:00Z"`, fresh))},
		"delivery":                            {block(1, note("", old)), block(2, note("", fresh))},
		"delivery where one says nothing":     {block(1, note(`"versionId":"7"`, old)), block(2, note("", fresh))},
		"three, one of which says nothing": {block(1, note(`"versionId":"2","lastUpdated":"2024-01-01T00:00:00Z"`, old)),
			block(2, note(`"lastUpdated":"2024-02-01T00:00:00Z"`, fresh)), block(3, note(`"versionId":"1","lastUpdated":"2023-03-01T00:00:00Z"`, "Older"))},
	} {
		for turn := range items {
			order := append(append([]Item{}, items[turn:]...), items[:turn]...)
			s := Tell(order, Options{})
			expect(t, name, names(s.Now), fresh)
			expect(t, name+", told", names(all(s)), fresh)
			if s.Earlier != len(items)-1 || len(s.Past) != s.Earlier || s.Past[0].Gone != Earlier || len(s.Now[0].Earlier) != s.Earlier {
				t.Errorf("%s: earlier versions %d, kept %d, with the newest %d", name, s.Earlier, len(s.Past), len(s.Now[0].Earlier))
			}
		}
	}
}

func TestR38ADeliveryAgainIsNoVersion(t *testing.T) {
	s := Tell(at(3, lines("A", note(`"versionId":"1"`, "Nuts"), note(`"versionId":"1"`, "Nuts"))), Options{})
	if s.Earlier != 0 || len(s.Now) != 1 || len(s.Now[0].Vouched) != 2 {
		t.Errorf("%d earlier versions, now %+v", s.Earlier, s.Now)
	}
}

func TestR38WhichIsNewestMayBeUnknown(t *testing.T) {
	s := Tell(at(1, lines("A", note("", "Nuts"), note("", "Milk"))), Options{})
	if len(s.Now) != 0 || len(s.Unclear) != 1 {
		t.Errorf("now %q, unclear %q", names(s.Now), names(s.Unclear))
	}
	expectText(t, s, []string{"which version is the newest is not known, see the record"})
	// A sure one beside two of which neither is known to be the newer.
	s = Tell(at(1, lines("A", note(`"versionId":"7","lastUpdated":"2024-01-01T00:00:00Z"`, "Nuts"), note(`"lastUpdated":"2024-02-01T00:00:00Z"`, "Milk"), note(`"lastUpdated":"2024-02-01T00:00:00Z"`, "Eggs"))), Options{})
	if len(s.Now) != 0 || len(s.Unclear) != 1 {
		t.Errorf("now %q, unclear %q", names(s.Now), names(s.Unclear))
	}
}

// TestR38VersionsThatContestAreDoubted: where the number says one thing and the time
// another, as of a server that was set up again, or one's time had not come when it was
// delivered, neither hides the other in silence.
func TestR38VersionsThatContestAreDoubted(t *testing.T) {
	block := func(height int64, meta, text string) Item {
		it := at(height, lines("A", note(meta, text)))[0]
		it.Made = time.Date(2024, 5, int(height), 12, 0, 0, 0, time.UTC)
		return it
	}
	for name, c := range map[string]struct {
		sure  bool
		items []Item
	}{
		"a server set up again":          {false, []Item{block(1, `"versionId":"7","lastUpdated":"2024-01-01T00:00:00Z"`, "Nuts"), block(2, `"versionId":"1","lastUpdated":"2024-02-01T00:00:00Z"`, "Eggs")}},
		"a number too great":             {false, []Item{block(1, `"versionId":"999999999","lastUpdated":"2024-01-01T00:00:00Z"`, "Nuts"), block(2, `"versionId":"3","lastUpdated":"2024-02-01T00:00:00Z"`, "Eggs")}},
		"the same again":                 {true, []Item{block(1, `"versionId":"7","lastUpdated":"2024-01-01T00:00:00Z"`, "Nuts"), block(2, `"versionId":"7","lastUpdated":"2024-01-01T00:00:00Z"`, "Nuts")}},
		"an old version, read late":      {true, []Item{block(1, `"versionId":"7","lastUpdated":"2024-01-02T00:00:00Z"`, "Nuts"), block(2, `"versionId":"6","lastUpdated":"2024-01-01T00:00:00Z"`, "Eggs")}},
		"a time to come":                 {false, []Item{block(1, `"lastUpdated":"2999-01-01T00:00:00Z"`, "Nuts"), block(2, `"lastUpdated":"2024-05-02T00:00:00Z"`, "Eggs")}},
		"a time to come, delivered last": {true, []Item{block(1, `"lastUpdated":"2024-05-01T00:00:00Z"`, "Eggs"), block(2, `"lastUpdated":"2999-01-01T00:00:00Z"`, "Nuts")}},
		"a clock some hours off":         {true, []Item{block(1, `"lastUpdated":"2024-05-02T11:00:00Z"`, "Nuts"), block(2, `"lastUpdated":"2024-05-02T10:00:00Z"`, "Eggs")}},
		"a time without a number":        {true, []Item{block(1, `"versionId":"7"`, "Nuts"), block(2, `"versionId":"6","lastUpdated":"2024-01-01T00:00:00Z"`, "Eggs")}},
	} {
		for turn := range c.items {
			s := Tell(append(append([]Item{}, c.items[turn:]...), c.items[:turn]...), Options{})
			if len(s.Now) == 1 != c.sure || len(s.Unclear) == 1 == c.sure {
				t.Errorf("%s: now %q, unclear %q", name, names(s.Now), names(s.Unclear))
			}
		}
	}
}

// TestR38WhatIsTakenByNothingIsDoubted: whichever of two versions is taken, where nothing
// tells which is the newer, it hides nothing that may hold, and no other digits, in silence.
func TestR38WhatIsTakenByNothingIsDoubted(t *testing.T) {
	const unknown = "which version is the newest is not known"
	for n := range 8 { // which is taken goes by what they say
		order := func(status string) string {
			return fmt.Sprintf(`{"resourceType":"MedicationRequest","id":"m","status":%q,"intent":"order","medicationCodeableConcept":{"text":"Warfarin %d mg"},"authoredOn":"2026-04-02"}`, status, n)
		}
		for _, other := range []string{"stopped", "completed", "entered-in-error", "on-hold"} {
			s := Tell(at(1, lines("A", order("active"), order(other))), Options{})
			if len(s.Now) != 0 || len(s.Unclear) != 1 {
				t.Errorf("active, or %s: now %q, unclear %q", other, names(s.Now), names(s.Unclear))
			}
			expectText(t, s, []string{unknown})
		}
		result := func(value float64) string {
			return fmt.Sprintf(`{"resourceType":"Observation","id":"k","status":"final","code":{"text":"Potassium"},"effectiveDateTime":"2026-04-02","valueQuantity":{"value":%g,"unit":"mmol/L"}}`, value)
		}
		person := func(rest string) string {
			return fmt.Sprintf(`{"resourceType":"Patient","id":"p","name":[{"text":"Ann %d"}]%s}`, n, rest)
		}
		expectText(t, Tell(at(1, lines("A", person(""), person(`,"deceasedDateTime":"2026-05-02"`), order("active"))), Options{}), []string{"died 2 May 2026", "Now"})
		expectText(t, Tell(at(1, lines("A", result(4), result(6+float64(n)/10))), Options{}), []string{"Potassium", unknown})
	}
}

func TestR38IDsAreASourcesOwn(t *testing.T) {
	s := Tell(append(lines("A", note(`"versionId":"1"`, "Nuts")), lines("B", note(`"versionId":"2"`, "Milk"))...), Options{})
	expect(t, "now", names(s.Now), "Milk", "Nuts")
	s = Tell(append(lines("A", note("", "Nuts")), lines("B", strings.Replace(note("", "Nuts"), `"clinicalStatus"`, `"verificationStatus":{"coding":[{"code":"entered-in-error"}]},"clinicalStatus"`, 1))...), Options{})
	expect(t, "what A says after B retracted its own", names(s.Now), "Nuts")
}

// A record that another one of its source replaces is not the one that counts.
func TestR38NothingOlderComesBack(t *testing.T) {
	wrong := strings.Replace(note(`"versionId":"2"`, "Nuts"), `"clinicalStatus"`, `"verificationStatus":{"coding":[{"code":"entered-in-error"}]},"clinicalStatus"`, 1)
	for name, items := range map[string][]Item{
		"entered in error":     lines("A", note(`"versionId":"1"`, "Nuts"), wrong),
		"newest withdrawn":     lines("A", note(`"versionId":"1"`, "Nuts"), note(`"versionId":"2"`, "Nuts!"), withdraws("AllergyIntolerance/a/_history/2")),
		"all withdrawn":        lines("A", note(`"versionId":"1"`, "Nuts"), note(`"versionId":"2"`, "Nuts!"), withdraws("AllergyIntolerance/a")),
		"by an absolute URL":   lines("A", note(`"versionId":"1"`, "Nuts"), withdraws("https://a.example/fhir/AllergyIntolerance/a")),
		"withdrawn, then late": lines("A", note(`"versionId":"2"`, "Nuts"), note(`"versionId":"1"`, "Nuts"), withdraws("AllergyIntolerance/a")),
	} {
		s := Tell(items, Options{})
		if len(all(s)) != 0 || len(s.Now)+len(s.Unclear) != 0 || s.Errors == 0 {
			t.Errorf("%s: told %q, %d withdrawn", name, names(all(s)), s.Errors)
		}
	}
}

// TestR38WhatIsMadeAnewAfterAWithdrawalStands has a server that counts from 1 again, after
// all of a record was taken back.
func TestR38WhatIsMadeAnewAfterAWithdrawalStands(t *testing.T) {
	block := func(height int64, source, record string) Item { return at(height, lines(source, record))[0] }
	version := func(number, year, text string) string {
		return note(`"versionId":"`+number+`","lastUpdated":"`+year+`-01-01T00:00:00Z"`, text)
	}
	deleted := func(target, year string) string { return strings.Replace(withdraws(target), "2030", year, 1) }
	sent := func(year int, it Item) Item { // as it is told by the log
		it.Made = time.Date(year, 7, 1, 0, 0, 0, 0, time.UTC)
		return it
	}
	const all = "AllergyIntolerance/a"
	nine := block(1, "A", version("9", "2024", "Nuts"))
	for name, c := range map[string]struct {
		items []Item
		want  []string
	}{
		"made anew":                            {[]Item{nine, block(2, "A", deleted(all, "2030")), block(3, "A", version("1", "2031", "Milk"))}, []string{"Milk"}},
		"and changed":                          {[]Item{nine, block(2, "A", deleted(all, "2030")), block(3, "A", version("1", "2031", "Milk")), block(4, "A", version("2", "2031", "Eggs"))}, []string{"Eggs"}},
		"and taken back":                       {[]Item{nine, block(2, "A", deleted(all, "2030")), block(3, "A", version("1", "2031", "Milk")), block(4, "A", deleted(all, "2032"))}, nil},
		"and made anew":                        {[]Item{nine, block(2, "A", deleted(all, "2030")), block(3, "A", version("3", "2031", "Milk")), block(4, "A", deleted(all, "2032")), block(5, "A", version("1", "2033", "Eggs"))}, []string{"Eggs"}},
		"of a deletion whose time nobody told": {[]Item{nine, block(2, "A", deleted(all, "2030")), block(3, "A", version("1", "2026", "Milk"))}, []string{"Milk"}},
		"an old version":                       {[]Item{nine, block(2, "A", deleted(all, "2030")), block(3, "A", version("1", "2023", "Milk"))}, nil},
		"one without a time":                   {[]Item{nine, block(2, "A", deleted(all, "2030")), block(3, "A", note(`"versionId":"1"`, "Milk"))}, nil},
		"one version taken back":               {[]Item{nine, block(2, "A", deleted(all+"/_history/9", "2030")), block(3, "A", version("1", "2031", "Milk"))}, nil},
		"taken back by another":                {[]Item{nine, block(2, "B", deleted(all, "2030")), block(3, "A", version("1", "2031", "Milk"))}, nil}, // one contests the other
		"in one block":                         {[]Item{nine, block(1, "A", deleted(all, "2030")), block(1, "A", version("1", "2031", "Milk"))}, []string{"Milk"}},
		"the DELETE last":                      {[]Item{sent(2031, nine), sent(2031, block(2, "A", version("1", "2031", "Milk"))), sent(2031, block(3, "A", deleted(all, "2030")))}, []string{"Milk"}},
		"by a clock that is fast":              {[]Item{sent(2029, nine), sent(2029, block(2, "A", version("1", "2031", "Milk"))), sent(2030, block(3, "A", deleted(all, "2030")))}, nil},
		"made anew, told to read":              {[]Item{madeAt(1, nine), madeAt(2, block(2, "A", deleted(all, "2030"))), madeAt(3, block(3, "A", version("1", "2031", "Milk")))}, []string{"Milk"}},
	} {
		for turn := range c.items {
			order := append(append([]Item{}, c.items[turn:]...), c.items[:turn]...)
			expect(t, name, names(Tell(order, Options{}).Now), c.want...)
		}
	}
}

// madeAt is a record as a reader gets it: without the ledger's order.
func madeAt(second int64, it Item) Item {
	it.Height, it.Anchored, it.Made = 0, time.Time{}, time.Unix(second, 0)
	return it
}

func unproven(it Item) Item {
	it.Source = stele.Subject{}
	return it
}

// A reader knows no blocks: a source's own word of when it delivered orders its
// own records, before anything is called unknown.
func TestR38AReaderKnowsTheOrderOfDelivery(t *testing.T) {
	old, fresh := lines("A", note("", "Old"))[0], at(2, lines("A", note("", "Fresh")))[0]
	expect(t, "by the source's word", names(Tell([]Item{madeAt(2, fresh), madeAt(1, old)}, Options{}).Now), "Fresh")
	old.Made, fresh.Made = time.Unix(2, 0), time.Unix(1, 0)
	expect(t, "by the ledger before its word", names(Tell([]Item{fresh, old}, Options{}).Now), "Fresh")
	old.Height = 2
	expect(t, "within a block", names(Tell([]Item{fresh, old}, Options{}).Now), "Old")
	expect(t, "of nobody proven", names(Tell([]Item{unproven(fresh), unproven(old)}, Options{}).Now), "Fresh", "Old")
}

func TestR38AWithdrawalTakesItsOwnOnly(t *testing.T) {
	handle := func(it Item) string {
		return strings.Replace(withdraws(""), `{"reference":""}`, `{"identifier":{"system":"urn:stele:handle","value":"`+it.Handle.String()+`"}}`, 1)
	}
	nuts := lines("A", note(`"versionId":"1"`, "Nuts"))[0]
	bare := at(2, lines("A", strings.Replace(note("", "Milk"), `"id":"a",`, "", 1)))[0]
	later := func(source, record string) Item { return at(9, lines(source, record))[0] }
	for name, c := range map[string]struct {
		items []Item
		want  []string
	}{
		"another source":            {[]Item{nuts, later("B", withdraws("AllergyIntolerance/a"))}, []string{"Nuts"}},
		"another source's handle":   {[]Item{nuts, later("B", handle(nuts))}, []string{"Nuts"}},
		"another type":              {[]Item{nuts, later("A", withdraws("Condition/a"))}, []string{"Nuts"}},
		"another version":           {[]Item{nuts, later("A", withdraws("AllergyIntolerance/a/_history/2"))}, []string{"Nuts"}},
		"a handle, delivered late":  {[]Item{at(9, lines("A", note("", "Milk")))[0], at(2, lines("A", handle(at(9, lines("A", note("", "Milk")))[0])))[0]}, nil},
		"made before":               {[]Item{madeAt(1, nuts), madeAt(2, later("A", withdraws("AllergyIntolerance/a")))}, nil},
		"made after":                {[]Item{madeAt(2, nuts), madeAt(1, later("A", withdraws("AllergyIntolerance/a")))}, []string{"Nuts"}},
		"of nobody proven":          {[]Item{unproven(nuts), unproven(later("A", withdraws("AllergyIntolerance/a"))), unproven(later("B", handle(nuts)))}, []string{"Nuts"}},
		"a record of a later block": {[]Item{later("A", note("", "Nuts")), at(8, lines("A", withdraws("AllergyIntolerance/a")))[0]}, []string{"Nuts"}},
		"made anew in its block": {at(5, lines("A", note(`"lastUpdated":"2031-01-01T00:00:00Z"`, "Nuts"), withdraws("AllergyIntolerance/a"))),
			[]string{"Nuts"}},
		"a later clock, an earlier block": {[]Item{lines("A", note(`"lastUpdated":"2031-01-01T00:00:00Z"`, "Nuts"))[0], later("A", withdraws("AllergyIntolerance/a"))}, nil},
		"another system's handle":         {[]Item{nuts, later("A", strings.Replace(handle(nuts), "urn:stele:handle", "urn:other", 1))}, []string{"Nuts"}},
		"another activity":                {[]Item{nuts, later("A", strings.Replace(withdraws("AllergyIntolerance/a"), "DELETE", "UPDATE", 1))}, []string{"Nuts"}},
		"a handle":                        {[]Item{nuts, later("A", handle(nuts))}, nil},
		"a handle, no id":                 {[]Item{bare, nuts, later("A", handle(bare))}, []string{"Nuts"}},
		"one of two twins":                {[]Item{nuts, at(4, lines("A", note(`"versionId":"1"`, "Nuts")))[0], later("A", handle(nuts))}, []string{"Nuts"}},
		"an earlier version":              {[]Item{nuts, at(4, lines("A", note(`"versionId":"2"`, "Milk")))[0], later("A", withdraws("AllergyIntolerance/a/_history/1"))}, []string{"Milk"}},
		"nothing that is here":            {[]Item{nuts, later("A", withdraws("AllergyIntolerance/zzz"))}, []string{"Nuts"}},
	} {
		s := Tell(c.items, Options{Kinds: allKinds})
		expect(t, name, names(s.Now), c.want...)
		if n, vouched := told(s); vouched+s.Errors+s.Earlier+s.Withdrawals+s.Unread != len(c.items) {
			t.Errorf("%s: %d facts, %d of %d records are told or counted", name, n, vouched, len(c.items))
		}
	}
}

// What is marked as an error is not told, wherever and however it is marked.
func TestR38EnteredInErrorAnywhere(t *testing.T) {
	concept := func(codings string) string { return `{"coding":[` + codings + `]}` }
	for _, c := range []struct{ kind, element, value string }{
		{"AllergyIntolerance", "verificationStatus", concept(`{"system":"urn:local","code":"X"},{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification","code":"entered-in-error"}`)},
		{"AllergyIntolerance", "verificationStatus", concept(`{"code":"confirmed"},{"code":"entered-in-error"}`)},
		{"AllergyIntolerance", "verificationStatus", `{"text":"Entered in Error"}`},
		{"AllergyIntolerance", "clinicalStatus", concept(`{"code":"entered-in-error"}`)},
		{"Condition", "verificationStatus", concept(`{"display":"Entered in Error"}`)},
		{"Condition", "verificationStatus", concept(`{"system":"urn:local","code":"77","display":"Entered in error"}`)},
		{"Condition", "verificationStatus", `{"coding":[{"code":"confirmed"}],"text":"entered in error"}`},
		{"Condition", "verificationStatus", concept(`{"code":"Entered_In_Error"}`)},
		{"Condition", "verificationStatus", concept(`{"system":"http://snomed.info/sct","code":"723505004"}`)},
		{"DocumentReference", "status", `"entered-in-error"`},
		{"DocumentReference", "docStatus", `"entered-in-error"`},
		{"Composition", "status", `"entered-in-error"`},
		{"Encounter", "status", `"entered-in-error"`},
		{"Procedure", "status", `"entered-in-error"`},
		{"Goal", "lifecycleStatus", `"entered-in-error"`},
		{"Goal", "achievementStatus", concept(`{"code":"entered-in-error"}`)},
		{"FamilyMemberHistory", "status", `"entered-in-error"`},
		{"Immunization", "status", `"entered-in-error"`},
		{"Observation", "status", `"entered-in-error"`},
		{"Observation", "status", `"nullified"`},
		{"MedicationRequest", "status", `"entered-in-error"`},
		{"MedicationStatement", "status", `"entered-in-error"`},
		{"MedicationAdministration", "status", `"entered-in-error"`},
		{"MedicationDispense", "status", `"entered-in-error"`},
		{"Flag", "status", `"entered-in-error"`}, {"Device", "status", `"entered-in-error"`},
		{"Consent", "status", `"entered-in-error"`}, {"ServiceRequest", "status", `"entered-in-error"`},
		{"QuestionnaireResponse", "status", `"entered-in-error"`}, {"CarePlan", "status", `"entered-in-error"`},
		{"Specimen", "status", `"entered-in-error"`}, {"Media", "status", `"entered-in-error"`}, {"Task", "status", `"entered-in-error"`},
		{"Contract", "status", `"entered-in-error"`},
	} {
		record := fmt.Sprintf(`{"resourceType":%q,"id":"x","code":{"text":"Ghost"},"type":{"text":"Ghost"},"description":{"text":"Ghost"},%q:%s}`, c.kind, c.element, c.value)
		s := Tell(lines("A", record), Options{Kinds: allKinds})
		if len(all(s)) != 0 || len(s.Now)+len(s.Unclear)+len(s.Absent) != 0 || s.Errors != 1 {
			t.Errorf("%s.%s %s: told %q", c.kind, c.element, c.value, names(all(s)))
		}
	}
	// An encounter's history of statuses is history.
	s := Tell(lines("A", `{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},"statusHistory":[{"status":"entered-in-error","period":{"start":"2020-01-01"}}]}`), Options{})
	if len(all(s)) != 1 {
		t.Error("a visit is not told for what its history says")
	}
}

// A name that comes from a withdrawn record says so.
func TestR38WhatNamesAnErrorSaysSo(t *testing.T) {
	s := Tell(lines("A", `{"resourceType":"Medication","id":"m","status":"entered-in-error","code":{"text":"Warfarin"}}`,
		`{"resourceType":"MedicationRequest","id":"r","status":"active","intent":"order","medicationReference":{"reference":"Medication/m"}}`), Options{})
	expect(t, "now", names(s.Now), "Warfarin (entered in error)")
	// A reference to a version names that version.
	s = Tell(lines("A", `{"resourceType":"Medication","id":"m","meta":{"versionId":"1"},"code":{"text":"Warfarin 3 mg"}}`,
		`{"resourceType":"Medication","id":"m","meta":{"versionId":"2"},"code":{"text":"Warfarin 5 mg"}}`,
		`{"resourceType":"MedicationRequest","id":"r","status":"active","intent":"order","medicationReference":{"reference":"Medication/m/_history/1"}}`,
		`{"resourceType":"MedicationRequest","id":"q","status":"active","intent":"order","medicationReference":{"reference":"Medication/m"}}`), Options{})
	expect(t, "now", names(s.Now), "Warfarin 3 mg", "Warfarin 5 mg")
	// Whatever order their bytes stand in.
	s = Tell(lines("A", `{"resourceType":"Medication","id":"m","meta":{"versionId":"2"},"code":{"text":"A"}}`,
		`{"resourceType":"Medication","id":"m","meta":{"versionId":"1"},"code":{"text":"Z"}}`,
		`{"resourceType":"Medication","meta":{"versionId":"9"},"id":"n","code":{"text":"Z"}}`,
		`{"resourceType":"Medication","meta":{"versionId":"10"},"id":"n","code":{"text":"A"}}`,
		`{"resourceType":"MedicationRequest","id":"r","status":"active","intent":"order","medicationReference":{"reference":"Medication/m"}}`,
		`{"resourceType":"MedicationRequest","id":"q","status":"active","intent":"order","medicationReference":{"reference":"Medication/n"},"dosageInstruction":[{"text":"twice"}]}`), Options{})
	expect(t, "now", names(s.Now), "A", "A: twice")
}

func TestR38WhatIsReplacedIsOver(t *testing.T) {
	order := func(id, status, more string) string {
		return `{"resourceType":"MedicationRequest","id":"` + id + `","status":"` + status + `","intent":"order","medicationCodeableConcept":{"text":"Dose ` + id + `"}` + more + `}`
	}
	prior := `,"priorPrescription":{"reference":"MedicationRequest/1"}`
	s := Tell(lines("A", order("1", "active", ""), order("2", "active", prior)), Options{})
	expect(t, "now", names(s.Now), "Dose 2")
	expectText(t, s, []string{"Dose 1 · replaced by a later one"})
	for name, items := range map[string][]Item{
		"a draft":          lines("A", order("1", "active", ""), order("2", "draft", prior)),
		"an error":         lines("A", order("1", "active", ""), order("2", "entered-in-error", prior)),
		"an older version": lines("A", order("1", "active", ""), order("2", "active", prior), order("2", "stopped", "")),
		"another source":   append(lines("A", order("1", "active", "")), lines("B", order("2", "active", prior))...),
	} {
		if got := strings.Join(names(Tell(items, Options{}).Now), ","); !strings.HasPrefix(got, "Dose 1") {
			t.Errorf("%s replaces: now %q", name, got)
		}
	}
	s = Tell(lines("A", `{"resourceType":"DocumentReference","id":"1","status":"current","type":{"text":"Draft letter"},"content":[{"attachment":{"title":"a"}}]}`,
		`{"resourceType":"DocumentReference","id":"2","status":"current","type":{"text":"Letter"},"relatesTo":[{"code":"appends","target":{"reference":"DocumentReference/9"}},{"code":"replaces","target":{"reference":"DocumentReference/1"}}],"content":[{"attachment":{"title":"b"}}]}`), Options{})
	expectText(t, s, []string{"Draft letter · a · replaced by a later one"}, "Letter · b · replaced")
}

// An order that has not begun, or that is over itself, does not end the one before
// it: of the first that one holds until then, of the second nobody here knows.
func TestR38WhatIsNotYetReplacedHolds(t *testing.T) {
	order := func(id, status, more string) string {
		return `{"resourceType":"MedicationRequest","id":"` + id + `","status":"` + status + `","intent":"order","medicationCodeableConcept":{"text":"Dose ` + id + `"}` + more + `}`
	}
	prior := func(id string) string { return `,"priorPrescription":{"reference":"MedicationRequest/` + id + `"}` }
	later := prior("1") + `,"dosageInstruction":[{"text":"one","timing":{"repeat":{"boundsPeriod":{"start":"2026-12-15"}}}}]`
	items := lines("A", order("1", "active", ""), order("2", "active", later))
	expect(t, "now", names(Tell(items, Options{}).Now), "Dose 1")
	s := Tell(items, Options{At: time.Date(2026, 12, 15, 1, 0, 0, 0, time.UTC)})
	if got := strings.Join(names(s.Now), ","); !strings.HasPrefix(got, "Dose 2") || strings.Contains(got, "Dose 1") {
		t.Errorf("when it has begun: now %q", got)
	}
	s = Tell(lines("A", order("1", "active", ""), order("2", "completed", prior("1"))), Options{})
	expect(t, "now", names(s.Now))
	expect(t, "unclear", names(s.Unclear), "Dose 1")
	expectText(t, s, []string{"replaced by a later one that is over"})
	s = Tell(lines("A", order("1", "active", ""), order("2", "completed", prior("1")), order("3", "active", prior("2"))), Options{})
	expect(t, "now", names(s.Now), "Dose 3")
	expect(t, "unclear", names(s.Unclear))
}

func TestR38AReportCountsItsWithdrawnResults(t *testing.T) {
	s := Tell(lines("A", `{"resourceType":"DiagnosticReport","id":"r","status":"final","code":{"text":"Panel"},"result":[{"reference":"Observation/1"},{"reference":"Observation/2"}]}`,
		`{"resourceType":"Observation","id":"1","status":"final","code":{"text":"Sodium"},"valueQuantity":{"value":140}}`,
		`{"resourceType":"Observation","id":"2","status":"entered-in-error","code":{"text":"Potassium"},"valueQuantity":{"value":9}}`), Options{})
	expectText(t, s, []string{"Panel · 1 result entered in error", "Sodium 140"}, "Potassium")
}

func TestR38ADeathThatOneSourceTellsIsSaid(t *testing.T) {
	person := `{"resourceType":"Patient","name":[{"text":"Ada"}]`
	s := Tell(append(lines("A", person+`}`), lines("B", person+`,"deceasedBoolean":true}`)...), Options{})
	if s.Died || !strings.Contains(s.Person, "Ada · deceased, says B") {
		t.Errorf("%q, died %v", s.Person, s.Died)
	}
}

// Handles are random; whose name heads the story is not.
func TestR38TwoNamesOfOneSourceHeadTheStoryInOneWay(t *testing.T) {
	items := lines("A", `{"resourceType":"Patient","id":"1","name":[{"text":"Ada"}]}`, `{"resourceType":"Patient","id":"2","name":[{"text":"Ida"}]}`)
	first := Tell(items, Options{}).Person
	items[0].Handle, items[1].Handle = items[1].Handle, items[0].Handle
	if again := Tell(items, Options{}).Person; again != first {
		t.Errorf("%q, then %q", first, again)
	}
}

func TestR38AnAdvanceDirectiveStandsUnderNow(t *testing.T) {
	items := lines("A", `{"resourceType":"Consent","status":"active","scope":{"coding":[{"code":"adr"}]},"category":[{"text":"Living will"}],"dateTime":"2024-01-01"}`)
	items[0].Label.Category = stele.AdvanceDirectives
	s := Tell(items, Options{})
	if len(s.Now) != 1 {
		t.Fatalf("now %q", names(s.Now))
	}
	expectText(t, s, []string{"Now directive"})
}

// What two sources say of the person and cannot both be so is said of both: it may
// be another person's chart.
func TestR38SourcesThatDisagreeOnThePersonAreSaid(t *testing.T) {
	patient := func(more string) string {
		if !strings.Contains(more, `"name"`) {
			more += `,"name":[{"text":"Jane"}]`
		}
		return `{"resourceType":"Patient",` + more + `}`
	}
	for _, c := range []struct{ a, b, want string }{
		{`"birthDate":"1950-01-01","gender":"female"`, `"birthDate":"1980-01-01","gender":"male","deceasedDateTime":"2026-01-01"`,
			"Jane · sources disagree: female, says A; male, says B · sources disagree: born 1 Jan 1950, says A; born 1 Jan 1980, says B · died 1 Jan 2026, says B"},
		{`"birthDate":"1950"`, `"birthDate":"1950-01-01","gender":"unknown"`, "Jane · born 1950, says A; born 1 Jan 1950, says B"},
		{`"deceasedBoolean":true`, `"deceasedDateTime":"2026-01-01"`, "Jane · died 1 Jan 2026, says B; deceased, says A"},
		{`"deceasedBoolean":true`, `"deceasedBoolean":false`, "Jane · sources disagree: not deceased, says B; deceased, says A"},
		{`"deceasedBoolean":false`, `"deceasedBoolean":true`, "Jane · sources disagree: not deceased, says A; deceased, says B"},
		{`"gender":"female"`, `"gender":"female"`, "Jane · female"},
		{`"name":[{"text":"Ana Alvar"}]`, `"name":[{"given":["Ana"],"family":"Alvar"}]`, "Ana Alvar"},
		{`"name":[{"text":"Ana Alvar"}]`, `"name":[{"text":"Ana M. Alvar"}]`, "Ana Alvar, says A; Ana M. Alvar, says B"},
		{`"name":[{"text":"Ana Alvar"}]`, `"name":[{"text":"Berta Borg"}]`, "sources disagree: Ana Alvar, says A; Berta Borg, says B"},
	} {
		s := Tell(append(lines("A", patient(c.a)), lines("B", patient(c.b))...), Options{})
		if s.Person != c.want {
			t.Errorf("%s and %s: headed %q, want %q", c.a, c.b, s.Person, c.want)
		}
		if all := strings.Contains(c.a, "deceased") && strings.Contains(c.b, "deceased") && !strings.Contains(c.a+c.b, "false"); s.Died != all {
			t.Errorf("%s and %s: died %v", c.a, c.b, s.Died)
		}
	}
}
