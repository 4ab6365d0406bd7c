package care

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wallet"
)

// TestManyChartsNamed names a few people and counts the others; no one stands for two.
func TestManyChartsNamed(t *testing.T) {
	names := map[stele.Subject]string{}
	im := importing{whom: func(subject stele.Subject) string { return names[subject] }}
	var all []stele.Subject
	for i := range 8 {
		subject := stele.Subject{byte(i + 1)}
		names[subject] = fmt.Sprint("P", i+1)
		all = append(all, subject)
	}
	for n, want := range map[int]string{0: "", 1: "P1", 5: "P1, P2, P3, P4, P5", 6: "P1, P2, P3, P4, P5, 1 more", 8: "P1, P2, P3, P4, P5, 3 more"} {
		if got := im.people(all[:n]); got != want {
			t.Errorf("%d people are %q, want %q", n, got, want)
		}
	}
}

// TestChartsNamedByNobodyAreToBeLinked: linking is advised where nothing else is wrong.
func TestChartsNamedByNobodyAreToBeLinked(t *testing.T) {
	link, other := "line 1: Patient: link: its patient is not linked here", "line 2: Patient.id: type id: an id has only letters"
	for _, c := range []struct {
		issues []string
		want   bool
	}{{nil, false}, {[]string{link}, true}, {[]string{link, link}, true}, {[]string{other}, false}, {[]string{link, other}, false}, {[]string{other, link}, false}} {
		if got := unlinked(wallet.Imported{Issues: c.issues}); got != c.want {
			t.Errorf("%q: %v", c.issues, got)
		}
	}
}

// TestWhatAFolderHidesIsNotAnExport: what begins with a dot is passed over unless it is
// named, and what is packed is refused where it is named.
func TestWhatAFolderHidesIsNotAnExport(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a.json", ".hidden.json", ".trash/b.json", "c/d.json", "e.ndjson.gz", "README"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(`{"id":"x"}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := func(names ...string) (paths []string) {
		for _, name := range names {
			paths = append(paths, filepath.Join(folder, name))
		}
		return paths
	}
	all, err := filesOf([]string{folder})
	if err != nil || !slices.Equal(all.files, in("a.json", "c/d.json")) || !slices.Equal(all.hidden, in(".hidden.json", ".trash")) || !slices.Equal(all.unread, in("e.ndjson.gz")) {
		t.Errorf("%+v, %v", all, err)
	}
	for _, name := range []string{".hidden.json", "README"} {
		if all, err := filesOf(in(name)); err != nil || !slices.Equal(all.files, in(name)) {
			t.Errorf("%s, named: %+v, %v", name, all, err)
		}
	}
	if all, err := filesOf(in(".trash")); err != nil || len(all.files) != 1 {
		t.Errorf(".trash, named: %+v, %v", all, err)
	}
	for _, name := range []string{"f.ndjson.gz.1", "g.ndjson.gzip", "h"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("\x1f\x8b\x08"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := filesOf([]string{folder}); err != nil || !slices.Equal(all.unread, in("e.ndjson.gz", "f.ndjson.gz.1", "g.ndjson.gzip", "h")) || !isPacked(all.unread[3]) {
		t.Errorf("packed, and called otherwise: %+v, %v", all, err)
	}
	if _, err := filesOf(in("e.ndjson.gz")); stele.KindOf(err) != stele.KindInvalid || stele.HintOf(err) == "" {
		t.Errorf("packed, and named: %v", err)
	}
}
