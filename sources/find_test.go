package sources

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

// TestAFileIsOfItsExportsTime: by the nearest list that names it, by the earlier of two.
func TestAFileIsOfItsExportsTime(t *testing.T) {
	folder := t.TempDir()
	cut, list := filepath.Join(folder, "cut.json"), filepath.Join(folder, "list.json")
	if err := os.WriteFile(list, []byte(`{"transactionTime":"2026-01-01T00:00:00Z","output":[{"type":"Patient","url":"https://e/1.ndjson"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := Several([]string{"a", "b", "c", "d", "e"}); got != "a, b, c and 2 more" {
		t.Error(got)
	}
	lacking := Found{Files: []string{cut}}
	if lacking.hold(list); len(lacking.Missing) != 1 || lacking.Missing[0].Manifest != list {
		t.Errorf("%+v", lacking.Missing)
	}
	// A file is of its export's time.
	deleted := filepath.Join(filepath.Dir(list), "Observation.deleted.json")
	is, err := os.ReadFile(list)
	if err == nil {
		is = bytes.Replace(is, []byte(`"output"`), []byte(`"deleted":[{"type":"Bundle","url":"https://h.example/Observation.deleted.json"}],"output"`), 1)
		err = os.WriteFile(list, is, 0o600)
	}
	of := Found{Files: []string{deleted}}
	if of.hold(list); err != nil || of.Of[deleted] == "" || of.Of[deleted] != manifestOf(list).TransactionTime {
		t.Errorf("%s is of %q, %v", deleted, of.Of[deleted], err)
	}
	// What lies beside a nearer list is that one's; what two lists claim is of the earlier.
	archive := filepath.Join(filepath.Dir(list), "archive")
	older := filepath.Join(archive, "list.json")
	theirs := filepath.Join(archive, "Observation.deleted.json")
	err = errors.Join(os.Mkdir(archive, 0o700), os.WriteFile(older, bytes.Replace(is, []byte("2026-01-01"), []byte("2025-01-01"), 1), 0o600))
	all := Found{Files: []string{theirs, deleted}, Manifests: []string{list, older}}
	for _, m := range []string{older, list} {
		all.hold(m)
	}
	if err != nil || all.Of[deleted] != "2026-01-01T00:00:00Z" || all.Of[theirs] != "2025-01-01T00:00:00Z" {
		t.Errorf("they are of %q, %v", all.Of, err)
	}
	all.isOf(deleted, "2025-06-01T00:00:00Z")
	if all.isOf(deleted, "2025-07-01T00:00:00Z"); all.Of[deleted] != "2025-06-01T00:00:00Z" {
		t.Errorf("what two claim is of %s", all.Of[deleted])
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
	all, err := Find([]string{folder})
	if err != nil || !slices.Equal(all.Files, in("a.json", "c/d.json")) || !slices.Equal(all.Hidden, in(".hidden.json", ".trash")) || !slices.Equal(all.Unread, in("e.ndjson.gz")) {
		t.Errorf("%+v, %v", all, err)
	}
	for _, name := range []string{".hidden.json", "README"} {
		if all, err := Find(in(name)); err != nil || !slices.Equal(all.Files, in(name)) {
			t.Errorf("%s, named: %+v, %v", name, all, err)
		}
	}
	if all, err := Find(in(".trash")); err != nil || len(all.Files) != 1 {
		t.Errorf(".trash, named: %+v, %v", all, err)
	}
	for _, name := range []string{"f.ndjson.gz.1", "g.ndjson.gzip", "h"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("\x1f\x8b\x08"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := Find([]string{folder}); err != nil || !slices.Equal(all.Unread, in("e.ndjson.gz", "f.ndjson.gz.1", "g.ndjson.gzip", "h")) || !IsPacked(all.Unread[3]) {
		t.Errorf("packed, and called otherwise: %+v, %v", all, err)
	}
	if _, err := Find(in("e.ndjson.gz")); stele.KindOf(err) != stele.KindInvalid || stele.HintOf(err) == "" {
		t.Errorf("packed, and named: %v", err)
	}
}

// TestAFolderThatCantBeReadIsNamed: the one within, not the one that was typed.
func TestAFolderThatCantBeReadIsNamed(t *testing.T) {
	err := unreadable("charts", &fs.PathError{Op: "open", Path: "charts/ward", Err: fs.ErrPermission})
	if text := stele.TextOf(err); !strings.Contains(text, "charts/ward: this user may not read it") || stele.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
}
