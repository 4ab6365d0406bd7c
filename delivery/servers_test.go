package delivery_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/timeline"
)

// saying is what the Basics of a chart say that count, in order.
func saying(c *reading.Chart) []string { return sayingOf(c, "Basic") }

// sayingOf is what the newest records of a type say.
func sayingOf(c *reading.Chart, typ string) (out []string) {
	var versions timeline.Versions
	for _, r := range c.Records {
		versions.Add(timeline.Item{Record: r.JSON, Label: r.Label, Handle: r.Handle, Source: r.Label.Source, Proof: r.Submission, Made: r.Made})
	}
	for i, v := range versions.Judge() {
		var r struct {
			ResourceType string
			Code         struct{ Text string }
		}
		if json.Unmarshal(c.Records[i].JSON, &r) == nil && v == timeline.Current && r.ResourceType == typ {
			out = append(out, r.Code.Text)
		}
	}
	slices.Sort(out)
	return out
}

// Servers of these tests.
const (
	labA = "https://laba.example/fhir"
	labB = "https://labb.example/fhir"
	labC = "https://labc.example/fhir"
)

// at is a Bundle of a server.
func at(base string, resources ...string) string {
	var entries []string
	for _, r := range resources {
		entries = append(entries, fmt.Sprintf(`{"fullUrl":"%s/%s","resource":%s}`, base, nameOf([]byte(r)), r))
	}
	return `{"resourceType":"Bundle","type":"collection","entry":[` + strings.Join(entries, ",") + `]}`
}

// deleteAt is a history in which a server deletes.
func deleteAt(base, name string) string {
	full := ""
	if base != "" {
		full = fmt.Sprintf(`"fullUrl":"%s/%s",`, base, name)
	}
	return fmt.Sprintf(`{"resourceType":"Bundle","type":"history","entry":[{%s"request":{"method":"DELETE","url":%q},"response":{"status":"204"}}]}`, full, name)
}

// provenance says of Basic/1 what was done with it, by systems and codes.
func provenance(codes ...string) string {
	var codings []string
	for pair := range slices.Chunk(codes, 2) {
		codings = append(codings, fmt.Sprintf(`{"system":%q,"code":%q}`, pair[0], pair[1]))
	}
	return `{"resourceType":"Provenance","id":"v","target":[{"reference":"Basic/1"}],"recorded":"2024-01-01T00:00:00Z","activity":{"coding":[` + strings.Join(codings, ",") + `]},"agent":[{"who":{"display":"EHR"}}]}`
}

func ndjson(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

// step is one import of a story, and what is told of it.
type step struct {
	files []string
	o     delivery.ImportOptions

	delivered, known, refused, withdrawn, never int
	says                                        string // somewhere in issues and warnings
	fails                                       string // a file's own error; "" for none
}

// serverStory is what is imported, one after another, and what two charts say then.
type serverStory struct {
	own      []string // servers; labA where it is nil
	steps    []step
	ana, ben []string
}

func (c serverStory) run(t *testing.T, what string) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, ben := couple(w)
		if c.own == nil {
			c.own = []string{labA}
		}
		for _, base := range c.own {
			w.Must(h.Delivery.AddSystem(base))
		}
		for i, s := range c.steps {
			time.Sleep(time.Minute)
			if !s.o.Subject.IsZero() {
				s.o.Subject = ana.Subject()
			}
			dry, err := h.Delivery.ImportFiles(t.Context(), files(s.files...), delivery.ImportOptions{Dry: true, Server: s.o.Server, Again: s.o.Again, Subject: s.o.Subject})
			w.Must(err)
			done, err := h.Delivery.ImportFiles(t.Context(), files(s.files...), s.o)
			w.Must(err)
			for _, told := range [][]delivery.Imported{dry, done} {
				var sum step
				said := ""
				for _, d := range told {
					sum.delivered, sum.known, sum.refused = sum.delivered+d.Delivered, sum.known+d.Known, sum.refused+d.Refused
					sum.withdrawn, sum.never = sum.withdrawn+len(d.TakenBack), sum.never+d.Never
					addsUp(t, d)
					said += lines(append(d.Issues, d.Warnings...), "\n")
					if d.Err == nil || s.fails == "" {
						w.Must(d.Err)
					} else if !strings.Contains(d.Err.Error(), s.fails) {
						t.Errorf("import %d: %v", i+1, d.Err)
					}
				}
				if got, want := fmt.Sprint(sum.delivered, sum.known, sum.refused, sum.withdrawn, sum.never), fmt.Sprint(s.delivered, s.known, s.refused, s.withdrawn, s.never); got != want {
					t.Errorf("import %d (dry %v): delivered, known, refused, withdrawn, never are %s, want %s: %s", i+1, &told[0] == &dry[0], got, want, said)
				}
				if !strings.Contains(said, s.says) {
					t.Errorf("import %d (dry %v): nothing says %q: %s", i+1, &told[0] == &dry[0], s.says, said)
				}
			}
		}
		for who, want := range map[*client.Session][]string{ana: c.ana, ben: c.ben} {
			if got := saying(w.Chart(who)); !slices.Equal(got, want) {
				t.Errorf("the chart of %s says %q, want %q", who.Name(), got, want)
			}
		}
	})
}

