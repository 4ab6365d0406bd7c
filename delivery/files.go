package delivery

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"hash/maphash"
	"io"
	"os"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/regular"
)

// A Source is a file of an import. It is read twice: to see whose its records
// are, and to deliver them.
type Source struct {
	Name string // for reports
	Open func() (io.ReadCloser, error)

	Of       string // the instant of which the file is, as the manifest of a bulk export says; "" where nothing does
	Outcomes bool   // a server's own words are all that is to be expected: the errors of a bulk export
}

// FileSource reads a file by its path. A pipe is none: it gives what it holds once.
func FileSource(path string) Source {
	return Source{Name: path, Open: func() (io.ReadCloser, error) {
		f, err := regular.Open(path)
		if errors.Is(err, regular.ErrOther) {
			return nil, regular.Unread("import", "the file", path, err).WithHint("what a pipe holds is read from stdin, named -")
		}
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

// held is a file that has been read to its end.
type held struct {
	entries []fhir.Entry
	size    int64
	reader  *fhir.Reader
	err     error
}

// hold keeps an entry of a file, as long as there is room for the whole file.
func (im *importing) hold(h *held, e fhir.Entry) *held {
	size := int64(512)
	if e.Resource != nil {
		size += int64(len(e.Resource.JSON))
	}
	if h == nil {
		return nil
	}
	if h.size += size; im.room.Add(-size) < 0 {
		im.room.Add(h.size) // it is read twice: others may have the room
		return nil
	}
	h.entries = append(h.entries, e)
	return h
}

// again goes through a file for the second time, which may be another by now.
func (im *importing) again(ctx context.Context, file int, each func(fhir.Entry)) (*fhir.Reader, error) {
	if h := im.held[file]; h != nil {
		im.held[file] = nil
		for i := range h.entries {
			if ctx.Err() != nil {
				return h.reader, ctx.Err()
			}
			each(h.entries[i])
			h.entries[i] = fhir.Entry{}
		}
		return h.reader, h.err
	}
	reader, sum, err := im.read(ctx, file, each)
	if sum.broken = err != nil; ctx.Err() == nil && sum != im.sums[file] && !(sum.broken && im.sums[file].broken) {
		err = stele.E("import", stele.KindInvalid, "the file changed while it was read: what came in or went in between was not imported", nil).
			WithHint("import it again when nobody writes to it; what has arrived is known then")
	}
	return reader, err
}

// read reads a file to its end, and sums up what it has read.
func (im *importing) read(ctx context.Context, file int, each func(fhir.Entry)) (*fhir.Reader, imprint, error) {
	from, err := im.sources[file].Open()
	if err != nil {
		return nil, imprint{}, err
	}
	defer from.Close()
	sums := &summing{from: from}
	sums.hash.SetSeed(im.seed)
	reader := fhir.NewReader(sums)
	reader.DeletedBy(im.sources[file].Of)
	reader.EachSummary(func(number int, document []byte) { im.keepSummary(file, number, document) })
	if im.sources[file].Outcomes {
		reader.ExpectOutcomes()
	}
	for {
		if ctx.Err() != nil {
			return reader, imprint{}, ctx.Err()
		}
		entry, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return reader, imprint{bytes: sums.bytes, sum: sums.hash.Sum64()}, nil
		}
		if err != nil {
			return reader, imprint{}, err
		}
		each(entry)
	}
}

// imprint is what a file was when it was read: each is read twice, and may change in
// between.
type imprint struct {
	bytes  int64
	sum    uint64
	broken bool
}

// summing sums up what is read.
type summing struct {
	from  io.Reader
	bytes int64
	hash  maphash.Hash
}

func (s *summing) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	s.bytes += int64(n)
	s.hash.Write(p[:n])
	return n, err
}

// maxHeld is how many bytes of JSON an import holds from its first reading, for
// whose the records are, to its second, that delivers them. Files beyond are read
// twice.
const maxHeld = 16 << 20
