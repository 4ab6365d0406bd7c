package book

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/stele-health/stele"
)

// MarkSuffix is the ending of the file beside a book's store.
const MarkSuffix = ".mark"

// The mark says which change was the last one that reached the disk, so that a store
// that is older shows. It is written after each change and not synced: after a loss of
// power it may be behind the book, which proves nothing, never ahead of it. It has two
// slots, written in turn: one is whole whenever the process ends.

// kept is what a mark says.
type kept struct {
	Book  [16]byte
	Batch uint64
	ok    bool // a slot opened
}

const (
	slotPlain = 16 + 8
	slotSize  = 12 + slotPlain + 16
)

// mark is the open file.
type mark struct {
	seal cipher.AEAD
	file File
	book [16]byte

	mu    sync.Mutex
	batch uint64 // written last
}

func slotName(slot uint64) []byte { return []byte{'m', 'a', 'r', 'k', byte(slot)} }

// readMark returns the newest of what a mark's slots say.
func readMark(files Files, path string, seal cipher.AEAD) (k kept, err error) {
	f, err := files.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return k, stele.E("open book", stele.KindOther, "the mark can't be read: "+path, err)
	}
	defer f.Close()
	for slot := range uint64(2) {
		raw := make([]byte, slotSize)
		if _, err := f.ReadAt(raw, int64(slot*slotSize)); err != nil && !errors.Is(err, io.EOF) {
			return k, stele.E("open book", stele.KindOther, "the mark can't be read: "+path, err)
		}
		plain, err := seal.Open(nil, nil, raw, slotName(slot))
		if err != nil {
			continue // the process ended while it was written; or there is none yet
		}
		if n := binary.BigEndian.Uint64(plain[16:]); !k.ok || n > k.Batch {
			k = kept{[16]byte(plain), n, true}
		}
	}
	return k, nil
}

// openMark opens a mark and brings it up to what the book says, synced. One that says so
// already is not touched.
func openMark(files Files, path string, seal cipher.AEAD, k kept, s state) (*mark, error) {
	f, err := files.OpenReadWrite(path)
	if err != nil {
		return nil, stele.E("open book", stele.KindOther, "the mark can't be written: "+path, err)
	}
	m := &mark{seal: seal, file: f, book: s.Book, batch: s.Batch}
	if k == (kept{s.Book, s.Batch, true}) {
		return m, nil
	}
	err = errors.Join(m.write(s.Batch+1, s.Batch), f.Sync(), m.write(s.Batch, s.Batch), f.Sync())
	if err == nil {
		err = files.SyncFolderOf(path)
	}
	if err != nil {
		return nil, errors.Join(stele.E("open book", stele.KindOther, "the mark can't be written: "+path, err), f.Close())
	}
	return m, nil
}

// note writes down that a change is on disk. Of several that end at one time the newest
// counts. Where it fails, an older store may go unnoticed: the change stands.
func (m *mark) note(batch uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if batch > m.batch && m.write(batch, batch) == nil {
		m.batch = batch
	}
}

func (m *mark) write(slot, batch uint64) error {
	slot %= 2
	plain := binary.BigEndian.AppendUint64(m.book[:len(m.book):len(m.book)], batch)
	_, err := m.file.WriteAt(m.seal.Seal(nil, nil, plain, slotName(slot)), int64(slot*slotSize))
	return err
}

func (m *mark) close() error { return errors.Join(m.file.Sync(), m.file.Close()) }
