package cli

import (
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/stele-health/stele"
)

// TestWhatTheSystemSaysIsPutIntoWords: an error that no room wrote a sentence for is no
// name of a system call.
func TestWhatTheSystemSaysIsPutIntoWords(t *testing.T) {
	f := newFace(&Main{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Env: func(string) string { return "" }})
	for _, c := range []struct {
		op   string
		err  syscall.Errno
		want string
	}{
		{"mkdir", syscall.ENOENT, "x/y can't be written: there is no such folder"},
		{"write", syscall.ENOSPC, "x/y can't be written: there is no room left"},
		{"open", syscall.EROFS, "x/y can't be written: this user may not write there"},
		{"open", syscall.ENOENT, "a file can't be read: x/y: there is no such file"},
	} {
		raw := &fs.PathError{Op: c.op, Path: "x/y", Err: c.err}
		for _, err := range []error{raw, stele.E("make wallet", stele.KindOther, "", raw)} {
			if told := f.hinted("stele", err); Sentence(told) != c.want || stele.HintOf(told) == "" {
				t.Errorf("%v: %q, hint %q", err, Sentence(told), stele.HintOf(told))
			}
		}
	}
	said := stele.E("make wallet", stele.KindOther, "the wallet can't be made", &fs.PathError{Op: "mkdir", Path: "x", Err: syscall.EIO})
	if told := f.hinted("stele", said); Sentence(told) != said.Text || stele.HintOf(told) == "" {
		t.Errorf("%q, hint %q", Sentence(told), stele.HintOf(told))
	}
}
