package store

import (
	"errors"
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
	dto "github.com/prometheus/client_model/go"

	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/meter"
)

// Store is a Pebble database.
type Store struct {
	db      *pebble.DB
	restore bool // nothing is durable before Close
}

// Open opens or creates the database in a folder. fs is the file system,
// vfs.Default for the machine's own. It fails with KindOther, among other
// reasons because another process has the folder open.
func Open(folder string, fs vfs.FS, log *slog.Logger) (*Store, error) {
	return open(folder, fs, log, false)
}

// OpenForRestore opens a folder to fill it at once: nothing is durable before
// Close, and what a crash leaves is worth nothing. Batches cost no sync and are
// written to disk once rather than twice; files are sorted into levels later,
// when the store is in use. It fails as Open does.
func OpenForRestore(folder string, fs vfs.FS, log *slog.Logger) (*Store, error) {
	return open(folder, fs, log, true)
}

// OpenReadOnly opens a folder to read it and nothing else: no file in it changes. It
// fails as Open does, and where there is no database.
func OpenReadOnly(folder string, fs vfs.FS, log *slog.Logger) (*Store, error) {
	return open(folder, fs, log, false, database.ReadOnly)
}

func open(folder string, fs vfs.FS, log *slog.Logger, restore bool, also ...func(*pebble.Options)) (*Store, error) {
	set := append([]func(*pebble.Options){func(opts *pebble.Options) {
		opts.MemTableSize = 16 << 20
		opts.CacheSize = 256 << 20 // most transactions look at rows written long ago
		opts.Levels[0].FilterPolicy = bloom.FilterPolicy(10)
		for i := range opts.Levels { // ids, keys and hashes grow no shorter
			opts.Levels[i].Compression = func() *sstable.CompressionProfile { return sstable.NoCompression }
		}
		if !restore {
			return
		}
		opts.DisableWAL = true
		opts.CacheSize = 512 << 20 // whether a row is there is asked of many files
		opts.MemTableSize, opts.MemTableStopWritesThreshold = 64<<20, 4
		opts.L0CompactionThreshold, opts.L0CompactionFileThreshold, opts.L0StopWritesThreshold = 16, 2000, 64
		opts.LBaseMaxBytes = 512 << 20
	}}, also...)
	db, err := database.Open("ledger's store", folder, fs, log, set...)
	if err != nil {
		return nil, err
	}
	return &Store{db, restore}, nil
}

// Close closes the database; snapshots must be closed before.
func (s *Store) Close() error {
	if s.restore {
		return errors.Join(s.db.Flush(), s.db.Close())
	}
	return s.db.Close()
}

// Stats are a store's sizes and durations at one moment.
type Stats struct {
	Bytes   uint64        // on disk
	Fsync   meter.Reading // of the write-ahead log
	Sorting bool          // what was written is still being put into files, or these into levels
}

// Stats reads what Pebble has counted.
func (s *Store) Stats() Stats {
	m := s.db.Metrics()
	stats, fsync := Stats{Bytes: m.DiskSpaceUsage(), Sorting: m.Flush.NumInProgress+m.Compact.NumInProgress > 0}, new(dto.Metric)
	if h := m.LogWriter.FsyncLatency; h == nil || h.Write(fsync) != nil {
		return stats
	}
	counted := fsync.GetHistogram()
	stats.Fsync.Count, stats.Fsync.Sum = counted.GetSampleCount(), time.Duration(counted.GetSampleSum())
	for i, b := range counted.GetBucket() { // in nanoseconds; a hundred of them, of which each tenth will do
		if i%10 != 9 {
			continue
		}
		stats.Fsync.Bounds = append(stats.Fsync.Bounds, time.Duration(b.GetUpperBound()))
		stats.Fsync.Counts = append(stats.Fsync.Counts, b.GetCumulativeCount())
	}
	return stats
}

// keptBatch is how many bytes a batch may have whose memory the next one takes: some
// thousands of transactions.
const keptBatch = 4 << 20

// Begin starts a batch over the newest state.
func (s *Store) Begin(size int) ledger.Batch {
	b := s.db.NewBatchWithSize(size+size/8, pebble.WithMaxRetainedSizeBytes(keptBatch)) // with the lengths before keys and values
	if s.restore {
		return &batch{b, pebble.NoSync}
	}
	return &batch{b, pebble.Sync}
}

// Snapshot freezes the newest committed state.
func (s *Store) Snapshot() ledger.Snapshot {
	snap := s.db.NewSnapshot()
	return &snapshot{snap}
}

type snapshot struct{ s *pebble.Snapshot }

func (s *snapshot) Close() { _ = s.s.Close() }

// Get returns a copy of the value, or nil.
func (s *snapshot) Get(key []byte) []byte {
	value, err := database.Get(s.s, key)
	if err != nil {
		ledger.Fail(err)
	}
	return value
}

// Scan visits the keys in [from, to).
func (s *snapshot) Scan(from, to []byte, visit func(key, value []byte) bool) {
	it, err := s.s.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		ledger.Fail(err)
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		if !visit(it.Key(), it.Value()) {
			break
		}
	}
	if err := it.Error(); err != nil {
		ledger.Fail(err)
	}
}

type batch struct {
	b    *pebble.Batch
	sync *pebble.WriteOptions
}

func (b *batch) Set(key, value []byte) {
	if err := b.b.Set(key, value, nil); err != nil {
		ledger.Fail(err)
	}
}

func (b *batch) Delete(key []byte) {
	if err := b.b.Delete(key, nil); err != nil {
		ledger.Fail(err)
	}
}

func (b *batch) DeleteRange(from, to []byte) {
	if err := b.b.DeleteRange(from, to, nil); err != nil {
		ledger.Fail(err)
	}
}

func (b *batch) Commit() error { return b.b.Commit(b.sync) }

func (b *batch) Discard() {
	if b.b != nil {
		_ = b.b.Close()
		b.b = nil
	}
}
