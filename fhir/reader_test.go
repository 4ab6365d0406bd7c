package fhir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReaderReadsEveryKind(t *testing.T) {
	bundle := func(kind string) string {
		return `{"resourceType":"Bundle","id":"b","type":"` + kind + `","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"1"}}, {"fullUrl":"urn:uuid:2","resource":{"resourceType":"Patient","id":"2"}}],"total":2}`
	}
	for _, c := range []struct {
		name, src string
		kind      Kind
		ids       string
	}{
		{"single", ` {"resourceType":"Patient","id":"1"} `, Single, "1 "},
		{"byte order mark", "\uFEFF{\"resourceType\":\"Patient\",\"id\":\"1\"}", Single, "1 "},
		{"ndjson", "{\"resourceType\":\"Patient\",\"id\":\"1\"}\r\n\r\n\n{\"resourceType\":\"Patient\",\"id\":\"2\"}\n", NDJSON, "1 2 "},
		{"a List has entries too", `{"resourceType":"List","id":"1","entry":[{"item":{"reference":"Patient/1"}}]}`, Single, "1 "},
		{"searchset", bundle("searchset"), "searchset", "1 2 "},
		{"collection", bundle("collection"), "collection", "1 2 "},
		{"document", bundle("document"), "document", "1 2 "},
		{"entry first", `{"entry":[{"resource":{"resourceType":"Patient","id":"1"}},{"resource":{"resourceType":"Patient","id":"2"}}],"resourceType":"Bundle","type":"collection"}`, "collection", "1 2 "},
		{"no entries", `{"resourceType":"Bundle","type":"collection"}`, "collection", ""},
	} {
		for _, r := range []io.Reader{strings.NewReader(c.src), iotest.OneByteReader(strings.NewReader(c.src))} {
			kind, entries, issues := readAll(t, r)
			ids := ""
			for i, e := range entries {
				if e.Err != nil || e.Index != i {
					t.Fatalf("%s: entry %d: %v", c.name, e.Index, e.Err)
				}
				ids += e.Resource.ID() + " "
			}
			if kind != c.kind || ids != c.ids {
				t.Errorf("%s: kind %s, ids %s", c.name, kind, ids)
			}
			if len(issues) > 0 && c.kind != "collection" && c.kind != "document" {
				t.Errorf("%s: %v", c.name, issues)
			}
		}
	}
}

func TestReaderKeepsGoodEntriesBesideBrokenOnes(t *testing.T) {
	src := `{"resourceType":"Bundle","type":"batch","entry":[
{"resource":{"resourceType":"Patient","id":"1"},"request":{"method":"PUT","url":"Patient/1"}},
{"resource":{"resourceType":"Patient","id":"2","id":"3"},"request":{"method":"PUT","url":"Patient/2"}},
{"resource":{"resourceType":"Patient","id":"4"}}]}`
	_, entries, _ := readAll(t, strings.NewReader(src))
	if len(entries) != 3 || entries[0].Err != nil || entries[1].Err == nil || entries[2].Err != nil {
		t.Fatalf("%+v", entries)
	}
	if e := entries[0]; e.Method != "PUT" || e.URL != "Patient/1" || len(e.Issues) > 0 {
		t.Errorf("%+v", e)
	}
	if syntax, ok := errors.AsType[*SyntaxError](entries[1].Err); !ok || syntax.Line != 3 {
		t.Errorf("%v should name line 3", entries[1].Err)
	}
	if i := entries[2].Issues; len(i) != 1 || i[0].Rule != "bdl-3" || i[0].Path != "Bundle.entry[2]" || i[0].Resource != "Patient/4" {
		t.Errorf("%+v", i)
	}
	lines := "{\"resourceType\":\"Patient\",\"id\":\"1\"}\n{\"resourceType\":\n{\"resourceType\":\"Patient\",\"id\":\"3\"}"
	_, entries, _ = readAll(t, strings.NewReader(lines))
	if len(entries) != 3 || entries[1].Err == nil || entries[2].Resource.ID() != "3" {
		t.Errorf("NDJSON: %+v", entries)
	}
}

