package wallet

import (
	"bufio"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"os"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// A wallet keeps a copy of its own log, as far as it has checked it, in a file
// beside it, so that reading on costs what is new and nothing else. The file only
// grows and can be made again from any member; docs/architecture.md says how it looks.
// Nothing in it is believed for standing there: every chunk is sealed by a key of
// the wallet to its place, and the wallet's state names the last one.

// logCopy is the file. It can be read after its wallet was closed.
type logCopy struct {
	path string
	aead cipher.AEAD
}

func (w *Wallet) logCopy() logCopy { return logCopy{w.path + ".log", w.Keyring().AEAD("log")} }

// mark is a place in the file, behind a chunk.
type mark struct {
	Size uint64 `json:"size"` // events up to there
	End  int64  `json:"end"`  // bytes
	Tag  []byte `json:"tag"`  // the last of them, which seal the chunk
}

const (
	copyTag  = "log copy\x00"
	tagSize  = 16
	maxChunk = 32 << 20 // bytes; a page of a log is far smaller
)

// holds reports whether the file still has what stood before a mark: its end is
// looked at; the rest shows when it is read.
func (c logCopy) holds(m mark) bool {
	if m.Size == 0 {
		return true
	}
	f, err := os.Open(c.path)
	if err != nil {
		return false
	}
	defer f.Close()
	tag := make([]byte, tagSize)
	_, err = f.ReadAt(tag, m.End-tagSize)
	return err == nil && string(tag) == string(m.Tag)
}

// place is what a chunk is sealed to. Two chunks of one place are of one log, so
// they hold the same events as far as both go; what follows tells them apart.
func (c logCopy) place(m mark) []byte {
	return append([]byte(copyTag), binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, m.Size), uint64(m.End))...)
}

// writing is the file while it grows behind a mark.
type writing struct {
	c    logCopy
	at   mark
	file *os.File // nil before the first event
}

// add writes events behind the mark and moves it. What stood there is from a life
// of the wallet that ended before it could say so; what is left of it stands behind
// every mark, where nobody looks.
func (w *writing) add(events []proof.Event) (err error) {
	if len(events) == 0 {
		return nil
	}
	if w.file == nil {
		if w.file, err = os.OpenFile(w.c.path, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
			return err
		}
	}
	var plain []byte
	for _, e := range events {
		plain = binary.BigEndian.AppendUint32(plain, uint32(len(e.Raw)))
		plain = append(plain, e.Raw...)
	}
	sealed := w.c.aead.Seal(nil, nil, plain, w.c.place(w.at))
	chunk := append(binary.BigEndian.AppendUint32(nil, uint32(len(sealed))), sealed...)
	if _, err := w.file.WriteAt(chunk, w.at.End); err != nil {
		return err
	}
	w.at = mark{w.at.Size + uint64(len(events)), w.at.End + int64(len(chunk)), sealed[len(sealed)-tagSize:]}
	return nil
}

// sync makes what was added durable.
func (w *writing) sync() error {
	if w.file == nil {
		return nil
	}
	return w.file.Sync()
}

// close lets go of the file.
func (w *writing) close() error {
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}

// events reads the events before a mark, one chunk in memory at a time.
func (c logCopy) events(upTo mark) iter.Seq2[proof.Event, error] {
	return func(yield func(proof.Event, error) bool) {
		if upTo.Size == 0 {
			return
		}
		if err := c.read(upTo, yield); err != nil {
			_ = os.Remove(c.path) // so that the next look at the log makes it again
			yield(proof.Event{}, stele.E("read log", stele.KindOther, "the wallet's copy of its log is damaged", err).
				WithHint("do it again: the log is then read anew from the members"))
		}
	}
}

var errChunk = errors.New("a chunk is damaged or not in its place")

func (c logCopy) read(upTo mark, yield func(proof.Event, error) bool) error {
	f, err := os.Open(c.path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReaderSize(io.LimitReader(f, upTo.End), 1<<16)
	var at mark
	var sealed []byte
	for at.End < upTo.End {
		var length [4]byte
		if _, err := io.ReadFull(in, length[:]); err != nil {
			return err
		}
		n := int(binary.BigEndian.Uint32(length[:]))
		if n < tagSize || n > maxChunk {
			return errChunk
		}
		if cap(sealed) < n {
			sealed = make([]byte, n)
		}
		if _, err := io.ReadFull(in, sealed[:n]); err != nil {
			return err
		}
		plain, err := c.aead.Open(nil, nil, sealed[:n], c.place(at))
		if err != nil {
			return errChunk
		}
		events, err := splitChunk(plain)
		if err != nil {
			return err
		}
		for i, raw := range events {
			e := new(wire.Event)
			if err := wire.Decode(raw, e); err != nil {
				return err
			}
			if !yield(proof.Event{Seq: at.Size + uint64(i), Raw: raw, Event: e}, nil) {
				return nil
			}
		}
		at = mark{at.Size + uint64(len(events)), at.End + int64(len(length)+n), append([]byte(nil), sealed[n-tagSize:n]...)}
	}
	if at.Size != upTo.Size || string(at.Tag) != string(upTo.Tag) {
		return errChunk
	}
	return nil
}

// splitChunk cuts a chunk's events apart.
func splitChunk(plain []byte) (events [][]byte, err error) {
	for len(plain) > 0 {
		if len(plain) < 4 {
			return nil, errChunk
		}
		n := binary.BigEndian.Uint32(plain)
		if plain = plain[4:]; uint64(n) > uint64(len(plain)) {
			return nil, errChunk
		}
		events, plain = append(events, plain[:n:n]), plain[n:]
	}
	return events, nil
}
