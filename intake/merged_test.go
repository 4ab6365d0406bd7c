package intake

import (
	"cmp"
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

// TestR37ALinkIsFollowedHoweverItNames has a Patient be replaced by one whom the link names
// by a search, by a number that a Patient of the files has, or from within a record: two
// who are linked to different people are asked about, and one whom nobody knows is the other.
func TestR37ALinkIsFollowedHoweverItNames(t *testing.T) {
	to := func(other string) string { return `"link":[{"type":"replaced-by","other":{` + other + `}}],"id"` }
	hers := func(other string) string { return strings.Replace(patientA, `"id"`, to(other), 1) }
	nobodys := func(other string) string {
		return strings.Replace(`{"resourceType":"Patient","id":"x"}`, `"id"`, to(other), 1)
	}
	search := func(base, number string) string {
		return `"reference":"` + base + `Patient?identifier=` + north + `|` + number + `"`
	}
	number := func(number string) string { return `"identifier":{"system":"` + north + `","value":"` + number + `"}` }
	two := strings.Replace(patientB, `[{`, `[{"system":"`+north+`","value":"MB-2"},{`, 1) // a number that is not linked, too
	within := func(patient, id string) string {
		return obs("o", `"contained":[`+patient+`],"subject":{"reference":"#`+id+`"}`)
	}
	for what, c := range map[string]struct{ files, want string }{
		"a search":                               {lines(patientA, nobodys(search("", "MA-1")), obs("o", of("Patient/x"))), "pa>A x>A o>A"},
		"a search with its server":               {lines(nobodys(search("https://x.example/fhir/", "MA-1")), obs("o", of("Patient/x"))), "x>A o>A"},
		"a search, of another":                   {lines(hers(search("", "MB-1")), obs("o", of("Patient/pa"))), "pa! o!"},
		"a search, escaped, of another":          {lines(hers(strings.Replace(search("", "MB-1"), "|", "%7C", 1)), obs("o", of("Patient/pa"))), "pa! o!"},
		"a search, of nobody":                    {lines(nobodys(search("", "MX-9")), obs("o", of("Patient/x"))), "x! o!"},
		"a search that finds her in the files":   {lines(hers(search("", "MB-2")), two, obs("o", of("Patient/pa"))), "pa! pb>B o!"},
		"a search, and another's number":         {lines(nobodys(search("", "MA-1")+","+number("MB-1")), obs("o", of("Patient/x"))), "x! o!"},
		"a number that is in the files alone":    {lines(nobodys(number("MB-2")), two, obs("o", of("Patient/x"))), "x>B pb>B o>B"},
		"a number in the files, of another":      {lines(hers(number("MB-2")), two, obs("o", of("Patient/pa"))), "pa! pb>B o!"},
		"within a record":                        {lines(patientB, within(nobodys(`"reference":"Patient/pb"`), "x")), "pb>B o>B"},
		"within a record, of another":            {lines(patientB, within(hers(`"reference":"Patient/pb"`), "pa")), "pb>B o!"},
		"within a record, by another's number":   {lines(within(hers(number("MB-1")), "pa")), "o!"},
		"within a record, of two names":          {lines(within(nobodys(`"reference":"Patient/pa",`+number("MB-1")), "x"), patientA), "o! pa>A"},
		"within a record, and nobody it says so": {lines(within(hers(`"reference":"Patient/x"`), "pa"), `{"resourceType":"Patient","id":"x"}`), "o>A x!"},
	} {
		p, entries := plan(t, table(), Asked{}, c.files)
		if got := tell(p, entries); got != c.want {
			t.Errorf("%s: %s, want %s: %q", what, got, c.want, p.Of(0, 0).Refused.String())
		}
	}
}

// TestR37WhoIsReplacedGoesToWhoReplacesThem reads what an EHR writes when it makes one of two of its patients: the advice is
// the same with either of them and with what names them, and it never takes the number of who stays. Of charts that were merged nothing is asked.
func TestR37WhoIsReplacedGoesToWhoReplacesThem(t *testing.T) {
	linked := func(patient, typ, other string) string {
		return strings.Replace(patient, `"id"`, `"link":[{"type":"`+typ+`","other":{"reference":"`+other+`"}}],"id"`, 1)
	}
	gone, stays := linked(patientB, "replaced-by", "Patient/pa"), linked(patientA, "replaces", "Patient/pb")
	o := obs("o", of("Patient/pb"))
	merge := "stele patient merge MB-1 FILE --into MA-1 --reason \"…\""
	moves := "stele patient link --mrn MB-1 --system " + north + " --did " + ana.String() + " --move --reason \"…\""
	empty := func(subject stele.Subject) bool { return subject == borg }
	filled := func(subject stele.Subject) bool { return subject == ana }
	more := func(links ...Link) *Table {
		table := table()
		table.Links = append(table.Links, links...)
		return table
	}
	for what, c := range map[string]struct {
		files string
		empty func(stele.Subject) bool
		table *Table
		want  string
	}{
		"both say it":                        {files: lines(gone, stays, o), want: merge},
		"who is gone says it":                {files: lines(gone, patientA), want: merge},
		"who stays says it":                  {files: lines(patientB, stays), want: merge},
		"nothing is known of charts but one": {files: lines(gone, stays), empty: filled, want: merge},
		"the chart of who is gone is empty":  {files: lines(gone, stays, o), empty: empty, want: moves},
		"who stays says it, of an empty one": {files: lines(patientB, stays), empty: empty, want: moves},
		"who is gone has two numbers":        {files: lines(gone, stays), empty: empty, table: more(Link{System: "urn:b", Number: "7", Subject: borg}), want: "stele patient merge 7 FILE --into MA-1 --reason \"…\""},
		"a number is of two": {files: lines(gone, stays), table: more(Link{System: "urn:b", Number: "MB-1", Subject: cleo}),
			want: "stele patient merge " + borg.String() + " FILE --into MA-1 --reason \"…\""},
	} {
		asks := c.table
		if asks == nil {
			asks = table()
		}
		p, entries := plan(t, asks, Asked{Empty: c.empty}, c.files)
		refused := 0
		for i := range entries[0] {
			if why := p.Of(0, i).Refused; why != nil {
				if refused++; why.Parts[len(why.Parts)-1] != c.want {
					t.Errorf("%s: %s", what, why)
				}
			}
		}
		if refused == 0 {
			t.Errorf("%s: nothing is refused", what)
		}
	}
	merged := table()
	merged.Same = func(a, b stele.Subject) bool { return a == ana && b == borg || a == borg && b == ana }
	p, entries := plan(t, merged, Asked{}, lines(gone, stays, o))
	if got := tell(p, entries); got != "pb>B pa>A o>B" {
		t.Errorf("of merged charts: %s", got)
	}
}

// TestR37AnIDThatWasLinkedToAnotherSaysHowItIsMoved: after a number was moved the id of its Patient leads where it led, and
// the note or the refusal that says so ends with what to type.
func TestR37AnIDThatWasLinkedToAnotherSaysHowItIsMoved(t *testing.T) {
	const host = "https://north.example/fhir"
	for what, c := range map[string]struct{ server, id, file string }{
		"of the own server": {"", "pa", lines(patientA)},
		"with its server":   {host, host + "/Patient/pa", bundle("collection", `{"fullUrl":"`+host+`/Patient/pa","resource":`+patientA+`}`)},
	} {
		linked := owning(host)
		linked.Links = append(linked.Links, Link{System: PatientID, Number: c.id, Subject: borg})
		p, entries := plan(t, linked, Asked{Same: []string{"Patient/pa"}}, c.file)
		want := "if the id is this one's: stele patient link --id " + c.id + " --did " + ana.String() + " --move --reason \"…\""
		if v := p.Of(0, 0); tell(p, entries) != "pa>A" || !strings.HasSuffix(v.Note, want) {
			t.Errorf("%s: %s, %q", what, tell(p, entries), v.Note)
		}
		of := `"subject":{"reference":"` + cmp.Or(strings.TrimPrefix(c.id, "pa"), "Patient/pa") + `","identifier":{"system":"` + north + `","value":"MA-1"}}`
		p, _ = plan(t, linked, Asked{}, obs("o", of))
		if why := p.Of(0, 0).Refused; why == nil || !strings.HasSuffix(why.String(), strings.TrimPrefix(want, "if the id is this one's: ")) {
			t.Errorf("%s, and a record by both: %s", what, why)
		}
	}
}