func TestReaderReportsDoubles(t *testing.T) {
	src := func(kind, second string) string {
		return `{"resourceType":"Bundle","type":"` + kind + `","entry":[
{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"1"},"request":{"method":"PUT","url":"Patient/1"}},
{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"1"` + second + `},"request":{"method":"PUT","url":"Patient/1"}}]}`
	}
	found := func(kind, second string) string {
		return `{"resourceType":"Bundle","type":"` + kind + `","entry":[
{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Encounter"},"request":{"method":"PUT","url":"Encounter?identifier=1"}},
{"fullUrl":"urn:uuid:2","resource":{"resourceType":"Encounter"},"request":{"method":"PUT","url":"Encounter?identifier=` + second + `"}}]}`
	}
	for _, c := range []struct{ src, want string }{
		{found("transaction", "1"), "duplicate resource false "},
		{found("batch", "1"), "duplicate resource true "},
		{found("transaction", "2"), ""},
		{src("transaction", ""), "bdl-7 false duplicate resource false "},
		{src("batch", ""), "bdl-7 false duplicate resource true "},
		{src("batch", `,"meta":{"versionId":"2"}`), "duplicate resource true "},
		{src("history", ""), ""},
	} {
		_, entries, _ := readAll(t, strings.NewReader(c.src))
		got := ""
		for _, i := range entries[1].Issues {
			got += fmt.Sprint(i.Rule, " ", i.Warning, " ")
		}
		if got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestReaderNamesWhereAStreamBreaks(t *testing.T) {
	src := "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\n\"entry\":[\n{\"resource\":{\"resourceType\":\"Patient\"},\"request\":{\"method\":\"PUT\",\"url\":\"x\"}}],\"total\":1}"
	for n := range len(src) {
		r := NewReader(strings.NewReader(src[:n]))
		var err error
		for err == nil {
			_, err = r.Next()
		}
		syntax, ok := errors.AsType[*SyntaxError](err)
		if !ok || syntax.Offset != int64(n) || syntax.Line != 1+strings.Count(src[:n], "\n") {
			t.Errorf("cut at %d: %v", n, err)
		}
		if n > 0 && (syntax.Text != "the JSON ends too early" || syntax.Hint == "") {
			t.Errorf("cut at %d: it is said that %s", n, syntax.Text)
		}
	}
	for around, want := range map[string]string{
		`"total":1`: "", `"total":1,"total":2`: "around its entries", `"type":"batch"`: "around its entries", `"entry":[]`: "around its entries",
		`"total":01`: "0", `"total"`: "colon", `"total":1 "id":"x"`: "comma",
	} {
		_, err := NewReader(strings.NewReader(src[:len(src)-len(`"total":1}`)] + around + "}")).all()
		if syntax, ok := errors.AsType[*SyntaxError](err); ok != (want != "") || ok && !strings.Contains(syntax.Text, want) {
			t.Errorf("%s: %v, want %q", around, err, want)
		}
	}
	if kind, entries, _ := readAll(t, strings.NewReader(`{"resourceType":"Patient"}`+" trailing")); kind != Single || len(entries) != 1 || entries[0].Err == nil {
		t.Errorf("trailing garbage was not seen: %s %+v", kind, entries)
	}
	if _, entries, _ := readAll(t, strings.NewReader(src+"x")); len(entries) != 2 || entries[1].Err == nil {
		t.Errorf("garbage after a Bundle was not seen: %+v", entries)
	}
	failing := io.MultiReader(strings.NewReader(src[:60]), iotest.ErrReader(io.ErrClosedPipe))
	if _, err := NewReader(failing).all(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func (r *Reader) all() (n int, err error) {
	for {
		if _, err = r.Next(); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return n, err
		}
		n++
	}
}

// manyEntries is a Bundle of n entries that is never in memory.
func manyEntries(n int) io.Reader {
	pr, pw := io.Pipe()
	go func() {
		fmt.Fprint(pw, `{"resourceType":"Bundle","type":"collection","entry":[`)
		pad := strings.Repeat("x", 2000)
		for i := range n {
			if i > 0 {
				fmt.Fprint(pw, ",\n")
			}
			fmt.Fprintf(pw, `{"fullUrl":"urn:x:%d","resource":{"resourceType":"Patient","id":"p%d","name":[{"text":"%s"}]}}`, i, i, pad)
		}
		fmt.Fprint(pw, "]}")
		pw.Close()
	}()
	return pr
}

func TestReaderStreamsALargeBundle(t *testing.T) {
	const n = 20_000 // 42 MB
	r := NewReader(manyEntries(n))
	var m runtime.MemStats
	peak := uint64(0)
	for i := range n {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		if i%5000 == 4999 {
			runtime.GC()
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if peak > 20<<20 {
		t.Errorf("%d MB alive while streaming", peak>>20)
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("{\"resourceType\":\"Patient\"}\n\n{\"resourceType\":\"Patient\"}"))
	f.Add([]byte(`{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient"}},1,{}],"total":1}`))
	f.Add([]byte(`{"entry":[{}],"resourceType":"Bundle","type":"history"}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		r := NewReader(bytes.NewReader(src))
		n, err := r.all()
		if n > len(src) {
			t.Fatal("more entries than bytes")
		}
		one := NewReader(iotest.OneByteReader(bytes.NewReader(src)))
		m, err2 := one.all()
		if n != m || (err == nil) != (err2 == nil) {
			t.Fatalf("the answer depends on how the bytes arrive: %d %v, %d %v", n, err, m, err2)
		}
	})
}
