package delivery_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// TestR37WhatBecomesOfEachEntry imports entries that go nowhere, and why: each is counted
// in one of the ways, and a transaction arrives only where all of it may.
func TestR37WhatBecomesOfEachEntry(t *testing.T) {
	request := func(method, url string) string { return `{"request":{"method":"` + method + `","url":"` + url + `"}}` }
	put := func(record, name string) string {
		return `{"resource":` + record + `,"request":{"method":"PUT","url":"` + name + `"}}`
	}
	of := func(kind string, entries ...string) string {
		return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(append([]string{put(patientOf("pa", "MA-1"), "Patient/pa")}, entries...), ",") + `]}`
	}
	group := `{"resourceType":"Group","id":"g","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/pa"}},{"entity":{"reference":"Patient/pb"}}]}`
	one, stranger, wrong := basic("one", "pa", "x"), basic("s", "zz", "x"), `{"resourceType":"Observation","id":"w","status":"nonsense","subject":{"reference":"Patient/pa"},"code":7}`
	for what, c := range map[string]struct {
		file                     string
		delivered, refused, left int
		says                     string // its error, or what is wrong
	}{
		"a PATCH":                         {of("batch", request("patch", "Basic/one")), 1, 1, 0, "PATCH"},
		"a GET":                           {of("batch", request("get", "Basic/one")), 1, 0, 1, "asks a server"},
		"a HEAD":                          {of("batch", request("HEAD", "Basic/one")), 1, 0, 1, "asks a server"},
		"nothing to put":                  {of("batch", request("PUT", "Basic/one")), 1, 1, 0, "no resource"},
		"a server's own words":            {`{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + patientOf("pa", "MA-1") + `},{"search":{"mode":"outcome"},"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational"}]}}]}`, 1, 0, 1, ""},
		"two that arrive":                 {of("batch", put(one, "Basic/one")), 2, 0, 0, ""},
		"no record in what is cut":        {`{"resourceType":"Bundle","type":"collection","entry":[{"resource":` + patientOf("pa", "MA-1") + `},{"resource":{"resourceType":"Basic","id":"n","code":{"text":"x"}}},{"res`, 1, 1, 0, "a part of its file could not be read"},
		"a group of two":                  {of("batch", put(group, "Group/g")), 1, 0, 1, "list of its members"},
		"a group of two, all or nothing":  {of("transaction", put(group, "Group/g"), put(one, "Basic/one")), 0, 3, 0, "transaction"},
		"of whom is not told":             {of("transaction", put(stranger, "Basic/s"), put(one, "Basic/one")), 0, 3, 0, "whose 1 resource of a transaction are could not be told"},
		"a DELETE that is not clear":      {of("transaction", request("DELETE", "Basic?code=x"), put(one, "Basic/one")), 0, 3, 0, "1 resource of a transaction can't be taken"},
		"two faults":                      {of("batch", put(wrong, "Observation/w")), 1, 1, 0, "Observation"},
		"no record in what can't be read": {patientOf("pa", "MA-1") + "\n" + `{"resourceType":"Basic","id":"n","code":{"text":"x"}}` + "\n{", 1, 2, 0, "could not be read"},
	} {
		town.In(t, func(t *testing.T, w *town.Town) {
			h, ana, _ := couple(w)
			var fates []delivery.Fate
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(c.file), delivery.ImportOptions{Each: func(f delivery.Fate) { fates = append(fates, f) }})
			if done.Delivered != c.delivered || done.Refused != c.refused || done.Left != c.left || done.Lacks != 0 {
				t.Errorf("%s: %+v", what, done)
			}
			addsUp(t, done)
			told := lines(slices.Concat(done.Issues, done.Warnings), " ")
			if err != nil {
				told += err.Error()
			}
			if !strings.Contains(told, c.says) {
				t.Errorf("%s: it says %q", what, told)
			}
			if n := len(done.Sent); n != min(1, c.delivered) {
				t.Errorf("%s: %d submissions", what, n)
			}
			for _, f := range fates {
				if f.Known || f.Refused != "" && f.To != nil || f.Refused == "" && f.Waits == (len(f.To) > 0) && f.Place != "" && c.left == 0 {
					t.Errorf("%s: told is %+v", what, f)
				}
			}
			if what == "two faults" && (len(done.Issues) < 2 || !strings.Contains(done.Issues[0].String(), fates[1].Refused)) {
				t.Errorf("not the first of its faults is told: %q of %q", fates[1].Refused, done.Issues)
			}
			if c.delivered > 0 {
				fates = nil
				again, _ := h.Delivery.Import(t.Context(), strings.NewReader(c.file), delivery.ImportOptions{Each: func(f delivery.Fate) { fates = append(fates, f) }})
				if again.Known != c.delivered || !fates[0].Known || !slices.Equal(fates[0].To, []stele.Subject{ana.Subject()}) {
					t.Errorf("%s: again it is %+v", what, fates[0])
				}
			}
		})
	}
}

// TestR37WhichFileLacksAPage: pages of searches that are not there are the file's that
// leads to them.
func TestR37WhichFileLacksAPage(t *testing.T) {
	page := func(n, next string) string {
		return `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":"https://lab.example/fhir/Basic?page=` + n + `"},{"relation":"next","url":"https://lab.example/fhir/Basic?page=` + next + `"}],"entry":[{"fullUrl":"https://lab.example/fhir/Patient/pa","resource":` + patientOf("pa", "MA-1") + `}]}`
	}
	town.In(t, func(t *testing.T, w *town.Town) {
		h, _, _ := couple(w)
		done, err := h.Delivery.ImportFiles(t.Context(), files(page("1", "2"), page("2", "3")), delivery.ImportOptions{})
		w.Must(err)
		if done[0].Lacks != 0 || done[1].Lacks != 1 || len(done[1].Issues) != 1 {
			t.Errorf("of the first: %+v; of the second: %+v", done[0], done[1])
		}
	})
}
