package database_test

import (
	"archive/zip"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele/database"
)

// testdata/earlier.zip is a database that Pebble 1.1.2 wrote at its oldest form, which
// is what the engine of the last release used: of the keys 0 to 2999 all were set (turn
// 1), flushed, 1000 to 1999 set again (2), every third removed, flushed, half of it
// compacted, 1900 to 2099 set again (3), flushed; 0 to 499 were removed, 2500 to 2599 set
// again (4), and key 9999 set, in the log alone.
func wantEarlier() map[string]string {
	want := map[string]string{"key 09999": "last"}
	for i := range 3000 {
		turn := 1
		switch {
		case i >= 2500 && i < 2600:
			turn = 4
		case i >= 1900 && i < 2100:
			turn = 3
		case i%3 == 0 || i < 500:
			continue
		case i >= 1000 && i < 2000:
			turn = 2
		}
		want[fmt.Sprintf("key %05d", i)] = fmt.Sprintf("value %d of turn %d", i, turn)
	}
	return want
}

// TestADatabaseOfTheFirstPebbleIsReadAndNotChanged: tables, tombstones and the log count
// as they did, and afterwards every file is as it was.
func TestADatabaseOfTheFirstPebbleIsReadAndNotChanged(t *testing.T) {
	folder := unzipped(t)
	before := files(t, folder)
	if !database.Earlier(folder, vfs.Default) {
		t.Error("it is not known for what it is")
	}
	if db, err := database.Open("chain", folder, vfs.Default, log); err == nil {
		db.Close()
		t.Error("it opens as one of today's")
	}
	db, err := database.OpenEarlier("chain", folder, vfs.Default, log)
	if err != nil {
		t.Fatal(err)
	}
	it, err := db.NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	want, got := wantEarlier(), map[string]string{}
	for ok := it.First(); ok; ok = it.Next() {
		got[string(it.Key())] = string(it.Value())
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	for k, v := range want {
		if got[k] != v {
			t.Fatalf("%s reads %q, want %q", k, got[k], v)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d keys are read, want %d", len(got), len(want))
	}
	if err := db.Set([]byte("key"), []byte("value"), nil); err == nil {
		t.Error("it takes a new key")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	after := files(t, folder)
	for name, raw := range before {
		if after[name] != raw {
			t.Errorf("%s was changed", name)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d files became %d", len(before), len(after))
	}
}

// TestADatabaseWithoutItsManifestIsNotTakenForAnEmptyOne: what is torn is an error.
func TestADatabaseWithoutItsManifestIsNotTakenForAnEmptyOne(t *testing.T) {
	for _, torn := range []string{"CURRENT", "MANIFEST-000001", "000010.sst"} {
		folder := unzipped(t)
		if err := os.Remove(filepath.Join(folder, torn)); err != nil {
			t.Fatal(err)
		}
		if db, err := database.OpenEarlier("chain", folder, vfs.Default, log); err == nil {
			db.Close()
			t.Errorf("it opens without %s", torn)
		}
	}
	folder := unzipped(t)
	if err := os.WriteFile(filepath.Join(folder, "CURRENT"), []byte("../elsewhere/MANIFEST-000001\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := database.OpenEarlier("chain", folder, vfs.Default, log); err == nil {
		t.Error("a manifest elsewhere is read")
	}
}

// unzipped lays out that database in a folder of its own.
func unzipped(t *testing.T) string {
	t.Helper()
	z, err := zip.OpenReader("testdata/earlier.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	folder := filepath.Join(t.TempDir(), "unzipped")
	if err := os.CopyFS(folder, z); err != nil {
		t.Fatal(err)
	}
	return folder
}

// files returns the files of a folder by name.
func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(raw)
	}
	return out
}
