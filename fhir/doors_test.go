package fhir

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stele-health/stele"
)

// told lists what a reader yields, one short word for each entry: the id, "!" for a
// broken one with its line, "-" for one without a resource.
func told(t *testing.T, src string) (kind Kind, entries []Entry, words string, issues []Issue) {
	t.Helper()
	kind, entries, issues = readAll(t, strings.NewReader(src))
	_, again, _ := readAll(t, iotest.OneByteReader(strings.NewReader(src)))
	var out []string
	for i, e := range entries {
		word := "-"
		switch {
		case e.Err != nil:
			word = fmt.Sprint("!", e.Line)
		case e.Resource != nil:
			word = e.Resource.ID()
		}
		if word2 := again[i].Place; word2 != e.Place {
			t.Fatalf("the place depends on how the bytes arrive: %s, %s", e.Place, word2)
		}
		out = append(out, word)
	}
	if len(again) != len(entries) {
		t.Fatalf("%d entries or %d, by how the bytes arrive", len(entries), len(again))
	}
	return kind, entries, strings.Join(out, " "), issues
}

func patient(id string) string { return `{"resourceType":"Patient","id":"` + id + `"}` }

func bundleOf(kind string, resources ...string) string {
	var b strings.Builder
	for i, r := range resources {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"resource":` + r + `}`)
	}
	return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + b.String() + `]}`
}

func TestOneNoiseLineDoesNotEndAFile(t *testing.T) {
	for name, c := range map[string]struct {
		src, want string
		kind      Kind
	}{
		"in the middle":          {patient("a") + "\nexport done, 2 rows\n" + patient("b") + "\n", "a !2 b", NDJSON},
		"first":                  {"# exported by us\n" + patient("a") + "\n" + patient("b"), "!1 a b", NDJSON},
		"last":                   {patient("a") + "\n" + patient("b") + "\nEOF\n", "a b !3", NDJSON},
		"after one":              {patient("a") + "\nnoise", "a !2", NDJSON},
		"cut short":              {patient("a") + "\n{\"resourceType\":\"Patient\",\"id\":\n" + patient("b"), "a !2 b", NDJSON},
		"cut short inside text":  {patient("a") + "\n{\"resourceType\":\"Patient\",\"id\":\"b\n" + patient("c"), "a !2 c", NDJSON},
		"first cut short":        {"{\"resourceType\":\"Patient\",\"id\":\"a\n" + patient("b") + "\n" + patient("c"), "!1 b c", NDJSON},
		"first cut, deep":        {"{\"resourceType\":\"Patient\",\"name\":[{\"given\":[\"a\"\n" + patient("b") + "\n" + patient("c"), "!1 b c", NDJSON},
		"first cut, noise later": {"{\"resourceType\":\"Patient\",\"name\":[{\"given\":[\"a\"\n" + patient("b") + "\nnoise\n" + patient("c"), "!1 b !3 c", NDJSON},
		"first broken":           {"{\"resourceType\":\"Patient\",,\"id\":\"a\"}\n" + patient("b"), "!1 b", NDJSON},
		"wrong brackets":         {patient("a") + "\n{\"resourceType\":\"Patient\"]\n" + patient("b"), "a !2 b", NDJSON},
		"a comma after each":     {patient("a") + ",\n" + patient("b") + ",\n" + patient("c"), "!1 !2 c", NDJSON},
		"two on a line":          {patient("a") + "\n" + patient("b") + patient("c") + "\n" + patient("d"), "a !2 d", NDJSON},
		"byte order marks":       {"\uFEFF" + patient("a") + "\n\uFEFF" + patient("b"), "a b", NDJSON},
		"a value that is none":   {patient("a") + "\n17\nnull\n[]\n" + patient("b"), "a !2 !3 !4 b", NDJSON},
		"written over lines":     {"{\n \"resourceType\":\"Patient\",\n \"id\":\"a\"\n}\n{\n \"resourceType\":\"Patient\",\n \"id\":\"b\"\n}\n", "a b", NDJSON},
		"a Bundle, then noise":   {bundleOf("collection", patient("a")) + "\nnoise\n" + bundleOf("collection", patient("b")), "a !2 b", NDJSON},
		"a broken Bundle":        {bundleOf("collection", patient("a")) + "\n" + strings.TrimSuffix(bundleOf("collection", patient("b")), "]}") + "\n" + patient("c"), "a b !2 c", NDJSON},
		"a first broken Bundle":  {strings.TrimSuffix(bundleOf("collection", patient("b"), patient("c")), "\"c\"}}]}") + "\n" + patient("d"), "b !1 d", NDJSON},
		"a transaction is whole": {bundleOf("transaction", patient("a")) + "\nnoise\n" + patient("b"), "a !2 b", "transaction"},
	} {
		kind, entries, got, _ := told(t, c.src)
		if got != c.want || kind != c.kind {
			t.Errorf("%s: %s %q, want %s %q", name, kind, got, c.kind, c.want)
		}
		for i, e := range entries {
			if e.Index != i || e.Place == "" || e.Err != nil && stele.KindOf(e.Err) != stele.KindInvalid {
				t.Errorf("%s: %+v", name, e)
			}
		}
	}
	// What the matter is with it, by what stands around.
	for _, c := range []struct{ src, want string }{
		{"exported by us\n" + patient("a"), "!no JSON object "},
		{patient("a") + "\nnoise", "!no JSON object "},
		{patient("a") + " noise", "!something follows "},
		{patient("a") + "\n" + patient("b") + "\nnoise\n" + patient("c"), "!no JSON object "},
	} {
		_, entries, _, _ := told(t, c.src)
		got := ""
		for _, e := range entries {
			for _, words := range []string{"no JSON object", "something follows"} {
				if e.Err != nil && strings.Contains(e.Err.Error(), words) {
					got += "!" + words + " "
				}
			}
		}
		if got != c.want {
			t.Errorf("%q: %s, want %s", c.src, got, c.want)
		}
	}
	// Behind what arrives whole or not at all it is a part of that, nowhere else.
	for kind, within := range map[string]string{"transaction": "1 transaction", "document": "1 document", "collection": "0 ", "batch": "0 "} {
		_, entries, _, _ := told(t, bundleOf(kind, patient("a"))+"\nnoise\n")
		if len(entries) != 2 || fmt.Sprint(entries[1].Bundle, " ", entries[1].Within) != within {
			t.Errorf("noise behind a %s: %+v", kind, entries)
		}
	}
}

func TestNoiseHasItsLimits(t *testing.T) {
	for name, src := range map[string]string{
		"all noise":         "a\nb\nc\n",
		"noise for ever":    patient("a") + "\n" + strings.Repeat("x\n", maxNoise+1) + patient("b"),
		"a broken resource": "{\n\"resourceType\": \"Patient\",\n\"id\": \"a\",,\n\"name\": [\n{\"family\": \"x\"}]}\n",
		// What stands in a broken Bundle must not arrive as if it stood alone.
		"a broken transaction": "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":\n" + patient("a") + "\n},{\"resource\":\n" + patient("b") + "\n},,]}",
		"a broken collection":  "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[\n{\"resource\":\n" + patient("a") + "\n},\n{\"resource\":[,\n" + patient("b") + "\n}]}",
	} {
		if _, err := NewReader(strings.NewReader(src)).all(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	src := patient("a") + "\n" + strings.Repeat("x\n", maxNoise) + patient("b") + "\n" + strings.Repeat("x\n", maxNoise) + patient("c")
	if n, err := NewReader(strings.NewReader(src)).all(); n != 2*maxNoise+3 || err != nil {
		t.Errorf("as much noise as there may be, twice: %d entries, %v", n, err)
	}
	// Thousands of lines that are cut short cost time in proportion.
	src = patient("a") + "\n" + strings.Repeat("{\"resourceType\":\"Patient\",\"id\":\"x\n", 100_000)
	if n, err := NewReader(strings.NewReader(src)).all(); n != 100_001 || err != nil {
		t.Errorf("%d entries: %v", n, err)
	}
}

func TestBundlesInBundlesAreUnpacked(t *testing.T) {
	searchset := bundleOf("searchset", patient("a"), patient("b"))
	deep := patient("x")
	for range maxBundles + 1 {
		deep = bundleOf("collection", deep)
	}
	for name, c := range map[string]struct{ src, want, places string }{
		"batch-response":  {bundleOf("batch-response", searchset, patient("c")), "a b c", "entry 1, entry 1|entry 1, entry 2|entry 2"},
		"ndjson":          {searchset + "\n" + bundleOf("collection", patient("c")) + "\n" + patient("d"), "a b c d", "entry 1|entry 2|line 2, entry 1|line 3"},
		"type at the end": {`{"entry":[{"resource":` + searchset + `}],"resourceType":"Bundle","type":"collection"}`, "a b", "entry 1, entry 1|entry 1, entry 2"},
		"parameters":      {`{"resourceType":"Parameters","parameter":[{"name":"return","resource":` + searchset + `},{"name":"x","part":[{"name":"y","resource":` + patient("c") + `}]}]}`, "a b c", "entry 1, entry 1|entry 1, entry 2|entry 2"},
		"empty":           {bundleOf("batch-response", bundleOf("searchset")), "", ""},
		"too deep":        {deep, "!1", strings.TrimSuffix(strings.Repeat("entry 1, ", maxBundles), ", ")},
	} {
		_, entries, got, issues := told(t, c.src)
		var places []string
		for i, e := range entries {
			places = append(places, e.Place)
			if e.Index != i {
				t.Errorf("%s: entry %d has index %d", name, i, e.Index)
			}
		}
		if got != c.want || strings.Join(places, "|") != c.places {
			t.Errorf("%s: %q at %q", name, got, places)
		}
		for _, i := range issues {
			if !i.Warning && name != "empty" {
				t.Errorf("%s: %s", name, i)
			}
		}
	}
	for _, within := range []string{"searchset", "transaction"} {
		if kind, _, _, _ := told(t, bundleOf("batch-response", bundleOf(within, patient("a")))); kind != "batch-response" {
			t.Errorf("a batch-response that holds a %s is a %s", within, kind)
		}
	}
	_, entries, _, _ := told(t, bundleOf("batch-response", searchset, patient("c"))+"\n"+bundleOf("document", patient("d")))
	var within []string
	for _, e := range entries {
		within = append(within, fmt.Sprint(e.Bundle, e.Within))
	}
	if got := strings.Join(within, " "); got != "2searchset 2searchset 1batch-response 3document" {
		t.Errorf("which Bundle an entry is of: %s", got)
	}
}

func TestWhatIsNoRecordIsSkippedAndSaid(t *testing.T) {
	outcome := `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception","diagnostics":"Zebra"},{"severity":"warning","code":"suppressed"}]}`
	for name, src := range map[string]string{
		"alone": outcome, "in a Bundle": bundleOf("searchset", patient("a"), outcome), "a line": patient("a") + "\n" + outcome,
		"nested": bundleOf("batch-response", bundleOf("searchset", outcome)),
	} {
		_, _, got, issues := told(t, src)
		if got != "" && got != "a" {
			t.Errorf("%s: %q", name, got)
		}
		var text string
		for _, i := range issues {
			if i.Rule == "OperationOutcome" && !i.Warning {
				text = i.Text
			}
			if strings.Contains(i.String(), "Zebra") {
				t.Errorf("%s: its text is told", name)
			}
		}
		if text != "1 OperationOutcome was skipped: a server's messages are no records (1 error, 1 warning; exception; suppressed); what it sent may be incomplete" {
			t.Errorf("%s: %q", name, text)
		}
	}
	said := `{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational"}]}`
	for src, wrong := range map[string]bool{said: true, bundleOf("searchset", said): false, bundleOf("searchset", patient("a"), said): false} {
		_, _, _, issues := told(t, src)
		if len(issues) == 0 || issues[0].Warning == wrong || strings.Contains(issues[0].Text, "there is nothing else") != wrong {
			t.Errorf("a server's words in %s: %v", src, issues)
		}
	}
	_, entries, _, issues := told(t, `{"resourceType":"Bundle","type":"batch-response","entry":[{"response":{"status":"201 Created"}},{"response":{"status":"404"}}]}`)
	if len(entries) != 0 || len(issues) != 1 || issues[0].Warning || issues[0].Text != "2 answers without a resource were skipped; 1 of them: the server refused or failed" {
		t.Errorf("%v %v", entries, issues)
	}
	_, entries, _, _ = told(t, `{"resourceType":"Bundle","type":"history","entry":[{"request":{"method":"DELETE","url":"Patient/1"},"response":{"status":"204"}}]}`)
	if len(entries) != 1 || entries[0].Method != "DELETE" || entries[0].URL != "Patient/1" {
		t.Errorf("a DELETE is for the caller: %+v", entries)
	}
}

