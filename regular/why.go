package regular

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/stele-health/stele"
)

// Unread is what a person is told of a file that can't be read: what it was to be,
// where, and why. Its kind is KindNotFound where there is none, else KindOther.
func Unread(op, what, path string, err error) *stele.Error {
	kind := stele.KindOther
	if errors.Is(err, fs.ErrNotExist) {
		kind = stele.KindNotFound
	}
	return stele.E(op, kind, what+" can't be read: "+path+": "+why(err), err)
}

// Unwritten is what a person is told of something that can't be written: what, and why.
func Unwritten(op, what string, err error) *stele.Error {
	said, hint := "the system does not take it", "name another place, or try again"
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		said, hint = "there is no room left", "make room, or name a place on another disk"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		said, hint = "this user may not write there", "name a place of your own"
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		said, hint = "there is no such folder", "make it first, or name another"
	}
	return stele.E(op, stele.KindOther, what+" can't be written: "+said, err).WithHint(hint)
}

// why says it in words; what the system says goes to the log.
func why(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		return "this user may not read it"
	case errors.Is(err, ErrFolder), errors.Is(err, syscall.EISDIR):
		return ErrFolder.Error()
	case errors.Is(err, ErrOther):
		return ErrOther.Error()
	case errors.Is(err, ErrLarge):
		return ErrLarge.Error()
	}
	return "the system does not give it"
}
