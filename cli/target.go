package cli

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/regular"
)

// Target is where a command writes what it was asked for: a file or a folder that
// --out or an argument names. Nothing is written over unless the person says so, and
// then regular files only: what a link points to, a device or a pipe is never touched.
type Target struct {
	Path  string
	Force bool
}

// ForceFlag is what --force does, on every command that writes a file.
const ForceFlag = "write over a file that is there"

const opWrite = "write file"

// Free fails with KindExists where something stands that may not be written over.
func (t Target) Free() error {
	if t.Path == "-" {
		return Usage("- is no name of a file here: this is never written to stdout", "name a file, or ./- for one that is called so")
	}
	info, err := os.Lstat(t.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return regular.Unwritten(opWrite, t.Path, err)
	case !info.Mode().IsRegular():
		return stele.E(opWrite, stele.KindExists, t.Path+" is "+whatIs(info.Mode())+"; nothing was written", nil).
			WithHint("name a file; links, devices and pipes are not written through, with --force neither")
	case !t.Force:
		return stele.E(opWrite, stele.KindExists, "there is a file already: "+t.Path, nil).WithHint("name another, or write over it with --force")
	}
	return nil
}

func whatIs(m fs.FileMode) string {
	switch {
	case m.IsRegular():
		return "a file"
	case m.IsDir():
		return "a folder"
	case m&fs.ModeSymlink != 0:
		return "a symbolic link"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// WritePage writes a page in the format that the file's name asks for; what it is and an example are
// for who asks for none that there is.
func (t Target) WritePage(what, example string, page interface {
	SVG() ([]byte, error)
	PDF() ([]byte, error)
}) error {
	draw := page.PDF
	switch strings.ToLower(filepath.Ext(t.Path)) {
	case ".svg":
		draw = page.SVG
	case ".pdf":
	default:
		return Usage(what+" is saved as FILE.pdf or FILE.svg", example)
	}
	if err := t.Free(); err != nil {
		return err
	}
	raw, err := draw()
	if err != nil {
		return err
	}
	return t.Write(Content(raw))
}

// Write writes a file whole or not at all, readable by its owner only, synced.
func (t Target) Write(content func(*bufio.Writer) error) error {
	if err := t.Free(); err != nil {
		return err
	}
	folder := filepath.Dir(t.Path)
	// In the same folder, since a name is taken within one file system only.
	file, err := os.CreateTemp(folder, ".stele-*")
	if err != nil {
		return regular.Unwritten(opWrite, "a file in "+folder, err)
	}
	defer os.Remove(file.Name())
	w := bufio.NewWriterSize(file, 1<<20)
	if err := content(w); err != nil {
		file.Close()
		if e, ok := errors.AsType[*fs.PathError](err); ok && e.Path == file.Name() {
			return regular.Unwritten(opWrite, t.Path, err) // the disk's fault, not the content's
		}
		return err
	}
	if err := errors.Join(w.Flush(), file.Sync(), file.Close()); err != nil {
		return regular.Unwritten(opWrite, t.Path, err)
	}
	return t.place(file.Name())
}

// place puts a finished file where it belongs. It looks again: what was free before the work may be
// taken by now.
func (t Target) place(made string) error {
	if err := t.Free(); err != nil {
		return err
	}
	err := t.take(made)
	if errors.Is(err, fs.ErrExist) {
		return stele.E(opWrite, stele.KindExists, "there is a file already: "+t.Path, err).WithHint("name another, or write over it with --force")
	}
	if err != nil {
		return regular.Unwritten(opWrite, t.Path, err)
	}
	return nil
}

// take takes the name for a finished file. Renaming and linking never reach what a link
// that somebody put there meanwhile points to; linking takes the name only where it is
// free.
func (t Target) take(made string) error {
	put := os.Link
	if t.Force {
		put = os.Rename
	}
	err := put(made, t.Path)
	if err != nil && !t.Force && !errors.Is(err, fs.ErrExist) {
		err = moveInto(made, t.Path) // a file system without links
	}
	return err
}

// moveInto takes a free name and then puts the finished file there. Cut short in between, it leaves
// an empty file, never a part of one.
func moveInto(made, path string) error {
	taken, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(taken.Close(), os.Rename(made, path))
}

// IsFolder reports whether a folder is meant: it ends with a slash, or is one.
func (t Target) IsFolder() bool {
	info, err := os.Lstat(t.Path)
	return strings.HasSuffix(t.Path, "/") || err == nil && info.IsDir()
}

// Folder makes the folder and checks that every one of the files may be written in
// it, before the first is.
func (t Target) Folder(names []string) error {
	if t.Path == "-" {
		return t.Free()
	}
	t.Path = strings.TrimRight(t.Path, "/")
	if info, err := os.Lstat(t.Path); err == nil && !info.IsDir() {
		return stele.E(opWrite, stele.KindExists, t.Path+" is "+whatIs(info.Mode())+" and not a folder; nothing was written", nil).WithHint("name a folder, not a link to one")
	}
	if err := os.MkdirAll(t.Path, 0o700); err != nil {
		return regular.Unwritten(opWrite, "the folder "+t.Path, err)
	}
	for _, name := range names {
		if err := t.In(name).Free(); err != nil {
			return err
		}
	}
	return nil
}

// Early fails before the work where the place is taken already.
func (t Target) Early() error {
	if t.Path == "" {
		return nil
	}
	if t.IsFolder() {
		return t.Folder(nil)
	}
	return t.Free()
}

// In is a file of the folder.
func (t Target) In(name string) Target { return Target{filepath.Join(t.Path, name), t.Force} }

// Content is content that is at hand.
func Content(raw ...[]byte) func(*bufio.Writer) error {
	return func(w *bufio.Writer) error {
		for _, b := range raw {
			_, _ = w.Write(b) // Flush tells
		}
		return nil
	}
}