// TestOutcomesMayBeAllThereIs: what a server says is told by its codes; that there is
// nothing else is no mistake where nothing else is to be expected, and an error is one
// all the same.
func TestOutcomesMayBeAllThereIs(t *testing.T) {
	for _, c := range []struct {
		severity, code string
		expected, fine bool
		text           string
	}{
		{"information", "informational", true, true, "(1 information; informational)"},
		{"information", "informational", false, false, "there is nothing else"},
		{"error", "not-found", true, false, "(1 error; not-found); what it sent may be incomplete"},
		{"warning", "Zebra", true, true, "(1 warning)"},
	} {
		r := NewReader(strings.NewReader(fmt.Sprintf(`{"resourceType":"OperationOutcome","issue":[{"severity":%q,"code":%q}]}`, c.severity, c.code)))
		if c.expected {
			r.ExpectOutcomes()
		}
		if _, err := r.Next(); err != io.EOF {
			t.Fatal(err)
		}
		issues := r.Issues()
		if len(issues) != 1 || issues[0].Warning != c.fine || !strings.HasSuffix(issues[0].Text, c.text) {
			t.Errorf("%+v: %v", c, issues)
		}
	}
}

// TestNothingIsSaidTwice: an issue says place, resource and path once each, and counts as
// people do.
func TestNothingIsSaidTwice(t *testing.T) {
	for _, c := range []struct {
		issue       Issue
		place, want string
	}{
		{Issue{"Observation/1", "Observation.status", "cardinality 1..1", "an element is missing", false}, "entry 3", "entry 3: Observation/1: Observation.status: cardinality 1..1: an element is missing"},
		{Issue{"Observation", "Observation.status", "cardinality 1..1", "an element is missing", false}, "line 1", "line 1: Observation.status: cardinality 1..1: an element is missing"},
		{Issue{"Observation/1", "Observation", "link", "it names nobody", false}, "entry 3", "entry 3: Observation/1: link: it names nobody"},
		{Issue{"Composition", "Composition", "link", "it names nobody", false}, "entry 1", "entry 1: Composition: link: it names nobody"},
		{Issue{"entry 2", "Bundle.entry", "resource", "there is none", false}, "entry 2", "entry 2: Bundle.entry: resource: there is none"},
		{Issue{"line 2, entry 1", "", "response", "skipped", true}, "line 2", "line 2, entry 1: response: skipped"},
		{Issue{"Bundle", "Bundle.link", "pages", "more", true}, "", "Bundle.link: pages: more"},
	} {
		if got := c.issue.At(c.place); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	for src, want := range map[string]string{
		patient("a") + ",\n" + patient("b"):          "line 1: byte 36: a comma follows the resource; in NDJSON nothing stands between two lines",
		"# x\n" + patient("a"):                       "line 1: JSON has no comments",
		patient("a") + "\n{\"resourceType\":\"Pat":   "line 2: byte 57: the JSON ends too early; was it written to the end? fetch or export it again",
		bundleOf("collection", `{"resourceType":1}`): "entry 1: byte 55, line 1: the resourceType is not one of FHIR R4",
		`{"id":"1"}`: "entry 1: no resourceType: this JSON is no FHIR resource",
	} {
		_, entries, _, _ := told(t, src)
		said := ""
		for _, e := range entries {
			if e.Err != nil {
				said = stele.TextOf(e.Err)
			}
		}
		if said != want {
			t.Errorf("%s: %q, want %q", src, said, want)
		}
	}
}

func TestMissingPagesAreSaid(t *testing.T) {
	page := func(total, links string) string {
		return `{"resourceType":"Bundle","type":"searchset"` + total + links + `,"entry":[{"resource":` + patient("a") + `,"search":{"mode":"match"}},{"resource":` + patient("b") + `,"search":{"mode":"include"}}]}`
	}
	next := `,"link":[{"relation":"self","url":"http://x/1"},{"relation":"next","url":"http://x/2"}]`
	for _, c := range []struct{ src, want string }{
		{page(`,"total":250`, next), "this is page 1 of more: 1 of 250 are here; fetch the pages that its next link names, and import them too"},
		{page("", next), "this is page 1 of more: 1 are here; fetch the pages that its next link names, and import them too"},
		{page(`,"total":3`, strings.Replace(next, `"self"`, `"previous"`, 1)), "this is one page of several: 1 of 3 are here; fetch the pages that its next link names, and import them too"},
		{page(`,"total":3`, ""), "this is a part of what was found: 1 of 3 are here"},
		{page(`,"total":1`, ""), ""},
		{page(`,"total":"01"`, ""), ""},
		{page("", ""), ""},
		{bundleOf("batch-response", page(`,"total":9`, next)), "this is page 1 of more: 1 of 9 are here; fetch the pages that its next link names, and import them too"},
		{page(`,"total":2`, next) + "\n" + patient("c"), "this is page 1 of more: 1 of 2 are here; fetch the pages that its next link names, and import them too"},
	} {
		got := ""
		for _, p := range pagesOf(t, c.src) {
			got += p.Issue.Text
		}
		if got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func pagesOf(t *testing.T, src string) []Page {
	t.Helper()
	r := NewReader(strings.NewReader(src))
	for {
		switch _, err := r.Next(); {
		case errors.Is(err, io.EOF):
			return r.Pages()
		case err != nil:
			t.Fatal(err)
		}
	}
}

// TestPagesAreWholeTogether fetches some pages of a search: with links both ways, as
// most servers give them, and with next links alone.
func TestPagesAreWholeTogether(t *testing.T) {
	page := func(n int, back bool) string {
		links := fmt.Sprintf(`{"relation":"self","url":"http://x/%d"}`, n)
		if n < 3 {
			links += fmt.Sprintf(`,{"relation":"next","url":"http://x/%d"}`, n+1)
		}
		if n > 1 && back {
			links += fmt.Sprintf(`,{"relation":"previous","url":"http://x/%d"}`, n-1)
		}
		return fmt.Sprintf(`{"resourceType":"Bundle","type":"searchset","total":3,"link":[%s],"entry":[{"resource":%s}]}`, links, patient("a"))
	}
	for _, c := range []struct {
		pages   []int
		missing string
	}{
		{[]int{1, 2, 3}, "[]"}, {[]int{3, 1, 2}, "[]"}, {[]int{1, 2}, "[1]"}, {[]int{2, 3}, "[0]"}, {[]int{1, 3}, "[0 1]"}, {[]int{1}, "[0]"}, {[]int{3}, "[0]"},
	} {
		for _, back := range []bool{true, false} {
			var all []Page
			for _, n := range c.pages {
				all = append(all, pagesOf(t, page(n, back))...)
			}
			got := fmt.Sprint(Missing(all))
			if !back && c.missing == "[0]" && c.pages[0] == 2 { // nothing says that it has one before it
				got = strings.Replace(got, "[]", "[0]", 1)
			}
			if got != c.missing {
				t.Errorf("of pages %v (links back: %v) %s are not whole, want %s", c.pages, back, got, c.missing)
			}
		}
	}
}

// TestWhatARequestSaysIsNotUnpacked: Parameters of a PATCH or of an operation, and a
// Bundle that is deleted, are entries; what an operation answered is unpacked.
func TestWhatARequestSaysIsNotUnpacked(t *testing.T) {
	inner := `{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"value","resource":` + patient("p") + `}]}]}`
	entry := func(resource, request string) string {
		return `{"resourceType":"Bundle","type":"batch","entry":[{"resource":` + resource + request + `}]}`
	}
	request := func(method string) string { return `,"request":{"method":"` + method + `","url":"Patient/1"}` }
	for what, c := range map[string]struct{ src, want string }{
		"a PATCH":                    {entry(inner, request("PATCH")), "PATCH Parameters"},
		"an operation":               {entry(inner, request("POST")), "POST Parameters"},
		"an answer":                  {entry(inner, ""), " Patient"},
		"by itself":                  {inner, " Patient"},
		"a PATCH without parameters": {entry(`{"resourceType":"Parameters"}`, request("patch")), "patch Parameters"},
		"a Bundle":                   {entry(entry(patient("p"), request("PUT")), request("POST")), "PUT Patient"},
		"a Bundle that goes":         {entry(entry(patient("p"), request("PUT")), request("DELETE")), "1 entries"},
	} {
		_, entries, _, _ := told(t, c.src)
		got := fmt.Sprint(len(entries), " entries")
		if len(entries) == 1 && entries[0].Resource != nil {
			got = entries[0].Method + " " + entries[0].Resource.Type()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}

func TestForeignFilesAreNamed(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, patient("a"))
	z.Close()
	utf16 := func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			b.Write([]byte{c, 0})
		}
		return b.String()
	}
	for name, c := range map[string]struct{ src, want string }{
		"gzip":         {packed.String(), "gzip"},
		"zip":          {"PK\x03\x04\x14\x00\x00", "zip"},
		"tar":          {"a.json" + strings.Repeat("\x00", 251) + "ustar\x0000", "tar"},
		"pdf":          {"%PDF-1.7\n%\xe2\xe3\n1 0 obj", "PDF"},
		"rtf":          {"{\\rtf1\\ansi Hello}", "RTF"},
		"picture":      {"\xff\xd8\xff\xe0\x00\x10JFIF", "picture"},
		"dicom":        {strings.Repeat("\x00", 128) + "DICM\x02\x00", "DICOM"},
		"hl7v2":        {"MSH|^~\\&|LAB|X|EHR|Y|202401011200||ORU^R01|1|P|2.5\rPID|1||123\r", "HL7 v2"},
		"mllp":         {"\x0bMSH|^~\\&|LAB\r", "HL7 v2"},
		"cda":          {"<?xml version=\"1.0\"?>\n<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>", "C-CDA"},
		"fhir xml":     {"\uFEFF<Patient xmlns=\"http://hl7.org/fhir\"><id value=\"a\"/></Patient>", "FHIR in XML"},
		"xml":          {"\n<a/>", "this is XML"},
		"login page":   {"<!DOCTYPE html><html><body>Log in</body></html>", "web page"},
		"turtle":       {"@prefix fhir: <http://hl7.org/fhir/> .", "Turtle"},
		"utf-16":       {"\xff\xfe" + utf16(patient("a")), "UTF-16"},
		"utf-16 plain": {utf16(patient("a")), "UTF-16"},
		"csv":          {"id,name,birthDate\n1,A,2000-01-01\n", "CSV"},
		"csv ;":        {"id;name;birthDate\n1;A;2000-01-01\n", "CSV"},
		"array":        {"[" + patient("a") + ",\n" + patient("b") + "]", "JSON array"},
		"headers":      {"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n\r\n" + patient("a"), "headers"},
		"binary":       {"\x01\x02\x03\x00\x00\x00\x00\x7f", "not a text"},
		"empty":        {"", "the file is empty"},
		"blank":        {" \n\n", "nothing but white space"},
		"words":        {"hello", "starts with an object"},
		"health card":  {"shc:/567629095243206034602924374044603122295953265460346029254077280433602870286471674522280928654331376411774", "SMART Health Card"},
		"token":        {"eyJhbGciOiJFUzI1NiJ9.e30.c2ln", "JWS"},
	} {
		for _, in := range []io.Reader{strings.NewReader(c.src), iotest.OneByteReader(strings.NewReader(c.src))} {
			_, err := NewReader(in).all()
			syntax, ok := errors.AsType[*SyntaxError](err)
			if !ok || !strings.Contains(syntax.Text, c.want) || stele.HintOf(err) == "" {
				t.Errorf("%s: %v, hint %q", name, err, stele.HintOf(err))
			}
		}
	}
}

// TestJSONThatIsNoResourceIsNamed: what comes with resources and is none is named for
// what it is, with what to do.
func TestJSONThatIsNoResourceIsNamed(t *testing.T) {
	for src, want := range map[string]string{
		`{"verifiableCredential":["eyJhbGciOiJFUzI1NiJ9.e30.c2ln"]}`:                         "SMART Health Card: its records are signed and packed",
		`{"iss":"https://x.example","vc":{"credentialSubject":{"fhirBundle":{"entry":[]}}}}`: "jq .vc.credentialSubject.fhirBundle",
		`{"transactionTime":"2026-01-01T00:00:00Z","output":[]}`:                             "manifest of a bulk export",
		`{"id":"1"}`: "no resourceType",
	} {
		_, entries, _, _ := told(t, src)
		if len(entries) != 1 || entries[0].Err == nil || !strings.Contains(stele.TextOf(entries[0].Err), want) {
			t.Errorf("%s: %+v", src, entries)
		}
	}
}

func TestSlipsInJSONAreNamed(t *testing.T) {
	field := func(text string) string { return `{"resourceType":"Patient",` + text + `}` }
	for src, want := range map[string]string{
		field(`"a":065.88`):                        "a number may not begin with 0",
		field(`"a":[1,-01]`):                       "a number may not begin with 0",
		field(`"a":10`) + "0":                      "",
		field(`"a":+1`):                            "a number may not begin with +",
		field(`"a":.5`):                            "a number may not begin with a point",
		field(`"a":-.5`):                           "a number may not begin with a point",
		field(`"a":5.`):                            "a digit follows its point",
		field(`"a":NaN`):                           "NaN",
		field(`"a":-Infinity`):                     "Infinity",
		field(`"a":True`):                          "small letters",
		field(`"a":None`):                          "small letters",
		field(`"a":undefined`):                     "undefined",
		field(`"a":'x'`):                           "double quotes",
		field(`'a':1`):                             "double quotes",
		field(`"a":“x”`):                           "typographic",
		field(`"a":1,`):                            "no comma stands before",
		field(`"a":[1,]`):                          "no comma stands before",
		field(`"a":1 // why`):                      "no comments",
		field(`/* why */ "a":1`):                   "no comments",
		field("\"a\":\u00a01"):                     "no-break space",
		field("\"a\":\uFEFF1"):                     "byte order mark",
		field(`"a":1 "b":2`):                       "a comma is missing",
		field(`"a":1;"b":2`):                       "separated by commas",
		field(`"a":1,"a":2`):                       "a key twice",
		field("\"a\":\"x\ny\""):                    "a line ends inside a text",
		field("\"a\":\"x\ty\""):                    "a tab",
		field(`"a":"\ud800"`):                      "surrogate",
		field("\"a\":\"M\xfcller\""):               "Latin-1",
		`{"resourceType":"Patient","a":1` + "\n\n": "ends too early",
	} {
		if want == "" {
			continue
		}
		_, err := Parse([]byte(src))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse %q: %v, want %q", src, err, want)
		}
		_, entries, err := drain(strings.NewReader(src))
		for _, e := range entries {
			err = errors.Join(err, e.Err)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Reader %q: %v, want %q", src, err, want)
		}
	}
}

func drain(in io.Reader) (r *Reader, entries []Entry, err error) {
	r = NewReader(in)
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r, entries, nil
		}
		if err != nil {
			return r, entries, err
		}
		entries = append(entries, e)
	}
}