// TestR38NoServersRecordVanishes tells stories of several servers of one
// organisation, and of files that say none: no record hides another's, and a DELETE
// takes back its own only.
func TestR38NoServersRecordVanishes(t *testing.T) {
	pa, pb := patientOf("pa", "MA-1"), patientOf("pb", "MB-1")
	a := func(text string) string { return basic("1", "pa", text) }
	b := func(text string) string { return basic("1", "pb", text) }
	version := func(n int, text string) string {
		return strings.Replace(a(text), `"id":"1"`, fmt.Sprintf(`"id":"1","meta":{"versionId":"%d"}`, n), 1)
	}
	const itself = "6f2f9a3e-0000-4000-8000-000000000001"
	uuid := func(text string) string { return basic(itself, "pa", text) }
	made := func(r, version, at string) string {
		return strings.Replace(r, `"id"`, `"meta":{"versionId":"`+version+`","lastUpdated":"`+at+`"},"id"`, 1)
	}
	deleted := func(target string) string {
		return strings.Replace(provenance(delivery.DataOperation, "DELETE"), "Basic/1", target, 1)
	}
	asked := func(self string, resources ...string) string { // the answer to a search, without fullUrls
		return `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":"` + self + `/Basic?patient=1"}],"entry":[{"resource":` + strings.Join(resources, `},{"resource":`) + `}]}`
	}
	request := func(method, url, more, text string) string { // of a record without id, beside the Patient
		return `{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:` + itself + `","resource":` + pa + `,"request":{"method":"PUT","url":"Patient/pa"}},{"fullUrl":"urn:uuid:` + strings.Replace(itself, "1", "2", 1) +
			`","resource":` + strings.Replace(a(text), `"id":"1",`, "", 1) + `,"request":{"method":"` + method + `","url":"` + url + `"` + more + `}}]}`
	}
	unless := `,"ifNoneExist":"identifier=7"`
	keptAt := func(base, bundle string) string { // a Bundle that is a record of a server
		return `{"resourceType":"Bundle","type":"searchset","entry":[{"fullUrl":"` + base + `/Bundle/b","resource":` + bundle + `}]}`
	}
	for what, c := range map[string]serverStory{
		"two servers, one import": {steps: []step{{files: []string{at(labA, pa, a("glucose")), at(labB, pa, a("potassium"))}, delivered: 4}},
			ana: []string{"glucose", "potassium"}},
		"two servers, two imports": {steps: []step{{files: []string{at(labA, pa, a("glucose"))}, delivered: 2}, {files: []string{at(labB, pa, a("potassium"))}, delivered: 2}},
			ana: []string{"glucose", "potassium"}},
		"the same again is known": {steps: []step{{files: []string{at(labA, pa, a("glucose")), at(labB, pa, a("potassium"))}, delivered: 4},
			{files: []string{at(labB, pa, a("potassium"))}, known: 2}, {files: []string{at(labA, pa, a("glucose"))}, known: 2}}, ana: []string{"glucose", "potassium"}},
		"a newer version of each": {steps: []step{{files: []string{at(labA, pa, version(1, "glucose")), at(labB, pa, version(1, "potassium"))}, delivered: 4},
			{files: []string{at(labB, pa, version(2, "potassium!"))}, delivered: 1, known: 1}, {files: []string{at(labA, pa, version(2, "glucose!"))}, delivered: 1, known: 1}},
			ana: []string{"glucose!", "potassium!"}},
		"the address is written otherwise": {steps: []step{{files: []string{at(labA, pa, version(1, "glucose"))}, delivered: 2},
			{files: []string{at("http://LabA.example:80/fhir", pa, version(2, "glucose!"))}, delivered: 1, known: 1}}, ana: []string{"glucose!"}},
		"NDJSON is home's": {steps: []step{{files: []string{at(labA, pa, version(1, "glucose"))}, delivered: 2}, {files: []string{ndjson(pa, version(2, "glucose!"))}, delivered: 1, known: 1}},
			ana: []string{"glucose!"}},
		"NDJSON first, then its server": {steps: []step{{files: []string{ndjson(pa, version(1, "glucose"))}, delivered: 2}, {files: []string{at(labA, pa, version(2, "glucose!"))}, delivered: 1, known: 1}},
			ana: []string{"glucose!"}},
		"NDJSON of a server that is said": {steps: []step{{files: []string{at(labA, pa, version(1, "glucose")), at(labB, pa, version(1, "potassium"))}, delivered: 4},
			{files: []string{ndjson(pa, version(2, "potassium!"))}, o: delivery.ImportOptions{Server: labB}, delivered: 1, known: 1}}, ana: []string{"glucose", "potassium!"}},
		"a UUID is one, and two servers' versions are not": {steps: []step{{files: []string{at(labA, pa, made(uuid("glucose"), "2", "2025-01-02T00:00:00Z"))}, delivered: 2},
			{files: []string{at(labB, pa, made(uuid("stale"), "7", "2024-01-02T00:00:00Z"))}, delivered: 1, refused: 1, says: "is of " + labA + "; if this one counts"}}, ana: []string{"glucose"}},
		"a UUID of a guest stands first": {steps: []step{{files: []string{at(labA, pa)}, delivered: 1}, {files: []string{at(labB, pa, made(uuid("glucose"), "7", "2025-01-02T00:00:00Z"))}, delivered: 2},
			{files: []string{at(labA, pa, made(uuid("stale"), "9", "2024-01-02T00:00:00Z"))}, known: 1, refused: 1, says: "is of " + labB}}, ana: []string{"glucose"}},
		"a UUID that showed no server stands first": {steps: []step{{files: []string{at(labA, pa), ndjson(made(uuid("glucose"), "2", "2025-01-02T00:00:00Z"), pa)}, delivered: 2, known: 1},
			{files: []string{at(labB, pa, made(uuid("stale"), "9", "2024-01-02T00:00:00Z"))}, delivered: 1, refused: 1, says: "is of a server that is not known; if this one counts, take that back first: stele withdraw Basic/" + itself}}, ana: []string{"glucose"}},
		"a UUID that shows no server comes after a guest's": {steps: []step{{files: []string{at(labA, pa)}, delivered: 1}, {files: []string{at(labB, pa, made(uuid("glucose"), "2", "2025-01-02T00:00:00Z"))}, delivered: 2},
			{files: []string{ndjson(pa, made(uuid("stale"), "9", "2024-01-02T00:00:00Z"))}, known: 1, refused: 1, says: "is of " + labB}}, ana: []string{"glucose"}},
		"a DELETE that shows no server, of a UUID of a guest": {steps: []step{{files: []string{at(labA, pa)}, delivered: 1}, {files: []string{at(labB, pa, uuid("glucose"))}, delivered: 2}, {files: []string{deleteAt("", "Basic/"+itself)}, never: 1}}, ana: []string{"glucose"}},
		"a Provenance of a guest, of a UUID that showed no server": {steps: []step{{files: []string{at(labA, pa), ndjson(pa, uuid("glucose"))}, delivered: 2, known: 1},
			{files: []string{at(labB, pa, deleted("urn:uuid:"+itself))}, delivered: 1, refused: 1, says: "in the chart of Ana Alvar (MA-1) is not known"}}, ana: []string{"glucose"}},
		"a Provenance of a guest, of its own": {steps: []step{{files: []string{at(labA, pa)}, delivered: 1}, {files: []string{at(labB, pa, uuid("glucose"), a("potassium"))}, delivered: 3},
			{files: []string{at(labB, deleted("Basic/"+itself), strings.Replace(deleted("Basic/1"), `"id":"v"`, `"id":"w"`, 1))}, delivered: 2, withdrawn: 2}}},
		"a UUID that is copied as it is": {steps: []step{{files: []string{at(labA, pa, made(uuid("glucose"), "2", "2025-01-02T00:00:00Z"))}, delivered: 2},
			{files: []string{at(labB, pa, made(uuid("glucose"), "2", "2025-01-02T00:00:00Z"))}, delivered: 1, known: 1}}, ana: []string{"glucose"}},
		"a UUID that names two patients on two servers": {steps: []step{{files: []string{at(labA, pa, uuid("glucose"))}, delivered: 2},
			{files: []string{at(labB, pb, basic(itself, "pb", "glucose"))}, delivered: 2, says: "the chart of Ana Alvar (MA-1) has one of that id, too"}}, ana: []string{"glucose"}, ben: []string{"glucose"}},
		"a UUID that is none": {steps: []step{{files: []string{at(labA, pa, basic("00000000-0000-0000-0000-000000000000", "pa", "glucose"))}, delivered: 2},
			{files: []string{at(labB, pa, basic("00000000-0000-0000-0000-000000000000", "pa", "potassium"))}, delivered: 2}}, ana: []string{"glucose", "potassium"}},
		"a DELETE of a guest, of a UUID of home":    {steps: []step{{files: []string{at(labA, pa, uuid("glucose"))}, delivered: 2}, {files: []string{deleteAt(labB, "Basic/"+itself)}, never: 1}}, ana: []string{"glucose"}},
		"a DELETE of home, of a UUID of a guest":    {steps: []step{{files: []string{at(labA, pa)}, delivered: 1}, {files: []string{at(labB, pa, uuid("glucose"))}, delivered: 2}, {files: []string{deleteAt(labA, "Basic/"+itself)}, never: 1}}, ana: []string{"glucose"}},
		"a DELETE of a guest, of a UUID of its own": {steps: []step{{files: []string{at(labA, pa)}, delivered: 1}, {files: []string{at(labB, pa, uuid("glucose"))}, delivered: 2}, {files: []string{deleteAt(labB, "Basic/"+itself)}, withdrawn: 1}}},
		"a Provenance of a guest, of a UUID of home": {steps: []step{{files: []string{at(labA, pa, uuid("glucose"))}, delivered: 2},
			{files: []string{at(labB, pa, deleted("Basic/"+itself))}, delivered: 1, refused: 1, says: "the server of Basic/" + itself + " in the chart of Ana Alvar (MA-1) is " + labA}}, ana: []string{"glucose"}},
		"a Provenance of a guest, of a UUID of home by itself": {steps: []step{{files: []string{at(labA, pa, uuid("glucose"))}, delivered: 2},
			{files: []string{at(labB, pa, deleted("urn:uuid:"+itself))}, delivered: 1, refused: 1, says: "in the chart of Ana Alvar (MA-1) is " + labA}}, ana: []string{"glucose"}},
		"a Bundle that a guest keeps": {steps: []step{{files: []string{at(labA, pa, version(1, "glucose"))}, delivered: 2},
			{files: []string{keptAt(labB, asked("", pa, version(9, "potassium")))}, delivered: 2}}, ana: []string{"glucose", "potassium"}},
		"a search that a guest answers": {steps: []step{{files: []string{at(labA, pa, version(1, "glucose"))}, delivered: 2}, {files: []string{asked(labB, pa, version(9, "potassium"))}, delivered: 2}}, ana: []string{"glucose", "potassium"}},
		"a search that home answers":    {steps: []step{{files: []string{at(labA, pa, version(1, "glucose"))}, delivered: 2}, {files: []string{asked("http://LabA.example:80/fhir", pa, version(9, "potassium"))}, known: 1, delivered: 1}}, ana: []string{"potassium"}},
		"a Provenance of home of what a guest alone calls so": {steps: []step{{files: []string{at(labA, pa, basic("7", "pa", "glucose")), at(labB, pb, b("potassium"))}, delivered: 4},
			{files: []string{ndjson(provenance(delivery.DataOperation, "CREATE"))}, refused: 1, says: "it names Basic/1, which is not in these files"}}, ana: []string{"glucose"}, ben: []string{"potassium"}},
		"put at a name, and corrected":        {steps: []step{{files: []string{request("PUT", "Basic/1", "", "glucose")}, delivered: 2}, {files: []string{ndjson(pa, a("glucose!"))}, known: 1, delivered: 1}}, ana: []string{"glucose!"}},
		"put at a name of home's, by a guest": {steps: []step{{files: []string{at(labA, pa, a("glucose"))}, delivered: 2}, {files: []string{request("PUT", "Basic/1", "", "potassium")}, o: delivery.ImportOptions{Server: labB}, delivered: 2}}, ana: []string{"glucose", "potassium"}},
		"put at another name than it has":     {steps: []step{{files: []string{strings.NewReplacer("transaction", "batch", `"code"`, `"id":"2","code"`).Replace(request("PUT", "Basic/1", "", "glucose"))}, delivered: 1, refused: 1, says: "its request and the record in it have different names"}}},
		"put where a search finds it, and corrected": {steps: []step{{files: []string{request("PUT", "Basic?identifier=7", "", "glucose")}, delivered: 2},
			{files: []string{strings.ReplaceAll(request("PUT", "Basic?identifier=7", "", "glucose!"), itself[:8], "6f2f9a3f")}, known: 1, delivered: 1}}, ana: []string{"glucose!"}},
		"put where a search finds it on two servers": {steps: []step{{files: []string{request("PUT", "Basic?identifier=7", "", "glucose")}, o: delivery.ImportOptions{Server: labA}, delivered: 2},
			{files: []string{request("PUT", "Basic?identifier=7", "", "potassium")}, o: delivery.ImportOptions{Server: labB}, delivered: 2}}, ana: []string{"glucose", "potassium"}},
		"made unless a search finds it, on two servers": {steps: []step{{files: []string{request("POST", "Basic", unless, "glucose")}, o: delivery.ImportOptions{Server: labA}, delivered: 2},
			{files: []string{request("POST", "Basic", unless, "potassium")}, o: delivery.ImportOptions{Server: labB}, delivered: 2}}, ana: []string{"glucose", "potassium"}},
		"made unless a search finds it, twice": {steps: []step{{files: []string{request("POST", "Basic", unless, "glucose")}, o: delivery.ImportOptions{Server: labA}, delivered: 2},
			{files: []string{request("POST", "Basic", unless, "potassium")}, o: delivery.ImportOptions{Server: labA}, known: 2, says: "what came now is not kept"}}, ana: []string{"glucose"}},
		"a DELETE of one version": {steps: []step{{files: []string{ndjson(pa, a("glucose"))}, delivered: 2},
			{files: []string{strings.Replace(deleteAt("", "Basic/1/_history/1"), `"history"`, `"batch"`, 1)}, refused: 1, says: "a DELETE of one version"}}, ana: []string{"glucose"}},
		"a DELETE that is a version of a history":           {steps: []step{{files: []string{ndjson(pa, version(2, "glucose"))}, delivered: 2}, {files: []string{deleteAt("", "Basic/1/_history/3")}, withdrawn: 1}}},
		"a DELETE that is older, by its place in a history": {steps: []step{{files: []string{ndjson(pa, version(4, "glucose"))}, delivered: 2}, {files: []string{deleteAt("", "Basic/1/_history/3")}, known: 1, says: "a newer version than it deletes"}}, ana: []string{"glucose"}},
		"a DELETE with what it was": {steps: []step{{files: []string{ndjson(pa, a("glucose"))}, delivered: 2},
			{files: []string{strings.Replace(deleteAt("", "Basic/1"), `"request"`, `"resource":`+a("glucose")+`,"request"`, 1)}, withdrawn: 1}}},
		"a DELETE with what it was, which never came": {steps: []step{{files: []string{ndjson(pa)}, delivered: 1},
			{files: []string{strings.Replace(deleteAt("", "Basic/1"), `"request"`, `"resource":`+a("glucose")+`,"request"`, 1)}, never: 1}}},
		"a DELETE with another record": {steps: []step{{files: []string{ndjson(pa, a("glucose"))}, delivered: 2},
			{files: []string{strings.Replace(deleteAt("", "Basic/1"), `"request"`, `"resource":`+basic("2", "pa", "x")+`,"request"`, 1)}, refused: 1, says: "it stands beside the DELETE of another"}}, ana: []string{"glucose"}},
		"a DELETE of two names": {steps: []step{{files: []string{ndjson(pa, a("glucose"))}, delivered: 2},
			{files: []string{strings.Replace(deleteAt("", "Basic/1"), `"request"`, `"fullUrl":"Basic/2","request"`, 1)}, refused: 1, says: "a DELETE of two names"}}, ana: []string{"glucose"}},
		"own servers are one": {own: []string{labA, labB}, steps: []step{{files: []string{at(labA, pa, version(1, "glucose"))}, delivered: 2},
			{files: []string{at(labB, pa, version(2, "glucose!"))}, delivered: 1, known: 1}}, ana: []string{"glucose!"}},

		"two patients, two servers, one DELETE": {steps: []step{{files: []string{at(labA, pa, a("glucose")), at(labB, pb, b("potassium"))}, delivered: 4},
			{files: []string{deleteAt(labB, "Basic/1")}, withdrawn: 1}}, ana: []string{"glucose"}},
		"a DELETE of a third server": {steps: []step{{files: []string{at(labA, pa, a("glucose")), at(labB, pb, b("potassium"))}, delivered: 4},
			{files: []string{deleteAt(labC, "Basic/1")}, never: 1, says: "nothing of that id was delivered from here for " + labC}}, ana: []string{"glucose"}, ben: []string{"potassium"}},
		"a DELETE of home": {steps: []step{{files: []string{at(labA, pa, a("glucose")), at(labB, pa, a("potassium"))}, delivered: 4},
			{files: []string{deleteAt(labA, "Basic/1")}, withdrawn: 1}}, ana: []string{"potassium"}},
		"a DELETE of home takes back what showed no server": {steps: []step{{files: []string{ndjson(pa, a("glucose")), at(labA, pb)}, delivered: 3},
			{files: []string{deleteAt(labA, "Basic/1")}, withdrawn: 1}}},
		"a DELETE of a guest, and what showed no server": {steps: []step{{files: []string{ndjson(pa, a("glucose")), at(labA, pb)}, delivered: 3},
			{files: []string{deleteAt(labB, "Basic/1")}, refused: 1, says: "the server of what is called so in the chart of Ana Alvar (MA-1) is not known; if it is your own: stele patient system add " + labB + "; if not"}}, ana: []string{"glucose"}},
		"a DELETE of a server that was never met": {own: []string{}, steps: []step{{files: []string{ndjson(pa, a("glucose"))}, delivered: 2},
			{files: []string{strings.Replace(deleteAt(labA, "Basic/1"), `"entry":[`, `"entry":[{"fullUrl":"`+labA+`/Patient/77","resource":{"resourceType":"Patient","id":"77"},"request":{"method":"PUT","url":"Patient/77"}},`, 1)},
				refused: 2, says: "the server of what is called so in the chart of Ana Alvar (MA-1) is not known"}}, ana: []string{"glucose"}},
		"a DELETE of an own server that was never met": {own: []string{labA}, steps: []step{{files: []string{ndjson(pa, a("glucose"))}, delivered: 2}, {files: []string{deleteAt(labA, "Basic/1")}, withdrawn: 1}}},
		"a Provenance of a server that was never met": {own: []string{}, steps: []step{{files: []string{ndjson(pa, a("glucose"))}, delivered: 2},
			{files: []string{at(labA, pa, provenance(delivery.DataOperation, "DELETE"))}, delivered: 1, refused: 1, says: "it names Basic/1, which is not in these files"}}, ana: []string{"glucose"}},
		"a Provenance that shows no server": {steps: []step{{files: []string{ndjson(pa, a("glucose"))}, delivered: 2},
			{files: []string{ndjson(pa, provenance(delivery.DataOperation, "DELETE"))}, known: 1, delivered: 1, withdrawn: 1}}},
		"a Provenance of an update": {steps: []step{{files: []string{ndjson(pa, a("glucose"))}, delivered: 2},
			{files: []string{ndjson(pa, provenance(delivery.DataOperation, "UPDATE", "http://local.example", "DELETE"))}, known: 1, delivered: 1}}, ana: []string{"glucose"}},
		"a Provenance of both": {steps: []step{{files: []string{ndjson(pa, a("glucose"))}, delivered: 2},
			{files: []string{ndjson(pa, provenance(delivery.DataOperation, "UPDATE", delivery.DataOperation, "DELETE"))}, known: 1, refused: 1, says: "its activity is DELETE and UPDATE"}}, ana: []string{"glucose"}},
		"a DELETE that shows no server": {steps: []step{{files: []string{at(labA, pa, a("glucose"))}, delivered: 2}, {files: []string{deleteAt("", "Basic/1")}, withdrawn: 1}}},
		"a DELETE that shows no server, of two": {steps: []step{{files: []string{at(labA, pa, a("glucose")), at(labB, pb, b("potassium"))}, delivered: 4},
			{files: []string{deleteAt("", "Basic/1")}, refused: 1, says: "of that id there is " + labA + "/Basic/1 in the chart of Ana Alvar (MA-1), and " + labB + "/Basic/1 in the chart of MB-1; say"}}, ana: []string{"glucose"}, ben: []string{"potassium"}},
		"a DELETE whose server is said": {steps: []step{{files: []string{at(labA, pa, a("glucose")), at(labB, pb, b("potassium"))}, delivered: 4},
			{files: []string{deleteAt("", "Basic/1")}, o: delivery.ImportOptions{Server: labB}, withdrawn: 1}}, ana: []string{"glucose"}},
		"a DELETE twice": {steps: []step{{files: []string{at(labA, pa, a("glucose"))}, delivered: 2}, {files: []string{deleteAt(labA, "Basic/1")}, withdrawn: 1},
			{files: []string{deleteAt(labA, "Basic/1")}, known: 1}}},
		"a DELETE of what was never delivered": {steps: []step{{files: []string{deleteAt(labA, "Basic/1")}, never: 1, says: "DELETE Basic/1: nothing of that id was delivered from here"}}},
		"a DELETE of both charts of one server": {steps: []step{{files: []string{at(labA, pa, pb, `{"resourceType":"Location","id":"l","name":"Ward"}`,
			strings.Replace(a("glucose"), `"code"`, `"extension":[{"url":"http://x/l","valueReference":{"reference":"Location/l"}}],"code"`, 1),
			strings.Replace(basic("2", "pb", "potassium"), `"code"`, `"extension":[{"url":"http://x/l","valueReference":{"reference":"Location/l"}}],"code"`, 1))}, delivered: 5},
			{files: []string{deleteAt(labA, "Location/l")}, withdrawn: 1}}, ana: []string{"glucose"}, ben: []string{"potassium"}},
		"a DELETE before the record of another server": {steps: []step{{files: []string{strings.Replace(deleteAt(labB, "Basic/1"), `"entry":[`, `"entry":[{"fullUrl":"`+labA+`/Patient/pa","resource":`+pa+
			`,"request":{"method":"PUT","url":"Patient/pa"}},{"fullUrl":"`+labA+`/Basic/1","resource":`+a("glucose")+`,"request":{"method":"PUT","url":"Basic/1"}},`, 1)}, delivered: 2, never: 1}}, ana: []string{"glucose"}},
	} {
		t.Run(what, func(t *testing.T) { c.run(t, what) })
	}
}

