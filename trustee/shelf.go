package trustee

import (
	"encoding/binary"
	"errors"
	"log/slog"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// The rows of a trustee's database. Numbers are 8 bytes, big-endian; n counts
// what was kept, over all patients, from 1.
//
//	d subject n      bytes of a wire.DetailsResponse: the sealed details of one asking, and its receipt
//	i n              the subject of row n
//	p n              leaf hash of a receipt that is in no batch yet
//	m n              batch id ‖ index: where a receipt went
//	b batch          the batch's leaf hashes, joined
//	o batch          bytes of the wire.Signed transaction that posts the batch, until it is final
//	q day subject [card]  the day's refusals: see quota
const (
	rowDetail  = 'd'
	rowIndex   = 'i'
	rowPending = 'p'
	rowMember  = 'm'
	rowBatch   = 'b'
	rowOpen    = 'o'
	rowQuota   = 'q'
)

// shelf is what a trustee keeps on disk.
type shelf struct {
	db *pebble.DB

	mu   sync.Mutex // orders n and the counting of quotas
	last uint64     // n of the newest row
}

func openShelf(folder string, fs vfs.FS, log *slog.Logger) (*shelf, error) {
	db, err := database.Open("trustee's database", folder, fs, log)
	if err != nil {
		return nil, err
	}
	s := &shelf{db: db}
	if err := s.scan([]byte{rowIndex}, false, func(key, _ []byte) bool {
		s.last = binary.BigEndian.Uint64(key[1:])
		return false
	}); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func (s *shelf) close() error { return s.db.Close() }

// keep writes one asking's row, durable when it returns. Rows become visible in
// the order of their numbers, so that a patient who pages through them misses
// none; many callers share one sync.
func (s *shelf) keep(subject stele.Subject, details []*wire.SealedDetail, receipt *wire.Signed, also func(*pebble.Batch) error) error {
	row := &wire.DetailsResponse{Details: details}
	b := s.db.NewBatch()
	defer b.Close()
	err := func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		n := s.last + 1
		if receipt != nil {
			row.Receipts = []*wire.ReceiptProof{{Receipt: receipt}}
			leaf := proof.ReceiptLeaf(receipt)
			if err := b.Set(numbered(rowPending, n), leaf[:], nil); err != nil {
				return err
			}
		}
		if also != nil {
			if err := also(b); err != nil {
				return err
			}
		}
		if err := errors.Join(
			b.Set(detailKey(subject, n), wire.Marshal(row), nil),
			b.Set(numbered(rowIndex, n), subject[:], nil),
			b.Commit(pebble.NoSync),
		); err != nil {
			return err
		}
		s.last = n
		return nil
	}()
	if err != nil {
		return err
	}
	return s.db.LogData(nil, pebble.Sync)
}

// scan visits the rows whose keys begin with prefix, upwards or downwards,
// until visit returns false. Keys and values are valid during the visit only.
func (s *shelf) scan(prefix []byte, up bool, visit func(key, value []byte) bool) error {
	return s.scanFrom(prefix, after(prefix), up, visit)
}

func (s *shelf) scanFrom(from, to []byte, up bool, visit func(key, value []byte) bool) error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return err
	}
	first, next := it.First, it.Next
	if !up {
		first, next = it.Last, it.Prev
	}
	for ok := first(); ok && visit(it.Key(), it.Value()); ok = next() {
	}
	return it.Close()
}

// after returns the first key behind all that begin with prefix. No prefix here
// ends in 0xff throughout.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		end[i]++
		if end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

func numbered(kind byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{kind}, n)
}

func detailKey(subject stele.Subject, n uint64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte{rowDetail}, subject[:]...), n)
}

func batchKey(kind byte, batch stele.ID) []byte { return append([]byte{kind}, batch[:]...) }
