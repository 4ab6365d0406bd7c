package book

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/stele-health/stele"
)

// Stores is where books have their rows: folders of files (package pebblestore), or a
// database that whoever builds on Stele has already. Package booktest holds any to what is
// promised here.
type Stores interface {
	// Open opens the store of a name, or makes an empty one. The name is a path in the
	// machine's files, of which a database may make what it likes, as long as two names
	// are two stores. It fails with KindProof when the store is damaged, else with
	// KindOther.
	Open(name string) (Store, error)

	// Remove removes a store that nobody has open and all that is in it, damaged or not.
	// That there is none is no error.
	Remove(name string) error
}

// Store is an ordered map of byte strings, ordered as bytes.Compare orders its keys. Keys
// are at most 40 bytes; values may be empty, and are a few hundred bytes for the most part,
// at most a few megabytes. What is in it is sealed: a store need keep no secret.
//
// It promises four things. Whole: of a batch everything is there or nothing, whatever fails
// or ends the process, and with it everything of the batches before. Durable: what was
// waited for is on disk. One state: a snapshot shows the moment when it was taken,
// whatever is changed meanwhile. Said: what can't be read, or might not be what was
// written, is an error and never a row less; of KindProof where it is damage.
//
// There may be many snapshots at a time, beside one batch; each is used by one goroutine. A
// batch waits for none of them: whoever reads may change the book before they are done. Not
// every database can: bbolt needs room in its map beforehand (InitialMmapSize).
type Store interface {
	Snapshot() (Snapshot, error)
	Begin() (Batch, error) // one at a time

	// Close gives the store back, once all snapshots and batches are.
	Close() error
}

// Snapshot is one state of a store.
type Snapshot interface {
	// Get returns the value of a key, which is the caller's, and whether there is one.
	Get(key []byte) (value []byte, found bool, err error)

	// Scan visits the keys that begin with prefix, in order, until visit returns false.
	// Keys and values are valid during the visit, which may Get and Scan in turn.
	Scan(prefix []byte, visit func(key, value []byte) (more bool)) error

	// Close gives the snapshot back.
	Close()
}

// Batch is changes that are made together. Its Get and Scan see them, and nobody else
// does before Commit. Several hundred thousand go into one.
type Batch interface {
	Snapshot // Close: nothing is changed. It is called where Commit is not
	Set(key, value []byte) error
	Delete(key []byte) error // one that is not there, too

	// Commit makes the changes, and ends the batch whatever comes of it: snapshots that
	// are taken from now on show them. When it fails nothing is changed. wait returns nil
	// when they are on disk; when it fails, it is not known what is. The next batch may
	// be committed before, so that several wait together; wait is called once.
	Commit() (wait func() error, err error)
}

// Remove removes a book and its mark, if there are any.
func Remove(stores Stores, name string) error {
	if err := stores.Remove(name); err != nil {
		return err
	}
	return os.RemoveAll(name + MarkSuffix)
}

// Files is where a mark lies.
type Files interface {
	Open(path string) (File, error)          // to read; os.ErrNotExist where there is none
	OpenReadWrite(path string) (File, error) // made where there is none
	SyncFolderOf(path string) error          // once it was made
}

// File is a mark that is open.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error
}

// machine is the machine's own files.
type machine struct{}

func (machine) Open(path string) (File, error) { return os.Open(path) }

func (machine) OpenReadWrite(path string) (File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}

func (machine) SyncFolderOf(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// fault is a failure of the store: damage, or one of the disk.
func fault(op string, err error) error {
	if stele.KindOf(err) == stele.KindProof {
		return damaged(op, "the book's store is damaged", err)
	}
	return stele.E(op, stele.KindOther, "the wallet's book can't be used", err)
}

func damaged(op, text string, err error) error {
	return stele.E(op, stele.KindProof, text, err).
		WithHint("put the store and the mark beside it back from the newest backup, both of one moment")
}
