package database_test

import (
	"encoding/binary"
	"math/rand/v2"
	"path"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/stele-health/stele/database"
)

// TestATableIsWrittenInLargePieces: what Pebble writes to a table a block at a time takes
// few calls of the system, and is there after a crash as soon as the database says that
// it is.
func TestATableIsWrittenInLargePieces(t *testing.T) {
	const rows, most = 4_000, 20
	var calls atomic.Int64
	disk := vfs.NewCrashableMem()
	db, err := database.Open("till", "folder", errorfs.Wrap(disk, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileWrite && path.Ext(op.Path) == ".sst" {
			calls.Add(1)
		}
		return nil
	})), log, func(o *pebble.Options) { o.DisableWAL = true })
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r := rand.NewChaCha8([32]byte{})
	value := func(i uint64) (key, value []byte) {
		value = make([]byte, 256)
		r.Read(value)
		return binary.BigEndian.AppendUint64(nil, i), value
	}
	for i := range uint64(rows) {
		k, v := value(i)
		if err := db.Set(k, v, pebble.NoSync); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Flush(); err != nil {
		t.Fatal(err)
	}
	if n := calls.Load(); n == 0 || n > most {
		t.Errorf("a megabyte was written in %d pieces", n)
	}
	after, err := database.Open("till", "folder", disk.CrashClone(vfs.CrashCloneCfg{}), log)
	if err != nil {
		t.Fatal(err)
	}
	defer after.Close()
	for i := range uint64(rows) {
		if _, closer, err := after.Get(binary.BigEndian.AppendUint64(nil, i)); err != nil {
			t.Fatal(i, err)
		} else {
			closer.Close()
		}
	}
}
