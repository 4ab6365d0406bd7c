package delivery_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// TestR37WhatIsAboutAnEarlierRecord imports Provenances whose targets came before: they
// are of whom those are, and one that says DELETE takes them back.
func TestR37WhatIsAboutAnEarlierRecord(t *testing.T) {
	pa, pb := patientOf("pa", "MA-1"), patientOf("pb", "MB-1")
	const uuid = "6f2f9a3e-0000-4000-8000-000000000001"
	says := func(code string, targets ...string) string {
		var list []string
		for _, target := range targets {
			list = append(list, `{"reference":"`+target+`"}`)
		}
		return `{"resourceType":"Provenance","id":"v","target":[` + strings.Join(list, ",") + `],"recorded":"2026-01-01T00:00:00Z","activity":{"coding":[{"system":"` +
			delivery.DataOperation + `","code":"` + code + `"}]},"agent":[{"who":{"display":"EHR"}}]}`
	}
	urn := func(fullURL, resource string) string {
		return `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"` + fullURL + `","resource":` + resource + `},{"fullUrl":"urn:uuid:pa","resource":` + pa + `}]}`
	}
	for what, c := range map[string]serverStory{
		"a Provenance of what came before": {steps: []step{{files: []string{ndjson(pa, basic("1", "pa", "x"))}, delivered: 2}, {files: []string{says("CREATE", "Basic/1")}, delivered: 1}},
			ana: []string{"x"}},
		"a DELETE of what came before": {steps: []step{{files: []string{ndjson(pa, basic("1", "pa", "x"))}, delivered: 2}, {files: []string{says("DELETE", "Basic/1")}, delivered: 1, withdrawn: 1}}},
		"of one version of it": {steps: []step{{files: []string{ndjson(pa, strings.Replace(basic("1", "pa", "x"), `"id":"1"`, `"id":"1","meta":{"versionId":"1"}`, 1))}, delivered: 2},
			{files: []string{says("DELETE", "Basic/1/_history/1")}, delivered: 1, withdrawn: 1},
			{files: []string{ndjson(pa, strings.Replace(basic("1", "pa", "x"), `"id":"1"`, `"id":"1","meta":{"versionId":"1"}`, 1))}, known: 2, says: "it was withdrawn, and is not delivered again"}}},
		"of the newest of two versions": {steps: []step{{files: []string{ndjson(pa, strings.Replace(basic("1", "pa", "x"), `"id":"1"`, `"id":"1","meta":{"versionId":"1"}`, 1), strings.Replace(basic("1", "pa", "y"), `"id":"1"`, `"id":"1","meta":{"versionId":"2"}`, 1))}, delivered: 3},
			{files: []string{says("DELETE", "Basic/1/_history/2")}, delivered: 1, withdrawn: 1}}},
		"of the older of two versions": {steps: []step{{files: []string{ndjson(pa, strings.Replace(basic("1", "pa", "x"), `"id":"1"`, `"id":"1","meta":{"versionId":"1"}`, 1), strings.Replace(basic("1", "pa", "y"), `"id":"1"`, `"id":"1","meta":{"versionId":"2"}`, 1))}, delivered: 3},
			{files: []string{says("DELETE", "Basic/1/_history/1")}, delivered: 1, withdrawn: 1}}, ana: []string{"y"}},
		"of what was never delivered": {steps: []step{{files: []string{ndjson(pa, basic("1", "pa", "x"))}, delivered: 2}, {files: []string{says("DELETE", "Basic/2")}, refused: 1, says: "Basic/2"}},
			ana: []string{"x"}},
		"of two people": {steps: []step{{files: []string{ndjson(pa, pb, basic("1", "pa", "x"), basic("2", "pb", "y"))}, delivered: 4},
			{files: []string{says("DELETE", "Basic/1", "Basic/2")}, refused: 1, says: "records of different patients"}}, ana: []string{"x"}, ben: []string{"y"}},
		"of what is in two charts": {steps: []step{{files: []string{ndjson(pa, basic("1", "pa", "x"))}, delivered: 2}, {files: []string{ndjson(pb, basic("1", "pb", "y"))}, delivered: 2},
			{files: []string{says("DELETE", "Basic/1")}, refused: 1, says: "which was delivered into several charts"}}, ana: []string{"x"}, ben: []string{"y"}},
		"of a server that is not said, of two": {steps: []step{{files: []string{at(labA, pa, basic("1", "pa", "x")), at(labB, pb, basic("1", "pb", "y"))}, delivered: 4},
			{files: []string{says("DELETE", "Basic/1")}, refused: 1, says: "several charts"}}, ana: []string{"x"}, ben: []string{"y"}},
		"what is no Provenance is not told by an id": {steps: []step{{files: []string{ndjson(pa, `{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/pa"}}`)}, delivered: 2},
			{files: []string{`{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"encounter":{"reference":"Encounter/e"}}`}, refused: 1, says: "Encounter/e"}}},
		"of another server": {steps: []step{{files: []string{at(labA, pa, basic("1", "pa", "x")), at(labB, pa, basic("1", "pa", "y"))}, delivered: 4},
			{files: []string{at(labB, says("DELETE", "Basic/1"))}, delivered: 1, withdrawn: 1}}, ana: []string{"x"}},
		"absolutely": {steps: []step{{files: []string{at(labA, pa, basic("1", "pa", "x")), at(labB, pa, basic("1", "pa", "y"))}, delivered: 4},
			{files: []string{says("DELETE", labA+"/Basic/1")}, delivered: 1, withdrawn: 1}}, ana: []string{"y"}},
		"by urn:uuid in the same file": {steps: []step{{files: []string{ndjson(urn("urn:uuid:"+uuid, basic(uuid, "pa", "x")), says("DELETE", "urn:uuid:"+uuid))}, delivered: 3, withdrawn: 1}}},
		"by urn:uuid of what came before": {steps: []step{{files: []string{urn("urn:uuid:"+uuid, basic(uuid, "pa", "x"))}, delivered: 2},
			{files: []string{says("DELETE", "urn:uuid:"+uuid)}, delivered: 1, withdrawn: 1}}},
		"by a urn:uuid that nobody knows": {steps: []step{{files: []string{urn("urn:uuid:"+uuid, basic(uuid, "pa", "x"))}, delivered: 2},
			{files: []string{says("DELETE", "urn:uuid:7"+uuid[1:])}, refused: 1}}, ana: []string{"x"}},
		"again, after it was taken back": {steps: []step{{files: []string{ndjson(pa, basic("1", "pa", "x"))}, delivered: 2}, {files: []string{says("DELETE", "Basic/1")}, delivered: 1, withdrawn: 1},
			{files: []string{says("DELETE", "Basic/1")}, known: 1}}},
	} {
		t.Run(what, func(t *testing.T) { c.run(t, what) })
	}
}

