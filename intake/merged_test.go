package intake

import (
	"strings"
	"testing"
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