func TestWhyATextIsNotOfItsType(t *testing.T) {
	for typ, texts := range map[string]map[string]string{
		"dateTime": {
			"2023-09-04T21:28:00": "has no zone", "2023-09-04T21:28:00.5": "has no zone", "2023-09-04T21:28Z": "has no seconds", "2023-09-04T21:28": "has no seconds",
			"2023-09-04 21:28:00Z": "a T stands between", "2023-09-04T": "should follow the T", "2023-09-04T21:28:00+0200": "written like +02:00",
			"2023-09-04T21:28:00z": "capital", "2023-9-4": "month and day have two", "20230904": "hyphens", "04/09/2023": "year-month-day", "04.09.2023": "year-month-day",
			"2023-02-30": "not in the calendar", "2023-02-30T10:00:00Z": "not in the calendar", "2023-13": "not in the calendar", "0000": "no year 0",
			"yesterday": "in digits", "2023-09-04T25:00:00Z": "not on the clock", "2023-09-04T10:00:00+15:00": "14 hours", "2023-09-04T10:00:00,5Z": "follow a point",
			"23": "four digits",
		},
		"instant":      {"2023-09-04": "exact to the second", "2023-09-04T21:28:00": "has no zone"},
		"date":         {"2023-09-04T21:28:00Z": "no time", "2023-02-29": "calendar", "04-09-2023": "year-month-day"},
		"time":         {"10:00": "no seconds", "10:00:00Z": "no zone", "24:00:00": "clock", "ten": "hh:mm:ss"},
		"id":           {"a_b": "only letters", strings.Repeat("a", 65): "64 characters"},
		"code":         {" a": "no space at its ends"},
		"uri":          {"a b": "no white space"},
		"url":          {"a b": "no white space"},
		"canonical":    {"a b": "no white space"},
		"base64Binary": {"A": "groups of four"},
		"oid":          {"1.2.3": "begins with urn:oid:", "urn:oid:1.02": "none with a 0"},
		"uuid":         {"c757873d": "begins with urn:uuid:", "urn:uuid:X": "hexadecimal"},
		"positiveInt":  {"0": "1 or more", "1.5": "no point", "9999999999": "32 bits"},
		"unsignedInt":  {"-1": "0 or more"},
		"integer":      {"1e3": "exponent"},
		"string":       {"\x01": "control", strings.Repeat("a", 1<<20+1): "1,048,576"},
		"markdown":     {"\x01": "control"},
		"xhtml":        {"x": "one div"},
	} {
		for text, want := range texts {
			if primitives[typ].ok([]byte(text)) {
				t.Errorf("%s %q is good", typ, text)
			}
			if got := why(typ, []byte(text)); !strings.Contains(got, want) {
				t.Errorf("%s %q: %q, want %q", typ, text, got, want)
			}
		}
	}
	for src, want := range map[string]string{
		`{"resourceType":"Patient","active":"true"}`:                                                                    "true and false stand without quotes",
		`{"resourceType":"Patient","multipleBirthInteger":"1"}`:                                                         "a number stands without quotes",
		`{"resourceType":"Patient","birthDate":1980}`:                                                                   "a text stands in quotes",
		`{"resourceType":"Patient","gender":{"x":1}}`:                                                                   "not an object",
		`{"resourceType":"Observation","status":"final","code":{"text":"T"},"effectiveDateTime":"2023-09-04T21:28:00"}`: "the time has no zone",
	} {
		r, err := Parse([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if issues := r.Validate(); len(issues) == 0 || !strings.Contains(issues[0].Text, want) {
			t.Errorf("%s: %v", src, issues)
		}
	}
}

func TestOtherReleasesAreNamed(t *testing.T) {
	for src, want := range map[string]string{
		`{"resourceType":"MedicationOrder","status":"active"}`:                                                                                                                                                      "DSTU2",
		`{"resourceType":"ProcedureRequest","status":"active"}`:                                                                                                                                                     "STU3",
		`{"resourceType":"GenomicStudy","status":"available"}`:                                                                                                                                                      "R5",
		`{"resourceType":"Condition","clinicalStatus":"active","code":{"text":"X"},"subject":{"reference":"Patient/u"}}`:                                                                                            "STU3",
		`{"resourceType":"AllergyIntolerance","clinicalStatus":"active","patient":{"reference":"Patient/u"}}`:                                                                                                       "STU3",
		`{"resourceType":"Immunization","status":"completed","notGiven":true,"vaccineCode":{"text":"M"},"patient":{"reference":"Patient/u"},"date":"2017-01-01"}`:                                                   "STU3",
		`{"resourceType":"Observation","status":"final","code":{"text":"T"},"comment":"x"}`:                                                                                                                         "STU3",
		`{"resourceType":"Observation","status":"final","code":{"text":"T"},"context":{"reference":"Encounter/1"}}`:                                                                                                 "STU3",
		`{"resourceType":"MedicationStatement","status":"active","taken":"y","subject":{"reference":"Patient/1"}}`:                                                                                                  "STU3",
		`{"resourceType":"MedicationRequest","intent":"order","status":"active","medicationCodeableConcept":{"text":"x"},"subject":{"reference":"Patient/1"},"requester":{"agent":{"reference":"Practitioner/1"}}}`: "STU3",
		`{"resourceType":"MedicationRequest","intent":"order","status":"active","medication":{"concept":{"text":"x"}},"subject":{"reference":"Patient/1"}}`:                                                         "R5",
		`{"resourceType":"Encounter","status":"completed","class":[{"text":"x"}],"actualPeriod":{"start":"2024"}}`:                                                                                                  "R5",
		`{"resourceType":"Encounter","status":"finished","class":"inpatient"}`:                                                                                                                                      "DSTU2",
		`{"resourceType":"Patient","meta":{"profile":["https://fhir.nhs.uk/STU3/StructureDefinition/X"]},"nhs":1}`:                                                                                                  "STU3",
		`{"resourceType":"CapabilityStatement","status":"active","fhirVersion":"3.0.1","acceptUnknown":"no"}`:                                                                                                       "STU3",
		`{"resourceType":"Observation","status":"final","code":{"text":"T"},"colour":1}`:                                                                                                                            "",
	} {
		text := ""
		if r, err := Parse([]byte(src)); err != nil {
			text = err.Error()
		} else if issues := r.Validate(); len(issues) > 0 {
			text = issues[0].Text
		}
		if text == "" || strings.Contains(text, "this looks like") != (want != "") || !strings.Contains(text, want) {
			t.Errorf("%s: %q, want %q", src, text, want)
		}
	}
	if r, err := Parse([]byte(`{"resourceType":"Patient","meta":{"profile":["https://x/STU3/y"]}}`)); err != nil || len(r.Validate()) > 0 {
		t.Error("what is good as R4 stays good, whatever it says")
	}
}

// The tables of other releases must not name what R4 has.
func TestOtherReleasesAreNotR4(t *testing.T) {
	for name := range otherTypes {
		if tables().types[name] != nil {
			t.Errorf("R4 has %s", name)
		}
	}
	for path, release := range otherElements {
		path, shape, shaped := strings.Cut(path, "=")
		steps := strings.Split(path, ".")
		typ := tables().types[steps[0]]
		var p *property
		for _, step := range steps[1:] {
			if typ == nil {
				break
			}
			if p = typ.property([]byte(step)); p != nil {
				typ = p.typ
			}
		}
		if typ == nil && otherTypes[steps[0]] == "" {
			t.Errorf("%s: R4 has no such type", path)
		}
		if (p != nil) != shaped {
			t.Errorf("%s of %s: R4 has it", path, release)
		}
		if shaped && p != nil {
			e := tables().types[steps[0]].elements[p.element]
			if shape == "array" && e.max != 1 || shape == "string" && p.typ.kind == 'P' || shape == "object" && p.typ.kind != 'P' {
				t.Errorf("%s: R4 has it with this JSON", path)
			}
		}
	}
}

// caseFile reads a file of the collection of inputs that went wrong, or skips.
func caseFile(t *testing.T, name string) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "..", "shared", "cases", "fhir", name))
	if err != nil {
		t.Skip("the collection of cases is not here; the inputs above are of the same kinds")
	}
	return string(src)
}