// TestR38ADeleteNamesItsCharts counts charts and records of what was taken back.
func TestR38ADeleteNamesItsCharts(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, ben := couple(w)
		first := strings.Replace(basic("1", "pa", "x"), `"id":"1"`, `"id":"1","meta":{"versionId":"1"}`, 1)
		second := strings.Replace(basic("1", "pa", "y"), `"id":"1"`, `"id":"1","meta":{"versionId":"2"}`, 1)
		for _, text := range []string{at(labA, patientOf("pa", "MA-1"), first), at(labA, second, patientOf("pa", "MA-1")), at(labA, patientOf("pb", "MB-1"), strings.Replace(second, "/pa", "/pb", 1))} {
			_, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
			w.Must(err)
		}
		done, err := h.Delivery.Import(t.Context(), strings.NewReader(deleteAt(labA, "Basic/1")), delivery.ImportOptions{})
		w.Must(err)
		charts := []stele.Subject{ana.Subject(), ben.Subject()}
		slices.SortFunc(charts, func(a, b stele.Subject) int { return strings.Compare(string(a[:]), string(b[:])) })
		if len(done.TakenBack) != 1 {
			t.Fatalf("told: %+v", done)
		}
		if b := done.TakenBack[0]; b.Name != "Basic/1" || b.Base != labA || b.Records != 3 || !slices.Equal(b.Charts, charts) {
			t.Errorf("told: %+v", b)
		}
	})
}

