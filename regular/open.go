package regular

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// ErrOther is what a pipe, a device or a socket is refused with.
var ErrOther = errors.New("it is not a regular file")

// ErrFolder is what a folder is refused with.
var ErrFolder = errors.New("it is a folder")

// ErrLarge is what a file over the bound is refused with.
var ErrLarge = errors.New("the file is too large to be one")

// Open opens a regular file for reading.
func Open(path string) (*os.File, error) {
	// Without waiting: opening a pipe waits for its writer else.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	switch info, err := f.Stat(); {
	case err == nil && info.IsDir():
		_ = f.Close()
		return nil, ErrFolder
	case err != nil || !info.Mode().IsRegular():
		_ = f.Close()
		return nil, errors.Join(ErrOther, err)
	}
	return f, nil
}

// Read reads a regular file of at most so many bytes.
func Read(path string, most int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(raw)) > most {
		return nil, ErrLarge
	}
	return raw, err
}
