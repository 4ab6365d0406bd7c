package delivery_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/timeline"
)

// TestR38WhatComesTooLateToReplaceIsNotTheNewest imports PUTs that say which version they
// are to replace (If-Match), or that they are to create only (If-None-Match), and records
// beside their server's answer, in every order: what came before another is not taken for
// the newest.
func TestR38WhatComesTooLateToReplaceIsNotTheNewest(t *testing.T) {
	put := func(kind, value, meta, condition string) string {
		if condition != "" {
			condition = "," + condition
		}
		return `{"resourceType":"Bundle","type":"` + kind + `","entry":[{"fullUrl":"https://lab.example/fhir/Observation/o","resource":{"resourceType":"Observation","id":"o"` + meta + `,"status":"final","code":{"text":"Pulse"},"subject":{"reference":"Patient/pa"},"valueString":"` + value +
			`"},"request":{"method":"PUT","url":"Observation/o"` + condition + `}},{"fullUrl":"https://lab.example/fhir/Patient/pa","resource":` + patientOf("pa", "MA-1") + `,"request":{"method":"PUT","url":"Patient/pa"}}]}`
	}
	match := func(version string) string { return fmt.Sprintf(`"ifMatch":"W/\"%s\""`, version) }
	version := func(n string) string { return `,"meta":{"versionId":"` + n + `"}` }
	const none = `"ifNoneMatch":"*"`
	deletes := func(condition string) string {
		return `{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"DELETE","url":"https://lab.example/fhir/Observation/o",` + condition + `}}]}`
	}
	history := func(value, meta, answer string) string {
		return `{"resourceType":"Bundle","type":"history","entry":[{"fullUrl":"https://lab.example/fhir/Observation/o","resource":{"resourceType":"Observation","id":"o"` + meta + `,"status":"final","code":{"text":"Pulse"},"subject":{"reference":"Patient/pa"},"valueString":"` + value +
			`"},"request":{"method":"PUT","url":"Observation/o"},"response":{"status":"200"` + answer + `}},{"fullUrl":"https://lab.example/fhir/Patient/pa","resource":` + patientOf("pa", "MA-1") + `,"request":{"method":"PUT","url":"Patient/pa"},"response":{"status":"200"}}]}`
	}
	etag := func(version string) string { return fmt.Sprintf(`,"etag":"W/\"%s\""`, version) }
	at := func(day string) string { return `,"lastModified":"2026-05-` + day + `T10:00:00Z"` }
	first, second, third := put("transaction", "first", version("1"), ""), put("transaction", "second", "", match("1")), put("transaction", "third", "", match("2"))
	for what, c := range map[string]struct {
		files     []string
		stands    string // what was delivered last
		delivered int    // observations
		late      int    // files that are not taken whole
	}{
		"in order":                                   {[]string{first, second, third}, "third", 3, 0},
		"two of one version":                         {[]string{first, second, put("transaction", "other", "", match("1"))}, "second", 2, 1},
		"the older one comes last":                   {[]string{third, second}, "third", 1, 1},
		"the older one comes again":                  {[]string{first, second, third, second}, "third", 3, 0},
		"the older one comes again, alone":           {[]string{second, third, second}, "third", 2, 0},
		"in a batch":                                 {[]string{third, put("batch", "second", "", match("1"))}, "third", 1, 1},
		"a newer version is there":                   {[]string{put("batch", "new", version("5"), ""), third}, "new", 1, 1},
		"that version is there":                      {[]string{put("batch", "new", version("2"), ""), third}, "third", 2, 0},
		"it is read with its old version":            {[]string{first, put("batch", "second", version("1"), match("1")), put("batch", "other", version("1"), match("1"))}, "second", 2, 1},
		"versions that are no numbers":               {[]string{put("batch", "first", version("a"), ""), put("batch", "second", "", match("a")), put("batch", "other", "", match("a"))}, "second", 2, 1},
		"any version":                                {[]string{first, put("batch", "second", "", `"ifMatch":"*"`)}, "second", 2, 0},
		"created only, and it is there":              {[]string{put("batch", "first", "", none), put("batch", "second", "", ""), put("batch", "third", "", none)}, "second", 2, 0},
		"created only, and it comes again":           {[]string{put("batch", "first", "", none), put("batch", "second", "", ""), put("batch", "first", "", none)}, "second", 2, 0},
		"by its answer, in order":                    {[]string{history("first", "", etag("1")), history("second", "", etag("2"))}, "second", 2, 0},
		"by its answer, the older one last":          {[]string{history("second", "", etag("2")), history("first", "", etag("1"))}, "second", 1, 1},
		"by its answer, it comes again":              {[]string{history("first", "", etag("1")), history("second", "", etag("2")), history("first", "", etag("1"))}, "second", 2, 0},
		"by the answer's time":                       {[]string{history("second", "", at("02")), history("first", "", at("01"))}, "second", 1, 1},
		"by the answer's time, in order":             {[]string{history("first", "", at("01")), history("second", "", at("02"))}, "second", 2, 0},
		"by the answer, and what it is to replace":   {[]string{history("second", "", etag("2")), put("batch", "other", "", match("1"))}, "second", 1, 1},
		"by the answer, and what replaces it":        {[]string{history("second", "", etag("2")), put("batch", "third", "", match("2"))}, "third", 2, 0},
		"the record itself says it":                  {[]string{history("second", version("2"), etag("2")), history("first", version("1"), etag("1"))}, "second", 2, 0},
		"beside one that says it itself":             {[]string{history("second", version("2"), ""), history("first", "", etag("1"))}, "second", 1, 1},
		"a DELETE of what was replaced":              {[]string{first, second, deletes(match("1"))}, "second", 2, 0},
		"a DELETE of an older version by its answer": {[]string{history("new", "", etag("5")), deletes(match("4"))}, "new", 1, 0},
		"a DELETE of an older version":               {[]string{put("batch", "new", version("5"), ""), deletes(match("4"))}, "new", 1, 0},
		"a DELETE of the version that is it":         {[]string{put("batch", "new", version("5"), ""), deletes(match("5"))}, "", 1, 0},
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, ana, _ := couple(w)
				w.Must(h.Delivery.AddSystem("https://lab.example/fhir"))
				delivered, late := 0, 0
				for i, text := range c.files {
					time.Sleep(time.Minute)
					done, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
					if done.Refused > 0 {
						late++
						if told := strings.Join([]string{fmt.Sprint(done.Warnings, err, done.Issues)}, " "); !strings.Contains(told, "which was replaced before") && !strings.Contains(told, "older than what stands") {
							t.Errorf("file %d: %v, %+v", i, err, done)
						}
					} else {
						w.Must(err)
					}
					delivered += done.Delivered
				}
				last := newestPulse(w.Chart(ana))
				if last != c.stands || delivered != c.delivered+1 || late != c.late {
					t.Errorf("%q stands last, want %q; %d delivered, want %d; %d late, want %d", last, c.stands, delivered, c.delivered+1, late, c.late)
				}
			})
		})
	}
}

// newestPulse is the value of what a reader takes for the newest version of Observation/o.
func newestPulse(c *reading.Chart) string { return newestOf(c, "Observation/o") }

// newestOf is that of a name.
func newestOf(c *reading.Chart, name string) (value string) {
	var versions timeline.Versions
	for _, r := range c.Records {
		versions.Add(timeline.Item{Record: r.JSON, Label: r.Label, Handle: r.Handle, Source: r.Label.Source, Proof: r.Submission, Made: r.Made})
	}
	for i, v := range versions.Judge() {
		if v == timeline.Current && nameOf(c.Records[i].JSON) == name {
			_, rest, _ := strings.Cut(string(c.Records[i].JSON), `"valueString":"`)
			value, _, _ = strings.Cut(rest, `"`)
		}
	}
	return value
}