// TestR38WhatAGuestCallsItIsWithdrawnByThatName withdraws by a server's own name.
func TestR38WhatAGuestCallsItIsWithdrawnByThatName(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		_, err := h.Delivery.ImportFiles(t.Context(), files(at(labA, patientOf("pa", "MA-1"), basic("1", "pa", "glucose")), at(labB, basic("1", "pa", "potassium"), patientOf("pa", "MA-1"))), delivery.ImportOptions{})
		w.Must(err)
		standing, err := h.Delivery.Standing(ana.Subject())
		w.Must(err)
		var origins []string
		for _, s := range standing {
			origins = append(origins, s.Origin)
		}
		slices.Sort(origins)
		if want := []string{labA + "/Basic/1", labA + "/Patient/pa", labB + "/Basic/1", labB + "/Patient/pa"}; !slices.Equal(origins, want) {
			t.Errorf("what stands comes from %q", origins)
		}
		_, err = h.Delivery.Withdraw(t.Context(), ana.Subject(), delivery.Withdrawal{Names: []string{labC + "/Basic/1"}, Reason: "x"})
		w.Wants(err, stele.KindNotFound, "of a server that delivered nothing")
		_, err = h.Delivery.Withdraw(t.Context(), ana.Subject(), delivery.Withdrawal{Names: []string{labB + "/Basic/1"}, Reason: "x"})
		w.Must(err)
		if got := saying(w.Chart(ana)); !slices.Equal(got, []string{"glucose"}) {
			t.Errorf("the chart says %q", got)
		}
		_, err = h.Delivery.Withdraw(t.Context(), ana.Subject(), delivery.Withdrawal{Names: []string{"Basic/1"}, Reason: "x"})
		w.Must(err)
		if got := saying(w.Chart(ana)); len(got) != 0 {
			t.Errorf("the chart says %q", got)
		}
		time.Sleep(time.Minute)
		_, err = h.Delivery.ImportFiles(t.Context(), files(ndjson(patientOf("pc", "MA-1"), basic("7", "pc", "sodium"))), delivery.ImportOptions{})
		w.Must(err)
		ours := delivery.Withdrawal{Names: []string{labC + "/Basic/7"}, Reason: "x"}
		_, err = h.Delivery.Withdraw(t.Context(), ana.Subject(), ours)
		w.Wants(err, stele.KindNotFound, "of another server than what showed none")
		w.Must(h.Delivery.AddSystem(labC))
		_, err = h.Delivery.Withdraw(t.Context(), ana.Subject(), ours)
		w.Must(err)
		if got := saying(w.Chart(ana)); len(got) != 0 {
			t.Errorf("the chart says %q", got)
		}
	})
}

