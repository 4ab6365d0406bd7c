package cli

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stele-health/stele"
)

// TestNothingIsWrittenOver: an existing file stays without --force; links, pipes,
// sockets, devices and folders stay with it, and so does what they point to.
func TestNothingIsWrittenOver(t *testing.T) {
	in := t.TempDir()
	at := func(name string) string { return filepath.Join(in, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(at("precious"), []byte("precious"), 0o600))
	must(os.Symlink(at("precious"), at("link")))
	must(os.Symlink(at("nowhere"), at("dangling")))
	must(os.Symlink("/dev/null", at("device")))
	must(os.Mkdir(at("folder"), 0o700))
	must(os.Symlink(at("folder"), at("folderlink")))
	must(syscall.Mkfifo(at("pipe"), 0o600))
	planted := []string{"link", "dangling", "device", "folder", "folderlink", "pipe"}
	// A node of the test's own, where it may make one: the machine's would be replaced
	// if the rule did not hold.
	if err := syscall.Mknod(at("null"), syscall.S_IFCHR|0o600, 1<<8|3); err == nil {
		planted = append(planted, "null")
	} else {
		t.Logf("no device node can be made here: %v", err)
	}
	for _, force := range []bool{false, true} {
		for _, name := range planted {
			path := at(name)
			before, err := os.Lstat(path)
			must(err)
			if err := (Target{path, force}).Write(Content([]byte("new"))); stele.KindOf(err) != stele.KindExists {
				t.Errorf("over %s, force %v: %v", name, force, err)
			}
			if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
				t.Errorf("%s was replaced, force %v", name, force)
			}
		}
	}
	if _, err := os.Lstat(at("nowhere")); err == nil {
		t.Error("a dangling link was written through")
	}
	if err := (Target{Path: at("precious")}).Write(Content([]byte("new"))); stele.KindOf(err) != stele.KindExists {
		t.Errorf("over a file: %v", err)
	}
	if raw, _ := os.ReadFile(at("precious")); string(raw) != "precious" {
		t.Errorf("the file holds %q", raw)
	}
	must(Target{at("precious"), true}.Write(Content([]byte("new"))))
	must(Target{Path: at("fresh")}.Write(Content([]byte("new"))))
	for _, name := range []string{"precious", "fresh"} {
		info, err := os.Lstat(at(name))
		must(err)
		if raw, _ := os.ReadFile(at(name)); string(raw) != "new" || info.Mode().Perm() != 0o600 {
			t.Errorf("%s holds %q, %v", name, raw, info.Mode())
		}
	}
}

// TestWhatAppearsMeanwhileStays: between the look and the writing somebody makes a
// file or a link there.
func TestWhatAppearsMeanwhileStays(t *testing.T) {
	in := t.TempDir()
	precious := filepath.Join(in, "precious")
	for name, appear := range map[string]func(string) error{
		"file": func(p string) error { return os.WriteFile(p, []byte("theirs"), 0o600) },
		"link": func(p string) error { return os.Symlink(precious, p) },
	} {
		path := filepath.Join(in, name)
		err := Target{Path: path}.Write(func(w *bufio.Writer) error { return errors.Join(appear(path), Content([]byte("new"))(w)) })
		if stele.KindOf(err) != stele.KindExists {
			t.Errorf("%s: %v", name, err)
		}
		made := filepath.Join(in, name+".made")
		if err := os.WriteFile(made, []byte("new"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := (Target{Path: path}).take(made); !errors.Is(err, fs.ErrExist) {
			t.Errorf("taking the name of a %s: %v", name, err)
		}
		if err := moveInto(made, path); !errors.Is(err, fs.ErrExist) {
			t.Errorf("moving over a %s: %v", name, err)
		}
	}
	if _, err := os.Lstat(precious); err == nil {
		t.Error("a link that appeared was written through")
	}
	left, _ := filepath.Glob(filepath.Join(in, ".stele-*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestAFileIsWholeOrNotThere: content that fails leaves what was there.
func TestAFileIsWholeOrNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := (Target{path, true}).Write(func(w *bufio.Writer) error { w.WriteString("half"); return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if raw, _ := os.ReadFile(path); string(raw) != "old" {
		t.Errorf("the file holds %q", raw)
	}
}

// TestAFolderIsCheckedBeforeItsFirstFile.
func TestAFolderIsCheckedBeforeItsFirstFile(t *testing.T) {
	in := t.TempDir()
	if err := os.WriteFile(filepath.Join(in, "b"), []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (Target{Path: in}).Folder([]string{"a", "b"}); stele.KindOf(err) != stele.KindExists {
		t.Error(err)
	}
	if err := (Target{Path: in, Force: true}).Folder([]string{"a", "b"}); err != nil {
		t.Error(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(in, link); err != nil {
		t.Fatal(err)
	}
	if err := (Target{Path: link + "/", Force: true}).Folder(nil); stele.KindOf(err) != stele.KindExists {
		t.Errorf("through a link to a folder: %v", err)
	}
}
