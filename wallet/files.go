package wallet

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"io"
	"os"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/regular"
)

// A Source is a file of an import. It is read twice: to see whose its records
// are, and to deliver them.
type Source struct {
	Name string // for reports
	Open func() (io.ReadCloser, error)

	Outcomes bool // a server's own words are all that is to be expected: the errors of a bulk export
}

// FileSource reads a file by its path.
func FileSource(path string) Source {
	return Source{Name: path, Open: func() (io.ReadCloser, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, regular.Unread("import", "the file", path, err)
		}
		return f, nil
	}}
}

// inMemory is how much of a stream is kept in memory between the two readings.
const inMemory = 4 << 20

// Spool makes a Source of a stream: what can be rewound is, what cannot is kept,
// a little in memory, more in a file without a name, under a key that is only in
// memory. What the stream ends with, it ends with each time.
func Spool(r io.Reader) (src Source, done func(), err error) {
	if seeker, ok := r.(io.ReadSeeker); ok {
		if start, err := seeker.Seek(0, io.SeekCurrent); err == nil {
			return Source{Open: func() (io.ReadCloser, error) {
				if _, err := seeker.Seek(start, io.SeekStart); err != nil {
					return nil, stele.E("import", stele.KindOther, "the input can't be read again", err)
				}
				return io.NopCloser(seeker), nil
			}}, func() {}, nil
		}
	}
	head, err := io.ReadAll(io.LimitReader(r, inMemory))
	end := io.EOF
	if err != nil {
		end = err
	}
	if err != nil || len(head) < inMemory {
		return Source{Open: func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(bytes.NewReader(head), failing{end})), nil
		}}, func() {}, nil
	}
	return spoolFile(io.MultiReader(bytes.NewReader(head), r))
}

func spoolFile(r io.Reader) (src Source, done func(), err error) {
	failed := func(err error) (Source, func(), error) {
		return Source{}, func() {}, stele.E("import", stele.KindOther, "there is no place to keep the input while it is read", err).
			WithHint("make room in " + os.TempDir() + ", or give a file")
	}
	f, err := os.CreateTemp("", ".stele-*")
	if err != nil {
		return failed(err)
	}
	if err := os.Remove(f.Name()); err != nil { // it goes with the process
		return failed(errors.Join(err, f.Close()))
	}
	key := make([]byte, 32)
	rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return failed(errors.Join(err, f.Close()))
	}
	stream := func() cipher.Stream { return cipher.NewCTR(block, make([]byte, aes.BlockSize)) } // one key, one text
	to := &written{Writer: cipher.StreamWriter{S: stream(), W: f}}
	n, err := io.Copy(to, r)
	if to.failed != nil {
		return failed(errors.Join(to.failed, f.Close()))
	}
	end := io.EOF
	if err != nil {
		end = err
	}
	return Source{Open: func() (io.ReadCloser, error) {
		from := cipher.StreamReader{S: stream(), R: io.NewSectionReader(f, 0, n)}
		return io.NopCloser(io.MultiReader(from, failing{end})), nil
	}}, func() { f.Close() }, nil
}

// written tells a failure to write from one to read.
type written struct {
	io.Writer
	failed error
}

func (w *written) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.failed = errors.Join(w.failed, err)
	return n, err
}

// failing ends with an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