// TestR38ADeleteIsOfWhomTheFilesAre says of whom the files are: what stands in another's
// chart is not taken back.
func TestR38ADeleteIsOfWhomTheFilesAre(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, ben := couple(w)
		_, err := h.Delivery.Import(t.Context(), strings.NewReader(ndjson(patientOf("pb", "MB-1"), basic("1", "pb", "glucose"))), delivery.ImportOptions{})
		w.Must(err)
		for _, c := range []struct {
			of                 *client.Session
			withdrawn, refused int
			ben                []string
		}{{ana, 0, 1, []string{"glucose"}}, {h, 0, 1, []string{"glucose"}}, {ben, 1, 0, nil}, {ana, 0, 0, nil}} {
			for _, dry := range []bool{true, false} {
				done, err := h.Delivery.Import(t.Context(), strings.NewReader(deleteAt("", "Basic/1")), delivery.ImportOptions{Subject: c.of.Subject(), Dry: dry})
				w.Must(err)
				if addsUp(t, done); done.Withdrawn != c.withdrawn || done.Refused != c.refused {
					t.Errorf("of %s (dry %v): %+v", c.of.Name(), dry, done)
				}
			}
			if got := saying(w.Chart(ben)); !slices.Equal(got, c.ben) {
				t.Errorf("of %s: Ben's chart says %q", c.of.Name(), got)
			}
		}
	})
}