// TestR38AValueThatComesBack corrects a value that says no version, and corrects it
// back: what was delivered last is what counts, and the same files again deliver
// nothing.
func TestR38AValueThatComesBack(t *testing.T) {
	pa := patientOf("pa", "MA-1")
	x, y := ndjson(pa, basic("1", "pa", "x")), ndjson(pa, basic("1", "pa", "y"))
	version := func(n, text string) string {
		return ndjson(pa, strings.Replace(basic("1", "pa", text), `"id":"1"`, `"id":"1","meta":{"versionId":"`+n+`"}`, 1))
	}
	for what, c := range map[string]serverStory{
		"corrected and corrected back": {steps: []step{{files: []string{x}, delivered: 2}, {files: []string{y}, delivered: 1, known: 1},
			{files: []string{x}, delivered: 1, known: 1, says: "counts as the newest"}}, ana: []string{"x", "x"}}, // one delivery again says the same
		"and back again": {steps: []step{{files: []string{x}, delivered: 2}, {files: []string{y}, delivered: 1, known: 1}, {files: []string{x}, delivered: 1, known: 1},
			{files: []string{y}, delivered: 1, known: 1, says: "counts as the newest"}}, ana: []string{"y", "y"}},
		"the same folder again and again": {steps: []step{{files: []string{x}, delivered: 2}, {files: []string{x, y}, delivered: 1, known: 3}, {files: []string{x, y}, known: 4}, {files: []string{y, x}, known: 4}},
			ana: []string{"y"}},
		"an older version again": {steps: []step{{files: []string{version("1", "x")}, delivered: 2}, {files: []string{version("2", "y")}, delivered: 1, known: 1},
			{files: []string{version("1", "x")}, known: 2}}, ana: []string{"y"}},
		"without an id it is known": {steps: []step{{files: []string{ndjson(pa, strings.Replace(basic("1", "pa", "x"), `"id":"1",`, "", 1))}, delivered: 2},
			{files: []string{ndjson(pa, strings.Replace(basic("1", "pa", "x"), `"id":"1",`, "", 1))}, known: 2}}, ana: []string{"x"}},
		"what was taken back stays so": {steps: []step{{files: []string{x}, delivered: 2}, {files: []string{deleteAt("", "Basic/1")}, withdrawn: 1}, {files: []string{x}, known: 2, says: "--again does"}}},
		"twice in one file": {steps: []step{{files: []string{ndjson(pa, basic("1", "pa", "x"), basic("1", "pa", "y"))}, delivered: 3, says: "which of them counts nobody can tell"}},
			ana: nil},
		"twice in one file, with versions": {steps: []step{{files: []string{version("1", "x"), version("2", "y")}, delivered: 3, known: 1}}, ana: []string{"y"}},
		"twice the same in one file":       {steps: []step{{files: []string{ndjson(pa, basic("1", "pa", "x"), basic("1", "pa", "x"))}, delivered: 2, known: 1}}, ana: []string{"x"}},
	} {
		t.Run(what, func(t *testing.T) {
			if what == "twice in one file" { // which of them counts differs from run to run
				town.In(t, func(t *testing.T, w *town.Town) {
					h, _, _ := couple(w)
					done, err := h.Delivery.Import(t.Context(), strings.NewReader(c.steps[0].files[0]), delivery.ImportOptions{})
					w.Must(err)
					if done.Delivered != 3 || !slices.ContainsFunc(done.Warnings, func(s delivery.Note) bool { return strings.Contains(s.String(), c.steps[0].says) }) {
						t.Errorf("%+v", done)
					}
				})
				return
			}
			c.run(t, what)
		})
	}
}