func TestCasesOfDoors(t *testing.T) {
	text := func(issues []Issue) string { return fmt.Sprint(issues) }
	validated := func(entries []Entry) string {
		out := ""
		for _, e := range entries {
			if e.Err != nil {
				out += e.Err.Error() + "\n"
			} else {
				out += text(e.Resource.Validate()) + "\n"
			}
		}
		return out
	}
	for name, c := range map[string]struct {
		ids  string
		says []string // in the issues of the stream or of its entries
	}{
		"33-batch-response-nested-searchset.json": {"na", nil},
		"36-searchset-next-and-outcome.json":      {"h o1", []string{"page 1 of more: 1 of 250", "1 OperationOutcome was skipped", "(1 warning; suppressed)"}},
		"38-ndjson-of-bundles.ndjson":             {"u xb0 u xb1", nil},
		"42-message-no-zone.ndjson":               {"u tz1", []string{"the time has no zone"}},
		"43-message-leading-zero.ndjson":          {"u !2 z4", []string{"a number may not begin with 0"}},
		"44-message-stu3.ndjson":                  {"u !2 s3 s3a s3i", []string{"this looks like DSTU2", "this looks like STU3"}},
	} {
		t.Run(name[:2], func(t *testing.T) {
			_, entries, got, issues := told(t, caseFile(t, name))
			if got != c.ids {
				t.Errorf("%q, want %q", got, c.ids)
			}
			for _, want := range c.says {
				for _, p := range pagesOf(t, caseFile(t, name)) {
					issues = append(issues, p.Issue)
				}
				if all := text(issues) + validated(entries); !strings.Contains(all, want) {
					t.Errorf("nobody says %q:\n%s", want, all)
				}
			}
		})
	}
	t.Run("46", func(t *testing.T) {
		_, err := NewReader(strings.NewReader(caseFile(t, filepath.Join("46-gz-in-folder", "Immunization.000.ndjson.gz")))).all()
		if err == nil || !strings.Contains(err.Error(), "gzip") || !strings.Contains(stele.HintOf(err), "gunzip") {
			t.Errorf("%v", err)
		}
	})
}

// FuzzForeign gives the judges of whole files and of slips any bytes.
func FuzzForeign(f *testing.F) {
	for _, seed := range []string{"PK\x03\x04", "<a", "a,b,c\n", "\xff\xfe{", "MSH|", "'", "+1", "0", "{\"resourceType\"", "2023-09-04T21:28:00", "\\u12"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if s := sniff(src); s != nil && (s.text == "" || s.hint == "") {
			t.Fatal("named without a word")
		}
		for at := range len(src) + 1 {
			slip(src[at:])
			afterItem(src[:at], src[at:])
		}
		badEscape(src)
		resourceStart(src)
		if len(src) == 0 {
			return
		}
		for typ, check := range primitives {
			if check.json == stringNode && !check.ok(src) && why(typ, src) == "" {
				t.Fatalf("%s is refused without a word", typ)
			}
		}
	})
}
