package disktest

import (
	"archive/zip"
	"os"
	"path/filepath"
	"testing"
)

// Unzip returns a folder of its own with what lies in an archive: a folder that an
// earlier release left.
func Unzip(t testing.TB, archive string) string {
	t.Helper()
	z, err := zip.OpenReader(archive)
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
