package fhir

import (
	"fmt"
	"strings"
	"testing"
)

// TestWhatWasDeletedIsADelete: a resource beside a DELETE, and one whose meta says that it
// was deleted, is no record, but a DELETE of its name, version and time.
func TestWhatWasDeletedIsADelete(t *testing.T) {
	resource := func(meta string) string {
		return `{"resourceType":"Observation","id":"o","meta":{"versionId":"4","lastUpdated":"2026-05-01T10:00:00Z"` + meta + `}}`
	}
	marked := func(url, value string) string { return `,"extension":[{"url":"` + url + `",` + value + `}]` }
	soft := "http://azurehealthcareapis.com/data-extensions/deleted-state"
	history := func(resource, url, response string) string {
		return `{"resourceType":"Bundle","type":"history","entry":[{"resource":` + resource + `,"request":{"method":"DELETE","url":"` + url + `"}` + response + `}]}`
	}
	stays := `   "" true 0`
	gone := `DELETE Observation/o 2026-05-01T10:00:00Z "4" false 0`
	for what, c := range map[string]struct{ src, want string }{
		"of a history":             {history(resource(""), "Observation/o", ""), gone},
		"its answer tells more":    {history(resource(""), "Observation/o", `,"response":{"status":"204","lastModified":"2026-06-01T10:00:00Z","etag":"W/\"5\""}`), `DELETE Observation/o 2026-06-01T10:00:00Z "W/\"5\"" false 0`},
		"it was gone already":      {history(resource(""), "Observation/o", `,"response":{"status":"410 Gone"}`), gone},
		"beside another's DELETE":  {history(resource(""), "Observation/p", ""), `DELETE Observation/p 2026-05-01T10:00:00Z "4" false 1`},
		"beside a search":          {history(resource(""), "Observation?code=1", ""), `DELETE Observation?code=1 2026-05-01T10:00:00Z "4" false 0`},
		"beside one without an id": {history(`{"resourceType":"Observation"}`, "Observation/p", ""), `DELETE Observation/p  "" false 0`},
		"by its meta":              {resource(marked(soft, `"valueString":"soft-deleted"`)), gone},
		"by its meta in a line":    {patient("p") + "\n" + resource(marked(soft, `"valueString":"soft-deleted"`)), gone},
		"by its meta, a code":      {resource(marked("fhir-request-method", `"valueCode":"DELETE"`)), gone},
		"another state":            {resource(marked(soft, `"valueString":"active"`)), stays},
		"another extension":        {resource(marked("http://x.example/state", `"valueString":"soft-deleted"`)), stays},
		"no value":                 {resource(marked("http://x.example/state", `"valueString":""`)), stays},
	} {
		_, entries, _, _ := told(t, c.src)
		e := entries[len(entries)-1]
		if got := fmt.Sprintf("%s %s %s %q %v %d", e.Method, e.URL, e.Modified, e.ETag, e.Resource != nil, len(e.Issues)); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}

// TestWhatAServerRefusedIsNoRecord: what stands beside an answer of 400 and more is not
// what the server has, whoever wrote it there.
func TestWhatAServerRefusedIsNoRecord(t *testing.T) {
	for status, issues := range map[string]int{
		"": 0, "200": 0, "201 Created": 0, "204": 0, "304 Not Modified": 0,
		"400": 1, "404": 1, "409 Conflict": 1, "410 Gone": 1, "412 Precondition Failed": 1, "500": 1,
	} {
		for _, kind := range []string{"batch-response", "transaction-response"} {
			answer := ""
			if status != "" {
				answer = `,"response":{"status":"` + status + `"}`
			}
			_, entries, _, _ := told(t, `{"resourceType":"Bundle","type":"`+kind+`","entry":[{"resource":`+patient("p")+answer+`}]}`)
			if len(entries) != 1 || entries[0].Resource == nil || len(entries[0].Issues) != issues {
				t.Errorf("%s %q: %+v", kind, status, entries)
			}
		}
	}
}

// TestWhatAServerRefusedIsSaidOfABundleToo: what is wrong around a Bundle within a Bundle
// is told of it, though its resources take its place.
func TestWhatAServerRefusedIsSaidOfABundleToo(t *testing.T) {
	inner := bundleOf("collection", patient("p"), patient("q"))
	_, entries, words, issues := told(t, `{"resourceType":"Bundle","type":"batch-response","entry":[{"resource":`+inner+`,"response":{"status":"409 Conflict"}}]}`)
	if words != "p q" || len(issues) != 1 || issues[0].Path != "Bundle.entry.response.status" {
		t.Errorf("%s: %+v, %v", words, entries, issues)
	}
}

// TestADeleteThatItsServerRefusedIsNone: what it names is still there, unless its server
// answers that it has it no longer.
func TestADeleteThatItsServerRefusedIsNone(t *testing.T) {
	for status, issues := range map[string]int{"": 0, "204": 0, "200 OK": 0, "404": 0, "404 Not Found": 0, "410 Gone": 0, "400": 1, "403": 1, "405": 1, "409 Conflict": 1, "412": 1, "500": 1} {
		answer := ""
		if status != "" {
			answer = `,"response":{"status":"` + status + `"}`
		}
		for _, resource := range []string{"", `"resource":{"resourceType":"Observation","id":"o"},`} {
			_, entries, _, _ := told(t, `{"resourceType":"Bundle","type":"history","entry":[{`+resource+`"request":{"method":"DELETE","url":"Observation/o"}`+answer+`}]}`)
			if len(entries) != 1 || len(entries[0].Issues) != issues {
				t.Errorf("%q: %+v", status, entries)
			}
		}
	}
}

// TestWhatAnExportDeletedIsOfItsTime: a DELETE that tells no time was done by that of its export.
func TestWhatAnExportDeletedIsOfItsTime(t *testing.T) {
	const by = "2026-05-01T10:00:00Z"
	for what, c := range map[string]struct{ by, response, want string }{
		"it tells none":   {by, "", by},
		"it tells one":    {by, `,"response":{"status":"204","lastModified":"2026-04-01T10:00:00Z"}`, "2026-04-01T10:00:00Z"},
		"none is known":   {"", "", ""},
		"that is no time": {"May", "", ""},
	} {
		r := NewReader(strings.NewReader(`{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"DELETE","url":"Observation/o"}` + c.response + `},{"resource":` + patient("p") + `,"request":{"method":"PUT","url":"Patient/p"}}]}`))
		r.DeletedBy(c.by)
		for i, want := range []string{c.want, ""} {
			if e, err := r.Next(); err != nil || e.Modified != want {
				t.Errorf("%s: entry %d is of %q, want %q: %v", what, i+1, e.Modified, want, err)
			}
		}
	}
}
