package vault

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
)

// Fetch is one note of a patient's own fetch.
type Fetch struct {
	At      time.Time
	Subject stele.Subject
	Records bool   // records were fetched; otherwise the list with its envelopes
	Count   uint32 // folios that went out
}

const (
	magicNotes = "stele fetched 1\n"
	noteLen    = 8 + 20 + 1 + 4
	noteStride = frameLen + noteLen

	fetchesADay = 5000    // own fetches of one subject that are noted in a day
	fetchPlaces = 1 << 16 // of subjects; two share one by chance, which nobody chooses
)

// notes is the append-only file of own fetches. All notes have one length, so
// that a damaged one does not hide the next.
type notes struct {
	mu   sync.Mutex
	file vfs.File
	at   int64
}

// openNotes opens the file. Its length says where the next note goes, since all are of one.
func openNotes(fs vfs.FS, path string) (*notes, error) {
	f, err := fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if errors.Is(err, os.ErrNotExist) {
		if f, err = fs.Create(path, vfs.WriteCategoryUnspecified); err == nil {
			err = f.Close()
		}
		if err == nil {
			f, err = fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
		}
	}
	if err != nil {
		return nil, err
	}
	stat, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	n := &notes{file: f, at: magicLen}
	// New, or made by a run that ended before its first line was there.
	if stat.Size() < magicLen {
		if _, err = f.WriteAt([]byte(magicNotes), 0); err == nil {
			err = f.Sync()
		}
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return n, nil
	}
	// A note that was being written is written over by the next.
	n.at += (stat.Size() - magicLen) / noteStride * noteStride
	return n, nil
}

// add notes a fetch durably.
func (n *notes) add(f Fetch) error {
	payload := binary.BigEndian.AppendUint64(nil, uint64(f.At.UnixMilli()))
	payload = append(payload, f.Subject[:]...)
	what := byte(0)
	if f.Records {
		what = 1
	}
	payload = binary.BigEndian.AppendUint32(append(payload, what), f.Count)
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := n.file.WriteAt(noteBlock(n.at, payload), n.at); err != nil {
		return err
	}
	if err := n.file.Sync(); err != nil {
		return err
	}
	// Only now: a note that failed is written over by the next.
	n.at += noteStride
	return nil
}

// note notes an own fetch by which something goes out, before it does. A subject that
// fetches more often than the notes have room for is told to wait.
func (v *Vault) note(f Fetch) error {
	if f.Count == 0 {
		return nil
	}
	if !v.fetches.Allow(v.cfg.Clock(), 1, f.Subject[:]) {
		return stele.E("read chart", stele.KindLimit, "this chart was fetched too often today", nil).WithHint("try again in a minute")
	}
	return v.notes.add(f)
}

// noteBlock is appendBlock for a file that has no name of its own: there is one.
func noteBlock(at int64, payload []byte) []byte {
	head := binary.BigEndian.AppendUint32([]byte{kindNote}, uint32(len(payload)))
	raw := append(head, payload...)
	sum := blockSum(fileName{}, at, raw)
	return append(raw, sum[:]...)
}

// each visits every note, the oldest first; f is nil for a damaged one.
func (n *notes) each(visit func(at int64, f *Fetch)) error {
	n.mu.Lock()
	end := n.at
	n.mu.Unlock()
	raw := make([]byte, end)
	if _, err := n.file.ReadAt(raw, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(raw[:magicLen]) != magicNotes {
		visit(0, nil)
	}
	for at := int64(magicLen); at < end; at += noteStride {
		b := blocks{raw: raw[at : at+noteStride], at: at}
		got, err := b.of(kindNote)
		if err != nil || len(got.payload) != noteLen {
			visit(at, nil)
			continue
		}
		p := got.payload
		visit(at, &Fetch{
			At: time.UnixMilli(int64(binary.BigEndian.Uint64(p))).UTC(), Subject: stele.Subject(p[8:28]),
			Records: p[28] == 1, Count: binary.BigEndian.Uint32(p[29:]),
		})
	}
	return nil
}

func (n *notes) close() error { return n.file.Close() }