// TestR38AServerThatBecomesOwnLateKeepsItsIds makes a server the organisation's own before
// and after records of it came: none stands in the chart twice.
func TestR38AServerThatBecomesOwnLateKeepsItsIds(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		in := func(text string) (guests int) {
			t.Helper()
			time.Sleep(time.Minute)
			done, err := h.Delivery.ImportFiles(t.Context(), files(at(labA, patientOf("pa", "MA-1"), basic("1", "pa", text))), delivery.ImportOptions{})
			w.Must(err)
			return len(done[0].Guests)
		}
		stands := func(text string, late bool, what string) {
			t.Helper()
			if got := saying(w.Chart(ana)); !slices.Equal(got, []string{text}) || h.Links().Late(labA) != late {
				t.Errorf("%s: the chart says %q; late %v", what, got, h.Links().Own().Late)
			}
		}
		in("glucose")
		stands("glucose", false, "a guest's")
		for range 2 {
			w.Must(h.Delivery.AddSystem(labA))
		}
		if in("glucose!") == 0 || len(h.Links().Own().Late) != 1 {
			t.Errorf("late are %q", h.Links().Own().Late)
		}
		stands("glucose!", true, "late")
		time.Sleep(time.Minute)
		_, err := h.Delivery.Withdraw(t.Context(), ana.Subject(), delivery.Withdrawal{Names: []string{labA + "/Basic/1", labA + "/Patient/pa"}, Reason: "they come anew"})
		w.Must(err)
		w.Must(h.Delivery.RemoveSystem(labA))
		w.Must(h.Delivery.AddSystem(labA))
		if in("glucose?") != 0 {
			t.Error("it is a guest's, after all of it was taken back")
		}
		stands("glucose?", false, "anew")
		w.Wants(h.Delivery.RemoveSystem(labA), stele.KindExists, "a server whose records stand under their own ids")
		const itself = "6f2f9a3e-0000-4000-8000-000000000001"
		_, err = h.Delivery.ImportFiles(t.Context(), files(at(labB, patientOf("pa", "MA-1"), basic("2", "pa", "sodium")), at(labC, patientOf(itself, "MA-1"))), delivery.ImportOptions{})
		w.Must(err)
		w.Must(h.Delivery.AddSystem(labC))
		if len(h.Links().Own().Late) > 0 {
			t.Errorf("late are %q, of which only a UUID came, which is kept", h.Links().Own().Late)
		}
	})
}

