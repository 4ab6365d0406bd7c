package ledger

import (
	"encoding/binary"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// oldestSnapshot is how many blocks ago a snapshot may be of: what has grown
// since is kept in memory meanwhile.
const oldestSnapshot = 10_000

// Snapshot hands out the state as of a height: no file, but the events up to
// there, log by log, each in its order, read from a frozen state as they lie
// there. It calls begin with their number, then each with the bytes of one event
// after the other, which are the caller's to keep. It ends with the first error
// of either. Blocks go on meanwhile. It fails with KindBusy when that block is not
// there yet, or was long ago.
func (l *Ledger) Snapshot(height int64, begin func(events uint64) error, each func(event []byte) error) error {
	return l.use(func(f *frozen) error {
		if height < 0 || f.at.leaves == 0 || height > f.at.height || height < f.at.height-oldestSnapshot {
			return stele.E("take snapshot", stele.KindBusy, "that block is not here yet, or was long ago", nil).
				WithHint("ask for one of the newest, ask again, or ask another member")
		}
		ends, newer := endsAt(f.state, height)
		if err := begin(f.at.events - newer); err != nil {
			return err
		}
		var err error
		f.state.Scan([]byte{prefixEvent}, []byte{prefixEvent + 1}, func(key, row []byte) bool {
			leaf, seq := binary.BigEndian.Uint64(key[1:]), binary.BigEndian.Uint64(key[9:])
			if end, ok := ends[leaf]; !ok || seq < end {
				err = each(slices.Clone(eventIn(row, seq)))
			}
			return err == nil
		})
		return err
	})
}

// endsAt returns the logs that have grown since a height, with how long they were
// then, and by how many events.
func endsAt(s Reader, height int64) (ends map[uint64]uint64, newer uint64) {
	ends = map[uint64]uint64{}
	s.Scan(numbers(prefixBlock, uint64(height)+1), []byte{prefixBlock + 1}, func(_, value []byte) bool {
		var ref EventRef
		if err := wire.Decode(value, &ref); err != nil {
			Fail(err)
		}
		newer++
		if end, ok := ends[ref.Leaf]; !ok || ref.Seq < end {
			ends[ref.Leaf] = ref.Seq
		}
		return true
	})
	return ends, newer
}