// TestR38ADeliveryThatAFileTakesBackIsKnownSo imports a Provenance that takes a delivery back
// by its handle, as an export of a chart has it: the wallet knows then what the chart does.
func TestR38ADeliveryThatAFileTakesBackIsKnownSo(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		in := func(again bool, lines ...string) delivery.Imported {
			t.Helper()
			time.Sleep(time.Minute)
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(ndjson(lines...)), delivery.ImportOptions{Again: again})
			w.Must(err)
			return done
		}
		pa, glucose := patientOf("pa", "MA-1"), basic("1", "pa", "glucose")
		in(false, pa, glucose)
		m, err := h.Delivery.Recall(ana.Subject())
		w.Must(err)
		by := `{"reference":"Basic/1"}`
		in(false, pa, strings.Replace(provenance(delivery.DataOperation, "DELETE"), by, `{"identifier":{"system":"`+delivery.HandleSystem+`","value":"`+m.Standing("Basic/1")[0].Handle.String()+`"}}`, 1))
		if got := saying(w.Chart(ana)); len(got) > 0 {
			t.Fatalf("the chart says %q", got)
		}
		if done := in(false, pa, glucose); !strings.Contains(lines(done.Warnings, ""), "Basic/1: it was withdrawn") {
			t.Errorf("once more: %+v", done)
		}
		in(true, pa, glucose)
		if got := saying(w.Chart(ana)); !slices.Equal(got, []string{"glucose"}) {
			t.Errorf("again, the chart says %q", got)
		}
	})
}
